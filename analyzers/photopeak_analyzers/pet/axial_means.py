"""Means of slices along the axis: how far they spread, and what of that is noise.

Noise is what is left of a parabola through the means; other noise of its spectrum makes other profiles
of the same kind, which show how sure the extremes are. Where a reconstruction smooths along the axis, the
parabola takes as many times more of the noise with it as the slices are correlated.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.surrogates import of_the_same_spectrum

DRAWN = 200
"""How often noise is drawn."""

LEAST_FREE = 0.25
"""Share of the slices that is left to the noise, however much they are correlated."""

TREND_DEGREE = 2
"""Sensitivity and scatter change smoothly along the axis."""

Floats = NDArray[np.float64]


def highest(means: Floats) -> float:
    """Return the highest mean over that of all, less 1."""
    return float(means.max() / means.mean() - 1.0)


def lowest(means: Floats) -> float:
    """Return by how much the lowest mean lies below that of all, relative to it."""
    return float(1.0 - means.min() / means.mean())


def span(means: Floats) -> float:
    """Return the range of the means over their mean."""
    return highest(means) + lowest(means)


def farthest(means: Floats) -> float:
    """Return the largest deviation from the mean in either direction."""
    return max(highest(means), lowest(means))


def spread(means: Floats, of: Callable[[Floats], float], seed: int, excess: float = 1.0) -> float:
    """Return the standard deviation that noise gives to a number of the means, five at least.

    Parameters
    ----------
    excess
        How much the slices are correlated, as
        :func:`~photopeak_analyzers.numerics.slice_scatter.correlated_excess` returns it.
    """
    places = np.linspace(-1.0, 1.0, means.size)
    powers = np.vander(places, TREND_DEGREE + 1)
    trend = powers @ np.linalg.lstsq(powers, means, rcond=None)[0]
    freedom = max(means.size - excess * (TREND_DEGREE + 1.0), LEAST_FREE * means.size)
    noise = (means - trend) * np.sqrt(means.size / freedom)
    drawn = of_the_same_spectrum(noise, DRAWN, np.random.default_rng(seed))
    return float(np.std([of(trend + each) for each in drawn], ddof=1))
