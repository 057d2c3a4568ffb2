"""Where the points or lines lie in a reconstructed volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.noise_beside import growth_of_sums, usual_deviation
from photopeak_analyzers.spect.reconstruction import Reconstruction

SOURCE_LEVEL = 0.2
"""Share of the highest voxel above which a source is seen: a line in water loses up to two thirds."""

MOST_SOURCES = 9
"""More separate places are noise, or no phantom of sources."""

LEAST_VOXELS = 4
"""Fewer voxels above the level are no source but noise."""

WIDEST_SOURCE_MM = 60.0
"""Largest extent above the level, across a line and in all directions of a point."""

SHORTEST_LINE_MM = 60.0
LINE_ASPECT = 2.5
"""A line is that many times as long as it is wide."""


MOST_NOISE_SLICES = 16
"""Slices, evenly spread, that tell how much voxels of a slice vary together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One source: its number, the voxel of its maximum, and the slices that it is seen in.

    Numbers count from the source nearest to the middle of the slices outwards; `radius_mm` is the
    distance of its highest voxel from there.
    """

    number: int
    voxel: tuple[int, int, int]
    slices: tuple[int, int]
    radius_mm: float
    is_line: bool


def find_sources(reconstruction: Reconstruction) -> tuple[Place, ...]:
    """Return the sources, from the axis outwards.

    Raises
    ------
    UnsuitableAcquisitionError
        If there is no source, too many, something wider than a point or a line along the axis,
        or points and lines together.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    voxel_mm = reconstruction.voxel_mm
    # One voxel of smoothing keeps the noise of a line from cutting it into pieces.
    smoothed = ndimage.gaussian_filter(reconstruction.values, 1.0, mode="constant")
    labels, count = ndimage.label(smoothed > SOURCE_LEVEL * smoothed.max(), np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    kept = np.flatnonzero(sizes >= LEAST_VOXELS) + 1
    if not 1 <= kept.size <= MOST_SOURCES:
        raise UnsuitableAcquisitionError(
            f"{kept.size} separate places stand out of the volume, needs 1 to {MOST_SOURCES}:"
            " it shows no point or line sources",
            quantity="sources",
            value=int(kept.size),
            bound=MOST_SOURCES,
        )
    boxes = ndimage.find_objects(labels)
    found = []
    for label in kept.tolist():
        box = boxes[label - 1]
        inside = np.where(labels[box] == label, smoothed[box], -np.inf)
        peak = np.unravel_index(int(inside.argmax()), inside.shape)
        voxel = tuple(int(p) + part.start for p, part in zip(peak, box, strict=True))
        extent = [(b.stop - b.start) * side for b, side in zip(box, voxel_mm, strict=True)]
        found.append((voxel, (box[0].start, box[0].stop), _is_line(extent)))
    if len({is_line for _, _, is_line in found}) > 1:
        raise UnsuitableAcquisitionError(
            "the volume shows points and lines together, needs one or the other",
            quantity="kinds of sources",
            value=2,
            bound=1,
        )
    middle = reconstruction.middle
    places = [
        (
            float(
                np.hypot((voxel[1] - middle[1]) * voxel_mm[1], (voxel[2] - middle[2]) * voxel_mm[2])
            ),
            voxel,
            slices,
            is_line,
        )
        for voxel, slices, is_line in found
    ]
    return tuple(
        Place(number=n, voxel=voxel, slices=slices, radius_mm=radius, is_line=is_line)
        for n, (radius, voxel, slices, is_line) in enumerate(sorted(places), start=1)
    )


def _is_line(extent_mm: list[float]) -> bool:
    """Tell lines along the axis from points; refuse what is neither."""
    along, across = extent_mm[0], max(extent_mm[1:])
    if across <= WIDEST_SOURCE_MM:
        if along >= SHORTEST_LINE_MM and along >= LINE_ASPECT * across:
            return True
        if along <= WIDEST_SOURCE_MM:
            return False
    raise UnsuitableAcquisitionError(
        f"what stands out is {extent_mm[0]:.0f} x {extent_mm[1]:.0f} x {extent_mm[2]:.0f} mm"
        f" (axial, rows, columns), needs a point or a line along the axis, at most"
        f" {WIDEST_SOURCE_MM:g} mm wide",
        quantity="extent of a source",
        value=max(across, along),
        bound=WIDEST_SOURCE_MM,
    )


def noise_beside(reconstruction: Reconstruction, places: tuple[Place, ...]) -> float:
    """Return the standard deviation of the voxels away from all sources.

    From the median of absolute deviations, so that tails of the sources and streaks count little.
    """
    first, last = _slices_of(places)
    return usual_deviation(reconstruction.values[first:last, _away(reconstruction, places)])


def noise_growth(
    reconstruction: Reconstruction, places: tuple[Place, ...], noise: float, length: int
) -> float:
    """Return how many times the noise of a sum of voxels in a line is that of independent ones.

    Neighbours in a slice share what the reconstruction spread over them. The larger one of rows and
    columns, beside the sources; at least 1.

    Parameters
    ----------
    noise
        Standard deviation of a voxel.
    length
        Voxels of the sum.
    """
    first, last = _slices_of(places)
    step = max((last - first) // MOST_NOISE_SLICES, 1)
    values, away = reconstruction.values[first:last:step], _away(reconstruction, places)
    return max(growth_of_sums(values, away, noise, length, axis) for axis in (1, 2))


def _slices_of(places: tuple[Place, ...]) -> tuple[int, int]:
    return min(p.slices[0] for p in places), max(p.slices[1] for p in places)


def _away(reconstruction: Reconstruction, places: tuple[Place, ...]) -> NDArray[np.bool_]:
    """Return which pixels of a slice lie away from all sources."""
    values, voxel_mm = reconstruction.values, reconstruction.voxel_mm
    away = np.ones(values.shape[1:], dtype=bool)
    rows, columns = (
        np.arange(n)[:, None] if axis == 0 else np.arange(n)
        for axis, n in enumerate(values.shape[1:])
    )
    for place in places:
        distance = np.hypot(
            (rows - place.voxel[1]) * voxel_mm[1], (columns - place.voxel[2]) * voxel_mm[2]
        )
        away &= distance > WIDEST_SOURCE_MM / 2.0
    return away
