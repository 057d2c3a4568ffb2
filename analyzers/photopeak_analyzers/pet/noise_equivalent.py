"""Noise-equivalent count rate: how many true coincidences alone would be as noisy as what is counted.

``NECR = T**2 / (T + S + k R)`` with true, scattered and random coincidences; k is 1 where the randoms are
estimated without noise (from the rates of the single photons), 2 where a delayed window counts them
and they are subtracted. NEMA NU 2, scatter fraction, count losses and randoms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.monte_carlo import drawn
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.propagation import Quantity
from photopeak_analyzers.uncertainty import Evaluation

Floats = NDArray[np.float64]

SMOOTH, DELAYED = 1.0, 2.0
"""What randoms weigh when they are estimated without noise, and when they are counted."""

FEWEST_POINTS = 3
"""A peak has one point on either side of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateCurve:
    """Rates of a decaying phantom, by activity concentration, all of one length.

    Attributes
    ----------
    activity
        In kBq/mL, rising.
    prompts, randoms
        In counts/s.
    scatter_share
        Scattered coincidences among those that are not random, 0 to 1.
    duration_s
        Of each acquisition; None where one is not known.
    """

    activity: Floats
    prompts: Floats
    randoms: Floats
    scatter_share: Floats
    duration_s: Floats | None

    def __post_init__(self) -> None:
        if self.activity.size < FEWEST_POINTS:
            raise UnsuitableAcquisitionError(
                f"there are rates at {self.activity.size} activities, needs at least"
                f" {FEWEST_POINTS}",
                quantity="activities",
                value=self.activity.size,
                bound=FEWEST_POINTS,
            )
        if not (np.diff(self.activity) > 0.0).all():
            raise UnsuitableAcquisitionError(
                "two rows have the same activity", quantity="activities"
            )
        for value, activity in zip(self.prompts - self.randoms, self.activity, strict=True):
            if not value > 0.0:
                raise UnsuitableAcquisitionError(
                    f"at {activity:g} kBq/mL {value:g} counts/s are left without randoms, needs"
                    " more than 0",
                    quantity="coincidences that are not random",
                    value=float(value),
                    bound=0.0,
                )

    @property
    def trues(self) -> Floats:
        """True coincidences/s."""
        return (1.0 - self.scatter_share) * (self.prompts - self.randoms)

    @property
    def scatter(self) -> Floats:
        """Scattered coincidences/s."""
        return self.scatter_share * (self.prompts - self.randoms)

    def noise_equivalent(self, randoms_weight: float) -> Floats:
        """Return the rate at each activity."""
        return noise_equivalent(self.prompts, self.randoms, self.scatter_share, randoms_weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The highest noise-equivalent rate.

    Attributes
    ----------
    rate, activity
        In counts/s, and where it is in kBq/mL; an uncertainty of 0 where durations are not known.
    points_beyond
        Measured activities above that of the highest point: none means that the rate still rises.
    known
        Whether the uncertainties are.
    """

    rate: Estimate
    activity: Estimate
    points_beyond: int
    known: bool


def noise_equivalent(
    prompts: Floats, randoms: Floats, scatter_share: Floats, randoms_weight: float
) -> Floats:
    """Return ``T**2 / (T + S + k R)``; arrays that broadcast."""
    rest = prompts - randoms
    trues = (1.0 - scatter_share) * rest
    return np.asarray(trues**2 / (rest + randoms_weight * randoms), dtype=np.float64)


def highest(x: Floats, curves: Floats) -> tuple[Floats, Floats]:
    """Return height and place of the peaks of curves that share their x.

    By the parabola through the highest point and its neighbours; the highest point itself where
    it is the first or the last one.

    Parameters
    ----------
    x
        Rising, shape ``(points,)``.
    curves
        Shape ``(points, curves)``.
    """
    top = np.argmax(curves, axis=0)
    inner = np.clip(top, 1, x.size - 2)
    columns = np.arange(curves.shape[1])
    before, middle, after = (curves[inner + step, columns] for step in (-1, 0, 1))
    left, right = x[inner] - x[inner - 1], x[inner + 1] - x[inner]
    # Divided differences: y = middle + slope * d + bend * d**2 about the middle point.
    rise, fall = (middle - before) / left, (after - middle) / right
    bend = (fall - rise) / (left + right)
    slope = rise + bend * left
    peaked = (bend < 0.0) & (top == inner)
    step = np.where(peaked, -slope / (2.0 * np.where(peaked, bend, 1.0)), 0.0)
    height = np.where(peaked, middle + slope * step + bend * step**2, curves[top, columns])
    return height, np.where(peaked, x[inner] + step, x[top])


def peak(curve: RateCurve, randoms_weight: float, *, draws: int, seed: int) -> Peak:
    """Return the peak; its uncertainty is the spread of repeated counting."""
    rates = curve.noise_equivalent(randoms_weight)
    height, place = highest(curve.activity, rates[:, None])
    u_rate = u_activity = 0.0
    if curve.duration_s is not None:
        u_rate, u_activity = _spread(curve, randoms_weight, curve.duration_s, draws, seed)
    return Peak(
        rate=Estimate(value=float(height[0]), uncertainty=u_rate),
        activity=Estimate(value=float(place[0]), uncertainty=u_activity),
        points_beyond=int(curve.activity.size - 1 - np.argmax(rates)),
        known=curve.duration_s is not None,
    )


def _spread(
    curve: RateCurve, randoms_weight: float, duration_s: Floats, draws: int, seed: int
) -> tuple[float, float]:
    """Return the standard deviations of height and place."""
    points = curve.activity.size
    inputs = [
        Quantity(
            name=f"{name} {index}",
            value=float(rate),
            standard=float(np.sqrt(max(rate, 1.0 / seconds) / seconds)),
            evaluation=Evaluation.A,
        )
        for name, rates in (("prompts", curve.prompts), ("randoms", curve.randoms))
        for index, (rate, seconds) in enumerate(zip(rates, duration_s, strict=True))
    ]
    x = drawn(inputs, draws=draws, rng=np.random.default_rng(seed))
    share = curve.scatter_share[:, None]
    curves = noise_equivalent(x[:points], x[points:], share, randoms_weight)
    heights, places = highest(curve.activity, curves)
    return float(heights.std(ddof=1)), float(places.std(ddof=1))
