"""Bounds of a number that was given, as a parameter or as a reading: finite, and within both."""

from __future__ import annotations

import math
from datetime import datetime

from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.readings import (
    MOST_CHARACTERS,
    Column,
    Reading,
    ReadingKind,
    ReadingValue,
    Rows,
)


def refuse_out_of_bounds(
    name: str,
    value: object,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "1",
) -> None:
    """Refuse a number that is none or lies beyond an inclusive bound; let pass what is no number.

    Raises
    ------
    ParameterError
        With name, value and bound.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    try:
        finite = math.isfinite(value)
    except OverflowError:
        raise ParameterError(
            f"{name} is larger than any number here, needs a finite number", quantity=name
        ) from None
    if not finite:
        raise ParameterError(f"{name} is {value}, needs a finite number", quantity=name)
    shown = "" if unit == "1" else f" {unit}"
    for word, bound, beyond in (
        ("least", minimum, minimum is not None and value < minimum),
        ("most", maximum, maximum is not None and value > maximum),
    ):
        if beyond and bound is not None:
            raise ParameterError(
                f"{name} is {value:g}{shown}, needs at {word} {bound:g}{shown}",
                quantity=name,
                value=float(value),
                bound=float(bound),
            )


def refuse_reading(reading: Reading, given: ReadingValue) -> None:
    """Refuse what a reading cannot be: out of its bounds, or a table with cells of another kind.

    Raises
    ------
    ParameterError
        With name, value and bound.
    """
    refuse_out_of_bounds(
        reading.name,
        given.value,
        minimum=reading.minimum,
        maximum=reading.maximum,
        unit=reading.unit,
    )
    name = f"standard uncertainty of {reading.name}"
    refuse_out_of_bounds(name, given.uncertainty, minimum=0.0, unit=reading.unit)
    if reading.kind is ReadingKind.TIME and not is_moment(given.value):
        raise ParameterError(
            f"{reading.name} is {given.value}, needs a date with time and zone",
            quantity=reading.name,
        )
    _refuse_kind(reading, given.value)
    if not isinstance(given.value, tuple):
        if reading.kind is ReadingKind.TABLE:
            raise ParameterError(
                f"{reading.name} is {given.value}, no table, needs rows", quantity=reading.name
            )
        return
    if reading.kind is ReadingKind.TABLE:
        _refuse_rows(reading, given.value)
        return
    for row in given.value:
        for cell in row:
            refuse_out_of_bounds(f"a number of {reading.name}", cell)


def _refuse_kind(reading: Reading, value: float | str | Rows) -> None:
    """Refuse a word that is none of the choices, a text for a number, and a number for a text."""
    if reading.kind is ReadingKind.CHOICE and value not in reading.choices:
        choices = ", ".join(reading.choices)
        shown = "a table" if isinstance(value, tuple) else f"{value!s:.60}"
        raise ParameterError(
            f"{reading.name} is {shown}, needs one of {choices}",
            quantity=reading.name,
            value=shown,
            bound=choices,
        )
    number = reading.kind in (ReadingKind.NUMBER, ReadingKind.ACTIVITY)
    if number and isinstance(value, bool | str):
        raise ParameterError(
            f"{reading.name} is {value!r:.60}, needs a number", quantity=reading.name
        )
    if reading.kind is ReadingKind.TEXT and (
        not isinstance(value, str) or len(value) > MOST_CHARACTERS
    ):
        raise ParameterError(
            f"{reading.name} is no text of at most {MOST_CHARACTERS} characters",
            quantity=reading.name,
        )


def _refuse_rows(reading: Reading, rows: Rows) -> None:
    if not reading.minimum_rows <= len(rows) <= reading.maximum_rows:
        raise ParameterError(
            f"{reading.name} has {len(rows)} rows, needs {reading.minimum_rows} to"
            f" {reading.maximum_rows}",
            quantity=f"rows of {reading.name}",
            value=len(rows),
            bound=reading.minimum_rows,
        )
    for position, row in enumerate(rows, 1):
        if len(row) != len(reading.columns):
            names = ", ".join(column.name for column in reading.columns)
            raise ParameterError(
                f"row {position} of {reading.name} has {len(row)} cells, needs {names}",
                quantity=reading.name,
                value=len(row),
                bound=len(reading.columns),
            )
        for column, cell in zip(reading.columns, row, strict=True):
            _refuse_cell(column, cell, f"{column.name} in row {position} of {reading.name}")


def _refuse_cell(column: Column, cell: object, name: str) -> None:
    if cell is None:
        if column.required:
            raise ParameterError(f"{name} is missing", quantity=name)
    elif column.kind == "number":
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            raise ParameterError(f"{name} is {cell!r}, needs a number", quantity=name)
        refuse_out_of_bounds(
            name, cell, minimum=column.minimum, maximum=column.maximum, unit=column.unit
        )
    elif not isinstance(cell, str) or len(cell) > MOST_CHARACTERS:
        raise ParameterError(f"{name} is no text", quantity=name)
    elif column.kind == "choice" and cell not in column.choices:
        raise ParameterError(
            f"{name} is {cell}, needs one of {', '.join(column.choices)}",
            quantity=name,
            value=cell,
            bound=", ".join(column.choices),
        )
    elif column.kind == "time" and not is_moment(cell):
        raise ParameterError(f"{name} is {cell}, needs a date with time and zone", quantity=name)


def is_moment(text: object) -> bool:
    """Tell whether something is a text, and that a date with time and zone (RFC 3339)."""
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
