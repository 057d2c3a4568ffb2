"""DICOM SR (TID 1500) and Secondary Capture of a result; in the child alone, for it needs numpy.

The device is the subject of the report (TID 1001, TID 1009), Photopeak its observer (TID 1004). Codes of
metrics and verdicts are of the private scheme 99PHOTOPEAK; units are UCUM (PS3.16 CID 82).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.uid import UID

SCHEME = "99PHOTOPEAK"
MANUFACTURER = "Photopeak"
SERIES_NUMBERS = {"sr": 9901, "sc": 9902}
_TYPE_2 = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID",
    "StudyDate", "StudyTime", "ReferringPhysicianName",
)  # fmt: skip
_UNCERTAINTIES = frozenset({"371886008", "371885007"})
"""Ranges of lower and upper measurement uncertainty, SNOMED CT (TID 310)."""
_LONGEST_CODE = 16
_LONGEST_MEANING = 64


def derived_uid(*parts: str) -> str:
    """Return a UID that depends on these texts alone (PS3.5 B.2, as from a UUID)."""
    digest = bytearray(hashlib.sha256("\n".join(parts).encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return f"2.25.{int.from_bytes(digest, 'big')}"


def make(job: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the objects of a job beside it and return their files."""
    images = [_complete(dcmread(path, stop_before_pixels=True)) for path in job["images"]]
    made: list[Dataset] = []
    if "sr" in job["objects"]:
        made.append(report(job, images))
    if "sc" in job["objects"]:
        made += captures(job, images[0], [folder / name for name in job["pages"]])
    files = []
    for number, dataset in enumerate(made):
        files.append(folder / f"object-{number}.dcm")
        dataset.save_as(files[-1], enforce_file_format=True)
    return files


def _complete(image: Dataset) -> Dataset:
    """Give a header what every image has to have, if need be empty (PS3.3 C.7.1.1, C.7.2.1)."""
    for keyword in _TYPE_2:
        if keyword not in image:
            setattr(image, keyword, "")
    return image


def report(job: Mapping[str, Any], images: Sequence[Dataset]) -> Dataset:
    """Return the result as a Comprehensive SR with the template TID 1500."""
    import highdicom
    from highdicom.sr import (
        CodedConcept,
        ComprehensiveSR,
        DeviceObserverIdentifyingAttributes,
        MeasurementReport,
        ObservationContext,
        ObserverContext,
        SubjectContext,
        SubjectContextDevice,
    )

    result, device = job["result"], job["device"]
    study = [image for image in images if image.StudyInstanceUID == images[0].StudyInstanceUID]
    seen = images[0]
    context = ObservationContext(
        observer_device_context=ObserverContext(
            observer_type=CodedConcept("121007", "DCM", "Device"),
            observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
                uid=highdicom.UID(derived_uid("observer", job["software"])),
                name=f"Photopeak {job['software']}",
                manufacturer_name=MANUFACTURER,
                model_name="Photopeak",
            ),
        ),
        subject_context=SubjectContext(
            subject_class=CodedConcept("121007", "DCM", "Device"),
            subject_class_specific_context=SubjectContextDevice(
                name=device["name"],
                manufacturer_name=str(seen.get("Manufacturer", "")) or None,
                model_name=str(seen.get("ManufacturerModelName", "")) or None,
                serial_number=device["serial_number"]
                or str(seen.get("DeviceSerialNumber", ""))
                or None,
            ),
        ),
    )
    content = MeasurementReport(
        observation_context=context,
        procedure_reported=_code(result["test"], result["title"]),
        imaging_measurements=list(_groups(result)),
    )
    dataset = ComprehensiveSR(
        evidence=study,
        content=content[0],
        series_instance_uid=derived_uid(result["id"], "sr series"),
        series_number=SERIES_NUMBERS["sr"],
        sop_instance_uid=derived_uid(result["id"], "sr"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
    )
    return _finished(dataset, job, f"QC result: {result['title']}")


def _groups(result: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a group for the result itself, and one for the numbers of each part of the device."""
    from highdicom.sr import (
        MeasurementsAndQualitativeEvaluations,
        QualitativeEvaluation,
        TrackingIdentifier,
    )

    def verdict(name: str, status: str) -> Any:
        return QualitativeEvaluation(_code("verdict", name), _code(status, status))

    method = _code(result["variant"], result["variant"])
    yield MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=derived_uid(result["id"], "whole"), identifier=_short(result["title"])
        ),
        method=method,
        qualitative_evaluations=[verdict("Status of the result", result["status"])],
    )
    by_scope: dict[str, list[Mapping[str, Any]]] = {}
    for measured in result["measurements"]:
        by_scope.setdefault(measured["scope"], []).append(measured)
    for scope, numbers in by_scope.items():
        yield MeasurementsAndQualitativeEvaluations(
            tracking_identifier=TrackingIdentifier(
                uid=derived_uid(result["id"], "scope", scope), identifier=_short(scope or "device")
            ),
            method=method,
            measurements=[_measurement(number) for number in numbers],
            qualitative_evaluations=[
                verdict(f"Verdict on {number['label']}", status)
                for number in numbers
                for status in number["statuses"]
            ],
        )


def _measurement(number: Mapping[str, Any]) -> Any:
    """Return a number with its standard uncertainty (k = 1), both in its unit (TID 300, TID 310)."""
    from highdicom.sr import Measurement, MeasurementProperties

    u = number["uncertainty"]
    unit = _unit(number["unit"])
    made = Measurement(
        name=_code(number["metric"], number["label"]),
        value=number["value"],
        unit=unit,
        properties=None
        if u is None
        else MeasurementProperties(
            lower_measurement_uncertainty=u, upper_measurement_uncertainty=u
        ),
    )
    for item in made[0].get("ContentSequence", ()):
        # The library calls every uncertainty a number without a unit.
        if item.ConceptNameCodeSequence[0].CodeValue in _UNCERTAINTIES:
            item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence = [unit]
    return made


def captures(job: Mapping[str, Any], image: Dataset, pages: Sequence[Path]) -> list[Dataset]:
    """Return the pages of the summary as Secondary Captures."""
    import numpy as np
    from highdicom.sc import SCImage
    from PIL import Image

    result = job["result"]
    made = []
    for number, page in enumerate(pages, 1):
        with Image.open(page) as opened:
            pixels = np.asarray(opened.convert("RGB"))
        dataset = SCImage(
            pixel_array=pixels,
            photometric_interpretation="RGB",
            bits_allocated=8,
            coordinate_system="PATIENT",
            patient_orientation=("L", "F"),
            study_instance_uid=image.StudyInstanceUID,
            series_instance_uid=derived_uid(result["id"], "sc series"),
            series_number=SERIES_NUMBERS["sc"],
            sop_instance_uid=derived_uid(result["id"], "sc", str(number)),
            instance_number=number,
            manufacturer=MANUFACTURER,
            patient_id=image.get("PatientID") or None,
            patient_name=image.get("PatientName") or None,
            patient_birth_date=image.get("PatientBirthDate") or None,
            patient_sex=image.get("PatientSex") or None,
            accession_number=image.get("AccessionNumber") or None,
            study_id=image.get("StudyID") or None,
            study_date=image.get("StudyDate") or None,
            study_time=image.get("StudyTime") or None,
            referring_physician_name=image.get("ReferringPhysicianName") or None,
        )
        dataset.Laterality = ""
        made.append(_finished(dataset, job, f"QC summary: {result['title']}"))
    return made


def _finished(dataset: Dataset, job: Mapping[str, Any], description: str) -> Dataset:
    """Say what made it and when; everything that a repetition would change comes from the result."""
    made_at = datetime.fromisoformat(job["result"]["finished_at"])
    dataset.SeriesDescription = description[:_LONGEST_MEANING]
    dataset.ManufacturerModelName = "Photopeak"
    dataset.SoftwareVersions = version("photopeak")
    day, moment = f"{made_at:%Y%m%d}", f"{made_at:%H%M%S}"
    for keyword in ("ContentDate", "InstanceCreationDate", "SeriesDate"):
        setattr(dataset, keyword, day)
    for keyword in ("ContentTime", "InstanceCreationTime", "SeriesTime"):
        setattr(dataset, keyword, moment)
    if "DateOfSecondaryCapture" in dataset:
        dataset.DateOfSecondaryCapture, dataset.TimeOfSecondaryCapture = day, moment
    for equipment in dataset.get("ContributingEquipmentSequence", ()):
        equipment.ContributionDateTime = day + moment
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(str(dataset.SOPInstanceUID))
    return dataset


def _code(value: str, meaning: str) -> Any:
    from highdicom.sr import CodedConcept

    short = (
        value if len(value) <= _LONGEST_CODE else hashlib.sha256(value.encode()).hexdigest()[:12]
    )
    return CodedConcept(short, SCHEME, _short(meaning) or short)


def _unit(ucum: str) -> Any:
    from highdicom.sr import CodedConcept

    return CodedConcept(ucum or "1", "UCUM", "no units" if ucum in ("", "1") else ucum)


def _short(text: str) -> str:
    return text[:_LONGEST_MEANING].replace("\\", "/")
