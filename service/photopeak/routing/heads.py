"""Which detector head a series belongs to when only its name says so."""

import re

from photopeak.model.header import InstanceHeader
from photopeak.model.test_sets import group_of_head
from photopeak.routing.facts import modality_of, number

__all__ = ["group_of_head", "head_named"]

_HEAD = re.compile(
    r"(?<![a-z0-9])(?:h|head|det|detector|cabezal|hode|探头)[ _.-]?([1-9])(?![0-9])",
    re.IGNORECASE,
)
_FIELDS = ("SeriesDescription", "ImageID")


def head_named(header: InstanceHeader) -> int | None:
    """Return the head that the names tell (``_H1``, ``det 1``, ``Head 2``), or None.

    Asked only where the object has frames of one detector: then DetectorVector is 1 on every
    head of some makers, and the series of two heads would be taken for one.
    """
    if modality_of(header) != "NM" or (number(header, "NumberOfDetectors") or 1.0) != 1.0:
        return None
    for name in _FIELDS:
        found = set(_HEAD.findall(header.text.get(name, "")))
        if len(found) == 1:
            return int(found.pop())
    return None
