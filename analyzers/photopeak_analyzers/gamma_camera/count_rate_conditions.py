"""What the clauses of the count-rate characteristic ask for, and what voids or warns.

* Voids: what makes the input rates of all points wrong. Another nuclide, because its half-life is;
  a last point so fast that it has losses itself; a rate above the input rate, because then the last
  point or the half-life is wrong; a saturated frame; a collimator that contradicts the clause.
* Warns: what costs precision or belongs to the procedure. Few counts in a point, large steps,
  short measurements, no background or a short one, no maximum seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from photopeak_analyzers.acquisition import CollimatorType
from photopeak_analyzers.conditions import bounded, graded, known
from photopeak_analyzers.contract import Precondition, PreconditionCode, Severity
from photopeak_analyzers.frame_conditions import (
    background_is_known,
    collimator_is,
    detector_is_known,
    enough_counts,
    no_overflow,
)
from photopeak_analyzers.gamma_camera.count_rate_curve import RateCurve
from photopeak_analyzers.gamma_camera.rate_series import RateSeries
from photopeak_analyzers.source_conditions import nuclide_is_one_of, window_on_photopeak

GAIN_WARNS, GAIN_VOIDS = 2.0, 5.0
"""Percent by which an observed rate may exceed its input rate."""

LARGEST_BACKGROUND_CPS = 2_000.0 / 60.0
"""2.0e3 per minute. WS 523-2019, prerequisites."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateClause:
    """What one text asks for.

    Attributes
    ----------
    nuclides
        What the source may be, with its photopeaks in keV.
    collimator
        What has to be mounted; None when it is not known whether there is scatter.
    point_counts, point_counts_void
        Counts of each point: fewer warn, fewer void.
    shortest_s, longest_s
        Duration of each point.
    last_cps, last_cps_void
        Observed rate of the last point: more warns, more voids.
    background_counts, background_s
        Of each measurement of the background: either is enough.
    backgrounds
        How many measurements of it.
    window_width_percent
        Full width of the window; None leaves it to the manufacturer.
    step_cps
        Largest change of the observed rate from one point to the next; None without one.
    interval_s
        Largest time from one point to the next; None without one.
    first_over_observed
        Input over observed rate that the first point has to exceed; None without one.
    """

    clause: str
    nuclides: Mapping[str, tuple[float, ...]]
    collimator: CollimatorType | None
    point_counts: float
    point_counts_void: float
    shortest_s: float
    last_cps: float
    last_cps_void: float
    background_s: float
    window_width_percent: float | None = None
    longest_s: float | None = None
    step_cps: float | None = None
    interval_s: float | None = None
    first_over_observed: float | None = None
    background_counts: float | None = None
    backgrounds: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "nuclides", MappingProxyType(dict(self.nuclides)))


def series_conditions(series: RateSeries, asked: RateClause) -> list[Precondition]:
    """Check the header: nuclide, window, head, collimator, saturation."""
    scope, clause = series.scope, asked.clause
    found = [detector_is_known(series.detector, scope=scope, clause=clause)]
    for acquisition in series.acquisitions:
        found.append(nuclide_is_one_of(acquisition, asked.nuclides, clause))
        found += window_on_photopeak(
            acquisition.energy_window(series.energy_window),
            acquisition.nuclide,
            asked.nuclides,
            width_percent=asked.window_width_percent,
            strict=asked.window_width_percent is not None,
            scope=scope,
            clause=clause,
        )
        if asked.collimator is not None:
            found.append(
                collimator_is(
                    asked.collimator,
                    acquisition.detector(series.detector),
                    scope=scope,
                    clause=clause,
                )
            )
    if asked.collimator is None:
        found.append(
            known(
                PreconditionCode.COLLIMATOR,
                "collimator",
                None,
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
                expected="with or without scatter",
            )
        )
    saturated = no_overflow(series.first, series.highest_pixel, scope=scope, clause=clause)
    return [*dict.fromkeys(found), saturated]


def point_conditions(series: RateSeries, asked: RateClause) -> list[Precondition]:
    """Check the points of a series: counts, duration, background."""
    scope, clause = series.scope, asked.clause
    longest = asked.longest_s is not None and float(series.durations_s.max()) > asked.longest_s
    duration_s = series.durations_s.max() if longest else series.durations_s.min()
    background = series.background
    found = [
        enough_counts(
            "counts of the point with the fewest",
            float(series.counts.min()),
            asked=asked.point_counts,
            invalid_below=asked.point_counts_void,
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.DURATION,
            "duration of the longest point" if longest else "duration of the shortest point",
            float(duration_s),
            lower=asked.shortest_s,
            upper=asked.longest_s,
            unit="s",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        background_is_known(
            None if background is None else background.rate.value,
            upper=LARGEST_BACKGROUND_CPS,
            scope=scope,
            clause=clause,
        ),
    ]
    if background is None:
        return found
    counted = (
        asked.background_counts is not None and background.least_counts >= asked.background_counts
    )
    if not counted:
        found.append(
            bounded(
                PreconditionCode.BACKGROUND,
                "duration of the shortest background",
                background.least_s,
                lower=asked.background_s,
                unit="s",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
            )
        )
    found.append(
        bounded(
            PreconditionCode.BACKGROUND,
            "measurements of the background",
            float(background.acquisitions),
            lower=float(asked.backgrounds),
            unit="1",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        )
    )
    return found


def curve_conditions(series: RateSeries, curve: RateCurve, asked: RateClause) -> list[Precondition]:
    """Check the curve: its last point, its steps, whether it saw 20 % loss and the maximum."""
    scope, clause = series.scope, asked.clause
    observed, ratio = curve.observed_cps, curve.observed_cps / curve.input_cps
    found = [
        graded(
            PreconditionCode.RATE,
            "observed rate of the last point",
            float(observed[-1]),
            soft=(None, asked.last_cps),
            hard=(None, asked.last_cps_void),
            unit="{counts}/s",
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.RATE,
            "largest excess of an observed rate over its input rate",
            100.0 * (float(ratio.max()) - 1.0),
            soft=(None, GAIN_WARNS),
            hard=(None, GAIN_VOIDS),
            unit="%",
            scope=scope,
            clause=clause,
        ),
        known(
            PreconditionCode.RATE,
            "observed rate at 20 % loss",
            None if curve.observed_20 is None else curve.observed_20.value,
            unit="{counts}/s",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
            expected="a point that loses 20 %",
        ),
        known(
            PreconditionCode.RATE,
            "largest observed rate",
            None if curve.observed_max is None else curve.observed_max.value,
            unit="{counts}/s",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
            expected="a maximum, with a faster input before it",
        ),
    ]
    if asked.step_cps is not None:
        found.append(
            bounded(
                PreconditionCode.RATE,
                "largest step of the observed rate",
                float(np.abs(np.diff(observed)).max()),
                upper=asked.step_cps,
                unit="{counts}/s",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
            )
        )
    if asked.interval_s is not None:
        found.append(
            bounded(
                PreconditionCode.TIME,
                "largest time between two points",
                float(np.diff(series.starts_s).max()),
                upper=asked.interval_s,
                unit="s",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
            )
        )
    if asked.first_over_observed is not None:
        found.append(
            bounded(
                PreconditionCode.RATE,
                "input over observed rate of the first point",
                float(1.0 / ratio[0]),
                lower=asked.first_over_observed,
                unit="1",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
            )
        )
    return found
