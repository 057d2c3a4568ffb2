"""How sure a mean over slices is, by the scatter of the slices.

Whatever correlates the pixels of a slice is in the scatter of its numbers. Neighbouring slices are
correlated too where a reconstruction smooths along the axis: their mean is then less sure than that of
as many independent ones, and their scatter smaller than it would be.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_STEPS = 16
"""Slices over which a correlation is looked for."""


def correlated_excess(slices: Floats, mask: NDArray[np.bool_]) -> float:
    """Return by how much the variance of a mean exceeds that over as many independent slices.

    ``c = 1 + 2 sum((1 - k/n) rho_k)``; the correlation over k slices follows from the mean square
    difference of voxels that lie k slices apart, relative to that of distant ones. Each slice is taken
    about its own mean: activity that settles along the axis is no noise.

    Parameters
    ----------
    slices
        Shape ``(slices, rows, columns)``, of the same phantom.
    mask
        Pixels that are looked at.
    """
    inside = slices[:, mask]
    inside = inside - inside.mean(axis=1, keepdims=True)
    count = len(inside)
    steps = range(1, min(count // 2, MOST_STEPS) + 1)
    apart = [float(np.square(inside[k:] - inside[:-k]).mean()) for k in steps]
    distant = float(np.mean(apart[len(apart) // 2 :])) if apart else 0.0
    excess = 1.0
    for k, square in zip(steps, apart, strict=True):
        if square >= distant:
            break
        excess += 2.0 * (1.0 - k / count) * (1.0 - square / distant)
    return excess


def scatter_of_mean(each: Floats, excess: float) -> float:
    """Return the standard uncertainty of the mean of one number for each slice; two at least.

    With the variance s2 of the numbers, ``u2 = s2 c / n (n - 1) / (n - c)``: correlated slices scatter
    less about their own mean.

    Parameters
    ----------
    excess
        As :func:`correlated_excess` returns it.
    """
    count = each.size
    excess = min(excess, count - 1.0)
    variance = float(each.var(ddof=1)) * (count - 1.0) / (count - excess)
    return math.sqrt(variance * excess / count)
