"""What a rotation has to be like for its centre to be judged.

A fact that makes the fit meaningless voids: no head, too few views, less than half a turn, a
source that leaves the field of view or does not move on a sine, a saturated pixel, a coarse pixel.
A fact that makes it weaker warns, and so does one that the header leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from photopeak_analyzers.acquisition import CollimatorType, Counts, Tomographic
from photopeak_analyzers.conditions import (
    OTHER_PEAK_PERCENT,
    bounded,
    collimator_is,
    graded,
    nearest_line,
    no_overflow,
    offset_percent,
    photopeaks,
)
from photopeak_analyzers.contract import (
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Severity,
    parameter,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclides import imaged_lines_kev
from photopeak_analyzers.spect.rotation_fit import RotationFit

CLAUSE = "practice: sine of a point source in air"
"""No standard in force prescribes the test; WS 523-2019 did not adopt it."""

HALF_TURN_DEG = 180.0
"""Arc that determines the sine; half of the views of a full turn tell nothing new."""

ARC_TOLERANCE_DEG = 1.0
"""Headers round steps: 64 views of 2.8 degrees are meant to be half a turn."""

STEP_WARNS, STEP_VOIDS = 0.1, 0.5
"""Share of a step by which one may deviate: beyond the second a view is missing or misplaced."""

EDGE_FWHM = 2.0
"""Distance from the border, in FWHM, at which less than 1e-4 of a source is cut off."""

WEAKEST_VIEW = 0.5
"""Counts of the weakest view relative to the median one: a table takes a fifth, a border more."""

CORRECTED = frozenset({"COR", "NCO"})
"""Values of CorrectedImage that say that views were shifted."""


class CorrectionState(StrEnum):
    """Whether the console has shifted the views already; HEADER leaves it to CorrectedImage."""

    HEADER = "header"
    APPLIED = "applied"
    NOT_APPLIED = "not_applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterOfRotationParameters(Parameters):
    """What the acquisition has to be like. The numbers are recommended practice."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the source; any nuclide will do when none is asked for."
    )
    minimum_counts_per_view: float = parameter(
        10_000.0,
        doc="Counts of the source in the weakest view; fewer is a warning.",
        unit="{counts}",
        minimum=1.0,
        maximum=1e9,
    )
    invalid_below_counts: float = parameter(
        1_000.0,
        doc="Counts of the source in the weakest view below which nothing is judged.",
        unit="{counts}",
        minimum=1.0,
        maximum=1e9,
    )
    minimum_views: int = parameter(
        32,
        doc="Views of one head; fewer is a warning, fewer than half void.",
        minimum=8,
        maximum=512,
    )
    largest_pixel_mm: float = parameter(
        5.0, doc="Largest side of a pixel.", unit="mm", minimum=0.5, maximum=20.0
    )
    minimum_radius_mm: float = parameter(
        40.0,
        doc="Distance of the source from the axis; less is a warning, less than a quarter void.",
        unit="mm",
        minimum=4.0,
        maximum=300.0,
    )
    pixel_spacing_mm: float | None = parameter(
        None,
        doc="Spacing of the pixels, when the header has none.",
        unit="mm",
        minimum=0.05,
        maximum=20.0,
    )
    cor_correction: CorrectionState = parameter(  # noqa: RUF009 - a field, as by dataclasses.field
        CorrectionState.HEADER,
        doc="Whether views leave this console with the offset taken out, where the header does not"
        " tell; then the test finds what is left over, about 0 for ever.",
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        if self.invalid_below_counts > self.minimum_counts_per_view:
            raise ParameterError(
                f"invalid_below_counts is {self.invalid_below_counts:g}, needs at most"
                f" minimum_counts_per_view, {self.minimum_counts_per_view:g}",
                quantity="invalid_below_counts",
                value=self.invalid_below_counts,
                bound=self.minimum_counts_per_view,
            )
        if self.nuclide is not None:
            photopeaks((self.nuclide,))


def conditions_of(
    acquisition: Tomographic,
    fit: RotationFit,
    frames: Counts,
    parameters: CenterOfRotationParameters,
) -> tuple[Precondition, ...]:
    """Check what concerns one head in one energy window."""
    return (
        *_source(acquisition, fit, parameters),
        *_rotation(acquisition, fit, parameters),
        *_path(fit, parameters),
        _correction(acquisition, fit, parameters),
        no_overflow(acquisition, float(frames.max()), scope=fit.views.scope, clause=CLAUSE),
    )


def _source(
    acquisition: Tomographic, fit: RotationFit, parameters: CenterOfRotationParameters
) -> tuple[Precondition, ...]:
    scope = fit.views.scope
    nuclide, wanted = acquisition.nuclide, parameters.nuclide
    outcome = Outcome.UNKNOWN
    if nuclide is not None:
        outcome = Outcome.MET if wanted in (None, nuclide) else Outcome.NOT_MET
    window = acquisition.energy_window(fit.views.energy_window)
    lines = () if nuclide is None else imaged_lines_kev(nuclide)
    offset = None
    if window is not None and lines:
        offset = offset_percent(window, nearest_line(window, lines))
    weakest = float(fit.centroids.counts.min())
    return (
        Precondition(
            code=PreconditionCode.NUCLIDE,
            severity=Severity.SOFT,
            outcome=outcome,
            scope=scope,
            quantity="nuclide",
            value=nuclide,
            expected=wanted or "a known nuclide",
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.WINDOW,
            "offset of the window from the photopeak",
            offset,
            lower=-OTHER_PEAK_PERCENT,
            upper=OTHER_PEAK_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        graded(
            PreconditionCode.COUNTS,
            "counts of the source in the weakest view",
            weakest,
            soft=(parameters.minimum_counts_per_view, None),
            hard=(parameters.invalid_below_counts, None),
            unit="{counts}",
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.COUNTS,
            "counts of the weakest view relative to the median",
            weakest / float(np.median(fit.centroids.counts)),
            lower=WEAKEST_VIEW,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
    )


def _rotation(
    acquisition: Tomographic, fit: RotationFit, parameters: CenterOfRotationParameters
) -> tuple[Precondition, ...]:
    views, scope = fit.views, fit.views.scope
    places = float(views.places_deg.size)
    needed = float(parameters.minimum_views)
    return (
        Precondition(
            code=PreconditionCode.DETECTOR,
            severity=Severity.HARD,
            outcome=Outcome.UNKNOWN if views.detector is None else Outcome.MET,
            scope=scope,
            quantity="detector",
            value=views.detector,
            clause=CLAUSE,
        ),
        collimator_is(
            CollimatorType.PARALLEL,
            acquisition.detector(views.detector),
            scope=scope,
            clause=CLAUSE,
        ),
        graded(
            PreconditionCode.FRAMES,
            "views",
            places,
            soft=(needed, None),
            hard=(needed / 2.0, None),
            unit="1",
            scope=scope,
            clause=CLAUSE,
        ),
        *_announced(acquisition, fit),
        bounded(
            PreconditionCode.GEOMETRY,
            "arc",
            views.arc_deg,
            lower=HALF_TURN_DEG - ARC_TOLERANCE_DEG,
            unit="deg",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
        graded(
            PreconditionCode.GEOMETRY,
            "largest deviation of a step from the others",
            views.largest_step_error,
            soft=(None, STEP_WARNS),
            hard=(None, STEP_VOIDS),
            unit="1",
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.PIXEL,
            "side of a pixel",
            max(fit.pixel_mm),
            upper=parameters.largest_pixel_mm,
            unit="mm",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
    )


def _announced(acquisition: Tomographic, fit: RotationFit) -> tuple[Precondition, ...]:
    """Compare the number of views with arc and step of the header, where it has them."""
    arc, step = acquisition.scan_arc_deg, acquisition.angular_step_deg
    if not arc or not step:
        return ()
    announced, found = round(arc / step), fit.views.positions.size
    # Heads may share the arc among them: a whole part of what is announced is complete.
    complete = announced >= found and announced % found == 0
    return (
        Precondition(
            code=PreconditionCode.FRAMES,
            severity=Severity.SOFT,
            outcome=Outcome.MET if complete else Outcome.NOT_MET,
            scope=fit.views.scope,
            quantity="views of those that arc and step of the header announce",
            value=float(found),
            lower=float(announced),
            upper=float(announced),
            unit="1",
            clause=CLAUSE,
        ),
    )


def _path(fit: RotationFit, parameters: CenterOfRotationParameters) -> tuple[Precondition, ...]:
    scope = fit.views.scope
    fwhm_px = max(fit.centroids.fwhm)
    lost = int(np.count_nonzero(~fit.centroids.converged))
    return (
        graded(
            PreconditionCode.GEOMETRY,
            "distance of the source from the axis",
            fit.radius_mm,
            soft=(parameters.minimum_radius_mm, None),
            hard=(parameters.minimum_radius_mm / 4.0, None),
            unit="mm",
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "distance of the source from the border, in FWHM",
            float(fit.centroids.edge_distance.min()) / fwhm_px,
            lower=EDGE_FWHM,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="the source inside the field of view in all views",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "rms of the residuals about the sine",
            fit.transaxial.rms * fit.pixel_mm[1],
            upper=fit.fwhm_mm,
            unit="mm",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="a source that moves on a sine",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "views in which the centroid did not settle",
            float(lost),
            upper=0.0,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
    )


def _correction(
    acquisition: Tomographic, fit: RotationFit, parameters: CenterOfRotationParameters
) -> Precondition:
    state = parameters.cor_correction
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
        scope=fit.views.scope,
        quantity="centre-of-rotation correction of the views",
        value=None if outcome is Outcome.UNKNOWN else str(state),
        expected=str(CorrectionState.NOT_APPLIED),
        clause=CLAUSE,
    )
