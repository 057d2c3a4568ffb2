"""How a cylinder falls towards its axis, and what is left in a cold rod along it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.cylinder import Cylinder, distance_mm
from photopeak_analyzers.numerics.regions import circle
from photopeak_analyzers.numerics.slice_scatter import correlated_excess, scatter_of_mean
from photopeak_analyzers.spect.reconstruction import Floats, Reconstruction
from photopeak_analyzers.spect.slab_noise import PixelMask, Slab, slab_of

CENTRE_SHARE = 0.3
EDGE_SHARES = (0.7, 0.9)
"""Shares of the radius whose means make the cupping ratio."""

INNER_SHARE = 0.85
"""Share of the radius that no wall reaches, where a rod is looked for."""

RESIDUAL_SHARE = 0.6
"""Diameter of the circle in a rod over that of the rod: 30 mm in 50 mm, as for the lung insert."""

BESIDE_MM = 20.0
"""Background keeps this far from the wall of a rod."""

LEAST_PIXELS = 12
"""Fewer pixels tell no mean."""

LEAST_SLICES = 4
"""Fewer tell nothing of the noise."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceQuotient:
    """A quotient over all slices, and by how much each of them deviates from it.

    Attributes
    ----------
    first
        Number of the first slice.
    """

    value: float
    deviations: Floats
    first: int
    excess: float

    @property
    def uncertainty(self) -> float:
        """Standard uncertainty by the scatter of the slices."""
        return scatter_of_mean(self.deviations, self.excess)

    def over(self, other: SliceQuotient) -> tuple[float, float]:
        """Return the quotient of two, and its uncertainty.

        Reconstructions of the same views share their noise, slice by slice; where the slices are not
        the same, what they share is not taken off.
        """
        value = self.value / other.value
        shares = (self.deviations / self.value, other.deviations / other.value)
        if self.first == other.first and shares[0].size == shares[1].size:
            excess = max(self.excess, other.excess)
            return value, abs(value) * scatter_of_mean(shares[0] - shares[1], excess)
        relative = math.hypot(self.uncertainty / self.value, other.uncertainty / other.value)
        return value, abs(value) * relative


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CylinderSlab:
    """The middle slices of a cylinder, as one and each, with the distance of pixels from the axis.

    Attributes
    ----------
    first
        Number of the first of `slices`.
    excess
        What the correlation of neighbouring slices does to a mean over them.
    """

    slab: Slab
    slices: Floats
    first: int
    excess: float
    cylinder: Cylinder
    distance: Floats
    pixel_mm: tuple[float, float]

    def means(self, where: PixelMask) -> Floats | None:
        """Return the mean of some pixels in each slice; None for too few."""
        if int(where.sum()) < LEAST_PIXELS:
            return None
        return np.asarray(self.slices[:, where].mean(axis=1))

    def quotient(self, above: Floats, below: Floats) -> SliceQuotient:
        """Return the quotient of two numbers of each slice."""
        value = float(above.mean() / below.mean())
        return SliceQuotient(
            value=value,
            deviations=(above - value * below) / float(below.mean()),
            first=self.first,
            excess=self.excess,
        )

    def away(self, offset_mm: tuple[float, float] | None, reach_mm: float) -> PixelMask:
        """Return the pixels farther than a reach from a point beside the axis; all without one."""
        if offset_mm is None:
            return np.ones(self.distance.shape, dtype=bool)
        centre = self.at(offset_mm)
        return np.asarray(distance_mm(self.distance.shape, centre, self.pixel_mm) > reach_mm)

    def at(self, offset_mm: tuple[float, float]) -> tuple[float, float]:
        """Return (row, column) of a point beside the axis."""
        row, column = (
            c + offset / side
            for c, offset, side in zip(self.cylinder.centre, offset_mm, self.pixel_mm, strict=True)
        )
        return row, column


def cylinder_slab(
    reconstruction: Reconstruction, cylinder: Cylinder, length_share: float
) -> CylinderSlab:
    """Return the middle slices of a cylinder.

    Raises
    ------
    UnsuitableAcquisitionError
        If there are too few.
    """
    aside = (1.0 - length_share) / 2.0
    first, last = cylinder.part(aside, 1.0 - aside)
    if last - first < LEAST_SLICES:
        raise UnsuitableAcquisitionError(
            f"{last - first} slices lie in the middle of the cylinder, needs {LEAST_SLICES}",
            quantity="slices",
            value=last - first,
            bound=LEAST_SLICES,
        )
    values, pixel_mm = reconstruction.values, reconstruction.pixel_mm
    distance = distance_mm(values.shape[1:], cylinder.centre, pixel_mm)
    mask = distance <= INNER_SHARE * cylinder.radius_mm
    return CylinderSlab(
        slab=slab_of(values[first:last], mask),
        slices=values[first:last],
        first=first,
        excess=correlated_excess(values[first:last], mask),
        cylinder=cylinder,
        distance=distance,
        pixel_mm=pixel_mm,
    )


def cupping(
    made: CylinderSlab, offset_mm: tuple[float, float] | None, reach_mm: float
) -> SliceQuotient | None:
    """Return the mean near the axis over that near the wall, without the surroundings of a rod."""
    radius, free = made.cylinder.radius_mm, made.away(offset_mm, reach_mm)
    inner = made.means(free & (made.distance < CENTRE_SHARE * radius))
    edge = made.means(
        free & (made.distance > EDGE_SHARES[0] * radius) & (made.distance < EDGE_SHARES[1] * radius)
    )
    return None if inner is None or edge is None else made.quotient(inner, edge)


def coldest_rod(made: CylinderSlab, diameter_mm: float) -> tuple[float, float]:
    """Return (row, column) in mm from the axis of the coldest disc of a diameter.

    The lowest smoothed pixel tells about where; the centroid of what is missing, where exactly.

    Raises
    ------
    UnsuitableAcquisitionError
        If that is the wall.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    pixel = np.array(made.pixel_mm)
    level = float(np.median(made.slab.mean[made.slab.mask]))
    inside = made.distance <= made.cylinder.radius_mm
    filled = np.where(inside, made.slab.mean, level)
    smoothed = ndimage.gaussian_filter(filled, diameter_mm / 4.0 / pixel)
    reachable = made.distance <= made.cylinder.radius_mm - diameter_mm / 2.0
    lowest = np.where(reachable, smoothed, np.inf)
    place = np.array(np.unravel_index(int(lowest.argmin()), lowest.shape), dtype=np.float64)
    for _ in range(4):
        near = distance_mm(filled.shape, (place[0], place[1]), made.pixel_mm) <= diameter_mm * 0.75
        missing = np.where(near, np.maximum(level - filled, 0.0), 0.0)
        if not missing.sum() > 0.0:
            break
        rows, columns = np.indices(filled.shape)
        place = np.array(
            [float((missing * each).sum() / missing.sum()) for each in (rows, columns)]
        )
    offset = (place - np.array(made.cylinder.centre)) * pixel
    far, room = float(np.hypot(*offset)), made.cylinder.radius_mm - diameter_mm / 2.0
    if far > room + float(pixel.max()):
        raise UnsuitableAcquisitionError(
            f"what is coldest lies {far:.0f} mm from the axis, needs at most {room:.0f} mm: it is the"
            " wall, and the cylinder holds no cold rod",
            quantity="distance of the coldest place from the axis",
            value=far,
            bound=room,
        )
    return float(offset[0]), float(offset[1])


def residual(
    made: CylinderSlab, offset_mm: tuple[float, float], diameter_mm: float
) -> SliceQuotient | None:
    """Return what is left in a rod over the background at the same distance from the axis.

    Where that is too little, as for a rod on the axis, all of the background is taken.
    """
    region = circle(
        made.distance.shape,
        made.at(offset_mm),
        RESIDUAL_SHARE * diameter_mm / 2.0,
        made.pixel_mm,
    )
    weights = region.weights
    left = (made.slices[:, region.rows, region.columns] * weights).sum(axis=(1, 2)) / weights.sum()
    free = made.away(offset_mm, diameter_mm / 2.0 + BESIDE_MM) & made.slab.mask
    alike = np.abs(made.distance - math.hypot(*offset_mm)) <= diameter_mm / 2.0
    background = made.means(free & alike)
    if background is None:
        background = made.means(free)
    return None if background is None else made.quotient(left, background)
