"""Hot spheres on a circle: where they are.

The largest is where a smoothed volume is highest. The others follow from their pattern, which is turned
about it in either sense until they lie on what is hottest, larger ones counting more. The centroids of
the larger spheres then place the whole pattern as a rigid body, so that spheres which are hardly seen
are where they have to be.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.spheres import centroid, near, rigidly_moved
from photopeak_analyzers.numerics.voxel_noise import VoxelNoise, noise_of
from photopeak_analyzers.spect.reconstruction import Floats, Reconstruction

COARSE_MM, FINE_MM = 8.0, 4.0
"""Standard deviations by which the volume is smoothed to find the largest and the others."""

STEP_DEG = 2.0

LEAST_DIAMETER_MM = 16.0
"""Spheres from this size on place the pattern; three at least."""

LEAST_CONTRAST = 1.3
"""Value inside over background that each of the three largest has to have."""

LEAST_BACKGROUND = 50
"""Voxels between the spheres: fewer tell no noise."""

DISTANT_MM = 12.0
"""Background keeps this far from every sphere."""

INNER_MM, OUTER_MM, HEIGHT_MM = 40.0, 80.0, 30.0
"""Ring about the middle of the circle, and half its height, in which the background lies."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HotSpheres:
    """The spheres of a phantom.

    Attributes
    ----------
    centres_mm
        (slice, row, column) in mm from the centre of the first voxel, shape ``(spheres, 3)``.
    residual_mm
        Root mean square distance of the centroids from the pattern.
    noise
        Of the voxels between the spheres; its level is the background.
    """

    diameters_mm: tuple[float, ...]
    centres_mm: Floats
    residual_mm: float
    noise: VoxelNoise

    @property
    def background(self) -> float:
        """Mean between the spheres."""
        return self.noise.level

    def each(self) -> Iterator[tuple[Floats, float]]:
        """Give centre and diameter of each."""
        return zip(self.centres_mm, self.diameters_mm, strict=True)


def find_hot_spheres(
    reconstruction: Reconstruction, diameters_mm: tuple[float, ...], circle_mm: float
) -> HotSpheres:
    """Return the spheres.

    Parameters
    ----------
    diameters_mm
        In their order on the circle, from the largest to the smallest.
    circle_mm
        Radius of the circle of their centres.

    Raises
    ------
    UnsuitableAcquisitionError
        If they are not in the volume, or not hot.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    values, voxel = reconstruction.values, np.array(reconstruction.voxel_mm)
    coarse = ndimage.gaussian_filter(values, COARSE_MM / voxel)
    top = np.array(np.unravel_index(int(coarse.argmax()), coarse.shape)) * voxel
    first = centroid(values, reconstruction.voxel_mm, top, diameters_mm[0])
    fine = ndimage.gaussian_filter(values, FINE_MM / voxel)
    angles = np.arange(0.0, 360.0, STEP_DEG)
    candidates = [_pattern(len(diameters_mm), circle_mm, a, s) for s in (1, -1) for a in angles]
    places = first + np.stack(candidates)
    seen = ndimage.map_coordinates(
        fine, np.moveaxis(places / voxel, -1, 0), order=1, mode="constant"
    )
    best = int((seen @ np.array(diameters_mm)).argmax())
    rough = places[best]
    large = [i for i, d in enumerate(diameters_mm) if d >= LEAST_DIAMETER_MM]
    found = np.stack(
        [centroid(values, reconstruction.voxel_mm, rough[i], diameters_mm[i]) for i in large]
    )
    centres = rigidly_moved(rough, rough[large], found)
    residual = centres[large] - found
    _refuse_outside(reconstruction, centres, diameters_mm)
    spheres = HotSpheres(
        diameters_mm=diameters_mm,
        centres_mm=centres,
        residual_mm=float(np.sqrt((residual**2).sum(axis=1).mean())),
        noise=_background(reconstruction, centres, diameters_mm),
    )
    _refuse_unless_hot(reconstruction, spheres)
    return spheres


def _pattern(count: int, circle_mm: float, angle_deg: float, sense: int) -> Floats:
    """Return the spheres relative to the first, whose direction from the middle is the angle."""
    turn = np.radians(angle_deg) + sense * 2.0 * math.pi / count * np.arange(count)
    circle = np.stack([np.zeros(count), np.sin(turn), np.cos(turn)], axis=1) * circle_mm
    return np.asarray(circle - circle[0])


def _background(
    reconstruction: Reconstruction, centres: Floats, diameters_mm: tuple[float, ...]
) -> VoxelNoise:
    """Return level and noise between the spheres."""
    middle = centres.mean(axis=0)
    reach = math.hypot(OUTER_MM, HEIGHT_MM)
    box, _ = near(reconstruction.values.shape, reconstruction.voxel_mm, middle, reach)
    z, y, x = (
        np.arange(b.start, b.stop) * s for b, s in zip(box, reconstruction.voxel_mm, strict=True)
    )
    across = np.hypot((y - middle[1])[:, None], x - middle[2])
    keep = (np.abs(z - middle[0]) <= HEIGHT_MM)[:, None, None] & (
        (across >= INNER_MM) & (across <= OUTER_MM)
    )
    for centre, diameter in zip(centres, diameters_mm, strict=True):
        squared = (
            ((z - centre[0]) ** 2)[:, None, None]
            + ((y - centre[1]) ** 2)[:, None]
            + (x - centre[2]) ** 2
        )
        keep = keep & (squared >= (diameter / 2.0 + DISTANT_MM) ** 2)
    count = int(keep.sum())
    if count < LEAST_BACKGROUND:
        raise UnsuitableAcquisitionError(
            f"{count} voxels lie between the spheres, needs {LEAST_BACKGROUND}",
            quantity="voxels of the background",
            value=count,
            bound=LEAST_BACKGROUND,
        )
    return noise_of(reconstruction.values[box], keep)


def _refuse_outside(
    reconstruction: Reconstruction, centres: Floats, diameters_mm: tuple[float, ...]
) -> None:
    """Refuse a pattern of which a sphere is not wholly in the volume."""
    voxel, radius = np.array(reconstruction.voxel_mm), np.array(diameters_mm)[:, None] / 2.0
    limit = (np.array(reconstruction.values.shape) - 0.5) * voxel
    beyond = (centres - radius < -0.5 * voxel) | (centres + radius > limit)
    outside = int(beyond.any(axis=1).sum())
    if outside:
        raise UnsuitableAcquisitionError(
            f"{outside} of the spheres would not lie wholly in the volume, needs 0: it cuts them, or"
            " the pattern is not found",
            quantity="spheres outside the volume",
            value=outside,
            bound=0,
        )


def _refuse_unless_hot(reconstruction: Reconstruction, spheres: HotSpheres) -> None:
    for centre, diameter in list(zip(spheres.centres_mm, spheres.diameters_mm, strict=True))[:3]:
        box, distance = near(
            reconstruction.values.shape, reconstruction.voxel_mm, centre, diameter / 2.0
        )
        core = reconstruction.values[box][distance <= max(diameter / 4.0, *reconstruction.voxel_mm)]
        mean = float(core.mean()) if core.size else 0.0
        least = LEAST_CONTRAST * max(spheres.background, 0.0)
        if not mean > least:
            raise UnsuitableAcquisitionError(
                f"the sphere of {diameter:g} mm has {mean:.4g} where the background has"
                f" {spheres.background:.4g}, needs more than {LEAST_CONTRAST:g} times as much:"
                " no hot spheres are found",
                quantity="value of a sphere",
                value=mean,
                bound=least,
            )
