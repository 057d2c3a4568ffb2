"""What makers write otherwise, one by one."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from photopeak.reading import vendors
from photopeak.reading.assemble import read_acquisition
from photopeak.reading.dataset import DataSet
from photopeak.reading.files import open_object
from photopeak.reading.headers import read_header
from photopeak.reading.private import private_words
from photopeak_analyzers.acquisition import CollimatorType, Planar
from support.dicom_objects import flood, item, nm, save, slices

ONE = np.ones((1, 4, 4), np.uint16)


def read(dataset: Dataset, folder: Path) -> DataSet:
    return open_object(save(dataset, folder)).data_set


@pytest.mark.parametrize(
    ("versions", "model"),
    [
        ("syngo CT VC50>Symbia Intevo 16>VB22A", "Symbia Intevo 16"),
        ("syngo>Symbia T2>VA60C", "Symbia T2"),
        ("VB22A", "Encore2"),
        ("", "Encore2"),
    ],
)
def test_the_model_of_a_siemens_camera_stands_in_its_software_versions(
    versions: str, model: str, tmp_path: Path
) -> None:
    dataset = flood(
        Manufacturer="SIEMENS NM", ManufacturerModelName="Encore2", SoftwareVersions=versions
    )

    assert read_header(save(dataset, tmp_path)).model == model


def test_another_model_is_left_as_it_is() -> None:
    assert vendors.siemens_model("Discovery 670", "x>Symbia T2>y") == "Discovery 670"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [("@18886382", ""), ("6.0.9751689@", ""), ("LEHR", "LEHR"), ("a@b", "a@b"), ("", "")],
)
def test_keys_into_a_makers_database_are_no_names(written: str, read_as: str) -> None:
    assert vendors.readable_name(written) == read_as


def test_an_opaque_protocol_is_not_given_to_the_rules(tmp_path: Path) -> None:
    header = read_header(save(flood(ProtocolName="6.0.9751689@"), tmp_path))

    assert "ProtocolName" not in header.text


def test_the_same_correction_twice_is_one() -> None:
    assert vendors.corrections(["UNIF", "unif ", ""]) == {"UNIF"}


def private(dataset: Dataset, group: int, creator: str, block: int = 0x10) -> Dataset:
    dataset.add_new((group, block), "LO", creator)
    return dataset


def test_private_elements_of_several_numbers_are_carried_whole(tmp_path: Path) -> None:
    dataset = private(flood(ONE), 0x0033, "SIEMENS MED NM")
    dataset.add_new((0x0033, 0x1010), "FL", [0.5, -1.25, 3.0])
    private(dataset, 0x0011, "GEMS_GENIE_1")
    dataset.add_new((0x0011, 0x1057), "FD", [540.0, 400.0])

    assert private_words(read(dataset, tmp_path)) == {
        "SiemensCORData1": "0.5, -1.25, 3",
        "GEFieldOfView": "540, 400",
    }


@pytest.mark.parametrize("block", [0x10, 0x3F])
def test_private_elements_are_found_in_the_block_of_their_creator(
    block: int, tmp_path: Path
) -> None:
    dataset = private(flood(ONE), 0x0033, "SIEMENS MED NM", block)
    dataset.add_new((0x0033, block << 8 | 0x30), "LO", "Intrinsic Flood Tc")
    dataset.add_new((0x0033, block << 8 | 0x29), "FL", 9.5)
    found = read(dataset, tmp_path)

    assert vendors.siemens_preset(found) == "Intrinsic Flood Tc"
    assert private_words(found) == {"SiemensCrystalThicknessMm": "9.5"}
    assert read_header(save(dataset, tmp_path)).text["SiemensPresetName"] == "intrinsic flood tc"


def test_private_elements_of_another_creator_are_not_read(tmp_path: Path) -> None:
    dataset = private(flood(ONE), 0x0033, "SOMEBODY ELSE")
    dataset.add_new((0x0033, 0x1030), "LO", "Intrinsic Flood Tc")

    assert vendors.siemens_preset(read(dataset, tmp_path)) == ""


def ge(dataset: Dataset, **numbers: int) -> Dataset:
    private(dataset, 0x0011, "GEMS_GENIE_1")
    dataset.add_new((0x0011, 0x1012), "LO", "FLOODS001")
    for element, key in ((0x1015, "detector"), (0x1016, "energy")):
        if key in numbers:
            dataset.add_new((0x0011, element), "SL", numbers[key])
    return dataset


def test_ge_names_dataset_detector_and_window(tmp_path: Path) -> None:
    found = read(ge(flood(ONE), detector=2, energy=1), tmp_path)

    assert vendors.ge_dataset_name(found) == "FLOODS001"
    assert vendors.ge_frame_numbers(found) == (2, 1)
    assert vendors.head_of_one(found) == (2, "the detector number of GE")


def test_the_energy_number_of_ge_is_the_window_of_its_only_frame(tmp_path: Path) -> None:
    dataset = ge(nm(ONE, windows=((126.0, 154.0), (80.0, 103.0))), energy=2)
    acquisition = read_acquisition([save(dataset, tmp_path)])

    assert isinstance(acquisition, Planar)
    assert acquisition.frames[0].energy_window == 2


def test_the_nuclide_of_ge_is_read_where_the_public_element_is_missing(tmp_path: Path) -> None:
    dataset = ge(nm(ONE, nuclide=None, EnergyWindowInformationSequence=None))
    dataset.add_new((0x0011, 0x100D), "LO", "I131")

    assert read_header(save(dataset, tmp_path)).nuclide == "I-131"


def test_comments_of_ge_are_pairs() -> None:
    assert vendors.ge_comments("$CrystalThickness$3$ReconMethod$OSEM (8x6)$") == {
        "CrystalThickness": "3",
        "ReconMethod": "OSEM (8x6)",
    }
    assert vendors.ge_comments("cost: 5$ and 6$") == {}


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("UNIF_INT_H1_H1", 1), ("PO-2_H2", 2), ("barfantom Intevo det 1", 1), ("Detector 2", 2),
        ("Head-3", 3), ("探头1 均匀性", 1), ("FLOOD", None), ("H1_H2", None), ("depth 2", None),
        ("LEHR1", None), ("H12", None),
    ],
)  # fmt: skip
def test_the_head_is_read_from_names(name: str, head: int | None) -> None:
    assert vendors.head_named(name) == head


def mediso(number: str, **values: str) -> Dataset:
    detector = private(item(CollimatorGridName="INTR", CollimatorType=""), 0x0009, "MEDISO-1")
    detector.add_new((0x0009, 0x1031), "DS", number)
    return nm(ONE, Manufacturer="MEDISO", DetectorInformationSequence=[detector], **values)


def test_the_suffix_of_mediso_beats_its_private_number(tmp_path: Path) -> None:
    assert vendors.head_of_one(read(mediso("0", SeriesDescription="LIN_Y_H2_H2"), tmp_path)) == (
        2,
        "SeriesDescription",
    )
    assert vendors.head_of_one(read(mediso("1"), tmp_path)) == (2, "the head number of Mediso")
    assert vendors.head_of_one(read(mediso("17"), tmp_path)) is None


def test_the_grid_intr_means_that_there_is_no_collimator(tmp_path: Path) -> None:
    acquisition = read_acquisition([save(mediso("0"), tmp_path)])

    assert acquisition.detectors[0].collimator_type is CollimatorType.NONE


def test_siemens_names_the_head_in_the_code_of_the_view(tmp_path: Path) -> None:
    view = item(CodeValue="D2 0 CM", CodingSchemeDesignator="99NMG", CodeMeaning="D2 0 CM")
    dataset = nm(ONE, detectors=({"ViewCodeSequence": [view]},))

    assert vendors.head_of_one(read(dataset, tmp_path)) == (2, "ViewCodeSequence")


def test_philips_tells_offsets_and_scales(tmp_path: Path) -> None:
    camera = private(flood(ONE), 0x7051, "PHILIPS NM -Private")
    camera.add_new((0x7051, 0x1004), "FL", 1.5)
    camera.add_new((0x7051, 0x1005), "FL", -0.5)
    scanner = private(slices(ONE.astype(np.int16))[0], 0x7053, "Philips PET Private Group")
    scanner.add_new((0x7053, 0x1000), "DS", "0.0005")
    scanner.add_new((0x7053, 0x1009), "DS", "1.25")

    assert vendors.philips_cor_offset_mm(read(camera, tmp_path)) == (1.5, -0.5)
    assert vendors.philips_pet_scales(read(scanner, tmp_path)) == {
        "PhilipsSUVScaleFactor": 0.0005,
        "PhilipsActivityConcentrationScaleFactor": 1.25,
    }


def test_flags_and_dates_of_corrections_are_carried_as_text(tmp_path: Path) -> None:
    dataset = private(ge(flood(ONE)), 0x0019, "SIEMENS MED NM")
    dataset.add_new((0x0019, 0x10C2), "SS", 1)
    dataset.add_new((0x0011, 0x1036), "LO", "UNIF Tc99m 2026")
    text = read_acquisition([save(dataset, tmp_path)]).origin.text

    assert text["SiemensOverflow"] == "1"
    assert text["GEUniformityCorrection"] == "UNIF Tc99m 2026"
    assert text["GEDatasetName"] == "FLOODS001"


def test_ge_tells_the_residual_activity(tmp_path: Path) -> None:
    dataset = private(slices(ONE.astype(np.int16))[0], 0x0009, "GEMS_PETD_01")
    dataset.add_new((0x0009, 0x1038), "FL", 50.0)
    dataset.add_new((0x0009, 0x103C), "FL", 2.0)
    dataset.add_new((0x0009, 0x1039), "DT", "20260302060000")

    assert vendors.ge_pet_injection(read(dataset, tmp_path)) == {
        "GETracerActivity": 50.0,
        "GEResidualActivity": 2.0,
        "GEMeasuredDateTime": "20260302060000",
    }
