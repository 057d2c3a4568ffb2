"""How far a source was from the collimator, as the names of a series or of a detector tell it.

What routing read from a name (`distance_mm`) goes first, then the words of the object, the best
field first, then the name of the detector, in which some consoles write it. A text that names two
distances tells none.
"""

from __future__ import annotations

import re

from photopeak_analyzers.acquisition import Acquisition

FIELDS = (
    "SeriesDescription",
    "ImageID",
    "SiemensPresetName",
    "GEDatasetName",
    "ProtocolName",
)
"""Where an operator writes what was set up; a study is about many series."""

LONGEST_TEXT = 256

_DISTANCE = re.compile(r"(?<![0-9.,])(\d{1,4}(?:[.,]\d{1,2})?)[ _]?([cm]m|毫米|厘米)(?![a-z0-9])")
_MM = {"mm": 1.0, "毫米": 1.0, "cm": 10.0, "厘米": 10.0}


def distance_in(text: str) -> float | None:
    """Return the one distance that a text names, in mm; None when it names none, or several.

    >>> [distance_in(t) for t in ("Sens LEHR 10cm", "D2 0 CM", "7,5 mm", "dish 150mm at 10 cm")]
    [100.0, 0.0, 7.5, None]
    """
    found = {
        float(number.replace(",", ".")) * _MM[unit]
        for number, unit in _DISTANCE.findall(text[:LONGEST_TEXT].casefold())
    }
    return found.pop() if len(found) == 1 else None


def named_distance_mm(acquisition: Acquisition, detector: int | None = None) -> float | None:
    """Return how far the source of an acquisition was, in mm; None when nothing tells.

    Parameters
    ----------
    detector
        Head whose name is looked at as well.
    """
    routed = acquisition.origin.number("distance_mm")
    if routed is not None:
        return routed
    for field in FIELDS:
        found = distance_in(acquisition.origin.text.get(field, ""))
        if found is not None:
            return found
    head = acquisition.detector(detector)
    return None if head is None else distance_in(head.name)
