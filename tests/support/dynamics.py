"""A dynamic series as a console writes it: one object, one phase, pauses between its frames."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.tag import Tag

from photopeak.demo.objects import SIEMENS, Labels, planar_object
from photopeak_analyzers.acquisition import Dynamic

_VECTORS = (0x00540010, 0x00540020, 0x00540030, 0x00540100)
"""EnergyWindowVector, DetectorVector, PhaseVector, TimeSliceVector."""


def dynamic_object(series: Dynamic, name: str, *, every_s: float | None = None) -> Dataset:
    """Return a series of one head as one object; `every_s` from frame to frame, else no pause."""
    assert series.started_at is not None
    duration_s = series.frames[0].duration_s or 0.0
    dataset = planar_object(series, SIEMENS, Labels(series=name), series.started_at)  # type: ignore[arg-type]
    del dataset.ActualFrameDuration
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "DYNAMIC", "EMISSION"]
    phase = Dataset()
    phase.PhaseDelay = 0
    phase.ActualFrameDuration = round(1000.0 * duration_s)
    phase.PauseBetweenFrames = 0 if every_s is None else round(1000.0 * (every_s - duration_s))
    phase.NumberOfFramesInPhase = len(series.frames)
    dataset.NumberOfPhases = 1
    dataset.PhaseInformationSequence = Items([phase])
    dataset.PhaseVector = [1] * len(series.frames)
    dataset.NumberOfTimeSlices = len(series.frames)
    dataset.TimeSliceVector = [frame.time_slice for frame in series.frames]
    dataset.FrameIncrementPointer = [Tag(tag) for tag in _VECTORS]
    return dataset
