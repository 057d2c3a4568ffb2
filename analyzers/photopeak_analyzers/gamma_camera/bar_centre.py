"""Where the four quadrants of a bar phantom meet.

First coarsely: quadrants beside each other have bars of different direction, so the signs of the
directions change there. Then each pattern is followed inwards to its edge, where its wave falls to
half; what the patterns leave open is taken from the middle of the lit area.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.gamma_camera.bar_patterns import (
    LEAST_POWER,
    WIDEST_BAR_MM,
    Floats,
    Pattern,
    Place,
)

TILE_MM, TILE_STEP_MM = 40.0, 20.0
"""Squares in which stripes are looked for, and their distance."""

SEARCH_MM = 80.0
"""The centre of the phantom lies within this distance of the centre of the lit area."""

EDGE = 0.25
"""A quarter of a square that differs by more from the whole holds an edge, and no stripes alone."""

PLATEAU = 0.95
"""Centres that explain this share of the best one are as good as it."""

REFINED_PERIODS, REFINED_MM = 3.0, 10.0
"""Length over which a pattern is followed to its edge: so many periods, and at least so much."""

REFINED_MODULATION = 0.1
"""Patterns that are followed to their edge."""


def phantom_centre(image: Counts, pixel_mm: Place, lit_centre: Place) -> Place:
    """Return where the four quadrants meet, as (row, column) in pixels.

    Quadrants beside each other have bars of different direction, so the centre is where the signs
    of the directions change; what the patterns leave open is taken from the lit area.

    Parameters
    ----------
    image
        Counts of shape ``(rows, columns)``.
    pixel_mm
        (row, column) spacing.
    lit_centre
        (row, column) of the middle of the lit area.
    """
    size = [max(8, round(TILE_MM / p)) for p in pixel_mm]
    step = [max(1, round(TILE_STEP_MM / p)) for p in pixel_mm]
    if any(n < s for n, s in zip(image.shape, size, strict=True)):
        return lit_centre
    tiles = np.lib.stride_tricks.sliding_window_view(image, size)[:: step[0], :: step[1]]
    signs = _directions(tiles.astype(np.float64), pixel_mm)
    # Sums of the tiles above and left of each corner between tiles.
    sums = np.zeros((signs.shape[0] + 1, signs.shape[1] + 1))
    sums[1:, 1:] = signs.cumsum(axis=0).cumsum(axis=1)
    right, below = sums[:, -1:] - sums, sums[-1:] - sums
    opposite = sums[-1, -1] - sums[:, -1:] - sums[-1:] + sums
    # Above left - above right - below left + below right.
    score = np.abs(sums - right - below + opposite)
    rows, columns = (
        (s - 1) / 2.0 + d * (np.arange(n) - 0.5)
        for s, d, n in zip(size, step, score.shape, strict=True)
    )
    distance = np.hypot(
        (rows[:, None] - lit_centre[0]) * pixel_mm[0], (columns - lit_centre[1]) * pixel_mm[1]
    )
    near = distance <= SEARCH_MM
    best = float(np.where(near, score, 0.0).max())
    if not best > 0.0:
        return lit_centre
    good = near & (score >= PLATEAU * best)
    return (
        _nearest(rows[good.any(axis=1)], lit_centre[0]),
        _nearest(columns[good.any(axis=0)], lit_centre[1]),
    )


def refined_centre(
    image: Counts, pixel_mm: Place, centre: Place, patterns: Sequence[Pattern]
) -> Place:
    """Return the centre with the inner edges of the patterns that were measured about it.

    Parameters
    ----------
    patterns
        Of the quadrants about `centre`, which need not lie in the middle of them.
    """
    edges: tuple[dict[int, list[float]], dict[int, list[float]]] = ({}, {})
    for pattern in patterns:
        if not (pattern.seen and pattern.modulation.value > REFINED_MODULATION):
            continue
        sides = (-1 if pattern.quadrant <= 2 else 1, -1 if pattern.quadrant % 2 else 1)
        for axis in (0, 1):
            edge = _edge(image, pixel_mm, pattern, axis, sides[axis])
            if edge is not None:
                edges[axis].setdefault(sides[axis], []).append(edge)
    # A gap between the quadrants counts half to both sides.
    row, column = (
        sum(float(np.median(each)) for each in found.values()) / len(found) if found else before
        for found, before in zip(edges, centre, strict=True)
    )
    return (row, column)


def _edge(image: Counts, pixel_mm: Place, pattern: Pattern, axis: int, side: int) -> float | None:
    """Return where a pattern ends towards the centre along an axis, in pixels."""
    spans = [pattern.rows, pattern.columns]
    middle = (spans[axis].start + spans[axis].stop) // 2
    reach = round(SEARCH_MM / pixel_mm[axis]) + (spans[axis].stop - spans[axis].start) // 2
    first, last = (middle, middle + reach) if side < 0 else (middle - reach, middle)
    spans[axis] = slice(max(first, 0), min(last, image.shape[axis]))
    part = np.asarray(image[spans[0], spans[1]], dtype=np.float64)
    waves = [
        np.exp(-2j * math.pi * f * p * np.arange(n))
        for f, p, n in zip(pattern.frequency, pixel_mm, part.shape, strict=True)
    ]
    along = (part - part.mean()) * waves[0][:, None] * waves[1]
    profile = along.sum(axis=1 - axis)
    length = (
        max(REFINED_MM, REFINED_PERIODS / max(math.hypot(*pattern.frequency), 1e-9))
        / pixel_mm[axis]
    )
    width = 2 * max(1, round(length / 2.0)) + 1
    if profile.size < 2 * width:
        return None
    amplitude = np.abs(np.convolve(profile, np.full(width, 1.0 / width), mode="same"))
    inwards = amplitude if side < 0 else amplitude[::-1]
    # Inside of the quadrant, clear of the end of the profile itself.
    level = float(np.median(inwards[width : 2 * width])) / 2.0
    below = np.flatnonzero(inwards[width:] < level)
    if not below.size:
        return None
    at = width + int(below[0])
    before, after = float(inwards[at - 1]), float(inwards[at])
    steps = at - 1 + (before - level) / max(before - after, 1e-300)
    return float(spans[axis].start + steps if side < 0 else spans[axis].stop - 1 - steps)


def _directions(tiles: Floats, pixel_mm: Place) -> Floats:
    """Return +1 for stripes that change along x, -1 along y, 0 where nothing stands out."""
    height, width = tiles.shape[2:]
    mean = tiles.mean(axis=(2, 3), keepdims=True)
    window = np.outer(np.hanning(height), np.hanning(width))
    power = np.abs(np.fft.rfft2((tiles - mean) * window)) ** 2
    fy = np.abs(np.fft.fftfreq(height, pixel_mm[0]))[:, None]
    fx = np.fft.rfftfreq(width, pixel_mm[1])[None, :]
    # Two and a half periods in a tile at least: slower ones are its edge.
    slow = np.hypot(fy, fx) < max(0.5 / WIDEST_BAR_MM, 2.5 / TILE_MM)
    power[:, :, slow] = 0.0
    flat = power.reshape(*power.shape[:2], -1)
    best = flat.argmax(axis=2)
    highest = np.take_along_axis(flat, best[..., None], axis=2)[..., 0]
    noise = np.maximum(mean[..., 0, 0], 1e-300) * float((window**2).sum())
    sign = np.where((fx >= fy).ravel()[best], 1.0, -1.0)
    # An edge, such as that of the field, is a wave as well.
    quarters = tiles[..., : height // 2 * 2, : width // 2 * 2].reshape(
        *tiles.shape[:2], 2, height // 2, 2, width // 2
    )
    highest_quarter = np.abs(quarters.mean(axis=(3, 5)) - mean).max(axis=(2, 3))
    even = highest_quarter <= EDGE * mean[..., 0, 0]
    return np.asarray(np.where(even & (highest >= LEAST_POWER * noise), sign, 0.0))


def _nearest(good: Floats, wanted: float) -> float:
    """Return the place nearest to the wanted one, between the first and the last good one."""
    return min(max(wanted, float(good.min())), float(good.max()))
