"""How a cylinder falls towards its axis, and what is left in a cold rod along it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.regions import circle
from photopeak_analyzers.spect.cylinder import Cylinder, distance_mm
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
class CylinderSlab:
    """The middle slices of a cylinder as one, with the distance of each pixel from the axis."""

    slab: Slab
    cylinder: Cylinder
    distance: Floats
    pixel_mm: tuple[float, float]

    def mean(self, where: PixelMask) -> Estimate | None:
        """Return the mean of some pixels; None for too few."""
        inside = self.slab.mean[where]
        if inside.size < LEAST_PIXELS:
            return None
        return Estimate(
            value=float(inside.mean()), uncertainty=self.slab.noise / math.sqrt(inside.size)
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
        cylinder=cylinder,
        distance=distance,
        pixel_mm=pixel_mm,
    )


def cupping(
    made: CylinderSlab, offset_mm: tuple[float, float] | None, reach_mm: float
) -> Estimate | None:
    """Return the mean near the axis over that near the wall, without the surroundings of a rod."""
    radius, free = made.cylinder.radius_mm, made.away(offset_mm, reach_mm)
    inner = made.mean(free & (made.distance < CENTRE_SHARE * radius))
    edge = made.mean(
        free & (made.distance > EDGE_SHARES[0] * radius) & (made.distance < EDGE_SHARES[1] * radius)
    )
    return None if inner is None or edge is None else quotient(inner, edge)


def coldest_rod(made: CylinderSlab, diameter_mm: float) -> tuple[float, float]:
    """Return (row, column) in mm from the axis of the coldest disc of a diameter.

    The lowest smoothed pixel tells about where; the centroid of what is missing, where exactly.
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
    return float(offset[0]), float(offset[1])


def residual(
    made: CylinderSlab, offset_mm: tuple[float, float], diameter_mm: float
) -> Estimate | None:
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
    part = made.slab.mean[region.rows, region.columns]
    left = Estimate(
        value=float((weights * part).sum() / weights.sum()),
        uncertainty=made.slab.noise * math.sqrt(float((weights**2).sum())) / float(weights.sum()),
    )
    free = made.away(offset_mm, diameter_mm / 2.0 + BESIDE_MM) & made.slab.mask
    alike = np.abs(made.distance - math.hypot(*offset_mm)) <= diameter_mm / 2.0
    background = made.mean(free & alike) or made.mean(free)
    return None if background is None else quotient(left, background)


def quotient(above: Estimate, below: Estimate) -> Estimate:
    """Return the quotient of two independent numbers."""
    value = above.value / below.value
    return Estimate(
        value=value,
        uncertainty=math.hypot(above.uncertainty / below.value, value * below.relative),
    )
