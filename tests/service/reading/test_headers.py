"""The header of one object, as routing and completion see it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from photopeak.model.header import ELEMENT_KEYWORDS, InstanceHeader
from photopeak.reading.headers import read_header
from support import dicom_objects
from support.dicom_objects import flood, nm, raw_text, save, slices, tomo

ONE = np.ones((1, 4, 4), np.uint16)


def header(dataset: Dataset, folder: Path) -> InstanceHeader:
    return read_header(save(dataset, folder))


def test_identity_device_and_nuclide_are_read(tmp_path: Path) -> None:
    dataset = flood(
        Manufacturer="Maker",
        ManufacturerModelName="Model 1",
        DeviceSerialNumber="SN 7",
        StationName="ROOM1",
        SoftwareVersions=["1.2", "3"],
    )
    found = header(dataset, tmp_path)

    assert found.sop_class_uid == dicom_objects.NM
    assert found.sop_instance_uid == dataset.SOPInstanceUID
    assert found.series_instance_uid == dataset.SeriesInstanceUID
    assert found.study_instance_uid == dataset.StudyInstanceUID
    assert (found.manufacturer, found.model) == ("Maker", "Model 1")
    assert (found.serial_number, found.station) == ("SN 7", "ROOM1")
    assert found.software_versions == "1.2, 3"
    assert found.nuclide == "Tc-99m"
    assert found.elements["Radionuclide"] == ("Tc-99m",)


def test_values_of_all_items_stand_in_order(tmp_path: Path) -> None:
    dataset = nm(
        np.ones((4, 4, 4), np.uint16),
        windows=((126.0, 154.0), (80.0, 103.0)),
        detectors=({"CollimatorType": "PARA"}, {"CollimatorType": "NONE"}),
    )
    found = header(dataset, tmp_path)

    assert found.elements["EnergyWindowLowerLimit"] == (126.0, 80.0)
    assert found.elements["EnergyWindowUpperLimit"] == (154.0, 103.0)
    assert found.elements["CollimatorType"] == ("PARA", "NONE")
    assert found.elements["ImageType"] == ("ORIGINAL", "PRIMARY", "STATIC", "EMISSION")
    assert found.elements["PixelSpacing"] == (2.4, 2.4)
    assert found.elements["ActualFrameDuration"] == (600_000.0,)


def test_the_rotation_of_projections_is_read(tmp_path: Path) -> None:
    found = header(tomo(np.ones((32, 4, 4), np.uint16)), tmp_path)

    assert found.elements["NumberOfFramesInRotation"] == (32.0,)
    assert found.elements["RotationDirection"] == ("CW",)
    assert found.elements["ScanArc"] == (360.0,)


def test_only_elements_of_the_list_are_told(tmp_path: Path) -> None:
    found = header(flood(PatientComments="private", ImageComments="free text"), tmp_path)

    assert set(found.elements) <= set(ELEMENT_KEYWORDS)
    assert "private" not in repr(found)
    assert "free text" not in repr(found)


def test_the_patient_is_told_and_never_shown(tmp_path: Path) -> None:
    dataset = flood(
        PatientName="质控^设备",
        PatientID="P1",
        PatientBirthDate="19610417",
        PatientSex="F",
        AccessionNumber="A1",
        SpecificCharacterSet="GB18030",
    )
    found = header(dataset, tmp_path)

    assert found.patient.name == "质控^设备"
    assert found.patient.patient_id == "P1"
    assert (found.patient.birth_date, found.patient.sex) == ("19610417", "F")
    assert found.patient.accession_present
    assert "质控" not in repr(found)
    assert not {"质控^设备", "P1", "19610417", "A1"} & set(found.display.values())


def test_text_is_normalised_for_rules_and_kept_for_people(tmp_path: Path) -> None:
    dataset = raw_text(flood(), "SeriesDescription", "ＱＣ  均匀性\u202e".encode("utf-8"))
    found = header(dataset, tmp_path)

    assert found.text["SeriesDescription"] == "qc 均匀性"
    assert found.display["SeriesDescription"] == "ＱＣ 均匀性"
    assert found.charset == "ISO_IR 192"
    assert "text is in ISO_IR 192, the header declares nothing" in found.warnings


def test_declared_text_needs_no_warning(tmp_path: Path) -> None:
    dataset = flood(SpecificCharacterSet="GB18030", SeriesDescription="均匀性")
    found = header(dataset, tmp_path)

    assert (found.charset, found.warnings) == ("GB18030", ())


def test_too_long_and_padded_values_are_read(tmp_path: Path) -> None:
    dataset = raw_text(flood(), "ImageID", b"JASZCZAK_PHAN_DH[ATTC]  ", "SH")
    raw_text(dataset, "PixelSpacing", b" 2.40000000000000000001\\2,4 ", "DS")
    raw_text(dataset, "CountsAccumulated", b" +0012 ", "IS")
    found = header(dataset, tmp_path)

    assert found.text["ImageID"] == "jaszczak_phan_dh[attc]"
    assert found.elements["PixelSpacing"] == (2.4, 2.4)
    assert found.elements["CountsAccumulated"] == (12.0,)


def test_another_vr_than_the_standard_says_does_no_harm(tmp_path: Path) -> None:
    dataset = raw_text(flood(), "Rows", b"64", "IS")
    raw_text(dataset, "SeriesDescription", b"Flood", "UN")
    found = header(dataset, tmp_path)

    assert found.elements["Rows"] == (64.0,)
    assert found.text["SeriesDescription"] == "flood"


def test_empty_sequences_and_values_are_absent(tmp_path: Path) -> None:
    dataset = flood(
        DetectorInformationSequence=[],
        RadiopharmaceuticalInformationSequence=[],
        EnergyWindowInformationSequence=[],
        PixelSpacing="",
        CountsAccumulated="",
    )
    found = header(dataset, tmp_path)

    assert found.nuclide is None
    for keyword in ("CollimatorType", "PixelSpacing", "CountsAccumulated", "Radionuclide"):
        assert keyword not in found.elements


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_every_encoding_gives_the_same_header(syntax: str, tmp_path: Path) -> None:
    plain = flood(SeriesDescription="Flood")
    other = flood(SeriesDescription="Flood")
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        setattr(other, keyword, getattr(plain, keyword))
    other.file_meta.TransferSyntaxUID = syntax
    path = tmp_path / "other.dcm"
    other.save_as(path, implicit_vr=syntax == ImplicitVRLittleEndian,
                  little_endian=syntax == ImplicitVRLittleEndian)  # fmt: skip
    first, second = header(plain, tmp_path), read_header(path)

    assert second.transfer_syntax_uid == syntax
    assert dict(first.elements) == dict(second.elements)
    assert dict(first.text) == dict(second.text)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"NumberOfSlices": 47}, 47),
        ({"NumberOfSlices": 47, "SeriesType": ["WHOLE BODY", "IMAGE"]}, 47),
        (
            {"NumberOfSlices": 47, "NumberOfTimeSlices": 6, "SeriesType": ["DYNAMIC", "IMAGE"]},
            282,
        ),
        ({"NumberOfSlices": None, "ImagesInAcquisition": 90}, 90),
        ({"NumberOfSlices": None}, None),
    ],
)
def test_a_slice_tells_how_many_there_are(
    values: dict[str, Any], expected: int | None, tmp_path: Path
) -> None:
    dataset = slices(np.ones((1, 4, 4), np.int16), **values)[0]

    assert header(dataset, tmp_path).expected_instances == expected


def test_a_slice_tells_where_it_lies_along_its_normal(tmp_path: Path) -> None:
    datasets = slices(np.ones((2, 4, 4), np.int16), orientation=(0, 1, 0, 0, 0, -1))
    first, second = (header(dataset, tmp_path) for dataset in datasets)

    assert first.position_mm == pytest.approx(100.0)
    assert second.position_mm == pytest.approx(103.0)


@pytest.mark.parametrize(
    ("syntax", "lossy"),
    [("50", True), ("51", True), ("57", False), ("70", False), ("80", False), ("81", True),
     ("90", False), ("91", True), ("201", False), ("203", True)],
)  # fmt: skip
def test_lossy_compression_is_told_by_the_transfer_syntax(
    syntax: str, lossy: bool, tmp_path: Path
) -> None:
    path = save(flood(), tmp_path)
    uid = f"1.2.840.10008.1.2.4.{syntax}"
    content = path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"\1" * 20)
    start = content.index(b"\1" * 20)
    padded = uid.encode() + b"\0" * (len(uid) % 2)
    path.write_bytes(
        content[: start - 2] + len(padded).to_bytes(2, "little") + padded + content[start + 20 :]
    )

    assert read_header(path).lossy is lossy


def test_former_lossy_compression_is_told(tmp_path: Path) -> None:
    assert header(flood(LossyImageCompression="01"), tmp_path).lossy
    assert not header(flood(LossyImageCompression="00"), tmp_path).lossy
