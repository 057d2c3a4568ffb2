"""Text as rules see it: normalised, bounded, without what cannot be seen."""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

MAXIMUM_LENGTH = 256
"""Longest text that is matched; no descriptive element of DICOM needs more."""

FIELD_SCORES: Mapping[str, float] = MappingProxyType(
    {
        "SeriesDescription": 1.0,
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


def normalise(text: str) -> str:
    r"""Return `text` as rules compare it.

    Full-width forms become ordinary ones (NFKC), control and format characters (among them those
    that turn the writing direction) vanish, blanks collapse, case is folded.

    >>> normalise("  ＱＣ\u202e  Flood\t1 ")
    'qc flood 1'
    """
    folded = unicodedata.normalize("NFKC", text[: 4 * MAXIMUM_LENGTH]).casefold()
    folded = unicodedata.normalize("NFKC", folded)
    visible = "".join(
        " " if c.isspace() else c
        for c in folded
        if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join(visible.split())[:MAXIMUM_LENGTH]
