"""Dead time of one head: models fitted to its decay, the best of them, corrected rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import FitError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.count_rate_curve import Points, observed_at_middle
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.dead_time import (
    DeadTimeFit,
    DeadTimeModel,
    dead_time_of,
    fit_dead_time,
)

STEP = 1e-4
"""Share of a dead time by which it is varied to find what depends on it."""

Floats = NDArray[np.float64]

Quantity = Callable[[Floats, DeadTimeModel], float]
"""What follows from the values of a fit: (amplitude, dead times of the model) and the model."""


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
        """Dead time that small losses tell."""
        return self.derived(lambda values, _: float(values[1:].sum()))

    def derived(self, quantity: Quantity) -> Estimate:
        """Return what follows from the values of the best model.

        The uncertainty holds that of the choice: the variance of each model and the square of its
        distance from the best one, weighted by ``exp(-AIC / 2)``.
        """
        chosen = quantity(self.best.values, self.best.model)
        variance = weights = 0.0
        for fit in self.fits.values():
            weight = math.exp(-(fit.aic - self.best.aic) / 2.0)
            if weight > 0.0:
                own = derived(fit, quantity)
                variance += weight * (own.uncertainty**2 + (own.value - chosen) ** 2)
                weights += weight
        return Estimate(value=chosen, uncertainty=math.sqrt(variance / weights))

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
            # The hybrid needs losses that tell its two dead times apart, and one that blocks; else the
            # others go on alone.
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
    return derived(fit, lambda values, _: float(values[1:].sum()))


def derived(fit: DeadTimeFit, quantity: Quantity) -> Estimate:
    """Return what follows from the values of a fit, its uncertainty to first order.

    Near a blocking dead time of 0 the two of a hybrid do the same, and only their sum is determined:
    then it is the sum that is varied, and not each.
    """
    values, covariance = fit.values, fit.covariance
    slopes = np.zeros(values.size)
    for index in range(values.size):
        step = STEP * float(values[1:].max() if index else values[0])
        low, high = values.copy(), values.copy()
        low[index], high[index] = max(values[index] - step, 0.0), values[index] + step
        if step > 0.0:
            rise = quantity(high, fit.model) - quantity(low, fit.model)
            slopes[index] = rise / (high[index] - low[index])
    if values.size > 2 and np.sqrt(covariance.diagonal()[1:].max()) > values[1:].sum():
        together = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
        covariance = together @ covariance @ together.T
        slopes = np.array([slopes[0], slopes[1 + int(values[1:].argmax())]])
    variance = float(slopes @ covariance @ slopes)
    return Estimate(value=quantity(values, fit.model), uncertainty=math.sqrt(max(variance, 0.0)))


def corrected(fit: DeadTimeFit, observed_cps: float) -> tuple[float, float | None] | None:
    """Return the true rate of an observed one, and its uncertainty by that of the dead times.

    None when no true rate is observed as so much; the uncertainty is None so near to the largest
    rate that the dead time cannot be varied.
    """
    try:
        value = fit.dead_time.true(observed_cps)
    except UnsuitableAcquisitionError:
        return None
    try:
        found = derived(fit, lambda values, model: dead_time_of(model, values).true(observed_cps))
    except UnsuitableAcquisitionError:
        return value, None
    return value, found.uncertainty
