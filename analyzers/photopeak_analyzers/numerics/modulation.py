"""Modulation transfer function of line-spread functions, by sums over the counted channels.

::

    M(v) = | sum_jk C_jk exp(-2 pi i v (k - E_j)) | / sum_jk C_jk

over the channels k of every strip j about its middle E_j. Strips whose middles lie differently in
the pixels sample the line at different places, so their sum is that of one finely sampled line. The
sum takes the modulus, so the line need not be symmetric. What a pixel does to the line (a factor
``sinc(v p)``) is left in, and can be taken off with :func:`without_pixel`. The formula of the text lacks the frequency in its cosine.
IEC 60789 / GB/T 18989-2013 2.8 (2), 3.2.2.3.6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import FitError

V50_TIMES_FWHM = 2.0 * math.log(2.0) / math.pi
"""Frequency of half modulation times FWHM, of a Gaussian: 0.4413."""

V10_TIMES_FWHM = 2.0 * math.sqrt(math.log(2.0) * math.log(10.0)) / math.pi
"""Frequency of a tenth of the modulation times FWHM, of a Gaussian: 0.8043."""

TAPER_SHARE = 0.1
"""Outer share of a window, at each end, that a cosine lets fall to 0."""

MOST_WAVES = 500_000
"""Frequencies times channels that are computed together, 8 MB of them."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Modulation:
    """Modulation `value` with its standard `uncertainty` of counting at each `frequency`.

    Frequencies are in cycles per channel, from 0 on, where the value is 1.
    """

    frequency: Floats
    value: Floats
    uncertainty: Floats

    def frequency_at(self, share: float) -> tuple[float, float]:
        """Return where the modulation first falls to a share, with its standard uncertainty.

        Raises
        ------
        FitError
            If it does not.
        """
        below = np.flatnonzero(self.value < share)
        if below.size == 0 or below[0] == 0:
            raise FitError(
                f"the modulation falls to {float(self.value.min()):.3f} at the last frequency,"
                f" needs {share:g}",
                quantity="modulation at the last frequency",
                value=float(self.value.min()),
                bound=share,
            )
        after = int(below[0])
        high, low = float(self.value[after - 1]), float(self.value[after])
        step = float(self.frequency[after] - self.frequency[after - 1])
        slope = (high - low) / step
        place = float(self.frequency[after - 1]) + (high - share) / slope
        return place, float(self.uncertainty[after]) / slope


def modulation(
    windows: Floats,
    distances: Floats,
    frequencies: Floats,
    *,
    taper: bool = False,
    variances: Floats | None = None,
) -> Modulation:
    """Return the modulation of line-spread functions.

    Parameters
    ----------
    windows
        Counts about each line, shape ``(lines, channels)``.
    distances
        Distance of each channel from the middle of its line, same shape, in channels.
    frequencies
        In cycles per channel.
    taper
        Let the outer tenth of each window fall to 0 by a cosine, where tails are cut off.
    variances
        Of the windows, same shape; without them they are counts, which are their own variances.
    """
    weights = np.ones(windows.shape[1])
    if taper:
        edge = max(round(TAPER_SHARE * windows.shape[1]), 1)
        fall = 0.5 * (1.0 - np.cos(math.pi * (np.arange(edge) + 0.5) / edge))
        weights[:edge], weights[-edge:] = fall, fall[::-1]
    weighted = (windows * weights).ravel()
    total = float(weighted.sum())
    if not total > 0.0:
        raise FitError(
            f"the line-spread functions hold {total:g} counts, needs more than 0",
            quantity="counts of the line-spread functions",
            value=total,
            bound=0.0,
        )
    places = distances.ravel()
    noise = ((windows if variances is None else variances) * weights**2).ravel()
    frequency = np.asarray(frequencies, dtype=np.float64)
    value, spread = np.empty(frequency.size), np.empty(frequency.size)
    # A few frequencies at a time: all of a fine slit image together would take gigabytes.
    few = max(MOST_WAVES // max(places.size, 1), 1)
    for first in range(0, frequency.size, few):
        part = slice(first, first + few)
        waves = np.exp(-2.0j * math.pi * np.outer(frequency[part], places))
        summed = waves @ weighted
        value[part] = np.abs(summed) / total
        # A count at x moves M by (cos(2 pi v x - phase) - M) w / total.
        aligned = (waves * np.exp(-1.0j * np.angle(summed))[:, None]).real
        aligned -= value[part, None]
        spread[part] = np.square(aligned) @ noise
    return Modulation(
        frequency=frequency,
        value=value,
        uncertainty=np.asarray(np.sqrt(np.maximum(spread, 0.0)) / total),
    )


def without_pixel(found: Modulation) -> Modulation:
    """Return what the modulation were with pixels of no width, ``M(v) / sinc(v p)``.

    A pixel is one channel wide, and `sinc` is the transform of its width, ``sin(pi v) / (pi v)``.
    """
    left = np.sinc(found.frequency)
    return Modulation(
        frequency=found.frequency,
        value=found.value / left,
        uncertainty=found.uncertainty / left,
    )
