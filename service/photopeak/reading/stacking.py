"""Slices in space: sorted along their normal, and refused unless they make one regular volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak.reading.errors import DoubleSliceError, GeometryError
from photopeak.reading.geometry import Vector, cross, dot

SAME_POSITION_MM = 0.01
"""Closer slices are the same slice twice; no scanner has such thin ones."""
ORIENTATION_TOLERANCE = 1e-3
"""Largest difference of direction cosines of slices that count as parallel: 0.06 degrees."""
GAP_TOLERANCE = 0.05
"""Largest deviation of one gap from the usual one; scanners move by less."""
ROUNDING_MM = 0.11
"""Gaps of positions that were rounded to 0.1 mm differ by as much."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Where one slice lies: position of its first pixel, directions, (row, column) spacing, in mm."""

    position: Vector
    directions: tuple[Vector, Vector]
    spacing_mm: tuple[float, float]


def stack(
    planes: Sequence[Plane], thickness_mm: float | None
) -> tuple[list[int], NDArray[np.float64]]:
    """Return the order of the slices along their normal and the affine of the volume.

    Parameters
    ----------
    planes
        The slices in any order.
    thickness_mm
        Spacing of a single slice; not used for more.

    Raises
    ------
    GeometryError
        If they are turned against each other, differ in spacing, or a slice is missing.
    DoubleSliceError
        If several slices lie at the same place.
    """
    first = planes[0]
    normal = cross(*first.directions)
    for plane in planes:
        for a, b in zip(plane.directions, first.directions, strict=True):
            if max(abs(x - y) for x, y in zip(a, b, strict=True)) > ORIENTATION_TOLERANCE:
                raise GeometryError("the slices of the series are turned against each other")
        if max(abs(x - y) for x, y in zip(plane.spacing_mm, first.spacing_mm, strict=True)) > 1e-4:
            raise GeometryError(
                f"pixel spacings of {first.spacing_mm[0]:g} and {plane.spacing_mm[0]:g} mm"
                " stand in one series"
            )
    along = np.array([dot(normal, plane.position) for plane in planes])
    order = [int(index) for index in np.argsort(along, kind="stable")]
    if len(order) == 1:
        if not thickness_mm or thickness_mm <= 0.0:
            raise GeometryError("a single slice without SliceThickness has no extent")
        step = np.array(normal) * thickness_mm
    else:
        step = _step(np.array([planes[i].position for i in order]), along[order])
    start = planes[order[0]]
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = np.array(start.directions[1]) * start.spacing_mm[0]
    affine[:3, 2] = np.array(start.directions[0]) * start.spacing_mm[1]
    affine[:3, 3] = start.position
    return order, affine


def put_in_order(values: NDArray[Any], order: Sequence[int]) -> None:
    """Move the slices in place, so that the first one is `order[0]`: a copy would take as much again.

    Parameters
    ----------
    values
        Shape ``(slices, rows, columns)``.
    order
        Every slice once.
    """
    done = bytearray(len(order))
    for start in range(len(order)):
        if done[start] or order[start] == start:
            continue
        kept, place = values[start].copy(), start
        while order[place] != start:
            values[place] = values[order[place]]
            done[place], place = 1, order[place]
        values[place] = kept
        done[place] = 1


def _step(positions: NDArray[np.float64], along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the vector from one slice to the next."""
    gaps = np.diff(along)
    usual = float(np.median(gaps))
    narrow = np.flatnonzero(gaps < SAME_POSITION_MM)
    if narrow.size:
        index = int(narrow[0])
        raise DoubleSliceError(
            f"{np.union1d(narrow, narrow + 1).size} slices at the same places, the first at {along[index]:.2f} mm: a slice"
            " came twice, or the series has several time frames"
        )
    odd = np.flatnonzero(np.abs(gaps - usual) > max(GAP_TOLERANCE * usual, ROUNDING_MM))
    if odd.size:
        index = int(odd[np.argmax(gaps[odd])])
        raise GeometryError(
            f"a gap of {gaps[index]:.2f} mm between the slices at {along[index]:.2f} and"
            f" {along[index + 1]:.2f} mm, where the others are {usual:.2f} mm apart"
        )
    step: NDArray[np.float64] = (positions[-1] - positions[0]) / (len(positions) - 1)
    ideal = positions[0] + np.arange(len(positions))[:, None] * step
    off = float(np.abs(positions - ideal).max())
    if off > max(GAP_TOLERANCE * usual, ROUNDING_MM):
        raise GeometryError(f"the slices do not lie on a line: one is {off:.2f} mm beside it")
    return step
