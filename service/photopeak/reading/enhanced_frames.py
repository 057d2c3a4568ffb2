"""What an enhanced CT or PET object says of its frames in functional groups, by the old keywords."""

from __future__ import annotations

from photopeak.reading.dataset import DataSet
from photopeak.reading.text import displayable

_NUMBERS = (
    ("KVP", "CTXRayDetailsSequence", "KVP"),
    ("XRayTubeCurrent", "CTExposureSequence", "XRayTubeCurrentInmA"),
    ("Exposure", "CTExposureSequence", "ExposureInmAs"),
    ("ReconstructionDiameter", "CTReconstructionSequence", "ReconstructionDiameter"),
    ("SliceThickness", "PixelMeasuresSequence", "SliceThickness"),
)
"""Keyword of a single slice, functional group and keyword in it (PS3.3 C.8.15.3, C.7.6.16.2.1)."""

_WORDS = (
    ("ConvolutionKernel", "CTReconstructionSequence", "ConvolutionKernel"),
    ("ReconstructionMethod", "CTReconstructionSequence", "ReconstructionAlgorithm"),
)


def frame_values(frame: DataSet, shared: DataSet) -> dict[str, str | float | None]:
    """Return voltage, exposure, reconstruction and slice thickness of a frame; absent ones are left out.

    Parameters
    ----------
    frame, shared
        Functional groups of the frame, and those that all frames share.
    """
    found: dict[str, str | float | None] = {}
    for keyword, group, inside in _NUMBERS:
        number = _group(frame, shared, group).number(inside)
        if number is not None and number > 0.0:
            found[keyword] = number
    for keyword, group, inside in _WORDS:
        word = displayable(_group(frame, shared, group).text(inside))
        if word:
            found[keyword] = word
    return found


def _group(frame: DataSet, shared: DataSet, keyword: str) -> DataSet:
    return frame.item(keyword) if frame.items(keyword) else shared.item(keyword)
