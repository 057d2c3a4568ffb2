"""Where a slice lies: the one thing about geometry that a header alone tells."""

from __future__ import annotations

import math

from photopeak.reading.dataset import DataSet

LARGEST_POSITION_MM = 1e6
"""A kilometre; what lies farther away is no position."""
UNIT_TOLERANCE = 1e-2
"""Largest deviation of a direction cosine vector from length 1, and of two from a right angle."""


Vector = tuple[float, float, float]


def dot(a: Vector, b: Vector) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Return the vector product."""
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def direction_cosines(data_set: DataSet) -> tuple[Vector, Vector] | None:
    """Return the directions of rows and columns; None unless they are two perpendicular units."""
    values = data_set.numbers("ImageOrientationPatient")
    if len(values) != 6:
        return None
    along_row = (values[0], values[1], values[2])
    along_column = (values[3], values[4], values[5])
    for vector in (along_row, along_column):
        if abs(math.hypot(*vector) - 1.0) > UNIT_TOLERANCE:
            return None
    if abs(dot(along_row, along_column)) > UNIT_TOLERANCE:
        return None
    return along_row, along_column


def image_position_mm(data_set: DataSet) -> Vector | None:
    """Return ImagePositionPatient in mm; None unless it is three numbers."""
    values = data_set.numbers("ImagePositionPatient")
    if len(values) != 3 or max(abs(value) for value in values) > LARGEST_POSITION_MM:
        return None
    return values[0], values[1], values[2]


def slice_position_mm(data_set: DataSet) -> float | None:
    """Return the position of a slice along its normal, in mm; None when the header does not tell."""
    directions, position = direction_cosines(data_set), image_position_mm(data_set)
    if directions is None or position is None:
        return None
    along = dot(cross(*directions), position)
    return along if math.isfinite(along) else None


def pixel_spacing_mm(data_set: DataSet) -> tuple[float, float] | None:
    """Return (row spacing, column spacing) in mm; None when absent or impossible."""
    values = data_set.numbers("PixelSpacing")
    if len(values) != 2 or not all(0.0 < value < 1000.0 for value in values):
        return None
    return values[0], values[1]
