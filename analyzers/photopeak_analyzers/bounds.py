"""Bounds of a number that was given, as a parameter or as a reading: finite, and within both."""

from __future__ import annotations

import math

from photopeak_analyzers.errors import ParameterError


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
