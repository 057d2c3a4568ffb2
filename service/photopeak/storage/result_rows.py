"""Between a result and its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.configuration import Configuration
from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import (
    FailureRecord,
    FigureRecord,
    InputRecord,
    MeasurementRecord,
    NoteRecord,
    PreconditionRecord,
    Provenance,
    ReadingContent,
    ReadingRecord,
    ResultRecord,
)
from photopeak.storage.tables import results as tables


def result_row(record: ResultRecord) -> dict[str, Any]:
    """Return the row of a result itself."""
    provenance = record.provenance
    failure = record.failure
    return {
        "id": record.id,
        "test_set_id": record.test_set_id,
        "version": record.version,
        "current": record.current,
        "supersedes": record.supersedes,
        "test": record.test,
        "variant": record.variant,
        "device_id": record.device_id,
        "status": record.status,
        "purpose": record.purpose,
        "title": record.title,
        "title_zh": record.title_zh,
        "acquired_at": record.acquired_at,
        "started_at": provenance.started_at,
        "finished_at": provenance.finished_at,
        "software_version": provenance.software_version,
        "analyzer_version": provenance.analyzer_version,
        "routes_version": provenance.routes_version,
        "host": provenance.host,
        "parameters": dict(provenance.parameters),
        "readings": [reading_to_plain(reading) for reading in provenance.readings],
        "limit_sets": dict(provenance.limit_sets),
        "baselines": list(provenance.baselines),
        "configurations": [
            {"scope": dict(c.scope), "parts": dict(c.parts)} for c in provenance.configurations
        ],
        "failure": None if failure is None else _fields(failure),
        "message": failure.message if failure else "",
    }


def child_rows(record: ResultRecord) -> tuple[tuple[sa.Table, list[dict[str, Any]]], ...]:
    """Return the rows of what belongs to a result, by table."""

    def numbered(values: Sequence[Any]) -> list[dict[str, Any]]:
        return [
            {"result_id": record.id, "position": position, **_fields(value)}
            for position, value in enumerate(values)
        ]

    forms = [
        {
            "result_id": record.id,
            "position": position,
            "name": figure.name,
            "title": figure.title,
            "kind": figure.kind,
            "form": form,
            "content": content,
        }
        for position, figure in enumerate(record.figures)
        for form, content in sorted(figure.forms.items())
    ]
    return (
        (tables.measurements, numbered(record.measurements)),
        (tables.preconditions, numbered(record.preconditions)),
        (tables.verdicts, numbered(record.verdicts)),
        (tables.notes, numbered(record.notes)),
        (tables.result_inputs, numbered(record.provenance.inputs)),
        (tables.figures, forms),
    )


def record(
    row: Any, children: Mapping[str, Sequence[Any]], figures: Sequence[FigureRecord]
) -> ResultRecord:
    """Return the result of its rows; `children` by the name of the table."""
    return ResultRecord(
        id=row.id,
        test_set_id=row.test_set_id,
        version=row.version,
        current=row.current,
        supersedes=row.supersedes,
        test=row.test,
        variant=row.variant,
        device_id=row.device_id,
        status=Status(row.status),
        purpose=row.purpose,
        title=row.title,
        title_zh=row.title_zh,
        acquired_at=row.acquired_at,
        provenance=Provenance(
            software_version=row.software_version,
            analyzer_version=row.analyzer_version,
            inputs=tuple(
                InputRecord(
                    role=entry.role,
                    series_instance_uid=entry.series_instance_uid,
                    generation=entry.generation,
                    instances=tuple((uid, sha) for uid, sha in entry.instances),
                )
                for entry in children[tables.result_inputs.name]
            ),
            parameters=row.parameters,
            readings=tuple(reading_from_plain(reading) for reading in row.readings),
            limit_sets=row.limit_sets,
            baselines=tuple(row.baselines),
            configurations=tuple(Configuration(**entry) for entry in row.configurations),
            routes_version=row.routes_version,
            started_at=row.started_at,
            finished_at=row.finished_at,
            host=row.host,
        ),
        measurements=tuple(
            MeasurementRecord(**_columns(entry)) for entry in children[tables.measurements.name]
        ),
        preconditions=tuple(
            PreconditionRecord(**_columns(entry)) for entry in children[tables.preconditions.name]
        ),
        verdicts=tuple(_verdict(entry) for entry in children[tables.verdicts.name]),
        notes=tuple(NoteRecord(**_columns(entry)) for entry in children[tables.notes.name]),
        figures=tuple(figures),
        failure=None if row.failure is None else FailureRecord(**row.failure),
    )


def reading_to_plain(reading: ReadingRecord) -> dict[str, Any]:
    """Return a reading as JSON-able data."""
    plain = _fields(reading)
    for name in ("at", "entered_at"):
        plain[name] = plain[name].isoformat() if plain[name] else None
    return plain


def reading_from_plain(plain: Mapping[str, Any]) -> ReadingRecord:
    """Rebuild a reading from :func:`reading_to_plain`."""
    values = dict(plain)
    for name in ("at", "entered_at"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    values["value"] = reading_value(values["value"])
    return ReadingRecord(**values)


def reading_value(value: Any) -> ReadingContent:
    """Return the value of a reading as it was before it became JSON."""
    if isinstance(value, list):
        return tuple(
            tuple(float(c) if isinstance(c, int | float) else c for c in row) for row in value
        )
    if isinstance(value, str):
        return value
    return float(value)


def _verdict(row: Any) -> Verdict:
    values = _columns(row)
    values["kind"] = LimitKind(values["kind"])
    values["status"] = Status(values["status"])
    return Verdict(**values)


def _columns(row: Any) -> dict[str, Any]:
    values = dict(row._mapping)  # noqa: SLF001 - the documented public name of SQLAlchemy
    del values["result_id"], values["position"]
    return values


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
