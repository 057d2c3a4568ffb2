"""What a rotation has to be like for its centre to be judged.

A fact that makes the fit meaningless voids: no head, too few views, less than half a turn, a
source that leaves the field of view or does not move on a sine, a saturated pixel, a coarse pixel.
A fact that makes it weaker warns, and so does one that the header leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Counts, Tomographic
from photopeak_analyzers.common_parameters import (
    fewest_views,
    largest_pixel,
    least_counts,
    pixel_spacing,
    refuse_above,
    refuse_without_photopeak,
)
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Severity,
    parameter,
)
from photopeak_analyzers.frame_conditions import (
    enough_counts,
    no_overflow,
)
from photopeak_analyzers.source_conditions import window_near_photopeak
from photopeak_analyzers.spect.rotation_conditions import (
    EDGE_FWHM,
    CorrectionState,
    cor_correction_condition,
    rotation_conditions,
)
from photopeak_analyzers.spect.rotation_fit import RotationFit

CLAUSE = "practice: sine of a point source in air"
"""No standard in force prescribes the test; WS 523-2019 did not adopt it."""

WEAKEST_VIEW = 0.5
"""Counts of the weakest view relative to the median one: a table takes a fifth, a border more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterOfRotationParameters(Parameters):
    """What the acquisition has to be like. The numbers are recommended practice."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the source; any nuclide will do when none is asked for."
    )
    minimum_counts_per_view: float = least_counts(
        10_000.0, doc="Counts of the source in the weakest view; fewer is a warning."
    )
    invalid_below_counts: float = least_counts(
        1_000.0, doc="Counts of the source in the weakest view below which nothing is judged."
    )
    minimum_views: int = fewest_views()
    largest_pixel_mm: float = largest_pixel()
    minimum_radius_mm: float = parameter(
        40.0,
        doc="Distance of the source from the axis; less is a warning, less than a quarter void.",
        unit="mm",
        minimum=4.0,
        maximum=300.0,
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    cor_correction: CorrectionState = parameter(  # noqa: RUF009 - a field, as by dataclasses.field
        CorrectionState.HEADER,
        doc="Whether views leave this console with the offset taken out, where the header does not"
        " tell; then the test finds what is left over, about 0 for ever.",
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts_per_view")
        refuse_without_photopeak(self.nuclide)


def conditions_of(
    acquisition: Tomographic,
    fit: RotationFit,
    frames: Counts,
    parameters: CenterOfRotationParameters,
) -> tuple[Precondition, ...]:
    """Check what concerns one head in one energy window."""
    return (
        *_source(acquisition, fit, parameters),
        *rotation_conditions(
            acquisition,
            fit.views,
            fit.pixel_mm,
            minimum_views=parameters.minimum_views,
            largest_pixel_mm=parameters.largest_pixel_mm,
            clause=CLAUSE,
        ),
        *_path(fit, parameters),
        cor_correction_condition(acquisition, fit.views, parameters.cor_correction, CLAUSE),
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
        window_near_photopeak(
            acquisition.energy_window(fit.views.energy_window), nuclide, scope=scope, clause=CLAUSE
        ),
        enough_counts(
            "counts of the source in the weakest view",
            weakest,
            asked=parameters.minimum_counts_per_view,
            invalid_below=parameters.invalid_below_counts,
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
