"""How wide the peaks of a spectrometer are by energy: ``FWHM**2 = a + b E + c E**2``.

Noise of the electronics gives `a`, the statistics of charges or photons `b`, losses of charge and what
does not scale with the number of photons `c`. Three terms take four lines; with fewer lines there
are fewer terms, and one line has its FWHM grow as the square root of the energy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.regression import LinearFit, fit_linear

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WidthCurve:
    """A fitted curve; `powers` are those of the energy that it has."""

    fit: LinearFit
    powers: tuple[int, ...]

    def at(self, energy: ArrayLike) -> Floats:
        """Return the FWHM at energies; 0 where the curve falls below 0."""
        return np.sqrt(np.maximum(_design(energy, self.powers) @ self.fit.values, 0.0))

    def estimate(self, energy: float) -> Estimate:
        """Return the FWHM at an energy with the uncertainty of the curve there."""
        row = _design(energy, self.powers)[0]
        square = float(row @ self.fit.values)
        if square <= 0.0:
            raise FitError(
                f"the FWHM is not positive at {energy:g}", quantity="FWHM", value=square, bound=0.0
            )
        variance = max(float(row @ self.fit.covariance @ row), 0.0)
        return Estimate(value=math.sqrt(square), uncertainty=math.sqrt(variance / square) / 2.0)


def fit_widths(
    energies: ArrayLike, widths: ArrayLike, uncertainties: ArrayLike | None = None
) -> WidthCurve:
    """Fit the curve through the widths of lines.

    Parameters
    ----------
    energies, widths, uncertainties
        One for each line, in one unit, such as keV; uncertainties are standard ones.

    Raises
    ------
    FitError
        If there is no line, or the lines do not determine the curve.
    """
    across = np.atleast_1d(np.asarray(energies, dtype=np.float64))
    width = np.atleast_1d(np.asarray(widths, dtype=np.float64))
    squares = width**2
    of_squares = None
    if uncertainties is not None:
        of_squares = 2.0 * width * np.atleast_1d(np.asarray(uncertainties, dtype=np.float64))
    number = np.unique(across).size
    # One degree of freedom is kept where there is one: the curve shall not go through noise.
    powers = ((1,), (1,), (0, 1), (0, 1), (0, 1, 2))[min(number, 4)]
    fit = fit_linear(_design(across, powers), squares, of_squares, what="the widths")
    curve = WidthCurve(fit=fit, powers=powers)
    if not (np.asarray(_design(across, powers) @ fit.values) > 0.0).all() and number > 1:
        fit = fit_linear(_design(across, (1,)), squares, of_squares, what="the widths")
        curve = WidthCurve(fit=fit, powers=(1,))
    return curve


def _design(energy: ArrayLike, powers: tuple[int, ...]) -> Floats:
    across = np.atleast_1d(np.asarray(energy, dtype=np.float64))
    return np.stack([across**power for power in powers], axis=-1)
