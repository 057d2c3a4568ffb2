"""Counting statistics: rates and weighted sums of Poisson counts with their uncertainties.

``u(N) = sqrt(N)``, ``u(N / t) = sqrt(N) / t``, and for a sum ``u**2 = sum(w_i**2 N_i)``.
Uncertainties are standard ones (k = 1). For no counts at all the Poisson estimate would be 0;
one count is used, the smallest change that could have been seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its standard uncertainty (k = 1) in the same unit."""

    value: float
    uncertainty: float

    @property
    def relative(self) -> float:
        """Relative standard uncertainty; refused for a value of 0."""
        if self.value == 0.0:
            raise ParameterError(
                "the value is 0, it has no relative uncertainty", quantity="value", value=0.0
            )
        return self.uncertainty / abs(self.value)


def uncertainty_of_counts(counts: float) -> float:
    """Return the standard uncertainty of a number of counts; that of one count for none."""
    if not (math.isfinite(counts) and counts >= 0.0):
        raise UnsuitableAcquisitionError(
            f"there are {counts:g} counts, needs at least 0",
            quantity="counts",
            value=counts,
            bound=0.0,
        )
    return math.sqrt(max(counts, 1.0))


def rate(counts: float, duration_s: float) -> Estimate:
    """Return counts per second.

    >>> rate(3600.0, 60.0)
    Estimate(value=60.0, uncertainty=1.0)
    """
    if not (math.isfinite(duration_s) and duration_s > 0.0):
        raise UnsuitableAcquisitionError(
            f"the duration is {duration_s:g} s, needs more than 0 s",
            quantity="duration",
            value=duration_s,
            bound=0.0,
        )
    return Estimate(
        value=counts / duration_s, uncertainty=uncertainty_of_counts(counts) / duration_s
    )


def net_rate(
    gross_counts: float,
    gross_duration_s: float,
    background_counts: float,
    background_duration_s: float,
) -> Estimate:
    """Return the rate above background, which may be negative.

    ``u**2 = N_g / t_g**2 + N_b / t_b**2``: the two need not last equally long.
    """
    gross = rate(gross_counts, gross_duration_s)
    background = rate(background_counts, background_duration_s)
    return Estimate(
        value=gross.value - background.value,
        uncertainty=math.hypot(gross.uncertainty, background.uncertainty),
    )


def weighted_sum(counts: ArrayLike, weights: ArrayLike) -> Estimate:
    """Return ``sum(w_i N_i)`` of independent counts."""
    n = np.asarray(counts, dtype=np.float64)
    w = np.asarray(weights, dtype=np.float64)
    if n.shape != w.shape:
        raise ParameterError(
            f"{w.size} weights are given for {n.size} counts",
            quantity="weights",
            value=float(w.size),
            bound=float(n.size),
        )
    if n.size and not (np.isfinite(n).all() and float(n.min()) >= 0.0):
        raise UnsuitableAcquisitionError(
            f"there are {float(n.min()):g} counts, needs at least 0",
            quantity="counts",
            value=float(n.min()),
            bound=0.0,
        )
    return Estimate(value=float(np.sum(w * n)), uncertainty=math.sqrt(float(np.sum(w * w * n))))
