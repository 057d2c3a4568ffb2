"""What each frame of a nuclear-medicine object is: head, window, time, angle, radius, duration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from photopeak.reading.dataset import DataSet
from photopeak.reading.nm_vectors import (
    DYNAMIC,
    GATED,
    GATED_TOMO,
    TOMO,
    Vectors,
    gated_intervals,
    vectors_of,
)
from photopeak_analyzers.acquisition import Frame

LONGEST_MS = 30.0 * 86_400_000.0
"""Thirty days; no frame, delay or pause is longer."""
LARGEST_ANGLE_DEG = 36_000.0
"""A hundred turns; headers count several, never more."""
_TURNS = {"CW": -1.0, "CC": 1.0, "CCW": 1.0}
"""Sign of the angular step by RotationDirection (PS3.3 C.8.4.12)."""


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of one object in the order of its pixels, and what was odd about them."""

    frames: tuple[Frame, ...]
    warnings: tuple[str, ...]


def frames_of(data_set: DataSet, structure: str, count: int, started_at: datetime | None) -> Frames:
    """Describe the frames of an object.

    Raises
    ------
    StructureError
        If they cannot be told apart.
    """
    vectors, warnings = vectors_of(data_set, structure, count)
    described = list(warnings)
    described += _odd_numbers(data_set, vectors)
    if structure in {TOMO, GATED_TOMO}:
        frames = _projections(data_set, vectors, described)
    elif structure == DYNAMIC:
        frames = _time_slices(data_set, vectors, started_at, described)
    elif structure == GATED:
        frames = _gates(data_set, vectors)
    else:
        duration = _seconds(data_set, described)
        frames = [
            Frame(detector=detector, energy_window=window, duration_s=duration)
            for window, detector in _heads(vectors)
        ]
    return Frames(tuple(frames), tuple(dict.fromkeys(described)))


def _heads(vectors: Vectors) -> list[tuple[int | None, int | None]]:
    return list(zip(vectors["EnergyWindowVector"], vectors["DetectorVector"], strict=True))


def _odd_numbers(data_set: DataSet, vectors: Vectors) -> list[str]:
    odd = []
    for name, sequence in (
        ("EnergyWindowVector", "EnergyWindowInformationSequence"),
        ("DetectorVector", "DetectorInformationSequence"),
        ("RotationVector", "RotationInformationSequence"),
        ("PhaseVector", "PhaseInformationSequence"),
        ("RRIntervalVector", "DataInformationSequence"),
    ):
        largest = max((number or 0 for number in vectors.get(name, ())), default=0)
        gates = name == "RRIntervalVector"
        items = len(gated_intervals(data_set) if gates else data_set.items(sequence))
        if items and largest > items:
            odd.append(f"{name} names number {largest}, {sequence} has {items} items")
    return odd


def _seconds(data_set: DataSet, warnings: list[str]) -> float | None:
    """Return ActualFrameDuration, which is in milliseconds, in seconds."""
    milliseconds = data_set.number("ActualFrameDuration")
    if milliseconds is None:
        return None
    if not 0.0 < milliseconds <= LONGEST_MS:
        warnings.append(f"ActualFrameDuration is {milliseconds:g} ms")
        return None
    return milliseconds / 1000.0


def _gap(phase: DataSet, keyword: str) -> float:
    """Return a delay or pause in seconds; absent means none (C.8.4.14)."""
    milliseconds = phase.number(keyword) or 0.0
    return milliseconds / 1000.0 if 0.0 < milliseconds <= LONGEST_MS else 0.0


def _item(items: Sequence[DataSet], number: int | None) -> DataSet | None:
    return items[number - 1] if number is not None and number <= len(items) else None


def _time_slices(
    data_set: DataSet, vectors: Vectors, started_at: datetime | None, warnings: list[str]
) -> list[Frame]:
    """Describe a dynamic study; durations and delays stand in its phases alone (C.8.4.14)."""
    phases = data_set.items("PhaseInformationSequence")
    durations: list[float | None] = []
    starts: list[float | None] = []
    start: float | None = 0.0
    overall = _seconds(data_set, warnings)
    for phase in phases:
        own = _seconds(phase, warnings)
        duration = own if own is not None else overall
        frames = phase.integer("NumberOfFramesInPhase")
        pause = _gap(phase, "PauseBetweenFrames")
        start = None if start is None else start + _gap(phase, "PhaseDelay")
        durations.append(duration)
        starts.append(start)
        known = start is not None and duration is not None and frames is not None
        start = start + frames * (duration + pause) if known else None  # type: ignore[operator]
    frames_out = []
    for index, (window, detector) in enumerate(_heads(vectors)):
        phase_number, time_slice = vectors["PhaseVector"][index], vectors["TimeSliceVector"][index]
        item = _item(phases, phase_number)
        duration = overall
        began = None
        if item is not None and phase_number is not None:
            duration = durations[phase_number - 1]
            began = starts[phase_number - 1]
            if began is not None and duration is not None and time_slice is not None:
                began += (time_slice - 1) * (duration + _gap(item, "PauseBetweenFrames"))
        at = None
        if began is not None and began <= LONGEST_MS / 1000.0 and started_at is not None:
            at = started_at + timedelta(seconds=began)
        frames_out.append(
            Frame(
                detector=detector,
                energy_window=window,
                phase=phase_number,
                time_slice=time_slice,
                duration_s=duration,
                started_at=at,
            )
        )
    return frames_out


def _gates(data_set: DataSet, vectors: Vectors) -> list[Frame]:
    """Describe gated frames; the time spent in each slot stands with its interval (C.8.4.13)."""
    intervals = gated_intervals(data_set)
    frames = []
    for index, (window, detector) in enumerate(_heads(vectors)):
        interval, slot = vectors["RRIntervalVector"][index], vectors["TimeSlotVector"][index]
        item = _item(intervals, interval)
        slots = item.items("TimeSlotInformationSequence") if item is not None else ()
        own = _item(slots, slot)
        spent_ms = own.number("TimeSlotTime") if own is not None else None
        known = spent_ms is not None and 0.0 < spent_ms <= LONGEST_MS
        frames.append(
            Frame(
                detector=detector,
                energy_window=window,
                rr_interval=interval,
                time_slot=slot,
                duration_s=spent_ms / 1000.0 if known and spent_ms is not None else None,
            )
        )
    return frames


def _projections(data_set: DataSet, vectors: Vectors, warnings: list[str]) -> list[Frame]:
    """Describe projections: angles from the start of the detector, or of the rotation."""
    turns = data_set.items("RotationInformationSequence")
    heads = data_set.items("DetectorInformationSequence")
    detectors = len({d for d in vectors["DetectorVector"] if d is not None})
    if not turns:
        warnings.append("there is no RotationInformationSequence: angles are not known")
    _odd_count(vectors, turns, warnings)
    gated = "TimeSlotVector" in vectors
    frames = []
    for index, (window, detector) in enumerate(_heads(vectors)):
        rotation, view = vectors["RotationVector"][index], vectors["AngularViewVector"][index]
        turn, head = _item(turns, rotation), _item(heads, detector)
        frames.append(
            Frame(
                detector=detector,
                energy_window=window,
                rotation=rotation,
                view=view,
                rr_interval=vectors["RRIntervalVector"][index] if gated else None,
                time_slot=vectors["TimeSlotVector"][index] if gated else None,
                # The duration of a view is shared by all its gates, nothing tells how.
                duration_s=None if gated else _view_duration(turn, data_set, warnings),
                angle_deg=_angle(turn, head, view, detectors, warnings),
                radial_position_mm=_radius(turn, head, detector, view, detectors),
            )
        )
    return frames


def _odd_count(vectors: Vectors, turns: Sequence[DataSet], warnings: list[str]) -> None:
    """Say if there are not as many frames as windows, heads, gates and views of the rotations."""
    rotations = {number for number in vectors["RotationVector"] if number is not None}
    items = [_item(turns, number) for number in sorted(rotations)]
    views = [
        item.integer("NumberOfFramesInRotation") if item is not None else None for item in items
    ]
    if not views or any(not count or count < 0 for count in views):
        return
    known = [count for count in views if count]
    factors = [
        len(set(vectors[name]))
        for name in ("EnergyWindowVector", "DetectorVector", "RRIntervalVector", "TimeSlotVector")
        if name in vectors
    ]
    expected, there = math.prod(factors) * sum(known), len(vectors["AngularViewVector"])
    if expected != there:
        warnings.append(
            f"{there} frames, but {' x '.join(map(str, factors))} windows, heads (and gates) with"
            f" {sum(known)} views make {expected}"
        )


def _view_duration(turn: DataSet | None, data_set: DataSet, warnings: list[str]) -> float | None:
    own = _seconds(turn, warnings) if turn is not None else None
    return own if own is not None else _seconds(data_set, warnings)


def angular_step_deg(turn: DataSet) -> float | None:
    """Return the angle between views, positive; from arc and number of views when not written."""
    step = turn.number("AngularStep")
    if step:
        return abs(step)
    arc, views = turn.number("ScanArc"), turn.integer("NumberOfFramesInRotation")
    return abs(arc) / views if arc and views else None


def turning(turn: DataSet) -> float | None:
    """Return the sign of the step, +1 against the clock; None when the header does not tell."""
    return _TURNS.get(turn.text("RotationDirection").upper())


def _angle(
    turn: DataSet | None,
    head: DataSet | None,
    view: int | None,
    detectors: int,
    warnings: list[str],
) -> float | None:
    """Return the angle of a view, modulo 360; headers hold 540 and -360."""
    if turn is None or view is None:
        return None
    start = head.number("StartAngle") if head is not None else None
    if start is None:
        start = turn.number("StartAngle")
        if start is not None and detectors > 1:
            warnings.append("all detectors start at the angle of the rotation, none has its own")
    step, sign = angular_step_deg(turn), turning(turn)
    for what, value in (("start angle", start), ("angular step", step), ("direction", sign)):
        if value is None:
            warnings.append(f"the {what} of the rotation is not known, so angles are not")
    if start is None or step is None or sign is None:
        return None
    angle = start + sign * step * (view - 1)
    if abs(angle) > LARGEST_ANGLE_DEG:
        warnings.append(f"an angle of {angle:g} degrees is none")
        return None
    return angle % 360.0


def _radius(
    turn: DataSet | None,
    head: DataSet | None,
    detector: int | None,
    view: int | None,
    detectors: int,
) -> float | None:
    """Return the radius of a view: in the item of detector or rotation, one or one per view."""
    if view is None:
        return None
    for item in (head, turn):
        values = item.numbers("RadialPosition") if item is not None else ()
        values = values if any(values) else ()
        if len(values) == 1:
            return values[0]
        views = len(values) // detectors if item is turn and detectors > 1 else 0
        if views and detector is not None and len(values) == views * detectors > view - 1:
            own = turn.integer("NumberOfFramesInRotation") if turn is not None else None
            if own == views:
                return values[(detector - 1) * views + view - 1]
        if view <= len(values):
            return values[view - 1]
    return None
