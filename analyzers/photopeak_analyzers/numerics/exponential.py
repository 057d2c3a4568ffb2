"""A constant plus a falling exponential, ``y = c0 + c1 exp(-c2 x)`` with all three at least 0.

For a given c2 the model is linear, so that only c2 is searched: on a grid that no start can miss,
then by golden section about the best place. The result is the least-squares minimum that a
Levenberg-Marquardt fit reaches from a good start. Too slow and too fast an exponential cannot be
told from a straight line and from nothing at all; the covariance says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.counting import Estimate

SLOWEST, FASTEST = 1e-2, 50.0
"""Range of c2, times the span of x, in which it is searched."""

GRID = 400
"""Places of c2, evenly spread on a logarithmic scale."""

STEPS = 60
"""Steps of the golden section: 1e-12 of the distance of two places."""

LEAST_POINTS = 4
"""One more than there are numbers."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exponential:
    """The fit.

    Attributes
    ----------
    values
        (c0, c1, c2).
    covariance
        Of the three, shape (3, 3), scaled by chi square per degree of freedom where that exceeds 1.
        Infinite where the points do not determine them.
    chi_square
        Of the fit.
    chi_square_constant
        Of the best constant.
    r_squared
        Share of the weighted variance that the curve explains; 1 when nothing varies.
    residuals
        Points minus curve.
    """

    values: Floats
    covariance: Floats
    chi_square: float
    chi_square_constant: float
    r_squared: float
    residuals: Floats

    def estimate(self, index: int) -> Estimate:
        """Return one of the three with its standard uncertainty."""
        variance = max(float(self.covariance[index, index]), 0.0)
        return Estimate(value=float(self.values[index]), uncertainty=math.sqrt(variance))

    @property
    def degrees_of_freedom(self) -> int:
        """Points minus numbers."""
        return self.residuals.size - 3

    def at(self, x: ArrayLike) -> Floats:
        """Return the curve at x."""
        c0, c1, c2 = self.values
        return np.asarray(c0 + c1 * np.exp(-c2 * np.asarray(x, dtype=np.float64)))

    def share(self, x: float) -> Estimate:
        """Return the share of the exponential in the curve at x, to first order.

        Raises
        ------
        FitError
            If the points do not determine the three numbers, or the curve is 0 there.
        """
        if not np.isfinite(self.covariance).all():
            raise FitError("the points determine no exponential", quantity="c1", value=0.0)
        c0, c1, c2 = (float(value) for value in self.values)
        left = math.exp(-c2 * x)
        whole = c0 + c1 * left
        if not whole > 0.0:
            raise FitError(f"the curve is 0 at {x:g}", quantity="value of the curve", value=0.0)
        slope = np.array([-c1 * left, c0 * left, -c0 * c1 * x * left]) / whole**2
        variance = float(slope @ self.covariance @ slope)
        return Estimate(value=c1 * left / whole, uncertainty=math.sqrt(max(variance, 0.0)))


def fit_exponential(x: ArrayLike, y: ArrayLike, uncertainties: ArrayLike) -> Exponential:
    """Fit the curve.

    Parameters
    ----------
    x, y
        Points in any order.
    uncertainties
        Standard uncertainty of each y, positive.

    Raises
    ------
    FitError
        If there are fewer than 4 different x, or a number is none.
    """
    across = np.asarray(x, dtype=np.float64)
    value = np.asarray(y, dtype=np.float64)
    sigma = np.asarray(uncertainties, dtype=np.float64)
    _refuse_points(across, value, sigma)
    weight = 1.0 / sigma**2
    span = float(np.ptp(across))
    grid = np.geomspace(SLOWEST / span, FASTEST / span, GRID)
    best = int(_solve(grid, across, value, weight)[2].argmin())
    lower, upper = math.log(grid[max(best - 1, 0)]), math.log(grid[min(best + 1, GRID - 1)])
    rate = math.exp(_golden(lower, upper, across, value, weight))
    c0, c1, chi_square = (
        float(each[0]) for each in _solve(np.array([rate]), across, value, weight)
    )
    constant = float(np.average(value, weights=weight))
    around = float(np.sum(weight * (value - constant) ** 2))
    values = np.array([c0, c1, rate])
    return Exponential(
        values=values,
        covariance=_covariance(values, across, sigma, chi_square),
        chi_square=chi_square,
        chi_square_constant=around,
        r_squared=1.0 - chi_square / around if around > 0.0 else 1.0,
        residuals=value - (c0 + c1 * np.exp(-rate * across)),
    )


def _solve(rates: Floats, x: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Return c0, c1 and chi square for each c2, c0 and c1 at least 0."""
    falling = np.exp(-rates[:, None] * (x - x.min()))
    ones, first, second = weight.sum(), falling @ weight, falling**2 @ weight
    right, mixed = float(weight @ y), falling @ (weight * y)
    determinant = np.maximum(ones * second - first**2, 1e-300)
    c1 = (ones * mixed - first * right) / determinant
    c0 = (second * right - first * mixed) / determinant
    alone, none = mixed / second, right / ones
    # The nearest allowed place of a convex parabola lies on one of the two borders.
    c0, c1 = np.where(c1 < 0.0, none, c0), np.maximum(c1, 0.0)
    c1 = np.where(c0 < 0.0, np.maximum(alone, 0.0), c1)
    c0 = np.maximum(c0, 0.0)
    left = y - c0[:, None] - c1[:, None] * falling
    return c0, c1 * np.exp(rates * x.min()), (left**2) @ weight


def _golden(lower: float, upper: float, x: Floats, y: Floats, weight: Floats) -> float:
    """Return the logarithm of c2 at which chi square is least between two places."""

    def chi_square(logarithm: float) -> float:
        return float(_solve(np.array([math.exp(logarithm)]), x, y, weight)[2][0])

    section = (math.sqrt(5.0) - 1.0) / 2.0
    inner = [upper - section * (upper - lower), lower + section * (upper - lower)]
    found = [chi_square(each) for each in inner]
    for _ in range(STEPS):
        if found[0] <= found[1]:
            upper = inner[1]
            inner = [upper - section * (upper - lower), inner[0]]
            found = [chi_square(inner[0]), found[0]]
        else:
            lower = inner[0]
            inner = [inner[1], lower + section * (upper - lower)]
            found = [found[1], chi_square(inner[1])]
    return (lower + upper) / 2.0


def _covariance(values: Floats, x: Floats, sigma: Floats, chi_square: float) -> Floats:
    _, c1, c2 = values
    falling = np.exp(-c2 * x)
    slopes = np.stack([np.ones_like(x), falling, -c1 * x * falling], axis=-1) / sigma[:, None]
    length = np.linalg.norm(slopes, axis=0)
    if not (length > 0.0).all():
        return np.full((3, 3), np.inf)
    _, singular, vt = np.linalg.svd(slopes / length, full_matrices=False)
    if singular[-1] < 1e-12 * singular[0]:
        return np.full((3, 3), np.inf)
    covariance = ((vt.T / singular**2) @ vt) / np.outer(length, length)
    return np.asarray(covariance * max(chi_square / (x.size - 3), 1.0))


def _refuse_points(x: Floats, y: Floats, sigma: Floats) -> None:
    if not (x.ndim == 1 and x.shape == y.shape == sigma.shape):
        raise FitError(
            f"{x.size} x, {y.size} y and {sigma.size} uncertainties are given", quantity="points"
        )
    if not (np.isfinite([x, y, sigma]).all() and (sigma > 0.0).all()):
        raise FitError(
            "points need to be finite numbers, uncertainties more than 0", quantity="points"
        )
    different = int(np.unique(x).size)
    if different < LEAST_POINTS:
        raise FitError(
            f"{different} different x are given, needs at least {LEAST_POINTS}",
            quantity="points of the fit",
            value=different,
            bound=LEAST_POINTS,
        )
