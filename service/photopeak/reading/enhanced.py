"""Enhanced PET and CT objects: one object, a volume, described by functional groups (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from photopeak.reading.dataset import DataSet
from photopeak.reading.enhanced_frames import frame_values
from photopeak.reading.errors import StructureError
from photopeak.reading.nuclide import nuclide_of
from photopeak.reading.origin import Source, corrections_of, origin_of, remarks, started_at
from photopeak.reading.pixels import pixel_format, read_pixels
from photopeak.reading.several import told_apart
from photopeak.reading.slices import plane_of, scales, units_of
from photopeak.reading.stacking import stack
from photopeak.reading.text import displayable
from photopeak.reading.volume_header import volume_header
from photopeak_analyzers.acquisition import Volume


def read_enhanced(sources: Sequence[Source], modality: str) -> Volume:
    """Return the volume of an enhanced multi-frame object.

    Raises
    ------
    StructureError
        If there are several objects, or the groups do not fit the frames.
    GeometryError
        If frames are missing, double (several time frames), or turned against each other.
    """
    if len(sources) > 1:
        raise StructureError(
            f"the series holds {len(sources)} enhanced objects, not one: {told_apart(sources)}"
        )
    source = sources[0]
    data_set = source.data_set
    pixels = pixel_format(source.stored)
    shared = data_set.item("SharedFunctionalGroupsSequence")
    groups = data_set.items("PerFrameFunctionalGroupsSequence")
    if len(groups) != pixels.frames:
        raise StructureError(
            f"{len(groups)} functional groups describe {pixels.frames} frames of the object"
        )
    measures = [_group(group, shared, "PixelMeasuresSequence") for group in groups]
    planes = [
        plane_of(
            _group(group, shared, "PlanePositionSequence"),
            measure,
            _group(group, shared, "PlaneOrientationSequence"),
        )
        for group, measure in zip(groups, measures, strict=True)
    ]
    order, affine = stack(planes, measures[0].number("SliceThickness"))
    values = np.empty((pixels.frames, pixels.rows, pixels.columns), pixels.dtype)
    read_pixels(source.stored, pixels, values)
    if order != list(range(pixels.frames)):
        values = values[np.array(order)]
    transformed = [_group(groups[i], shared, "PixelValueTransformationSequence") for i in order]
    slope, intercept, odd = scales(transformed)
    units, more = units_of(data_set, modality)
    kind = transformed[0].text("RescaleType").upper()
    if not units and kind not in {"", "US"}:
        units, more = kind, ()
    return Volume(
        origin=origin_of(sources),
        started_at=started_at(sources),
        nuclide=nuclide_of(data_set),
        corrections=corrections_of(data_set),
        values=values,
        slope=slope,
        intercept=intercept,
        affine=affine,
        modality=modality,
        units=units,
        decay_correction=displayable(data_set.text("DecayCorrection")).upper(),
        header=MappingProxyType({**volume_header(source), **frame_values(groups[0], shared)}),
        warnings=remarks(sources, odd, more),
    )


def _group(frame: DataSet, shared: DataSet, keyword: str) -> DataSet:
    """Return a functional group: that of the frame, else the shared one."""
    return frame.item(keyword) if frame.items(keyword) else shared.item(keyword)
