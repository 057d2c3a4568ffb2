"""Objects for an archive: numbers with their units, the same UIDs each time, nothing that is not DICOM."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pydicom
import pytest
from PIL import Image
from pydicom import Dataset

from photopeak.outgoing.objects import SCHEME, derived_uid, make
from support import pushes
from support.programs import program


@pytest.fixture
def job(tmp_path: Path) -> dict[str, Any]:
    """Return a job with a picture of one page."""
    Image.new("RGB", (600, 800), (200, 30, 30)).save(tmp_path / "page-1.png")
    numbers = [
        {
            "metric": "iu_ufov", "label": "Integral uniformity, UFOV", "scope": "detector 1",
            "value": 5.123456789, "unit": "%", "uncertainty": 0.12, "statuses": ["FAIL"],
        },
        {
            "metric": "system_planar_sensitivity", "label": "Sensitivity", "scope": "",
            "value": 1e-7, "unit": "s-1.Bq-1", "uncertainty": None, "statuses": [],
        },
        {
            "metric": "spots", "label": "Spots", "scope": "", "value": 2.0, "unit": "1",
            "uncertainty": None, "statuses": [],
        },
    ]  # fmt: skip
    return {
        "objects": ["sr", "sc"],
        "images": [str(pushes.flood_file(tmp_path, 1))],
        "pages": ["page-1.png"],
        "software": "0.1.0",
        "device": {"name": "Camera 1", "serial_number": ""},
        "result": {
            "id": "01a1", "test": "intrinsic_uniformity", "title": "Intrinsic uniformity",
            "variant": "nema", "status": "FAIL", "finished_at": "2026-03-02T10:00:00+00:00",
            "analyzer_version": "1", "measurements": numbers,
        },
    }  # fmt: skip


def numbers_of(report: Dataset) -> dict[str, tuple[float, str]]:
    """Return every number of a report with its unit, by its name."""
    found: dict[str, tuple[float, str]] = {}

    def walk(items: Any) -> None:
        for item in items:
            if item.ValueType == "NUM":
                value = item.MeasuredValueSequence[0]
                unit = value.MeasurementUnitsCodeSequence[0]
                assert unit.CodingSchemeDesignator == "UCUM"
                name = item.ConceptNameCodeSequence[0].CodeMeaning
                found[name] = (float(value.NumericValue), unit.CodeValue)
            walk(item.get("ContentSequence", ()))

    walk(report.ContentSequence)
    return found


def test_a_report_holds_each_number_and_its_uncertainty_in_their_unit(
    job: dict[str, Any], tmp_path: Path
) -> None:
    report = pydicom.dcmread(make(job, tmp_path)[0])

    assert numbers_of(report) == {
        "Integral uniformity, UFOV": (5.123456789, "%"),
        "+, range of upper measurement uncertainty": (0.12, "%"),
        "-, range of lower measurement uncertainty": (0.12, "%"),
        "Sensitivity": (1e-7, "s-1.Bq-1"),
        "Spots": (2.0, "1"),
    }


def test_objects_lie_in_the_study_of_the_images_and_are_no_images_of_a_patient_more(
    job: dict[str, Any], tmp_path: Path
) -> None:
    image = pydicom.dcmread(job["images"][0])
    for made in (pydicom.dcmread(file) for file in make(job, tmp_path)):
        assert made.StudyInstanceUID == image.StudyInstanceUID
        assert (made.PatientID, made.PatientName) == (image.PatientID, image.PatientName)
        assert made.SeriesInstanceUID != image.SeriesInstanceUID
        assert made.Manufacturer == "Photopeak"
        assert made.SeriesDescription.startswith("QC ")


def test_the_same_result_gives_the_same_bytes_so_that_an_archive_keeps_one(
    job: dict[str, Any], tmp_path: Path
) -> None:
    first = [file.read_bytes() for file in make(job, tmp_path)]
    second = [file.read_bytes() for file in make(job, tmp_path)]

    assert first == second
    assert derived_uid("a") != derived_uid("b")
    assert len(derived_uid("a")) <= 64


def test_a_header_that_lacks_what_every_image_has_is_good_enough(
    job: dict[str, Any], tmp_path: Path
) -> None:
    bare = pydicom.dcmread(job["images"][0])
    for keyword in ("PatientBirthDate", "StudyID", "AccessionNumber", "StudyDate", "PatientSex"):
        if keyword in bare:
            delattr(bare, keyword)
    bare.save_as(job["images"][0])

    assert len(make(job, tmp_path)) == 2


def test_codes_that_are_too_long_for_a_code_are_shortened_without_meeting(
    job: dict[str, Any], tmp_path: Path
) -> None:
    job["result"]["measurements"][0]["metric"] = "a" * 40
    job["result"]["measurements"][1]["metric"] = "a" * 41
    report = pydicom.dcmread(make(job, tmp_path)[0])
    text = str(report)
    codes = {line.split("'")[1] for line in text.splitlines() if "(0008,0100)" in line}

    assert all(len(code) <= 16 for code in codes)
    assert SCHEME in text
    assert len([c for c in codes if len(c) == 12]) >= 2


def test_an_independent_validator_finds_no_error(job: dict[str, Any], tmp_path: Path) -> None:
    for file in make(job, tmp_path):
        done = subprocess.run(
            [program("dciodvfy"), str(file)], capture_output=True, text=True, check=False
        )
        assert [line for line in done.stderr.splitlines() if line.startswith("Error")] == []
