"""Where a cylindrical phantom lies in slices: its axis, radius and length.

The contour is that of half of the mean inside. The mean of the slices gives axis and radius, the
slices inside 0.7 radii give the length; they are asked for one by one, so that a volume need not be
held in physical values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError

Floats = NDArray[np.float64]

CONTOUR = 0.5
"""Share of the mean inside at which the blurred wall of a cylinder lies."""

CORE = 0.7
"""Share of the radius inside which slices are compared, away from the wall."""

LEAST_PIXELS = 100
"""A smaller contour is a source and no phantom."""

LEAST_FILLED = 0.94
"""Share of the contour that its circle has to cover, 0.91 of a square: else it is no disc."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cylinder:
    """A cylinder along the slices.

    Attributes
    ----------
    centre
        (row, column) of the axis.
    first, last
        Where the cylinder begins and ends, in slices, between voxels.
    roundness
        Short over long axis of the contour.
    filled
        Share of the contour that lies in the circle of the same area.
    axial
        Mean inside 0.7 radii of each slice.
    """

    centre: tuple[float, float]
    radius_mm: float
    first: float
    last: float
    slice_mm: float
    roundness: float
    filled: float
    axial: Floats

    @property
    def length_mm(self) -> float:
        """Length along the slices."""
        return (self.last - self.first) * self.slice_mm

    def part(self, lower: float, upper: float) -> tuple[int, int]:
        """Return the slices (first, beyond the last) whose centres lie in a part of the length."""
        span = self.last - self.first
        begin = math.ceil(self.first + lower * span)
        return begin, max(math.floor(self.first + upper * span) + 1, begin)


def outlined(
    image: Floats,
    means_inside: Callable[[NDArray[np.bool_]], Floats],
    voxel_mm: tuple[float, float, float],
) -> Cylinder:
    """Return the cylinder in a volume.

    Parameters
    ----------
    image
        Mean of the slices, shape ``(rows, columns)``.
    means_inside
        Returns the mean of each slice over a mask of pixels.
    voxel_mm
        (slice, row, column) spacing.

    Raises
    ------
    UnsuitableAcquisitionError
        If what stands out is no disc.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    labels, count = ndimage.label(image > CONTOUR * _inner_mean(image))
    if not count:
        raise UnsuitableAcquisitionError("no cylinder stands out of the volume", quantity="contour")
    sizes = np.bincount(labels.ravel())[1:]
    contour = ndimage.binary_fill_holes(labels == int(sizes.argmax()) + 1)
    pixels = int(contour.sum())
    if pixels < LEAST_PIXELS:
        raise UnsuitableAcquisitionError(
            f"what stands out of the slices has {pixels} pixels, needs {LEAST_PIXELS}:"
            " it is no cylinder",
            quantity="pixels of the contour",
            value=pixels,
            bound=LEAST_PIXELS,
        )
    pixel_mm = voxel_mm[1:]
    rows, columns = np.nonzero(contour)
    centre = (float(rows.mean()), float(columns.mean()))
    offsets = np.stack([(rows - centre[0]) * pixel_mm[0], (columns - centre[1]) * pixel_mm[1]])
    short, long = np.linalg.eigvalsh(np.cov(offsets))
    radius_mm = math.sqrt(pixels * pixel_mm[0] * pixel_mm[1] / math.pi)
    axial = means_inside(distance_mm(image.shape, centre, pixel_mm) <= CORE * radius_mm)
    first, last = _ends(axial)
    return Cylinder(
        centre=centre,
        radius_mm=radius_mm,
        first=first,
        last=last,
        slice_mm=voxel_mm[0],
        roundness=math.sqrt(max(float(short / long), 0.0)),
        filled=float(np.mean(np.hypot(*offsets) <= radius_mm)),
        axial=axial,
    )


def distance_mm(
    shape: tuple[int, ...], centre: tuple[float, float], pixel_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """Return the distance of each pixel of a slice from the axis."""
    rows, columns = (np.arange(n, dtype=np.float64) for n in shape)
    return np.hypot(
        ((rows - centre[0]) * pixel_mm[0])[:, None], (columns - centre[1]) * pixel_mm[1]
    )


def _inner_mean(values: Floats) -> float:
    """Return the mean of what is above half of the high values, taken twice."""
    level = 0.5 * float(np.percentile(values, 99.0))
    for _ in range(2):
        above = values[values > level]
        if not above.size:
            return float(values.max())
        mean = float(above.mean())
        level = 0.5 * mean
    return mean


def _ends(axial: Floats) -> tuple[float, float]:
    """Return where the longest run of slices above half of the plateau begins and ends."""
    level = CONTOUR * _inner_mean(axial)
    above = np.concatenate([[False], axial > level, [False]])
    edges = np.flatnonzero(np.diff(above))
    if not edges.size:
        raise UnsuitableAcquisitionError("no slice shows the cylinder", quantity="slices", value=0)
    starts, stops = edges[::2], edges[1::2]
    longest = int((stops - starts).argmax())
    first, last = int(starts[longest]), int(stops[longest]) - 1
    begin, end = first - 0.5, last + 0.5
    if first > 0:
        begin = first - (axial[first] - level) / (axial[first] - axial[first - 1])
    if last < axial.size - 1:
        end = last + (axial[last] - level) / (axial[last] - axial[last + 1])
    return float(begin), float(end)
