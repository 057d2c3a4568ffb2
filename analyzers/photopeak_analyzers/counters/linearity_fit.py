"""Rates of a counter over the activities of its sources: dead time, and departures from a straight line.

The models of dead time are fitted to the net rates with the rate without losses as another unknown,
weighted by the uncertainties; the one with the least criterion of Akaike is used. What a rate lacks of
that straight line is its deviation, what it lacks of the model its residual.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.dead_time import (
    DeadTime,
    DeadTimeFit,
    DeadTimeModel,
    fit_dead_time,
)

BISECTIONS = 60

SMALLEST_SHARE = 1e-3
"""Of the other dead time, below which one of a hybrid is none: then it is one of the simple models."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearityFit:
    """Net rates with the models fitted to them.

    Attributes
    ----------
    shares
        What the rates should be proportional to.
    observed_cps, uncertainties
        Net rates, with what their counts and their activities leave open.
    fits
        By model; one that the points do not determine is left out.
    best
        The one with the least criterion of Akaike.
    """

    shares: Floats
    observed_cps: Floats
    uncertainties: Floats
    fits: Mapping[DeadTimeModel, DeadTimeFit]
    best: DeadTimeFit

    @property
    def true_cps(self) -> Floats:
        """Rates without losses."""
        return np.asarray(self.best.values[0] * self.shares)

    @property
    def deviations_percent(self) -> Floats:
        """Of each rate from the straight line through 0."""
        return np.asarray(100.0 * (self.observed_cps / self.true_cps - 1.0))

    @property
    def residuals_percent(self) -> Floats:
        """Of each rate from the model."""
        return np.asarray(100.0 * self.best.residuals / self.observed_cps)

    @property
    def dead_time_s(self) -> Estimate:
        """Dead time that small losses tell: of the best model, the others as far as they may be right."""
        chosen = float(self.best.values[1:].sum())
        variance = weights = 0.0
        for fit in self.fits.values():
            weight = math.exp(-(fit.aic - self.best.aic) / 2.0)
            own = float(fit.covariance[1:, 1:].sum())
            variance += weight * (max(own, 0.0) + (float(fit.values[1:].sum()) - chosen) ** 2)
            weights += weight
        return Estimate(value=chosen, uncertainty=math.sqrt(variance / weights))


def fit_linearity(shares: Floats, observed_cps: Floats, uncertainties: Floats) -> LinearityFit:
    """Fit every model to net rates.

    Raises
    ------
    FitError
        If the points do not determine one dead time.
    """
    fits: dict[DeadTimeModel, DeadTimeFit] = {}
    for model in DeadTimeModel:
        try:
            fits[model] = fit_dead_time(model, shares, observed_cps, uncertainties)
        except FitError:
            # The hybrid needs more points, and losses that tell its two dead times apart.
            if model is not DeadTimeModel.HYBRID:
                raise
            continue
        both = fits[model].values[1:]
        if model is DeadTimeModel.HYBRID and both.min() <= SMALLEST_SHARE * both.max():
            del fits[model]
    return LinearityFit(
        shares=shares,
        observed_cps=observed_cps,
        uncertainties=uncertainties,
        fits=fits,
        best=min(fits.values(), key=lambda fit: fit.aic),
    )


def scatter_of_largest(
    found: LinearityFit, used: NDArray[np.bool_], draws: int, seed: int
) -> float:
    """Return the standard deviation of the largest deviation among the points used.

    The largest of several is no linear function of them: rates are drawn about the best model again
    and again, and that model is fitted to each.
    """
    rng = np.random.default_rng(seed)
    expected = found.best.dead_time.observed(found.true_cps)
    largest = []
    for _ in range(draws):
        drawn = rng.normal(expected, found.uncertainties)
        if not (drawn > 0.0).all():
            continue
        try:
            fit = fit_dead_time(found.best.model, found.shares, drawn, found.uncertainties)
        except FitError:
            continue
        line = fit.values[0] * found.shares
        largest.append(float(np.abs(100.0 * (drawn / line - 1.0))[used].max()))
    return float(np.std(largest, ddof=1)) if len(largest) > 1 else 0.0


def moved_by(found: LinearityFit, shares: Floats, used: NDArray[np.bool_]) -> tuple[float, float]:
    """Return by how much other shares move the dead time in s, and the largest deviation in %.

    The model is the same; shares of a half-life that is longer by its uncertainty tell what that adds.
    """
    try:
        fit = fit_dead_time(found.best.model, shares, found.observed_cps, found.uncertainties)
    except FitError:
        return 0.0, 0.0
    deviations = np.abs(100.0 * (found.observed_cps / (fit.values[0] * shares) - 1.0))
    largest = float(np.abs(found.deviations_percent)[used].max())
    return (
        abs(float(fit.values[1:].sum() - found.best.values[1:].sum())),
        abs(float(deviations[used].max()) - largest),
    )


def rate_at_loss(dead_time: DeadTime, loss: float) -> float:
    """Return the observed rate at which such a share is lost; a small one, below a half.

    >>> round(rate_at_loss(DeadTime(blocking_s=1e-6), 0.05))
    50000
    """
    kept = 1.0 - loss
    # The loss of a blocking dead time is the slowest to rise.
    low, high = 0.0, (1.0 / kept - 1.0) / (dead_time.paralysing_s + dead_time.blocking_s)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        above = float(dead_time.observed(middle)) > kept * middle
        low, high = (middle, high) if above else (low, middle)
    return float(dead_time.observed(high))
