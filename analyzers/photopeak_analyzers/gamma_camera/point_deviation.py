"""The largest deviation of counts from their mean, with what noise makes of it: arrays alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.point_grid import LEAST_POINTS, PointGroup

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """The largest deviation of one field.

    Attributes
    ----------
    percent, uncertainty
        eta with its standard uncertainty.
    noise_floor
        What counting alone makes of as many places of a perfect detector, on the average.
    worst
        Which place it is, counted among all of the group.
    """

    percent: float
    uncertainty: float
    noise_floor: float
    worst: int
    places: int
    mean: float


def largest_deviation(corrected: Floats) -> Floats:
    """Return eta in percent of counts along the last axis.

    >>> float(largest_deviation(np.array([100.0, 110.0, 90.0, 80.0])))
    15.789473684210526
    """
    mean = corrected.mean(axis=-1, keepdims=True)
    return np.asarray(100.0 * (np.abs(corrected - mean) / mean).max(axis=-1))


def _without_noise(corrected: Floats, uncertainty: Floats) -> Floats:
    """Return the counts that are likely behind the measured ones: noise is in them already.

    Drawing about the measured ones would add it twice. The deviations are drawn together by the
    part of their variance that is noise.
    """
    variance = float(corrected.var(ddof=1))
    noise = min(float((uncertainty**2).mean()), variance)
    mean = corrected.mean()
    return np.asarray(mean + (corrected - mean) * (1.0 - noise / variance if variance else 0.0))


def deviation(
    group: PointGroup, inside: NDArray[np.bool_], *, draws: int, rng: np.random.Generator
) -> Deviation:
    """Return the largest deviation of the places inside a field.

    Raises
    ------
    UnsuitableAcquisitionError
        If there are too few.
    """
    number = int(inside.sum())
    if number < LEAST_POINTS:
        raise UnsuitableAcquisitionError(
            f"{number} places lie in the field, needs {LEAST_POINTS}",
            quantity="places of the source",
            value=number,
            bound=LEAST_POINTS,
        )
    corrected, factors = group.corrected[inside], group.factors[inside]
    counts = corrected / factors
    mean = float(corrected.mean())
    likely = _without_noise(corrected, factors * np.sqrt(counts)) / factors
    again = rng.poisson(likely, (draws, number)) * factors
    # A perfect detector: the same expectation everywhere, with the noise of what was counted.
    perfect = rng.poisson(mean / factors, (draws, number)) * factors
    worst = np.flatnonzero(inside)[int(np.abs(corrected - mean).argmax())]
    return Deviation(
        percent=float(largest_deviation(corrected)),
        uncertainty=float(np.std(largest_deviation(again), ddof=1)),
        noise_floor=float(np.mean(largest_deviation(perfect))),
        worst=int(worst),
        places=number,
        mean=mean,
    )
