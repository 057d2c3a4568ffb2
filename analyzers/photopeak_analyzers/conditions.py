"""Building blocks for preconditions: a quantity, its bounds, and what the comparison says.

A fact that the header does not give is UNKNOWN, never met. Ready-made conditions stand in
:mod:`~photopeak_analyzers.source_conditions` (nuclide, energy window) and
:mod:`~photopeak_analyzers.frame_conditions` (detector, counts, rate, pixel, matrix, overflow).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)

RELATIVE_TOLERANCE = 1e-9
"""A value this close to a bound is on it: sums and products of decimals are not exact."""


def bounded(
    code: PreconditionCode,
    quantity: str,
    value: float | None,
    *,
    lower: float | None = None,
    upper: float | None = None,
    unit: str,
    severity: Severity,
    scope: Scope,
    clause: str,
    expected: str = "",
) -> Precondition:
    """Compare a number with inclusive bounds; UNKNOWN when there is no number, or NaN."""
    value = None if value is None or math.isnan(value) else value
    outcome = Outcome.UNKNOWN if value is None else Outcome.MET
    if value is not None:
        slack = RELATIVE_TOLERANCE * abs(value)
        if (lower is not None and value < lower - slack) or (
            upper is not None and value > upper + slack
        ):
            outcome = Outcome.NOT_MET
    return Precondition(
        code=code,
        severity=severity,
        outcome=outcome,
        scope=scope,
        quantity=quantity,
        value=value,
        lower=lower,
        upper=upper,
        unit=unit,
        expected=expected,
        clause=clause,
    )


def graded(
    code: PreconditionCode,
    quantity: str,
    value: float | None,
    *,
    soft: tuple[float | None, float | None],
    hard: tuple[float | None, float | None],
    unit: str,
    scope: Scope,
    clause: str,
    expected: str = "",
) -> Precondition:
    """Compare a number with two ranges, (lower, upper) each: beyond `soft` warns, beyond `hard` voids.

    The bounds shown are those that the value broke, or the soft ones. No number is a warning.
    """
    against_hard = bounded(
        code,
        quantity,
        value,
        lower=hard[0],
        upper=hard[1],
        unit=unit,
        severity=Severity.HARD,
        scope=scope,
        clause=clause,
        expected=expected,
    )
    if against_hard.outcome is Outcome.NOT_MET:
        return against_hard
    return bounded(
        code,
        quantity,
        value,
        lower=soft[0],
        upper=soft[1],
        unit=unit,
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
        expected=expected,
    )


def known(
    code: PreconditionCode,
    quantity: str,
    value: float | str | None,
    *,
    severity: Severity,
    scope: Scope,
    clause: str,
    unit: str = "",
    expected: str = "",
) -> Precondition:
    """Ask for a fact whatever it is: MET when it is given, UNKNOWN when it is not."""
    return Precondition(
        code=code,
        severity=severity,
        outcome=Outcome.UNKNOWN if value is None else Outcome.MET,
        scope=scope,
        quantity=quantity,
        value=value,
        unit=unit,
        expected=expected,
        clause=clause,
    )


def said_once(checked: Iterable[tuple[str, Iterable[Precondition]]]) -> list[Precondition]:
    """Say of many images what they have in common once.

    Parameters
    ----------
    checked
        The name of each image, such as ``at 100 mm``, and what was checked of it.

    Returns
    -------
    list
        What is not met or not known first, behind its quantity the names of the images concerned
        where it is not all; then what is met, with the number of images. The value is that nearest to its bound, or the
        farthest beyond it.
    """
    alike: dict[Precondition, list[tuple[str, Precondition]]] = {}
    names: dict[Scope, set[str]] = {}
    for name, conditions in checked:
        for each in conditions:
            names.setdefault(each.scope, set()).add(name)
            # Another word is wrong in its own way, another number only by more or less.
            kept = isinstance(each.value, str) and each.outcome is not Outcome.MET
            kind = dataclasses.replace(each, value=each.value if kept else None)
            pairs = alike.setdefault(kind, [])
            if (name, each) not in pairs:
                pairs.append((name, each))
    found = [_of_all(each, len(names[kind.scope])) for kind, each in alike.items()]
    return sorted(found, key=lambda condition: condition.outcome is Outcome.MET)


def _of_all(alike: list[tuple[str, Precondition]], images: int) -> Precondition:
    name, stands = min(alike, key=lambda pair: _room(pair[1]))
    met = stands.outcome is Outcome.MET
    words = f", {len(alike)} images"
    if not met:
        everywhere = len(alike) == images
        words = ", all images" if everywhere else " " + ", ".join(name for name, _ in alike)
    if len(alike) == 1:
        words = f" {name}"
    elif len({each.value for _, each in alike}) > 1:
        bound = "nearest to its bound" if met else "worst"
        free = (stands.lower, stands.upper) == (None, None)
        words += f"; {'first' if free else bound} {name}"
    return dataclasses.replace(stands, quantity=stands.quantity + words)


def _room(condition: Precondition) -> float:
    """Return how far a value is from its nearer bound; the same for all that have none."""
    value, lower, upper = condition.value, condition.lower, condition.upper
    if value is None or isinstance(value, str):
        return 0.0
    return min(
        value - lower if lower is not None else math.inf,
        upper - value if upper is not None else math.inf,
    )
