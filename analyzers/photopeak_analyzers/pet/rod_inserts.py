"""Inserts of hot and of cold rods in a PET series: in which slices, which way, and where every rod is.

The outline of the phantom comes from the mean slice, blurred until rods merge. Sectors are matched at all
angles at once (:mod:`~photopeak_analyzers.numerics.rod_sectors`); then axis, angle and scale of the whole
insert are fitted to its mean slice, and where the rows of each sector begin. What lies between hot rods
is a lattice of cold spots of half the amplitude: the stronger one of both is what is there, and the other is
looked for in the other slices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.cylinder import Cylinder, outlined
from photopeak_analyzers.numerics.polar_match import PolarSlices, polar_of_each
from photopeak_analyzers.numerics.rod_sectors import (
    SectorMatch,
    SectorPatterns,
    match_sectors,
    sector_patterns,
)
from photopeak_analyzers.pet.rod_pose import (
    INNER_SHARE,
    OUTER_SHARE,
    Layout,
    Pose,
    Rods,
    Sector,
    fitted,
)
from photopeak_analyzers.pet.scaled_slices import ScaledSlices

Floats = NDArray[np.float64]

BLUR_MM = 8.0
"""Standard deviation with which rods of 8 mm, 16 mm apart, merge."""

FILLED_SHARE = 0.1
"""Of the fullest slice, that a slice of the phantom has; hot rods in plastic are a fifth of it."""

LEAST_CONTRAST = 0.02
"""Contrast of the rods of the clearest sector below which no rods are there."""

MARGIN_MM = 8.0
"""Of an insert that is left out at either end, where the rods end in the blur."""

APART_MM = 20.0
"""Slices beside an insert in which the other one is not looked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Insert:
    """Rods of all diameters that are hot or cold, in slices (first, beyond the last) and their mean.

    `halves` are the means of the first and of the second half of the slices; `contrast` is that of the
    clearest sector.
    """

    hot: bool
    slices: tuple[int, int]
    image: Floats
    halves: tuple[Floats, Floats]
    sectors: tuple[Sector, ...]
    pose: Pose
    contrast: float


def outline(slices: ScaledSlices) -> Cylinder:
    """Return the outline of a phantom with rods.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing is in the volume, or what stands out is no disc.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    image = slices.mean_image()
    highest = float(image.max())
    if not bool(np.isfinite(image).all()):
        raise UnsuitableAcquisitionError(
            "the volume holds values that are no numbers", quantity="value of a voxel"
        )
    if highest <= 0.0:
        raise UnsuitableAcquisitionError(
            f"the highest pixel of the mean slice is {highest:g}, needs more than 0: the volume is"
            " empty",
            quantity="value of a voxel",
            value=highest,
            bound=0.0,
        )
    sigma = [BLUR_MM / side for side in slices.pixel_mm]
    blurred = ndimage.gaussian_filter(image, sigma, mode="constant")
    return outlined(blurred, slices.means_inside, slices.voxel_mm)


def find_inserts(slices: ScaledSlices, phantom: Cylinder, rods: Rods) -> tuple[Insert, ...]:
    """Return the inserts of a volume, the clearer one first; empty where nothing looks like rods."""
    filled = np.flatnonzero(phantom.axial > FILLED_SHARE * float(phantom.axial.max()))
    inner, outer = INNER_SHARE * phantom.radius_mm, OUTER_SHARE * phantom.radius_mm
    polar = polar_of_each(
        slices.volume.physical,
        (int(filled[0]), int(filled[-1]) + 1),
        phantom.centre,
        slices.pixel_mm,
        outer,
    )
    sectors = sector_patterns(
        polar, rods.diameters_mm, inner, outer, pitch_diameters=rods.pitch_diameters
    )
    matches = [(hot, _match(polar, sectors, hot=hot)) for hot in (True, False)]
    seen = [(hot, match) for hot, match in matches if match is not None]
    if not seen:
        return ()
    hot, match = max(seen, key=lambda each: each[1].strength)
    found = [_insert(slices, phantom, rods, hot, match)]
    apart = APART_MM / slices.voxel_mm[0]
    before, after = match.run[0] - apart, match.run[1] - 1 + apart
    left = max(before - int(filled[0]), int(filled[-1]) - after)
    if left * slices.voxel_mm[0] > 2.0 * MARGIN_MM:
        other = _match(polar.without(before, after), sectors, hot=not hot)
        if other is not None:
            found.append(_insert(slices, phantom, rods, not hot, other))
    return tuple(each for each in found if each is not None)


def _match(polar: PolarSlices, sectors: SectorPatterns, *, hot: bool) -> SectorMatch | None:
    match = match_sectors(polar, sectors, hot=hot)
    return None if match is None or match.contrast < LEAST_CONTRAST else match


def _insert(
    slices: ScaledSlices, phantom: Cylinder, rods: Rods, hot: bool, match: SectorMatch
) -> Insert | None:
    margin = math.ceil(MARGIN_MM / slices.voxel_mm[0])
    first, beyond = match.run[0] + margin, match.run[1] - margin
    if beyond - first < 2:
        return None
    middle = (first + beyond) // 2
    image = slices.mean_image(first, beyond)
    pose, sectors = fitted(
        image,
        slices.pixel_mm,
        phantom,
        Layout(rods=rods, angles_deg=match.angles_deg, hot=hot),
    )
    if not sectors:
        return None
    return Insert(
        hot=hot,
        slices=(first, beyond),
        image=image,
        halves=(slices.mean_image(first, middle), slices.mean_image(middle, beyond)),
        sectors=tuple(sectors),
        pose=pose,
        contrast=match.contrast,
    )
