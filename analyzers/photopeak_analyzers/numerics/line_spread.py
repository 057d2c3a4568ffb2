"""Line-spread functions of parallel lines: an image cut into strips, the lines of each strip measured.

Strips of at most 30 mm along the lines are summed, so that a line need not run exactly along the
pixels; in each, a line is the highest channel within half a pitch to both sides. Lines are counted
across the whole image: the same line has the same number in every strip, however the mask is tilted.
What stands at the border of the field in part is left out: a strip or half a pitch that is not wholly
inside, and a line with less than half the height of the others. No background and no width of the
slit is taken off. IEC 60789 / GB/T 18989-2013 3.2.1.3, 3.2.2; NEMA NU 1-2007 (E.1, E.2, E.9).

The profile runs along the columns; for lines along a row give the transposed image.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.profiles import Peak

LONGEST_STRIP_MM = 30.0
"""Along the lines. IEC 60789 / GB/T 18989-2013 3.2.1.3; NEMA NU 1-2007 2.1 (E.1.4)."""

LEAST_HEIGHT = 0.5
"""Height of a line, relative to the median one, below which it is covered in part."""

HALF, TENTH = 0.5, 0.1
"""Shares of the height at which widths are taken."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpread:
    """One line in one strip; positions and widths in pixels, 0-based pixel centres.

    Attributes
    ----------
    line, strip
        Numbers from 0; lines by their place in the middle strip, from the left.
    along
        Middle of the strip, as a row of the image.
    position
        Middle of the two crossings at half height: where the line is.
    peak
        Highest channel or vertex of the parabola, counts of the whole strip.
    tenth
        Width at tenth height; None where a neighbour or the border does not let the profile fall
        so far within half a pitch.
    equivalent
        Equivalent width within half a pitch to both sides.
    counts
        In the same window.
    """

    line: int
    strip: int
    along: float
    position: float
    peak: Peak
    half: float
    tenth: float | None
    equivalent: float
    counts: float


def strips_of(image: Counts, rows: tuple[int, int], height: int) -> tuple[Floats, Floats]:
    """Sum an image over strips of `height` rows that lie wholly in the rows of the field.

    Parameters
    ----------
    rows
        First row of the field and the one behind its last.
    height
        Rows per strip; what does not fill one is left out, half at each end.

    Returns
    -------
    tuple
        Profiles of shape ``(strips, columns)``, and the row of the middle of each strip.
    """
    first, last = max(rows[0], 0), min(rows[1], image.shape[0])
    count = (last - first) // height if height > 0 else 0
    if count < 1:
        raise UnsuitableAcquisitionError(
            f"a strip is {height} rows high, the field has {max(last - first, 0)}",
            quantity="rows of a strip",
            value=float(height),
            bound=float(last - first),
        )
    top = first + (last - first - count * height) // 2
    whole = image[top : top + count * height]
    sums = whole.reshape(count, height, -1).sum(axis=1, dtype=np.float64)
    return sums, top + height * np.arange(count) + (height - 1) / 2.0


def line_spreads(
    image: Counts,
    *,
    pitch: float,
    rows: tuple[int, int],
    columns: tuple[int, int],
    height: int,
    parabola: bool,
    regular: bool = False,
) -> tuple[LineSpread, ...]:
    """Measure every line in every strip of a field.

    Parameters
    ----------
    image
        Counts of shape ``(rows, columns)``, the lines nearly along the columns' axis of rows.
    pitch
        Distance of the lines in pixels, to a few percent; for a single line the width of its window.
    rows, columns
        First of the field and the one behind its last.
    height
        Rows per strip, at most 30 mm.
    parabola
        True for the vertex of the parabola (NEMA, coarse pixels), False for the highest channel.
    regular
        True for lines at every pitch, such as those of a mask: one that is missing everywhere keeps
        its number. False for a few lines that are simply counted.

    Raises
    ------
    UnsuitableAcquisitionError
        If the field holds no strip, or no line.
    """
    profiles, along = strips_of(image, rows, height)
    reach = max(math.floor(pitch / 2.0), 1)
    limits = (max(columns[0], 0), min(columns[1], image.shape[1]))
    found = [_tops(profile, reach, limits) for profile in profiles]
    heights = [profile[top] for profile, tops in zip(profiles, found, strict=True) for top in tops]
    if not heights:
        raise UnsuitableAcquisitionError(
            f"no line stands in the field of {limits[1] - limits[0]} columns",
            quantity="lines",
            value=0,
            bound=1,
        )
    least = LEAST_HEIGHT * float(np.median(heights))
    kept = [
        [top for top in tops if profile[top] >= least]
        for profile, tops in zip(profiles, found, strict=True)
    ]
    numbered = [
        (line, strip, top)
        for strip, numbers in enumerate(_numbered(kept, pitch, regular=regular))
        for line, top in sorted(numbers.items())
    ]
    line, strip, top = (np.array(column) for column in zip(*numbered, strict=True))
    measured = _measure(profiles, strip, top, reach, parabola=parabola)
    return tuple(_spreads(line, strip, along, top, measured))


def _tops(profile: Floats, reach: int, limits: tuple[int, int]) -> list[int]:
    """Return the channels that are highest within half a pitch, the window inside the field."""
    first, last = limits
    if last - first < 2 * reach + 1:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(profile[first:last], 2 * reach + 1)
    middle = windows[:, reach]
    # The first of several equally high channels, and none where nothing was counted.
    highest = (windows.argmax(axis=1) == reach) & (middle > 0.0)
    return [int(i) + first + reach for i in np.flatnonzero(highest)]


def _numbered(tops: list[list[int]], pitch: float, *, regular: bool) -> list[dict[int, int]]:
    """Give each line the same number in every strip, following it outwards from the middle one."""
    numbers: list[dict[int, int]] = [{} for _ in tops]
    middle = min(
        (i for i, each in enumerate(tops) if each), key=lambda i: abs(i - (len(tops) - 1) / 2.0)
    )
    steps = [round((b - a) / pitch) if regular else 1 for a, b in pairwise(tops[middle])]
    numbers[middle] = dict(zip(accumulate(steps, initial=0), tops[middle], strict=True))
    places = {number: float(top) for number, top in numbers[middle].items()}
    for step in (1, -1):
        known = dict(places)
        strip = middle + step
        while 0 <= strip < len(tops):
            number, place = np.array(list(known)), np.array(list(known.values()))
            found = np.array(tops[strip], dtype=np.float64)
            nearest = np.abs(found[:, None] - place).argmin(axis=1)
            # A line that comes into the field counts on from its nearest neighbour.
            counted = number[nearest] + np.rint((found - place[nearest]) / pitch).astype(np.int64)
            numbers[strip] = dict(zip(counted.tolist(), tops[strip], strict=True))
            known |= {line: float(top) for line, top in numbers[strip].items()}
            strip += step
    lowest = min(number for each in numbers for number in each)
    return [{number - lowest: top for number, top in each.items()} for each in numbers]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Measured:
    """Lines as measured, one element each, in channels; widths only where the profile falls so far."""

    vertex: Floats
    height: Floats
    middle: Floats
    half: Floats
    falls_to_half: Flags
    tenth: Floats
    falls_to_tenth: Flags
    counts: Floats


def _measure(
    profiles: Floats,
    strip: NDArray[np.int64],
    top: NDArray[np.int64],
    reach: int,
    *,
    parabola: bool,
) -> _Measured:
    """Measure all lines at once, each as ``profiles.width_at`` does within half a pitch."""
    windows = profiles[strip[:, None], top[:, None] + np.arange(-reach, reach + 1)]
    before, height, after = (windows[:, reach + step] for step in (-1, 0, 1))
    vertex = top.astype(np.float64)
    if parabola:
        bend = after - 2.0 * height + before
        curved = bend < 0.0
        bend = np.where(curved, bend, 1.0)
        vertex = np.where(curved, top + (before - after) / (2.0 * bend), vertex)
        height = np.where(curved, height - (after - before) ** 2 / (8.0 * bend), height)
    edges = {}
    for share in (HALF, TENTH):
        left, falls_left = _crossings(windows[:, reach::-1], share * height)
        right, falls_right = _crossings(windows[:, reach:], share * height)
        edges[share] = (left, right, falls_left & falls_right)
    left, right, falls_to_half = edges[HALF]
    return _Measured(
        vertex=vertex,
        height=height,
        middle=top + (right - left) / 2.0,
        half=left + right,
        falls_to_half=falls_to_half,
        tenth=edges[TENTH][0] + edges[TENTH][1],
        falls_to_tenth=edges[TENTH][2],
        counts=windows.sum(axis=1),
    )


def _spreads(
    line: NDArray[np.int64],
    strip: NDArray[np.int64],
    along: Floats,
    top: NDArray[np.int64],
    measured: _Measured,
) -> Iterator[LineSpread]:
    """Yield the lines that fall to half of their height."""
    kept = measured.falls_to_half
    columns = (
        line, strip, along[strip], top, measured.vertex, measured.height, measured.middle,
        measured.half, measured.tenth, measured.falls_to_tenth, measured.counts,
    )  # fmt: skip
    for (
        number, of_strip, middle, channel, vertex, height, position, half, tenth, falls, counts,
    ) in zip(*(column[kept].tolist() for column in columns), strict=True):  # fmt: skip
        yield LineSpread(
            line=number,
            strip=of_strip,
            along=middle,
            position=position,
            peak=Peak(channel=channel, position=vertex, height=height),
            half=half,
            tenth=tenth if falls else None,
            equivalent=counts / height,
            counts=counts,
        )


def _crossings(sides: Floats, level: Floats) -> tuple[Floats, Flags]:
    """Return how far from the first channel each row first falls to its level, and whether it does."""
    below = sides[:, 1:] <= level[:, None]
    falls = below.any(axis=1)
    inner_at = below.argmax(axis=1)
    row = np.arange(len(sides))
    inner, outer = sides[row, inner_at], sides[row, inner_at + 1]
    fall = np.where(falls, inner - outer, 1.0)
    return np.where(falls, inner_at + (inner - level) / fall, 0.0), np.asarray(falls)
