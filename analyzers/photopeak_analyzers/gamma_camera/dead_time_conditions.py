"""What a decay has to be like to tell a dead time, and what voids or warns.

Another nuclide voids, because its half-life is another; so do a saturated frame, a head that is not
named, a dead time that is not known to 30 % and a model that misses a point by 25 %. A background that
was not measured, few counts, small losses and a model that misses a point by less warn.
"""

from __future__ import annotations

from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Severity, Variant
from photopeak_analyzers.frame_conditions import (
    background_is_known,
    detector_is_known,
    no_overflow,
)
from photopeak_analyzers.gamma_camera.dead_time_fits import HeadFit
from photopeak_analyzers.gamma_camera.rate_series import RateSeries
from photopeak_analyzers.source_conditions import (
    Photopeaks,
    nuclide_is_one_of,
    window_on_photopeak,
)

LOCAL = Variant(
    name="local",
    title="Models of dead time fitted to a decay",
    clause="practice: dead time of a counting system",
)
CLAUSE = LOCAL.clause

LEAST_LOSS_PERCENT = 10.0
"""Loss that the fastest point should have: below it all models are alike."""

UNCERTAIN_WARNS, UNCERTAIN_VOIDS = 5.0, 30.0
"""Relative standard uncertainty of the dead time, in percent."""

RESIDUAL_WARNS, RESIDUAL_VOIDS = 5.0, 25.0
"""Percent by which the farthest point may miss the model before it is no good, and no description."""


def header_conditions(series: RateSeries, nuclides: Photopeaks) -> list[Precondition]:
    """Check the header and the background of a series."""
    scope = series.scope
    found = [detector_is_known(series.detector, scope=scope, clause=CLAUSE)]
    for acquisition in series.acquisitions:
        found.append(nuclide_is_one_of(acquisition, nuclides, CLAUSE))
        found += window_on_photopeak(
            acquisition.energy_window(series.energy_window),
            acquisition.nuclide,
            nuclides,
            width_percent=None,
            strict=False,
            scope=scope,
            clause=CLAUSE,
        )
    background = series.background
    return [
        *found,
        no_overflow(series.first, series.highest_pixel, scope=scope, clause=CLAUSE),
        background_is_known(
            None if background is None else background.rate.value,
            upper=None,
            scope=scope,
            clause=CLAUSE,
        ),
    ]


def fit_conditions(series: RateSeries, head: HeadFit, minimum_counts: float) -> list[Precondition]:
    """Check the points of a series and what was fitted to them."""
    scope, tau = series.scope, head.dead_time_s
    return [
        bounded(
            PreconditionCode.COUNTS,
            "counts of the point with the fewest",
            float(series.counts.min()),
            lower=minimum_counts,
            unit="{counts}",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.RATE,
            "loss of the fastest point",
            head.largest_loss_percent,
            lower=LEAST_LOSS_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        graded(
            PreconditionCode.RATE,
            "relative uncertainty of the dead time",
            100.0 * tau.uncertainty / tau.value if tau.value > 0.0 else 100.0,
            soft=(None, UNCERTAIN_WARNS),
            hard=(None, UNCERTAIN_VOIDS),
            unit="%",
            scope=scope,
            clause=CLAUSE,
        ),
        graded(
            PreconditionCode.RATE,
            "farthest point from the model",
            head.largest_residual_percent,
            soft=(None, RESIDUAL_WARNS),
            hard=(None, RESIDUAL_VOIDS),
            unit="%",
            scope=scope,
            clause=CLAUSE,
        ),
    ]
