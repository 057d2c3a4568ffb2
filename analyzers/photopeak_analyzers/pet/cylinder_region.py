"""The region of a cylinder that its concentration is taken from, and how even its slices are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.cylinder import Cylinder, distance_mm
from photopeak_analyzers.numerics.slice_scatter import correlated_excess, scatter_of_mean
from photopeak_analyzers.pet import axial_means
from photopeak_analyzers.pet.grid_of_squares import grid_in_circle, refuse_what_lies_inside
from photopeak_analyzers.pet.scaled_slices import Floats, Mask, ScaledSlices

LEAST_SLICES = 6
"""Fewer tell nothing of the noise."""

SQUARE_MM = 10.0
"""Squares in which is looked for what lies in the cylinder."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """What the inner part of a cylinder holds, in the values of the header.

    Attributes
    ----------
    first, last
        Slices, the last one beyond them.
    each
        Mean of each slice.
    scatter
        Relative standard uncertainty of the mean, by the scatter of the slices.
    excess
        How much the slices are correlated.
    """

    radius_mm: float
    first: int
    last: int
    mask: Mask
    each: Floats
    scatter: float
    excess: float

    @property
    def mean(self) -> float:
        """Mean of the slices."""
        return float(self.each.mean())

    def farthest(self, seed: int) -> tuple[float, float]:
        """Largest deviation of a slice from the mean, relative, and its standard uncertainty."""
        return (
            axial_means.farthest(self.each),
            axial_means.spread(self.each, axial_means.farthest, seed, self.excess),
        )


def region_of(
    slices: ScaledSlices, cylinder: Cylinder, *, wall_mm: float, end_share: float
) -> Region:
    """Return the part of a cylinder that lies off its wall and its ends.

    Raises
    ------
    UnsuitableAcquisitionError
        If too little of it is left, or something lies in it.
    """
    radius_mm = cylinder.radius_mm - wall_mm
    first, last = cylinder.part(end_share, 1.0 - end_share)
    first, last = max(first, 0), min(last, slices.count)
    if last - first < LEAST_SLICES:
        raise UnsuitableAcquisitionError(
            f"{last - first} slices lie in the middle of the cylinder, needs {LEAST_SLICES}",
            quantity="slices",
            value=last - first,
            bound=LEAST_SLICES,
        )
    shape = slices.volume.values.shape[1:]
    grid = grid_in_circle(
        shape, cylinder.centre, slices.pixel_mm, radius_mm=radius_mm, side_mm=SQUARE_MM
    )
    squares = np.stack([grid.means(slices.volume.physical(k)) for k in range(first, last)])
    refuse_what_lies_inside(squares / squares.mean(axis=1, keepdims=True) - 1.0, slices.voxel_mm[0])
    mask = distance_mm(shape, cylinder.centre, slices.pixel_mm) <= radius_mm
    each = slices.means_inside(mask)[first:last]
    samples = slices.samples(first, last, mask)
    excess = correlated_excess(samples, np.ones(samples.shape[1], dtype=bool))
    return Region(
        radius_mm=radius_mm,
        first=first,
        last=last,
        mask=mask,
        each=each,
        scatter=scatter_of_mean(each, excess) / float(each.mean()),
        excess=excess,
    )
