"""Where a body lies in a PET volume: a few voxels of the whole are looked at, and nothing is copied.

Volumes in which nothing can be measured are refused here: impossible voxels or scales, slices that are not
transverse, values that are no numbers, nothing in them.
"""

from __future__ import annotations

import math
from typing import NoReturn

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.pet.scaled_slices import refuse_impossible

Box = tuple[slice, slice, slice]
"""Part of a volume."""

COARSE_MM = 12.0
"""Distance of the voxels that are looked at first."""

SMOOTHED = 0.8
"""Standard deviation in coarse voxels."""

HOT_PERCENT = 1.0
"""Share of the voxels that are left out as hotter than all background: the spheres, and the line source
beside the phantom that NEMA NU 2 asks for. The body fills more, even of a long field of view."""

FEW_SHARE = 0.05
"""Of the highest value that is left, from which on a voxel may be background at all."""

PAD_MM = 36.0
"""Room around the coarse body."""

MOST_TURNED_DEG = 20.0
"""Angle of the slices against transverse ones."""


def search_body(volume: Volume) -> tuple[float, Box]:
    """Return the level of the background, and the box of the largest connected body.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing can be measured in the volume.
    """
    _refuse_unfit(volume)
    level, box = _coarse_body(volume)
    _refuse_lost(volume, box)
    return level, box


def _coarse_body(volume: Volume) -> tuple[float, Box]:
    """Return the level of the background and the box of the largest connected body."""
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    steps = [max(1, int(COARSE_MM / side)) for side in volume.voxel_spacing_mm]
    coarse = volume.values[:: steps[0], :: steps[1], :: steps[2]].astype(np.float32)
    coarse *= volume.slope[:: steps[0], None, None].astype(np.float32)
    coarse += volume.intercept[:: steps[0], None, None].astype(np.float32)
    coarse = ndimage.gaussian_filter(coarse, SMOOTHED, mode="nearest", truncate=3.0)
    highest = float(coarse.max())
    if not math.isfinite(highest):
        _refuse_no_number()
    if not highest > 0.0:
        raise UnsuitableAcquisitionError(
            f"the highest value is {highest:g}, needs more than 0: the volume is empty",
            quantity="highest value",
            value=highest,
            bound=0.0,
        )
    common = float(np.percentile(coarse, 100.0 - HOT_PERCENT))
    level = 2.0 * FEW_SHARE * (common if common > 0.0 else highest)
    for _ in range(3):
        level = float(np.median(coarse[coarse > 0.5 * level]))
    labels, count = ndimage.label(coarse > 0.5 * level)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    body = labels == int(sizes.argmax())
    area = body.sum(axis=(1, 2))
    full = np.flatnonzero(area >= 0.5 * area.max())
    flat = body[full[0] : full[-1] + 1].any(axis=0)
    spans = [(int(full[0]), int(full[-1]))]
    for axis in (1, 0):
        hit = np.flatnonzero(flat.any(axis=axis))
        spans.append((int(hit[0]), int(hit[-1])))
    pads = (0.0, PAD_MM, PAD_MM)
    box = []
    for (low, high), step, side, n, pad in zip(
        spans, steps, volume.voxel_spacing_mm, volume.values.shape, pads, strict=True
    ):
        room = math.ceil(pad / side)
        box.append(slice(max(low * step - room, 0), min(high * step + 1 + room, n)))
    return level, (box[0], box[1], box[2])


def _refuse_unfit(volume: Volume) -> None:
    refuse_impossible(volume)
    along = abs(float(volume.affine[2, 0])) / volume.voxel_spacing_mm[0]
    if along < math.cos(math.radians(MOST_TURNED_DEG)):
        raise UnsuitableAcquisitionError(
            f"the slices are turned by {math.degrees(math.acos(min(along, 1.0))):.0f} degrees against"
            f" transverse ones, needs at most {MOST_TURNED_DEG:g} degrees",
            quantity="angle of the slices",
            value=math.degrees(math.acos(min(along, 1.0))),
            bound=MOST_TURNED_DEG,
        )


def _refuse_lost(volume: Volume, box: Box) -> None:
    """Refuse a body with values that are no numbers, or with slices whose scale is 0."""
    if (
        np.issubdtype(volume.values.dtype, np.floating)
        and not np.isfinite(volume.values[box]).all()
    ):
        _refuse_no_number()
    none = np.flatnonzero(volume.slope[box[0]] == 0.0)
    if none.size:
        raise UnsuitableAcquisitionError(
            f"slice {int(none[0]) + box[0].start + 1} lies in the phantom and has a scale of 0, needs"
            " more: its values are lost",
            quantity="scale of a slice",
            value=0.0,
            bound="more than 0",
        )


def _refuse_no_number() -> NoReturn:
    raise UnsuitableAcquisitionError(
        "the volume holds values that are no numbers", quantity="value of a voxel"
    )
