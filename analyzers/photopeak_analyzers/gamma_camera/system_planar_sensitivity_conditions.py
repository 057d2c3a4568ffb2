"""What the three texts of the planar sensitivity ask of an acquisition, and what voids or warns.

Voids: another nuclide, a window beside the photopeak, no parallel-hole collimator, a rate at which
counts are lost, a picture that is no disc of about the right size (a flood, bars, a body), a
distance other than that of the clause, no start, no duration. Warns: what changes the number by
less than its uncertainty, or what the header does not tell.
"""

from __future__ import annotations

from photopeak_analyzers.acquisition import CollimatorType
from photopeak_analyzers.activity import Source
from photopeak_analyzers.common_parameters import CorrectionState
from photopeak_analyzers.conditions import bounded, graded, known
from photopeak_analyzers.contract import Outcome, Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.frame_conditions import (
    background_is_known,
    collimator_is,
    detector_is_known,
    duration_is_known,
    enough_counts,
    holds_counts,
    no_overflow,
    pixel_is_square,
    rate_within,
    start_is_known,
)
from photopeak_analyzers.gamma_camera.dish_images import DishImage, other_names
from photopeak_analyzers.gamma_camera.dish_parameters import DishParameters
from photopeak_analyzers.gamma_camera.system_planar_sensitivity_texts import Asked
from photopeak_analyzers.source_conditions import (
    Photopeaks,
    nuclide_is_one_of,
    window_on_photopeak,
)

LARGEST_SPREAD = 1.3
"""Second moment, relative to that of a disc, beyond which the picture is no single disc."""

DIAMETER_SOFT, DIAMETER_HARD = (0.8, 1.2), (0.5, 1.5)
"""Bounds of the diameter seen, relative to that of the source."""

FARTHEST_FROM_CENTRE_MM = 50.0
"""Beyond it the source is not near the centre of the field any more."""

DURATION_PERCENT = 1.0
"""Percent by which the duration may miss that of the clause."""

ACTIVITY_TOLERANCE = 0.25
"""Share by which the activity may miss the "about 40 MBq" of IEC and WS 523."""

METER_PERCENT = 5.0
"""Expanded uncertainty (k = 2) of the activity. IEC 60789 / GB/T 18989-2013 annex A."""

MOST_HALF_LIVES, IMPOSSIBLE_HALF_LIVES = 2.0, 10.0
"""Half-lives between activity meter and camera: more are unwise, or the wrong day."""


def series_conditions(
    image: DishImage, asked: Asked, nuclides: Photopeaks
) -> tuple[Precondition, ...]:
    """Check what all heads of a series have in common."""
    return (
        nuclide_is_one_of(image.acquisition, nuclides, asked.clause),
        start_is_known(image.acquisition, severity=Severity.HARD, clause=asked.clause),
    )


def image_conditions(
    image: DishImage,
    asked: Asked,
    nuclides: Photopeaks,
    parameters: DishParameters,
    scope: Scope,
) -> tuple[Precondition, ...]:
    """Check one image of one head, wherever the source was."""
    clause, head, acquisition = asked.clause, image.head, image.acquisition
    detector = acquisition.detector(head.detector)
    found = [
        detector_is_known(head.detector, scope=scope, clause=clause),
        holds_counts(head.highest_pixel, scope=scope, clause=clause),
        duration_is_known(head.duration_s, severity=Severity.HARD, scope=scope, clause=clause),
        *window_on_photopeak(
            acquisition.energy_window(head.energy_window),
            acquisition.nuclide,
            nuclides,
            width_percent=asked.window_percent,
            strict=asked.window_percent is not None,
            scope=scope,
            clause=clause,
        ),
        collimator_is(CollimatorType.PARALLEL, detector, scope=scope, clause=clause),
        known(
            PreconditionCode.COLLIMATOR,
            "name of the collimator",
            parameters.collimator or (detector.collimator_name if detector else "") or None,
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
            expected="a stated collimator",
        ),
        rate_within(
            head.rate_cps,
            upper=asked.maximum_rate_cps,
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        enough_counts(
            "counts of the image",
            head.total,
            asked=asked.counts,
            invalid_below=asked.counts_invalid_below,
            scope=scope,
            clause=clause,
        ),
        no_overflow(acquisition, head.highest_pixel, scope=scope, clause=clause),
        pixel_is_square(image.pixel_mm, scope=scope, clause=clause),
        *_outline(image, parameters.dish_diameter_mm, scope, clause),
    ]
    found += other_names(image, asked.distance_tolerance_mm, scope=scope, clause=clause)
    if asked.correction_off:
        found.append(_correction(image, parameters.uniformity_correction, scope, clause))
    if asked.duration_s is not None:
        slack = asked.duration_s * DURATION_PERCENT / 100.0
        found.append(
            bounded(
                PreconditionCode.DURATION,
                "duration of the acquisition",
                head.duration_s,
                lower=asked.duration_s - slack,
                upper=asked.duration_s + slack,
                unit="s",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
            )
        )
    if asked.matrix is not None:
        found.append(
            bounded(
                PreconditionCode.MATRIX,
                "shorter side of the matrix",
                float(min(head.counts.shape)),
                lower=float(asked.matrix),
                upper=float(asked.matrix),
                unit="{pixels}",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
            )
        )
    if asked.background or image.background is not None:
        rate = None if image.background is None else image.background.value
        found.append(background_is_known(rate, upper=None, scope=scope, clause=clause))
    return tuple(found)


def distance_condition(image: DishImage, asked: Asked, scope: Scope) -> Precondition:
    """Check that the source was where the clause has it; an untold distance warns."""
    told = image.distance_mm is not None
    return bounded(
        PreconditionCode.GEOMETRY,
        "distance from the collimator to the source",
        image.distance_mm,
        lower=asked.distance_mm - asked.distance_tolerance_mm,
        upper=asked.distance_mm + asked.distance_tolerance_mm,
        unit="mm",
        severity=Severity.HARD if told else Severity.SOFT,
        scope=scope,
        clause=asked.clause,
    )


def activity_conditions(
    source: Source, images: tuple[DishImage, ...], asked: Asked, percent: float | None
) -> tuple[Precondition, ...]:
    """Check the activity, how well it is known, and how long before the images it was measured."""
    clause = asked.clause
    lives = [
        (image.started_at - source.at).total_seconds() / source.half_life.seconds
        for image in images
        if image.started_at is not None
    ]
    farthest = max(lives, key=abs, default=None)
    found = [
        graded(
            PreconditionCode.TIME,
            "half-lives from the measurement of the activity to the image",
            farthest,
            soft=(-MOST_HALF_LIVES, MOST_HALF_LIVES),
            hard=(-IMPOSSIBLE_HALF_LIVES, IMPOSSIBLE_HALF_LIVES),
            unit="1",
            scope=Scope(),
            clause=clause,
        ),
        bounded(
            PreconditionCode.CALIBRATION_EXPIRED,
            "expanded uncertainty of the activity (k = 2)",
            None if percent is None else 2.0 * percent,
            upper=METER_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=clause,
        ),
    ]
    if asked.activity_mbq is not None:
        found.append(
            bounded(
                PreconditionCode.NUCLIDE,
                "activity of the source",
                source.mbq.value,
                lower=asked.activity_mbq * (1.0 - ACTIVITY_TOLERANCE),
                upper=asked.activity_mbq * (1.0 + ACTIVITY_TOLERANCE),
                unit="MBq",
                severity=Severity.SOFT,
                scope=Scope(),
                clause=clause,
            )
        )
    return tuple(found)


def _outline(
    image: DishImage, dish_mm: float, scope: Scope, clause: str
) -> tuple[Precondition, ...]:
    outline = image.outline
    soft, hard = DIAMETER_SOFT, DIAMETER_HARD
    return (
        bounded(
            PreconditionCode.GEOMETRY,
            "spread of the picture relative to a disc",
            None if outline is None else outline.spread,
            upper=LARGEST_SPREAD,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
            expected="one disc",
        ),
        graded(
            PreconditionCode.GEOMETRY,
            "diameter of the source in the image",
            None if outline is None else outline.diameter_mm,
            soft=(soft[0] * dish_mm, soft[1] * dish_mm),
            hard=(hard[0] * dish_mm, hard[1] * dish_mm),
            unit="mm",
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.CENTRED,
            "distance of the source from the middle of the matrix",
            image.offset_mm,
            upper=FARTHEST_FROM_CENTRE_MM,
            unit="mm",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
    )


def _correction(
    image: DishImage, correction: CorrectionState, scope: Scope, clause: str
) -> Precondition:
    """Check, as a warning, that counts were not adjusted."""
    state, corrections = correction.stated, image.acquisition.corrections
    if state is None and corrections is not None:
        state = "on" if "UNIF" in corrections else "off"
    outcome = Outcome.UNKNOWN
    if state is not None:
        outcome = Outcome.MET if state == "off" else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.CORRECTION,
        severity=Severity.SOFT,
        outcome=outcome,
        scope=scope,
        quantity="uniformity correction",
        value=state,
        expected="off",
        clause=clause,
    )
