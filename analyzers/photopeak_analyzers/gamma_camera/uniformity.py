r"""The mathematics of flood uniformity: which pixels are analysed, and what is computed from them.

Two texts are followed, and never mixed: NEMA NU 1-2007 2.4 (GB/T 18989-2013 E.4) and IEC 60789
(GB/T 18989-2013 3.3.1.1). They share the smoothing and

.. math:: IU = 100 \, (C_{max} - C_{min}) / (C_{max} + C_{min})

and differ in the pixels they clear at the edge and in the differential uniformity: NEMA takes the
largest *percentage* over all groups of five pixels, IEC the percentage of the group with the
largest *difference*.

All functions take images of shape ``(..., rows, columns)``, so that a measured flood and a
hundred simulated ones go through the same lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.field_of_view import PixelMask
from photopeak_analyzers.numerics.smoothing import smooth

EDGE_LEVEL = 0.75
"""Edge pixels below this share of the reference count are cleared. E.4.4, 3.3.1.1.3 a 1."""

GROUP_PIXELS = 5
"""Contiguous pixels of one group of the differential uniformity. E.4.4.3, 3.3.1.1.3 d."""

DEVIATION_LEVELS_PERCENT = (10.0, 5.0, 2.5)
"""Deviations from the mean beyond which pixels are counted. 3.3.1.1.3 b."""

Image = NDArray[Any]


class Text(StrEnum):
    """Which of the two texts the mathematics follows."""

    NEMA = "nema"
    IEC = "iec"


class Direction(StrEnum):
    """Along which axis a group of five pixels lies: X is a row, Y a column."""

    X = "x"
    Y = "y"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedFlood:
    """A flood after the clearing of the edge and the smoothing.

    Attributes
    ----------
    counts
        Binned counts as they came, shape ``(rows, columns)``.
    smoothed
        Smoothed counts inside `ufov`, 0 outside; the CFOV is looked up in the same image.
    ufov, cfov
        Analysed pixels of either field.
    geometric_pixels
        Pixels of the UFOV before the clearing.
    reference_counts
        Mean count to which the 75 % rule refers.
    cleared_low, cleared_neighbours
        Pixels of the UFOV cleared by the 75 % rule, and as neighbours of a pixel of zero.
    cleared_depth
        How many pixels deep, counted from the border of the UFOV, the 75 % rule reached.
    dead
        (row, column) of interior pixels without a single count.
    """

    counts: Counts
    smoothed: NDArray[np.float64]
    ufov: PixelMask
    cfov: PixelMask
    geometric_pixels: int
    reference_counts: float
    cleared_low: int
    cleared_neighbours: int
    cleared_depth: int
    dead: tuple[tuple[int, int], ...]

    @property
    def removed_pixels(self) -> int:
        """Pixels of the UFOV that are not analysed."""
        return self.geometric_pixels - int(np.count_nonzero(self.ufov))


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremes:
    """Integral uniformity in percent, with the (row, column) of the two pixels that make it."""

    percent: float
    maximum: float
    minimum: float
    at_maximum: tuple[int, int]
    at_minimum: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of five pixels: its percentage, extremes, and (row, column) of its first pixel."""

    direction: Direction
    percent: float
    maximum: float
    minimum: float
    first: tuple[int, int]

    @property
    def last(self) -> tuple[int, int]:
        """(row, column) of its last pixel."""
        row, column = self.first
        reach = GROUP_PIXELS - 1
        return (row, column + reach) if self.direction is Direction.X else (row + reach, column)


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferentialUniformity:
    """Differential uniformity in percent, the worst group of each direction, and the worst of all.

    The worst group is the one with the largest percentage (NEMA) or the largest difference (IEC).
    """

    percent: float
    x: Group
    y: Group
    worst: Group


def prepare(counts: Counts, ufov: PixelMask, cfov: PixelMask, text: Text) -> PreparedFlood:
    """Clear the edge as the text says, then smooth once.

    NEMA: a pixel outside the UFOV or on its border is set to zero when it holds less than 75 % of
    the mean of the CFOV. IEC: an edge pixel is set to zero when it holds less than 75 % of the
    mean of the UFOV; an edge pixel is one of a connected area of low pixels that reaches the
    border of the UFOV or lies outside. Then, in both and once, a pixel is set to zero that has a
    pixel of zero among its four direct neighbours. Low pixels in the interior stay: they are what
    the test is there to find. A pixel beyond the matrix is absent, not zero.

    Raises
    ------
    UnsuitableAcquisitionError
        If a field of view has no pixel, no counts, or nothing is left to analyse.
    """
    geometric = int(np.count_nonzero(ufov))
    if geometric == 0 or not cfov.any():
        raise UnsuitableAcquisitionError(
            "the field of view holds no pixel of the image", quantity="pixels in the UFOV", value=0
        )
    reference = float(counts[cfov if text is Text.NEMA else ufov].mean())
    if reference <= 0.0:
        raise UnsuitableAcquisitionError(
            "the flood has no counts in the field of view",
            quantity="mean counts per pixel",
            value=reference,
            bound=0.0,
        )
    border = ufov & ~_all_neighbours(ufov)
    edge = border | ~ufov
    low = counts < EDGE_LEVEL * reference
    low_at_edge = low & edge
    if text is Text.IEC and low_at_edge[ufov].any():
        low_at_edge = _connected_to(low, low_at_edge)
    # A pixel without a count is zero wherever it lies: its neighbours go, itself is reported.
    empty = counts == 0
    zero = low_at_edge | empty
    beside_zero = _any_neighbour(zero)
    analysed = ufov & ~zero & ~beside_zero
    cleared_low = ufov & low_at_edge
    dead = np.argwhere(empty & ufov & ~low_at_edge)
    if not (analysed & cfov).any():
        raise UnsuitableAcquisitionError(
            "no pixel of the CFOV is left after the edge was cleared",
            quantity="analysed pixels in the CFOV",
            value=0,
        )
    return PreparedFlood(
        counts=counts,
        smoothed=smooth(counts.astype(np.float64), analysed),
        ufov=analysed,
        cfov=analysed & cfov,
        geometric_pixels=geometric,
        reference_counts=reference,
        cleared_low=int(np.count_nonzero(cleared_low)),
        cleared_neighbours=int(np.count_nonzero(ufov & beside_zero & ~zero)),
        cleared_depth=_depth(cleared_low, ufov),
        dead=tuple((int(row), int(column)) for row, column in dead),
    )


def percent_of(maximum: Image, minimum: Image) -> Image:
    """Return 100 (maximum - minimum) / (maximum + minimum). (E.1), (E.2), (10), (11)."""
    ratio: Image = 100.0 * (maximum - minimum) / (maximum + minimum)
    return ratio


def integral_uniformity(smoothed: NDArray[np.float64], mask: PixelMask) -> Extremes:
    """Return the integral uniformity over the pixels of a mask. (E.1), (10)."""
    positions = np.flatnonzero(mask)
    values = smoothed.ravel()[positions]
    highest, lowest = int(values.argmax()), int(values.argmin())
    maximum, minimum = float(values[highest]), float(values[lowest])
    columns = mask.shape[1]
    return Extremes(
        percent=100.0 * (maximum - minimum) / (maximum + minimum),
        maximum=maximum,
        minimum=minimum,
        at_maximum=divmod(int(positions[highest]), columns),
        at_minimum=divmod(int(positions[lowest]), columns),
    )


def differential_uniformity(
    smoothed: NDArray[np.float64],
    mask: PixelMask,
    text: Text,
    groups: Mapping[Direction, tuple[Image, Image]] | None = None,
) -> DifferentialUniformity:
    """Return the differential uniformity over groups of five contiguous pixels of a mask.

    A group that holds a pixel outside the mask is skipped, never shortened. (E.2), (11).

    Parameters
    ----------
    smoothed, mask, text
        The smoothed image, the pixels of the field of view, and which of the two texts.
    groups
        `group_extremes` of the image along both directions, when the caller has them.

    Raises
    ------
    UnsuitableAcquisitionError
        If no row or no column has five contiguous pixels.
    """
    if groups is None:
        groups = {direction: group_extremes(smoothed, direction) for direction in Direction}
    x, y = (_worst_group(groups[direction], mask, direction, text) for direction in Direction)
    if text is Text.NEMA:
        worst = x if x.percent >= y.percent else y
    else:
        worst = x if x.maximum - x.minimum >= y.maximum - y.minimum else y
    return DifferentialUniformity(percent=worst.percent, x=x, y=y, worst=worst)


def distribution(smoothed: NDArray[np.float64], mask: PixelMask) -> tuple[float, ...]:
    """Return the share of pixels, in percent, that deviate from the mean by more than each level.

    In the order of `DEVIATION_LEVELS_PERCENT`; strictly more, from the mean over the mask.
    3.3.1.1.3 b.
    """
    values = smoothed[mask]
    mean = values.mean()
    deviation = np.abs(values - mean)
    return tuple(
        100.0 * int(np.count_nonzero(deviation > level / 100.0 * mean)) / values.size
        for level in DEVIATION_LEVELS_PERCENT
    )


def group_extremes(image: Image, direction: Direction) -> tuple[Image, Image]:
    """Return the maximum and the minimum of every group of five pixels along one direction.

    Images are flattened: entry ``row * columns + column`` of the last axis belongs to the group
    that starts at this pixel. Entries of groups that would run over the end of a row mean
    nothing; `complete_groups` leaves them out.
    """
    step = 1 if direction is Direction.X else image.shape[-1]
    flat = image.reshape(*image.shape[:-2], -1)
    return _running(np.maximum, flat, step), _running(np.minimum, flat, step)


def complete_groups(mask: PixelMask, direction: Direction) -> NDArray[np.intp]:
    """Return the entries of `group_extremes` whose five pixels all lie in a mask."""
    columns = mask.shape[1]
    if direction is Direction.Y:
        return np.flatnonzero(_running(np.logical_and, mask.ravel(), columns))
    starts = np.flatnonzero(_running(np.logical_and, mask.ravel(), 1))
    return np.asarray(starts[starts % columns <= columns - GROUP_PIXELS])


def _worst_group(
    extremes: tuple[Image, Image], mask: PixelMask, direction: Direction, text: Text
) -> Group:
    starts = complete_groups(mask, direction)
    if starts.size == 0:
        raise UnsuitableAcquisitionError(
            f"no {'row' if direction is Direction.X else 'column'} of the field of view has"
            f" {GROUP_PIXELS} contiguous pixels",
            quantity="contiguous pixels",
            bound=GROUP_PIXELS,
        )
    maxima, minima = (each[starts] for each in extremes)
    merit = percent_of(maxima, minima) if text is Text.NEMA else maxima - minima
    worst = int(merit.argmax())
    maximum, minimum = float(maxima[worst]), float(minima[worst])
    return Group(
        direction=direction,
        percent=100.0 * (maximum - minimum) / (maximum + minimum),
        maximum=maximum,
        minimum=minimum,
        first=divmod(int(starts[worst]), mask.shape[1]),
    )


def _running(
    combine: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]], flat: NDArray[Any], step: int
) -> NDArray[Any]:
    """Combine each pixel with the four that follow it `step` apart, in three passes, not four."""
    if flat.shape[-1] <= (GROUP_PIXELS - 1) * step:
        return flat[..., :0]
    two = combine(flat[..., :-step], flat[..., step:])
    four = combine(two[..., : -2 * step], two[..., 2 * step :])
    return combine(four[..., :-step], flat[..., 4 * step :])


def _any_neighbour(mask: PixelMask) -> PixelMask:
    """Find the pixels with at least one of their four direct neighbours in the mask."""
    found = np.zeros_like(mask)
    found[1:] |= mask[:-1]
    found[:-1] |= mask[1:]
    found[:, 1:] |= mask[:, :-1]
    found[:, :-1] |= mask[:, 1:]
    return found


def _all_neighbours(mask: PixelMask) -> PixelMask:
    """Find the pixels whose four direct neighbours exist and are all in the mask."""
    inside = np.zeros_like(mask)
    inside[1:-1, 1:-1] = mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    return inside


def _connected_to(low: PixelMask, seeds: PixelMask) -> PixelMask:
    """Select the connected areas (over direct neighbours) of low pixels that hold at least one seed."""
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    labels, count = ndimage.label(low)
    chosen = np.zeros(count + 1, dtype=bool)
    chosen[labels[seeds]] = True
    chosen[0] = False
    return np.asarray(chosen[labels])


def _depth(cleared: PixelMask, ufov: PixelMask) -> int:
    """Return how many rings of the UFOV, counted from its border, hold a cleared pixel."""
    depth, remaining = 0, ufov
    while (remaining & cleared).any():
        depth += 1
        remaining = remaining & _all_neighbours(remaining)
    return depth
