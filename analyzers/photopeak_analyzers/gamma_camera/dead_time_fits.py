"""Dead time of one head: models fitted to its decay, the best of them, corrected rates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import FitError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.count_rate_curve import Points, observed_at_middle
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.dead_time import (
    DeadTime,
    DeadTimeFit,
    DeadTimeModel,
    fit_dead_time,
)

STEP = 1e-4
"""Share of a dead time by which it is varied to find what depends on it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadFit:
    """The decay of one head with the models fitted to it.

    Attributes
    ----------
    fits
        By model; those that the points do not determine are left out.
    best
        The one with the least criterion of Akaike.
    shares, observed_cps, u_observed_cps
        The points: share of the source, net rate and its uncertainty.
    """

    fits: dict[DeadTimeModel, DeadTimeFit]
    best: DeadTimeFit
    shares: Floats
    observed_cps: Floats
    u_observed_cps: Floats

    @property
    def true_cps(self) -> Floats:
        """True rate of each point by the best model."""
        return np.asarray(self.best.values[0] * self.shares)

    @property
    def dead_time_s(self) -> Estimate:
        """Dead time that small losses tell, by the best model.

        The uncertainty holds that of the choice: the variance of each model and the square of its
        distance from the best one, weighted by ``exp(-AIC / 2)``.
        """
        chosen = first_order(self.best)
        variance = weights = 0.0
        for fit in self.fits.values():
            own = first_order(fit)
            weight = math.exp(-(fit.aic - self.best.aic) / 2.0)
            variance += weight * (own.uncertainty**2 + (own.value - chosen.value) ** 2)
            weights += weight
        return Estimate(value=chosen.value, uncertainty=math.sqrt(variance / weights))

    @property
    def largest_loss_percent(self) -> float:
        """Largest loss of a point by the best model."""
        kept = self.best.dead_time.observed(self.true_cps) / self.true_cps
        return 100.0 * (1.0 - float(kept.min()))

    @property
    def largest_residual_percent(self) -> float:
        """Farthest a point lies from the best model, in percent of the point."""
        return 100.0 * float(np.abs(self.best.residuals / self.observed_cps).max())


def fit_head(points: Points) -> HeadFit:
    """Fit every model to a decay.

    Raises
    ------
    FitError
        If the points determine none of them.
    """
    shares, observed, uncertainties = observed_at_middle(points)
    fits: dict[DeadTimeModel, DeadTimeFit] = {}
    for model in DeadTimeModel:
        try:
            fits[model] = fit_dead_time(model, shares, observed, uncertainties)
        except FitError:
            # The hybrid needs losses that tell its two dead times apart; the others go on alone.
            if model is not DeadTimeModel.HYBRID:
                raise
    return HeadFit(
        fits=fits,
        best=min(fits.values(), key=lambda fit: fit.aic),
        shares=shares,
        observed_cps=observed,
        u_observed_cps=uncertainties,
    )


def first_order(fit: DeadTimeFit) -> Estimate:
    """Return the dead time that small losses tell, in s: the sum of the dead times of a model."""
    times = fit.values[1:]
    variance = float(fit.covariance[1:, 1:].sum())
    return Estimate(value=float(times.sum()), uncertainty=math.sqrt(max(variance, 0.0)))


def corrected(fit: DeadTimeFit, observed_cps: float) -> tuple[float, float | None] | None:
    """Return the true rate of an observed one, and its uncertainty by that of the dead times.

    None when no true rate is observed as so much; the uncertainty is None so near to the largest
    rate that the dead time cannot be varied.
    """
    try:
        value = fit.dead_time.true(observed_cps)
    except UnsuitableAcquisitionError:
        return None
    times = fit.values[1:]
    slopes = np.zeros(times.size)
    for index in range(times.size):
        step = STEP * max(float(times[index]), float(times.max()))
        ends = []
        for moved in (-step, step):
            varied = times.copy()
            varied[index] = max(varied[index] + moved, 0.0)
            try:
                ends.append((varied[index], _dead_time(fit.model, varied).true(observed_cps)))
            except UnsuitableAcquisitionError:
                return value, None
        (low, at_low), (high, at_high) = ends
        slopes[index] = (at_high - at_low) / (high - low) if high > low else 0.0
    variance = float(slopes @ fit.covariance[1:, 1:] @ slopes)
    return value, math.sqrt(max(variance, 0.0))


def _dead_time(model: DeadTimeModel, times: Floats) -> DeadTime:
    if model is DeadTimeModel.HYBRID:
        return DeadTime(paralysing_s=float(times[0]), blocking_s=float(times[1]))
    if model is DeadTimeModel.PARALYSABLE:
        return DeadTime(paralysing_s=float(times[0]))
    return DeadTime(blocking_s=float(times[0]))
