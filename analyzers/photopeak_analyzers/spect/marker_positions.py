"""Where point markers are in two volumes of the same space, in the coordinates of the patient.

In the nuclear image the centroid of the voxels above a twentieth of the maximum of the marker, within
half of the way to the next one. In CT 1000 HU are added, so that air is nothing, and the centroid is
that of what is above 0 near the marker: noise of air is half of the time above 0, and would draw the
centroid of a wider region to its middle. JJF draft 7.4 measures markers of PET/CT in this way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.spect.reconstruction import Floats, Reconstruction
from photopeak_analyzers.spect.volume_sources import find_sources, noise_beside

LEVEL = 0.05
"""Share of the maximum of a marker from which on a voxel counts."""

LARGEST_REACH_MM = 25.0
"""A marker is not looked at farther than this from its maximum."""

CLEAR_OF_NOISE = 3.0
"""Standard deviations of the noise from which on a voxel shows something."""

AIR_HU = -1000.0
CENTRING_STEPS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marker:
    """A marker in the coordinates of the patient, in mm.

    Attributes
    ----------
    position, uncertainty
        (x, y, z) and their standard uncertainties by the noise of the voxels.
    total
        Sum of the values of its voxels.
    index
        (slice, row, column) of its centroid.
    """

    position: Floats
    uncertainty: Floats
    total: float
    index: Floats


def nuclear_markers(
    volume: Volume, reconstruction: Reconstruction, rng: np.random.Generator, draws: int
) -> tuple[Marker, ...]:
    """Return the markers of a reconstruction, each with the spread of its centroid by noise.

    The noise is drawn, because it decides which voxels are above the level.

    Raises
    ------
    UnsuitableAcquisitionError
        If it shows no separate points.
    """
    places = find_sources(reconstruction)
    if any(place.is_line for place in places):
        raise UnsuitableAcquisitionError(
            "the volume shows lines, needs point markers", quantity="kind of sources", value="lines"
        )
    voxel = np.array(reconstruction.voxel_mm)
    tops = np.array([place.voxel for place in places]) * voxel
    noise = noise_beside(reconstruction, places)
    found = []
    for number, top in enumerate(tops):
        others = np.delete(tops, number, axis=0)
        nearest = float(np.linalg.norm(others - top, axis=1).min()) if len(others) else math.inf
        reach = min(nearest / 2.0, LARGEST_REACH_MM)
        found.append(_nuclear(volume, reconstruction, top, reach, noise, rng, draws))
    return tuple(found)


def ct_marker(volume: Volume, near_mm: Floats, *, search_mm: float, window_mm: float) -> Marker:
    """Return the marker of a CT that is nearest to be the one at a place.

    Parameters
    ----------
    near_mm
        (x, y, z) of the marker in the nuclear image.
    search_mm
        How far from there the densest voxel is looked for.
    window_mm
        Half side of the cube about it whose centroid is taken.

    Raises
    ------
    UnsuitableAcquisitionError
        If the place is outside of the CT, or nothing is denser than air there.
    """
    to_index = np.linalg.inv(volume.affine)
    start = (to_index @ np.append(near_mm, 1.0))[:3]
    box = _box(volume, start, search_mm)
    values = _hounsfield(volume, box)
    centre = np.array(np.unravel_index(int(values.argmax()), values.shape), dtype=np.float64)
    centre += [part.start for part in box]
    position = volume.affine[:3, :3] @ centre + volume.affine[:3, 3]
    total = 0.0
    for _ in range(CENTRING_STEPS):
        box = _box(volume, centre, window_mm)
        weights = np.maximum(_hounsfield(volume, box) - AIR_HU, 0.0)
        total = float(weights.sum())
        if not total > 0.0:
            raise UnsuitableAcquisitionError(
                f"CT shows nothing denser than air within {search_mm:g} mm of a marker",
                quantity="density of a marker",
                value=total,
                bound=0.0,
            )
        centre = _centroid(weights, box)
        position = volume.affine[:3, :3] @ centre + volume.affine[:3, 3]
    return Marker(position=position, uncertainty=np.zeros(3), total=total, index=centre)


def densest_hu(volume: Volume, index: Floats, window_mm: float) -> float:
    """Return the highest value about a place of a CT."""
    return float(_hounsfield(volume, _box(volume, index, window_mm)).max())


def _nuclear(
    volume: Volume,
    reconstruction: Reconstruction,
    top_mm: Floats,
    reach_mm: float,
    noise: float,
    rng: np.random.Generator,
    draws: int,
) -> Marker:
    voxel = np.array(reconstruction.voxel_mm)
    box = _box(volume, top_mm / voxel, reach_mm)
    part = reconstruction.values[box]
    grid = np.stack(np.meshgrid(*(np.arange(b.start, b.stop) for b in box), indexing="ij"), axis=-1)
    near = np.linalg.norm(grid * voxel - top_mm, axis=-1) <= reach_mm
    places, values = grid[near].astype(np.float64), part[near]
    centre, total = _above_level(values[None], places)
    # What is no more than noise is taken for nothing before it is drawn anew.
    clear = np.where(values > CLEAR_OF_NOISE * noise, values, 0.0)
    drawn, _ = _above_level(clear + noise * rng.standard_normal((draws, values.size)), places)
    turned = volume.affine[:3, :3]
    return Marker(
        position=turned @ centre[0] + volume.affine[:3, 3],
        uncertainty=(drawn @ turned.T).std(axis=0, ddof=1),
        total=float(total[0]),
        index=centre[0],
    )


def _above_level(values: Floats, places: Floats) -> tuple[Floats, Floats]:
    """Return the centroids of what is above the level, and its sum, for each row of values."""
    weights = np.where(values > LEVEL * values.max(axis=1, keepdims=True), values, 0.0)
    total = weights.sum(axis=1)
    return (weights @ places) / total[:, None], total


def _box(volume: Volume, index: Floats, reach_mm: float) -> tuple[slice, slice, slice]:
    """Return the voxels within a cube about a place.

    Raises
    ------
    UnsuitableAcquisitionError
        If the place is outside of the volume.
    """
    parts = []
    for c, side, n in zip(index, volume.voxel_spacing_mm, volume.values.shape, strict=True):
        first = max(math.ceil(c - reach_mm / side), 0)
        last = min(math.floor(c + reach_mm / side) + 1, n)
        if first >= last:
            raise UnsuitableAcquisitionError(
                "a marker lies outside of the CT: the two volumes do not cover the same space",
                quantity="place of a marker",
                value=float(c),
                bound=n,
            )
        parts.append(slice(first, last))
    return parts[0], parts[1], parts[2]


def _hounsfield(volume: Volume, box: tuple[slice, slice, slice]) -> Floats:
    """Return part of a CT in HU; the rest of a large series is never converted."""
    part = volume.values[box].astype(np.float64)
    scaled: Floats = part * volume.slope[box[0], None, None] + volume.intercept[box[0], None, None]
    return scaled


def _centroid(weights: Floats, box: tuple[slice, slice, slice]) -> Floats:
    total = float(weights.sum())
    return np.array(
        [
            float((weights.sum(axis=tuple(a for a in range(3) if a != axis))
                   * np.arange(part.start, part.stop)).sum()) / total
            for axis, part in enumerate(box)
        ]
    )  # fmt: skip
