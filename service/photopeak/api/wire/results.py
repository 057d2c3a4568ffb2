"""Results with everything that belongs to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from photopeak.api.wire.base import Out, Scope
from photopeak.model.configuration import Configuration
from photopeak.model.results import MeasurementRecord, Provenance, ResultRecord


class MeasurementOut(Out):
    """One number; `uncertainty` is standard (k = 1), in the unit of the value (UCUM).

    A number that is not `valid` is neither judged nor to be compared with any other: a condition
    of its test was not met.
    """

    metric: str
    label: str
    scope: Scope
    value: float
    unit: str
    uncertainty: float | None
    symbol: str
    clause: str
    valid: bool

    @classmethod
    def of_measurement(cls, value: MeasurementRecord, *, valid: bool) -> MeasurementOut:
        """Build from the value of the model."""
        return cls(
            metric=value.metric,
            label=value.label,
            scope=dict(value.scope),
            value=value.value,
            unit=value.unit,
            uncertainty=value.uncertainty,
            symbol=value.symbol,
            clause=value.clause,
            valid=valid,
        )


class VerdictOut(Out):
    """One number against one limit; bounds are inclusive, None is no bound.

    Beyond `lower` and `upper` a number fails, beyond `warn_lower` and `warn_upper` it warns.
    """

    metric: str
    scope: Scope
    limit_set: str
    kind: str
    lower: float | None
    upper: float | None
    warn_lower: float | None
    warn_upper: float | None
    status: str
    source: str


class PreconditionOut(Out):
    """One condition of the clause, as checked."""

    code: str
    severity: str
    outcome: str
    scope: Scope
    quantity: str
    value: float | str | None
    lower: float | None
    upper: float | None
    unit: str
    expected: str
    clause: str


class NoteOut(Out):
    """A remark."""

    code: str
    message: str
    scope: Scope
    values: dict[str, str | int | float]


class FigureOut(Out):
    """A figure and the addresses of its forms (``svg``, ``png``, ``json``)."""

    name: str
    title: str
    kind: str
    forms: dict[str, str]


class InputOut(Out):
    """A series that went into a result, with the SHA-256 of each instance by its UID."""

    role: str
    series_instance_uid: str
    generation: int
    instances: dict[str, str]


class ReadingOut(Out):
    """A reading."""

    name: str
    value: float | str | list[list[float | str | None]]
    unit: str
    uncertainty: float | None
    at: datetime | None
    source: str
    entered_by: str
    entered_at: datetime | None


class ConfigurationOut(Out):
    """Circumstances of the numbers of a scope; only what has the same `key` is compared."""

    scope: Scope
    key: str
    parts: dict[str, str]

    @classmethod
    def of_configuration(cls, value: Configuration) -> ConfigurationOut:
        """Build from the value of the model."""
        return cls(scope=dict(value.scope), key=value.key, parts=dict(value.parts))


class ProvenanceOut(Out):
    """By what, from what and when a result was made."""

    software_version: str
    analyzer_version: str
    parameters: dict[str, Any]
    inputs: list[InputOut]
    readings: list[ReadingOut]
    limit_sets: dict[str, str]
    baselines: list[str]
    configurations: list[ConfigurationOut]
    routes_version: str
    started_at: datetime
    finished_at: datetime
    host: str

    @classmethod
    def of_provenance(cls, value: Provenance) -> ProvenanceOut:
        """Build from the value of the model."""
        return cls(
            software_version=value.software_version,
            analyzer_version=value.analyzer_version,
            parameters=dict(value.parameters),
            inputs=[
                InputOut(
                    role=entry.role,
                    series_instance_uid=entry.series_instance_uid,
                    generation=entry.generation,
                    instances=dict(entry.instances),
                )
                for entry in value.inputs
            ],
            readings=[ReadingOut.of(reading) for reading in value.readings],
            limit_sets=dict(value.limit_sets),
            baselines=list(value.baselines),
            configurations=[ConfigurationOut.of_configuration(c) for c in value.configurations],
            routes_version=value.routes_version,
            started_at=value.started_at,
            finished_at=value.finished_at,
            host=value.host,
        )


class FailureOut(Out):
    """Why there are no numbers."""

    code: str
    message: str
    quantity: str
    value: float | str | None
    bound: float | str | None
    traceback_id: str


class ResultSummaryOut(Out):
    """A line of the list of results."""

    id: str
    test_set: str = Field(validation_alias="test_set_id")
    test: str
    variant: str
    title: str
    device: str | None = Field(validation_alias="device_id")
    status: str
    purpose: str
    version: int
    current: bool
    acquired_at: datetime | None
    finished_at: datetime
    message: str


class ResultOut(Out):
    """A result; `status` is the worst of its judged verdicts."""

    id: str
    test_set: str
    test: str
    variant: str
    title: str
    device: str | None
    status: str
    purpose: str
    version: int
    current: bool
    supersedes: str | None
    acquired_at: datetime | None
    measurements: list[MeasurementOut]
    preconditions: list[PreconditionOut]
    verdicts: list[VerdictOut]
    notes: list[NoteOut]
    figures: list[FigureOut]
    failure: FailureOut | None
    provenance: ProvenanceOut

    @classmethod
    def of_result(cls, value: ResultRecord) -> ResultOut:
        """Build from the value of the model."""
        return cls(
            id=value.id,
            test_set=value.test_set_id,
            test=value.test,
            variant=value.variant,
            title=value.title,
            device=value.device_id,
            status=value.status,
            purpose=value.purpose,
            version=value.version,
            current=value.current,
            supersedes=value.supersedes,
            acquired_at=value.acquired_at,
            measurements=[
                MeasurementOut.of_measurement(m, valid=value.valid(m)) for m in value.measurements
            ],
            preconditions=[PreconditionOut.of(p) for p in value.preconditions],
            verdicts=[VerdictOut.of(v) for v in value.verdicts],
            notes=[NoteOut.of(n) for n in value.notes],
            figures=[
                FigureOut(
                    name=figure.name,
                    title=figure.title,
                    kind=figure.kind,
                    forms={
                        form: f"/api/v1/results/{value.id}/figures/{figure.name}.{form}"
                        for form in sorted(figure.forms)
                    },
                )
                for figure in value.figures
            ],
            failure=None if value.failure is None else FailureOut.of(value.failure),
            provenance=ProvenanceOut.of_provenance(value.provenance),
        )
