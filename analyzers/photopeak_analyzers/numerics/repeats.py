"""The same thing measured many times: mean, scatter, and the reading that lies farthest off.

The uncertainty of a mean is that of its scatter, ``s / sqrt(n)``; that of a standard deviation of
normal readings ``s / sqrt(2 (n - 1))``. The largest deviation of n readings is no linear function of
them: its scatter is found by drawing n normal readings of the same mean and standard deviation again
and again, from a seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate

FEWEST = 2
"""One reading does not scatter."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repeats:
    """What repeated readings say.

    Attributes
    ----------
    mean
        With ``s / sqrt(n)``.
    spread
        Standard deviation s of a single reading, in the unit of the readings.
    relative_percent
        s over the mean, in %.
    deviations_percent
        Of each reading from the mean, in %, in their order.
    largest_percent
        The one that is largest by its amount, as an amount.
    """

    mean: Estimate
    spread: Estimate
    relative_percent: Estimate
    deviations_percent: Floats
    largest_percent: Estimate

    @property
    def number(self) -> int:
        """How many readings there are."""
        return int(self.deviations_percent.size)


def repeats(values: ArrayLike, *, draws: int = 2000, seed: int = 0) -> Repeats:
    """Return what positive readings of one thing say.

    Parameters
    ----------
    values
        Shape ``(n,)``, n at least 2.
    draws, seed
        How often n readings are drawn for the scatter of the largest deviation.

    Raises
    ------
    UnsuitableAcquisitionError
        If there are fewer than 2 readings, or their mean is not above 0.
    """
    read = np.asarray(values, dtype=np.float64)
    if read.size < FEWEST:
        raise UnsuitableAcquisitionError(
            f"{read.size} readings are given, needs at least {FEWEST}",
            quantity="readings",
            value=int(read.size),
            bound=FEWEST,
        )
    mean = float(read.mean())
    if not mean > 0.0:
        raise UnsuitableAcquisitionError(
            f"the mean of the readings is {mean:g}, needs more than 0",
            quantity="mean of the readings",
            value=mean,
            bound=0.0,
        )
    spread = float(read.std(ddof=1))
    of_spread = spread / math.sqrt(2.0 * (read.size - 1))
    deviations = 100.0 * (read / mean - 1.0)
    return Repeats(
        mean=Estimate(value=mean, uncertainty=spread / math.sqrt(read.size)),
        spread=Estimate(value=spread, uncertainty=of_spread),
        relative_percent=Estimate(
            value=100.0 * spread / mean, uncertainty=100.0 * of_spread / mean
        ),
        deviations_percent=deviations,
        largest_percent=Estimate(
            value=float(np.abs(deviations).max()),
            uncertainty=_scatter_of_largest(read.size, 100.0 * spread / mean, draws, seed),
        ),
    )


def chi_square(values: ArrayLike, expected_spread: float) -> float:
    """Return ``sum((x - mean)**2) / s**2`` with the standard deviation that was to be expected."""
    read = np.asarray(values, dtype=np.float64)
    return float(np.sum((read - read.mean()) ** 2)) / expected_spread**2


def chance_of_more(chi: float, degrees_of_freedom: int) -> float:
    """Return how often chance alone gives a larger chi-square.

    >>> round(chance_of_more(16.919, 9), 4), round(chance_of_more(3.325, 9), 4)
    (0.05, 0.95)
    """
    from scipy.special import gammaincc

    return float(gammaincc(degrees_of_freedom / 2.0, chi / 2.0))


def critical_chi_square(share_below: float, degrees_of_freedom: int) -> float:
    """Return the chi-square below which chance alone stays so often.

    >>> round(critical_chi_square(0.95, 9), 2), round(critical_chi_square(0.05, 9), 2)
    (16.92, 3.33)
    """
    from scipy.special import gammaincinv

    return 2.0 * float(gammaincinv(degrees_of_freedom / 2.0, share_below))


def _scatter_of_largest(number: int, spread: float, draws: int, seed: int) -> float:
    drawn = np.random.default_rng(seed).normal(0.0, 1.0, (draws, number))
    largest = np.abs(drawn - drawn.mean(axis=1, keepdims=True)).max(axis=1)
    return spread * float(largest.std(ddof=1))
