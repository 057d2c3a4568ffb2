"""Nuclear-medicine objects to acquisitions: one object with all frames, or one per head or window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from photopeak.reading import vendors
from photopeak.reading.errors import NotAnAcquisitionError, StructureError
from photopeak.reading.geometry import pixel_spacing_mm
from photopeak.reading.nm_frames import angular_step_deg, frames_of, turning
from photopeak.reading.nm_items import detectors, energy_windows
from photopeak.reading.nm_vectors import (
    DYNAMIC,
    GATED,
    GATED_TOMO,
    RECON_GATED_TOMO,
    RECON_TOMO,
    STATIC,
    TOMO,
    VECTORS,
    WHOLE_BODY,
    structure_of,
)
from photopeak.reading.nuclide import nuclide_of
from photopeak.reading.origin import (
    Source,
    corrections_of,
    counts_accumulated,
    origin_of,
    remarks,
    started_at,
)
from photopeak.reading.pixels import MAXIMUM_PIXEL_BYTES, PixelFormat, pixel_format, read_pixels
from photopeak.reading.recon import read_reconstruction
from photopeak.reading.several import ALIKE, told_apart
from photopeak.reading.text import displayable
from photopeak_analyzers.acquisition import (
    Acquisition,
    Detector,
    Dynamic,
    EnergyWindow,
    Frame,
    Gated,
    GatedTomographic,
    Planar,
    Tomographic,
    WholeBody,
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Part:
    """One object, its frames described."""

    source: Source
    pixels: PixelFormat
    frames: tuple[Frame, ...]
    windows: tuple[EnergyWindow, ...]
    detectors: tuple[Detector, ...]
    warnings: tuple[str, ...]


def read_nm(sources: Sequence[Source]) -> Acquisition:
    """Return the acquisition that the objects of a series make.

    Raises
    ------
    NotAnAcquisitionError
        If it is of a kind that is not analysed.
    StructureError
        If frames cannot be told apart, or the objects contradict each other.
    """
    kinds = [structure_of(source.data_set) for source in sources]
    structures = sorted({structure for structure, _ in kinds})
    if len(structures) > 1:
        raise StructureError(f"the series mixes {' and '.join(structures)} images")
    structure = structures[0]
    if structure not in VECTORS:
        raise NotAnAcquisitionError(f"{structure} images are kept, but no test uses them")
    inferred = [warning for _, warning in kinds if warning]
    if structure in {RECON_TOMO, RECON_GATED_TOMO}:
        return read_reconstruction(sources, structure, inferred)
    ordered = sorted(sources, key=_order)
    parts = _told_apart([_part(source, structure) for source in ordered], structure)
    return _acquisition(parts, structure, inferred)


def _order(source: Source) -> tuple[float, int, str]:
    at, data_set = source.acquired_at, source.data_set
    return (
        at.timestamp() if at is not None else float("inf"),
        data_set.integer("InstanceNumber") or 0,
        data_set.text("SOPInstanceUID"),
    )


def _part(source: Source, structure: str) -> _Part:
    data_set = source.data_set
    pixels = pixel_format(source.stored)
    described = frames_of(data_set, structure, pixels.frames, source.acquired_at)
    windows, odd = energy_windows(data_set)
    heads, frames = detectors(data_set), described.frames
    warnings = [*described.warnings, *odd]
    slope, intercept = data_set.number("RescaleSlope"), data_set.number("RescaleIntercept")
    if slope not in {None, 1.0} or intercept not in {None, 0.0}:
        warnings.append(
            f"RescaleSlope {slope} and RescaleIntercept {intercept} are left aside: counts are"
            " taken as stored"
        )
    if {frame.detector for frame in frames} == {1} and len(heads) <= 1:
        told = vendors.head_of_one(data_set)
        if told is not None and told[0] != 1:
            number, evidence = told
            warnings.append(f"the detector is number {number} by {evidence}, DetectorVector says 1")
            frames = tuple(replace(frame, detector=number) for frame in frames)
            heads = tuple(replace(head, number=number) for head in heads)
    _, energy = vendors.ge_frame_numbers(data_set)
    first_only = {frame.energy_window for frame in frames} == {1}
    if energy is not None and 1 < energy <= len(windows) and first_only:
        warnings.append(f"the energy window is number {energy} by the energy number of GE")
        frames = tuple(replace(frame, energy_window=energy) for frame in frames)
    return _Part(source, pixels, frames, windows, heads, tuple(warnings))


def _told_apart(parts: Sequence[_Part], structure: str) -> list[_Part]:
    """Give every frame of the series a description of its own."""
    if len(parts) > 1:
        parts = _one_list_of_windows(parts)
    seen = Counter(_key(frame) for part in parts for frame in part.frames)
    if max(seen.values()) == 1:
        return list(parts)
    if structure not in {STATIC, WHOLE_BODY}:
        twice = next(key for key, count in seen.items() if count > 1)
        differ = told_apart([part.source for part in parts])
        raise StructureError(
            f"two frames of the series are both detector {twice[0]}, window {twice[1]},"
            f" phase or rotation {twice[2] or twice[4]}, slice or view {twice[3] or twice[5]}"
            + (f", R-R interval {twice[6]}, time slot {twice[7]}" if twice[7] else "")
            + (f" (the objects differ {differ})" if differ != ALIKE else "")
        )
    if len(parts) > 1 and any(part.source.acquired_at is None for part in parts):
        raise StructureError(
            f"{len(parts)} objects are of the same detector and window, and not all tell when"
        )
    counted: Counter[tuple[int | None, ...]] = Counter()
    renumbered = []
    for part in parts:
        frames = []
        for frame in part.frames:
            counted[_key(frame)] += 1
            frames.append(
                replace(
                    frame,
                    time_slice=counted[_key(frame)],
                    started_at=part.source.acquired_at if len(parts) > 1 else None,
                )
            )
        warning = (
            "several frames are of the same detector and window: they are taken in their order"
        )
        renumbered.append(replace(part, frames=tuple(frames), warnings=(*part.warnings, warning)))
    return renumbered


def _key(frame: Frame) -> tuple[int | None, ...]:
    return (
        frame.detector, frame.energy_window, frame.phase, frame.time_slice, frame.rotation,
        frame.view, frame.rr_interval, frame.time_slot,
    )  # fmt: skip


def _one_list_of_windows(parts: Sequence[_Part]) -> Sequence[_Part]:
    """Give windows of the same limits one number, where each object lists only its own."""
    lists = {tuple((w.number, w.lower_kev, w.upper_kev) for w in part.windows) for part in parts}
    if len(lists) == 1 and len(next(iter(lists))) != 1:
        return parts
    limits = sorted({(w.lower_kev, w.upper_kev) for part in parts for w in part.windows})
    numbers = {limit: number for number, limit in enumerate(limits, 1)}
    named = {(w.lower_kev, w.upper_kev): w.name for part in parts for w in part.windows}
    windows = tuple(
        EnergyWindow(number=n, lower_kev=a, upper_kev=b, name=named[a, b])
        for (a, b), n in numbers.items()
    )
    result = []
    for part in parts:
        own = {w.number: numbers[w.lower_kev, w.upper_kev] for w in part.windows}
        frames = tuple(
            replace(frame, energy_window=own.get(frame.energy_window or 0, frame.energy_window))
            for frame in part.frames
        )
        result.append(replace(part, frames=frames, windows=windows))
    return result


def _acquisition(parts: Sequence[_Part], structure: str, inferred: Sequence[str]) -> Acquisition:
    sources = [part.source for part in parts]
    first = parts[0].source.data_set
    counts = _counts(parts)
    totals = [counts_accumulated(part.source.data_set) for part in parts]
    known = [total for total in totals if total is not None]
    corrections = {corrections_of(part.source.data_set) for part in parts}
    common: dict[str, object] = {
        "origin": origin_of(sources),
        "started_at": started_at(sources),
        "nuclide": _only(parts, "nuclides", {nuclide_of(s.data_set) for s in sources}),
        "energy_windows": parts[0].windows,
        "detectors": _all_detectors(parts),
        "corrections": corrections.pop() if len(corrections) == 1 else None,
        "counts_accumulated": sum(known) if len(known) == len(totals) else None,
        "counts": counts,
        "frames": tuple(frame for part in parts for frame in part.frames),
        "pixel_spacing_mm": _spacing(parts),
        "saturation_level": min(part.pixels.saturation_level for part in parts),
        "warnings": remarks(sources, inferred, *(part.warnings for part in parts)),
    }
    if structure in {TOMO, GATED_TOMO}:
        turn = first.item("RotationInformationSequence")
        sign, arc = turning(turn), turn.number("ScanArc")
        rotating = GatedTomographic if structure == GATED_TOMO else Tomographic
        return rotating(
            **common,  # type: ignore[arg-type]
            scan_arc_deg=abs(arc) if arc else None,
            angular_step_deg=angular_step_deg(turn),
            clockwise=None if sign is None else sign < 0.0,
            detector_motion=displayable(first.text("TypeOfDetectorMotion")).upper(),
        )
    if structure == WHOLE_BODY:
        return WholeBody(
            **common,  # type: ignore[arg-type]
            scan_velocity_mm_per_s=first.number("ScanVelocity"),
            scan_length_mm=first.number("ScanLength"),
            detector_motion=displayable(first.text("TypeOfDetectorMotion")).upper(),
        )
    if structure == GATED:
        return Gated(**common)  # type: ignore[arg-type]
    kind = Dynamic if structure == DYNAMIC else Planar
    return kind(**common)  # type: ignore[arg-type]


def _counts(parts: Sequence[_Part]) -> np.ndarray[tuple[int, int, int], np.dtype[np.generic]]:
    shapes = {(part.pixels.rows, part.pixels.columns, part.pixels.dtype) for part in parts}
    if len(shapes) > 1:
        told = " and ".join(sorted(f"{rows} x {columns} {d}" for rows, columns, d in shapes))
        raise StructureError(f"the objects of the series differ in size or type: {told}")
    first = parts[0].pixels
    frames = sum(part.pixels.frames for part in parts)
    if frames * first.frame_bytes > MAXIMUM_PIXEL_BYTES:
        raise StructureError(f"the series has {frames * first.frame_bytes} bytes of pixels")
    counts = np.empty((frames, first.rows, first.columns), first.dtype)
    at = 0
    for part in parts:
        read_pixels(part.source.stored, part.pixels, counts[at : at + part.pixels.frames])
        at += part.pixels.frames
    return counts


def _spacing(parts: Sequence[_Part]) -> tuple[float, float] | None:
    return _only(
        parts, "pixel spacings", {pixel_spacing_mm(part.source.data_set) for part in parts}
    )


def _only(parts: Sequence[_Part], what: str, values: set[_T]) -> _T:
    if len(values) > 1:
        told = ", ".join(sorted(str(value) for value in values))
        raise StructureError(
            f"the {len(parts)} objects of the series have different {what}: {told}"
        )
    return values.pop()


def _all_detectors(parts: Sequence[_Part]) -> tuple[Detector, ...]:
    """Return every detector that is described or has frames, by number."""
    found: Mapping[int, Detector] = {
        detector.number: detector for part in reversed(parts) for detector in part.detectors
    }
    named = {f.detector for part in parts for f in part.frames if f.detector is not None}
    every = sorted({*found, *named})
    return tuple(found.get(number, Detector(number=number)) for number in every)
