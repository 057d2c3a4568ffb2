"""Peaks in profiles: where the top is, how wide it is, where its middle lies.

The words are those of the line-spread function. The peak is the highest channel, or the vertex of
the parabola through it and its two neighbours; a width lies between the two places where linear
interpolation between neighbouring channels crosses a share of the peak, searched from the top
outwards. Nothing is fitted and no background is taken off, as IEC 60789 / GB/T 18989-2013 3.2.1.3
and NEMA NU 1-2007 (GB/T 18989-2013 E.1.4, E.9) ask.

Positions are 0-based channels; a channel may be a pixel, or a bin of energy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError

FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))
"""FWHM of a Gaussian over its standard deviation."""

FWTM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(10.0))
"""FWTM of a Gaussian over its standard deviation."""

EQUIVALENT_WIDTH_PER_SIGMA = math.sqrt(2.0 * math.pi)
"""Equivalent width of a Gaussian over its standard deviation."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The top of a profile: its position in channels and its height in counts.

    `channel` is the highest channel, from which widths are searched.
    """

    channel: int
    position: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """Where a profile crosses a level left and right of its peak, in channels."""

    left: float
    right: float
    level: float

    @property
    def width(self) -> float:
        """Distance between the two crossings."""
        return self.right - self.left

    @property
    def middle(self) -> float:
        """Middle of the two crossings, where the standards see the line."""
        return (self.left + self.right) / 2.0


def highest_channel(profile: ArrayLike, around: tuple[int, int] | None = None) -> Peak:
    """Return the highest channel, of those from `around[0]` to before `around[1]` if given.

    The first of several equally high ones.
    """
    counts = _counts(profile)
    first, last = (0, counts.size) if around is None else around
    first, last = max(first, 0), min(last, counts.size)
    if first >= last:
        raise FitError(
            f"the channels {first} to {last} hold no peak, the profile has {counts.size}",
            quantity="channels",
            value=float(last - first),
            bound=1.0,
        )
    channel = first + int(counts[first:last].argmax())
    return Peak(channel=channel, position=float(channel), height=float(counts[channel]))


def parabola_peak(profile: ArrayLike, around: tuple[int, int] | None = None) -> Peak:
    """Return the vertex of the parabola through the highest channel and its two neighbours.

    With the channels ``y-, y0, y+``: position ``(y- - y+) / (2 (y+ - 2 y0 + y-))`` from the highest
    one, height ``y0 - (y+ - y-)**2 / (8 (y+ - 2 y0 + y-))``. A highest channel at the border, or
    three equal ones, have no vertex: the channel itself is returned.

    References
    ----------
    NEMA NU 1-2007 2.1 (GB/T 18989-2013 E.1.4).
    """
    counts = _counts(profile)
    top = highest_channel(counts, around)
    if not 0 < top.channel < counts.size - 1:
        return top
    before, after = float(counts[top.channel - 1]), float(counts[top.channel + 1])
    bend = after - 2.0 * top.height + before
    # Beside the range a channel may be higher still: the parabola would turn upwards.
    if bend >= 0.0:
        return top
    return Peak(
        channel=top.channel,
        position=top.channel + (before - after) / (2.0 * bend),
        height=top.height - (after - before) ** 2 / (8.0 * bend),
    )


def width_at(profile: ArrayLike, peak: Peak, share: float) -> Width:
    """Return the width at a share of the height of a peak: 0.5 for FWHM, 0.1 for FWTM.

    Raises
    ------
    FitError
        If the profile does not fall to the level on both sides.
    """
    counts = _counts(profile)
    level = share * peak.height
    left = crossing(counts, peak.channel, level, -1)
    right = crossing(counts, peak.channel, level, 1)
    if left is None or right is None:
        side = "left" if left is None else "right"
        raise FitError(
            f"the profile does not fall to {100.0 * share:g} % of its peak on the {side}",
            quantity="counts at the border of the profile",
            value=float(counts[0] if left is None else counts[-1]),
            bound=level,
        )
    return Width(left=left, right=right, level=level)


def fwhm(profile: ArrayLike, peak: Peak | None = None) -> float:
    """Return the full width at half maximum, in channels; of the parabola peak if none is given.

    >>> fwhm([0.0, 1.0, 2.0, 1.0, 0.0], highest_channel([0.0, 1.0, 2.0, 1.0, 0.0]))
    2.0
    """
    return width_at(profile, parabola_peak(profile) if peak is None else peak, 0.5).width


def fwtm(profile: ArrayLike, peak: Peak | None = None) -> float:
    """Return the full width at tenth maximum, in channels; as :func:`fwhm`."""
    return width_at(profile, parabola_peak(profile) if peak is None else peak, 0.1).width


def equivalent_width(profile: ArrayLike, peak: Peak) -> float:
    """Return the sum of the channels over the height of the peak, in channels.

    The profile is the window of one line, half a pitch to both sides.
    IEC 60789 / GB/T 18989-2013 3.2.1 (7).
    """
    if not peak.height > 0.0:
        raise FitError(
            f"the peak is {peak.height:g} counts high, needs more than 0",
            quantity="height of the peak",
            value=peak.height,
            bound=0.0,
        )
    return float(_counts(profile).sum()) / peak.height


def centroid(profile: ArrayLike, first: int = 0) -> float:
    """Return ``sum(i C_i) / sum(C_i)`` in channels; `first` is the number of the first channel.

    Raises
    ------
    FitError
        If the profile holds no counts.
    """
    counts = _counts(profile)
    total = float(counts.sum())
    if not total > 0.0:
        raise FitError(
            f"the profile has {total:g} counts, needs more than 0",
            quantity="counts of the profile",
            value=total,
            bound=0.0,
        )
    return first + float(counts @ np.arange(counts.size)) / total


def crossing(profile: Floats, channel: int, level: float, step: int) -> float | None:
    """Return where a profile falls to a level, from a channel on; None when it never does.

    `step` is -1 to the left and 1 to the right.
    """
    at = channel
    while 0 <= at + step < profile.size and profile[at + step] > level:
        at += step
    if not 0 <= at + step < profile.size:
        return None
    inner, outer = float(profile[at]), float(profile[at + step])
    if inner <= level:
        return float(at)
    return at + step * (inner - level) / (inner - outer)


def less_baseline(profile: ArrayLike, margin: int) -> Floats:
    """Return a profile less the straight line through the means of its two ends.

    Parameters
    ----------
    margin
        Channels at each end that hold background alone; at least 1.

    Raises
    ------
    FitError
        If the two ends meet.
    """
    counts = _counts(profile)
    if not 1 <= margin < counts.size / 2.0:
        raise FitError(
            f"a baseline of {margin} channels at each end is asked of {counts.size} channels",
            quantity="channels of the baseline",
            value=float(margin),
            bound=counts.size / 2.0,
        )
    left, right = float(counts[:margin].mean()), float(counts[-margin:].mean())
    middle = (margin - 1) / 2.0
    last = counts.size - 1 - middle
    slope = (right - left) / (last - middle)
    return np.asarray(counts - (left + slope * (np.arange(counts.size) - middle)))


def _counts(profile: ArrayLike) -> Floats:
    counts = np.asarray(profile, dtype=np.float64)
    if counts.ndim != 1 or counts.size == 0:
        raise FitError(
            f"a profile has the shape {counts.shape}, needs (channels,)", quantity="shape"
        )
    return counts
