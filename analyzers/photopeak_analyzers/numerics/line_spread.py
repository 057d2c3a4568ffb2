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
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import FitError, UnsuitableAcquisitionError
from photopeak_analyzers.numerics.profiles import (
    Peak,
    equivalent_width,
    highest_channel,
    parabola_peak,
    width_at,
)

LONGEST_STRIP_MM = 30.0
"""Along the lines. IEC 60789 / GB/T 18989-2013 3.2.1.3; NEMA NU 1-2007 2.1 (E.1.4)."""

LEAST_HEIGHT = 0.5
"""Height of a line, relative to the median one, below which it is covered in part."""

HALF, TENTH = 0.5, 0.1
"""Shares of the height at which widths are taken."""

Floats = NDArray[np.float64]


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
    spreads = []
    for strip, numbers in enumerate(_numbered(kept, pitch, regular=regular)):
        for line, top in sorted(numbers.items()):
            measured = _measure(profiles[strip], top, reach, parabola)
            if measured is None:
                continue
            peak, middle, half, tenth, window = measured
            spreads.append(
                LineSpread(
                    line=line,
                    strip=strip,
                    along=float(along[strip]),
                    position=middle,
                    peak=peak,
                    half=half,
                    tenth=tenth,
                    equivalent=equivalent_width(window, peak),
                    counts=float(window.sum()),
                )
            )
    return tuple(spreads)


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
            for top in tops[strip]:
                nearest = min(known, key=lambda number: abs(known[number] - top))
                offset = round((top - known[nearest]) / pitch)
                # A line that comes into the field counts on from its nearest neighbour.
                numbers[strip][nearest + offset] = top
            known |= {number: float(top) for number, top in numbers[strip].items()}
            strip += step
    lowest = min(number for each in numbers for number in each)
    return [{number - lowest: top for number, top in each.items()} for each in numbers]


def _measure(
    profile: Floats, top: int, reach: int, parabola: bool
) -> tuple[Peak, float, float, float | None, Floats] | None:
    window = profile[top - reach : top + reach + 1]
    find = parabola_peak if parabola else highest_channel
    peak = find(profile, (top, top + 1))
    local = Peak(channel=reach, position=peak.position - top + reach, height=peak.height)
    try:
        half = width_at(window, local, HALF)
    except FitError:
        return None
    try:
        tenth = width_at(window, local, TENTH).width
    except FitError:
        tenth = None
    return peak, half.middle + top - reach, half.width, tenth, window
