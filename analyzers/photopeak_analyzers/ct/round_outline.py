"""Where a round phantom lies in a slice of CT, whatever it lies on.

The largest circle that fits into what is denser than halfway from air to water tells about where its
middle is; rays from there tell where its surface is, on each for itself. Those that agree on a circle
make it: a table or a holder that touches the phantom only takes away some of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError

Floats = NDArray[np.float64]

SURFACE_HU = -500.0
"""Halfway from air to water: the blurred surface of the phantom."""

PADDING_HU = -1500.0
"""Below this nothing was measured: what scanners fill in outside of their field of view."""

RAYS = 180
STEP_MM = 0.5
SMALLEST_RADIUS_MM = 20.0
"""A smaller circle is no phantom of water."""

BEYOND = 1.3
"""Rays are followed so many radii out, and ROOM_MM."""

ROOM_MM = 20.0
AGREES_MM = 2.0
"""Distance of the surface on a ray from the circle up to which the ray belongs to it."""

ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOutline:
    """The surface of a round phantom in a slice.

    Attributes
    ----------
    centre
        (row, column), 0-based pixel centres.
    agreeing
        Share of the rays that lie on the circle.
    deviation_mm
        Standard deviation of their distances from it.
    cut
        Share of the rays that leave the image, or what was measured of it, inside the phantom.
    """

    centre: tuple[float, float]
    radius_mm: float
    agreeing: float
    deviation_mm: float
    cut: float


def outline(image: Floats, pixel_mm: tuple[float, float]) -> RoundOutline:
    """Return the outline of the largest round thing in a slice in HU.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing as dense as water is large enough.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    dense = ndimage.binary_fill_holes(image > SURFACE_HU)
    # A rim of air: what reaches the border of the image ends there.
    depth = ndimage.distance_transform_edt(np.pad(dense, 1), sampling=pixel_mm)[1:-1, 1:-1]
    radius = float(depth.max())
    if radius < SMALLEST_RADIUS_MM:
        raise UnsuitableAcquisitionError(
            f"the largest circle that is denser than {SURFACE_HU:g} HU has a radius of {radius:.0f} mm,"
            f" needs {SMALLEST_RADIUS_MM:g} mm: no phantom stands out of air",
            quantity="radius of the phantom",
            value=radius,
            bound=SMALLEST_RADIUS_MM,
        )
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    centre = (float(row), float(column))
    for _ in range(ROUNDS):
        surface, cut = _surface(image, centre, radius, pixel_mm)
        found = surface[np.isfinite(surface[:, 0])]
        centre, radius, off = _circle(found, centre, radius, pixel_mm)
    near = np.abs(off) <= AGREES_MM
    return RoundOutline(
        centre=centre,
        radius_mm=radius,
        agreeing=float(near.sum()) / RAYS,
        deviation_mm=float(off[near].std()) if near.any() else 0.0,
        cut=cut,
    )


def _surface(
    image: Floats, centre: tuple[float, float], radius_mm: float, pixel_mm: tuple[float, float]
) -> tuple[Floats, float]:
    """Return (row, column) of the surface on each ray, NaN where it is cut, and how many are."""
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    angles = np.arange(RAYS) * (2.0 * math.pi / RAYS)
    distance = np.arange(0.7 * radius_mm, BEYOND * radius_mm + ROOM_MM, STEP_MM)
    rows = centre[0] + np.outer(np.sin(angles), distance) / pixel_mm[0]
    columns = centre[1] + np.outer(np.cos(angles), distance) / pixel_mm[1]
    values = ndimage.map_coordinates(
        image, np.stack([rows, columns]), order=1, mode="constant", cval=-np.inf
    )
    values = np.where(np.isfinite(values), values, 2.0 * PADDING_HU)
    below = values <= SURFACE_HU
    first = below.argmax(axis=1)
    each = np.arange(RAYS)
    outside = values[each, first]
    # Two steps farther, for padding is smeared by the interpolation.
    farther = values[each, np.minimum(first + 4, distance.size - 1)]
    cut = below.any(axis=1) & (np.minimum(outside, farther) < PADDING_HU)
    inside = values[each, np.maximum(first - 1, 0)]
    good = below.any(axis=1) & (first > 0) & ~cut
    share = np.where(good, (inside - SURFACE_HU) / np.where(good, inside - outside, 1.0), np.nan)
    at = distance[np.maximum(first - 1, 0)] + share * STEP_MM
    surface = np.stack(
        [
            centre[0] + at * np.sin(angles) / pixel_mm[0],
            centre[1] + at * np.cos(angles) / pixel_mm[1],
        ],
        axis=1,
    )
    return surface, float(cut.mean())


def _circle(
    surface: Floats,
    centre: tuple[float, float],
    radius_mm: float,
    pixel_mm: tuple[float, float],
) -> tuple[tuple[float, float], float, Floats]:
    """Return the circle through most of the places, and how far each is from it, in mm."""
    if len(surface) < RAYS // 4:
        return centre, radius_mm, np.full(max(len(surface), 1), np.inf)
    y, x = surface[:, 0] * pixel_mm[0], surface[:, 1] * pixel_mm[1]
    down, right = centre[0] * pixel_mm[0], centre[1] * pixel_mm[1]
    # What lies far from the usual radius first, what lies off the circle then.
    radius = float(np.median(np.hypot(y - down, x - right)))
    off = np.hypot(y - down, x - right) - radius
    for reach in (4.0 * AGREES_MM, AGREES_MM, AGREES_MM):
        near = np.abs(off) <= reach
        if near.sum() < RAYS // 4:
            break
        down, right, radius = _least_squares(y[near], x[near])
        off = np.hypot(y - down, x - right) - radius
    return (down / pixel_mm[0], right / pixel_mm[1]), radius, off


def _least_squares(y: Floats, x: Floats) -> tuple[float, float, float]:
    """Return (y, x) and radius of the circle ``y**2 + x**2 = 2 b y + 2 a x + c``."""
    matrix = np.stack([2.0 * y, 2.0 * x, np.ones(y.size)], axis=1)
    (b, a, c), *_ = np.linalg.lstsq(matrix, y * y + x * x, rcond=None)
    return float(b), float(a), math.sqrt(max(float(c + a * a + b * b), 0.0))
