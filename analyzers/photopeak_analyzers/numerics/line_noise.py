"""What counting makes uncertain in the widths and places of many lines at once.

As :mod:`~photopeak_analyzers.numerics.width_noise`, for all lines of an image in one go: a crossing
lies between an inner channel y and an outer one z at the level L, and

    dx/dy = (L - z) / (y - z)**2    dx/dz = (y - L) / (y - z)**2    dx/dL = 1 / (y - z)

Channels are Poisson counts and independent of one another and, nearly, of the peak.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineNoise:
    """Standard uncertainties of the widths and of the middles, in channels."""

    width: Floats
    middle: Floats


def line_noise(
    profiles: Floats,
    row: NDArray[np.int64],
    middle: Floats,
    width: Floats,
    peak: Floats,
    share: float,
) -> LineNoise:
    """Return what counting adds to widths at a share of the height, and to their middles.

    Parameters
    ----------
    profiles
        Counts of shape ``(profiles, channels)``, not scaled.
    row
        Profile in which each line was measured.
    middle, width, peak
        Of each line: middle of its two crossings, their distance, and its height.
    share
        Of the height at which the width was taken.
    """
    level = share * peak
    left_variance, left_slope = _crossing(profiles, row, middle - width / 2.0, level, -1)
    right_variance, right_slope = _crossing(profiles, row, middle + width / 2.0, level, 1)
    both = left_variance + right_variance
    of_level = share**2 * np.maximum(peak, 0.0)
    return LineNoise(
        width=np.sqrt(both + (left_slope + right_slope) ** 2 * of_level),
        middle=np.sqrt((both + (left_slope - right_slope) ** 2 * of_level) / 4.0),
    )


def equivalent_width_noise(equivalent: ArrayLike, counts: ArrayLike, peak: ArrayLike) -> Floats:
    """Return what counting adds to equivalent widths, the counts of a window over its peak.

    The counts hold the peak: with ``W = N / P`` and N - P independent of P, the relative variance
    is ``1 / P - 1 / N``.
    """
    relative = 1.0 / np.asarray(peak, np.float64) - 1.0 / np.asarray(counts, np.float64)
    return np.asarray(np.asarray(equivalent) * np.sqrt(np.maximum(relative, 0.0)))


def _crossing(
    profiles: Floats, row: NDArray[np.int64], position: Floats, level: Floats, step: int
) -> tuple[Floats, Floats]:
    """Return the variance that the two channels add to a crossing, and its change with the level."""
    last = profiles.shape[1] - 1
    inner = np.floor(position) if step > 0 else np.ceil(position)
    inner = np.clip(inner.astype(np.int64), 0, last)
    outer = np.clip(inner + step, 0, last)
    y, z = profiles[row, inner], profiles[row, outer]
    falls = y > z
    fall = np.where(falls, y - z, 1.0)
    variance = ((level - z) / fall**2) ** 2 * y + ((y - level) / fall**2) ** 2 * z
    # A crossing on a channel where the profile is level: one channel either way.
    return np.where(falls, variance, 1.0), np.where(falls, 1.0 / fall, 0.0)
