"""Net area of a peak between baseline channels.

WS/T 584-2017 (3): of ``p`` channels of the peak and ``m`` channels of baseline on each side,
``N = sum(N_k) - p / (2 m) (sum(B_i) + sum(B_j))``, with the variance
``u**2 = sum(N_k) + (p / (2 m))**2 (sum(B_i) + sum(B_j))``. The baseline under the peak is straight.

Channels are 0-based; `first` and `last` are both in the peak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.counting import Estimate

HALF_WINDOW_FWHM = 1.25
"""FWHM on each side of the middle that a window has unless told otherwise: 99.7 % of a Gaussian."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakArea:
    """The area of a window above its baseline.

    Attributes
    ----------
    net
        Counts above the baseline, which may be negative, with their standard uncertainty.
    gross
        Counts of the peak's channels.
    baseline
        Counts of the baseline's channels, both sides together.
    first, last
        Channels of the peak, both included.
    sides
        Channels of baseline on each side.
    """

    net: Estimate
    gross: float
    baseline: float
    first: int
    last: int
    sides: int

    @property
    def channels(self) -> int:
        """Channels of the peak, ``p``."""
        return self.last - self.first + 1

    @property
    def ratio(self) -> float:
        """What the counts of the baseline are multiplied with, ``p / (2 m)``."""
        return self.channels / (2.0 * self.sides)

    @property
    def under(self) -> float:
        """Counts of the baseline under the peak."""
        return self.ratio * self.baseline


def peak_window(
    position: float, fwhm: float, *, half_window: float = HALF_WINDOW_FWHM
) -> tuple[int, int]:
    """Return the first and the last channel of a window about a position, both included.

    >>> peak_window(100.0, 4.0)
    (95, 105)
    """
    if not (math.isfinite(position) and math.isfinite(fwhm) and fwhm > 0.0):
        raise FitError(
            f"the peak has the FWHM {fwhm:g}, needs more than 0", quantity="FWHM", value=fwhm
        )
    return round(position - half_window * fwhm), round(position + half_window * fwhm)


def peak_area(counts: ArrayLike, first: int, last: int, *, sides: int) -> PeakArea:
    """Return the counts of a window less a straight baseline through the channels beside it.

    >>> peak_area([10, 10, 40, 90, 40, 10, 10], 2, 4, sides=2).net.value
    140.0

    Raises
    ------
    FitError
        If the window or its baseline does not lie in the spectrum.
    """
    spectrum = np.asarray(counts, dtype=np.float64)
    if sides < 1 or last < first:
        raise FitError(
            f"the window has {last - first + 1} channels and {sides} of baseline, needs one of each",
            quantity="channels of the peak",
            value=float(last - first + 1),
            bound=1.0,
        )
    if first - sides < 0 or last + sides >= spectrum.size:
        raise FitError(
            f"the window reaches from channel {first - sides} to {last + sides} with its baseline,"
            f" the spectrum from 0 to {spectrum.size - 1}",
            quantity="channels of the peak",
            value=float(first - sides if first < sides else last + sides),
            bound=f"0 to {spectrum.size - 1}",
        )
    gross = float(spectrum[first : last + 1].sum())
    baseline = float(
        spectrum[first - sides : first].sum() + spectrum[last + 1 : last + 1 + sides].sum()
    )
    ratio = (last - first + 1) / (2.0 * sides)
    # No counts at all would have no uncertainty; one is the smallest change that could be seen.
    variance = max(gross + ratio**2 * baseline, 1.0)
    return PeakArea(
        net=Estimate(value=gross - ratio * baseline, uncertainty=math.sqrt(variance)),
        gross=gross,
        baseline=baseline,
        first=first,
        last=last,
        sides=sides,
    )
