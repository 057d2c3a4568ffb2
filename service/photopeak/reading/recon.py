"""Reconstructed nuclear-medicine volumes: one object, its slices in one direction.

A gated reconstruction (RECON GATED TOMO) holds such a volume for every gate of the beat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from photopeak.reading.dataset import DataSet
from photopeak.reading.errors import GeometryError, StructureError
from photopeak.reading.geometry import (
    cross,
    direction_cosines,
    image_position_mm,
    pixel_spacing_mm,
)
from photopeak.reading.nm_items import detectors, energy_windows
from photopeak.reading.nm_vectors import RECON_TOMO, Vectors, vectors_of
from photopeak.reading.nuclide import nuclide_of
from photopeak.reading.origin import (
    Source,
    corrections_of,
    counts_accumulated,
    origin_of,
    remarks,
    started_at,
)
from photopeak.reading.pixels import pixel_format, read_pixels
from photopeak.reading.real_world import real_world_scale
from photopeak.reading.several import told_apart
from photopeak.reading.text import displayable
from photopeak.reading.volume_header import volume_header
from photopeak_analyzers.acquisition import Gate, GatedVolume, Volume


def read_reconstruction(
    sources: Sequence[Source], structure: str, inferred: Sequence[str]
) -> Volume | GatedVolume:
    """Return the volume of a reconstruction, or those of a gated one.

    Raises
    ------
    StructureError
        If there are several, or its slices cannot be told apart.
    GeometryError
        If pixels or slices have no spacing.
    """
    if len(sources) > 1:
        raise StructureError(
            f"the series holds {len(sources)} reconstructions, not one: {told_apart(sources)}"
        )
    source = sources[0]
    data_set = source.data_set
    pixels = pixel_format(source.stored)
    vectors, missing = vectors_of(data_set, structure, pixels.frames)
    gates = _gates(vectors, pixels.frames)
    count = pixels.frames // len(gates)
    warnings = [*inferred, *missing]
    affine, flipped = _affine(data_set, count, warnings)
    values = np.empty((pixels.frames, pixels.rows, pixels.columns), pixels.dtype)
    read_pixels(source.stored, pixels, values)
    slope, intercept, units = _scale(data_set, warnings)
    windows, odd = energy_windows(data_set)
    common: dict[str, object] = {
        "origin": origin_of(sources),
        "started_at": started_at(sources),
        "nuclide": nuclide_of(data_set),
        "energy_windows": windows,
        "detectors": detectors(data_set),
        "corrections": corrections_of(data_set),
        "counts_accumulated": counts_accumulated(data_set),
        "warnings": remarks(sources, warnings, odd),
    }
    volumes = []
    for order in gates.values():
        sliced = values if order == list(range(pixels.frames)) else values[np.array(order)]
        volumes.append(
            Volume(
                **common,  # type: ignore[arg-type]
                values=sliced[::-1] if flipped else sliced,
                slope=np.full(count, slope),
                intercept=np.full(count, intercept),
                affine=affine,
                modality="NM",
                units=units,
                decay_correction=displayable(data_set.text("DecayCorrection")).upper(),
                header=volume_header(source),
            )
        )
    if structure == RECON_TOMO:
        return volumes[0]
    return GatedVolume(
        **common,  # type: ignore[arg-type]
        gates=tuple(Gate(rr_interval=rr, time_slot=slot) for rr, slot in gates),
        volumes=tuple(volumes),
    )


def _gates(vectors: Vectors, frames: int) -> Mapping[tuple[int, int], list[int]]:
    """Return the frames of each gate (R-R interval, time slot) in the order of their slices.

    A reconstruction without gates counts as one.
    """
    none: Sequence[int | None] = [1] * frames
    intervals = vectors.get("RRIntervalVector", none)
    slots = vectors.get("TimeSlotVector", none)
    found: dict[tuple[int, int], dict[int, int]] = {}
    for index, (interval, slot, number) in enumerate(
        zip(intervals, slots, vectors["SliceVector"], strict=True)
    ):
        slices = found.setdefault((interval or 1, slot or 1), {})
        if number is None or slices.setdefault(number, index) != index:
            raise StructureError("SliceVector does not name every slice once")
    for gate, slices in found.items():
        if sorted(slices) != list(range(1, frames // len(found) + 1)):
            told = f" in R-R interval {gate[0]}, time slot {gate[1]}" if len(found) > 1 else ""
            raise StructureError(f"SliceVector does not name every slice once{told}")
    return {gate: [found[gate][n] for n in sorted(found[gate])] for gate in sorted(found)}


def _affine(
    data_set: DataSet, count: int, warnings: list[str]
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], bool]:
    """Return the affine of the slices along their normal, and whether they were stored against it.

    Position and orientation stand in the item of the detector. SpacingBetweenSlices is negative
    where the slices run against the normal (PS3.3 C.8.4.15).
    """
    spacing = pixel_spacing_mm(data_set)
    if spacing is None:
        raise GeometryError(
            f"PixelSpacing is {data_set.numbers('PixelSpacing')}, needs two positive numbers"
        )
    step = data_set.number("SpacingBetweenSlices")
    if not step:
        step = data_set.number("SliceThickness")
        warnings.append("SpacingBetweenSlices is absent: the slices are taken to touch each other")
    if not step:
        raise GeometryError("neither SpacingBetweenSlices nor SliceThickness tells the spacing")
    item = data_set.item("DetectorInformationSequence")
    directions, position = direction_cosines(item), image_position_mm(item)
    if directions is None:
        directions = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
        warnings.append("ImageOrientationPatient is absent: the slices are taken as transverse")
    if position is None:
        position = (0.0, 0.0, 0.0)
        warnings.append("ImagePositionPatient is absent: positions are relative to the first slice")
    normal = np.array(cross(*directions))
    first = np.array(position)
    if step < 0.0:
        first = first + normal * step * (count - 1)
    affine = np.eye(4)
    affine[:3, 0] = normal * abs(step)
    affine[:3, 1] = np.array(directions[1]) * spacing[0]
    affine[:3, 2] = np.array(directions[0]) * spacing[1]
    affine[:3, 3] = first
    return affine, step < 0.0


def _scale(data_set: DataSet, warnings: list[str]) -> tuple[float, float, str]:
    """Return slope, intercept and units; a real-world mapping beats RescaleSlope."""
    mapped = real_world_scale(data_set)
    if mapped is not None:
        return mapped
    slope, intercept = data_set.number("RescaleSlope"), data_set.number("RescaleIntercept")
    if slope == 0.0:
        warnings.append("RescaleSlope is 0: every value becomes the same")
    return (
        1.0 if slope is None else slope,
        intercept or 0.0,
        displayable(data_set.text("Units")).upper(),
    )
