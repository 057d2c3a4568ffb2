"""Means of slices along the axis: how far they spread, and what of that is noise.

Noise is what is left of a parabola through the means; with other phases it makes other profiles of the
same kind, which show how sure the extremes are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.surrogates import with_other_phases

DRAWN = 100
"""How often noise is drawn."""

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


def spread(means: Floats, of: Callable[[Floats], float], seed: int) -> float:
    """Return the standard deviation that noise gives to a number of the means, five at least."""
    places = np.linspace(-1.0, 1.0, means.size)
    powers = np.vander(places, TREND_DEGREE + 1)
    trend = powers @ np.linalg.lstsq(powers, means, rcond=None)[0]
    freedom = means.size - TREND_DEGREE - 1
    noise = (means - trend) * np.sqrt(means.size / freedom)
    drawn = with_other_phases(noise, DRAWN, np.random.default_rng(seed))
    return float(np.std([of(trend + each) for each in drawn], ddof=1))
