"""Which slice of a CT series shows water alone, and how alike the slices about it are.

A series may show a table, the ends of the phantom or its sections with inserts too. Some slices, evenly
spread, are looked at; each for itself is converted to HU, never the whole series.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.ct.round_outline import SURFACE_HU, RoundOutline, outline
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.regions import circle

Floats = NDArray[np.float64]

MOST_SLICES = 48
"""Slices that are looked at, evenly spread."""

FILLED = 0.8
"""Share of the largest area as dense as water that a slice with the whole phantom has."""

AREA_SHARE = 0.4
"""Of the phantom: the middle of a slice in which it is looked at whether there is water alone."""

MOST_NOISE = 1.3
"""A slice that varies so many times as much as the most uniform ones shows more than water."""

SLACK_HU = 0.1
"""Noise that no scanner is without."""

LARGEST_HU = 1e7
"""Metal in extended scales has some 10 000 HU."""

MOST_APART_HU = 20.0
"""A slice whose mean is farther from the usual one shows something else than the others."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WaterSlices:
    """The slice that is measured, and those about it.

    Attributes
    ----------
    index
        The measured slice.
    image, pixel_mm
        It, in HU, and its (row, column) spacing.
    looked_at, means
        Slices of the run of water about it, and the mean of each.
    others
        Slices of the phantom that were looked at and do not show water alone.
    """

    index: int
    image: Floats
    pixel_mm: tuple[float, float]
    outline: RoundOutline
    looked_at: tuple[int, ...]
    means: Floats
    others: int


def water_slices(volume: Volume, pixel_mm: tuple[float, float]) -> WaterSlices:
    """Return the middle one of the longest run of slices that show nothing but water.

    Raises
    ------
    UnsuitableAcquisitionError
        If no slice shows a round phantom, or values are no numbers.
    """
    slices = volume.values.shape[0]
    looked_at = np.unique(np.linspace(0, slices - 1, min(slices, MOST_SLICES)).round().astype(int))
    areas = np.array([_dense_pixels(volume, int(k)) for k in looked_at])
    if not areas.max():
        raise UnsuitableAcquisitionError(
            f"no voxel is denser than {SURFACE_HU:g} HU: the series shows air alone",
            quantity="voxels as dense as a phantom",
            value=0,
        )
    shown = looked_at[_longest(areas >= FILLED * areas.max())]
    middle = int(shown[len(shown) // 2])
    found = outline(_finite(volume, middle), pixel_mm)
    region = circle(
        volume.values.shape[1:], found.centre, AREA_SHARE**0.5 * found.radius_mm, pixel_mm
    )
    images = (_finite(volume, int(k)) for k in shown)
    sums = np.array([(region.mean(image).value, region.deviation(image)) for image in images])
    means, deviations = sums[:, 0], sums[:, 1]
    uniform = deviations <= MOST_NOISE * float(np.percentile(deviations, 10.0)) + SLACK_HU
    usual = float(np.median(means[uniform]))
    uniform &= np.abs(means - usual) <= MOST_APART_HU
    run = _longest(uniform)
    index = int(shown[run][len(run) // 2])
    image = _finite(volume, index)
    return WaterSlices(
        index=index,
        image=image,
        pixel_mm=pixel_mm,
        outline=found if index == middle else outline(image, pixel_mm),
        looked_at=tuple(int(k) for k in shown[run]),
        means=means[run],
        others=len(shown) - len(run),
    )


def _dense_pixels(volume: Volume, index: int) -> int:
    slope, intercept = float(volume.slope[index]), float(volume.intercept[index])
    if slope <= 0.0:
        raise UnsuitableAcquisitionError(
            f"a slice is scaled by {slope:g}, needs a slope above 0",
            quantity="rescale slope",
            value=slope,
            bound=0.0,
        )
    return int((volume.values[index] > (SURFACE_HU - intercept) / slope).sum())


def _longest(accepted: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the positions of the longest run of what is accepted; all when nothing is."""
    if not accepted.any():
        return np.arange(accepted.size)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], accepted, [False]])))
    starts, stops = edges[::2], edges[1::2]
    longest = int((stops - starts).argmax())
    return np.arange(starts[longest], stops[longest])


def _finite(volume: Volume, index: int) -> Floats:
    image = volume.physical(index)
    if not np.isfinite(image).all():
        raise UnsuitableAcquisitionError(
            f"slice {index + 1} holds values that are no numbers", quantity="value of a voxel"
        )
    highest = float(np.abs(image).max())
    if highest > LARGEST_HU:
        raise UnsuitableAcquisitionError(
            f"slice {index + 1} holds values up to {highest:g} HU, needs at most {LARGEST_HU:g}: a scale"
            " is wrong",
            quantity="value of a voxel",
            value=highest,
            bound=LARGEST_HU,
        )
    return image
