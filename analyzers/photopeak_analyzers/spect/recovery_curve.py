"""The recovery of spheres by their volume, ``RC = 1 / (1 + (V0 / V)**b)``."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.spect.reconstruction import Floats

LEAST_SPHERES = 3

LARGEST_EXPONENT = 20.0
"""Of what a fit may reach, in natural logarithms: beyond it there is no curve."""


LARGEST_CONDITION = 1e12
"""Of the normal equations, beyond which the points determine no curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """The recoveries of one sphere; `rc_mean_net` None without a known background."""

    diameter_mm: float
    rc_mean: float
    rc_a50: float
    rc_max: float
    rc_peak: float
    rc_mean_net: float | None

    @property
    def volume_ml(self) -> float:
        """Volume of the sphere."""
        return math.pi / 6.0 * self.diameter_mm**3 / 1000.0

    @property
    def fitted(self) -> float:
        """What the curve is fitted to."""
        return self.rc_mean if self.rc_mean_net is None else self.rc_mean_net


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCurve:
    """Volume of half recovery in mL, and the exponent."""

    v0_ml: Estimate
    beta: Estimate

    def at(self, volume_ml: Floats) -> Floats:
        """Return the recovery of volumes in mL."""
        return np.asarray(1.0 / (1.0 + (self.v0_ml.value / volume_ml) ** self.beta.value))


def fit_recovery(volume_ml: Floats, recovery: Floats) -> RecoveryCurve | None:
    """Return the curve through recoveries; None where none fits."""
    from scipy import optimize  # not at import: the catalogue of tests is read without it

    if volume_ml.size < LEAST_SPHERES:
        return None

    logs = np.log(volume_ml)

    def residuals(at: Floats) -> Floats:
        bend = np.exp(min(at[1], LARGEST_EXPONENT)) * (at[0] - logs)
        return np.asarray(1.0 / (1.0 + np.exp(np.clip(bend, -50.0, 50.0))) - recovery)

    fit = optimize.least_squares(residuals, (0.0, 0.0), max_nfev=2000)
    found = fit.x
    normal = fit.jac.T @ fit.jac
    if np.abs(found).max() >= LARGEST_EXPONENT or np.linalg.cond(normal) > LARGEST_CONDITION:
        return None
    covariance = np.linalg.inv(normal) * 2.0 * fit.cost / max(volume_ml.size - 2, 1)
    v0, beta = np.exp(found)
    u_v0, u_beta = np.sqrt(np.diag(covariance)) * (v0, beta)
    return RecoveryCurve(
        v0_ml=Estimate(value=float(v0), uncertainty=float(u_v0)),
        beta=Estimate(value=float(beta), uncertainty=float(u_beta)),
    )
