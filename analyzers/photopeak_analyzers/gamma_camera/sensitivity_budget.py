"""Planar sensitivity of one image of a source of known activity, with its budget of uncertainty.

``S = (N / T - b) / A``. With A the mean activity during the acquisition this is NEMA NU 1-2007 2.11
(GB/T 18989-2013 E.11.4, (E.12) and (E.13)), which WS 523-2019 has too; with A at the middle of the
time it is IEC 60789 / GB/T 18989-2013 3.1.1.3, (3) and (4). Components are relative and independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from photopeak_analyzers.activity import Source
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate, rate
from photopeak_analyzers.numerics.decay import LN2
from photopeak_analyzers.uncertainty import Budget, Component, Evaluation

COUNTING = "counting"
"""Component that two heads do not have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSource:
    """The activity of the source, and what its uncertainty consists of besides the readings.

    Attributes
    ----------
    source
        Net activity; its uncertainty is that of the readings alone, without the clock.
    clock_s
        Standard uncertainty of the difference between the clocks, in s.
    meter_percent
        Relative standard uncertainty of the activity meter; None when only the readings tell.
    geometry_percent
        Relative standard uncertainty for place and form of the source.
    """

    source: Source
    clock_s: float
    meter_percent: float | None
    geometry_percent: float

    @property
    def measured(self) -> bool:
        """Whether the uncertainty of the activity is known."""
        return self.source.measured or self.meter_percent is not None

    @property
    def activity_percent(self) -> float | None:
        """Relative standard uncertainty of the activity, readings and meter together."""
        if not self.measured:
            return None
        return math.hypot(100.0 * self._readings(), self.meter_percent or 0.0)

    def components(self, elapsed_s: float) -> tuple[Component, ...]:
        """Return the relative components that every image at this time has in common.

        Parameters
        ----------
        elapsed_s
            From the measurement of the activity to the middle of the acquisition.
        """
        life = self.source.half_life
        decays = LN2 * abs(elapsed_s) / life.seconds
        return (
            Component(name="readings of the activity", standard=self._readings()),
            Component(name="activity meter", standard=(self.meter_percent or 0.0) / 100.0),
            Component(name="clocks", standard=LN2 * self.clock_s / life.seconds),
            Component(
                name="half-life", standard=decays * (life.uncertainty_s or 0.0) / life.seconds
            ),
            Component(name="geometry", standard=self.geometry_percent / 100.0),
        )

    def _readings(self) -> float:
        return self.source.mbq.relative if self.source.measured else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Counts/s/MBq of one image.

    Attributes
    ----------
    value
        Background taken off where one was given.
    gross
        The same with the background left in.
    rate
        Net count rate with its uncertainty by counting.
    rate_at_calibration
        Net count rate that the source would have given when its activity was measured.
    activity_mbq
        Activity that was divided by.
    budget
        Relative; `uncertainty` is None when that of the activity is not known.
    """

    value: float
    gross: float
    rate: Estimate
    rate_at_calibration: float
    activity_mbq: float
    budget: Budget
    measured: bool

    @property
    def uncertainty(self) -> float | None:
        """Standard uncertainty in counts/s/MBq."""
        return abs(self.value) * self.budget.standard if self.measured else None


def sensitivity(
    counts: float,
    started_at: datetime,
    duration_s: float,
    known: KnownSource,
    *,
    background: Estimate | None,
    by_mid_time: bool,
) -> Sensitivity:
    """Return the sensitivity of one image.

    Parameters
    ----------
    counts
        Of the whole image, background included.
    background
        Rate without the source, in counts/s.
    by_mid_time
        True for the activity at the middle of the acquisition, as IEC has it; False for its mean.

    Raises
    ------
    UnsuitableAcquisitionError
        If the background is as much as the count rate.
    """
    source = known.source
    middle = started_at + timedelta(seconds=duration_s / 2.0)
    activity = (
        source.activity(middle) if by_mid_time else source.mean_activity(started_at, duration_s)
    ).value
    gross = rate(counts, duration_s)
    below = background or Estimate(value=0.0, uncertainty=0.0)
    net = Estimate(
        value=gross.value - below.value,
        uncertainty=math.hypot(gross.uncertainty, below.uncertainty),
    )
    if not net.value > 0.0:
        raise UnsuitableAcquisitionError(
            f"the count rate is {gross.value:.4g} counts/s, needs more than the background of"
            f" {below.value:.4g} counts/s",
            quantity="count rate",
            value=gross.value,
            bound=below.value,
        )
    return Sensitivity(
        value=net.value / activity,
        gross=gross.value / activity,
        rate=net,
        rate_at_calibration=net.value / activity * source.mbq.value,
        activity_mbq=activity,
        budget=Budget(
            components=(
                Component(name=COUNTING, standard=net.relative, evaluation=Evaluation.A),
                *known.components((middle - source.at).total_seconds()),
            )
        ),
        measured=known.measured,
    )
