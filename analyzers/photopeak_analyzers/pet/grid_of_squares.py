"""Squares in slices of a cylinder: means over a grid about its axis, and what noise makes of extremes.

The squares have sides of 10 mm and lie wholly inside a circle; pixels count by the part of their area
that lies in a square, so that neither the size of pixels nor where the axis falls matters.

What all slices have in common is the structure of a slice, what is left is taken for noise, from which
slices are drawn anew (:mod:`~photopeak_analyzers.numerics.surrogates`): how squares and slices are
correlated stays.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.surrogates import with_other_phases

LEAST_SQUARES = 12
"""Fewer tell nothing of how even a slice is."""

MOST_SQUARES, LEAST_DRAWN, MOST_DRAWN = 8_000_000, 16, 96
"""Squares that are drawn, all slices together; how often slices are drawn."""

FARTHEST_SQUARE = 0.5
"""Deviation of a square over 15 mm of slices: farther off is a sphere, a rod or a bubble."""

HOLE_MM = 15.0
"""Slices within this length are looked at together for what lies in the cylinder."""

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
        window = _filled(self.columns.sum(axis=0))
        # A strip has few rows: whole matrices are as many zeros, and wake threads for each slice.
        strips = [
            each[rows] @ image[rows, window] for each in self.rows for rows in (_filled(each),)
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


def _filled(weights: Floats) -> slice:
    places = np.flatnonzero(weights)
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


def refuse_what_lies_inside(relative: Floats, slice_mm: float) -> None:
    """Refuse slices in which a sphere, a rod or a bubble lies.

    Parameters
    ----------
    relative
        Squares over the mean of their slice less 1, shape ``(slices, squares)``.
    """
    together = min(max(round(HOLE_MM / slice_mm), 1), len(relative))
    sums = np.cumsum(np.vstack([np.zeros(relative.shape[1]), relative]), axis=0)
    off = (sums[together:] - sums[:-together]) / together
    worst = float(off.ravel()[int(np.abs(off).argmax())])
    if abs(worst) > FARTHEST_SQUARE:
        raise UnsuitableAcquisitionError(
            f"a square of the slices is {1.0 + worst:.2f} of their mean, needs"
            f" {1.0 - FARTHEST_SQUARE:g} to {1.0 + FARTHEST_SQUARE:g}:"
            " something lies in the cylinder",
            quantity="square over the mean of the slices",
            value=1.0 + worst,
            bound=f"{1.0 - FARTHEST_SQUARE:g} to {1.0 + FARTHEST_SQUARE:g}",
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

    def drawn(self, seed: int) -> Iterator[Floats]:
        """Yield slices as they might have been: the common structure with other noise.

        How much noise there is stays with its slice, because the ends of a scanner are noisier.
        """
        level = self.left.std(axis=1, keepdims=True)
        level[level == 0.0] = 1.0
        number = max(min(MOST_SQUARES // self.left.size, MOST_DRAWN), LEAST_DRAWN)
        rng = np.random.default_rng(seed)
        for noise in with_other_phases(self.left / level, number, rng):
            yield self.common + level * noise


def structure_of(relative: Floats) -> Structure:
    """Return the structure of slices, two at least, ``(slices, squares)``."""
    common = relative.mean(axis=0)
    slices = len(relative)
    return Structure(common=common, left=(relative - common) * math.sqrt(slices / (slices - 1.0)))
