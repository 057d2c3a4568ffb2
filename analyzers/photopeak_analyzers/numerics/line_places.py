"""Where parallel lines stand in an image: which way they run, how many there are, from where to where.

Nothing has to be known of the lines beforehand. Which way they run is told by the sums along both
axes: across lines the sum goes up and down steeply, along them it does not. The ratio of both is
near 1 for anything that is no line: a flood, a point, noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError

STEEPER = 4.0
"""Steepness across over that along lines, at least; a rectangular flood or a pair of points is below."""

BRIGHTEST_SHARE = 0.05
"""Share of the rows whose mean is the level of a line: 30 mm of a field of 600 mm."""

LINE_LEVEL = 0.25
"""Height above the rest of the image from which channels belong to a line, of the highest line."""

SMOOTHED = 3
"""Channels of the running mean that keeps noise from cutting a line in two."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePlaces:
    """Lines in an image; positions in pixels, 0-based pixel centres.

    Attributes
    ----------
    upright
        True for lines that run down the rows, along Y: their profile runs along X.
    places
        Middle of each line across, from the first column (row) on, mean over its length.
    extent
        First row (column) of the lines and the one behind their last, at half their brightness.
    steepness
        Of the profile across over that along.
    """

    upright: bool
    places: tuple[float, ...]
    extent: tuple[int, int]
    steepness: float


def find_lines(image: Counts) -> LinePlaces:
    """Find the lines in an image.

    Parameters
    ----------
    image
        Counts of shape ``(rows, columns)``.

    Raises
    ------
    UnsuitableAcquisitionError
        If it is empty or shows no lines.
    """
    total = float(image.sum(dtype=np.float64))
    if not total > 0.0:
        raise UnsuitableAcquisitionError(
            "the image holds no counts, needs lines", quantity="counts", value=total, bound=1.0
        )
    sums = [image.sum(axis=axis, dtype=np.float64) for axis in (0, 1)]
    along_x, along_y = (_steepness(profile) for profile in sums)
    upright = along_x >= along_y
    ratio = max(along_x, along_y) / max(min(along_x, along_y), 1e-12)
    if ratio < STEEPER:
        raise UnsuitableAcquisitionError(
            f"the image shows no lines: its profile is {ratio:.1f} times steeper along one axis than"
            f" along the other, needs {STEEPER:g}",
            quantity="steepness across over along",
            value=ratio,
            bound=STEEPER,
        )
    turned = image if upright else image.T
    extent = _extent(sums[1] if upright else sums[0])
    across = turned[extent[0] : extent[1]].sum(axis=0, dtype=np.float64)
    return LinePlaces(
        upright=upright, places=tuple(_places(across)), extent=extent, steepness=ratio
    )


def _steepness(profile: Floats) -> float:
    """Return the squares of the steps between neighbours, less what counting adds, per total squared."""
    steps = np.diff(_smooth(profile, SMOOTHED))
    total = float(profile.sum())
    # Neighbouring running means of three share two channels: what is left is two of them, over nine.
    chance = 2.0 * total / SMOOTHED**2
    return max(float(steps @ steps) - chance, 0.1 * chance) / total**2


def _extent(profile: Floats) -> tuple[int, int]:
    """Return the longest run of channels above half of the brightest ones."""
    smooth = _smooth(profile, SMOOTHED)
    count = max(round(BRIGHTEST_SHARE * profile.size), 1)
    level = 0.5 * float(np.partition(smooth, -count)[-count:].mean())
    runs = _runs(smooth >= level)
    first, last = max(runs, key=lambda run: run[1] - run[0])
    return first, last


def _places(across: Floats) -> list[float]:
    smooth = _smooth(across, SMOOTHED)
    ground = float(np.median(smooth))
    level = ground + LINE_LEVEL * (float(smooth.max()) - ground)
    found = []
    for first, last in _runs(smooth > level):
        # The running mean reaches over a gap of one channel; a run of one is a single loud channel.
        if last - first < 2 and smooth.size > 2 * SMOOTHED:
            continue
        net = smooth[first:last] - level
        found.append(first + float(net @ np.arange(last - first)) / float(net.sum()))
    return found


def _runs(above: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (first, behind the last) of every run of True."""
    edges = np.diff(np.concatenate(([0], above.astype(np.int8), [0])))
    return [
        (int(first), int(last))
        for first, last in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)
    ]


def _smooth(profile: Floats, width: int) -> Floats:
    if profile.size < width:
        return profile
    padded = np.pad(profile, width // 2, mode="edge")
    return np.asarray(np.convolve(padded, np.full(width, 1.0 / width), mode="valid"))
