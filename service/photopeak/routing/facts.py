"""Facts about a series that gates ask for, each read from a header in one place."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from photopeak.model.header import InstanceHeader
from photopeak.routing.text import normalise

_IMAGES = "1.2.840.10008.5.1.4.1.1."
_MODALITIES = {
    _IMAGES + "20": "NM",
    _IMAGES + "5": "NM",
    _IMAGES + "128": "PT",
    _IMAGES + "130": "PT",
    _IMAGES + "128.1": "PT",
    _IMAGES + "2": "CT",
    _IMAGES + "2.1": "CT",
    _IMAGES + "2.2": "CT",
    _IMAGES + "66": "RAW",
    _IMAGES + "104.1": "DOC",
}
_SCREENS = _IMAGES + "7"
_REPORTS = _IMAGES + "88."

EXPECTED_FWHM_MM = 4.0
"""Intrinsic resolution of a NaI camera, upper end of what makers state."""
COLLIMATOR_OFF = frozenset({"NONE"})
COLLIMATOR_TYPES = frozenset({"PARA", "PINH", "FANB", "CONE", "SLNT", "ASTG", "DIVG"})
"""Defined terms of CollimatorType (PS3.3 C.8.4.11)."""
_PIXELATED = re.compile(
    r"veriton|d-?spect|starguide|(discovery|nm)[ _]*(530|570)|(?<![a-z])czt(?![a-z])"
)
"""Models of cameras made of single crystals (CZT), in normal form."""
_INTRINSIC_GRIDS = frozenset({"intr", "intrinsic", "none", "no collimator", "open"})


def modality_of(header: InstanceHeader) -> str:
    """Return the kind of object by its SOP class: NM, PT, CT, SC, SR, RAW or OTHER.

    Modality does not tell: there are NM objects that say OT, and screens that say NM. An object
    that carries a document is DOC, whatever its class: sites wrap reports in any.
    """
    if header.document:
        return "DOC"
    uid = header.sop_class_uid
    if uid in _MODALITIES:
        return _MODALITIES[uid]
    if uid == _SCREENS or uid.startswith(_SCREENS + "."):
        return "SC"
    if uid.startswith(_REPORTS):
        return "SR"
    return "OTHER"


def words(header: InstanceHeader, keyword: str) -> tuple[str, ...]:
    """Return the values of an element as upper-case words."""
    return tuple(str(value).strip().upper() for value in header.elements.get(keyword, ()))


def numbers(header: InstanceHeader, keyword: str) -> tuple[float, ...]:
    """Return the finite numbers among the values of an element."""
    found = []
    for value in header.elements.get(keyword, ()):
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue
        if math.isfinite(number):
            found.append(number)
    return tuple(found)


def number(header: InstanceHeader, keyword: str) -> float | None:
    """Return the first number of an element, or None."""
    found = numbers(header, keyword)
    return found[0] if found else None


def structure(header: InstanceHeader) -> str:
    """Return value 3 of ImageType: STATIC, TOMO, RECON TOMO, ...; empty when absent."""
    values = words(header, "ImageType")
    return values[2] if len(values) > 2 else ""


def pixel_mm(header: InstanceHeader) -> float | None:
    """Return the larger pixel spacing in mm, or None."""
    found = [n for n in numbers(header, "PixelSpacing") if n > 0.0]
    return max(found) if found else None


def collimated(header: InstanceHeader) -> bool | None:
    """Tell whether a collimator is mounted; None when the header does not say.

    CollimatorType decides; a grid called INTR says intrinsic, any other name a collimator.
    """
    types = {word for word in words(header, "CollimatorType") if word}
    if types & COLLIMATOR_TYPES:
        return True
    if types and types <= COLLIMATOR_OFF:
        return False
    grids = {normalise(word) for word in words(header, "CollimatorGridName")} - {""}
    if grids:
        return not grids <= _INTRINSIC_GRIDS
    return None


def pixelated(header: InstanceHeader) -> bool:
    """Tell whether the model is one whose detector consists of single crystals."""
    return bool(_PIXELATED.search(normalise(" ".join(words(header, "ManufacturerModelName")))))


def duration_s(header: InstanceHeader) -> float | None:
    """Return the duration of a frame in s; ActualFrameDuration is in ms."""
    found = number(header, "ActualFrameDuration")
    return found / 1000.0 if found and found > 0.0 else None


def rate_cps(header: InstanceHeader) -> float | None:
    """Return the count rate that the header states, or None."""
    counts, duration = number(header, "CountsAccumulated"), duration_s(header)
    frames = number(header, "NumberOfFrames") or 1.0
    if counts and duration:
        return counts / duration / max(frames, 1.0)
    return number(header, "CountRate")


def window_centres_kev(header: InstanceHeader) -> tuple[float, ...]:
    """Return the middle of each energy window of the header."""
    lower = numbers(header, "EnergyWindowLowerLimit")
    upper = numbers(header, "EnergyWindowUpperLimit")
    if len(lower) != len(upper):
        return ()
    return tuple((a + b) / 2.0 for a, b in zip(lower, upper, strict=True) if b > a > 0.0)


def nuclide(header: InstanceHeader) -> str:
    """Return the canonical nuclide such as ``Tc-99m``; empty when the header does not tell."""
    return header.nuclide or ""


def span_s(headers: Sequence[InstanceHeader]) -> float | None:
    """Return the time from the first acquisition of a series to the last; None with fewer."""
    times = [header.acquired_at for header in headers if header.acquired_at is not None]
    if len(times) < 2:
        return None
    return (max(times) - min(times)).total_seconds()
