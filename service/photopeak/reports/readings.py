"""Readings as people and instruments supply them: checked against what the test declares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from photopeak.model.catalogue import ReadingDescription, TestDescription
from photopeak.model.results import ReadingRecord
from photopeak.reports.text import number_text

_CLOCK_TOLERANCE = timedelta(minutes=10)
Value = float | str | Sequence[Sequence[float]]


class ReadingError(ValueError):
    """A reading cannot be true, or is not one of this test; the message says why in our words."""


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
        raise ReadingError(f"the test has no such reading; it has: {known}")
    if unit and unit != description.unit:
        raise ReadingError(f"{name} is given in {description.unit}")
    if description.kind == "activity" and at is None:
        raise ReadingError(f"{name} needs the moment it refers to")
    if at is not None and at > now + _CLOCK_TOLERANCE:
        raise ReadingError(f"{name} is dated in the future")
    if uncertainty is not None and not (math.isfinite(uncertainty) and uncertainty >= 0.0):
        raise ReadingError(f"the uncertainty of {name} is not a number from 0 on")
    return ReadingRecord(
        name=name,
        value=_value(description, value),
        unit=description.unit,
        uncertainty=uncertainty,
        at=at,
        source=source,
        entered_by=entered_by,
        entered_at=now,
    )


def _value(
    description: ReadingDescription, value: Value
) -> float | str | tuple[tuple[float, ...], ...]:
    name = description.name
    if description.kind in ("number", "activity"):
        if isinstance(value, str) or not isinstance(value, int | float):
            raise ReadingError(f"{name} is a number")
        return _number(description, float(value))
    if description.kind == "choice":
        if not isinstance(value, str) or value not in description.choices:
            raise ReadingError(f"{name} is one of: {', '.join(description.choices)}")
        return value
    if description.kind == "time":
        if not isinstance(value, str):
            raise ReadingError(f"{name} is a date with time and zone (RFC 3339)")
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise ReadingError(f"{name} is a date with time and zone (RFC 3339)") from error
        if moment.tzinfo is None:
            raise ReadingError(f"{name} is a date with time and zone (RFC 3339)")
        return moment.isoformat()
    if isinstance(value, str | int | float) or not value:
        raise ReadingError(f"{name} is a table")
    width = len(description.columns)
    if any(len(row) != width for row in value):
        raise ReadingError(f"each row of {name} has {width} numbers")
    return tuple(tuple(_number(description, float(cell)) for cell in row) for row in value)


def _number(description: ReadingDescription, value: float) -> float:
    name, unit = description.name, description.unit
    if not math.isfinite(value):
        raise ReadingError(f"{name} is a finite number")
    if description.kind == "table":
        return value
    if description.minimum is not None and value < description.minimum:
        raise ReadingError(f"{name} is at least {number_text(description.minimum)} {unit}")
    if description.maximum is not None and value > description.maximum:
        raise ReadingError(f"{name} is at most {number_text(description.maximum)} {unit}")
    return value
