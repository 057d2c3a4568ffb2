"""PET, CT and reconstructed NM volumes: order, scale, geometry, and what is refused."""

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from photopeak.reading.assemble import read_acquisition
from photopeak.reading.errors import GeometryError, NotAnAcquisitionError, StructureError
from photopeak_analyzers.acquisition import Volume
from support.dicom_objects import AT, enhanced, item, nm, put, raw_text, save, save_all, slices

COUNT = 6
VALUES = np.stack([np.full((4, 5), 10 * k, np.int16) for k in range(COUNT)])
SLOPES = [1.0, 0.5, 2.0, 0.25, 4.0, 3.0]


def read(folder: Path, datasets: Sequence[Dataset]) -> Volume:
    acquisition = read_acquisition(save_all(datasets, folder))
    assert isinstance(acquisition, Volume)
    return acquisition


def test_a_series_becomes_a_volume_with_the_scale_of_each_slice(tmp_path: Path) -> None:
    datasets = slices(VALUES, slopes=SLOPES)
    volume = read(tmp_path, datasets)

    assert np.array_equal(volume.values, VALUES)
    assert volume.slope.tolist() == SLOPES
    assert volume.intercept.tolist() == [0.0] * COUNT
    assert volume.physical(2)[0, 0] == 40.0
    assert volume.voxel_spacing_mm == pytest.approx((3.0, 2.0, 2.0))
    assert (volume.modality, volume.units, volume.decay_correction) == ("PT", "BQML", "START")
    assert volume.nuclide == "F-18"
    assert volume.corrections == {"DECY", "ATTN", "SCAT"}
    assert volume.started_at == AT.replace(tzinfo=UTC)
    assert volume.warnings == ()


def test_the_affine_leads_to_the_position_of_each_pixel(tmp_path: Path) -> None:
    orientation = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
    volume = read(tmp_path, slices(VALUES, orientation=orientation, spacing_mm=(3.0, 1.5, 2.5)))
    there = volume.affine @ np.array([2.0, 3.0, 4.0, 1.0])

    assert there[:3] == pytest.approx([-100.0 - 6.0, -100.0 + 10.0, -50.0 - 4.5])


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(COUNT)))
def test_the_order_of_files_does_not_matter(order: Sequence[int], tmp_path: Path) -> None:
    paths = save_all(slices(VALUES, slopes=SLOPES), tmp_path)
    hashes = [f"{k:064x}" for k in range(COUNT)]
    volume = read_acquisition([paths[k] for k in order], [hashes[k] for k in order])

    assert isinstance(volume, Volume)
    assert np.array_equal(volume.values, VALUES)
    assert volume.slope.tolist() == SLOPES
    assert list(volume.origin.sha256) == hashes


def test_instance_numbers_that_run_the_other_way_do_not_matter(tmp_path: Path) -> None:
    datasets = slices(VALUES)
    for number, dataset in enumerate(reversed(datasets), 1):
        dataset.InstanceNumber = number

    assert np.array_equal(read(tmp_path, datasets).values, VALUES)


def test_a_missing_slice_is_refused_with_its_place(tmp_path: Path) -> None:
    datasets = slices(VALUES)
    del datasets[3]

    with pytest.raises(GeometryError) as caught:
        read(tmp_path, datasets)

    assert str(caught.value) == (
        "a gap of 6.00 mm between the slices at -44.00 and -38.00 mm, where the others are"
        " 3.00 mm apart"
    )


def test_a_slice_that_came_twice_is_refused_with_its_place(tmp_path: Path) -> None:
    datasets = slices(VALUES)
    datasets[4].ImagePositionPatient = datasets[3].ImagePositionPatient

    with pytest.raises(
        GeometryError, match=r"2 slices at the same places, the first at -41\.00 mm"
    ):
        read(tmp_path, datasets)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY"]}, {"ImageType": ["DERIVED", "SECONDARY"]},
         r"by ImageType 6 of DERIVED\\SECONDARY, 6 of ORIGINAL\\PRIMARY"),
        ({"FrameReferenceTime": 0.0}, {"FrameReferenceTime": 600_000.0},
         r"by FrameReferenceTime 6 of 0\.0, 6 of 600000\.0; 12 slices at the same places"),
    ],
)  # fmt: skip
def test_two_volumes_at_the_same_places_are_refused_with_what_was_found(
    first: Mapping[str, Any], second: Mapping[str, Any], told: str, tmp_path: Path
) -> None:
    datasets = [*slices(VALUES, **first), *slices(VALUES, **second)]
    for dataset in datasets:
        dataset.SeriesInstanceUID = datasets[0].SeriesInstanceUID

    with pytest.raises(StructureError, match=f"holds several volumes, not one: {told}"):
        read(tmp_path, datasets)


@pytest.mark.parametrize(
    ("keyword", "values", "told"),
    [
        ("ConvolutionKernel", ("B30f", "B70f"), "3 of B30f, 3 of B70f"),
        ("ReconstructionMethod", ("FBP", "OSEM"), "3 of FBP, 3 of OSEM"),
        ("CorrectedImage", (["DECY"], ["DECY", "ATTN"]), r"3 of DECY, 3 of DECY\\ATTN"),
        ("AttenuationCorrectionMethod", ("measured,CT", None), r"3 of \(none\), 3 of measured,CT"),
    ],
)
def test_slices_of_two_reconstructions_are_no_volume_even_side_by_side(
    keyword: str, values: tuple[Any, Any], told: str, tmp_path: Path
) -> None:
    datasets = slices(VALUES)
    for number, dataset in enumerate(datasets):
        value = values[number % 2]
        if value is not None:
            setattr(dataset, keyword, value)

    with pytest.raises(
        StructureError, match=f"several reconstructions, not one: by {keyword} {told}"
    ):
        read(tmp_path, datasets)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}, GeometryError, "turned against"),
        ({"PixelSpacing": [2.5, 2.5]}, GeometryError, "pixel spacings of 2 and 2.5 mm"),
        ({"PixelSpacing": [0, 0]}, GeometryError, "needs two positive numbers"),
        ({"ImagePositionPatient": None}, GeometryError, "no usable ImagePositionPatient"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, GeometryError, "no usable"),
        ({"ImagePositionPatient": [-100, -90, -35]}, GeometryError, "mm beside it"),
        ({"Units": "CNTS"}, StructureError, "differ in Units"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, StructureError, "mixes objects of 2"),
        ({"ImageType": ["DERIVED", "SECONDARY", "MIP"]}, NotAnAcquisitionError, "MIP"),
    ],
)
def test_slices_that_do_not_fit_together_are_refused(
    change: Mapping[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    datasets = slices(VALUES)
    put(datasets[-1], change)

    with pytest.raises(error, match=message):
        read(tmp_path, datasets)


def test_slices_of_two_sizes_are_refused(tmp_path: Path) -> None:
    datasets = slices(VALUES)
    (other,) = slices(np.zeros((1, 8, 8), np.int16), first_mm=(-100.0, -100.0, -32.0))
    other.SeriesInstanceUID = datasets[0].SeriesInstanceUID

    with pytest.raises(StructureError, match="differ in size"):
        read(tmp_path, [*datasets, other])


def test_positions_rounded_to_a_tenth_are_regular(tmp_path: Path) -> None:
    datasets = slices(VALUES, spacing_mm=(0.625, 2.0, 2.0))
    for number, dataset in enumerate(datasets):
        dataset.ImagePositionPatient = [-100, -100, round(-50 + 0.625 * number, 1)]

    assert read(tmp_path, datasets).voxel_spacing_mm[0] == pytest.approx(0.62, abs=0.01)


def test_a_series_without_a_scale_is_taken_as_it_is_and_says_so(tmp_path: Path) -> None:
    volume = read(tmp_path, slices(VALUES, RescaleSlope=None))

    assert volume.slope.tolist() == [1.0] * COUNT
    assert volume.warnings == ("RescaleSlope is absent on all 6 slices: taken as 1",)


@pytest.mark.parametrize("written", [b"", b"1e400 ", b"x "])
def test_a_slice_whose_scale_nobody_knows_is_no_part_of_a_volume(
    written: bytes, tmp_path: Path
) -> None:
    datasets = slices(VALUES, slopes=SLOPES)
    raw_text(datasets[3], "RescaleSlope", written, "DS")

    with pytest.raises(StructureError, match="on 1 of 6 slices, the first is slice 4"):
        read(tmp_path, datasets)


def test_what_quantification_needs_is_in_the_header(tmp_path: Path) -> None:
    volume = read(tmp_path, slices(VALUES, PatientWeight=70, FrameReferenceTime=0, PatientSize=0))

    assert volume.header["RadionuclideHalfLife"] == 6586.2
    assert volume.header["RadionuclideTotalDose"] == 50_000_000.0
    assert volume.header["PatientWeight"] == 70.0
    assert volume.header["FrameReferenceTime"] == 0.0
    assert "PatientSize" not in volume.header
    injected = AT.replace(tzinfo=UTC) - timedelta(hours=1)
    assert volume.header["RadiopharmaceuticalStartDateTime"] == injected.isoformat()


@pytest.mark.parametrize(("written", "prompts"), [(2_500_000, 2_500_000.0), (0, None)])
def test_the_counts_of_a_pet_acquisition_are_in_the_header(
    written: int, prompts: float | None, tmp_path: Path
) -> None:
    """Some consoles write 0 where they do not know."""
    datasets = slices(
        VALUES,
        PrimaryPromptsCountsAccumulated=written,
        SecondaryCountsAccumulated=[60_000, 5],
        SecondaryCountsType=["DLYD", "SCAT"],
    )
    volume = read(tmp_path, datasets)

    assert volume.header.get("PrimaryPromptsCountsAccumulated") == prompts
    assert volume.header["SecondaryCountsAccumulated"] == 60_000.0
    assert volume.header["SecondaryCountsType"] == "DLYD"


def test_an_injection_before_midnight_is_on_the_day_before(tmp_path: Path) -> None:
    datasets = slices(VALUES, AcquisitionTime="003000")
    for dataset in datasets:
        dataset.RadiopharmaceuticalInformationSequence[0].RadiopharmaceuticalStartTime = "233000"
    volume = read(tmp_path, datasets)

    assert volume.header["RadiopharmaceuticalStartDateTime"] == "2026-03-01T23:30:00+00:00"


def test_slices_of_two_frames_of_reference_are_no_volume(tmp_path: Path) -> None:
    datasets = slices(VALUES, kind="CT")
    datasets[-1].FrameOfReferenceUID = "1.2.3"

    with pytest.raises(StructureError, match="differ in FrameOfReferenceUID"):
        read(tmp_path, datasets)


def test_ct_is_in_hounsfield_units(tmp_path: Path) -> None:
    volume = read(tmp_path, slices(VALUES, kind="CT", intercept=-1024.0))

    assert (volume.modality, volume.units) == ("CT", "HU")
    assert volume.physical(1)[0, 0] == -1014.0
    assert volume.header["KVP"] == 120.0


def test_a_scout_is_no_volume(tmp_path: Path) -> None:
    with pytest.raises(NotAnAcquisitionError, match="LOCALIZER"):
        read(
            tmp_path, slices(VALUES[:1], kind="CT", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
        )


def test_a_single_slice_has_its_thickness(tmp_path: Path) -> None:
    assert read(tmp_path, slices(VALUES[:1])).voxel_spacing_mm[0] == pytest.approx(3.0)

    with pytest.raises(GeometryError, match="without SliceThickness"):
        read(tmp_path, slices(VALUES[:1], SliceThickness=None))


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 2, 0, 1, 4, 3)])
def test_an_enhanced_object_is_sorted_by_its_groups(order: Sequence[int], tmp_path: Path) -> None:
    dataset = enhanced(VALUES, slopes=SLOPES, order=order, Units="BQML")
    volume = read(tmp_path, [dataset])

    assert np.array_equal(volume.values, VALUES)
    assert volume.slope.tolist() == SLOPES
    assert volume.units == "BQML"
    assert volume.voxel_spacing_mm == pytest.approx((3.0, 2.0, 2.0))


def test_an_enhanced_object_whose_groups_do_not_fit_is_refused(tmp_path: Path) -> None:
    dataset = enhanced(VALUES)
    del dataset.PerFrameFunctionalGroupsSequence[2]

    with pytest.raises(StructureError, match="5 functional groups describe 6 frames"):
        read(tmp_path, [dataset])


def test_several_time_frames_in_one_enhanced_object_are_refused(tmp_path: Path) -> None:
    dataset = enhanced(VALUES)
    groups = dataset.PerFrameFunctionalGroupsSequence
    for first, second in zip(groups[:3], groups[3:], strict=True):
        second.PlanePositionSequence = first.PlanePositionSequence

    with pytest.raises(GeometryError, match="several time frames"):
        read(tmp_path, [dataset])


def reconstruction(**values: Any) -> Dataset:
    place = {
        "ImagePositionPatient": [10, 20, 30],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "CollimatorType": "PARA",
    }
    return nm(
        VALUES.astype(np.uint16),
        "RECON TOMO",
        detectors=(place,),
        **{"SpacingBetweenSlices": 4.0, "SliceThickness": 4.0, **values},
    )


@pytest.mark.parametrize(
    ("spacing", "first", "step"), [(4.0, 30.0, 1), (-4.0, 10.0, -1)], ids=["with", "against"]
)
def test_slices_of_a_reconstruction_run_along_their_normal(
    spacing: float, first: float, step: int, tmp_path: Path
) -> None:
    volume = read(tmp_path, [reconstruction(SpacingBetweenSlices=spacing)])

    assert np.array_equal(volume.values, VALUES[::step])
    assert volume.affine[:3, 3].tolist() == [10.0, 20.0, first]
    assert volume.affine[2, 0] == 4.0
    assert volume.modality == "NM"
    assert volume.warnings == ()


def test_the_slices_of_a_reconstruction_are_found_by_their_vector(tmp_path: Path) -> None:
    dataset = reconstruction(SliceVector=[6, 5, 4, 3, 2, 1])

    assert np.array_equal(read(tmp_path, [dataset]).values, VALUES[::-1])


def test_a_reconstruction_without_a_position_says_so(tmp_path: Path) -> None:
    dataset = reconstruction(DetectorInformationSequence=[item(CollimatorType="PARA")])
    volume = read(tmp_path, [dataset])

    assert volume.affine[:3, 3].tolist() == [0.0, 0.0, 0.0]
    assert len(volume.warnings) == 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"SpacingBetweenSlices": 0, "SliceThickness": 0}, "neither SpacingBetweenSlices nor"),
        ({"PixelSpacing": [0, 1]}, "needs two positive numbers"),
    ],
)
def test_a_reconstruction_without_spacing_is_refused(
    values: Mapping[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(GeometryError, match=message):
        read(tmp_path, [reconstruction(**values)])


def test_a_slice_vector_with_a_slice_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StructureError, match="every slice once"):
        read(tmp_path, [reconstruction(SliceVector=[1, 1, 2, 3, 4, 5])])


def test_two_reconstructions_in_one_series_are_refused(tmp_path: Path) -> None:
    first = reconstruction(SeriesDescription="Recon AC")
    second = reconstruction(
        SeriesDescription="Recon NoAC", SeriesInstanceUID=first.SeriesInstanceUID
    )
    told = "2 reconstructions, not one: by SeriesDescription 1 of Recon AC, 1 of Recon NoAC"

    with pytest.raises(StructureError, match=told):
        read(tmp_path, [first, second])


def test_two_equal_reconstructions_in_one_series_are_refused(tmp_path: Path) -> None:
    first = reconstruction()

    with pytest.raises(StructureError, match="not one: alike in all that tells"):
        read(tmp_path, [first, reconstruction(SeriesInstanceUID=first.SeriesInstanceUID)])


def test_a_real_world_mapping_gives_scale_and_units(tmp_path: Path) -> None:
    mapping = item(
        RealWorldValueSlope=12.5,
        RealWorldValueIntercept=0.0,
        MeasurementUnitsCodeSequence=[item(CodeValue="Bq/ml", CodingSchemeDesignator="UCUM",
                                           CodeMeaning="Becquerels/milliliter")],
    )  # fmt: skip
    volume = read_acquisition(
        [save(reconstruction(RealWorldValueMappingSequence=[mapping]), tmp_path)]
    )

    assert isinstance(volume, Volume)
    assert volume.units == "BQML"
    assert set(volume.slope.tolist()) == {12.5}
