"""Integrity: whether an object agrees with itself before anything is made of its numbers.

Each check is a number that is 0 for a sound object (counts that differ from the header, frames
that are missing or doubled, saturated pixels, frames out of order in time, stored objects without
a hash), so that a limit set says what is tolerated. What the header leaves out is a warning.
Whether the software of the console has changed is told by the history of the device, not by one
object.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from photopeak_analyzers.acquisition import (
    IMAGES,
    Acquisition,
    Counts,
    Frame,
    FrameStack,
    GatedVolume,
    Volume,
    WholeBody,
)
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Note,
    Parameters,
    Precondition,
    PreconditionCode,
    Role,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.figures import TableFigure
from photopeak_analyzers.frame_conditions import holds_counts, start_is_known
from photopeak_analyzers.frames_by_head import frames_by_head
from photopeak_analyzers.given import one
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "practice: general quality control, data integrity and time references"

ROLE = Role(
    name="image",
    kinds=IMAGES,
    label="Image",
    hint="Any image of a gamma camera.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataIntegrityParameters(Parameters):
    """What is known of the camera beside its headers."""

    crystal_width_mm: float | None = parameter(
        None,
        doc="Longest side of the crystal; without it the field of view in the header, then nothing.",
        unit="mm",
        minimum=20.0,
        maximum=1200.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """What a pass over the pixels of an image shows.

    Attributes
    ----------
    total
        Sum of all pixels.
    impossible
        Pixels that are negative or no numbers.
    saturated
        Pixels at the largest value that can be stored; None when that is not known.
    """

    total: float
    highest: float
    impossible: int
    saturated: int | None


def look_at_pixels(image: FrameStack) -> Pixels:
    """Go over the pixels once, frame by frame."""
    counts, level = image.counts, image.saturation_level
    integral = np.issubdtype(counts.dtype, np.integer)
    if level is None and integral:
        level = int(np.iinfo(counts.dtype).max)
    total, highest, impossible, saturated = 0.0, 0.0, 0, 0
    for frame in counts:
        sound = frame
        if not integral:
            finite = np.isfinite(frame)
            impossible += int(frame.size - np.count_nonzero(finite))
            sound = np.where(finite, frame, 0.0)
        if not np.issubdtype(counts.dtype, np.unsignedinteger):
            impossible += int(np.count_nonzero(sound < 0))
        total += float(sound.sum(dtype=np.int64 if integral else np.float64))
        peak = float(sound.max())
        highest = max(highest, peak)
        if level is not None and peak >= level:
            saturated += int(np.count_nonzero(sound >= level))
    return Pixels(
        total=total,
        highest=highest,
        impossible=impossible,
        saturated=None if level is None else saturated,
    )


def missing_frames(image: FrameStack) -> int:
    """Return how many frames are missing for every head and window to have equally many."""
    groups = frames_by_head(image)
    longest = max(len(each) for each in groups.values())
    announced = max(len(image.detectors), 1) * max(len(image.energy_windows), 1)
    return longest * max(announced, len(groups)) - len(image.frames)


def repeated_frames(image: FrameStack) -> int:
    """Return how many frames say of themselves that they are one that was there already.

    The two views of a whole body come from one head each, or from one head that turned; they are
    told apart by nothing else, and so are not counted.
    """
    if isinstance(image, WholeBody):
        return 0
    return len(image.frames) - len({_identity(frame) for frame in image.frames})


def frames_out_of_order(image: FrameStack) -> int:
    """Return how many frames of a head and window begin before the one they follow."""
    wrong = 0
    for positions in frames_by_head(image).values():
        frames = sorted((image.frames[p] for p in positions), key=_place)
        starts = [f.started_at for f in frames if f.started_at is not None]
        wrong += sum(later < earlier for earlier, later in pairwise(starts))
    return wrong


def extent_mm(image: FrameStack) -> float | None:
    """Return the longer side of the matrix, in mm; only its width in a whole-body sweep."""
    spacing = image.pixel_spacing_mm
    if spacing is None:
        return None
    rows, columns = image.counts.shape[1:]
    across, along = float(columns * spacing[1]), float(rows * spacing[0])
    return across if isinstance(image, WholeBody) else max(across, along)


def measure(inputs: Inputs, parameters: DataIntegrityParameters) -> Analysis:
    """Compare an object with itself."""
    acquisition = one(inputs, ROLE, Acquisition)
    numbers: dict[str, float] = {"objects_without_hash": float(_without_hash(acquisition))}
    conditions: list[Precondition] = []
    if isinstance(acquisition, FrameStack):
        numbers |= _of_frames(acquisition, parameters)
        conditions += _conditions(acquisition, numbers["highest_pixel"])
    elif isinstance(acquisition, Volume | GatedVolume):
        volumes = (acquisition,) if isinstance(acquisition, Volume) else acquisition.volumes
        numbers["impossible_pixels"] = float(sum(_impossible(each.values) for each in volumes))
    conditions.append(start_is_known(acquisition, severity=Severity.SOFT, clause=CLAUSE))
    return Analysis(
        measurements=tuple(
            measurements(Scope(), [(key, value, None) for key, value in numbers.items()])
        ),
        preconditions=tuple(conditions),
        figures=(_table(numbers),),
        notes=tuple(
            Note(code="OBJECT_REMARK", message=warning) for warning in acquisition.warnings
        ),
    )


def _impossible(values: Counts) -> int:
    """Return how many values are no numbers."""
    if not np.issubdtype(values.dtype, np.floating):
        return 0
    return values.size - int(np.count_nonzero(np.isfinite(values)))


def _of_frames(image: FrameStack, parameters: DataIntegrityParameters) -> dict[str, float]:
    pixels = look_at_pixels(image)
    numbers = {
        "total_counts": pixels.total,
        "highest_pixel": pixels.highest,
        "impossible_pixels": float(pixels.impossible),
        "missing_frames": float(missing_frames(image)),
        "repeated_frames": float(repeated_frames(image)),
        "frames_out_of_order": float(frames_out_of_order(image)),
    }
    if pixels.saturated is not None:
        numbers["saturated_pixels"] = float(pixels.saturated)
    announced = image.counts_accumulated
    if announced:
        numbers["counts_difference_pct"] = 100.0 * (pixels.total / announced - 1.0)
    extent, crystal = extent_mm(image), _crystal_mm(image, parameters)
    if extent is not None and crystal is not None:
        numbers["matrix_beyond_crystal_pct"] = 100.0 * (extent / crystal - 1.0)
    return numbers


def _crystal_mm(image: FrameStack, parameters: DataIntegrityParameters) -> float | None:
    if parameters.crystal_width_mm is not None:
        return parameters.crystal_width_mm
    declared = [side for each in image.detectors for side in each.field_of_view_mm]
    sound = [side for side in declared if math.isfinite(side) and side > 0.0]
    return max(sound) if sound else None


def _conditions(image: FrameStack, highest: float) -> list[Precondition]:
    nameless = sum(frame.detector is None for frame in image.frames)
    lasting = [f.duration_s for f in image.frames if f.duration_s is not None and f.duration_s > 0]
    spacing = image.pixel_spacing_mm
    return [
        holds_counts(highest, scope=Scope(), clause=CLAUSE),
        bounded(
            PreconditionCode.DETECTOR,
            "frames that name no detector",
            float(nameless),
            upper=0.0,
            unit="1",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.DURATION,
            "frames without a duration",
            float(len(image.frames) - len(lasting)),
            upper=0.0,
            unit="1",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.PIXEL,
            "spacing of the columns",
            None if spacing is None else spacing[1],
            unit="mm",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        ),
    ]


def _without_hash(acquisition: Acquisition) -> int:
    """Return how many stored objects have no hash; the one object that there must be at least."""
    origin = acquisition.origin
    objects = max(len(origin.sop_instance_uids), 1)
    return max(objects - sum(1 for digest in origin.sha256 if digest), 0)


def _identity(frame: Frame) -> tuple[object, ...]:
    return (
        frame.detector,
        frame.energy_window,
        frame.phase,
        frame.time_slice,
        frame.rr_interval,
        frame.time_slot,
        frame.rotation,
        frame.view,
    )


def _place(frame: Frame) -> tuple[int, ...]:
    numbers = (
        frame.phase,
        frame.time_slice,
        frame.rr_interval,
        frame.time_slot,
        frame.rotation,
        frame.view,
    )
    return tuple(number or 0 for number in numbers)


def _table(numbers: dict[str, float]) -> TableFigure:
    return TableFigure(
        name="checks",
        title="Checks of the object against itself",
        columns=("check", "found", "unit"),
        rows=tuple(
            (ANALYZER.metric(key).label, value, ANALYZER.metric(key).unit)
            for key, value in numbers.items()
        ),
    )


ANALYZER = Analyzer(
    id="data_integrity_check",
    title="Data integrity",
    title_zh="数据完整性检查",
    version="1",
    variants=(Variant(name="local", title="Agreement of an object with itself", clause=CLAUSE),),
    roles=(ROLE,),
    metrics=metrics(
        CLAUSE,
        ("counts_difference_pct", "%", "dN", "Sum of the pixels against the counts in the header", "像素总和与文件头计数之差", 3),
        ("total_counts", "{counts}", "N", "Sum of the pixels", "像素计数总和", 0),
        ("highest_pixel", "{counts}", "N_max", "Highest pixel", "最大像素计数", 0),
        ("saturated_pixels", "{pixels}", "n_sat", "Pixels at the largest value", "饱和像素数", 0),
        ("impossible_pixels", "{pixels}", "n_neg", "Pixels that are negative or no numbers", "负值或非数值像素数", 0),
        ("missing_frames", "1", "n_miss", "Frames that are missing", "缺失帧数", 0),
        ("repeated_frames", "1", "n_rep", "Frames that are there twice", "重复帧数", 0),
        ("frames_out_of_order", "1", "n_time", "Frames that begin before the one they follow", "时间顺序错误的帧数", 0),
        ("matrix_beyond_crystal_pct", "%", "dL", "Longer side of the matrix beyond the crystal", "矩阵超出晶体尺寸的比例", 1),
        ("objects_without_hash", "1", "n_hash", "Stored objects without a hash", "无校验值的对象数", 0),
    ),
    parameters=DataIntegrityParameters,
    measure=measure,
    figures=("checks",),
)  # fmt: skip
"""The test, as registered."""
