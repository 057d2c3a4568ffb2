"""Noise of the voxels beside a source, and by how much sums of neighbours vary more.

A reconstruction spreads counts over neighbouring voxels: the noise of a sum over some of them is larger
than that of independent ones.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DEVIATION_PER_MEDIAN = 1.4826
"""Standard deviation of a Gaussian over the median of its absolute deviations."""


def usual_deviation(values: Floats) -> float:
    """Return the standard deviation by the median of absolute deviations; 0 of no values.

    Tails of sources and streaks count little in it.
    """
    if not values.size:
        return 0.0
    return float(DEVIATION_PER_MEDIAN * np.median(np.abs(values - np.median(values))))


def growth_of_sums(
    values: Floats, away: NDArray[np.bool_], noise: float, length: int, axis: int
) -> float:
    """Return how many times the noise of a sum of neighbours is that of independent voxels; at least 1.

    Parameters
    ----------
    values
        Shape ``(slices, rows, columns)``.
    away
        Which pixels of a slice lie away from all sources, shape ``(rows, columns)``.
    noise
        Standard deviation of a voxel.
    length, axis
        Voxels of a sum, and the axis along which they lie, of the values.
    """
    if not 1 < length < values.shape[axis] or noise <= 0.0:
        return 1.0
    if axis == 0:
        summed = usual_deviation(sums_of_neighbours(values, length, 0)[:, away])
    else:
        count = sums_of_neighbours(away[np.newaxis].astype(np.float64), length, axis)[0]
        summed = usual_deviation(sums_of_neighbours(values, length, axis)[:, count > length - 0.5])
    return max(summed / (noise * math.sqrt(length)), 1.0)


def shared_by_neighbours(
    values: Floats, away: NDArray[np.bool_], noise: float
) -> tuple[float, float, float]:
    """Return the correlation of neighbouring voxels along each axis, 0 to 1; as :func:`growth_of_sums`."""
    slices, rows, columns = (
        min(growth_of_sums(values, away, noise, 2, axis) ** 2 - 1.0, 1.0) for axis in (0, 1, 2)
    )
    return slices, rows, columns


def sums_of_neighbours(values: Floats, length: int, axis: int) -> Floats:
    """Return the sums of every `length` neighbours along an axis."""
    total = np.cumsum(values, axis=axis)
    ends = np.moveaxis(total, axis, 0)[length - 1 :]
    found = np.moveaxis(ends.copy(), 0, axis)
    np.moveaxis(found, axis, 0)[1:] -= np.moveaxis(total, axis, 0)[:-length]
    return np.asarray(found)
