"""Linear least squares with weights and covariance: straight lines and any linear model.

Solved by a singular value decomposition, which tells when the points do not determine the numbers.
The covariance is scaled by chi square per degree of freedom where that exceeds 1, because then the
points scatter more than their uncertainties tell; without uncertainties the scatter is all that is
known of them, and it is always scaled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.counting import Estimate

WORST_CONDITION = 1e7
"""Ratio of the singular values, columns scaled to 1, beyond which nothing is determined."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearFit:
    """A fitted linear model ``y = design @ values``.

    Attributes
    ----------
    values
        The fitted numbers, in the order of the columns of the design.
    covariance
        Of the numbers, shape ``(k, k)``.
    residuals
        Values of the points minus the fit, in their order.
    reduced_chi_square
        About 1 when the uncertainties of the points explain the residuals; the variance of the
        points about the fit when none were given; 0 when no degree of freedom is left.
    degrees_of_freedom
        Points minus numbers.
    """

    values: Floats
    covariance: Floats
    residuals: Floats
    reduced_chi_square: float
    degrees_of_freedom: int

    def estimate(self, index: int) -> Estimate:
        """Return one of the numbers with its standard uncertainty."""
        return Estimate(
            value=float(self.values[index]),
            uncertainty=math.sqrt(max(float(self.covariance[index, index]), 0.0)),
        )

    @property
    def rms(self) -> float:
        """Root mean square of the residuals."""
        return math.sqrt(float(np.mean(self.residuals**2)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """A straight line ``y = intercept + slope * x``.

    Attributes
    ----------
    fit
        The numbers (intercept, slope) with their covariance and residuals.
    r_squared
        Share of the weighted variance that the line explains; 1 when nothing varies.
    """

    fit: LinearFit
    r_squared: float

    @property
    def intercept(self) -> Estimate:
        """Value at 0."""
        return self.fit.estimate(0)

    @property
    def slope(self) -> Estimate:
        """Change of y per x."""
        return self.fit.estimate(1)

    def at(self, x: float) -> Estimate:
        """Return the value at x, with the uncertainty of the line there."""
        row = np.array([1.0, x])
        variance = float(row @ self.fit.covariance @ row)
        return Estimate(
            value=float(row @ self.fit.values), uncertainty=math.sqrt(max(variance, 0.0))
        )

    def x_at(self, y: float) -> Estimate:
        """Return where the line takes the value y, to first order in its uncertainty.

        Raises
        ------
        FitError
            If the line is level.
        """
        slope = self.slope.value
        if slope == 0.0:
            raise FitError("the line is level, it crosses no value", quantity="slope", value=0.0)
        x = (y - self.intercept.value) / slope
        return Estimate(value=x, uncertainty=self.at(x).uncertainty / abs(slope))


def fit_linear(
    design: ArrayLike,
    values: ArrayLike,
    uncertainties: ArrayLike | None = None,
    *,
    what: str = "",
    worst_condition: float = WORST_CONDITION,
) -> LinearFit:
    """Fit ``values = design @ numbers`` by weighted least squares.

    Parameters
    ----------
    design
        Shape ``(points, numbers)``.
    values
        One per point.
    uncertainties
        Standard uncertainty of each value; without them all points weigh the same.
    what
        Name of the model for a refusal, such as ``a sine``.
    worst_condition
        Ratio of the singular values beyond which the numbers count as not determined.

    Raises
    ------
    FitError
        If there are fewer points than numbers, one is no number, or the numbers are not
        determined.
    """
    matrix = np.asarray(design, dtype=np.float64)
    value = np.asarray(values, dtype=np.float64)
    sigma = np.ones(value.shape)
    if uncertainties is not None:
        sigma = np.asarray(uncertainties, dtype=np.float64)
    _refuse_points(matrix, value, sigma)
    weighted = matrix / sigma[:, None]
    # Columns of unlike size, such as 1 and x**2, are no sign of an undetermined fit.
    length = np.linalg.norm(weighted, axis=0)
    length[length == 0.0] = 1.0
    u, singular, vt = np.linalg.svd(weighted / length, full_matrices=False)
    if singular[0] > worst_condition * singular[-1]:
        condition = singular[0] / max(float(singular[-1]), 1e-300)
        raise FitError(
            f"{value.size} points do not determine {what or f'{matrix.shape[1]} numbers'},"
            f" condition {condition:.1g}, needs at most {worst_condition:g}",
            quantity="condition of the fit",
            value=float(condition),
            bound=worst_condition,
        )
    solution = (vt.T @ ((u.T @ (value / sigma)) / singular)) / length
    residuals = value - matrix @ solution
    freedom = value.size - matrix.shape[1]
    chi_square = float(np.sum((residuals / sigma) ** 2)) / freedom if freedom else 0.0
    covariance = ((vt.T / singular**2) @ vt) / np.outer(length, length)
    covariance *= chi_square if uncertainties is None else max(chi_square, 1.0)
    return LinearFit(
        values=solution,
        covariance=covariance,
        residuals=residuals,
        reduced_chi_square=chi_square,
        degrees_of_freedom=freedom,
    )


def fit_line(x: ArrayLike, y: ArrayLike, uncertainties: ArrayLike | None = None) -> Line:
    """Fit a straight line.

    Raises
    ------
    FitError
        As :func:`fit_linear`; also when all points lie at one x.
    """
    across = np.asarray(x, dtype=np.float64)
    value = np.asarray(y, dtype=np.float64)
    fit = fit_linear(np.stack([np.ones_like(across), across], axis=-1), value, uncertainties)
    weight = np.ones_like(value)
    if uncertainties is not None:
        weight = 1.0 / np.asarray(uncertainties, dtype=np.float64) ** 2
    mean = float(np.average(value, weights=weight))
    total = float(np.sum(weight * (value - mean) ** 2))
    left = float(np.sum(weight * fit.residuals**2))
    return Line(fit=fit, r_squared=1.0 - left / total if total > 0.0 else 1.0)


def _refuse_points(matrix: Floats, value: Floats, sigma: Floats) -> None:
    if value.ndim != 1 or matrix.ndim != 2 or matrix.shape[0] != value.size:
        raise FitError(
            f"a design of shape {matrix.shape} is given for {value.size} points",
            quantity="points",
            value=float(value.size),
        )
    if sigma.shape != value.shape:
        raise FitError(
            f"{sigma.size} uncertainties are given for {value.size} points",
            quantity="uncertainties",
            value=float(sigma.size),
            bound=float(value.size),
        )
    if value.size < matrix.shape[1]:
        raise FitError(
            f"{matrix.shape[1]} numbers are fitted to {value.size} points, needs {matrix.shape[1]}",
            quantity="points",
            value=float(value.size),
            bound=float(matrix.shape[1]),
        )
    sound = np.isfinite(matrix).all(axis=1) & np.isfinite(value) & np.isfinite(sigma) & (sigma > 0)
    if not sound.all():
        bad = int(np.count_nonzero(~sound))
        raise FitError(
            f"{bad} of {value.size} points are no numbers",
            quantity="points that are no numbers",
            value=float(bad),
            bound=0.0,
        )
