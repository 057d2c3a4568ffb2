"""Conditions about the frames of a head: who counted, how much, how long, in which pixels."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.acquisition import Acquisition, CollimatorType, Detector, FrameStack
from photopeak_analyzers.conditions import bounded, graded, known
from photopeak_analyzers.contract import Outcome, Precondition, PreconditionCode, Scope, Severity

ANISOTROPY_PERCENT = 1.0
"""Percent by which the two spacings of a square pixel may differ: headers round."""


def collimator_is(
    wanted: CollimatorType, detector: Detector | None, *, scope: Scope, clause: str
) -> Precondition:
    """Check the collimator. Another one voids; a header that does not tell warns."""
    found = None if detector is None else detector.collimator_type
    told = found is not None and found is not CollimatorType.UNKNOWN
    outcome = Outcome.UNKNOWN
    if told:
        outcome = Outcome.MET if found is wanted else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.COLLIMATOR,
        severity=Severity.HARD if told else Severity.SOFT,
        outcome=outcome,
        scope=scope,
        quantity="collimator",
        value=str(found) if told else None,
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
    return known(
        PreconditionCode.CORRECTION,
        "uniformity correction",
        value,
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
        expected="a stated correction",
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


def detector_is_known(detector: int | None, *, scope: Scope, clause: str) -> Precondition:
    """Check that a frame says which head it is of: a number without an owner is voided."""
    return known(
        PreconditionCode.DETECTOR,
        "detector",
        detector,
        severity=Severity.HARD,
        scope=scope,
        clause=clause,
    )


def enough_counts(
    quantity: str,
    counts: float | None,
    *,
    asked: float,
    invalid_below: float,
    scope: Scope,
    clause: str,
) -> Precondition:
    """Check counts: fewer than `asked` warn, fewer than `invalid_below` void."""
    return graded(
        PreconditionCode.COUNTS,
        quantity,
        counts,
        soft=(asked, None),
        hard=(invalid_below, None),
        unit="{counts}",
        scope=scope,
        clause=clause,
    )


def holds_counts(highest_pixel: float | None, *, scope: Scope, clause: str) -> Precondition:
    """Check that an image is not empty."""
    return bounded(
        PreconditionCode.COUNTS,
        "highest pixel",
        highest_pixel,
        lower=1.0,
        unit="{counts}",
        severity=Severity.HARD,
        scope=scope,
        clause=clause,
        expected="an image that holds counts",
    )


def duration_is_known(
    duration_s: float | None,
    *,
    severity: Severity,
    scope: Scope,
    clause: str,
    shortest_s: float | None = None,
) -> Precondition:
    """Check that a frame says how long it took, and took at least `shortest_s`."""
    return bounded(
        PreconditionCode.DURATION,
        "duration",
        duration_s,
        lower=shortest_s,
        unit="s",
        severity=severity,
        scope=scope,
        clause=clause,
    )


def rate_within(
    rate_cps: float | None,
    *,
    upper: float | None,
    severity: Severity,
    scope: Scope,
    clause: str,
    lower: float | None = None,
    unknown: Severity = Severity.SOFT,
) -> Precondition:
    """Check the count rate. One that is not known, for want of a duration, warns by default."""
    return bounded(
        PreconditionCode.RATE,
        "count rate",
        rate_cps,
        lower=lower,
        upper=upper,
        unit="{counts}/s",
        severity=unknown if rate_cps is None else severity,
        scope=scope,
        clause=clause,
    )


def pixel_within(
    quantity: str,
    pixel_mm: tuple[float, float],
    *,
    upper: float | None,
    scope: Scope,
    clause: str,
    lower: float | None = None,
    severity: Severity = Severity.HARD,
) -> Precondition:
    """Check both sides of a pixel; the one that breaks a bound is shown, else the longer.

    `quantity` says which pixel: ``side of a pixel``, ``side of the analysed pixel``.
    """
    # Rounded decimals of the header, perhaps times a whole number: seven digits are all there are.
    smallest, largest = (round(side, 6) for side in sorted(pixel_mm))
    breaks_lower = lower is not None and smallest < lower
    breaks_upper = upper is not None and largest > upper
    return bounded(
        PreconditionCode.PIXEL,
        quantity,
        smallest if breaks_lower and not breaks_upper else largest,
        lower=lower,
        upper=upper,
        unit="mm",
        severity=severity,
        scope=scope,
        clause=clause,
    )


def pixel_is_square(pixel_mm: tuple[float, float], *, scope: Scope, clause: str) -> Precondition:
    """Check that the sides of a pixel are alike, but for the rounding of headers."""
    return bounded(
        PreconditionCode.PIXEL,
        "difference between the sides of a pixel",
        100.0 * (max(pixel_mm) / min(pixel_mm) - 1.0),
        upper=ANISOTROPY_PERCENT,
        unit="%",
        severity=Severity.HARD,
        scope=scope,
        clause=clause,
        expected="a square pixel",
    )


def matrix_is(acquisition: FrameStack, *, smallest: int, scope: Scope, clause: str) -> Precondition:
    """Check, as a warning, that the shorter side of the matrix has enough pixels."""
    return bounded(
        PreconditionCode.MATRIX,
        "shorter side of the matrix",
        float(min(acquisition.counts.shape[1:])),
        lower=float(smallest),
        unit="{pixels}",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
    )


def heads_are_complete(
    acquisition: FrameStack, found: int, *, clause: str, severity: Severity = Severity.SOFT
) -> Precondition:
    """Check that every detector and window which the header lists has frames, and no other."""
    listed = len(acquisition.detectors) * len(acquisition.energy_windows)
    expected = float(listed) if listed else None
    return bounded(
        PreconditionCode.FRAMES,
        "detectors and energy windows with a frame",
        float(found),
        lower=expected,
        upper=expected,
        unit="1",
        severity=severity,
        scope=Scope(),
        clause=clause,
    )


def start_is_known(acquisition: Acquisition, *, severity: Severity, clause: str) -> Precondition:
    """Check that the acquisition says when it began, which every correction for decay needs."""
    moment = acquisition.started_at
    return known(
        PreconditionCode.TIME,
        "start of the acquisition",
        None if moment is None else moment.isoformat(),
        severity=severity,
        scope=Scope(),
        clause=clause,
    )


def background_is_known(
    background_cps: float | None, *, upper: float | None, scope: Scope, clause: str
) -> Precondition:
    """Check, as a warning, that a background was measured, and is low enough where one asks."""
    return bounded(
        PreconditionCode.BACKGROUND,
        "background",
        background_cps,
        upper=upper,
        unit="{counts}/s",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
    )


def field_is_declared(
    declared: bool, value: str | None, *, must: bool, scope: Scope, clause: str
) -> Precondition:
    """Check that somebody declared the UFOV; where it `must` be so, a field from the image voids."""
    return Precondition(
        code=PreconditionCode.UFOV,
        severity=Severity.HARD if must else Severity.SOFT,
        outcome=Outcome.MET if declared else Outcome.UNKNOWN,
        scope=scope,
        quantity="UFOV",
        value=value,
        expected="the field that the maker declares",
        clause=clause,
    )
