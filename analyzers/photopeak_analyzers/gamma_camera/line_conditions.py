"""What an image of line sources has to be like for its widths to count.

A fact that says the wrong thing was imaged voids: another nuclide, a window elsewhere, no collimator,
too high a rate, a saturated pixel, pixels that are not square or too coarse, lines that are bent,
steeply tilted or not as far apart as was said. A fact that makes the number weaker warns, and so does
one that the header leaves open: too few counts down to a tenth of what is asked (widths are then
known worse, and say so), a central field of view that nobody declared, a pixel of the header that
is 2 % off the lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from photopeak_analyzers.acquisition import CollimatorType, Detector, FrameStack
from photopeak_analyzers.conditions import bounded, graded, known
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.frame_conditions import (
    detector_is_known,
    duration_is_known,
    enough_counts,
    no_overflow,
    pixel_is_square,
    rate_within,
)
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.line_images import LineImage
from photopeak_analyzers.source_conditions import nuclide_is_one_of, window_on_photopeak

CALIBRATION_WARNS, CALIBRATION_VOIDS = 2.0, 10.0
"""Percent by which the header's pixel may differ from the lines: beyond the second, the distance of
the lines is not what was said."""

TILT_WARNS, TILT_VOIDS = 2.0, 5.0
"""Degrees of tilt: at 5 degrees a line moves by 2.6 mm within a strip of 30 mm."""

BEND_VOIDS = 0.25
"""RMS deviation of a line from a straight one, in FWHM: beyond it is no line."""

NAMED_WITHOUT_COLLIMATOR = ("INTR", "NONE", "NO")
"""How names of collimators begin on consoles when none is mounted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineClause:
    """What one text asks of the acquisition of line sources, or of the slits of a mask.

    Attributes
    ----------
    nuclides
        What the source may be, with its photopeaks.
    window_width_percent
        Full width of the window; None leaves it to the manufacturer.
    strict_window
        True when a window that is not as prescribed voids.
    pixel_warns, pixel_voids
        Largest pixel across the lines, in FWHM.
    """

    clause: str
    nuclides: Mapping[str, tuple[float, ...]]
    window_width_percent: float | None = None
    strict_window: bool = False
    pixel_warns: float
    pixel_voids: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLimits:
    """Numbers of the parameters that conditions compare with."""

    minimum_counts: float
    invalid_below_counts: float
    maximum_rate_cps: float
    minimum_rate_cps: float | None = None


def lit_frame_conditions(
    acquisition: FrameStack,
    head: HeadCounts,
    pixel_mm: tuple[float, float],
    asked: LineClause,
    *,
    collimator: Precondition,
    rate: Precondition,
    scope: Scope,
) -> tuple[Precondition, ...]:
    """Check what all images of lines share; `collimator` and `rate` are as the caller needs them."""
    clause = asked.clause
    return (
        nuclide_is_one_of(acquisition, asked.nuclides, clause),
        detector_is_known(head.detector, scope=scope, clause=clause),
        *window_on_photopeak(
            acquisition.energy_window(head.energy_window),
            acquisition.nuclide,
            asked.nuclides,
            width_percent=asked.window_width_percent,
            strict=asked.strict_window,
            scope=scope,
            clause=clause,
        ),
        collimator,
        duration_is_known(head.duration_s, severity=Severity.SOFT, scope=scope, clause=clause),
        rate,
        no_overflow(acquisition, head.highest_pixel, scope=scope, clause=clause),
        pixel_is_square(pixel_mm, scope=scope, clause=clause),
    )


def frame_conditions(
    acquisition: FrameStack,
    head: HeadCounts,
    pixel_mm: tuple[float, float],
    limits: LineLimits,
    asked: LineClause,
    scope: Scope,
) -> tuple[Precondition, ...]:
    """Check what the header and the counts of a frame say before anything is measured."""
    clause = asked.clause
    detector = acquisition.detector(head.detector)
    return lit_frame_conditions(
        acquisition,
        head,
        pixel_mm,
        asked,
        collimator=collimator_is_mounted(detector, scope=scope, clause=clause),
        rate=rate_within(
            head.rate_cps,
            upper=limits.maximum_rate_cps,
            lower=limits.minimum_rate_cps,
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        scope=scope,
    )


def line_conditions(
    image: LineImage, limits: LineLimits, asked: LineClause, scope: Scope
) -> tuple[Precondition, ...]:
    """Check what the lines themselves show."""
    clause = asked.clause
    return (
        enough_counts(
            "counts in the peak of a line in a strip",
            image.peak_counts,
            asked=limits.minimum_counts,
            invalid_below=limits.invalid_below_counts,
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.PIXEL,
            "pixel across the lines over FWHM",
            image.pixel_in_fwhm,
            soft=(None, asked.pixel_warns),
            hard=(None, asked.pixel_voids),
            unit="1",
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.GEOMETRY,
            "tilt of the lines",
            image.tilt_deg,
            soft=(-TILT_WARNS, TILT_WARNS),
            hard=(-TILT_VOIDS, TILT_VOIDS),
            unit="deg",
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "deviation of the lines from straight ones, in FWHM",
            image.bend_px * image.mm_per_pixel.value / image.half.value,
            upper=BEND_VOIDS,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        *calibration_conditions(image, clause, scope),
    )


def calibration_conditions(image: LineImage, clause: str, scope: Scope) -> tuple[Precondition, ...]:
    """Check that mm per pixel were measured, and fit the header within what headers are wrong."""
    source = known(
        PreconditionCode.PIXEL,
        "mm per pixel by a known distance",
        image.mm_per_pixel.value if image.calibrated else None,
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
        unit="mm",
    )
    if not image.calibrated:
        return (source,)
    return (
        source,
        graded(
            PreconditionCode.PIXEL,
            "deviation of the header's pixel from the known distance",
            image.header_deviation_percent,
            soft=(-CALIBRATION_WARNS, CALIBRATION_WARNS),
            hard=(-CALIBRATION_VOIDS, CALIBRATION_VOIDS),
            unit="%",
            scope=scope,
            clause=clause,
        ),
    )


def collimator_is_mounted(detector: Detector | None, *, scope: Scope, clause: str) -> Precondition:
    """Check that there is a collimator. None voids; a header that does not tell warns."""
    name = "" if detector is None else detector.collimator_name.strip()
    kind = None if detector is None else detector.collimator_type
    bare = kind is CollimatorType.NONE or name.upper().startswith(NAMED_WITHOUT_COLLIMATOR)
    told = bare or bool(name) or kind not in {None, CollimatorType.UNKNOWN}
    outcome = Outcome.UNKNOWN
    if told:
        outcome = Outcome.NOT_MET if bare else Outcome.MET
    return Precondition(
        code=PreconditionCode.COLLIMATOR,
        severity=Severity.HARD if told else Severity.SOFT,
        outcome=outcome,
        scope=scope,
        quantity="collimator",
        value=(name or str(kind)) if told else None,
        expected="a collimator",
        clause=clause,
    )
