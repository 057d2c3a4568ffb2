"""Text as rules see it: normalised, bounded, without what cannot be seen."""

from collections.abc import Mapping
from types import MappingProxyType

from photopeak.model.text import MAXIMUM_LENGTH, normalise

__all__ = ["FIELD_SCORES", "MAXIMUM_LENGTH", "normalise"]

FIELD_SCORES: Mapping[str, float] = MappingProxyType(
    {
        "SeriesDescription": 1.0,
        "DocumentTitle": 1.0,
        "ImageID": 0.9,
        "SiemensPresetName": 0.9,
        "GEDatasetName": 0.9,
        "ProtocolName": 0.6,
        "StudyDescription": 0.5,
    }
)
"""Fields that rules read, best first, with what a match in each is worth.

The description of a study comes last: one study of a maker's own quality control holds floods,
line sources and whole-body scans alike.
"""
