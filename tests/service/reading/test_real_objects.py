"""Published acquisitions of real equipment, with what their headers really hold."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from photopeak.reading.assemble import read_acquisition
from photopeak.reading.headers import read_header
from photopeak_analyzers.acquisition import CollimatorType, Dynamic, Planar, Volume
from support.acquisitions import real_data


def paths(name: str) -> list[Path]:
    path = real_data(name)
    return sorted(path.iterdir()) if path.is_dir() else [path]


def planar(name: str) -> Planar:
    acquisition = read_acquisition(paths(name))
    assert isinstance(acquisition, Planar)
    return acquisition


def volume(name: str) -> Volume:
    acquisition = read_acquisition(paths(name))
    assert isinstance(acquisition, Volume)
    return acquisition


@pytest.mark.parametrize(
    ("name", "counts", "size", "head", "duration_s"),
    [
        ("nmqc/UNIFORMIDAD_1.dcm", 16_000_045, 256, 1, 812.39),
        ("nmqc/QuadrantBar.dcm", 5_994_805, 512, 2, 204.34),
        ("nmqc/Spatial_Resol_X.dcm", 1_497_463, 512, 1, 180.59),
    ],
)
def test_images_of_mediso_hold_the_counts_that_they_state(
    name: str, counts: int, size: int, head: int, duration_s: float
) -> None:
    acquisition = planar(name)

    assert int(acquisition.counts.sum(dtype=np.int64)) == acquisition.counts_accumulated == counts
    assert acquisition.counts.shape == (1, size, size)
    assert acquisition.frames[0].detector == head
    assert acquisition.detectors[0].number == head
    assert acquisition.frames[0].duration_s == duration_s
    assert acquisition.nuclide == "Tc-99m"
    assert acquisition.energy_windows[0].centre_kev == 140.0
    assert acquisition.pixel_spacing_mm == pytest.approx((528.64 / size,) * 2, rel=1e-4)


def test_mediso_says_intrinsic_by_the_name_of_the_grid() -> None:
    flood = planar("nmqc/UNIFORMIDAD_1.dcm")

    assert flood.detectors[0].collimator_type is CollimatorType.NONE
    assert planar("nmqc/Spatial_Resol_X.dcm").detectors[0].collimator_type is None


def test_quality_control_filed_under_an_older_study_has_the_day_of_its_acquisition() -> None:
    header = read_header(real_data("nmqc/Jaszack.dcm"))

    assert header.acquired_at is not None
    assert header.acquired_at.date() == date(2014, 11, 14)
    assert header.acquired_from == "AcquisitionDate"


def test_a_name_of_22_characters_is_kept_whole() -> None:
    header = read_header(real_data("nmqc/Jaszack.dcm"))

    assert header.display["ImageID"] == "JASZCZAK_PHAN_DH[ATTC]"


def test_a_reconstruction_stored_against_its_normal_is_turned() -> None:
    phantom = volume("nmqc/Jaszack.dcm")

    assert phantom.values.shape == (45, 128, 128)
    assert phantom.voxel_spacing_mm == pytest.approx((4.13, 4.13, 4.13), rel=1e-4)
    assert phantom.affine[2, 3] == pytest.approx(-165.199986 - 44 * 4.12999964)
    assert phantom.affine[2, 0] > 0.0


def test_the_time_of_dynamic_frames_is_found_in_their_phase() -> None:
    acquisition = read_acquisition(paths("linaqa/MCR.dcm"))

    assert isinstance(acquisition, Dynamic)
    assert acquisition.counts.shape == (30, 128, 128)
    assert {f.duration_s for f in acquisition.frames} == {1.0}
    assert [f.time_slice for f in acquisition.frames] == list(range(1, 31))
    assert int(acquisition.counts.sum(dtype=np.int64)) == acquisition.counts_accumulated
    assert acquisition.detectors[0].field_of_view_mm == (545.0, 400.0)
    assert acquisition.started_at is None
    assert any("0001-01-01, which cannot be true" in w for w in acquisition.warnings)


def test_the_two_frames_of_a_siemens_background_are_the_two_heads() -> None:
    background = planar("linaqa/sensitivity/Background")

    assert [f.detector for f in background.frames] == [1, 2]
    assert background.counts_accumulated is None
    assert background.corrections == {"UNIF"}
    assert background.nuclide == "I-131"
    assert [d.collimator_name for d in background.detectors] == ["", ""]
    assert {d.collimator_type for d in background.detectors} == {CollimatorType.PARALLEL}


def test_the_one_frame_of_a_siemens_dish_is_of_the_second_head() -> None:
    dish = planar("linaqa/sensitivity/PetriDish")

    assert [f.detector for f in dish.frames] == [2]
    assert dish.origin.text["SiemensCrystalThicknessMm"] == "9.525"


def test_a_pet_series_of_ge_has_another_scale_on_every_slice() -> None:
    cylinder = volume("linaqa/tomo_uniformity")

    assert cylinder.values.shape == (79, 128, 128)
    assert cylinder.units == "PROPCNTS"
    assert len(set(cylinder.slope.tolist())) > 70
    assert cylinder.voxel_spacing_mm == pytest.approx((3.26, 1.953125, 1.953125))
    assert cylinder.nuclide == "F-18"
    assert cylinder.decay_correction == "START"
    assert read_header(paths("linaqa/tomo_uniformity")[0]).expected_instances == 79


def test_a_pet_series_with_hardly_any_header_is_still_a_volume() -> None:
    phantom = volume("pynemaiqpet/pet_recon_1")

    assert phantom.values.shape == (89, 192, 192)
    assert phantom.units == ""
    assert "Units is absent: what the values mean is not known" in phantom.warnings
