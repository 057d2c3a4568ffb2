"""Bounds of a number that was given, as a parameter or as a reading: finite, and within both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from photopeak_analyzers.errors import ParameterError

if TYPE_CHECKING:
    from photopeak_analyzers.contract import Reading, ReadingValue


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
    if not math.isfinite(value):
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
    """Refuse what a reading cannot be: out of its bounds, or no number in a table.

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
    for row in given.value if isinstance(given.value, tuple) else ():
        for cell in row:
            refuse_out_of_bounds(f"a number of {reading.name}", cell)
