"""Widths of a point source along, across and beside the radius through it, by the methods of the texts.

A source that lies near an axis of the slices is measured in voxels as they are; another one on a grid that
is turned into its radius, in the sum of slices (or the one slice) that the method takes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.noise_beside import growth_of_sums, usual_deviation
from photopeak_analyzers.numerics.profiles import highest_channel, parabola_peak
from photopeak_analyzers.numerics.source_widths import (
    LineWidth,
    WidthMethod,
    width_across,
    width_along,
)
from photopeak_analyzers.pet.point_places import Block, PointPlace

Floats = NDArray[np.float64]

JJF_METHOD = WidthMethod(sum_fwhm=0.0, peak=highest_channel)
"""A line of voxels through the highest one, whose value is the peak. JJF draft 7.1.1."""

NEMA_METHOD = WidthMethod(sum_fwhm=2.0, peak=parabola_peak)
"""Summed over two FWHM to both sides, vertex of the parabola through three points. NEMA NU 2-2018 3."""

ALIGNED_DEG = 7.5
"""A radius this close to an axis of the slices is taken as that axis: 0.5 % of a width at most."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointWidths:
    """One source: its place, its widths by direction, and its peak over the noise beside it.

    Attributes
    ----------
    over_noise
        None without noise.
    pixels
        Smallest FWHM in the slices, in pixels.
    slices
        FWHM along the axis, in slices.
    """

    place: PointPlace
    found: Mapping[str, LineWidth]
    over_noise: float | None
    pixels: float
    slices: float


def widths_of(block: Block, place: PointPlace, method: WidthMethod, *, axial: bool) -> PointWidths:
    """Measure one source.

    Parameters
    ----------
    axial
        Whether the width along the axis of the scanner is a result.

    Raises
    ------
    UnsuitableAcquisitionError
        If a profile does not fall to half of its peak.
    """
    values, sides = block.values, block.voxel_mm
    noise = usual_deviation(values[:, block.beside])
    lines = [_single(block, axis) for axis in (0, 1, 2)]
    # How many voxels a profile is summed over in each direction, and what that makes of the noise.
    counts = [2 * round(method.sum_fwhm * line.pixels) + 1 for line in lines]
    growth = [growth_of_sums(values, block.beside, noise, counts[a], a) for a in (0, 1, 2)]
    shared = max(growth_of_sums(values, block.beside, noise, 2, a) for a in (1, 2)) ** 2 - 1.0
    aside = max(growth[1:])
    spread, shared = noise * growth[0] * aside, min(shared, 1.0)
    found = {}
    if _is_aligned(place.azimuth_deg):
        lies_on_x = abs(place.right_mm) >= abs(place.down_mm)
        along = {"radial": 2 if lies_on_x else 1, "tangential": 1 if lies_on_x else 2}
        for name, axis in along.items():
            found[name] = width_along(
                values, axis, block.peak, sides, spread, shared, method=method
            )
    else:
        half = counts[0] // 2
        slab = values[max(block.peak[0] - half, 0) : block.peak[0] + half + 1].sum(axis=0)
        for name, turn in (("radial", 0.0), ("tangential", 90.0)):
            found[name] = width_across(
                slab,
                place.azimuth_deg + turn,
                block.peak[1:],
                sides[1:],
                spread * math.sqrt(counts[0]),
                shared,
                method=method,
            )
    if axial:
        slices_share = growth_of_sums(values, block.beside, noise, 2, 0) ** 2 - 1.0
        spread = noise * growth[1] * growth[2]
        found["axial"] = width_along(
            values, 0, block.peak, sides, spread, slices_share, method=method
        )
    return PointWidths(
        place=place,
        found=found,
        over_noise=float(values[block.peak]) / noise if noise > 0.0 else None,
        pixels=min(line.pixels for line in lines[1:]),
        slices=lines[0].pixels,
    )


def _is_aligned(azimuth_deg: float) -> bool:
    return abs((azimuth_deg + 45.0) % 90.0 - 45.0) <= ALIGNED_DEG


def _single(block: Block, axis: int) -> LineWidth:
    """Return the width of the line of voxels through the peak."""
    return width_along(block.values, axis, block.peak, block.voxel_mm, 0.0, method=JJF_METHOD)
