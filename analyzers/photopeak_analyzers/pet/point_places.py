"""Where point sources lie in a PET volume, without a copy of the volume.

What stands out is looked for slice by slice as it is stored; physical values are made of the blocks around the
sources alone. A place has a distance from the axis of the scanner, which is the middle of the slices
where nobody says otherwise, and one from the middle of the axial field.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import LARGEST_PIXEL_MM, SMALLEST_PIXEL_MM

Floats = NDArray[np.float64]

SOURCE_LEVEL = 0.2
"""Share of the highest voxel of the volume above which a source is seen."""

LEAST_VOXELS = 4
"""Fewer voxels above the level are no source but noise."""

MOST_SOURCES = 12
MOST_PLACES = 60
"""Places that are looked at before a volume is taken for noise."""

REACH_MM = 15.0
"""A point is above the level no farther from its maximum: 20 % lie at 0.76 FWHM."""

APART_MM = 25.0
"""What lies closer to the maximum of a source is taken as part of it."""

BLOCK_MM = 45.0
"""A block reaches this far to all sides of the maximum."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointPlace:
    """One source in one volume.

    Attributes
    ----------
    voxel
        Highest voxel (slice, row, column).
    right_mm, down_mm
        Of the centroid from the axis of the scanner, along columns and rows.
    axial_mm
        Of the centroid from the middle of the slices.
    axial_share
        The distance from there as a share of the axial extent of the volume.
    """

    voxel: tuple[int, int, int]
    right_mm: float
    down_mm: float
    axial_mm: float
    axial_share: float

    @property
    def radius_mm(self) -> float:
        """Distance from the axis of the scanner."""
        return math.hypot(self.right_mm, self.down_mm)

    @property
    def azimuth_deg(self) -> float:
        """Direction from the axis, from +x (right) to +y (down)."""
        return math.degrees(math.atan2(self.down_mm, self.right_mm))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Physical values around a source, its highest voxel in them, and which pixels lie beside all sources."""

    values: Floats
    peak: tuple[int, int, int]
    voxel_mm: tuple[float, float, float]
    beside: NDArray[np.bool_]


def find_points(
    volume: Volume, axis_mm: tuple[float | None, float | None] = (None, None)
) -> tuple[PointPlace, ...]:
    """Return the point sources of a volume, from the axis outwards.

    Parameters
    ----------
    axis_mm
        Patient coordinates (x, y) of the axis of the scanner; None for the middle of the slices.

    Raises
    ------
    UnsuitableAcquisitionError
        If a voxel has no size, values are no numbers, the volume is empty, what stands out is larger
        than a point, or there are too many places.
    """
    _refuse_impossible_voxels(volume)
    highest = _highest_of_slices(volume)
    level = SOURCE_LEVEL * float(highest.max())
    places, values = _voxels_above(volume, highest, level)
    side = np.array(volume.voxel_spacing_mm)
    found = []
    for _ in range(MOST_PLACES):
        if not values.size:
            break
        top = int(values.argmax())
        distance = np.linalg.norm((places - places[top]) * side, axis=1)
        near = distance <= APART_MM
        own = near & (values > SOURCE_LEVEL * values[top])
        if int(own.sum()) >= LEAST_VOXELS:
            _refuse_extended(float(distance[own].max()))
            # What stands above the level alone: the level cuts a source off smoothly.
            weights = values[own] - SOURCE_LEVEL * values[top]
            centre = weights @ places[own] / float(weights.sum())
            found.append((tuple(int(i) for i in places[top]), centre))
        places, values = places[~near], values[~near]
    if values.size or not 1 <= len(found) <= MOST_SOURCES:
        raise UnsuitableAcquisitionError(
            f"{len(found)} separate places stand out of the volume{' and more' if values.size else ''},"
            f" needs 1 to {MOST_SOURCES}: it shows no point sources",
            quantity="point sources",
            value=len(found),
            bound=MOST_SOURCES,
        )
    placed = (_place(volume, (z, y, x), centre, axis_mm) for (z, y, x), centre in found)
    return tuple(sorted(placed, key=lambda place: place.radius_mm))


def block_around(volume: Volume, place: PointPlace, places: tuple[PointPlace, ...]) -> Block:
    """Return the physical values around a source; `places` are all of the volume."""
    side = volume.voxel_spacing_mm
    reach = [math.ceil(BLOCK_MM / each) for each in side]
    first = [max(c - r, 0) for c, r in zip(place.voxel, reach, strict=True)]
    last = [
        min(c + r + 1, n) for c, r, n in zip(place.voxel, reach, volume.values.shape, strict=True)
    ]
    window = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    values = volume.values[window].astype(np.float64)
    values *= volume.slope[window[0], None, None]
    values += volume.intercept[window[0], None, None]
    rows, columns = (np.arange(first[axis], last[axis]) for axis in (1, 2))
    beside = np.ones((rows.size, columns.size), dtype=bool)
    for each in places:
        down, right = (rows - each.voxel[1]) * side[1], (columns - each.voxel[2]) * side[2]
        beside &= np.hypot(down[:, None], right) > APART_MM
    z, y, x = (c - a for c, a in zip(place.voxel, first, strict=True))
    return Block(values=values, peak=(z, y, x), voxel_mm=side, beside=beside)


def _refuse_impossible_voxels(volume: Volume) -> None:
    for side in volume.voxel_spacing_mm:
        if not SMALLEST_PIXEL_MM <= side <= LARGEST_PIXEL_MM:
            raise UnsuitableAcquisitionError(
                f"a side of the voxel is {side:g} mm,"
                f" needs {SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
                quantity="side of a voxel",
                value=side,
                bound=f"{SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
            )


def _highest_of_slices(volume: Volume) -> Floats:
    slope = volume.slope
    if bool((slope < 0.0).any()):
        raise UnsuitableAcquisitionError(
            f"a slice is scaled by {slope.min():g}, needs a slope of at least 0",
            quantity="rescale slope",
            value=float(slope.min()),
            bound=0.0,
        )
    highest = volume.values.max(axis=(1, 2)) * slope + volume.intercept
    lowest = volume.values.min(axis=(1, 2)) * slope + volume.intercept
    if not (bool(np.isfinite(highest).all()) and bool(np.isfinite(lowest).all())):
        raise UnsuitableAcquisitionError(
            "the volume holds values that are no numbers", quantity="value of a voxel"
        )
    if float(highest.max()) <= 0.0:
        raise UnsuitableAcquisitionError(
            f"the highest voxel is {highest.max():g}, needs more than 0: the volume is empty",
            quantity="value of a voxel",
            value=float(highest.max()),
            bound=0.0,
        )
    return np.asarray(highest)


def _voxels_above(volume: Volume, highest: Floats, level: float) -> tuple[NDArray[np.intp], Floats]:
    """Return (slice, row, column) and value of the voxels above a level."""
    # No more voxels than balls of the reach hold, of as many sources as there may be.
    ball = 4.0 / 3.0 * math.pi * REACH_MM**3
    most = MOST_SOURCES * (math.ceil(ball / math.prod(volume.voxel_spacing_mm)) + LEAST_VOXELS)
    places, values, count = [], [], 0
    for number in np.flatnonzero(highest > level).tolist():
        slope, intercept = float(volume.slope[number]), float(volume.intercept[number])
        if slope == 0.0:
            continue
        rows, columns = np.nonzero(volume.values[number] > (level - intercept) / slope)
        count += rows.size
        if count > most:
            raise UnsuitableAcquisitionError(
                f"more than {most} voxels stand above {100.0 * SOURCE_LEVEL:g} % of the highest one:"
                " the volume shows no point sources",
                quantity="voxels of the sources",
                value=count,
                bound=most,
            )
        places.append(np.stack([np.full(rows.size, number), rows, columns], axis=1))
        values.append(volume.values[number][rows, columns] * slope + intercept)
    if not places:
        return np.zeros((0, 3), dtype=np.intp), np.zeros(0)
    return np.concatenate(places), np.concatenate(values).astype(np.float64)


def _refuse_extended(reach_mm: float) -> None:
    if reach_mm > REACH_MM:
        raise UnsuitableAcquisitionError(
            f"what stands out reaches {reach_mm:.0f} mm from its highest voxel,"
            f" needs at most {REACH_MM:g} mm: it is no point source",
            quantity="extent of a source",
            value=reach_mm,
            bound=REACH_MM,
        )


def _place(
    volume: Volume,
    voxel: tuple[int, int, int],
    centre: Floats,
    axis_mm: tuple[float | None, float | None],
) -> PointPlace:
    slices, rows, columns = volume.values.shape
    middle = np.array([(slices - 1) / 2.0, (rows - 1) / 2.0, (columns - 1) / 2.0, 1.0])
    x, y = (volume.affine @ middle)[:2]
    axis = np.array(
        [x if axis_mm[0] is None else axis_mm[0], y if axis_mm[1] is None else axis_mm[1]]
    )
    at = (volume.affine @ np.append(centre, 1.0))[:2] - axis
    side = volume.voxel_spacing_mm
    # Along the columns and rows of the slices, whichever way they lie in the patient.
    right, down = (volume.affine[:2, axis_of] / side[axis_of] for axis_of in (2, 1))
    axial = (float(centre[0]) - middle[0]) * side[0]
    return PointPlace(
        voxel=voxel,
        right_mm=float(at @ right),
        down_mm=float(at @ down),
        axial_mm=axial,
        axial_share=abs(axial) / (slices * side[0]),
    )
