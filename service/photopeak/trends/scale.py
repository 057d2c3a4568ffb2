"""Between values of a metric and their distance from a baseline, with the control limits there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak.model.judgement import Baseline
from photopeak.model.trends import ControlBand, Sides, TrendPoint
from photopeak.trends.baseline import SMALLEST_SET, bounds, inflation, resolution
from photopeak.trends.charts import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A baseline as origin and unit of a scale; of the logarithms of values when `log`.

    `unit` is the standard deviation as used, `bounds` where the limits are for so many results, and
    `inflation` by how much the outer ones are wider than for many.
    """

    centre: float
    unit: float
    bounds: Bounds
    inflation: float
    of_baseline: float
    floored: bool
    log: bool
    sides: Sides

    def z(self, value: float) -> float:
        """Return how many standard deviations a value is off the baseline."""
        return ((math.log(value) if self.log else value) - self.centre) / self.unit

    def value(self, z: float) -> float:
        """Return the value that is so many standard deviations off the baseline."""
        found = self.centre + z * self.unit
        return math.exp(found) if self.log else found

    def uncertainty(self, point: TrendPoint) -> float | None:
        """Return the standard uncertainty of a point in standard deviations."""
        if point.uncertainty is None:
            return None
        return point.uncertainty / (point.value if self.log else 1.0) / self.unit

    @property
    def band(self) -> ControlBand:
        """The control limits."""
        low = self.sides is Sides.BOTH
        warn, action = self.bounds.two, self.bounds.three
        return ControlBand(
            centre=self.value(0.0),
            spread=self.unit,
            floored=self.floored,
            inflation=self.inflation,
            warn_lower=self.value(-warn) if low else None,
            warn_upper=self.value(warn),
            action_lower=self.value(-action) if low else None,
            action_upper=self.value(action),
        )


def scale_of(baseline: Baseline, *, decimals: int, sides: Sides, log: bool) -> Scale | None:
    """Return the scale of a baseline; None when it is of too few results for a spread.

    The spread is at least the resolution of the metric: numbers that always read the same have no
    spread to judge by. The logarithm of a number of mean m and standard deviation s has the
    variance ln(1 + s^2 / m^2) and the mean ln m less half of it, as for a log-normal number.
    """
    if baseline.spread is None or baseline.count < SMALLEST_SET:
        return None
    floor = resolution(decimals)
    unit = max(baseline.spread, floor)
    centre = baseline.value
    log = log and centre > 0.0
    if log:
        variance = math.log1p((unit / centre) ** 2)
        centre, unit = math.log(centre) - 0.5 * variance, math.sqrt(variance)
    return Scale(
        centre=centre,
        unit=unit,
        bounds=bounds(baseline.count),
        inflation=inflation(baseline.count),
        of_baseline=1.0 / math.sqrt(baseline.count),
        floored=baseline.spread < floor,
        log=log,
        sides=sides,
    )
