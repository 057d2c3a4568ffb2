"""What the image-quality phantom shows: means of hot and cold spheres, of 60 background circles, of the lung.

Circles take pixels at the rim by their share of area, and slices are scaled one by one. The background is
measured in the slices nearest to +-10 and +-20 mm from that of the spheres, in mm and not in slices, at
the same twelve places for every size. NEMA NU 2-2018 7.4; JJF draft 7.3, (4) to (6).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.regions import Region, circle
from photopeak_analyzers.numerics.slice_scatter import correlated_excess
from photopeak_analyzers.pet.background_regions import PLANES_MM, BackgroundPlaces
from photopeak_analyzers.pet.body_phantom import BodyPhantom, Floats
from photopeak_analyzers.pet.sphere_pattern import Spheres

LUNG_DIAMETER_MM = 30.0
"""Circle in the lung insert, +- 2 mm. NEMA NU 2-2018 7.4.2; JJF draft 7.3."""

LUNG_STEP_MM = 0.25
"""By which the circle follows a tilted insert; 1 mm is allowed. JJF draft 7.3."""

LEAST_LUNG_SLICES = 5

WHOLE = 0.999
"""Share of a circle that has to lie in the image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SphereValue:
    """One sphere and the background circles of its size, in the unit of the volume.

    Attributes
    ----------
    mean
        C_H,j or C_C,j: mean in the circle of the inner diameter.
    background, deviation
        C_B,j and SD_j of the 60 circles, with K - 1 = 59.
    displaced
        Root mean square change of `mean` when the circle is shifted in the slice by the uncertainty
        of its position.
    """

    diameter_mm: float
    cold: bool
    mean: float
    background: float
    deviation: float
    displaced: float

    @property
    def shown(self) -> Estimate:
        """Mean over the background, with the deviation of a background circle."""
        return Estimate(
            value=self.mean / self.background, uncertainty=self.deviation / self.background
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LungValue:
    """The lung insert slice by slice.

    Attributes
    ----------
    positions_mm
        Of the slices along the axis.
    means
        C_lung,i.
    backgrounds
        Mean of the twelve largest background circles in the same slice.
    excess
        By how much the variance of a mean over slices exceeds that over independent ones.
    """

    positions_mm: Floats
    means: Floats
    backgrounds: Floats
    excess: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageQuality:
    """All means; `planes` are the numbers of the five slices, the one of the spheres in the middle."""

    spheres: tuple[SphereValue, ...]
    planes: tuple[int, ...]
    lung: LungValue


def values_of(
    volume: Volume,
    body: BodyPhantom,
    spheres: Spheres,
    places: BackgroundPlaces,
    *,
    position_mm: float,
    end_mm: float,
) -> ImageQuality:
    """Return what the phantom shows.

    Parameters
    ----------
    position_mm
        Standard uncertainty of the place of a sphere along each axis of the slice.
    end_mm
        By which the lung insert is left out at either end of the inside of the phantom.

    Raises
    ------
    UnsuitableAcquisitionError
        If the slices of the background are not there, or a circle lies beyond the image.
    """
    planes = _planes(volume, spheres.position_mm)
    shape, pixel = volume.values.shape[1:], volume.voxel_spacing_mm[1:]
    stack = volume.values[list(planes)]
    scale = (volume.slope[list(planes)], volume.intercept[list(planes)])
    middle = len(planes) // 2
    found: list[SphereValue] = []
    largest: list[Region] = []
    for centre, diameter, cold in zip(
        spheres.centres_mm, spheres.diameters_mm, spheres.cold, strict=True
    ):
        circles = [_circle(shape, place, diameter / 2.0, pixel) for place in places.centres_mm]
        around = np.array([_means(stack, each, *scale) for each in circles])
        _refuse_empty(float(around.mean()), diameter)
        largest = circles if diameter == max(spheres.diameters_mm) else largest
        shifts = np.array([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]) * position_mm
        seen = np.array(
            [
                _means(
                    stack[middle : middle + 1],
                    _circle(shape, centre[1:] + shift, diameter / 2.0, pixel),
                    scale[0][middle : middle + 1],
                    scale[1][middle : middle + 1],
                )[0]
                for shift in shifts
            ]
        )
        found.append(
            SphereValue(
                diameter_mm=diameter,
                cold=cold,
                mean=float(seen[0]),
                background=float(around.mean()),
                deviation=float(around.std(ddof=1)),
                # Two axes, each with as much; a shift either way tells one of them twice.
                displaced=math.sqrt(float(np.square(seen[1:] - seen[0]).sum()) / 2.0),
            )
        )
    return ImageQuality(
        spheres=tuple(found),
        planes=planes,
        lung=_lung(volume, body, largest, end_mm),
    )


def _planes(volume: Volume, position_mm: float) -> tuple[int, ...]:
    side, count = volume.voxel_spacing_mm[0], volume.values.shape[0]
    middle = round(position_mm / side)
    planes = [middle + round(each / side) for each in PLANES_MM]
    if planes[0] < 0 or planes[-1] >= count:
        raise UnsuitableAcquisitionError(
            f"the volume has slices {1} to {count}, needs {planes[0] + 1} to {planes[-1] + 1} for the"
            " background at 20 mm from the spheres",
            quantity="slices about the spheres",
            value=count,
            bound=f"{planes[0] + 1} to {planes[-1] + 1}",
        )
    if len(set(planes)) < len(planes):
        raise UnsuitableAcquisitionError(
            f"slices lie {side:g} mm apart, needs at most 10 mm: those of the background are no five",
            quantity="distance of the slices",
            value=side,
            bound=10.0,
        )
    return tuple(planes)


def _refuse_empty(mean: float, diameter_mm: float) -> None:
    if not mean > 0.0:
        raise UnsuitableAcquisitionError(
            f"the background circles of {diameter_mm:g} mm have a mean of {mean:.4g}, needs more than 0",
            quantity="mean of the background",
            value=mean,
            bound=0.0,
        )


def _circle(
    shape: tuple[int, ...], centre_mm: Floats, radius_mm: float, pixel: tuple[float, float]
) -> Region:
    place = (float(centre_mm[0] / pixel[0]), float(centre_mm[1] / pixel[1]))
    region = circle((shape[0], shape[1]), place, radius_mm, pixel)
    if region.inside < WHOLE:
        raise UnsuitableAcquisitionError(
            f"a circle of {2.0 * radius_mm:g} mm has {100.0 * region.inside:.0f} % of its area in the"
            " image, needs all: the phantom is cut",
            quantity="share of a circle in the image",
            value=region.inside,
            bound=WHOLE,
        )
    return region


def _means(stack: Floats, region: Region, slope: Floats, intercept: Floats) -> Floats:
    """Return the mean of a region in each slice, in physical units."""
    part = stack[:, region.rows, region.columns]
    sums = np.tensordot(part, region.weights, axes=((1, 2), (0, 1)))
    return np.asarray(sums / region.pixels * slope + intercept)


def _lung(volume: Volume, body: BodyPhantom, circles: list[Region], end_mm: float) -> LungValue:
    side, count = volume.voxel_spacing_mm[0], volume.values.shape[0]
    begin, end = body.ends_mm
    first = 0 if begin is None else max(math.ceil((begin + end_mm) / side), 0)
    stop = count if end is None else min(math.floor((end - end_mm) / side) + 1, count)
    if stop - first < LEAST_LUNG_SLICES:
        raise UnsuitableAcquisitionError(
            f"the inside of the phantom has {max(stop - first, 0)} slices, needs {LEAST_LUNG_SLICES}",
            quantity="slices of the lung insert",
            value=max(stop - first, 0),
            bound=LEAST_LUNG_SLICES,
        )
    shape, pixel = volume.values.shape[1:], volume.voxel_spacing_mm[1:]
    stack = volume.values[first:stop]
    slope, intercept = volume.slope[first:stop], volume.intercept[first:stop]
    positions: Floats = np.arange(first, stop, dtype=np.float64) * side
    steps = np.rint((body.lung_mm + body.lung_slope * positions[:, None]) / LUNG_STEP_MM)
    means = np.empty(stop - first)
    region = None
    for step in np.unique(steps, axis=0):
        at = np.flatnonzero((steps == step).all(axis=1))
        region = _circle(shape, step * LUNG_STEP_MM, LUNG_DIAMETER_MM / 2.0, pixel)
        means[at] = _means(stack[at], region, slope[at], intercept[at])
    return LungValue(
        positions_mm=positions,
        means=means,
        backgrounds=np.mean([_means(stack, each, slope, intercept) for each in circles], axis=0),
        excess=_excess(stack, region, slope, intercept),
    )


def _excess(stack: Floats, region: Region | None, slope: Floats, intercept: Floats) -> float:
    """Return how slices correlate, from the pixels of the last circle."""
    if region is None:
        return 1.0
    part = stack[:, region.rows, region.columns] * slope[:, None, None]
    return correlated_excess(part + intercept[:, None, None], region.weights > WHOLE)
