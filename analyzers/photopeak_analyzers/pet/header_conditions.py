"""What the header of a quantitative series says of its source, against tables and readings.

A scanner divides by the branching fraction that it was told, and decays by the half-life that it was
told; a dose in MBq where Bq belong makes every SUV a million times too large. Only a half-life of another
nuclide than the named one voids: the image is as wrong as its header, and that is what the test is for.
"""

from __future__ import annotations

import math

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.known_activity import Filling
from photopeak_analyzers.nuclides import find
from photopeak_analyzers.reference_moment import administered

FRACTION_PERCENT = 1.0
"""Branching fractions of F-18 in use are 0.967 and 0.9686."""

HALF_LIFE_PERCENT = 0.5
"""Half-lives of F-18 in use are 109.77 and 109.8 minutes."""

OTHER_NUCLIDE_PERCENT = 10.0
"""A half-life farther off is that of another nuclide, as of Ge-68 under the name of Ga-68."""

DOSE_PERCENT = 5.0
"""Dose of the header against the activity that was entered."""

MISTAKES = (
    (1e6, "Bq, where MBq belong"),
    (1e3, "kBq, where MBq belong"),
    (37.0, "MBq, where mCi were read, or the other way round"),
)
"""Factors by which units are mistaken."""

LEAST_QUOTIENT, MOST_QUOTIENT = 0.1, 10.0
"""No scanner is off by more; a unit or a volume is wrong."""


def header_conditions(
    volume: Volume, filling: Filling | None, nuclide: str, half_life_s: float, clause: str
) -> tuple[Precondition, ...]:
    """Check branching fraction, half-life and dose of the header; only another nuclide's half-life voids.

    Parameters
    ----------
    filling
        What was entered; None without readings.
    """
    fraction, life = _number(volume, "RadionuclidePositronFraction"), None
    found = []
    of_table = find(nuclide).positron_fraction
    if of_table is not None:
        off = None if fraction is None else 100.0 * (fraction / of_table - 1.0)
        found.append(
            _within("branching fraction of the header less that of the table", off,
                    FRACTION_PERCENT, f"{of_table:g}", clause)
        )  # fmt: skip
    life = _number(volume, "RadionuclideHalfLife")
    off = None if life is None else 100.0 * (life / half_life_s - 1.0)
    found.append(
        graded(
            PreconditionCode.NUCLIDE,
            "half-life of the header less that of the table",
            off,
            soft=(-HALF_LIFE_PERCENT, HALF_LIFE_PERCENT),
            hard=(-OTHER_NUCLIDE_PERCENT, OTHER_NUCLIDE_PERCENT),
            unit="%",
            scope=Scope(),
            clause=clause,
            expected=f"{half_life_s:g} s",
        )
    )
    quotient = None if filling is None else dose_over_entered(volume, filling)
    if quotient is not None and filling is not None:
        entered = 1e6 * filling.mbq(administered(volume))
        hint = mistaken(quotient) or mistaken(1.0 / quotient)
        found.append(
            _within("dose of the header less the activity that was entered",
                    100.0 * (quotient - 1.0), DOSE_PERCENT,
                    f"{entered:.4g} Bq{'; a factor as of ' + hint if hint else ''}", clause)
        )  # fmt: skip
    return tuple(found)


def dose_over_entered(volume: Volume, filling: Filling) -> float | None:
    """Return the dose of the header over the activity that was entered, at the administration.

    None where the header tells no dose or no time of it.
    """
    dose = _number(volume, "RadionuclideTotalDose")
    if dose is None:
        return None
    try:
        return dose / (1e6 * filling.mbq(administered(volume)))
    except UnsuitableAcquisitionError:
        return None


def mistaken(quotient: float) -> str:
    """Return which mistake of units makes a quotient, within 30 %; empty when none does."""
    for factor, words in MISTAKES:
        if abs(math.log(quotient / factor)) < math.log(1.3):
            return words
    return ""


def refuse_impossible(quotient: float, what: str) -> None:
    """Refuse what no calibration can make of an image.

    Raises
    ------
    UnsuitableAcquisitionError
        If the quotient of image and truth is below 0.1 or above 10.
    """
    if LEAST_QUOTIENT <= quotient <= MOST_QUOTIENT:
        return
    hint = (mistaken(quotient) or mistaken(1.0 / quotient)) if quotient > 0.0 else ""
    cause = f"as if an activity were in {hint}" if hint else "a unit or a volume is wrong"
    raise UnsuitableAcquisitionError(
        f"{what} is {quotient:.3g}, needs {LEAST_QUOTIENT:g} to {MOST_QUOTIENT:g}: {cause}",
        quantity=what,
        value=quotient,
        bound=f"{LEAST_QUOTIENT:g} to {MOST_QUOTIENT:g}",
    )


def _within(
    quantity: str, value: float | None, percent: float, expected: str, clause: str
) -> Precondition:
    return bounded(
        PreconditionCode.NUCLIDE,
        quantity,
        value,
        lower=-percent,
        upper=percent,
        unit="%",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=clause,
        expected=expected,
    )


def _number(volume: Volume, name: str) -> float | None:
    value = volume.header.get(name)
    return float(value) if isinstance(value, (int, float)) and value > 0.0 else None
