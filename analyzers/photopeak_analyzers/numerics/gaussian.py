"""A Gaussian peak on a flat or sloping background, fitted with its covariance.

Where a standard asks for interpolation between channels, :mod:`~photopeak_analyzers.numerics.profiles`
is what it means; a fit serves spectra, and as a second opinion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.profiles import (
    EQUIVALENT_WIDTH_PER_SIGMA,
    FWHM_PER_SIGMA,
    crossing,
)

MOST_EVALUATIONS = 200
"""Of the model; a good start needs about ten."""

Floats = NDArray[np.float64]


class Background(Enum):
    """What lies under the peak: its number of coefficients."""

    NONE = 0
    CONSTANT = 1
    LINEAR = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gaussian:
    """A fitted peak; positions and widths in the unit of x, heights in that of y.

    Attributes
    ----------
    values
        Height, centre, sigma, then the background at the middle of the fitted x and its slope.
    covariance
        Of the values; scaled by chi square per degree of freedom where that exceeds 1, and always
        when no uncertainties were given.
    middle
        The x about which the slope of the background turns.
    """

    values: Floats
    covariance: Floats
    residuals: Floats
    reduced_chi_square: float
    middle: float

    @property
    def height(self) -> Estimate:
        """Height of the peak above the background."""
        return self._estimate(0)

    @property
    def centre(self) -> Estimate:
        """Position of the peak."""
        return self._estimate(1)

    @property
    def sigma(self) -> Estimate:
        """Standard deviation."""
        return self._estimate(2)

    @property
    def fwhm(self) -> Estimate:
        """Full width at half maximum."""
        sigma = self.sigma
        return Estimate(
            value=FWHM_PER_SIGMA * sigma.value, uncertainty=FWHM_PER_SIGMA * sigma.uncertainty
        )

    @property
    def area(self) -> Estimate:
        """Integral of the peak over x, background excluded."""
        height, sigma = float(self.values[0]), float(self.values[2])
        slope = EQUIVALENT_WIDTH_PER_SIGMA * np.array([sigma, height])
        covariance = self.covariance[np.ix_([0, 2], [0, 2])]
        return Estimate(
            value=EQUIVALENT_WIDTH_PER_SIGMA * height * sigma,
            uncertainty=math.sqrt(max(float(slope @ covariance @ slope), 0.0)),
        )

    def at(self, x: ArrayLike) -> Floats:
        """Return peak and background at x."""
        return _model(np.asarray(x, dtype=np.float64), self.values, self.middle)

    def slopes(self, x: ArrayLike) -> Floats:
        """Return the derivatives at x by the values, shape ``(points, values)``."""
        return _slopes(np.asarray(x, dtype=np.float64), self.values, self.middle)

    def _estimate(self, index: int) -> Estimate:
        variance = max(float(self.covariance[index, index]), 0.0)
        return Estimate(value=float(self.values[index]), uncertainty=math.sqrt(variance))


def fit_gaussian(
    x: ArrayLike,
    y: ArrayLike,
    uncertainties: ArrayLike | None = None,
    *,
    background: Background = Background.CONSTANT,
) -> Gaussian:
    """Fit a peak that rises from its background.

    Parameters
    ----------
    x, y
        Points in the order of x, the peak among them.
    uncertainties
        Standard uncertainty of each y; for counts ``sqrt(max(y, 1))``.

    Raises
    ------
    FitError
        If there are too few points, no peak, or the fit does not settle inside of the points.
    """
    from scipy import optimize  # not at import: the catalogue of tests is read without it

    across = np.asarray(x, dtype=np.float64)
    value = np.asarray(y, dtype=np.float64)
    sigma = np.ones_like(value)
    if uncertainties is not None:
        sigma = np.asarray(uncertainties, dtype=np.float64)
    _refuse_points(across, value, sigma, 3 + background.value)
    middle = float((across[0] + across[-1]) / 2.0)
    start = _start(across, value, background)
    span = float(across[-1] - across[0])
    # A background that starts at 0 has the scale of the peak that stands on it.
    scale = np.array([start[0], start[2], start[2], start[0], start[0] / span])[: start.size]

    def weighted_residuals(values: Floats) -> Floats:
        return np.asarray((_model(across, values, middle) - value) / sigma)

    def weighted_slopes(values: Floats) -> Floats:
        return np.asarray(_slopes(across, values, middle) / sigma[:, None])

    found = optimize.least_squares(
        weighted_residuals,
        start,
        weighted_slopes,
        method="lm",
        x_scale=scale,
        max_nfev=MOST_EVALUATIONS,
    )
    values = np.asarray(found.x, dtype=np.float64)
    values[2] = abs(values[2])
    inside = across[0] <= values[1] <= across[-1] and 0.0 < values[2] <= span
    if not (found.success and np.isfinite(values).all() and inside):
        raise FitError(
            f"the Gaussian did not settle: centre {values[1]:g}, sigma {values[2]:g}, needs a peak"
            f" between {across[0]:g} and {across[-1]:g}",
            quantity="centre of the peak",
            value=float(values[1]),
            bound=f"{across[0]:g} to {across[-1]:g}",
        )
    freedom = value.size - values.size
    chi_square = 2.0 * float(found.cost) / freedom if freedom else 0.0
    slopes = weighted_slopes(values)
    try:
        covariance: Floats = np.asarray(np.linalg.inv(slopes.T @ slopes), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise FitError(
            "the points do not determine the Gaussian", quantity="condition of the fit"
        ) from error
    covariance *= chi_square if uncertainties is None else max(chi_square, 1.0)
    return Gaussian(
        values=values,
        covariance=covariance,
        residuals=np.asarray(value - _model(across, values, middle)),
        reduced_chi_square=chi_square,
        middle=middle,
    )


def _model(x: Floats, values: Floats, middle: float) -> Floats:
    height, centre, sigma = values[:3]
    peak = height * np.exp(-0.5 * ((x - centre) / sigma) ** 2)
    for power, coefficient in enumerate(values[3:]):
        peak = peak + coefficient * (x - middle) ** power
    return np.asarray(peak)


def _slopes(x: Floats, values: Floats, middle: float) -> Floats:
    """Return the derivatives of the model by its values, shape ``(points, values)``."""
    height, centre, sigma = values[:3]
    arm = (x - centre) / sigma
    shape = np.exp(-0.5 * arm**2)
    columns = [shape, height * shape * arm / sigma, height * shape * arm**2 / sigma]
    columns += [(x - middle) ** power for power in range(values.size - 3)]
    return np.stack(columns, axis=1)


def _start(x: Floats, y: Floats, background: Background) -> Floats:
    """Guess the values from the highest point and its half height."""
    ends = max(1, x.size // 10)
    floor = 0.0
    if background is not Background.NONE:
        floor = float(min(y[:ends].mean(), y[-ends:].mean()))
    net = y - floor
    top = int(net.argmax())
    height = float(net[top])
    if not height > 0.0:
        raise FitError(
            "no point rises above the background, there is no peak",
            quantity="height of the peak",
            value=height,
            bound=0.0,
        )
    step = float(x[-1] - x[0]) / (x.size - 1)
    sides = [crossing(net, top, height / 2.0, side) for side in (-1, 1)]
    halves = [abs(side - top) for side in sides if side is not None]
    half = min(halves) if halves else x.size / 4.0
    sigma = max(2.0 * half * step / FWHM_PER_SIGMA, 0.3 * step)
    return np.array([height, float(x[top]), sigma, floor, 0.0][: 3 + background.value])


def _refuse_points(x: Floats, y: Floats, sigma: Floats, needed: int) -> None:
    if x.ndim != 1 or x.shape != y.shape or sigma.shape != y.shape:
        raise FitError(
            f"{x.size} x, {y.size} y and {sigma.size} uncertainties are given",
            quantity="points",
            value=float(y.size),
        )
    if x.size < needed:
        raise FitError(
            f"a Gaussian is fitted to {x.size} points, needs {needed}",
            quantity="points",
            value=float(x.size),
            bound=float(needed),
        )
    sound = np.isfinite(x) & np.isfinite(y) & np.isfinite(sigma) & (sigma > 0.0)
    if not (sound.all() and (np.diff(x) > 0.0).all()):
        raise FitError(
            "the points of the Gaussian are no numbers or not in the order of x", quantity="points"
        )
