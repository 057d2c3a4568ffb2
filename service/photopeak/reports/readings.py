"""Readings as people and instruments supply them: checked against what the test declares.

Everything that is wrong is told at once, each fault with its field, what was given if that is a
number, the unit and what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from photopeak.model.catalogue import ColumnDescription, ReadingDescription, TestDescription
from photopeak.model.moments import plausible
from photopeak.model.results import Cell, ReadingContent, ReadingRecord
from photopeak.reports.text import number_text, unit_text

CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far the clock of who supplies something may be ahead of ours."""

MOST_CHARACTERS = 200
"""Characters of a text."""

MOST_FAULTS = 20
"""Faults of a table that are told: a column of the wrong unit is told by its first cells."""

_A_MOMENT = "is a date with time and zone (RFC 3339)"
Value = float | str | Sequence[Sequence[Cell] | Mapping[str, Cell]]
"""A reading as given; the rows of a table are in the order of its columns, or name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that cannot be.

    Attributes
    ----------
    field
        Name of the reading or of another field; of a cell also the row from 1 on, and the column.
    message
        A sentence of our own words, with the field, the number that was given, and its bounds.
    value
        The number that was given; None when it is none.
    unit
        UCUM unit of the field.
    minimum, maximum, choices
        What is allowed.
    code
        What is wrong, in a word, for who says it in another language: ``missing``, ``number``,
        ``rows``, ``range``, ``choice``, ``moment``, ``future``, ``past``, ``text``; empty for anything else.
    """

    field: tuple[str | int, ...]
    message: str
    value: float | None = None
    unit: str = "1"
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    code: str = ""


class ReadingError(ValueError):
    """Readings cannot be true, or are not of this test; the message says why in our words."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


def refusal(name: str, message: str) -> ReadingError:
    """Return the error of one field that is told in words alone."""
    return ReadingError(Fault(field=(name,), message=message))


def checked(
    test: TestDescription,
    name: str,
    value: Value,
    *,
    unit: str,
    uncertainty: float | None,
    at: datetime | None,
    source: str,
    entered_by: str,
    now: datetime,
) -> ReadingRecord:
    """Return a reading that fits its description.

    Raises
    ------
    ReadingError
        If the test has no such reading, the unit is another one, the kind does not fit, or a
        number lies outside of what can be true.
    """
    description = next((r for r in test.readings if r.name == name), None)
    if description is None:
        known = ", ".join(r.name for r in test.readings) or "none"
        raise refusal(name, f"the test has no such reading; it has: {known}")
    faults: list[Fault] = []
    if unit and unit != description.unit:
        faults.append(_fault(description, f"is given in {description.unit}"))
    if description.kind == "activity" and at is None:
        message = "needs the moment it refers to"
        faults.append(_fault(description, message, place=(name, "at"), said=name, code="moment"))
    if at is not None and at > now + CLOCK_TOLERANCE:
        message = "is dated in the future"
        faults.append(_fault(description, message, place=(name, "at"), said=name, code="future"))
    if uncertainty is not None and not (math.isfinite(uncertainty) and uncertainty >= 0.0):
        message = f"the uncertainty of {name} is not a number from 0 on"
        place = (name, "uncertainty")
        unit = description.unit
        faults.append(Fault(field=place, message=message, unit=unit, minimum=0.0, code="number"))
    content: ReadingContent | None = None
    try:
        content = _content(description, value)
    except ReadingError as error:
        faults += error.faults
    if faults or content is None:
        raise ReadingError(*faults)
    return ReadingRecord(
        name=name,
        value=content,
        unit=description.unit,
        uncertainty=uncertainty,
        at=at,
        source=source,
        entered_by=entered_by,
        entered_at=now,
    )


def allowed_text(field: ReadingDescription | ColumnDescription) -> str:
    """Return in words what a field may hold, such as ``1 to 1000 MBq``; empty for anything."""
    if field.choices:
        return ", ".join(field.choices)
    shown = unit_text(field.unit)
    after = f" {shown}" if shown else ""
    if field.minimum is not None and field.maximum is not None:
        return f"{number_text(field.minimum)} to {number_text(field.maximum)}{after}"
    if field.minimum is not None:
        return f"at least {number_text(field.minimum)}{after}"
    if field.maximum is not None:
        return f"at most {number_text(field.maximum)}{after}"
    return ""


def _content(description: ReadingDescription, value: Value) -> ReadingContent:
    if description.kind == "table":
        return _table(description, value)
    if not isinstance(value, str | int | float):
        raise ReadingError(_fault(description, _kind_text(description)))
    return _cell(description, value, (description.name,), description.name)


def _table(description: ReadingDescription, rows: Value) -> tuple[tuple[Cell, ...], ...]:
    name = description.name
    if isinstance(rows, str | int | float):
        raise ReadingError(_fault(description, "is a table"))
    if not description.minimum_rows <= len(rows) <= description.maximum_rows:
        least, most = description.minimum_rows, description.maximum_rows
        raise ReadingError(
            Fault(
                field=(name,),
                message=f"{name} is a table of {least} to {most} rows, not of {len(rows)}",
                value=len(rows),
                minimum=least,
                maximum=most,
                code="rows",
            )
        )
    faults: list[Fault] = []
    taken: list[tuple[Cell, ...]] = []
    for position, row in enumerate(rows, 1):
        if len(faults) >= MOST_FAULTS:
            break
        if wrong := _misfit(description, row):
            message = f"row {position} of {name} has {wrong}"
            faults.append(Fault(field=(name, position), message=message))
            continue
        cells: list[Cell] = []
        for index, column in enumerate(description.columns):
            cell = row.get(column.name) if isinstance(row, Mapping) else row[index]
            place = (name, position, column.name)
            said = f"{column.name} in row {position} of {name}"
            try:
                cells.append(_optional(column, cell, place, said))
            except ReadingError as error:
                faults += error.faults
        taken.append(tuple(cells))
    if faults:
        raise ReadingError(*faults[:MOST_FAULTS])
    return tuple(taken)


def _misfit(description: ReadingDescription, row: Sequence[Cell] | Mapping[str, Cell]) -> str:
    """Say what cells a row has that are none of the table, or how many; empty when all fit."""
    names = ", ".join(column.name for column in description.columns)
    if not isinstance(row, Mapping):
        right = len(row) == len(description.columns)
        return "" if right else f"{len(row)} cells and not one for each: {names}"
    known = {column.name for column in description.columns}
    return "" if known.issuperset(row) else f"cells that the table has not; it has: {names}"


def _optional(
    column: ColumnDescription, cell: Cell, place: tuple[str | int, ...], said: str
) -> Cell:
    if cell is not None:
        return _cell(column, cell, place, said)
    if column.required:
        raise ReadingError(_fault(column, "is missing", place=place, said=said, code="missing"))
    return None


def _cell(
    field: ReadingDescription | ColumnDescription,
    value: float | str,
    place: tuple[str | int, ...],
    said: str,
) -> float | str:
    if field.kind in ("number", "activity"):
        return _number(field, value, place, said)
    code = {"time": "moment"}.get(field.kind, field.kind)
    wrong = ReadingError(_fault(field, _kind_text(field), place=place, said=said, code=code))
    if not isinstance(value, str):
        raise wrong
    if field.kind == "time":
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise wrong from None
        if moment.tzinfo is None or not plausible(moment):
            raise wrong
        return moment.isoformat()
    if field.kind == "choice" and value not in field.choices:
        raise wrong
    if not 0 < len(value) <= MOST_CHARACTERS or not value.isprintable():
        raise wrong
    return value


def _number(
    field: ReadingDescription | ColumnDescription,
    value: float | str,
    place: tuple[str | int, ...],
    said: str,
) -> float:
    if isinstance(value, str | bool):
        raise ReadingError(_fault(field, "is a number", place=place, said=said, code="number"))
    number = float(value)
    if not math.isfinite(number):
        message = "is a finite number"
        raise ReadingError(_fault(field, message, place=place, said=said, code="number"))
    below = field.minimum is not None and number < field.minimum
    above = field.maximum is not None and number > field.maximum
    if below or above:
        shown = number_text(number) + (f" {field.unit}" if field.unit != "1" else "")
        message = f"is {shown}, must be {_bounds(field)}"
        raise ReadingError(
            _fault(field, message, place=place, said=said, value=number, code="range")
        )
    return number


def _bounds(field: ReadingDescription | ColumnDescription) -> str:
    after = f" {field.unit}" if field.unit != "1" else ""
    parts = []
    if field.minimum is not None:
        parts.append(f"at least {number_text(field.minimum)}{after}")
    if field.maximum is not None:
        parts.append(f"at most {number_text(field.maximum)}{after}")
    return " and ".join(parts)


def _kind_text(field: ReadingDescription | ColumnDescription) -> str:
    if field.kind == "choice":
        return f"is one of: {', '.join(field.choices)}"
    if field.kind == "time":
        return _A_MOMENT
    if field.kind == "text":
        return f"is a text of 1 to {MOST_CHARACTERS} characters on one line"
    return "is a number"


def _fault(
    field: ReadingDescription | ColumnDescription,
    message: str,
    *,
    place: tuple[str | int, ...] = (),
    said: str = "",
    value: float | None = None,
    code: str = "",
) -> Fault:
    return Fault(
        field=place or (field.name,),
        message=f"{said or field.name} {message}",
        value=value,
        unit=field.unit,
        minimum=field.minimum,
        maximum=field.maximum,
        choices=field.choices,
        code=code,
    )
