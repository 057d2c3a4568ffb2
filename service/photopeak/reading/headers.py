"""The header of one object, as routing and completion see it: lenient, quick, bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import MappingProxyType

from photopeak.model.documents import PDF
from photopeak.model.header import ELEMENT_KEYWORDS, InstanceHeader, PatientIdentity
from photopeak.model.text import normalise
from photopeak.reading import vendors
from photopeak.reading.dataset import DataSet
from photopeak.reading.document_facts import DocumentFacts, facts_of
from photopeak.reading.documents import payload_of, statement_of
from photopeak.reading.errors import UnreadableError
from photopeak.reading.files import StoredObject, open_object
from photopeak.reading.geometry import slice_position_mm
from photopeak.reading.nuclide import nuclide_of
from photopeak.reading.syntaxes import is_lossy
from photopeak.reading.tags import TAGS
from photopeak.reading.text import displayable
from photopeak.reading.times import AcquisitionTime, acquisition_time, zone_of

DISPLAYED = (
    "SeriesDescription",
    "ImageID",
    "ProtocolName",
    "StudyDescription",
    "Modality",
    "ImageType",
    "Manufacturer",
    "ManufacturerModelName",
    "DeviceSerialNumber",
    "StationName",
    "SoftwareVersions",
    "InstitutionName",
    "SeriesNumber",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "CollimatorGridName",
    "CollimatorType",
    "EnergyWindowName",
    "ActualFrameDuration",
    "CountsAccumulated",
    "CorrectedImage",
    "Units",
    "DecayCorrection",
    "SeriesType",
    "FrameOfReferenceUID",
)
"""What may be stored and shown of a header: nothing of the person, no free comments."""

MAXIMUM_OBJECTS = 20_000
"""Most objects of one series that are believed."""
_NUMERIC = frozenset({"DS", "IS", "US", "SS", "UL", "SL", "FL", "FD"})
_ITEMS = (
    ("EnergyWindowInformationSequence", "EnergyWindowRangeSequence"),
    ("DetectorInformationSequence", ""),
    ("RotationInformationSequence", ""),
    ("PhaseInformationSequence", ""),
    ("EnergyWindowRangeSequence", ""),
)
_TEXT = ("SeriesDescription", "ImageID", "ProtocolName", "StudyDescription")
_ITEM_KEYWORDS = tuple(
    keyword
    for keyword in ELEMENT_KEYWORDS
    if keyword
    in {
        "ActualFrameDuration", "AngularStep", "CollimatorGridName", "CollimatorType",
        "EnergyWindowLowerLimit", "EnergyWindowName", "EnergyWindowUpperLimit",
        "NumberOfFramesInRotation", "PixelSpacing", "RotationDirection", "ScanArc",
        "SliceThickness", "ZoomFactor",
    }
)  # fmt: skip


def read_header(
    path: Path,
    *,
    zone: str = "UTC",
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> InstanceHeader:
    """Read the header of a file, not its pixels.

    Parameters
    ----------
    path
        A DICOM file.
    zone
        Time zone of the device or the site, for objects that do not tell theirs.
    clock
        Tells which times lie in the future.

    Raises
    ------
    UnreadableError
        If it is no data set, or a broken one.
    """
    return header_of(open_object(path), zone=zone, now=clock())


def header_of(stored: StoredObject, *, zone: str, now: datetime) -> InstanceHeader:
    """Return the header of an object that is open already."""
    data_set = stored.data_set
    if "SOPClassUID" not in data_set and "SOPInstanceUID" not in data_set:
        raise UnreadableError("neither a SOP class nor a SOP instance UID: not a composite object")
    acquired = acquisition_time(data_set, zone_of(zone), now)
    media_type, document = _document(stored, zone_of(zone), now)
    acquired = _of_document(acquired, document)
    elements = _elements(data_set)
    nuclide = nuclide_of(data_set)
    if nuclide is not None:
        elements["Radionuclide"] = (nuclide,)
    model = _model(data_set)
    if model:
        elements["ManufacturerModelName"] = (model,)
    names = {keyword: data_set.text(keyword) for keyword in _TEXT}
    names["ProtocolName"] = vendors.readable_name(names["ProtocolName"])
    names["SiemensPresetName"] = vendors.siemens_preset(data_set)
    names["GEDatasetName"] = vendors.ge_dataset_name(data_set)
    # That a document is a PDF tells nothing by which others like it could be known again.
    names["DocumentTitle"] = "" if media_type == PDF else document.title
    charset, charset_warnings = _charset(data_set)
    statement = statement_of(data_set)
    return InstanceHeader(
        sop_class_uid=displayable(data_set.text("SOPClassUID")),
        sop_instance_uid=displayable(data_set.text("SOPInstanceUID")),
        series_instance_uid=displayable(data_set.text("SeriesInstanceUID")),
        study_instance_uid=displayable(data_set.text("StudyInstanceUID")),
        modality=displayable(data_set.text("Modality")),
        acquired_at=acquired.at,
        acquired_from=acquired.source,
        nuclide=nuclide,
        manufacturer=displayable(data_set.text("Manufacturer")) or document.manufacturer,
        model=model,
        serial_number=displayable(data_set.text("DeviceSerialNumber")),
        station=document.station or displayable(data_set.text("StationName")),
        software_versions=_joined(data_set.words("SoftwareVersions")) or document.software_versions,
        transfer_syntax_uid=displayable(stored.transfer_syntax_uid),
        lossy=is_lossy(stored.transfer_syntax_uid, data_set),
        instance_number=data_set.integer("InstanceNumber"),
        number_of_frames=data_set.integer("NumberOfFrames"),
        expected_instances=1 if statement else expected_instances(data_set),
        position_mm=slice_position_mm(data_set),
        charset=charset,
        patient=PatientIdentity(
            name=data_set.text("PatientName"),
            patient_id=data_set.text("PatientID"),
            birth_date=data_set.text("PatientBirthDate"),
            sex=data_set.text("PatientSex"),
            accession_present=bool(data_set.text("AccessionNumber")),
        ),
        text=MappingProxyType({k: normalise(words) for k, words in names.items() if words}),
        elements=MappingProxyType(elements),
        display=MappingProxyType(
            _display(data_set, elements, names | {"DocumentTitle": document.title}, nuclide)
        ),
        warnings=(*acquired.warnings, *charset_warnings),
        document=media_type,
        statement=statement,
    )


def _document(stored: StoredObject, zone: tzinfo, now: datetime) -> tuple[str, DocumentFacts]:
    """Return the media type of the document that an object carries, and what it tells of itself.

    A damaged one is still a document: it is kept, and who wants to analyse it is told.
    """
    media_type = ""
    try:
        payload = payload_of(stored)
        if payload is None:
            return "", DocumentFacts()
        media_type = payload.media_type
        return media_type, facts_of(stored, payload, zone, now)
    except UnreadableError as error:
        return media_type, DocumentFacts(warnings=(str(error),))


def _of_document(acquired: AcquisitionTime, document: DocumentFacts) -> AcquisitionTime:
    """Return when a document was made by what it says itself; its wrapper was made at any time."""
    if document.started_at is None:
        return AcquisitionTime(
            acquired.at, acquired.source, (*acquired.warnings, *document.warnings)
        )
    return AcquisitionTime(document.started_at, "EncapsulatedDocument", document.warnings)


def expected_instances(data_set: DataSet) -> int | None:
    """Return how many objects the series has in all, where that follows from one of them.

    PET tells the slices and, for dynamic and gated series, how often each comes (PS3.3 C.8.9.4);
    other series only if ImagesInAcquisition is there.
    """
    slices = data_set.integer("NumberOfSlices")
    if data_set.text("Modality") == "PT" and slices and "NumberOfFrames" not in data_set:
        kinds = {
            "STATIC": (),
            "WHOLE BODY": (),
            "DYNAMIC": ("NumberOfTimeSlices",),
            "GATED": ("NumberOfRRIntervals", "NumberOfTimeSlots"),
        }
        factors = kinds.get(data_set.text("SeriesType"))
        if factors is not None:
            total = slices
            for keyword in factors:
                total *= data_set.integer(keyword) or 1
            return _possible(total)
    return _possible(data_set.integer("ImagesInAcquisition"))


def _possible(count: int | None) -> int | None:
    return count if count is not None and 0 < count <= MAXIMUM_OBJECTS else None


def _elements(data_set: DataSet) -> dict[str, tuple[str | float, ...]]:
    found: dict[str, list[str | float]] = {}
    _collect(found, data_set, (k for k in ELEMENT_KEYWORDS if k in TAGS))
    for outer, inner in _ITEMS:
        for item in data_set.items(outer):
            _collect(found, item, _ITEM_KEYWORDS)
            for part in item.items(inner) if inner else ():
                _collect(found, part, _ITEM_KEYWORDS)
    shared = data_set.item("SharedFunctionalGroupsSequence")
    for item in shared.items("PixelMeasuresSequence"):
        _collect(found, item, _ITEM_KEYWORDS)
    return {keyword: tuple(values) for keyword, values in found.items()}


def _collect(
    found: dict[str, list[str | float]], data_set: DataSet, keywords: Iterable[str]
) -> None:
    for keyword in keywords:
        if keyword not in data_set:
            continue
        values: Iterable[str | float]
        if TAGS[keyword][1] in _NUMERIC:
            values = data_set.numbers(keyword)
        else:
            values = (displayable(word) for word in data_set.words(keyword))
        kept = [value for value in values if value != ""]
        if kept:
            found.setdefault(keyword, []).extend(kept)


def _model(data_set: DataSet) -> str:
    versions = ">".join(data_set.words("SoftwareVersions"))
    return displayable(vendors.siemens_model(data_set.text("ManufacturerModelName"), versions))


def _joined(words: Iterable[str]) -> str:
    return displayable(", ".join(word for word in words if word))


def _charset(data_set: DataSet) -> tuple[str, tuple[str, ...]]:
    """Return the character set that text was found in, and a remark if none such is declared."""
    declared = data_set.charsets
    for keyword in (*_TEXT, "PatientName", "InstitutionName"):
        for value in data_set.decoded(keyword):
            if value.charset and value.charset not in declared:
                said = "\\".join(declared) or "nothing"
                alike = {c.replace("ISO 2022 IR", "ISO_IR") for c in declared}
                if value.charset in alike or {value.charset, *alike} == {"GBK", "GB18030"}:
                    return value.charset, ()
                return value.charset, (f"text is in {value.charset}, the header declares {said}",)
            if value.charset:
                return value.charset, ()
    return "", ()


def _display(
    data_set: DataSet,
    elements: dict[str, tuple[str | float, ...]],
    names: dict[str, str],
    nuclide: str | None,
) -> dict[str, str]:
    shown = {}
    for keyword in DISPLAYED:
        values = elements.get(keyword)
        if values is None:
            text = names.get(keyword)
            text = data_set.text(keyword) if text is None else text
        else:
            text = ", ".join(f"{v:.10g}" if isinstance(v, float) else v for v in values[:8])
        if text:
            shown[keyword] = displayable(text)
    for keyword in ("SiemensPresetName", "GEDatasetName", "DocumentTitle"):
        if names[keyword]:
            shown[keyword] = displayable(names[keyword])
    if nuclide is not None:
        shown["Radionuclide"] = nuclide
    return shown
