"""The sine on which a point moves through the views of a rotating camera.

``x(t) = constant + cosine * cos(t) + sine * sin(t)`` is linear in its three numbers once the angles
are known. The angles are known: they are what the gantry is told to do. A frequency that is
fitted as well would take over whatever is wrong with the rotation, so it never is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.regression import fit_linear

LEAST_POINTS = 4
"""Three numbers are fitted; without a fourth point nothing is left to judge the fit by."""

WORST_CONDITION = 1e4
"""Ratio of the singular values beyond which the angles do not tell the three numbers apart."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sinusoid:
    """A fitted sine.

    Attributes
    ----------
    constant, cosine, sine
        What was fitted, in the unit of the values.
    covariance
        Of the three, shape ``(3, 3)``; scaled by chi square per degree of freedom where that
        exceeds 1, because then the points scatter more than their uncertainties tell.
    residuals
        Values minus fit, in the order of the points.
    reduced_chi_square
        About 1 when the uncertainties of the points explain the residuals.
    """

    constant: float
    cosine: float
    sine: float
    covariance: Floats
    residuals: Floats
    reduced_chi_square: float

    @property
    def amplitude(self) -> float:
        """Half the stroke, never negative."""
        return math.hypot(self.cosine, self.sine)

    @property
    def phase_deg(self) -> float:
        """Angle at which the value is largest, 0 to 360 degrees."""
        return math.degrees(math.atan2(self.sine, self.cosine)) % 360.0

    @property
    def constant_uncertainty(self) -> float:
        """Standard uncertainty of the constant."""
        return math.sqrt(float(self.covariance[0, 0]))

    @property
    def amplitude_uncertainty(self) -> float:
        """Standard uncertainty of the amplitude, to first order."""
        if self.amplitude == 0.0:
            return math.sqrt(float(max(self.covariance[1, 1], self.covariance[2, 2])))
        slope = np.array([0.0, self.cosine, self.sine]) / self.amplitude
        return math.sqrt(max(float(slope @ self.covariance @ slope), 0.0))

    @property
    def rms(self) -> float:
        """Root mean square of the residuals."""
        return math.sqrt(float(np.mean(self.residuals**2)))

    @property
    def largest_residual(self) -> float:
        """Largest absolute residual."""
        return float(np.abs(self.residuals).max())

    def at(self, angle_deg: ArrayLike) -> Floats:
        """Return the fitted values at these angles."""
        angle = np.radians(np.asarray(angle_deg, dtype=np.float64))
        return np.asarray(self.constant + self.cosine * np.cos(angle) + self.sine * np.sin(angle))


def fit_sinusoid(
    angle_deg: ArrayLike, values: ArrayLike, uncertainties: ArrayLike | None = None
) -> Sinusoid:
    """Fit the sine by weighted linear least squares.

    Parameters
    ----------
    angle_deg
        Angle of each point in degrees; any number of turns, in any order.
    values
        Value of each point.
    uncertainties
        Standard uncertainty of each value; without them all points weigh the same.

    Raises
    ------
    FitError
        If there are fewer than four points, one is no number, or the angles leave the three
        numbers undetermined.
    """
    angle = np.radians(np.asarray(angle_deg, dtype=np.float64))
    value = np.asarray(values, dtype=np.float64)
    if value.size < LEAST_POINTS:
        raise FitError(
            f"a sine is fitted to {value.size} points, needs {LEAST_POINTS}",
            quantity="points",
            value=float(value.size),
            bound=float(LEAST_POINTS),
        )
    if angle.shape != value.shape:
        raise FitError(
            f"{angle.size} angles are given for {value.size} points",
            quantity="points",
            value=float(angle.size),
            bound=float(value.size),
        )
    fit = fit_linear(
        np.stack([np.ones_like(angle), np.cos(angle), np.sin(angle)], axis=1),
        value,
        uncertainties,
        what="a sine",
        worst_condition=WORST_CONDITION,
    )
    return Sinusoid(
        constant=float(fit.values[0]),
        cosine=float(fit.values[1]),
        sine=float(fit.values[2]),
        covariance=fit.covariance,
        residuals=fit.residuals,
        reduced_chi_square=fit.reduced_chi_square,
    )
