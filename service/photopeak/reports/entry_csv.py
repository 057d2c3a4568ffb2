"""Measurements in a CSV file: the header of each test, made from what the test asks for.

A measurement begins on a line with its test, device and time; lines without these carry on its
tables, one row each. A number may have its standard uncertainty in ``NAME.u``, an activity has its
moment in ``NAME.at``, a table its columns as ``NAME.COLUMN``. Lines that begin with ``#`` are
remarks. Cells are separated by commas, semicolons or tabs; moments are RFC 3339 with a zone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.catalogue import ColumnDescription, ReadingDescription, TestDescription
from photopeak.model.moments import plausible
from photopeak.model.results import Cell
from photopeak.reports.entries import Entry, Given
from photopeak.reports.readings import Fault, allowed_text

MOST_LINES = 100_000

_BEGIN = ("test", "device", "performed_at")
_FIELDS = {"test": "test_id", "device": "device_id"}


class CsvError(ValueError):
    """A file cannot be read; each fault is one sentence with the line and the field."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvEntry:
    """A measurement of a file: `line` is where it begins, `rows` the line of each row by table."""

    line: int
    entry: Entry
    rows: Mapping[str, Sequence[int]]

    def place(self, fault: Fault) -> str:
        """Return where a fault stands, as ``line 3, counts.live_s``."""
        name, *rest = fault.field
        lines = self.rows.get(str(name), ())
        row = rest[0] if rest and isinstance(rest[0], int) else None
        line = lines[row - 1] if row is not None and row <= len(lines) else self.line
        short = {"at": "at", "uncertainty": "u"}
        parts = [short.get(str(part), str(part)) for part in rest if not isinstance(part, int)]
        back = {field: column for column, field in _FIELDS.items()}
        column = ".".join([back.get(str(name), str(name)), *parts])
        return f"line {line}, {column}: {fault.message}"


def header_of(test: TestDescription) -> tuple[str, ...]:
    """Return the columns of a file of measurements of a test."""
    return tuple(name for name, _ in _columns(test))


def documentation(test: TestDescription) -> tuple[str, ...]:
    """Return lines to begin a file with: remarks on every column, then the header."""
    remarks = [
        f"# {test.id}: {test.title}",
        "# A measurement begins on a line with test, device and performed_at; lines without them",
        "# carry on its tables, one row each. Moments have a zone: 2026-03-02T08:00:00+01:00.",
        *(f"# {name}: {said}" for name, said in _columns(test)),
    ]
    return (*remarks, ",".join(header_of(test)))


def read_entries(text: str, tests: Sequence[TestDescription]) -> tuple[CsvEntry, ...]:
    """Return the measurements of a file, not checked against their tests.

    Raises
    ------
    CsvError
        If it has no header of a test, or lines that belong to no measurement.
    """
    lines = list(_lines(text))
    if len(lines) < 2:
        raise CsvError(["the file has no header with lines below it"])
    if len(lines) > MOST_LINES:
        raise CsvError([f"the file has {len(lines)} lines, at most {MOST_LINES} are taken"])
    (line, header), *body = lines
    names = [name.strip() for name in header]
    test = _test_of(names, body, tests)
    known = set(header_of(test))
    faults = [f"line {line}: {test.id} has no column {n}" for n in names if n not in known]
    faults += [f"line {line}: the column {n} is there twice" for n in _twice(names)]
    faults += [f"line {line}: the column {n} is missing" for n in _BEGIN if n not in names]
    faults += [
        f"line {number}: {len(cells)} cells for {len(names)} columns"
        for number, cells in body
        if len(cells) > len(names)
    ]
    if faults:
        raise CsvError(faults)
    found: list[list[tuple[int, dict[str, str]]]] = []
    for number, cells in body:
        record = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
        if any(record.get(name) for name in _BEGIN):
            found.append([])
        elif not found:
            raise CsvError([f"line {number}: a measurement begins with test, device and time"])
        found[-1].append((number, record))
    return tuple(_entry(test, records) for records in found)


def _columns(test: TestDescription) -> Iterator[tuple[str, str]]:
    """Yield the columns of a test, each with a remark on it."""
    yield "test", test.id
    yield "device", "id of a device of devices.toml"
    yield "performed_at", "when it was measured, with zone"
    yield "operator", "who measured (may be empty)"
    yield "variant", " or ".join(v.name for v in test.variants) + " (may be empty)"
    yield "detector", "number of the head, where it is one of several (may be empty)"
    for reading in test.readings:
        if reading.kind == "table":
            rows = f"{reading.minimum_rows} to {reading.maximum_rows} rows"
            for column in reading.columns:
                about = f"{reading.label or reading.name}, {rows}"
                yield f"{reading.name}.{column.name}", f"{about}: {_remark(column)}"
            continue
        yield reading.name, _remark(reading)
        if reading.kind == "activity":
            yield f"{reading.name}.at", "the moment it refers to, with zone"
        if reading.kind in ("activity", "number"):
            yield f"{reading.name}.u", "its standard uncertainty (may be empty)"


def _remark(field: ReadingDescription | ColumnDescription) -> str:
    kinds = {"time": "a moment with zone", "text": "text", "choice": "one of"}
    unit = "" if field.unit == "1" or field.kind not in ("number", "activity") else field.unit
    said = [field.label or field.name.replace("_", " "), kinds.get(field.kind, "number")]
    allowed = allowed_text(field) or unit
    words = ", ".join(said) + (f" {allowed}" if allowed else "")
    return words if field.required else f"{words} (may be empty)"


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are no remarks, each with its number and its cells."""
    plain = [
        (number, line)
        for number, line in enumerate(io.StringIO(text, newline=None), 1)
        if line.strip(" \t\r\n,;") and not line.lstrip().startswith("#")
    ]
    if not plain:
        return
    separator = max(",;\t", key=plain[0][1].count)
    for number, line in plain:
        for cells in csv.reader([line], delimiter=separator):
            yield number, cells


def _test_of(
    names: Sequence[str],
    body: Sequence[tuple[int, list[str]]],
    tests: Sequence[TestDescription],
) -> TestDescription:
    if "test" not in names:
        raise CsvError(["the header has no column test"])
    place = names.index("test")
    told = {cells[place].strip(): number for number, cells in body if len(cells) > place}
    told.pop("", None)
    if len(told) != 1:
        named = ", ".join(sorted(told)) or "none"
        raise CsvError([f"a file has measurements of one test; this one names {named}"])
    ((name, number),) = told.items()
    test = next((t for t in tests if t.id == name), None)
    if test is None:
        raise CsvError([f"line {number}, test: no analyzer is installed for {name}"])
    return test


def _twice(names: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def _entry(test: TestDescription, records: Sequence[tuple[int, dict[str, str]]]) -> CsvEntry:
    line, first = records[0]
    given: list[Given] = []
    rows: dict[str, list[int]] = {}
    for reading in test.readings:
        if reading.kind == "table":
            found = _rows(reading, records)
            if found:
                rows[reading.name] = [number for number, _ in found]
                given.append(Given(name=reading.name, value=[row for _, row in found]))
        elif text := first.get(reading.name, ""):
            given.append(
                Given(
                    name=reading.name,
                    value=_value(reading.kind, text),
                    uncertainty=_uncertainty(first.get(f"{reading.name}.u", "")),
                    at=_moment(first.get(f"{reading.name}.at", "")),
                )
            )
    return CsvEntry(
        line=line,
        entry=Entry(
            test=first.get("test", ""),
            device=first.get("device", ""),
            performed_at=_moment(first.get("performed_at", "")),
            variant=first.get("variant", ""),
            detector=_detector(first.get("detector", "")),
            operator=first.get("operator", ""),
            readings=tuple(given),
        ),
        rows=rows,
    )


def _rows(
    reading: ReadingDescription, records: Sequence[tuple[int, dict[str, str]]]
) -> list[tuple[int, dict[str, Cell]]]:
    kinds = {column.name: column.kind for column in reading.columns}
    found = []
    for number, record in records:
        texts = {name: record.get(f"{reading.name}.{name}", "") for name in kinds}
        if any(texts.values()):
            row: dict[str, Cell] = {n: _value(kinds[n], t) if t else None for n, t in texts.items()}
            found.append((number, row))
    return found


def _value(kind: str, text: str) -> float | str:
    """Return a cell; a number that is none stays text, and is told of by the check."""
    if kind not in ("number", "activity"):
        return text
    number = _number(text)
    return text if number is None else number


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        return None


def _uncertainty(text: str) -> float | None:
    """Return an uncertainty; what is no number is told of as one that cannot be."""
    if not text:
        return None
    number = _number(text)
    return -1.0 if number is None else number


def _detector(text: str) -> int | None:
    """Return the number of a head; what is none is told of as one that cannot be."""
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and plausible(moment) else None
