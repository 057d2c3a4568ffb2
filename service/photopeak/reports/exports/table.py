"""Measurements as rows: one number a line, with what it means and how it was judged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from photopeak.model.judgement import Status, Verdict
from photopeak.model.results import MeasurementRecord, ResultRecord

Cell = str | float | int | bool | None

COLUMNS = (
    "result_id",
    "result_version",
    "device",
    "device_name",
    "test",
    "variant",
    "title",
    "status",
    "acquired_at",
    "metric",
    "label",
    "symbol",
    "scope",
    "value",
    "unit",
    "uncertainty",
    "valid",
    "verdict",
    "limit_set",
    "lower",
    "upper",
    "clause",
    "analyzer_version",
    "software_version",
)
"""Columns of a table of measurements, in order.

`unit` is UCUM; `uncertainty` is standard (k = 1), in it. A number that is not `valid` is neither judged
nor to be compared. `verdict` is the worst that the number got, with the limits that gave it.
"""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell of text begins with that a spreadsheet takes for a formula, the full-width forms too."""
_WORST_FIRST = (Status.FAIL, Status.WARN, Status.PASS, Status.INFO, Status.NO_LIMIT)
BYTE_ORDER_MARK = "\ufeff"
"""Begins a file so that spreadsheets read it as UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a table says of its place: names of devices by id, and the zone of its times."""

    device_names: Mapping[str, str]
    zone: ZoneInfo


def rows(result: ResultRecord, place: Place) -> Iterator[dict[str, Cell]]:
    """Yield a row for each measurement; one without numbers for a result that has none."""
    head: dict[str, Cell] = {
        "result_id": result.id,
        "result_version": result.version,
        "device": result.device_id,
        "device_name": place.device_names.get(result.device_id or "", ""),
        "test": result.test,
        "variant": result.variant,
        "title": result.title,
        "status": result.status.value,
        "acquired_at": (
            result.acquired_at.astimezone(place.zone).isoformat() if result.acquired_at else None
        ),
    }
    tail: dict[str, Cell] = {
        "analyzer_version": result.provenance.analyzer_version,
        "software_version": result.provenance.software_version,
    }
    empty: dict[str, Cell] = dict.fromkeys(COLUMNS)
    if not result.measurements:
        # "No result" is a line like others: an export without it would look like a good month.
        yield {**empty, **head, **tail}
    for measurement in result.measurements:
        yield {**empty, **head, **_numbers(result, measurement), **tail}


def _numbers(result: ResultRecord, measurement: MeasurementRecord) -> dict[str, Cell]:
    valid = result.valid(measurement)
    deciding = _deciding(result, measurement) if valid else None
    return {
        "metric": measurement.metric,
        "label": measurement.label,
        "symbol": measurement.symbol,
        "scope": " ".join(f"{name}={value}" for name, value in measurement.scope.items()),
        "value": measurement.value,
        "unit": measurement.unit,
        "uncertainty": measurement.uncertainty,
        "valid": valid,
        "verdict": deciding.status.value if deciding else None,
        "limit_set": deciding.limit_set if deciding else None,
        "lower": deciding.lower if deciding else None,
        "upper": deciding.upper if deciding else None,
        "clause": measurement.clause,
    }


def _deciding(result: ResultRecord, measurement: MeasurementRecord) -> Verdict | None:
    own = [v for v in result.verdicts_on(measurement) if v.status in _WORST_FIRST]
    return min(own, key=lambda v: _WORST_FIRST.index(v.status), default=None)


def csv_lines(records: Iterable[ResultRecord], place: Place) -> Iterator[str]:
    """Yield a CSV file (RFC 4180, with a heading) in pieces of a result each."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS)
    buffer.write(BYTE_ORDER_MARK)
    writer.writeheader()
    for record in records:
        for row in rows(record, place):
            writer.writerow({name: inert(_plain(value)) for name, value in row.items()})
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _plain(value: Cell) -> Cell:
    return str(value).lower() if isinstance(value, bool) else value


def inert(value: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
