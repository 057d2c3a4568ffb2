"""Fields of view: what the maker declares as UFOV, the CFOV derived from it, and their pixels.

Lengths are in mm and refer to the image: width along a row (X), height along a column (Y).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import ParameterError

CFOV_SCALE = 0.75
"""Every linear dimension of the CFOV relative to the UFOV. IEC 60789 / GB/T 18989-2013 2.3.2.2."""

SMALLEST_MM = 20.0
"""Smallest dimension of a field of view that is believed, in mm: a hand-held probe has 40."""

LARGEST_MM = 1200.0
"""Largest dimension of a field of view that is believed, in mm: twice the largest detector."""

SUBPIXELS = 8
"""Points per side of a pixel at which a curved or slanted border is sampled."""

AREA_TOLERANCE = 1e-5
"""Fractions of area within this of one half count as one half: spacings are written with seven
digits, and the border may lie a hundred pixels from the centre."""

PixelMask = NDArray[np.bool_]
"""True where a pixel belongs to a field, shape ``(rows, columns)``."""


class Shape(StrEnum):
    """Outline of a field of view; POLYGON is a rectangle with its four corners cut at 45 degrees."""

    RECTANGLE = "rectangle"
    CIRCLE = "circle"
    POLYGON = "polygon"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOfView:
    """A field of view as declared.

    Attributes
    ----------
    width_mm, height_mm
        Along a row and along a column; equal for a circle, whose diameter they are.
    corner_cut_mm
        Length of both legs of the triangle cut off each corner; only of a polygon.
    centre_offset_mm
        (row, column) offset of its centre from the centre of the matrix.
    """

    shape: Shape = Shape.RECTANGLE
    width_mm: float
    height_mm: float
    corner_cut_mm: float = 0.0
    centre_offset_mm: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        for name, value in (("width", self.width_mm), ("height", self.height_mm)):
            if not (math.isfinite(value) and SMALLEST_MM <= value <= LARGEST_MM):
                raise ParameterError(
                    f"{name} of the field of view is {value:g} mm,"
                    f" needs {SMALLEST_MM:g} to {LARGEST_MM:g} mm",
                    quantity=f"{name} of the field of view",
                    value=value,
                    bound=SMALLEST_MM if value < SMALLEST_MM else LARGEST_MM,
                )
        if not all(math.isfinite(v) and abs(v) <= LARGEST_MM for v in self.centre_offset_mm):
            row, column = self.centre_offset_mm
            raise ParameterError(
                f"centre of the field of view is off by ({row:g}, {column:g}) mm,"
                f" needs at most {LARGEST_MM:g} mm",
                quantity="centre of the field of view",
                bound=LARGEST_MM,
            )
        if self.shape is Shape.CIRCLE and self.width_mm != self.height_mm:
            raise ParameterError(
                f"a circle of {self.width_mm:g} x {self.height_mm:g} mm has two diameters",
                quantity="diameter of the field of view",
                value=self.height_mm,
                bound=self.width_mm,
            )
        longest_cut = min(self.width_mm, self.height_mm) / 2.0
        if self.shape is Shape.POLYGON:
            if not 0.0 < self.corner_cut_mm <= longest_cut:
                raise ParameterError(
                    f"corners are cut by {self.corner_cut_mm:g} mm,"
                    f" needs more than 0 and at most {longest_cut:g} mm",
                    quantity="corner cut",
                    value=self.corner_cut_mm,
                    bound=longest_cut,
                )
        elif self.corner_cut_mm != 0.0:
            raise ParameterError(
                f"a {self.shape} has no corner to cut by {self.corner_cut_mm:g} mm",
                quantity="corner cut",
                value=self.corner_cut_mm,
                bound=0.0,
            )

    @property
    def longest_mm(self) -> float:
        """Longest side, or the diameter."""
        return max(self.width_mm, self.height_mm)

    def scaled(self, factor: float) -> FieldOfView:
        """Return the field with every linear dimension scaled about the same centre."""
        return dataclasses.replace(
            self,
            width_mm=self.width_mm * factor,
            height_mm=self.height_mm * factor,
            corner_cut_mm=self.corner_cut_mm * factor,
        )

    def centre_pixel(
        self, pixel_mm: tuple[float, float], matrix_centre: tuple[float, float]
    ) -> tuple[float, float]:
        """Return (row, column) of the centre of the field, in pixels of the image.

        `matrix_centre` is the centre of the acquired matrix in the same pixels.
        """
        return (
            matrix_centre[0] + self.centre_offset_mm[0] / pixel_mm[0],
            matrix_centre[1] + self.centre_offset_mm[1] / pixel_mm[1],
        )

    def holds(self, y_mm: NDArray[np.float64], x_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which places lie in the field or on its border; mm from the centre of the matrix."""
        y = np.abs(np.asarray(y_mm) - self.centre_offset_mm[0])
        x = np.abs(np.asarray(x_mm) - self.centre_offset_mm[1])
        slack = 1.0 + AREA_TOLERANCE
        if self.shape is Shape.CIRCLE:
            return np.asarray(np.hypot(y, x) <= self.width_mm / 2.0 * slack)
        inside = (y <= self.height_mm / 2.0 * slack) & (x <= self.width_mm / 2.0 * slack)
        if self.shape is Shape.POLYGON:
            diagonal = (self.width_mm + self.height_mm) / 2.0 - self.corner_cut_mm
            inside &= y + x <= diagonal * slack
        return np.asarray(inside)

    def area_fraction(
        self,
        shape: tuple[int, int],
        pixel_mm: tuple[float, float],
        matrix_centre: tuple[float, float] | None = None,
    ) -> NDArray[np.float64]:
        """Return how much of each pixel's area lies in the field, 0 to 1.

        Exact for a rectangle; otherwise sampled at 8 x 8 points per pixel.

        Parameters
        ----------
        shape
            (rows, columns) of the image.
        pixel_mm
            (row, column) spacing of its pixels in mm.
        matrix_centre
            (row, column) of the centre of the acquired matrix; by default the image's own.
        """
        if matrix_centre is None:
            matrix_centre = ((shape[0] - 1) / 2.0, (shape[1] - 1) / 2.0)
        centre = self.centre_pixel(pixel_mm, matrix_centre)
        half_height = self.height_mm / 2.0 / pixel_mm[0]
        half_width = self.width_mm / 2.0 / pixel_mm[1]
        if self.shape is Shape.RECTANGLE:
            return np.outer(
                _overlap(shape[0], centre[0], half_height),
                _overlap(shape[1], centre[1], half_width),
            )
        y = _subpixel_positions(shape[0], centre[0]) * pixel_mm[0]
        x = _subpixel_positions(shape[1], centre[1]) * pixel_mm[1]
        if self.shape is Shape.CIRCLE:
            radius = self.width_mm / 2.0 * (1.0 + AREA_TOLERANCE)
            inside = y[:, None] ** 2 + x**2 <= radius * radius
        else:
            y, x = np.abs(y), np.abs(x)
            slack = 1.0 + AREA_TOLERANCE
            diagonal = (self.width_mm + self.height_mm) / 2.0 - self.corner_cut_mm
            inside = (
                (y[:, None] <= self.height_mm / 2.0 * slack)
                & (x <= self.width_mm / 2.0 * slack)
                & (y[:, None] + x <= diagonal * slack)
            )
        # The rows of points of one pixel are added as bytes first: at most 8, far from overflow.
        by_row = inside.view(np.uint8).reshape(shape[0], SUBPIXELS, -1).sum(axis=1, dtype=np.uint8)
        sampled = by_row.reshape(*shape, SUBPIXELS).sum(axis=2, dtype=np.uint8)
        return np.asarray(sampled / float(SUBPIXELS * SUBPIXELS))

    def mask(
        self,
        shape: tuple[int, int],
        pixel_mm: tuple[float, float],
        matrix_centre: tuple[float, float] | None = None,
    ) -> PixelMask:
        """Return the pixels of which at least half the area lies in the field.

        Exactly one half counts. NEMA NU 1-2007 2.4, IEC 60789 (GB/T 18989-2013 E.4.4, 3.3.1.1.3).
        """
        fraction = self.area_fraction(shape, pixel_mm, matrix_centre)
        return fraction >= 0.5 - AREA_TOLERANCE

    def pixels_beyond(
        self,
        shape: tuple[int, int],
        pixel_mm: tuple[float, float],
        matrix_centre: tuple[float, float],
    ) -> int:
        """Return how many pixels of the field lie beyond the borders of the image."""
        centre = self.centre_pixel(pixel_mm, matrix_centre)
        reach = (self.height_mm / 2.0 / pixel_mm[0], self.width_mm / 2.0 / pixel_mm[1])
        before = [max(0, math.ceil(r - c - 0.5)) for c, r in zip(centre, reach, strict=True)]
        after = [
            max(0, math.ceil(c + r - (n - 0.5)))
            for c, r, n in zip(centre, reach, shape, strict=True)
        ]
        if not any(before) and not any(after):
            return 0
        extended = self.mask(
            (shape[0] + before[0] + after[0], shape[1] + before[1] + after[1]),
            pixel_mm,
            (matrix_centre[0] + before[0], matrix_centre[1] + before[1]),
        )
        within = extended[before[0] : before[0] + shape[0], before[1] : before[1] + shape[1]]
        return int(np.count_nonzero(extended)) - int(np.count_nonzero(within))

    def outline(
        self, pixel_mm: tuple[float, float], matrix_centre: tuple[float, float]
    ) -> tuple[tuple[float, float], ...]:
        """Return the corners of the outline as (row, column) in pixels of the image."""
        centre_row, centre_column = self.centre_pixel(pixel_mm, matrix_centre)
        h, w, cut = self.height_mm / 2.0, self.width_mm / 2.0, self.corner_cut_mm
        if self.shape is Shape.CIRCLE:
            angles = [2.0 * math.pi * i / 72 for i in range(72)]
            points = [(w * math.sin(a), w * math.cos(a)) for a in angles]
        elif self.shape is Shape.POLYGON:
            points = [
                (-h, -w + cut),
                (-h, w - cut),
                (-h + cut, w),
                (h - cut, w),
                (h, w - cut),
                (h, -w + cut),
                (h - cut, -w),
                (-h + cut, -w),
            ]
        else:
            points = [(-h, -w), (-h, w), (h, w), (h, -w)]
        return tuple(
            (centre_row + y / pixel_mm[0], centre_column + x / pixel_mm[1]) for y, x in points
        )


def _overlap(size: int, centre: float, half: float) -> NDArray[np.float64]:
    """Fraction of each of `size` pixels that lies within `half` pixels of `centre`."""
    positions = np.arange(size, dtype=np.float64)
    lower = np.maximum(positions - 0.5, centre - half)
    upper = np.minimum(positions + 0.5, centre + half)
    return np.asarray(np.maximum(upper - lower, 0.0))


def _subpixel_positions(size: int, centre: float) -> NDArray[np.float64]:
    """Distances of the sampling points along one axis from `centre`, in pixels."""
    points = np.arange(size * SUBPIXELS, dtype=np.float64)
    return np.asarray((points + 0.5) / SUBPIXELS - 0.5 - centre)
