"""PET and CT as scanners send them: scales by slice, ends that are missing, times, enhanced objects."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from photopeak.reading.assemble import read_acquisition
from photopeak.reading.errors import GeometryError, StructureError
from photopeak_analyzers.acquisition import Volume
from support.dicom_objects import AT, enhanced, item, put, save_all, slices

COUNT = 6
VALUES = np.stack([np.full((4, 5), 10 * (k + 1), np.int16) for k in range(COUNT)])
SLOPES = [1.0, 0.5, 0.0, 0.25, 4.0, 3.0]
PHILIPS = "Philips PET Private Group"


def read(folder: Path, datasets: Sequence[Dataset]) -> Volume:
    acquisition = read_acquisition(save_all(datasets, folder))
    assert isinstance(acquisition, Volume)
    return acquisition


def unit(code: str, slope: float, intercept: float = 0.0) -> Dataset:
    """A real-world mapping of stored values."""
    return item(
        RealWorldValueSlope=slope,
        RealWorldValueIntercept=intercept,
        MeasurementUnitsCodeSequence=[
            item(CodeValue=code, CodingSchemeDesignator="UCUM", CodeMeaning=code)
        ],
    )


# Slices of one object each -----------------------------------------------------------------------


def test_every_slice_keeps_its_slope_and_one_of_zero_is_said(tmp_path: Path) -> None:
    volume = read(tmp_path, slices(VALUES, slopes=SLOPES))

    assert [volume.physical(k)[0, 0] for k in range(COUNT)] == [10.0, 10.0, 0.0, 10.0, 200.0, 180.0]
    assert volume.warnings == ("RescaleSlope is 0 on 1 slices, the first is slice 3",)


@pytest.mark.parametrize("spacing", [-3.0, 0.0, None, 99.0])
def test_the_spacing_of_slices_is_that_of_their_positions(
    spacing: float | None, tmp_path: Path
) -> None:
    datasets = slices(VALUES, slopes=SLOPES, SpacingBetweenSlices=spacing, SliceThickness=spacing)
    volume = read(tmp_path, datasets[::-1])

    assert volume.voxel_spacing_mm == pytest.approx((3.0, 2.0, 2.0))
    assert volume.slope.tolist() == SLOPES


@pytest.mark.parametrize("spacing", [[0.0, 0.0], [-2.0, 2.0], None])
def test_pixels_without_a_size_are_refused(spacing: Any, tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match="needs two positive numbers"):
        read(tmp_path, slices(VALUES, PixelSpacing=spacing))


@pytest.mark.parametrize("missing", [0, COUNT - 1])
def test_a_slice_missing_at_an_end_is_told_by_their_number(missing: int, tmp_path: Path) -> None:
    datasets = slices(VALUES)
    del datasets[missing]

    with pytest.raises(GeometryError, match="5 slices are there, and the header tells of 6"):
        read(tmp_path, datasets)


def test_a_ct_series_has_no_number_of_slices(tmp_path: Path) -> None:
    assert len(read(tmp_path, slices(VALUES, kind="CT")[:4]).values) == 4


@pytest.mark.parametrize(
    ("written", "day", "inferred"),
    [
        ({"RadiopharmaceuticalStartTime": "233000"}, "2026-03-01T23:30", "the day before"),
        ({"RadiopharmaceuticalStartTime": "001000"}, "2026-03-02T00:10", "the day of"),
        # Two minutes after the start of the scan by another clock, and no day before it.
        ({"RadiopharmaceuticalStartTime": "003200"}, "2026-03-02T00:32", "the day of"),
        ({"RadiopharmaceuticalStartTime": "003600"}, "2026-03-01T00:36", "the day before"),
        # Where both stand, the one with the date counts.
        (
            {
                "RadiopharmaceuticalStartTime": "001000",
                "RadiopharmaceuticalStartDateTime": "20260301231500",
            },
            "2026-03-01T23:15",
            None,
        ),
    ],
)
def test_the_day_of_an_administration_is_inferred_and_said(
    written: dict[str, str], day: str, inferred: str | None, tmp_path: Path
) -> None:
    datasets = slices(VALUES, AcquisitionTime="003000")
    for dataset in datasets:
        put(dataset.RadiopharmaceuticalInformationSequence[0], written)
    header = read(tmp_path, datasets).header

    assert str(header["RadiopharmaceuticalStartDateTime"]).startswith(day)
    told = header.get("RadiopharmaceuticalStartInferred")
    assert told is None if inferred is None else inferred in str(told)


def test_the_last_of_several_frames_is_carried(tmp_path: Path) -> None:
    datasets = slices(VALUES)
    for number, dataset in enumerate(datasets):
        start = AT + timedelta(minutes=2 * (number // 3))
        dataset.AcquisitionDate, dataset.AcquisitionTime = f"{start:%Y%m%d}", f"{start:%H%M%S}"
    volume = read(tmp_path, datasets)

    assert volume.started_at == AT.replace(tzinfo=UTC)
    last = (AT + timedelta(minutes=2)).replace(tzinfo=UTC)
    assert volume.header["LastAcquisitionDateTime"] == last.isoformat()


def test_frames_of_different_durations_are_carried_as_such(tmp_path: Path) -> None:
    datasets = slices(VALUES, ActualFrameDuration=120_000)
    alike = read(tmp_path, datasets).header
    datasets[-1].ActualFrameDuration = 240_000
    header = read(tmp_path, datasets).header

    assert "LongestFrameDuration" not in alike
    assert (header["ShortestFrameDuration"], header["LongestFrameDuration"]) == (12e4, 24e4)


def test_the_start_of_the_scan_of_ge_is_carried(tmp_path: Path) -> None:
    datasets = slices(VALUES)
    for dataset in datasets:
        dataset.add_new((0x0009, 0x0010), "LO", "GEMS_PETD_01")
        dataset.add_new((0x0009, 0x100D), "DT", "20260302095500.00")

    header = read(tmp_path, datasets).header
    assert header["GEScanDateTime"] == "2026-03-02T09:55:00+00:00"


@pytest.mark.parametrize("units", ["BQML", "CNTS", "PROPCNTS", "GML"])
@pytest.mark.parametrize("decay", ["START", "ADMIN", "NONE"])
def test_units_and_decay_correction_are_told_apart(units: str, decay: str, tmp_path: Path) -> None:
    volume = read(tmp_path, slices(VALUES[:2], Units=units, DecayCorrection=decay))

    assert (volume.units, volume.decay_correction) == (units, decay)


@pytest.mark.parametrize("kind", ["BW", "LBM", "BSA", None])
def test_what_an_suv_is_normalised_by_is_carried(kind: str | None, tmp_path: Path) -> None:
    volume = read(tmp_path, slices(VALUES[:2], Units="GML", SUVType=kind))

    assert volume.header.get("SUVType") == kind


def philips(factors: Sequence[str]) -> list[Dataset]:
    datasets = slices(VALUES, Units="CNTS", Manufacturer="Philips Medical Systems")
    for dataset, factor in zip(datasets, factors, strict=True):
        dataset.add_new((0x7053, 0x0010), "LO", PHILIPS)
        dataset.add_new((0x7053, 0x1000), "DS", "0.0004")
        dataset.add_new((0x7053, 0x1009), "DS", factor)
    return datasets


def test_the_factors_of_philips_are_carried_and_zero_is_none(tmp_path: Path) -> None:
    volume = read(tmp_path, philips(["1.25"] * COUNT))
    assert volume.units == "CNTS"
    assert volume.header["PhilipsActivityConcentrationScaleFactor"] == 1.25
    assert volume.header["PhilipsSUVScaleFactor"] == 0.0004

    (tmp_path / "zero").mkdir()
    volume = read(tmp_path / "zero", philips(["0.0"] * COUNT))
    assert "PhilipsActivityConcentrationScaleFactor" not in volume.header


def test_slices_with_other_factors_of_philips_are_no_volume(tmp_path: Path) -> None:
    with pytest.raises(StructureError, match="differ in the factors of Philips"):
        read(tmp_path, philips(["1.25"] * 5 + ["1.5"]))


# Enhanced objects --------------------------------------------------------------------------------


def test_an_enhanced_ct_is_in_hounsfield_units_by_its_own_scale(tmp_path: Path) -> None:
    dataset = enhanced(VALUES, kind="CT")
    for group in dataset.PerFrameFunctionalGroupsSequence:
        group.PixelValueTransformationSequence[0].RescaleIntercept = -1024
        group.PixelValueTransformationSequence[0].RescaleType = "HU"
    volume = read(tmp_path, [dataset])

    assert (volume.modality, volume.units) == ("CT", "HU")
    assert volume.physical(1)[0, 0] == -1004.0


def test_a_slope_of_zero_in_an_enhanced_object_is_said(tmp_path: Path) -> None:
    volume = read(tmp_path, [enhanced(VALUES, slopes=SLOPES, Units="BQML")])

    assert volume.slope.tolist() == SLOPES
    assert "RescaleSlope is 0 on 1 slices, the first is slice 3" in volume.warnings


@pytest.mark.parametrize("kind", ["PT", "CT"])
def test_frames_that_are_missing_or_double_are_refused(kind: str, tmp_path: Path) -> None:
    gap = enhanced(VALUES, kind=kind)
    gap.PerFrameFunctionalGroupsSequence[5].PlanePositionSequence[0].ImagePositionPatient = [
        -100,
        -100,
        -29,
    ]
    with pytest.raises(GeometryError, match=r"a gap of 9\.00 mm"):
        read(tmp_path, [gap])

    twice = enhanced(VALUES, kind=kind)
    groups = twice.PerFrameFunctionalGroupsSequence
    groups[3].PlanePositionSequence = groups[2].PlanePositionSequence
    (tmp_path / "twice").mkdir()
    with pytest.raises(GeometryError, match="2 slices at the same places"):
        read(tmp_path / "twice", [twice])


@pytest.mark.parametrize("spacing", [[0.0, 0.0], [-2.0, 2.0]])
def test_frames_without_a_size_of_pixels_are_refused(spacing: Any, tmp_path: Path) -> None:
    dataset = enhanced(VALUES)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.PixelMeasuresSequence[0].PixelSpacing = spacing

    with pytest.raises(GeometryError, match="needs two positive numbers"):
        read(tmp_path, [dataset])


def test_two_enhanced_objects_are_no_volume(tmp_path: Path) -> None:
    first, second = enhanced(VALUES), enhanced(VALUES)
    second.SeriesInstanceUID = first.SeriesInstanceUID

    with pytest.raises(StructureError, match="2 enhanced objects, not one"):
        read(tmp_path, [first, second])


def test_real_world_mappings_of_frames_beat_their_slopes(tmp_path: Path) -> None:
    order = (5, 2, 0, 1, 4, 3)
    dataset = enhanced(VALUES, slopes=[9.0] * COUNT, order=order)
    for number, group in zip(order, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        put(
            group,
            {
                "RealWorldValueMappingSequence": [
                    unit("g/ml{SUVbw}", 0.1),
                    unit("Bq/ml", number + 1.0),
                ]
            },
        )
    volume = read(tmp_path, [dataset])

    assert volume.units == "BQML"
    assert volume.slope.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert volume.warnings == ()


@pytest.mark.parametrize(
    ("code", "units"),
    [("{counts}", "CNTS"), ("{propcounts}", "PROPCNTS"), ("g/ml{SUVbw}", "GML"), ("kg", "kg")],
)
def test_a_shared_mapping_holds_for_all_frames(code: str, units: str, tmp_path: Path) -> None:
    dataset = enhanced(VALUES)
    put(
        dataset.SharedFunctionalGroupsSequence[0],
        {"RealWorldValueMappingSequence": [unit(code, 2.5, -1.0)]},
    )
    volume = read(tmp_path, [dataset])

    assert volume.units == units
    assert set(volume.slope.tolist()) == {2.5}
    assert volume.physical(0)[0, 0] == 24.0


def test_frames_mapped_to_several_units_are_no_volume(tmp_path: Path) -> None:
    dataset = enhanced(VALUES)
    for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        code = "Bq/ml" if number else "{counts}"
        put(group, {"RealWorldValueMappingSequence": [unit(code, 1.0)]})

    with pytest.raises(StructureError, match=r"several units: \['BQML', 'CNTS'\]"):
        read(tmp_path, [dataset])


def test_an_enhanced_pet_tells_decay_duration_and_corrections_in_its_own_words(
    tmp_path: Path,
) -> None:
    dataset = enhanced(
        VALUES,
        Units="BQML",
        DecayCorrected="YES",
        DecayCorrectionDateTime="20260302100000",
        AttenuationCorrected="YES",
        ScatterCorrected="NO",
        RandomsCorrected="YES",
    )
    for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        put(
            group,
            {
                "FrameContentSequence": [
                    item(
                        FrameAcquisitionDateTime=f"202603021005{number:02d}",
                        FrameAcquisitionDuration=120_000.0,
                    )
                ]
            },
        )
    volume = read(tmp_path, [dataset])

    assert volume.decay_correction == "START"
    assert volume.corrections == {"DECY", "ATTN", "RAN"}
    assert volume.header["DecayCorrectionDateTime"] == "2026-03-02T10:00:00+00:00"
    assert volume.header["ActualFrameDuration"] == 120_000.0
    assert volume.header["LastAcquisitionDateTime"] == "2026-03-02T10:05:05+00:00"


def test_an_enhanced_pet_that_was_not_corrected_says_so(tmp_path: Path) -> None:
    volume = read(tmp_path, [enhanced(VALUES, Units="BQML", DecayCorrected="NO")])

    assert volume.decay_correction == "NONE"
    assert volume.corrections == frozenset()
