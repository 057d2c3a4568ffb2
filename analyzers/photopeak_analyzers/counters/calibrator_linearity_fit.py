"""Readings of one source at many activities, against proportionality.

Each reading times what brings it to a common activity (``exp(l t)`` of its decay, the factor of its
shield) ought to be the same number. The deviations are those from the weighted mean of the logarithms,
which is the fit of ``ln A`` over time with the slope fixed to ``-ln 2 / T_half``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError, UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import LN2
from photopeak_analyzers.numerics.regression import fit_line

Floats = NDArray[np.float64]

FEWEST_POINTS = 3
"""Of two, each deviates as much as the other."""

LEAST_KNOWN = 1.0
"""Relative uncertainty of a reading beyond which its logarithm means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proportionality:
    """How proportional readings are.

    Attributes
    ----------
    logarithm
        Of the common activity.
    deviations_percent
        Of each reading from it.
    largest_percent
        Largest amount of them; its uncertainty is drawn.
    floor_percent
        What it would be on average by the uncertainties alone.
    reduced_chi_square
        About 1 where the uncertainties explain the deviations.
    """

    logarithm: float
    deviations_percent: Floats
    largest_percent: Estimate
    floor_percent: float
    reduced_chi_square: float


def proportionality(
    logarithms: ArrayLike,
    relative: ArrayLike,
    *,
    common: ArrayLike | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> Proportionality:
    """Compare readings with their weighted mean.

    Parameters
    ----------
    logarithms
        Of the readings, brought to a common activity.
    relative
        Relative standard uncertainty of each, independent of the others.
    common
        Change of each logarithm by one standard uncertainty of what all have in common, the half-life.

    Raises
    ------
    UnsuitableAcquisitionError
        If there are fewer than 3 readings, or one is not known to its own size.
    """
    value = np.asarray(logarithms, dtype=np.float64)
    sigma = np.asarray(relative, dtype=np.float64)
    shared = np.zeros_like(value) if common is None else np.asarray(common, dtype=np.float64)
    if value.size < FEWEST_POINTS:
        raise UnsuitableAcquisitionError(
            f"{value.size} readings can be judged, needs at least {FEWEST_POINTS}",
            quantity="readings that can be judged",
            value=int(value.size),
            bound=FEWEST_POINTS,
        )
    if sigma.max() > LEAST_KNOWN:
        raise UnsuitableAcquisitionError(
            f"a reading is known to {100.0 * sigma.max():.3g} % by its last digit and its background,"
            f" needs at most {100.0 * LEAST_KNOWN:g} %",
            quantity="relative uncertainty of a reading",
            value=100.0 * float(sigma.max()),
            bound=100.0 * LEAST_KNOWN,
        )
    weight = 1.0 / sigma**2
    weight /= weight.sum()
    mean = float(weight @ value)
    off = value - mean
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, 1.0, (draws, value.size)) * sigma
    noise += rng.normal(0.0, 1.0, (draws, 1)) * shared
    noise -= (noise @ weight)[:, None]
    largest = np.abs(np.expm1(off + noise)).max(axis=1)
    return Proportionality(
        logarithm=mean,
        deviations_percent=100.0 * np.expm1(off),
        largest_percent=Estimate(
            value=100.0 * float(np.abs(np.expm1(off)).max()),
            uncertainty=100.0 * float(largest.std(ddof=1)),
        ),
        floor_percent=100.0 * float(np.abs(np.expm1(noise)).max(axis=1).mean()),
        reduced_chi_square=float(np.sum((off / sigma) ** 2)) / (value.size - 1),
    )


def fitted_half_life(seconds: ArrayLike, logarithms: ArrayLike, relative: ArrayLike) -> Estimate:
    """Return the half-life that readings over time have by themselves, in s.

    Raises
    ------
    FitError
        If the readings do not fall with time by more than their uncertainty.
    """
    slope = fit_line(seconds, logarithms, relative).slope
    if not slope.value < -slope.uncertainty:
        raise FitError(
            f"the readings change by {math.expm1(slope.value * 3600.0):+.3g} of themselves per hour,"
            " needs a source that decays",
            quantity="slope of the decay",
            value=slope.value,
            bound=0.0,
        )
    life = -LN2 / slope.value
    return Estimate(value=life, uncertainty=life * slope.uncertainty / -slope.value)
