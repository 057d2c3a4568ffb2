"""Markers of PET/CT: PET in slices that each have a scale of their own, and places that are turned."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from scipy import ndimage

from photopeak_analyzers.acquisition import Volume
from support.markers import AT, points

FWHM_MM = 6.0


def pet(
    places: Any = AT,
    *,
    heights: Any = None,
    noise: float = 0.0,
    filtered_voxels: float = 0.0,
    seed: int = 0,
    shape: tuple[int, int, int] = (48, 64, 64),
    voxel_mm: tuple[float, float, float] = (3.0, 3.0, 3.0),
    fwhm_mm: float = FWHM_MM,
) -> Volume:
    """PET as stored: whole numbers, the highest voxel of each slice at 32767, another slope each.

    The noise is white, or that after a Gaussian filter of so many voxels.
    """
    heights = [20_000.0] * len(places) if heights is None else heights
    values = np.zeros(shape)
    made = points((), shape, voxel_mm, lambda r: r, "PT")
    for place, height in zip(places, heights, strict=True):
        values += points(
            (place,),
            shape,
            voxel_mm,
            lambda r, height=height: height * np.exp(-4.0 * math.log(2.0) * (r / fwhm_mm) ** 2),
            "PT",
        ).values
    white = np.random.default_rng(seed).normal(0.0, 1.0, shape)
    spread = ndimage.gaussian_filter(white, filtered_voxels)
    values += noise / spread.std() * spread
    highest = np.abs(values).max(axis=(1, 2))
    slope = np.where(highest > 0.0, highest, 1.0) / 32767.0
    return dataclasses.replace(
        made,
        values=np.round(values / slope[:, None, None]).astype(np.int16),
        slope=slope,
        units="BQML",
        nuclide="F-18",
        energy_windows=(),
    )


def turned(degrees: float, by: tuple[float, float, float], places: Any = AT) -> Any:
    """Places turned about the x axis through their middle, as a sagging table does, and shifted."""
    middle = np.mean(places, axis=0)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    return tuple(tuple(turn @ (np.array(p) - middle) + middle + by) for p in places)
