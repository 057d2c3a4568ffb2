"""Regions of interest that take pixels in part: circles, rings, rectangles and their sums.

A pixel on the rim counts with the share of its area that lies inside, so that a result moves
smoothly with the region. Areas of circles are exact, not sampled. Positions are (row, column) of
0-based pixel centres, lengths are mm; a pixel may be a rectangle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """Shares of the pixels of an image that lie in a region.

    Attributes
    ----------
    rows, columns
        The part of the image around the region.
    weights
        Share of each pixel of that part, 0 to 1.
    inside
        Share of the region that lies in the image, 0 to 1.
    """

    rows: slice
    columns: slice
    weights: Floats
    inside: float

    @property
    def pixels(self) -> float:
        """Area in pixels."""
        return float(self.weights.sum())

    def total(self, image: Counts) -> Estimate:
        """Return the counts in the region of an image of Poisson counts."""
        part = np.asarray(image[self.rows, self.columns], dtype=np.float64)
        return Estimate(
            value=float(np.sum(self.weights * part)),
            uncertainty=math.sqrt(max(float(np.sum(self.weights**2 * part)), 0.0)),
        )

    def mean(self, image: Counts) -> Estimate:
        """Return the mean per pixel of an image of Poisson counts."""
        total, pixels = self.total(image), self._some_pixels()
        return Estimate(value=total.value / pixels, uncertainty=total.uncertainty / pixels)

    def deviation(self, image: Counts) -> float:
        """Return the standard deviation of the pixels, each with its share."""
        part = np.asarray(image[self.rows, self.columns], dtype=np.float64)
        pixels = self._some_pixels()
        mean = float(np.sum(self.weights * part)) / pixels
        return math.sqrt(float(np.sum(self.weights * (part - mean) ** 2)) / pixels)

    def highest(self, image: Counts, *, least_share: float = 0.5) -> float:
        """Return the highest pixel of which at least `least_share` lies in the region."""
        part = np.asarray(image[self.rows, self.columns])[self.weights >= least_share]
        if not part.size:
            self._refuse_empty()
        return float(part.max())

    def mask(self, shape: tuple[int, int], *, least_share: float = 0.5) -> NDArray[np.bool_]:
        """Return the pixels of which at least `least_share` lies in the region."""
        found = np.zeros(shape, dtype=bool)
        found[self.rows, self.columns] = self.weights >= least_share
        return found

    def _some_pixels(self) -> float:
        pixels = self.pixels
        if not pixels > 0.0:
            self._refuse_empty()
        return pixels

    def _refuse_empty(self) -> None:
        raise UnsuitableAcquisitionError(
            "the region holds no pixel of the image",
            quantity="pixels of the region",
            value=self.pixels,
            bound=0.0,
        )


def circle(
    shape: tuple[int, int],
    centre: tuple[float, float],
    radius_mm: float,
    pixel_mm: tuple[float, float],
) -> Region:
    """Return a circle about a point of an image.

    Parameters
    ----------
    shape
        (rows, columns) of the image.
    centre
        (row, column); it may lie between pixels, or beyond the image.
    pixel_mm
        (row, column) spacing.
    """
    _refuse_length("radius", radius_mm)
    rows, columns = (
        _span(c, radius_mm / p, n) for c, p, n in zip(centre, pixel_mm, shape, strict=True)
    )
    # Borders of the pixels, from the centre of the circle.
    y = (np.arange(rows.start, rows.stop + 1) - 0.5 - centre[0]) * pixel_mm[0]
    x = (np.arange(columns.start, columns.stop + 1) - 0.5 - centre[1]) * pixel_mm[1]
    corner = _area_below(x[None, :], y[:, None], radius_mm)
    area = np.diff(np.diff(corner, axis=0), axis=1)
    weights = np.clip(area / (pixel_mm[0] * pixel_mm[1]), 0.0, 1.0)
    return Region(
        rows=rows,
        columns=columns,
        weights=weights,
        inside=float(area.sum()) / (math.pi * radius_mm * radius_mm),
    )


def ring(
    shape: tuple[int, int],
    centre: tuple[float, float],
    inner_mm: float,
    outer_mm: float,
    pixel_mm: tuple[float, float],
) -> Region:
    """Return what lies between two circles, such as the background around a source."""
    outer = circle(shape, centre, outer_mm, pixel_mm)
    if not 0.0 < inner_mm < outer_mm:
        raise UnsuitableAcquisitionError(
            f"a ring from {inner_mm:g} to {outer_mm:g} mm, needs 0 < inner < outer",
            quantity="inner radius",
            value=inner_mm,
            bound=outer_mm,
        )
    inner = circle(shape, centre, inner_mm, pixel_mm)
    weights = outer.weights.copy()
    top, left = inner.rows.start - outer.rows.start, inner.columns.start - outer.columns.start
    height, width = inner.weights.shape
    weights[top : top + height, left : left + width] -= inner.weights
    area = math.pi * (outer_mm**2 - inner_mm**2) / (pixel_mm[0] * pixel_mm[1])
    weights = np.clip(weights, 0.0, 1.0)
    return Region(
        rows=outer.rows,
        columns=outer.columns,
        weights=weights,
        inside=float(weights.sum()) / area,
    )


def rectangle(
    shape: tuple[int, int],
    centre: tuple[float, float],
    size_mm: tuple[float, float],
    pixel_mm: tuple[float, float],
) -> Region:
    """Return a rectangle of (height, width) about a point of an image."""
    slices, shares = [], []
    for c, side, p, n in zip(centre, size_mm, pixel_mm, shape, strict=True):
        _refuse_length("side", side)
        half = side / 2.0 / p
        span = _span(c, half, n)
        position = np.arange(span.start, span.stop)
        lower = np.maximum(position - 0.5, c - half)
        upper = np.minimum(position + 0.5, c + half)
        slices.append(span)
        shares.append(np.maximum(upper - lower, 0.0))
    weights = np.outer(*shares)
    area = size_mm[0] * size_mm[1] / (pixel_mm[0] * pixel_mm[1])
    return Region(
        rows=slices[0], columns=slices[1], weights=weights, inside=float(weights.sum()) / area
    )


def net_counts(image: Counts, region: Region, background: Region) -> Estimate:
    """Return the counts of a region less those that a background region says are under it.

    ``N - B a / b`` with the areas a and b; ``u**2 = u(N)**2 + (a / b)**2 u(B)**2``.
    """
    gross, below = region.total(image), background.mean(image)
    area = region.pixels
    return Estimate(
        value=gross.value - area * below.value,
        uncertainty=math.hypot(gross.uncertainty, area * below.uncertainty),
    )


def less_background(
    image: Counts, duration_s: float, background: Counts, background_duration_s: float
) -> tuple[Floats, Floats]:
    """Return an image less its background scaled by time, and the variance of each pixel.

    ``N - B t / t_b`` with the variance ``N + B (t / t_b)**2``: net pixels may be negative.
    """
    if image.shape != background.shape:
        raise UnsuitableAcquisitionError(
            f"the background has {background.shape} pixels, the image {image.shape}",
            quantity="matrix of the background",
        )
    for name, value in (("image", duration_s), ("background", background_duration_s)):
        if not (math.isfinite(value) and value > 0.0):
            raise UnsuitableAcquisitionError(
                f"the duration of the {name} is {value:g} s, needs more than 0 s",
                quantity=f"duration of the {name}",
                value=value,
                bound=0.0,
            )
    scale = duration_s / background_duration_s
    gross = np.asarray(image, dtype=np.float64)
    below = np.asarray(background, dtype=np.float64)
    return gross - scale * below, gross + scale * scale * below


def _span(centre: float, half: float, size: int) -> slice:
    first = min(max(math.floor(centre - half + 0.5), 0), size)
    last = max(min(math.floor(centre + half + 0.5) + 1, size), first)
    return slice(first, last)


def _refuse_length(name: str, value_mm: float) -> None:
    if not (math.isfinite(value_mm) and value_mm > 0.0):
        raise UnsuitableAcquisitionError(
            f"the {name} of the region is {value_mm:g} mm, needs more than 0 mm",
            quantity=f"{name} of the region",
            value=value_mm,
            bound=0.0,
        )


def _area_below(x: ArrayLike, y: ArrayLike, radius: float) -> Floats:
    """Return the area of the circle about 0 in which both coordinates are below x and y.

    With ``s = sqrt(r**2 - x**2)`` and, for y >= 0, ``a = sqrt(r**2 - y**2)``, it is the integral of
    ``s + min(s, y)``, whose second part is ``y`` between -a and a; for y < 0 the mirror image is
    taken from the whole.
    """
    across = np.clip(np.asarray(x, dtype=np.float64), -radius, radius)
    up = np.clip(np.asarray(y, dtype=np.float64), -radius, radius)
    height = np.abs(up)
    reach = np.sqrt(radius * radius - height * height)

    def half_area(t: Floats) -> Floats:
        # Integral of s from -r to t.
        root = np.sqrt(np.maximum(radius * radius - t * t, 0.0))
        turn = radius * radius * (np.arcsin(np.clip(t / radius, -1.0, 1.0)) + math.pi / 2.0)
        return np.asarray((t * root + turn) / 2.0)

    lower = half_area(across)
    capped = (
        half_area(np.minimum(across, -reach))
        + height * (np.clip(across, -reach, reach) + reach)
        + half_area(np.maximum(across, reach))
        - half_area(reach)
    )
    return np.asarray(np.where(up >= 0.0, lower + capped, lower - capped))
