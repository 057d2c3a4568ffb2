"""Where point markers are in two volumes of the same space, in the coordinates of the patient.

In the nuclear image the centroid of the voxels above a twentieth of the maximum of the marker, in a
ball about it that the caller gives. In CT 1000 HU are added, so that air is nothing, and the centroid is
that of what is above 0 near the marker, as JJF draft 7.4 measures markers of PET/CT. Noise of air is half
of the time above 0 and would draw the centroid to the middle of the region: only voxels that are clear
of it count, which changes nothing where there is none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import LARGEST_PIXEL_MM, SMALLEST_PIXEL_MM

Floats = NDArray[np.float64]

LEVEL = 0.05
"""Share of the maximum of a marker from which on a voxel counts."""

LARGEST_REACH_MM = 25.0
"""A marker is not looked at farther than this from its maximum."""

CLEAR_OF_NOISE = 3.0
"""Standard deviations of the noise from which on a voxel shows something."""

LEAST_SHARED, MOST_SHARED = 0.05, 0.95
"""Correlation of neighbouring voxels below which they are taken as independent, and largest one drawn."""

COUNTED = frozenset({"", "CNTS", "PROPCNTS"})
"""Units of values whose noise grows as that of counts."""

AIR_HU = -1000.0
CLEAR_OF_AIR = 4.0
"""Standard deviations of the noise above what surrounds a marker in CT, from which on a voxel is of it."""

NORMAL_MAD = 1.4826
"""Standard deviation of normal noise over the median of its absolute deviations."""

OUTSKIRTS = 0.75
"""Share of the window beyond which nothing of a marker lies."""

CENTRING_STEPS = 3

PADDING_HU = -1500.0
"""Below this nothing was measured: what scanners fill in outside of their field of view."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marker:
    """A marker in the coordinates of the patient, in mm.

    Attributes
    ----------
    position, uncertainty
        (x, y, z) and their standard uncertainties by the noise of the voxels; None where that is not
        known.
    index
        (slice, row, column) of its centroid.
    spread
        Share of what counts for a marker that lies far out, or in a nuclear image apart from it.
    cut
        Share of it in the last voxels of the volume, or beside those of CT that nothing was measured in.
    """

    position: Floats
    uncertainty: Floats | None
    index: Floats
    spread: float = 0.0
    cut: float = 0.0


def nuclear_marker(
    volume: Volume,
    top_mm: Floats,
    *,
    reach_mm: float,
    noise: float,
    shared: tuple[float, float, float] = (0.0, 0.0, 0.0),
    rng: np.random.Generator,
    draws: int,
) -> Marker:
    """Return the marker of a nuclear image whose highest voxel is known.

    The noise of its voxels is drawn, because it decides which of them are above the level; that of
    counts adds to it where the values are counts. Without either there is no uncertainty.

    Parameters
    ----------
    top_mm
        (slice, row, column) of its highest voxel, each times the side of a voxel.
    reach_mm
        Radius of the ball about it in which its voxels are looked for.
    noise, shared
        Standard deviation of the voxels beside the markers, and correlation of neighbours along each
        axis: a reconstruction spreads noise, and spread noise moves a centroid farther.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    voxel = np.array(volume.voxel_spacing_mm)
    box = box_about(volume, top_mm / voxel, reach_mm)
    part = physical_box(volume, box, "the volume")
    grid = np.stack(np.meshgrid(*(np.arange(b.start, b.stop) for b in box), indexing="ij"), axis=-1)
    apart = np.linalg.norm(grid * voxel - top_mm, axis=-1)
    near = apart <= reach_mm
    places, values = grid[near].astype(np.float64), part[near]
    centre = _above_level(values[None], places)[0]
    # What is no more than noise is taken for nothing before it is drawn anew.
    clear = np.where(values > CLEAR_OF_NOISE * noise, values, 0.0)
    scale = float(np.abs(volume.slope).max()) if volume.units in COUNTED else 0.0
    deviation = np.sqrt(noise**2 + scale * np.maximum(clear, 0.0))
    turned = volume.affine[:3, :3]
    uncertainty = None
    if deviation.any():
        drawn = _above_level(clear + deviation * _unit_noise(near, shared, rng, draws), places)
        uncertainty = (drawn @ turned.T).std(axis=0, ddof=1)
    weights = np.where(near & (part > LEVEL * float(values.max())), part, 0.0)
    labels, _ = ndimage.label(weights > 0.0, np.ones((3, 3, 3)))
    own = labels[np.unravel_index(int(np.where(near, part, -np.inf).argmax()), part.shape)]
    foreign = (labels != own) | (apart > OUTSKIRTS * reach_mm)
    total = float(weights.sum())
    return Marker(
        position=turned @ centre + volume.affine[:3, 3],
        uncertainty=uncertainty,
        index=centre,
        spread=float(weights[foreign].sum()) / total,
        cut=float(weights[_at_the_end(grid, volume)].sum()) / total,
    )


def ct_marker(
    volume: Volume,
    near_mm: Floats,
    *,
    search_mm: float,
    window_mm: float,
    rng: np.random.Generator,
    draws: int,
) -> Marker:
    """Return the marker of a CT that is nearest to be the one at a place.

    Its noise is that of what surrounds it, drawn anew for its voxels and those that touch them.

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
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    _refuse_flat(volume)
    to_index = np.linalg.inv(volume.affine)
    start = (to_index @ np.append(near_mm, 1.0))[:3]
    box = box_about(volume, start, search_mm)
    values = physical_box(volume, box, "CT")
    centre = np.array(np.unravel_index(int(values.argmax()), values.shape), dtype=np.float64)
    centre += [part.start for part in box]
    for _ in range(CENTRING_STEPS):
        box = box_about(volume, centre, window_mm)
        values = physical_box(volume, box, "CT")
        level = float(np.median(values))
        noise = NORMAL_MAD * float(np.median(np.abs(values - level)))
        least = max(level + CLEAR_OF_AIR * noise, AIR_HU)
        above = values > least
        if not above.any():
            raise UnsuitableAcquisitionError(
                f"the densest voxel of CT within {search_mm:g} mm of a marker has"
                f" {float(values.max()):.0f} HU, needs more than {least:.0f} HU to stand out of its"
                " surroundings",
                quantity="density of a marker",
                value=float(values.max()),
                bound=least,
            )
        about = ndimage.binary_dilation(above)
        places = np.argwhere(about) + [part.start for part in box]
        near = values[about]
        centre = _of_marker(near[None], places, least)[0]
    turned = volume.affine[:3, :3]
    drawn = _of_marker(near + noise * rng.standard_normal((draws, near.size)), places, least)
    weights = np.where(near > least, near - AIR_HU, 0.0)
    far = np.linalg.norm((places - centre) @ turned.T, axis=1) > OUTSKIRTS * window_mm
    beside = ndimage.binary_dilation(values < PADDING_HU)[about]
    cut = _at_the_end(places, volume) | beside
    return Marker(
        position=turned @ centre + volume.affine[:3, 3],
        uncertainty=(drawn @ turned.T).std(axis=0, ddof=1),
        index=centre,
        spread=float(weights[far].sum() / weights.sum()),
        cut=float(weights[cut].sum() / weights.sum()),
    )


def _of_marker(values: Floats, places: NDArray[np.int_], least: float) -> Floats:
    """Return the centroids of what is above air by more than noise, for each row of values in HU."""
    weights = np.where(values > least, values - AIR_HU, 0.0)
    return np.asarray((weights @ places) / np.maximum(weights.sum(axis=1), 1.0)[:, None])


def densest_hu(volume: Volume, index: Floats, window_mm: float) -> float:
    """Return the highest value about a place of a CT."""
    return float(physical_box(volume, box_about(volume, index, window_mm), "CT").max())


def surroundings_hu(volume: Volume, index: Floats, window_mm: float) -> float:
    """Return the usual value about a place of a CT, of which a marker is the smaller part."""
    return float(np.median(physical_box(volume, box_about(volume, index, window_mm), "CT")))


def _above_level(values: Floats, places: Floats) -> Floats:
    """Return the centroids of what is above the level, for each row of values."""
    weights = np.where(values > LEVEL * values.max(axis=1, keepdims=True), values, 0.0)
    return np.asarray((weights @ places) / weights.sum(axis=1)[:, None])


def _unit_noise(
    near: NDArray[np.bool_],
    shared: tuple[float, float, float],
    rng: np.random.Generator,
    draws: int,
) -> Floats:
    """Return noise of a standard deviation of 1 for the voxels of a box that are `near`, many times.

    White noise after a Gaussian filter of s voxels correlates neighbours by ``exp(-1 / (4 s**2))``.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    if max(shared) < LEAST_SHARED:
        return rng.standard_normal((draws, int(near.sum())))
    widths = [
        0.0 if each < LEAST_SHARED else 0.5 / math.sqrt(-math.log(min(each, MOST_SHARED)))
        for each in shared
    ]
    found = np.empty((draws, int(near.sum())))
    for one in found:
        one[:] = ndimage.gaussian_filter(rng.standard_normal(near.shape), widths, mode="wrap")[near]
    return np.asarray(found / found.std())


def _refuse_flat(volume: Volume) -> None:
    for side in volume.voxel_spacing_mm:
        if not SMALLEST_PIXEL_MM <= side <= LARGEST_PIXEL_MM:
            raise UnsuitableAcquisitionError(
                f"a side of the voxel of CT is {side:g} mm,"
                f" needs {SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
                quantity="side of a voxel of CT",
                value=side,
                bound=f"{SMALLEST_PIXEL_MM:g} to {LARGEST_PIXEL_MM:g} mm",
            )
    if abs(float(np.linalg.det(volume.affine[:3, :3]))) < 0.5 * math.prod(volume.voxel_spacing_mm):
        raise UnsuitableAcquisitionError(
            "the axes of CT are not at right angles to each other", quantity="axes of CT"
        )


def box_about(volume: Volume, index: Floats, reach_mm: float) -> tuple[slice, slice, slice]:
    """Return the voxels within a cube about a place, given as (slice, row, column).

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


def physical_box(volume: Volume, box: tuple[slice, slice, slice], name: str) -> Floats:
    """Return part of a volume in physical values; the rest of a large series is never converted.

    Raises
    ------
    UnsuitableAcquisitionError
        If a value is no number; `name` is what the volume is called then.
    """
    part = volume.values[box].astype(np.float64)
    scaled: Floats = part * volume.slope[box[0], None, None] + volume.intercept[box[0], None, None]
    if not np.isfinite(scaled).all():
        raise UnsuitableAcquisitionError(
            f"{name} holds values that are no numbers near a marker",
            quantity=f"value of a voxel of {name}",
        )
    return scaled


def _at_the_end(grid: NDArray[np.int_], volume: Volume) -> NDArray[np.bool_]:
    """Return which voxels, by index in the last axis, are the last ones of the volume."""
    last = np.array(volume.values.shape) - 1
    # One slice alone, or one row, has no inside.
    found = ((grid == 0) | (grid == last)) & (last > 0)
    return np.asarray(found.any(axis=-1))
