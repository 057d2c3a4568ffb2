"""The scale of stored values by a real-world mapping (PS3.3 C.7.6.16.2.11), and its unit."""

from __future__ import annotations

from photopeak.reading.dataset import DataSet
from photopeak.reading.text import displayable

_UNITS = {
    "bq/ml": "BQML",
    "{counts}": "CNTS",
    "{propcounts}": "PROPCNTS",
    "{counts}/s": "CPS",
    "g/ml{suvbw}": "GML",
    "[hnsf'u]": "HU",
}
"""Codes of UCUM (CID 84) as Units (0054,1001) has them."""


def real_world_scale(data_set: DataSet) -> tuple[float, float, str] | None:
    """Return slope, intercept and unit of a mapping; one to Bq/mL before others, None without any.

    A mapping holds for stored values: RescaleSlope has no part in it.
    """
    found = []
    for mapping in data_set.items("RealWorldValueMappingSequence"):
        slope = mapping.number("RealWorldValueSlope")
        if slope:
            code = displayable(mapping.item("MeasurementUnitsCodeSequence").text("CodeValue"))
            unit = _UNITS.get(code.casefold(), code)
            found.append((slope, mapping.number("RealWorldValueIntercept") or 0.0, unit))
    return min(found, key=lambda each: each[2] != "BQML", default=None)
