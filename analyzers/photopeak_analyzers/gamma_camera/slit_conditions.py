"""What an image of a slit mask has to be like for its numbers to count.

A fact that says that something else was imaged voids: another nuclide, a window elsewhere, a
collimator, another rate, a saturated pixel, pixels that are not square, slits at another distance than
was said, a mask that does not cover the field. What makes the numbers weaker, or is a matter of
degree, warns: fewer counts down to a half of what is asked, pixels coarser than the text asks for (0.1
FWHM in IEC, 0.2 in NEMA, up to twice that), a mask that is not well aligned, a UFOV that nobody
declared. So does what the header leaves open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak_analyzers.acquisition import CollimatorType, FrameStack
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.frame_conditions import (
    collimator_is,
    enough_counts,
    rate_within,
)
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.field_parameters import UFOV_CLAUSE
from photopeak_analyzers.gamma_camera.line_conditions import (
    CALIBRATION_VOIDS,
    CALIBRATION_WARNS,
    LineClause,
    lit_frame_conditions,
)
from photopeak_analyzers.gamma_camera.slit_images import UFOV, SlitImage
from photopeak_analyzers.gamma_camera.slit_parameters import SlitParameters
from photopeak_analyzers.gamma_camera.uniformity_inputs import ChosenField, FieldSource
from photopeak_analyzers.numerics.field_of_view import FieldOfView, Shape

FAR_FIELDS = 5.0
"""Distance of the source in lengths of the UFOV: of its diagonal in IEC (3.2.1.1 d), of its longest
side in NEMA (E.1.3)."""

TILT_WARNS, TILT_VOIDS = 1.0, 5.0
"""Degrees of tilt: at 5 degrees a slit moves by 2.6 mm within a strip of 30 mm."""

SHOWN_WARNS, SHOWN_VOIDS = 95.0, 75.0
"""Percent of the slits that the mask should show in a field: beyond, the mask is too small, or the
detector blind in places that nothing was measured of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlitClause(LineClause):
    """What one text asks of the image of a slit mask, beside what it asks of any lines.

    Attributes
    ----------
    by_diagonal
        True when the distance of the source is counted in diagonals of a rectangular UFOV.
    edge_mm
        By how much a slit may be displaced at the edge of the UFOV; None where the text has no such
        bound.
    minimum_rate_cps
        Least count rate, where a high one is the subject; it then has to be known.
    """

    by_diagonal: bool
    edge_mm: float | None = None
    minimum_rate_cps: float | None = None


def frame_conditions(
    acquisition: FrameStack,
    head: HeadCounts,
    pixel_mm: tuple[float, float],
    parameters: SlitParameters,
    asked: SlitClause,
    scope: Scope,
) -> tuple[Precondition, ...]:
    """Check what the header and the counts of a frame say."""
    clause = asked.clause
    detector = acquisition.detector(head.detector)
    return lit_frame_conditions(
        acquisition,
        head,
        pixel_mm,
        asked,
        collimator=collimator_is(CollimatorType.NONE, detector, scope=scope, clause=clause),
        rate=rate_within(
            head.rate_cps,
            lower=asked.minimum_rate_cps,
            upper=parameters.maximum_rate_cps,
            severity=Severity.HARD,
            unknown=Severity.SOFT if asked.minimum_rate_cps is None else Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        scope=scope,
    )


def slit_conditions(
    image: SlitImage,
    chosen: ChosenField,
    parameters: SlitParameters,
    asked: SlitClause,
    scope: Scope,
) -> tuple[Precondition, ...]:
    """Check what the slits themselves show."""
    clause = asked.clause
    return (
        enough_counts(
            "counts in the peak of a slit in a strip",
            min(field.peak_counts for field in image.fields.values()),
            asked=parameters.minimum_counts,
            invalid_below=parameters.invalid_below_counts,
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.PIXEL,
            "pixel across the slits over FWHM",
            image.pixel_in_fwhm,
            soft=(None, asked.pixel_warns),
            hard=(None, asked.pixel_voids),
            unit="1",
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.PIXEL,
            "deviation of the header's pixel from the pitch of the mask",
            image.header_deviation_percent,
            soft=(-CALIBRATION_WARNS, CALIBRATION_WARNS),
            hard=(-CALIBRATION_VOIDS, CALIBRATION_VOIDS),
            unit="%",
            scope=scope,
            clause=clause,
        ),
        *_alignment(image, chosen.field, asked, scope),
        *(
            graded(
                PreconditionCode.UFOV_MISMATCH,
                f"slits measured in the {name.upper()}, of those that the mask should show",
                100.0 * field.shown,
                soft=(SHOWN_WARNS, None),
                hard=(SHOWN_VOIDS, None),
                unit="%",
                scope=scope,
                clause=clause,
            )
            for name, field in image.fields.items()
        ),
        _declared(chosen, parameters, scope),
        *_distance(chosen.field, parameters, asked, scope),
    )


def both_directions(directions: int, *, scope: Scope, clause: str) -> Precondition:
    """Check that X and Y were measured: the mean of both is asked for."""
    return bounded(
        PreconditionCode.FRAMES,
        "directions measured",
        float(directions),
        lower=2.0,
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
    )


def _alignment(
    image: SlitImage, ufov: FieldOfView, asked: SlitClause, scope: Scope
) -> tuple[Precondition, ...]:
    tilt = graded(
        PreconditionCode.GEOMETRY,
        "tilt of the slits",
        image.tilt_deg,
        soft=(-TILT_WARNS, TILT_WARNS),
        hard=(-TILT_VOIDS, TILT_VOIDS),
        unit="deg",
        scope=scope,
        clause=asked.clause,
    )
    if asked.edge_mm is None:
        return (tilt,)
    length_mm = ufov.height_mm if image.slits.places.upright else ufov.width_mm
    return (
        tilt,
        bounded(
            PreconditionCode.GEOMETRY,
            "displacement of the slits at the edge of the UFOV by their tilt",
            math.tan(math.radians(image.tilt_deg)) * length_mm / 2.0,
            lower=-asked.edge_mm,
            upper=asked.edge_mm,
            unit="mm",
            severity=Severity.SOFT,
            scope=scope,
            clause=asked.clause,
        ),
    )


def _declared(chosen: ChosenField, parameters: SlitParameters, scope: Scope) -> Precondition:
    """Check where the UFOV comes from: an estimate voids only where it must be known."""
    outcome = {
        FieldSource.CONFIGURED: Outcome.MET,
        FieldSource.HEADER: Outcome.MET,
        FieldSource.HEADER_AT_UNKNOWN_ZOOM: Outcome.UNKNOWN,
        FieldSource.ESTIMATED: Outcome.NOT_MET,
    }[chosen.source]
    lenient = outcome is not Outcome.MET and not parameters.ufov_must_be_known
    return Precondition(
        code=PreconditionCode.UFOV,
        severity=Severity.SOFT if lenient else Severity.HARD,
        outcome=outcome,
        scope=scope,
        quantity=f"source of the {UFOV.upper()}",
        value=str(chosen.source),
        expected="declared by the manufacturer",
        clause=UFOV_CLAUSE,
    )


def _distance(
    ufov: FieldOfView, parameters: SlitParameters, asked: SlitClause, scope: Scope
) -> tuple[Precondition, ...]:
    """Check the distance of the source, when it is stated."""
    if parameters.source_distance_mm is None:
        return ()
    length_mm = ufov.longest_mm
    if asked.by_diagonal and ufov.shape is not Shape.CIRCLE:
        length_mm = math.hypot(ufov.width_mm, ufov.height_mm)
    return (
        bounded(
            PreconditionCode.GEOMETRY,
            "distance of the point source",
            parameters.source_distance_mm,
            lower=FAR_FIELDS * length_mm,
            unit="mm",
            severity=Severity.SOFT,
            scope=scope,
            clause=asked.clause,
        ),
    )
