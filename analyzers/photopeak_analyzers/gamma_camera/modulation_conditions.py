"""What an image of lines or a point has to be like for its modulation to count."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import FrameStack, Volume
from photopeak_analyzers.conditions import bounded, graded, known
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.frame_conditions import (
    detector_is_known,
    enough_counts,
    no_overflow,
    pixel_is_square,
    rate_within,
)
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.line_conditions import (
    TILT_VOIDS,
    TILT_WARNS,
    calibration_conditions,
)
from photopeak_analyzers.gamma_camera.responses import Response
from photopeak_analyzers.source_conditions import (
    Photopeaks,
    nuclide_is_one_of,
    window_on_photopeak,
)
from photopeak_analyzers.spect.reconstruction import no_voxel_overflows, reconstruction_of

PIXEL_WARNS, PIXEL_VOIDS = 0.2, 0.5
"""Side of a channel in FWHM. At 0.2 the pixel lowers M by 1.3 % where it is 50 %; at 0.5 there are no
frequencies beyond 1 / FWHM, and what the line has there is folded back."""

END_WARNS = 0.01
"""Height at which a line is cut off, over its top: of a Gaussian 0.2 % are beyond, and lift M by half
a percent."""

BACKGROUND_WARNS = 0.1
"""Background under a point over its counts: what is left of it after subtraction tilts M at 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseLimits:
    """Numbers that conditions compare with, and the clause."""

    clause: str
    nuclides: Photopeaks
    minimum_counts: float
    invalid_below_counts: float
    maximum_rate_cps: float


def frame_conditions(
    acquisition: FrameStack,
    head: HeadCounts,
    pixel_mm: tuple[float, float],
    limits: ResponseLimits,
    scope: Scope,
) -> tuple[Precondition, ...]:
    """Check what header and counts of a planar image say."""
    clause = limits.clause
    return (
        nuclide_is_one_of(acquisition, limits.nuclides, clause),
        detector_is_known(head.detector, scope=scope, clause=clause),
        *window_on_photopeak(
            acquisition.energy_window(head.energy_window),
            acquisition.nuclide,
            limits.nuclides,
            width_percent=None,
            strict=False,
            scope=scope,
            clause=clause,
        ),
        rate_within(
            head.rate_cps,
            upper=limits.maximum_rate_cps,
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        no_overflow(acquisition, head.highest_pixel, scope=scope, clause=clause),
        pixel_is_square(pixel_mm, scope=scope, clause=clause),
    )


def volume_conditions(volume: Volume, limits: ResponseLimits) -> tuple[Precondition, ...]:
    """Check what a reconstruction says of itself."""
    reconstruction = reconstruction_of(volume)
    return (
        nuclide_is_one_of(volume, limits.nuclides, limits.clause),
        no_voxel_overflows(reconstruction, limits.clause),
        pixel_is_square(reconstruction.pixel_mm, scope=Scope(), clause=limits.clause),
    )


def response_conditions(
    response: Response, limits: ResponseLimits, scope: Scope
) -> tuple[Precondition, ...]:
    """Check a spread function."""
    clause = limits.clause
    found = [
        graded(
            PreconditionCode.PIXEL,
            "channel over FWHM",
            response.pixel_in_fwhm,
            soft=(None, PIXEL_WARNS),
            hard=(None, PIXEL_VOIDS),
            unit="1",
            scope=scope,
            clause=clause,
        )
    ]
    if response.peak_counts is not None:
        of = "the highest pixel" if response.shows == "point" else "the peak of a line in a strip"
        found.append(
            enough_counts(
                f"counts in {of}",
                response.peak_counts,
                asked=limits.minimum_counts,
                invalid_below=limits.invalid_below_counts,
                scope=scope,
                clause=clause,
            )
        )
    if response.tilt_deg is not None:
        found.append(
            graded(
                PreconditionCode.GEOMETRY,
                "tilt of the lines",
                response.tilt_deg,
                soft=(-TILT_WARNS, TILT_WARNS),
                hard=(-TILT_VOIDS, TILT_VOIDS),
                unit="deg",
                scope=scope,
                clause=clause,
            )
        )
    if response.end_share is not None:
        found.append(
            bounded(
                PreconditionCode.GEOMETRY,
                "line at the ends of its window over its top",
                response.end_share,
                upper=END_WARNS,
                unit="1",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
                expected="lines that are far enough apart for their tails",
            )
        )
    if response.background_share is not None:
        found.append(
            bounded(
                PreconditionCode.BACKGROUND,
                "background under the point over its counts",
                response.background_share,
                upper=BACKGROUND_WARNS,
                unit="1",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
            )
        )
    if response.lines is not None and response.calibrated:
        return (*found, *calibration_conditions(response.lines, clause, scope))
    calibration = known(
        PreconditionCode.PIXEL,
        "mm per pixel by a known distance",
        None,
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
        unit="mm",
    )
    return (*found, calibration)
