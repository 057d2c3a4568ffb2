"""The recovery of spheres by their volume, ``RC = 1 / (1 + (V0 / V)**b)``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.spect.reconstruction import Floats

LEAST_SPHERES = 3

LARGEST_EXPONENT = 20.0
"""Of what a fit may reach, in natural logarithms: beyond it there is no curve."""


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

    def model(volume: Floats, log_v0: float, log_beta: float) -> Floats:
        bend = np.exp(log_beta) * (log_v0 - np.log(volume))
        return np.asarray(1.0 / (1.0 + np.exp(np.clip(bend, -50.0, 50.0))))

    try:
        found, covariance = optimize.curve_fit(
            model, volume_ml, recovery, p0=(0.0, 0.0), maxfev=2000
        )
    except (RuntimeError, optimize.OptimizeWarning):
        return None
    if not np.isfinite(covariance).all() or np.abs(found).max() > LARGEST_EXPONENT:
        return None
    v0, beta = np.exp(found)
    u_v0, u_beta = np.sqrt(np.diag(covariance)) * (v0, beta)
    return RecoveryCurve(
        v0_ml=Estimate(value=float(v0), uncertainty=float(u_v0)),
        beta=Estimate(value=float(beta), uncertainty=float(u_beta)),
    )
