"""What a rotation with a sheet source has to be like for its stability to be judged.

The sheet has to fill the field: a picture of anything else is not uniform even as the sum of all views, and
voids. So does less than half a turn, while less than a whole one warns, because the head was not seen in
all places. Decay that is corrected by a time that nobody stated warns where it is large.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import Tomographic
from photopeak_analyzers.common_parameters import (
    largest_pixel,
    least_counts,
    pixel_spacing,
    refuse_above,
    refuse_without_photopeak,
)
from photopeak_analyzers.conditions import bounded, known
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Severity,
    parameter,
)
from photopeak_analyzers.frame_conditions import enough_counts, no_overflow, pixel_is_square
from photopeak_analyzers.gamma_camera.field_parameters import FieldParameters
from photopeak_analyzers.gamma_camera.uniformity_inputs import FieldSource
from photopeak_analyzers.source_conditions import window_near_photopeak
from photopeak_analyzers.spect.rotation_conditions import rotation_conditions
from photopeak_analyzers.spect.view_series import ViewSeries

CLAUSE = "practice: sheet source fixed to the head, rotation of 360 degrees"
"""No standard in force prescribes the test; WS 523-2019 did not adopt it."""

WHOLE_TURN_DEG = 359.0
"""Headers round steps."""

CLEARED_PERCENT = 10.0
"""Percent of the UFOV beyond which clearing its edge means that the UFOV is wrong, or not lit."""

FIELD_OUTCOME = {
    FieldSource.CONFIGURED: Outcome.MET,
    FieldSource.HEADER: Outcome.MET,
    FieldSource.HEADER_AT_UNKNOWN_ZOOM: Outcome.UNKNOWN,
    FieldSource.ESTIMATED: Outcome.NOT_MET,
}
"""Whether the maker declares the UFOV, by where it comes from."""

LARGEST_DECAY_PERCENT = 1.0
"""Decay from first to last view up to which the time between views need not be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationalStabilityParameters(FieldParameters):
    """What the acquisition has to be like. The numbers are practice."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the sheet; any nuclide will do when none is asked for."
    )
    minimum_counts_per_view: float = least_counts(
        1e6, doc="Counts of the weakest view in the UFOV; fewer is a warning."
    )
    invalid_below_counts: float = least_counts(
        5e4, doc="Counts of the weakest view in the UFOV below which nothing is judged."
    )
    minimum_views: int = parameter(
        16,
        doc="Views of one head; fewer is a warning, fewer than half void.",
        minimum=8,
        maximum=512,
    )
    view_interval_s: float | None = parameter(
        None,
        doc="From the start of a view to the start of the next, for the decay; without it, the"
        " duration of a view.",
        unit="s",
        minimum=0.1,
        maximum=3600.0,
    )
    largest_pixel_mm: float = largest_pixel(10.0)
    largest_uniformity_pct: float = parameter(
        30.0,
        doc="Integral uniformity of all views together above which the source is no sheet.",
        unit="%",
        minimum=5.0,
        maximum=90.0,
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    draws: int = parameter(
        16, doc="How often the noise is drawn for the uncertainty.", minimum=8, maximum=200
    )
    seed: int = parameter(49, doc="Of the draws.", minimum=0, maximum=2**31 - 1)

    def __post_init__(self) -> None:
        FieldParameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts_per_view")
        refuse_without_photopeak(self.nuclide)


def conditions_of(
    acquisition: Tomographic,
    series: ViewSeries,
    pixel_mm: tuple[float, float],
    highest_pixel: float,
    parameters: RotationalStabilityParameters,
) -> tuple[Precondition, ...]:
    """Check what concerns one head in one energy window."""
    views, scope = series.views, series.views.scope
    declared = FIELD_OUTCOME[series.chosen.source]
    lenient = declared is not Outcome.MET and not parameters.ufov_must_be_known
    return (
        _nuclide(acquisition, series, parameters),
        window_near_photopeak(
            acquisition.energy_window(views.energy_window),
            acquisition.nuclide,
            scope=scope,
            clause=CLAUSE,
        ),
        enough_counts(
            "counts of the weakest view in the UFOV",
            float(series.counts.min()),
            asked=parameters.minimum_counts_per_view,
            invalid_below=parameters.invalid_below_counts,
            scope=scope,
            clause=CLAUSE,
        ),
        *rotation_conditions(
            acquisition,
            views,
            pixel_mm,
            minimum_views=parameters.minimum_views,
            largest_pixel_mm=parameters.largest_pixel_mm,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "part of a whole turn",
            views.arc_deg,
            lower=WHOLE_TURN_DEG,
            unit="deg",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        pixel_is_square(pixel_mm, scope=scope, clause=CLAUSE),
        bounded(
            PreconditionCode.GEOMETRY,
            "integral uniformity of all views together",
            series.summed_iu_percent,
            upper=parameters.largest_uniformity_pct,
            unit="%",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="a sheet that fills the field of view",
        ),
        Precondition(
            code=PreconditionCode.UFOV,
            severity=Severity.SOFT if lenient else Severity.HARD,
            outcome=declared,
            scope=scope,
            quantity="source of the UFOV",
            value=str(series.chosen.source),
            expected="declared by the manufacturer",
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.UFOV_MISMATCH,
            "pixels of the UFOV that were cleared",
            series.cleared_percent,
            upper=CLEARED_PERCENT,
            unit="%",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
        known(
            PreconditionCode.DURATION,
            "duration of the views",
            series.duration_s,
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
            unit="s",
        ),
        bounded(
            PreconditionCode.TIME,
            "decay during the rotation",
            series.decay_percent,
            upper=None if parameters.view_interval_s is not None else LARGEST_DECAY_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
            expected="a nuclide that lasts, or view_interval_s",
        ),
        no_overflow(acquisition, highest_pixel, scope=scope, clause=CLAUSE),
    )


def _nuclide(
    acquisition: Tomographic, series: ViewSeries, parameters: RotationalStabilityParameters
) -> Precondition:
    nuclide, wanted = acquisition.nuclide, parameters.nuclide
    outcome = Outcome.UNKNOWN
    if nuclide is not None:
        outcome = Outcome.MET if wanted in (None, nuclide) else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.NUCLIDE,
        severity=Severity.SOFT if nuclide is None else Severity.HARD,
        outcome=outcome,
        scope=series.views.scope,
        quantity="nuclide",
        value=nuclide,
        expected=wanted or "a known nuclide",
        clause=CLAUSE,
    )
