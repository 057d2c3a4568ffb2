"""A result as stored: everything a page, an export or a report shows, without looking elsewhere.

Labels, units and clauses are stored beside the numbers, so a result reads the same after an
analyzer has changed its words or is no longer installed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from photopeak.model.configuration import Configuration
from photopeak.model.judgement import Status, Verdict

PARTIAL = "PARTIAL"
"""Code of the note that says what a partial result was made without."""

ScopeValue = str | int | float
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementRecord:
    """One number with what it means; `uncertainty` is standard (k = 1), in the same unit."""

    metric: str
    label: str
    label_zh: str
    scope: Mapping[str, ScopeValue] = field(default_factory=_nothing)
    value: float
    unit: str
    uncertainty: float | None = None
    symbol: str = ""
    decimals: int = 2
    clause: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"{self.metric} {dict(self.scope)} is {self.value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreconditionRecord:
    """One condition of the clause, as checked.

    `severity` is ``hard`` or ``soft``, `outcome` is ``met``, ``not_met`` or ``unknown``.
    """

    code: str
    severity: str
    outcome: str
    scope: Mapping[str, ScopeValue] = field(default_factory=_nothing)
    quantity: str = ""
    value: float | str | None = None
    lower: float | None = None
    upper: float | None = None
    unit: str = ""
    expected: str = ""
    clause: str = ""

    def __post_init__(self) -> None:
        if self.severity not in ("hard", "soft"):
            raise ValueError(f"severity of {self.code} is {self.severity!r}")
        if self.outcome not in ("met", "not_met", "unknown"):
            raise ValueError(f"outcome of {self.code} is {self.outcome!r}")

    @property
    def met(self) -> bool:
        """True when it is known to be met."""
        return self.outcome == "met"

    @property
    def voids(self) -> bool:
        """True when the numbers that it concerns cannot be judged."""
        return self.severity == "hard" and not self.met

    def concerns(self, scope: Mapping[str, ScopeValue]) -> bool:
        """Tell whether it speaks of the numbers of a scope.

        A condition of detector 2 says nothing against a number of detector 1, but it does against
        one of all detectors together; a condition without a scope concerns every number.
        """
        return all(part not in scope or scope[part] == self.scope[part] for part in self.scope)


def voiding(
    preconditions: Iterable[PreconditionRecord], scope: Mapping[str, ScopeValue]
) -> tuple[PreconditionRecord, ...]:
    """Return the conditions for which the numbers of a scope cannot be judged."""
    return tuple(p for p in preconditions if p.voids and p.concerns(scope))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRecord:
    """A remark: a stable code with its numbers, and the same as an English sentence."""

    code: str
    message: str
    scope: Mapping[str, ScopeValue] = field(default_factory=_nothing)
    values: Mapping[str, ScopeValue] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRecord:
    """A figure in the forms in which it is served.

    `forms` maps ``json`` (the data of the figure), ``svg`` and ``png`` to bytes; a listing
    carries the names of the forms with empty bytes.
    """

    name: str
    title: str
    kind: str
    forms: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRecord:
    """A series that went into a result: its role, and the hash of each of its instances."""

    role: str
    series_instance_uid: str
    generation: int
    instances: tuple[tuple[str, str], ...]
    """(SOP Instance UID, SHA-256 of the data set) of each instance, in the order of the UIDs."""


Cell = float | str | None
"""What a cell of a table holds: a number, a word or moment, or nothing."""

ReadingContent = float | str | tuple[tuple[Cell, ...], ...]
"""What a reading holds: a number, a word, text or moment, or the rows of a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRecord:
    """A reading as it was used: value in `unit`, with where it came from."""

    name: str
    value: ReadingContent
    unit: str = "1"
    uncertainty: float | None = None
    at: datetime | None = None
    source: str = ""
    entered_by: str = ""
    entered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """By what, from what and when a result was made.

    `limit_sets` maps the name of each limit set it was judged by to its version; `baselines`
    holds the ids of the baselines used, `configurations` the circumstances of the numbers.
    """

    software_version: str
    analyzer_version: str
    inputs: tuple[InputRecord, ...]
    parameters: Mapping[str, Any] = field(default_factory=_nothing)
    readings: tuple[ReadingRecord, ...] = ()
    limit_sets: Mapping[str, str] = field(default_factory=_nothing)
    baselines: tuple[str, ...] = ()
    configurations: tuple[Configuration, ...] = ()
    routes_version: str = ""
    started_at: datetime
    finished_at: datetime
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRecord:
    """Why there are no numbers: a stable code, a sentence, and the detail for who repairs it."""

    code: str
    message: str
    quantity: str = ""
    value: float | str | None = None
    bound: float | str | None = None
    traceback_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """One result of one test set.

    `version` counts the results of the test set, `supersedes` names the one before; `current`
    tells the one that counts. The storage fills these three and `id` when it adds a result.
    """

    test_set_id: str
    test: str
    variant: str
    device_id: str | None
    status: Status
    purpose: str
    acquired_at: datetime | None
    provenance: Provenance
    title: str = ""
    title_zh: str = ""
    measurements: tuple[MeasurementRecord, ...] = ()
    preconditions: tuple[PreconditionRecord, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[NoteRecord, ...] = ()
    figures: tuple[FigureRecord, ...] = ()
    failure: FailureRecord | None = None
    id: str = ""
    version: int = 0
    current: bool = True
    supersedes: str | None = None

    def __post_init__(self) -> None:
        if self.failure is None and self.status is Status.ERROR:
            raise ValueError(f"result of {self.test} is an ERROR without a failure")
        if self.failure is not None and self.status is not Status.ERROR:
            raise ValueError(f"result of {self.test} has a failure and the status {self.status}")

    def valid(self, measurement: MeasurementRecord) -> bool:
        """Tell whether a number may be judged and compared, whatever the status of the result."""
        return not voiding(self.preconditions, measurement.scope)

    def verdicts_on(self, measurement: MeasurementRecord) -> tuple[Verdict, ...]:
        """Return the verdicts on a number, in the order in which they were made."""
        scope = dict(measurement.scope)
        return tuple(
            v for v in self.verdicts if v.metric == measurement.metric and dict(v.scope) == scope
        )

    @property
    def partial(self) -> str:
        """What a partial result was made without, and why; empty for a full one."""
        return next((note.message for note in self.notes if note.code == PARTIAL), "")

    @property
    def fingerprint(self) -> str:
        """Return the natural key: the same work on the same inputs has the same fingerprint.

        The numbers are not part of it, nor are times and hosts: a job that runs twice gives one
        row. An error is a result too, and a later success replaces it, so the kind of the
        outcome belongs to the key. So does when a reading was entered: one that is corrected and
        set right again is a third version, not the first.
        """
        provenance = self.provenance
        key = {
            "test_set": self.test_set_id,
            "test": self.test,
            "variant": self.variant,
            "purpose": self.purpose,
            "analyzer": provenance.analyzer_version,
            "parameters": dict(provenance.parameters),
            "inputs": sorted(
                [entry.role, entry.series_instance_uid, sorted(sha for _, sha in entry.instances)]
                for entry in provenance.inputs
            ),
            "readings": sorted(
                [r.name, r.value, r.unit, r.uncertainty, _text(r.at), _text(r.entered_at)]
                for r in provenance.readings
            ),
            "performed_at": None if provenance.inputs else _text(self.acquired_at),
            "limit_sets": dict(provenance.limit_sets),
            "baselines": sorted(provenance.baselines),
            "failure": self.failure.code if self.failure else None,
        }
        text = json.dumps(key, sort_keys=True, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSummary:
    """A line of a list of results."""

    id: str
    test_set_id: str
    test: str
    variant: str
    title: str
    title_zh: str
    device_id: str | None
    status: Status
    purpose: str
    version: int
    current: bool
    acquired_at: datetime | None
    finished_at: datetime
    message: str = ""
