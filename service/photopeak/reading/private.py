"""Private elements that explain a result: corrections in use and their dates, flags of overflow.

They are carried as text beside the descriptions of an acquisition, under names of our own that
begin with the maker's; nothing is computed from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from photopeak.reading.dataset import DataSet
from photopeak.reading.text import displayable
from photopeak.reading.vendors import GE_GENIE, SIEMENS_NM


class _Private(NamedTuple):
    name: str
    creator: str
    group: int
    element: int
    vr: str


_ELEMENTS = (
    _Private("SiemensCameraName", SIEMENS_NM, 0x0031, 0x01, "LO"),
    _Private("SiemensEnergyLevel", SIEMENS_NM, 0x0031, 0x04, "FL"),
    _Private("SiemensWindowWidth", SIEMENS_NM, 0x0031, 0x05, "SS"),
    _Private("SiemensWindowOffset", SIEMENS_NM, 0x0031, 0x06, "FL"),
    _Private("SiemensPeakingMode", SIEMENS_NM, 0x0031, 0x07, "SS"),
    _Private("SiemensHeadTiltDeg", SIEMENS_NM, 0x0019, 0xC0, "FL"),
    _Private("SiemensUniformityCorrection", SIEMENS_NM, 0x0019, 0xC1, "SS"),
    _Private("SiemensOverflow", SIEMENS_NM, 0x0019, 0xC2, "SS"),
    _Private("SiemensCrystalThicknessMm", SIEMENS_NM, 0x0033, 0x29, "FL"),
    _Private("SiemensPixelScale", SIEMENS_NM, 0x0033, 0x38, "FL"),
    _Private("SiemensCORData1", SIEMENS_NM, 0x0033, 0x10, "FL"),
    _Private("SiemensCORData2", SIEMENS_NM, 0x0033, 0x11, "FL"),
    _Private("SiemensNCOData1", SIEMENS_NM, 0x0033, 0x18, "FL"),
    _Private("SiemensNCOData2", SIEMENS_NM, 0x0033, 0x19, "FL"),
    _Private("SiemensBackProjectionAngle1", SIEMENS_NM, 0x0033, 0x24, "FL"),
    _Private("SiemensBackProjectionAngle2", SIEMENS_NM, 0x0033, 0x25, "FL"),
    _Private("SiemensYShift1", SIEMENS_NM, 0x0033, 0x14, "FL"),
    _Private("SiemensYShift2", SIEMENS_NM, 0x0033, 0x15, "FL"),
    _Private("SiemensPointSources", SIEMENS_NM, 0x0033, 0x28, "SL"),
    _Private("SiemensFloodCorrection", SIEMENS_NM, 0x0055, 0x20, "SS"),
    _Private("SiemensFloodDate", SIEMENS_NM, 0x0055, 0x21, "DS"),
    _Private("SiemensCORCorrection", SIEMENS_NM, 0x0055, 0x30, "SS"),
    _Private("SiemensCORDate", SIEMENS_NM, 0x0055, 0x31, "DA"),
    _Private("SiemensNonCircularOrbit", SIEMENS_NM, 0x0055, 0x40, "SS"),
    _Private("SiemensFloodCounts", SIEMENS_NM, 0x0055, 0x78, "FL"),
    _Private("GEStudyName", GE_GENIE, 0x0009, 0x10, "LO"),
    _Private("GESeriesObjectName", GE_GENIE, 0x0009, 0x20, "LO"),
    _Private("GERadionuclide", GE_GENIE, 0x0011, 0x0D, "LO"),
    _Private("GEFieldOfView", GE_GENIE, 0x0011, 0x57, "FD"),
    _Private("GEFieldOfViewMask", GE_GENIE, 0x0011, 0x23, "SL"),
    _Private("GEUniformityMean", GE_GENIE, 0x0011, 0x29, "SL"),
    _Private("GEOverflow", GE_GENIE, 0x0011, 0x2E, "SL"),
    _Private("GEEnergyCorrection", GE_GENIE, 0x0011, 0x33, "LO"),
    _Private("GESpatialCorrection", GE_GENIE, 0x0011, 0x34, "LO"),
    _Private("GETuning", GE_GENIE, 0x0011, 0x35, "LO"),
    _Private("GEUniformityCorrection", GE_GENIE, 0x0011, 0x36, "LO"),
    _Private("GEPixelScale", GE_GENIE, 0x0011, 0x3B, "FD"),
    _Private("GEAutoTrackPeak", GE_GENIE, 0x0013, 0x16, "SL"),
    _Private("GEAutoTrackWidth", GE_GENIE, 0x0013, 0x17, "SL"),
    _Private("GECopperThickness", GE_GENIE, 0x0013, 0x1A, "FD"),
    _Private("GEDetectorSeparationDeg", GE_GENIE, 0x0013, 0x1B, "FD"),
    _Private("GEUniformityDateTime", GE_GENIE, 0x0013, 0x23, "LO"),
    _Private("GERotationSpeed", GE_GENIE, 0x0009, 0x33, "FD"),
)
MOST_NUMBERS = 8
"""Of an element of many numbers the first ones are carried."""
_TEXT = frozenset({"LO", "DA", "DS"})


def private_words(data_set: DataSet) -> Mapping[str, str]:
    """Return what the private elements of a maker tell, by name; absent ones are left out."""
    found = {}
    for private in _ELEMENTS:
        if private.vr in _TEXT:
            text = displayable(
                data_set.private_text(private.group, private.creator, private.element)
            )
        else:
            numbers = data_set.private_numbers(
                private.group, private.creator, private.element, private.vr
            )
            text = ", ".join(f"{number:g}" for number in numbers[:MOST_NUMBERS])
        if text:
            found[private.name] = text
    return found
