"""Pictures of a registration: the markers from above, PET and CT of each side by side, a table."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_figures import unit_of_values
from photopeak_analyzers.figures import Colormap, Figure, ImageFigure, Overlay, OverlayKind
from photopeak_analyzers.marker_positions import AIR_HU, Marker, box_about, physical_box
from photopeak_analyzers.marker_registration import (
    Floats,
    Registration,
    centroids,
    displacements,
)

HALF_MM = 15.0
STEP_MM = 0.5
"""Half side and spacing of the square of a marker, in the slice of CT that its centroid lies in."""

MOST_SHOWN = 6
"""Markers in the picture side by side: the farthest ones."""


def figures_of(pet: Volume, ct: Volume, found: Registration) -> tuple[Figure, ...]:
    """Show where both see the markers."""
    image = _highest(pet)
    return (
        ImageFigure(
            name="markers",
            title="Highest values of PET along the slices, with the centroids of PET and CT",
            image=image,
            pixel_spacing_mm=pet.voxel_spacing_mm[1:],
            low=0.0,
            high=float(image.max()),
            unit=unit_of_values(pet),
            overlays=centroids(found, pet, nuclear="PET"),
        ),
        _fused(pet, ct, found),
        displacements(found, nuclear="PET"),
    )


def _fused(pet: Volume, ct: Volume, found: Registration) -> ImageFigure:
    """Draw PET and CT of each marker in the same square of the patient, x to the right, y down.

    Above PET, below CT, each from nothing to its highest value; both centroids in both.
    """
    shown = np.argsort(-found.distances, kind="stable")[:MOST_SHOWN]
    side = round(2.0 * HALF_MM / STEP_MM) + 1
    offsets = (np.arange(side) - (side - 1) / 2.0) * STEP_MM
    tiles, overlays = [], []
    for place, number in enumerate(sorted(shown.tolist())):
        nuclear, dense = found.nuclear[number], found.dense[number]
        middle = dense.position
        x, y = np.meshgrid(middle[0] + offsets, middle[1] + offsets)
        points = np.stack([x, y, np.full_like(x, middle[2])], axis=-1)
        tiles.append(
            np.vstack(
                [
                    _shares(pet, nuclear, points, 0.0, "PET"),
                    _shares(ct, dense, points, AIR_HU, "CT"),
                ]
            )
        )
        for name, marker in (("PET", nuclear), ("CT", dense)):
            column = place * side + (marker.position[0] - middle[0]) / STEP_MM + (side - 1) / 2.0
            row = (marker.position[1] - middle[1]) / STEP_MM + (side - 1) / 2.0
            overlays += [
                Overlay(
                    kind=OverlayKind.POINT,
                    label=f"{number + 1} {name}" if half == 0 else "",
                    points=((float(row + half * side), float(column)),),
                )
                for half in (0, 1)
            ]
    return ImageFigure(
        name="fused",
        title="PET (above) and CT (below) of each marker in the same square of 30 mm, with both centroids",
        image=np.hstack(tiles),
        pixel_spacing_mm=(STEP_MM, STEP_MM),
        low=0.0,
        high=1.0,
        unit="1",
        colormap=Colormap.CIVIDIS,
        overlays=tuple(overlays),
    )


def _shares(volume: Volume, marker: Marker, points: Floats, least: float, name: str) -> Floats:
    """Return the values at places of the patient, from 0 at `least` to 1 at the highest of them."""
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    box = box_about(volume, marker.index, 2.0 * HALF_MM)
    part = physical_box(volume, box, name)
    inverse = np.linalg.inv(volume.affine)
    indices = points @ inverse[:3, :3].T + inverse[:3, 3] - [b.start for b in box]
    values = ndimage.map_coordinates(
        part, np.moveaxis(indices, -1, 0), order=1, mode="constant", cval=least
    )
    above = np.maximum(values - least, 0.0)
    return np.asarray(above / max(float(above.max()), 1e-12))


def _highest(volume: Volume) -> Floats:
    """Return the highest physical value along the slices; one slice at a time is converted."""
    found = np.full(volume.values.shape[1:], -np.inf, dtype=np.float32)
    for values, slope, intercept in zip(volume.values, volume.slope, volume.intercept, strict=True):
        np.maximum(found, values * np.float32(slope) + np.float32(intercept), out=found)
    return found.astype(np.float64)
