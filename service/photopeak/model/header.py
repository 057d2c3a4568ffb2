"""What is known of one instance from its header: the value that routing and completion work on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from photopeak.model.documents import Statement

ELEMENT_KEYWORDS = (
    "AcquisitionTerminationCondition",
    "ActualFrameDuration",
    "AngularStep",
    "BitsStored",
    "CollimatorGridName",
    "CollimatorType",
    "Columns",
    "ConvolutionKernel",
    "CorrectedImage",
    "CountRate",
    "CountsAccumulated",
    "DecayCorrection",
    "DeviceSerialNumber",
    "EnergyWindowLowerLimit",
    "EnergyWindowName",
    "EnergyWindowUpperLimit",
    "ImageType",
    "InstitutionName",
    "KVP",
    "Manufacturer",
    "ManufacturerModelName",
    "Modality",
    "NumberOfDetectors",
    "NumberOfEnergyWindows",
    "NumberOfFrames",
    "NumberOfFramesInRotation",
    "NumberOfRotations",
    "PixelSpacing",
    "QualityControlImage",
    "QualityControlSubject",
    "Radionuclide",
    "RotationDirection",
    "Rows",
    "SOPClassUID",
    "ScanArc",
    "ScanVelocity",
    "SeriesNumber",
    "SeriesType",
    "SliceThickness",
    "SoftwareVersions",
    "StationName",
    "TypeOfDetectorMotion",
    "Units",
    "WholeBodyTechnique",
    "ZoomFactor",
)
"""Keywords that `InstanceHeader.elements` may hold, and that rules may ask for.

Those of items (detectors, energy windows, rotations, phases) hold the values of all items in
order. `Radionuclide` is the canonical name; nothing here tells of a patient.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientIdentity:
    """Who the object names as its patient, decoded; for the guard alone, never stored or logged.

    `birth_date` is as written (``YYYYMMDD``); `accession_present` tells whether there is an
    accession number.
    """

    name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    accession_present: bool = False

    def __repr__(self) -> str:
        """Show nothing of the person, so that no log line or traceback does."""
        return "PatientIdentity(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceHeader:
    """One instance as its header describes it.

    Attributes
    ----------
    acquired_at
        Start of the acquisition, aware; None when the header gives none that can be true.
    acquired_from
        Keyword of the element that `acquired_at` was read from; empty without one.
    nuclide
        Canonical name such as ``Tc-99m``; None when the header does not tell.
    model
        Model as resolved from what the maker writes.
    transfer_syntax_uid
        How the pixels are encoded; `lossy` tells that they lost something, and are not analysed.
    instance_number, number_of_frames
        As written.
    expected_instances
        How many instances the series has in all, where an object of it tells; None otherwise.
    position_mm
        Position of a slice along its normal, for judging whether a volume is complete.
    charset
        Character set that the text turned out to be in, as DICOM calls it.
    text
        Descriptive text in normal form, by keyword (SeriesDescription, DocumentTitle, ImageID,
        SiemensPresetName, GEDatasetName, ProtocolName, StudyDescription).
    elements
        Values by keyword of `ELEMENT_KEYWORDS`, for the conditions of rules.
    display
        Text that may be stored and shown.
    warnings
        What was odd about the header, one sentence each.
    document
        Media type of the document that the object carries; empty for everything else.
    statement
        What the sender of an uploaded file said of it; None for what was not uploaded.
    """

    sop_class_uid: str
    sop_instance_uid: str = ""
    series_instance_uid: str = ""
    study_instance_uid: str = ""
    modality: str = ""
    acquired_at: datetime | None = None
    nuclide: str | None = None
    manufacturer: str = ""
    model: str = ""
    serial_number: str = ""
    station: str = ""
    software_versions: str = ""
    transfer_syntax_uid: str = ""
    lossy: bool = False
    instance_number: int | None = None
    number_of_frames: int | None = None
    expected_instances: int | None = None
    position_mm: float | None = None
    acquired_from: str = ""
    charset: str = ""
    patient: PatientIdentity = field(default_factory=PatientIdentity)
    text: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    elements: Mapping[str, tuple[str | float, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    display: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    warnings: tuple[str, ...] = ()
    document: str = ""
    statement: Statement | None = None
