"""What an image has to be like for its sources to tell the size of a pixel."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import FrameStack
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.frame_conditions import detector_is_known, enough_counts, no_overflow
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.source_pairs import PixelEstimate
from photopeak_analyzers.source_conditions import window_near_photopeak

TILT_WARNS, TILT_VOIDS = 2.0, 5.0
"""Degrees of tilt of lines: within a strip of 30 mm they move by 2.6 mm at 5 degrees."""

OBLIQUE_WARNS, OBLIQUE_VOIDS = 5.0, 15.0
"""Degrees by which two points may stand obliquely: at 15, seven percent of what is measured is of
the other axis, which is taken from the header."""

HEADER_VOIDS = 20.0
"""Percent by which the header may be off: beyond it the known distance is not what was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelLimits:
    """Numbers of the parameters that conditions compare with, and their clause."""

    clause: str
    minimum_counts: float
    invalid_below_counts: float


def image_conditions(
    acquisition: FrameStack,
    head: HeadCounts,
    found: PixelEstimate,
    header_mm: float,
    limits: PixelLimits,
    scope: Scope,
) -> tuple[Precondition, ...]:
    """Check one image of one head."""
    clause = limits.clause
    points = found.lines is None
    warns, voids = (OBLIQUE_WARNS, OBLIQUE_VOIDS) if points else (TILT_WARNS, TILT_VOIDS)
    return (
        detector_is_known(head.detector, scope=scope, clause=clause),
        window_near_photopeak(
            acquisition.energy_window(head.energy_window),
            acquisition.nuclide,
            scope=scope,
            clause=clause,
        ),
        no_overflow(acquisition, head.highest_pixel, scope=scope, clause=clause),
        enough_counts(
            "counts of a point" if points else "counts in the peak of a line in a strip",
            found.counts,
            asked=limits.minimum_counts,
            invalid_below=limits.invalid_below_counts,
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.GEOMETRY,
            "tilt of the sources",
            found.tilt_deg,
            soft=(-warns, warns),
            hard=(-voids, voids),
            unit="deg",
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "deviation of the header that is still the same distance",
            100.0 * (header_mm / found.pixel_mm.value - 1.0),
            lower=-HEADER_VOIDS,
            upper=HEADER_VOIDS,
            unit="%",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
    )


def both_axes(found: int, *, scope: Scope, clause: str) -> Precondition:
    """Check, as a warning, that pixels were measured along X and along Y."""
    return bounded(
        PreconditionCode.SET,
        "axes measured",
        float(found),
        lower=2.0,
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
        expected="sources that are apart along X, and others along Y",
    )
