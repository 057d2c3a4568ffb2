"""Conditions that all tests of a rotation share: views, arc, steps, and what the console did to them."""

from __future__ import annotations

from enum import StrEnum

from photopeak_analyzers.acquisition import CollimatorType, Tomographic
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Severity,
)
from photopeak_analyzers.frame_conditions import collimator_is, detector_is_known, pixel_within
from photopeak_analyzers.spect.rotation_views import Views

HALF_TURN_DEG = 180.0
"""Arc that determines the sine; half of the views of a full turn tell nothing new."""

ARC_TOLERANCE_DEG = 1.0
"""Headers round steps: 64 views of 2.8 degrees are meant to be half a turn."""

STEP_WARNS, STEP_VOIDS = 0.1, 0.5
"""Share of a step by which one may deviate: beyond the second a view is missing or misplaced."""

EDGE_FWHM = 2.0
"""Distance from the border, in FWHM, at which less than 1e-4 of a source is cut off."""

CORRECTED = frozenset({"COR", "NCO"})
"""Values of CorrectedImage that say that views were shifted."""


class CorrectionState(StrEnum):
    """Whether the console has shifted the views already; HEADER leaves it to CorrectedImage."""

    HEADER = "header"
    APPLIED = "applied"
    NOT_APPLIED = "not_applied"


def rotation_conditions(
    acquisition: Tomographic,
    views: Views,
    pixel_mm: tuple[float, float],
    *,
    minimum_views: int,
    largest_pixel_mm: float,
    clause: str,
) -> tuple[Precondition, ...]:
    """Check the views of one head in one energy window: how many, over which arc, how even."""
    scope = views.scope
    places = float(views.places_deg.size)
    needed = float(minimum_views)
    return (
        detector_is_known(views.detector, scope=scope, clause=clause),
        collimator_is(
            CollimatorType.PARALLEL,
            acquisition.detector(views.detector),
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.FRAMES,
            "views",
            places,
            soft=(needed, None),
            hard=(needed / 2.0, None),
            unit="1",
            scope=scope,
            clause=clause,
        ),
        *_announced(acquisition, views, clause),
        bounded(
            PreconditionCode.GEOMETRY,
            "arc",
            views.arc_deg,
            lower=HALF_TURN_DEG - ARC_TOLERANCE_DEG,
            unit="deg",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.GEOMETRY,
            "largest deviation of a step from the others",
            views.largest_step_error,
            soft=(None, STEP_WARNS),
            hard=(None, STEP_VOIDS),
            unit="1",
            scope=scope,
            clause=clause,
        ),
        pixel_within(
            "side of a pixel",
            pixel_mm,
            upper=largest_pixel_mm,
            scope=scope,
            clause=clause,
        ),
    )


def _announced(acquisition: Tomographic, views: Views, clause: str) -> tuple[Precondition, ...]:
    """Compare the number of views with arc and step of the header, where it has them."""
    arc, step = acquisition.scan_arc_deg, acquisition.angular_step_deg
    if not arc or not step:
        return ()
    announced, found = round(arc / step), views.positions.size
    # Heads may share the arc among them: a whole part of what is announced is complete.
    complete = announced >= found and announced % found == 0
    return (
        Precondition(
            code=PreconditionCode.FRAMES,
            severity=Severity.SOFT,
            outcome=Outcome.MET if complete else Outcome.NOT_MET,
            scope=views.scope,
            quantity="views of those that arc and step of the header announce",
            value=float(found),
            lower=float(announced),
            upper=float(announced),
            unit="1",
            clause=clause,
        ),
    )


def cor_correction_condition(
    acquisition: Tomographic, views: Views, state: CorrectionState, clause: str
) -> Precondition:
    """Check, as a warning, that views were not shifted by the offset before they were stored."""
    if state is CorrectionState.HEADER and acquisition.corrections is not None:
        applied = bool(acquisition.corrections & CORRECTED)
        state = CorrectionState.APPLIED if applied else CorrectionState.NOT_APPLIED
    outcome = {
        CorrectionState.HEADER: Outcome.UNKNOWN,
        CorrectionState.APPLIED: Outcome.NOT_MET,
        CorrectionState.NOT_APPLIED: Outcome.MET,
    }[state]
    return Precondition(
        code=PreconditionCode.CORRECTION,
        severity=Severity.SOFT,
        outcome=outcome,
        scope=views.scope,
        quantity="centre-of-rotation correction of the views",
        value=None if outcome is Outcome.UNKNOWN else str(state),
        expected=str(CorrectionState.NOT_APPLIED),
        clause=clause,
    )
