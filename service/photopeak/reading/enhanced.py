"""Enhanced PET and CT objects: one object, a volume, described by functional groups (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from photopeak.reading.dataset import DataSet
from photopeak.reading.enhanced_frames import frame_values
from photopeak.reading.errors import StructureError
from photopeak.reading.nuclide import nuclide_of
from photopeak.reading.origin import Source, corrections_of, origin_of, remarks, started_at
from photopeak.reading.pixels import pixel_format, read_pixels
from photopeak.reading.real_world import real_world_scale
from photopeak.reading.several import told_apart
from photopeak.reading.slices import plane_of, scales, units_of
from photopeak.reading.stacking import put_in_order, stack
from photopeak.reading.text import displayable
from photopeak.reading.times import parse_date_time
from photopeak.reading.volume_header import unequal_durations, volume_header
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
    put_in_order(values, order)
    slope, intercept, units, odd = _scaled([groups[i] for i in order], shared, data_set, modality)
    decay = displayable(data_set.text("DecayCorrection")).upper()
    return Volume(
        origin=origin_of(sources),
        started_at=started_at(sources),
        nuclide=nuclide_of(data_set),
        corrections=_corrections(data_set),
        values=values,
        slope=slope,
        intercept=intercept,
        affine=affine,
        modality=modality,
        units=units,
        decay_correction=decay or _DECAY.get(data_set.text("DecayCorrected").upper(), ""),
        header=_header(source, groups, shared),
        warnings=remarks(sources, odd),
    )


_DECAY = {"YES": "START", "NO": "NONE"}
"""DecayCorrected as DecayCorrection has it; DecayCorrectionDateTime tells to when."""

_CORRECTED = {
    "AttenuationCorrected": "ATTN",
    "DeadTimeCorrected": "DTIM",
    "DecayCorrected": "DECY",
    "DetectorNormalizationCorrection": "NORM",
    "RandomsCorrected": "RAN",
    "ScatterCorrected": "SCAT",
}
"""Elements that an enhanced object has in place of CorrectedImage (enhanced PET, corrections)."""


def _scaled(
    groups: Sequence[DataSet], shared: DataSet, data_set: DataSet, modality: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], str, tuple[str, ...]]:
    """Return slopes, intercepts, unit, and what was odd: a real-world mapping beats RescaleSlope."""
    name = "RealWorldValueMappingSequence"
    mapped = [real_world_scale(group if group.items(name) else shared) for group in groups]
    units = {each[2] for each in mapped if each is not None}
    if len(units) > 1:
        raise StructureError(
            f"the frames of the object are mapped to several units: {sorted(units)}"
        )
    if units and all(each is not None for each in mapped):
        slope, intercept = ([each[k] for each in mapped if each is not None] for k in (0, 1))
        return np.array(slope), np.array(intercept), units.pop(), ()
    transformed = [_group(group, shared, "PixelValueTransformationSequence") for group in groups]
    slopes, intercepts, odd = scales(transformed)
    unit, more = units_of(data_set, modality)
    kind = transformed[0].text("RescaleType").upper()
    if not unit and kind not in {"", "US"}:
        unit, more = kind, ()
    return slopes, intercepts, unit, (*odd, *more)


def _corrections(data_set: DataSet) -> frozenset[str] | None:
    """Return what was corrected; None when the object does not tell of any."""
    listed = corrections_of(data_set)
    told = [keyword for keyword in _CORRECTED if keyword in data_set]
    if listed is not None or not told:
        return listed
    return frozenset(_CORRECTED[k] for k in told if data_set.text(k).upper() == "YES")


def _header(
    source: Source, groups: Sequence[DataSet], shared: DataSet
) -> Mapping[str, str | float | None]:
    """Return the values of the object, with duration and last start of its frames."""
    found = {**volume_header(source), **frame_values(groups[0], shared)}
    content = [_group(group, shared, "FrameContentSequence") for group in groups]
    duration = content[0].number("FrameAcquisitionDuration") if content else None
    if duration is not None and duration > 0.0:
        found.setdefault("ActualFrameDuration", duration)
    found |= unequal_durations(each.number("FrameAcquisitionDuration") for each in content)
    starts = [
        parse_date_time(each.text("FrameAcquisitionDateTime"), source.zone) for each in content
    ]
    last = max((start for start in starts if start is not None), default=source.acquired_at)
    if last is not None:
        found["LastAcquisitionDateTime"] = last.isoformat()
    return MappingProxyType(found)


def _group(frame: DataSet, shared: DataSet, keyword: str) -> DataSet:
    """Return a functional group: that of the frame, else the shared one."""
    return frame.item(keyword) if frame.items(keyword) else shared.item(keyword)
