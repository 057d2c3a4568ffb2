"""PET and CT series of one slice per object to a volume, each slice with its own scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from photopeak.reading import vendors
from photopeak.reading.dataset import DataSet
from photopeak.reading.errors import (
    DoubleSliceError,
    GeometryError,
    NotAnAcquisitionError,
    StructureError,
)
from photopeak.reading.geometry import direction_cosines, image_position_mm, pixel_spacing_mm
from photopeak.reading.nm_items import energy_windows
from photopeak.reading.nuclide import nuclide_of
from photopeak.reading.origin import Source, corrections_of, origin_of, remarks, started_at
from photopeak.reading.pixels import MAXIMUM_PIXEL_BYTES, PixelFormat, pixel_format, read_pixels
from photopeak.reading.several import ALIKE, told_apart
from photopeak.reading.stacking import Plane, stack
from photopeak.reading.text import displayable
from photopeak.reading.volume_header import unequal_durations, volume_header
from photopeak_analyzers.acquisition import Volume

_NO_VOLUME = frozenset({"LOCALIZER", "REPROJECTION", "MIP", "PROJECTION IMAGE"})

_OF_ONE_RECONSTRUCTION = (
    "SeriesDescription",
    "ReconstructionMethod",
    "ConvolutionKernel",
    "AttenuationCorrectionMethod",
    "ScatterCorrectionMethod",
    "CorrectedImage",
)
"""Slices that differ in one of these are no volume, even where they lie side by side."""


def read_slices(sources: Sequence[Source], modality: str) -> Volume:
    """Return the volume of a PET or CT series.

    Raises
    ------
    NotAnAcquisitionError
        If the images are scouts or projections of a volume.
    StructureError
        If slices differ in size or type.
    GeometryError
        If slices are missing, double, or turned against each other.
    """
    _refuse_projections(sources)
    formats = [pixel_format(source.stored) for source in sources]
    _refuse_mixtures(sources, formats)
    planes = [plane_of(source.data_set, source.data_set) for source in sources]
    first = sources[0].data_set
    try:
        order, affine = stack(planes, first.number("SliceThickness"))
    except DoubleSliceError as error:
        told = told_apart(sources)
        if told == ALIKE:
            raise
        raise StructureError(
            f"the series holds several volumes, not one: {told}; {error}"
        ) from error
    _refuse_incomplete(first, len(order))
    _refuse_differing(sources, "FrameOfReferenceUID")
    ordered = [sources[index] for index in order]
    pixels = formats[0]
    values = np.empty((len(order), pixels.rows, pixels.columns), pixels.dtype)
    for place, index in enumerate(order):
        read_pixels(sources[index].stored, formats[index], values[place : place + 1])
    slope, intercept, odd = scales([source.data_set for source in ordered])
    units, more = units_of(first, modality)
    return Volume(
        origin=origin_of(ordered),
        started_at=started_at(ordered),
        nuclide=nuclide_of(first),
        energy_windows=energy_windows(first)[0],
        corrections=corrections_of(first),
        values=values,
        slope=slope,
        intercept=intercept,
        affine=affine,
        modality=modality,
        units=units,
        decay_correction=displayable(first.text("DecayCorrection")).upper(),
        header=_header(ordered),
        warnings=remarks(ordered, odd, more),
    )


def _header(sources: Sequence[Source]) -> Mapping[str, str | float | None]:
    """Return the values of the object that was acquired first, and of all when and how long."""
    lengths = unequal_durations(s.data_set.number("ActualFrameDuration") for s in sources)
    timed = [(source.acquired_at, source) for source in sources if source.acquired_at is not None]
    if not timed:
        return MappingProxyType({**volume_header(sources[0]), **lengths})
    first = min(timed, key=lambda each: each[0])[1]
    last = max(at for at, _ in timed)
    return MappingProxyType(
        {**volume_header(first), **lengths, "LastAcquisitionDateTime": last.isoformat()}
    )


def _refuse_projections(sources: Sequence[Source]) -> None:
    for source in sources:
        kinds = {word.upper() for word in source.data_set.words("ImageType")}
        kinds |= {word.upper() for word in source.data_set.words("SeriesType")}
        if kinds & _NO_VOLUME:
            raise NotAnAcquisitionError(
                f"{' and '.join(sorted(kinds & _NO_VOLUME))} images are no slices of a volume"
            )


def _refuse_mixtures(sources: Sequence[Source], formats: Sequence[PixelFormat]) -> None:
    shapes = {(f.rows, f.columns, f.dtype) for f in formats}
    if len(shapes) > 1:
        told = " and ".join(sorted(f"{rows} x {columns} {d}" for rows, columns, d in shapes))
        raise StructureError(f"the slices of the series differ in size or type: {told}")
    if any(f.frames != 1 for f in formats):
        raise StructureError("an object of a series of single slices has several frames")
    for keyword in ("Units", "DecayCorrection", "RescaleType"):
        _refuse_differing(sources, keyword)
    factors = {tuple(vendors.philips_pet_scales(source.data_set).items()) for source in sources}
    if len(factors) > 1:
        raise StructureError("the slices of the series differ in the factors of Philips")
    for keyword in _OF_ONE_RECONSTRUCTION:
        told = told_apart(sources, (keyword,))
        if told != ALIKE:
            raise StructureError(f"the series holds several reconstructions, not one: {told}")
    total = len(formats) * formats[0].frame_bytes
    if total > MAXIMUM_PIXEL_BYTES:
        raise StructureError(
            f"the series has {total} bytes of pixels, at most {MAXIMUM_PIXEL_BYTES} are read"
        )


def _refuse_incomplete(data_set: DataSet, count: int) -> None:
    """Refuse a series whose ends are missing: no gap tells of them, only NumberOfSlices of PET."""
    told = data_set.integer("NumberOfSlices")
    if told is not None and count < told:
        raise GeometryError(f"{count} slices are there, and the header tells of {told}")


def _refuse_differing(sources: Sequence[Source], keyword: str) -> None:
    found = sorted({source.data_set.text(keyword) for source in sources})
    if len(found) > 1:
        raise StructureError(f"the slices of the series differ in {keyword}: {found}")


def plane_of(place: DataSet, measures: DataSet, orientation: DataSet | None = None) -> Plane:
    """Return where a slice lies; an enhanced object tells it in three places.

    Raises
    ------
    GeometryError
        If the header does not tell.
    """
    position = image_position_mm(place)
    directions = direction_cosines(place if orientation is None else orientation)
    spacing = pixel_spacing_mm(measures)
    if position is None or directions is None:
        raise GeometryError(
            "a slice has no usable ImagePositionPatient and ImageOrientationPatient"
        )
    if spacing is None:
        raise GeometryError(
            f"PixelSpacing is {measures.numbers('PixelSpacing')}, needs two positive numbers"
        )
    return Plane(position, directions, spacing)


def scales(
    data_sets: Sequence[DataSet],
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Return slope and intercept of each slice in order, and what was odd about them.

    Raises
    ------
    StructureError
        If some slices have a slope and others none: of these nobody knows what their values mean.
    """
    slopes = [data_set.number("RescaleSlope") for data_set in data_sets]
    intercepts = [data_set.number("RescaleIntercept") or 0.0 for data_set in data_sets]
    odd = []
    absent = slopes.count(None)
    if 0 < absent < len(slopes):
        raise StructureError(
            f"RescaleSlope is absent, or no number, on {absent} of {len(slopes)} slices, the first"
            f" is slice {slopes.index(None) + 1}"
        )
    if absent:
        odd.append(f"RescaleSlope is absent on all {absent} slices: taken as 1")
    zero = [number for number, slope in enumerate(slopes, 1) if slope == 0.0]
    if zero:
        odd.append(f"RescaleSlope is 0 on {len(zero)} slices, the first is slice {zero[0]}")
    slope = np.array([1.0 if s is None else s for s in slopes], dtype=np.float64)
    return slope, np.array(intercepts, dtype=np.float64), tuple(odd)


def units_of(data_set: DataSet, modality: str) -> tuple[str, tuple[str, ...]]:
    """Return the units of the scaled values; CT is in HU unless RescaleType says otherwise."""
    units = displayable(data_set.text("Units")).upper()
    if modality == "CT":
        return displayable(data_set.text("RescaleType")).upper() or "HU", ()
    return units, () if units else ("Units is absent: what the values mean is not known",)
