"""Headers for tests of routing: what a series would say of itself, in a few words."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from photopeak.model.header import InstanceHeader, PatientIdentity
from photopeak.routing.text import FIELD_SCORES, normalise

SOP_CLASSES = {
    "NM": "1.2.840.10008.5.1.4.1.1.20",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "SC": "1.2.840.10008.5.1.4.1.1.7",
    "SR": "1.2.840.10008.5.1.4.1.1.88.33",
    "PDF": "1.2.840.10008.5.1.4.1.1.104.1",
    "RAW": "1.2.840.10008.5.1.4.1.1.66",
    "OTHER": "1.2.826.0.1.3680043.9.9999.1",
}
QC_PATIENT = {"name": "QC^Phantom", "patient_id": "QC0001"}


def header(
    description: str = "",
    *,
    kind: str = "NM",
    structure: str = "STATIC",
    patient: Mapping[str, Any] = QC_PATIENT,
    acquired_at: datetime | None = datetime(2026, 3, 2, 7, 30, tzinfo=UTC),
    nuclide: str | None = "Tc-99m",
    serial_number: str = "",
    station: str = "",
    **values: Any,
) -> InstanceHeader:
    """Make a header of a quality-control object.

    `description` is the SeriesDescription; `values` are other elements by keyword, those of the
    text fields as text. An element set to None is absent.
    """
    text = {"SeriesDescription": description} if description else {}
    elements: dict[str, tuple[str | float, ...]] = {
        "SOPClassUID": (SOP_CLASSES[kind],),
        "Rows": (256.0,),
        "Columns": (256.0,),
        "PixelSpacing": (2.0, 2.0),
        "NumberOfFrames": (1.0,),
        "ActualFrameDuration": (600_000.0,),
    }
    if kind == "NM":
        elements["ImageType"] = ("ORIGINAL", "PRIMARY", structure, "EMISSION")
        elements["NumberOfEnergyWindows"] = (1.0,)
        elements["NumberOfDetectors"] = (1.0,)
    for keyword, value in values.items():
        if keyword in FIELD_SCORES:
            text[keyword] = value
        elif value is None:
            elements.pop(keyword, None)
        else:
            several = isinstance(value, Sequence) and not isinstance(value, str)
            elements[keyword] = tuple(value) if several else (value,)
    return make_header(
        sop_class_uid=SOP_CLASSES[kind],
        text={keyword: normalise(words) for keyword, words in text.items() if words},
        elements=elements,
        patient=PatientIdentity(**patient),
        acquired_at=acquired_at,
        nuclide=nuclide,
        serial_number=serial_number,
        station=station,
    )


def make_header(**values: Any) -> InstanceHeader:
    """Make a header from its own fields; what routing does not ask for stays empty."""
    return InstanceHeader(**values)
