"""Squares in slices of a cylinder: means over a grid about its axis, and what noise makes of extremes.

The squares have sides of 10 mm and lie wholly inside a circle; pixels count by the part of their area
that lies in a square, so that neither the size of pixels nor where the axis falls matters.

What all slices have in common is the structure of a slice, what is left is taken for noise. Extremes
are drawn anew from it: left over are shifted along the axis and mirrored as a whole, which keeps how
squares and slices are correlated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError

LEAST_SQUARES = 12
"""Fewer tell nothing of how even a slice is."""

MOST_DRAWN, LEAST_SHIFTS, MOST_SHIFTS = 8_000_000, 2, 12
"""Squares that are drawn, all slices together; shifts along the axis for each of eight symmetries."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """Squares about an axis.

    Attributes
    ----------
    rows, columns
        Weights of pixels in each strip of squares; ``rows @ image @ columns.T`` are the means.
    inside
        Which squares of the ``(n, n)`` lie in the circle.
    reach_mm
        Radius of the circle.
    """

    rows: Floats
    columns: Floats
    inside: NDArray[np.bool_]
    side_mm: float
    reach_mm: float

    @property
    def count(self) -> int:
        """Number of squares in the circle."""
        return int(self.inside.sum())

    def means(self, image: Floats) -> Floats:
        """Return the means of the squares inside, row by row."""
        window = _filled(self.columns.any(axis=0))
        # A strip has few rows: whole matrices are as many zeros, and wake threads for each slice.
        strips = [
            each[rows] @ image[rows, window]
            for each in self.rows
            for rows in (_filled(each != 0.0),)
        ]
        return np.asarray((np.stack(strips) @ self.columns[:, window].T)[self.inside])

    def outline(
        self, index: int, centre: tuple[float, float], pixel_mm: tuple[float, float]
    ) -> tuple[tuple[float, float], ...]:
        """Return the corners of a square, (row, column) in pixels."""
        half = self.inside.shape[0] / 2.0
        row, column = (int(each[index]) for each in np.nonzero(self.inside))
        return tuple(
            (
                centre[0] + (row + y - half) * self.side_mm / pixel_mm[0],
                centre[1] + (column + x - half) * self.side_mm / pixel_mm[1],
            )
            for y, x in ((0, 0), (0, 1), (1, 1), (1, 0))
        )


def grid_in_circle(
    shape: tuple[int, int],
    centre: tuple[float, float],
    pixel_mm: tuple[float, float],
    *,
    radius_mm: float,
    side_mm: float,
) -> Grid:
    """Return the squares that lie wholly in a circle.

    Raises
    ------
    UnsuitableAcquisitionError
        If fewer than 12 do, or the circle leaves the slice.
    """
    room_mm = min(
        room
        for c, side, n in zip(centre, pixel_mm, shape, strict=True)
        for room in ((c + 0.5) * side, (n - 0.5 - c) * side)
    )
    if radius_mm > room_mm:
        raise UnsuitableAcquisitionError(
            f"a circle of {radius_mm:.0f} mm about the axis leaves the slice, which has room for"
            f" {room_mm:.0f} mm: the phantom is cut",
            quantity="radius that is looked at",
            value=radius_mm,
            bound=room_mm,
        )
    # An even number, so that the axis is a corner of four squares.
    number = 2 * max(math.floor(radius_mm / side_mm), 0)
    edges: Floats = np.asarray((np.arange(number + 1) - number / 2.0) * side_mm, dtype=np.float64)
    far = np.maximum(np.abs(edges[:-1]), np.abs(edges[1:]))
    inside = np.hypot(far[:, None], far) <= radius_mm * (1.0 + 1e-9)
    if int(inside.sum()) < LEAST_SQUARES:
        raise UnsuitableAcquisitionError(
            f"{int(inside.sum())} squares of {side_mm:g} mm lie within {radius_mm:.0f} mm of the axis,"
            f" needs {LEAST_SQUARES}",
            quantity="squares in a slice",
            value=int(inside.sum()),
            bound=LEAST_SQUARES,
        )
    weights = [
        _overlaps(n, c, side, edges) / side_mm
        for n, c, side in zip(shape, centre, pixel_mm, strict=True)
    ]
    return Grid(
        rows=weights[0], columns=weights[1], inside=inside, side_mm=side_mm, reach_mm=radius_mm
    )


def _filled(where: NDArray[np.bool_]) -> slice:
    places = np.flatnonzero(where)
    return slice(int(places[0]), int(places[-1]) + 1)


def _overlaps(size: int, centre: float, pixel_mm: float, edges: Floats) -> Floats:
    """Return the lengths that strips and pixels share, shape ``(strips, pixels)``."""
    low = (np.arange(size) - 0.5 - centre) * pixel_mm
    upper = np.minimum(edges[1:, None], low + pixel_mm)
    return np.asarray(np.maximum(upper - np.maximum(edges[:-1, None], low), 0.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evenness:
    """How even slices are: each number one per slice, relative to the mean of its slice.

    `plus` is the highest square less the mean, `minus` the mean less the lowest, `variation` their
    standard deviation.
    """

    plus: Floats
    minus: Floats
    variation: Floats

    def worst(self, slices: NDArray[np.intp]) -> tuple[float, float, float, float]:
        """Return the largest of `plus` and `minus`, mean and largest of `variation` of some slices."""
        variation = self.variation[slices]
        return (
            float(self.plus[slices].max()),
            float(self.minus[slices].max()),
            float(variation.mean()),
            float(variation.max()),
        )


def evenness_of(relative: Floats) -> Evenness:
    """Return how even slices are, from squares over their mean less 1, ``(slices, squares)``."""
    return Evenness(
        plus=relative.max(axis=1),
        minus=-relative.min(axis=1),
        variation=relative.std(axis=1, ddof=1),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Structure:
    """What slices have in common, and what is left of each.

    Attributes
    ----------
    common
        Mean of the slices, shape ``(squares,)``.
    left
        What is left, shape ``(slices, squares)``, widened by what the mean took off.
    """

    common: Floats
    left: Floats

    def drawn(self, grid: Grid) -> Iterator[Floats]:
        """Yield slices as they might have been: the common structure with other noise.

        What is left moves along the axis and is mirrored; how much there is stays with its slice,
        because the ends of a scanner are noisier.
        """
        level = self.left.std(axis=1, keepdims=True)
        level[level == 0.0] = 1.0
        noise = self.left / level
        number = max(min(MOST_DRAWN // (8 * noise.size), MOST_SHIFTS), LEAST_SHIFTS)
        for shift in np.unique(np.linspace(0, len(noise), number, endpoint=False).astype(int)):
            moved = np.roll(noise, int(shift), axis=0)
            for turned in _symmetries(grid):
                yield self.common + level * moved[:, turned]


def structure_of(relative: Floats) -> Structure:
    """Return the structure of slices, two at least, ``(slices, squares)``."""
    common = relative.mean(axis=0)
    slices = len(relative)
    return Structure(common=common, left=(relative - common) * math.sqrt(slices / (slices - 1.0)))


def _symmetries(grid: Grid) -> list[NDArray[np.intp]]:
    """Return the eight orders of the squares by which the grid is turned and mirrored."""
    number = np.zeros(grid.inside.shape, dtype=np.intp)
    number[grid.inside] = np.arange(grid.count)
    return [np.rot90(each, k)[grid.inside] for each in (number, number.T) for k in range(4)]
