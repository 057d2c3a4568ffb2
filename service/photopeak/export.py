"""Measurements of all current results as rows, for spreadsheets and other programs."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from photopeak.model.results import MeasurementRecord, ResultRecord
from photopeak.storage import results
from photopeak.storage.database import Database

COLUMNS = (
    "result_id",
    "device",
    "test",
    "variant",
    "status",
    "acquired_at",
    "metric",
    "scope",
    "value",
    "unit",
    "uncertainty",
    "clause",
)
"""Columns of an export, in order; `uncertainty` is standard (k = 1), in `unit`."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def measurement_rows(
    database: Database, *, test: str | None, device_id: str | None
) -> list[dict[str, Any]]:
    """Return one row per measurement of the current results, the newest first."""
    rows = []
    for result in _current(database, test, device_id):
        rows += [_row(result, measurement) for measurement in result.measurements]
    return rows


def write_csv(rows: Sequence[Mapping[str, Any]], file: Path | None) -> None:
    """Write rows as CSV with a heading; text that a spreadsheet would execute is made inert."""
    if file is None:
        _write(rows, sys.stdout)
        return
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        _write(rows, stream)


def _write(rows: Sequence[Mapping[str, Any]], stream: TextIO) -> None:
    writer = csv.DictWriter(stream, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: inert(value) for name, value in row.items()})


def inert(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _current(database: Database, test: str | None, device_id: str | None) -> Iterator[ResultRecord]:
    cursor: str | None = None
    while True:
        with database.snapshot() as tx:
            page = results.page(tx, limit=200, cursor=cursor, test=test, device_id=device_id)
            whole = [results.get(tx, summary.id) for summary in page.items]
        yield from whole
        cursor = page.next_cursor
        if cursor is None:
            return


def _row(result: ResultRecord, measurement: MeasurementRecord) -> dict[str, Any]:
    return {
        "result_id": result.id,
        "device": result.device_id,
        "test": result.test,
        "variant": result.variant,
        "status": result.status.value,
        "acquired_at": result.acquired_at.isoformat() if result.acquired_at else None,
        "metric": measurement.metric,
        "scope": " ".join(f"{name}={value}" for name, value in measurement.scope.items()),
        "value": measurement.value,
        "unit": measurement.unit,
        "uncertainty": measurement.uncertainty,
        "clause": measurement.clause,
    }
