"""Simulated acquisitions as DICOM objects, in the dialect of the console that sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

from photopeak_analyzers.acquisition import CollimatorType, Detector, Planar, Tomographic
from photopeak_analyzers.nuclides import find

NM_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.20"
_VECTORS = {
    "EnergyWindowVector": 0x00540010,
    "DetectorVector": 0x00540020,
    "RotationVector": 0x00540050,
    "AngularViewVector": 0x00540090,
}
_COLLIMATORS = {None: "", CollimatorType.NONE: "NONE", CollimatorType.PARALLEL: "PARA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a maker's console writes its objects.

    `intrinsic_grid` stands for "no collimator" where the maker uses the grid name for it; `header`
    holds elements that all its objects have.
    """

    header: Mapping[str, Any]
    implicit: bool = False
    intrinsic_grid: str = ""
    collimator_grid: str = "LEHR"


SIEMENS = Dialect(
    header=MappingProxyType(
        {
            "Manufacturer": "SIEMENS NM",
            "ManufacturerModelName": "Encore2",
            "SoftwareVersions": "syngo MI Applications>Symbia Intevo 6>VB22A",
            "StationName": "SYMBIA1",
            "DeviceSerialNumber": "1234",
            "CorrectedImage": ["UNIF", "UNIF"],
        }
    ),
)
GE = Dialect(
    header=MappingProxyType(
        {
            "Manufacturer": "GE MEDICAL SYSTEMS",
            "ManufacturerModelName": "Tandem_Discovery_670_Pro",
            "SoftwareVersions": "1.003.539",
            "StationName": "NM670CON",
            "DeviceSerialNumber": "5678",
            "CorrectedImage": ["UNIF", "LIN", "NRGY"],
        }
    ),
    implicit=True,
)
MEDISO = Dialect(
    header=MappingProxyType(
        {
            "Manufacturer": "Mediso",
            "ManufacturerModelName": "AnyScan SC",
            "SoftwareVersions": "2.03.006",
            "StationName": "ANYSCAN",
            "DeviceSerialNumber": "AS-9012",
            "CorrectedImage": ["UNIF", "LIN"],
        }
    ),
    intrinsic_grid="INTR",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a person typed at the console, and whom the object names as its patient."""

    series: str
    study: str = "Quality control"
    patient: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType(
            {"PatientName": "QC^Daily", "PatientID": "QC-DAILY"}
        )
    )


def planar_object(
    acquisition: Planar, dialect: Dialect, labels: Labels, started_at: datetime
) -> Dataset:
    """Return a static acquisition as one object, a frame per detector and energy window."""
    dataset = _base(acquisition, dialect, labels, started_at)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"]
    dataset.ActualFrameDuration = _milliseconds(acquisition.frames[0].duration_s)
    _put_vectors(
        dataset,
        EnergyWindowVector=[frame.energy_window for frame in acquisition.frames],
        DetectorVector=[frame.detector for frame in acquisition.frames],
    )
    return dataset


def tomographic_object(
    acquisition: Tomographic, dialect: Dialect, labels: Labels, started_at: datetime
) -> Dataset:
    """Return the projections of one rotation as one object."""
    dataset = _base(acquisition, dialect, labels, started_at)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "TOMO", "EMISSION"]
    frames = acquisition.frames
    views = [frame.view or 0 for frame in frames]
    rotation = Dataset()
    rotation.RotationDirection = "CW" if acquisition.clockwise else "CC"
    rotation.AngularStep = acquisition.angular_step_deg
    rotation.ScanArc = acquisition.scan_arc_deg
    rotation.NumberOfFramesInRotation = max(views)
    rotation.ActualFrameDuration = _milliseconds(frames[0].duration_s)
    rotation.RadialPosition = [frames[0].radial_position_mm] * max(views)
    dataset.NumberOfRotations = 1
    dataset.RotationInformationSequence = Items([rotation])
    dataset.TypeOfDetectorMotion = acquisition.detector_motion
    _put_vectors(
        dataset,
        EnergyWindowVector=[frame.energy_window for frame in frames],
        DetectorVector=[frame.detector for frame in frames],
        RotationVector=[frame.rotation for frame in frames],
        AngularViewVector=views,
    )
    return dataset


def write(dataset: Dataset, folder: Path) -> Path:
    """Write an object as a file; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dataset.SOPInstanceUID}.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def _base(
    acquisition: Planar | Tomographic, dialect: Dialect, labels: Labels, started_at: datetime
) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = (
        ImplicitVRLittleEndian if dialect.implicit else ExplicitVRLittleEndian
    )
    dataset.SOPClassUID = NM_IMAGE_STORAGE
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        setattr(dataset, keyword, generate_uid())
    dataset.Modality = "NM"
    for part, moment in (
        ("Study", started_at - timedelta(minutes=5)),
        ("Series", started_at),
        ("Acquisition", started_at),
        ("Content", started_at),
    ):
        setattr(dataset, f"{part}Date", moment.strftime("%Y%m%d"))
        setattr(dataset, f"{part}Time", moment.strftime("%H%M%S"))
    offset = started_at.strftime("%z")
    if offset:
        dataset.TimezoneOffsetFromUTC = offset
    dataset.StudyDescription, dataset.SeriesDescription = labels.study, labels.series
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex"):
        setattr(dataset, keyword, labels.patient.get(keyword, ""))
    dataset.AccessionNumber = labels.patient.get("AccessionNumber", "")
    dataset.InstanceNumber = dataset.SeriesNumber = 1
    for keyword, value in dialect.header.items():
        setattr(dataset, keyword, value)
    _put_detectors(dataset, acquisition.detectors, dialect)
    _put_windows(dataset, acquisition)
    _put_pixels(dataset, acquisition)
    return dataset


def _put_detectors(dataset: Dataset, detectors: tuple[Detector, ...], dialect: Dialect) -> None:
    items = []
    for detector in detectors:
        item = Dataset()
        bare = detector.collimator_type is CollimatorType.NONE
        if bare and dialect.intrinsic_grid:
            item.CollimatorType, item.CollimatorGridName = "", dialect.intrinsic_grid
        else:
            item.CollimatorType = _COLLIMATORS[detector.collimator_type]
            item.CollimatorGridName = "" if bare else dialect.collimator_grid
        if detector.start_angle_deg is not None:
            item.StartAngle = detector.start_angle_deg
        item.ZoomFactor = [1, 1]
        items.append(item)
    dataset.NumberOfDetectors = len(items)
    dataset.DetectorInformationSequence = Items(items)


def _put_windows(dataset: Dataset, acquisition: Planar | Tomographic) -> None:
    items = []
    for window in acquisition.energy_windows:
        limits, item = Dataset(), Dataset()
        limits.EnergyWindowLowerLimit = window.lower_kev
        limits.EnergyWindowUpperLimit = window.upper_kev
        item.EnergyWindowName = window.name
        item.EnergyWindowRangeSequence = Items([limits])
        items.append(item)
    dataset.NumberOfEnergyWindows = len(items)
    dataset.EnergyWindowInformationSequence = Items(items)
    code, drug = Dataset(), Dataset()
    nuclide = find(acquisition.nuclide or "Tc-99m")
    code.CodeValue, code.CodingSchemeDesignator = nuclide.codes[0], "SRT"
    # Technetium as consoles spell it, others by their symbol.
    code.CodeMeaning = "^99m^Technetium" if nuclide.name == "Tc-99m" else nuclide.name
    drug.RadionuclideCodeSequence = Items([code])
    dataset.RadiopharmaceuticalInformationSequence = Items([drug])


def _put_pixels(dataset: Dataset, acquisition: Planar | Tomographic) -> None:
    counts = np.ascontiguousarray(acquisition.counts, dtype="<u2")
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = counts.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    dataset.PixelSpacing = list(acquisition.pixel_spacing_mm or ())
    dataset.CountsAccumulated = int(counts.sum(dtype=np.int64))
    dataset.PixelData = counts.tobytes()
    dataset["PixelData"].VR = "OW"


def _put_vectors(dataset: Dataset, **vectors: Sequence[int | None]) -> None:
    """Write the vectors (PS3.3 C.8.4.8); a vector of one frame is a single value."""
    dataset.FrameIncrementPointer = [Tag(_VECTORS[keyword]) for keyword in vectors]
    for keyword, values in vectors.items():
        setattr(dataset, keyword, list(values) if len(values) > 1 else values[0])


def _milliseconds(seconds: float | None) -> int:
    return round((seconds or 0.0) * 1000.0)
