"""Building blocks for preconditions: a quantity, its bounds, and what the comparison says.

A fact that the header does not give is UNKNOWN, never met.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from photopeak_analyzers.acquisition import (
    Acquisition,
    CollimatorType,
    Detector,
    EnergyWindow,
    FrameStack,
)
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclides import canonical_name, imaged_lines_kev

RELATIVE_TOLERANCE = 1e-9
"""A value this close to a bound is on it: sums and products of decimals are not exact."""

WINDOW_WIDTH_TOLERANCE = 1.0
"""Percentage points by which a window may miss its width: limits are written in whole keV."""

WINDOW_CENTRE_PERCENT = 2.0
"""Percent of the photopeak by which the centre of a window may miss it."""

OTHER_PEAK_PERCENT = 5.0
"""Percent of the photopeak beyond which a window lies on something else."""

Photopeaks = Mapping[str, tuple[float, ...]]
"""Nuclides that an acquisition may be of, with their photopeaks in keV; not empty."""


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
    """Compare a number with inclusive bounds; UNKNOWN when there is no number."""
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


def nuclide_is_one_of(acquisition: Acquisition, nuclides: Photopeaks, clause: str) -> Precondition:
    """Check the nuclide. A header that names none warns if a window lies on a peak, else voids."""
    nuclide = acquisition.nuclide
    outcome, severity = Outcome.UNKNOWN, Severity.HARD
    if nuclide is not None:
        outcome = Outcome.MET if nuclide in nuclides else Outcome.NOT_MET
    elif any(
        abs(offset_percent(window, line)) <= WINDOW_CENTRE_PERCENT
        for window in acquisition.energy_windows
        for line in photopeaks_of(None, nuclides)
    ):
        severity = Severity.SOFT
    return Precondition(
        code=PreconditionCode.NUCLIDE,
        severity=severity,
        outcome=outcome,
        quantity="nuclide",
        value=nuclide,
        expected=" or ".join(nuclides),
        clause=clause,
    )


def window_on_photopeak(
    window: EnergyWindow | None,
    nuclide: str | None,
    nuclides: Photopeaks,
    *,
    width_percent: float | None,
    strict: bool,
    scope: Scope,
    clause: str,
) -> tuple[Precondition, ...]:
    """Check the centre of a window and, when one is asked for, its width.

    With `strict` the window is part of the method: off by 2 % voids, and so does no window.
    Otherwise 2 % warns and 5 % voids, and an unknown window warns when the nuclide is known.
    """
    if window is None:
        vouched = not strict and nuclide in nuclides
        return (
            Precondition(
                code=PreconditionCode.WINDOW,
                severity=Severity.SOFT if vouched else Severity.HARD,
                outcome=Outcome.UNKNOWN,
                scope=scope,
                quantity="energy window",
                clause=clause,
            ),
        )
    line = nearest_line(window, photopeaks_of(nuclide, nuclides))
    bound = WINDOW_CENTRE_PERCENT if strict else OTHER_PEAK_PERCENT
    centre = graded(
        PreconditionCode.WINDOW,
        "offset of the window from the photopeak",
        offset_percent(window, line),
        soft=(-WINDOW_CENTRE_PERCENT, WINDOW_CENTRE_PERCENT),
        hard=(-bound, bound),
        unit="%",
        scope=scope,
        clause=clause,
        expected=f"{line:g} keV",
    )
    if width_percent is None:
        return (centre,)
    return (
        centre,
        bounded(
            PreconditionCode.WINDOW,
            "width of the window",
            window.width_percent,
            lower=width_percent - WINDOW_WIDTH_TOLERANCE,
            upper=width_percent + WINDOW_WIDTH_TOLERANCE,
            unit="%",
            severity=Severity.HARD if strict else Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
    )


def lies_elsewhere(window: EnergyWindow | None, nuclide: str | None, nuclides: Photopeaks) -> bool:
    """Tell whether a window lies on none of the photopeaks, like one that collects scatter."""
    if window is None:
        return False
    line = nearest_line(window, photopeaks_of(nuclide, nuclides))
    return abs(offset_percent(window, line)) > OTHER_PEAK_PERCENT


def collimator_is(
    wanted: CollimatorType, detector: Detector | None, *, scope: Scope, clause: str
) -> Precondition:
    """Check the collimator. Another one voids; a header that does not tell warns."""
    found = None if detector is None else detector.collimator_type
    known = found is not None and found is not CollimatorType.UNKNOWN
    outcome = Outcome.UNKNOWN
    if known:
        outcome = Outcome.MET if found is wanted else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.COLLIMATOR,
        severity=Severity.HARD if known else Severity.SOFT,
        outcome=outcome,
        scope=scope,
        quantity="collimator",
        value=str(found) if known else None,
        expected=str(wanted),
        clause=clause,
    )


def uniformity_correction_is_known(
    acquisition: Acquisition, *, stated: str | None, scope: Scope, clause: str
) -> Precondition:
    """Check that the state of the uniformity correction is stated or stands in the header."""
    value = stated
    if value is None and acquisition.corrections is not None:
        value = "on" if "UNIF" in acquisition.corrections else "off"
    return Precondition(
        code=PreconditionCode.CORRECTION,
        severity=Severity.SOFT,
        outcome=Outcome.UNKNOWN if value is None else Outcome.MET,
        scope=scope,
        quantity="uniformity correction",
        value=value,
        expected="a stated correction",
        clause=clause,
    )


def no_overflow(
    acquisition: FrameStack, highest_pixel: float, *, scope: Scope, clause: str
) -> Precondition:
    """Check that no pixel stands at the largest value that can be stored.

    `highest_pixel` is that of single frames: a sum of many may well be larger.
    """
    dtype = acquisition.counts.dtype
    level = acquisition.saturation_level
    if level is None and np.issubdtype(dtype, np.integer):
        level = int(np.iinfo(dtype).max)
    if level is None:
        outcome = Outcome.UNKNOWN
    else:
        outcome = Outcome.MET if highest_pixel < level else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.OVERFLOW,
        severity=Severity.SOFT if level is None else Severity.HARD,
        outcome=outcome,
        scope=scope,
        quantity="highest pixel as stored",
        value=highest_pixel,
        upper=None if level is None else float(level - 1),
        unit="{counts}",
        clause=clause,
    )


def photopeaks(names: tuple[str, ...]) -> dict[str, tuple[float, ...]]:
    """Return the photopeaks of each nuclide, in keV, by its canonical name.

    Raises
    ------
    ParameterError
        If a name is that of no nuclide with a photopeak to set a window on.
    """
    found = {}
    for name in names:
        nuclide = canonical_name(name) or name
        lines_kev = imaged_lines_kev(nuclide)
        if not lines_kev:
            raise ParameterError(
                f"nuclide is {name!r}, needs one with a photopeak for a gamma camera",
                quantity="nuclide",
                value=name,
            )
        found[nuclide] = lines_kev
    return found


def photopeaks_of(nuclide: str | None, nuclides: Photopeaks) -> tuple[float, ...]:
    """Return the peaks of a nuclide, in keV; of all allowed ones when it is not among them."""
    known = None if nuclide is None else nuclides.get(nuclide)
    return known or tuple(line for lines in nuclides.values() for line in lines)


def nearest_line(window: EnergyWindow, lines_kev: tuple[float, ...]) -> float:
    """Return the gamma line nearest to the centre of a window, in keV."""
    return min(lines_kev, key=lambda line: abs(window.centre_kev - line))


def offset_percent(window: EnergyWindow, line_kev: float) -> float:
    """Return how far the centre of a window lies from a line, in percent of the line."""
    return 100.0 * (window.centre_kev - line_kev) / line_kev
