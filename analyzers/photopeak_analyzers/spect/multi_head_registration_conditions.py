"""What a rotation of several sources has to be like for the heads to be compared.

As for the centre of rotation (:mod:`~photopeak_analyzers.spect.rotation_conditions`), for each head; and
for each head its sources: enough counts, on sines, inside the field of view.
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
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.frame_conditions import enough_counts, no_overflow, pixel_is_square
from photopeak_analyzers.source_conditions import window_near_photopeak
from photopeak_analyzers.spect.head_comparison import HeadPaths
from photopeak_analyzers.spect.rotation_conditions import (
    EDGE_FWHM,
    CorrectionState,
    cor_correction_condition,
    rotation_conditions,
)

CLAUSE = "practice: point sources seen by all heads; after NEMA NU 1-2007 4.1"
"""GB/T 18989-2013 does not adopt section 4 of NEMA NU 1; WS 523-2019 has no such item."""

LEAST_HEADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiHeadRegistrationParameters(Parameters):
    """What the acquisition has to be like. The numbers are recommended practice."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the sources; any nuclide will do when none is asked for."
    )
    minimum_counts_per_view: float = least_counts(
        5_000.0, doc="Counts of a source in its weakest view; fewer is a warning."
    )
    invalid_below_counts: float = least_counts(
        500.0, doc="Counts of a source in its weakest view below which nothing is judged."
    )
    minimum_views: int = fewest_views()
    largest_pixel_mm: float = largest_pixel()
    pixel_spacing_mm: float | None = pixel_spacing()
    cor_correction: CorrectionState = parameter(  # noqa: RUF009 - a field, as by dataclasses.field
        CorrectionState.HEADER,
        doc="Whether views leave this console with the offset taken out, where the header does not"
        " tell; then the test finds what is left over.",
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts_per_view")
        refuse_without_photopeak(self.nuclide)


def conditions_of(
    acquisition: Tomographic,
    head: HeadPaths,
    frames: Counts,
    parameters: MultiHeadRegistrationParameters,
) -> tuple[Precondition, ...]:
    """Check what concerns one head in one energy window."""
    scope = head.views.scope
    return (
        _nuclide(acquisition, head, parameters),
        window_near_photopeak(
            acquisition.energy_window(head.views.energy_window),
            acquisition.nuclide,
            scope=scope,
            clause=CLAUSE,
        ),
        enough_counts(
            "counts of a source in its weakest view",
            min(float(path.centroids.counts.min()) for path in head.paths),
            asked=parameters.minimum_counts_per_view,
            invalid_below=parameters.invalid_below_counts,
            scope=scope,
            clause=CLAUSE,
        ),
        *rotation_conditions(
            acquisition,
            head.views,
            head.pixel_mm,
            minimum_views=parameters.minimum_views,
            largest_pixel_mm=parameters.largest_pixel_mm,
            clause=CLAUSE,
        ),
        pixel_is_square(head.pixel_mm, scope=scope, clause=CLAUSE),
        *_paths(head),
        cor_correction_condition(acquisition, head.views, parameters.cor_correction, CLAUSE),
        no_overflow(acquisition, float(frames.max()), scope=scope, clause=CLAUSE),
    )


def heads_to_compare(heads: int, scope: Scope) -> Precondition:
    """Check, as a warning, that there is more than one head."""
    return bounded(
        PreconditionCode.FRAMES,
        "heads that are told apart",
        float(heads),
        lower=float(LEAST_HEADS),
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=CLAUSE,
    )


def _nuclide(
    acquisition: Tomographic, head: HeadPaths, parameters: MultiHeadRegistrationParameters
) -> Precondition:
    nuclide, wanted = acquisition.nuclide, parameters.nuclide
    outcome = Outcome.UNKNOWN
    if nuclide is not None:
        outcome = Outcome.MET if wanted in (None, nuclide) else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.NUCLIDE,
        severity=Severity.SOFT if nuclide is None else Severity.HARD,
        outcome=outcome,
        scope=head.views.scope,
        quantity="nuclide",
        value=nuclide,
        expected=wanted or "a known nuclide",
        clause=CLAUSE,
    )


def _paths(head: HeadPaths) -> tuple[Precondition, ...]:
    scope = head.views.scope
    fwhm_px = max(max(path.centroids.fwhm) for path in head.paths)
    lost = sum(int(np.count_nonzero(~path.centroids.converged)) for path in head.paths)
    return (
        bounded(
            PreconditionCode.GEOMETRY,
            "distance of a source from the border, in FWHM",
            min(float(path.centroids.edge_distance.min()) for path in head.paths) / fwhm_px,
            lower=EDGE_FWHM,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="the sources inside the field of view in all views",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "largest rms of the residuals about a sine",
            max(path.transaxial.rms for path in head.paths) * head.pixel_mm[1],
            upper=fwhm_px * head.pixel_mm[1],
            unit="mm",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="sources that move on sines",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "views in which a centroid did not settle",
            float(lost),
            upper=0.0,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
    )
