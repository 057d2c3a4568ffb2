"""Slices of a PET series in the values of its header, one at a time.

A series of 600 x 400 x 400 is never held in physical values: what is asked for is scaled by the slope
of its slice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import LARGEST_PIXEL_MM, SMALLEST_PIXEL_MM
from photopeak_analyzers.numerics.cylinder import CONTOUR, Cylinder, outlined

LARGEST_VOLUME = 300_000_000
"""Voxels of the largest volume that is looked at: 1000 slices of 512 x 512, and more."""

LEAST_VALUE, LARGEST_VALUE = 1e-30, 1e30
"""Whatever the unit, no cylinder holds less or more."""

MOST_SAMPLES = 1_000_000
"""Voxels that are looked at together for the noise of a volume."""

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaledSlices:
    """A volume whose voxels have a size, and whose slices have values."""

    volume: Volume

    @property
    def voxel_mm(self) -> tuple[float, float, float]:
        """(slice, row, column) spacing."""
        return self.volume.voxel_spacing_mm

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """(row, column) spacing."""
        return self.voxel_mm[1:]

    @property
    def count(self) -> int:
        """Number of slices."""
        return int(self.volume.values.shape[0])

    def mean_image(self, first: int = 0, last: int | None = None) -> Floats:
        """Return the mean of the slices from `first` to before `last`."""
        last = self.count if last is None else last
        total = np.zeros(self.volume.values.shape[1:])
        for k in range(first, last):
            # Most slices of a whole-body series share no slope, so that none can be taken out.
            total += self.volume.values[k] * float(self.volume.slope[k])
        return np.asarray(total / (last - first) + self.volume.intercept[first:last].mean())

    def means_inside(self, mask: Mask) -> Floats:
        """Return the mean of each slice over some pixels."""
        where = np.flatnonzero(mask)
        flat = self.volume.values.reshape(self.count, -1)
        stored = np.array([np.take(plane, where).mean(dtype=np.float64) for plane in flat])
        return np.asarray(stored * self.volume.slope + self.volume.intercept)

    def samples(self, first: int, last: int, mask: Mask) -> Floats:
        """Return pixels of a mask in some slices, shape ``(slices, pixels)``, evenly thinned out."""
        where = np.flatnonzero(mask)
        step = max(math.ceil(where.size * (last - first) / MOST_SAMPLES), 1)
        flat = self.volume.values[first:last].reshape(last - first, -1)
        stored = flat[:, where[::step]].astype(np.float64)
        stored *= self.volume.slope[first:last, None]
        stored += self.volume.intercept[first:last, None]
        return np.asarray(stored)

    def saturated_share(self, first: int, last: int, mask: Mask) -> float | None:
        """Return the largest share of saturated pixels in a slice; None for floating point.

        Each slice is scaled so that its highest voxel takes the largest number: one voxel there is
        no overflow, many are.
        """
        dtype = self.volume.values.dtype
        if not np.issubdtype(dtype, np.integer):
            return None
        where, top = np.flatnonzero(mask), np.iinfo(dtype).max
        flat = self.volume.values.reshape(self.count, -1)
        return max(float(np.mean(np.take(flat[k], where) >= top)) for k in range(first, last))


def scaled_slices(volume: Volume) -> ScaledSlices:
    """Return the slices of a volume, refusing those that nothing can be measured in.

    Raises
    ------
    UnsuitableAcquisitionError
        If it is too large, or the size of a voxel or a scale is impossible.
    """
    if volume.values.size > LARGEST_VOLUME:
        raise UnsuitableAcquisitionError(
            f"the volume has {volume.values.size} voxels, needs at most {LARGEST_VOLUME}",
            quantity="voxels",
            value=volume.values.size,
            bound=LARGEST_VOLUME,
        )
    refuse_impossible(volume)
    return ScaledSlices(volume=volume)


def refuse_impossible(volume: Volume) -> None:
    """Refuse voxels whose size, and slices whose scale, cannot be.

    Raises
    ------
    UnsuitableAcquisitionError
        With the side, or the first slice.
    """
    for side in volume.voxel_spacing_mm:
        if not SMALLEST_PIXEL_MM <= side <= LARGEST_PIXEL_MM:
            raise UnsuitableAcquisitionError(
                f"a side of the voxel is {side:g} mm,"
                f" needs {SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
                quantity="side of a voxel",
                value=side,
                bound=f"{SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
            )
    finite = np.isfinite(volume.slope) & np.isfinite(volume.intercept)
    wrong = np.flatnonzero(~finite | (volume.slope < 0.0))
    if wrong.size:
        k = int(wrong[0])
        raise UnsuitableAcquisitionError(
            f"slice {k + 1} is scaled by {volume.slope[k]:g}, needs a number of at least 0",
            quantity="scale of a slice",
            value=float(volume.slope[k]) if finite[k] else None,
            bound=0.0,
        )


def cylinder_in(slices: ScaledSlices) -> Cylinder:
    """Return the cylinder in a series.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing is in it, what stands out is no disc, or slices inside it have no scale.
    """
    image = slices.mean_image()
    highest = float(image.max())
    if not math.isfinite(highest) or not np.all(np.isfinite(image)):
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
    if not LEAST_VALUE <= highest <= LARGEST_VALUE:
        raise UnsuitableAcquisitionError(
            f"the highest pixel of the mean slice is {highest:g}, needs {LEAST_VALUE:g} to"
            f" {LARGEST_VALUE:g}: a scale is wrong",
            quantity="value of a voxel",
            value=highest,
            bound=f"{LEAST_VALUE:g} to {LARGEST_VALUE:g}",
        )
    cylinder = outlined(image, slices.means_inside, slices.voxel_mm)
    filled = np.flatnonzero(cylinder.axial > CONTOUR * float(cylinder.axial.max()))
    none = np.flatnonzero(slices.volume.slope[filled[0] : filled[-1]] == 0.0)
    if none.size:
        raise UnsuitableAcquisitionError(
            f"slice {int(filled[0] + none[0]) + 1} lies inside the cylinder and has a scale of 0:"
            " its values are lost",
            quantity="scale of a slice",
            value=0.0,
            bound="more than 0",
        )
    return cylinder
