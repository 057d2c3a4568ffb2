"""PET cylinders from their files to the verdict: uniformity, cross-calibration, SUV."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from typer.testing import CliRunner

from photopeak.cli.main import app
from support.dicom_objects import enhanced, item, put, save_all, slices
from support.pet_cylinders import F18_S, VOLUME_ML, cylinder, scaled_by_slice

ACTIVITY_MBQ = 60.0
C_BQ = 1e6 * ACTIVITY_MBQ / VOLUME_ML
READINGS = (
    f"activity={ACTIVITY_MBQ}+-0.9@2026-03-02T10:00:00+00:00",
    f"volume={VOLUME_ML}",
)
DOSE = {
    "RadionuclideTotalDose": 1e6 * ACTIVITY_MBQ,
    "RadiopharmaceuticalStartTime": "100000",
    "RadionuclideHalfLife": F18_S,
    "RadionuclidePositronFraction": 0.967,
}
ELEMENTS = {
    "Manufacturer": "SIEMENS",
    "CorrectedImage": ["DECY", "ATTN", "SCAT", "DTIM", "RAN", "NORM"],
    "SeriesDate": "20260302",
    "SeriesTime": "100000",
    "AcquisitionDate": "20260302",
    "AcquisitionTime": "100000",
    "TimezoneOffsetFromUTC": "+0000",
    "PatientWeight": VOLUME_ML / 1e3,
    "SpacingBetweenSlices": None,
}


def series(name: str, value: float = C_BQ, **elements: Any) -> list[Dataset]:
    """The cylinder as a scanner sends it: one object for each slice, each with its own slope."""
    made = scaled_by_slice(cylinder(value, seed=1, counts_per_value=0.05))
    datasets = slices(
        made.values,
        slopes=[float(f"{slope:.8g}") for slope in made.slope],
        spacing_mm=made.voxel_spacing_mm,
        first_mm=(-118.5, -118.5, -102.0),
        SeriesDescription=name,
        **{**ELEMENTS, **elements},
    )
    for dataset in datasets:
        put(dataset.RadiopharmaceuticalInformationSequence[0], DOSE)
    return datasets


def analyze(folder: Path, *readings: str) -> dict[str, Any]:
    arguments = [part for text in readings for part in ("--reading", text)]
    done = CliRunner().invoke(app, ["analyze", str(folder), "--json", *arguments])
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def result_of(report: dict[str, Any], test: str) -> dict[str, Any]:
    (result,) = [r for r in report["results"] if r["test"] == test]
    return result


def value(result: dict[str, Any], metric: str, **scope: Any) -> float:
    (found,) = [m for m in result["measurements"] if m["metric"] == metric and m["scope"] == scope]
    return float(found["value"])


def test_a_cylinder_named_uniformity_is_judged_by_its_slices(tmp_path: Path) -> None:
    save_all(series("PET uniformity cylinder"), tmp_path)
    result = result_of(analyze(tmp_path), "pet_uniformity")

    assert result["status"] == "PASS"
    assert value(result, "nu_plus_pct", part="inner") < 10.0
    assert {(v["metric"], v["scope"].get("part")) for v in result["verdicts"]} >= {
        ("nu_plus_pct", "inner"),
        ("nu_plus_pct", "ends"),
        ("nu_minus_pct", "slab"),
        ("axial_plus_pct", None),
    }


def test_a_cross_calibration_waits_for_the_activity_and_is_judged(tmp_path: Path) -> None:
    save_all(series("Cross calibration F-18", 0.88 * C_BQ), tmp_path)
    waiting = analyze(tmp_path)["waiting"]
    result = result_of(analyze(tmp_path, *READINGS), "pet_cross_calibration")

    assert [w["test"] for w in waiting] == ["pet_cross_calibration"]
    assert "Activity before dispensing (MBq)" in waiting[0]["reason"]
    assert abs(value(result, "suv_bias_pct") + 12.0) < 0.5
    assert result["status"] == "FAIL"


def test_an_suv_needs_no_reading(tmp_path: Path) -> None:
    save_all(series("SUV accuracy"), tmp_path)
    result = result_of(analyze(tmp_path), "suv_accuracy")

    assert abs(value(result, "suv_mean") - 1.0) < 0.01
    assert result["status"] == "PASS"


def test_an_enhanced_object_gives_the_same(tmp_path: Path) -> None:
    made = scaled_by_slice(cylinder(C_BQ, seed=1, counts_per_value=0.05))
    dataset = enhanced(
        made.values,
        slopes=[float(f"{slope:.8g}") for slope in made.slope],
        spacing_mm=made.voxel_spacing_mm,
        order=[int(n) for n in np.random.default_rng(2).permutation(len(made.values))],
        SeriesDescription="Cross calibration F-18",
        DecayCorrected="YES",
        DecayCorrectionDateTime="20260302100000",
        AttenuationCorrected="YES",
        AcquisitionDateTime="20260302100000",
        TimezoneOffsetFromUTC="+0000",
        RadiopharmaceuticalInformationSequence=[
            item(
                RadionuclideCodeSequence=[
                    item(
                        CodeValue="C-111A1",
                        CodingSchemeDesignator="SRT",
                        CodeMeaning="^18^Fluorine",
                    )
                ],
                **DOSE,
            )
        ],
    )
    # The unit stands in the frames alone.
    for group in dataset.PerFrameFunctionalGroupsSequence:
        scale = group.PixelValueTransformationSequence[0]
        mapping = item(
            RealWorldValueSlope=float(scale.RescaleSlope),
            RealWorldValueIntercept=0.0,
            MeasurementUnitsCodeSequence=[
                item(CodeValue="Bq/ml", CodingSchemeDesignator="UCUM", CodeMeaning="Bq/ml")
            ],
        )
        put(group, {"RealWorldValueMappingSequence": [mapping]})
    save_all([dataset], tmp_path)
    result = result_of(analyze(tmp_path, *READINGS), "pet_cross_calibration")

    assert abs(value(result, "image_over_true") - 1.0) < 0.005


@pytest.mark.parametrize(("factor", "refused"), [("2.0", False), ("0", True)])
def test_counts_of_philips_are_measured_by_their_factor_or_refused(
    factor: str, refused: bool, tmp_path: Path
) -> None:
    datasets = series(
        "Cross calibration F-18", C_BQ / 2.0, Units="CNTS", Manufacturer="Philips Medical Systems"
    )
    for dataset in datasets:
        dataset.add_new((0x7053, 0x0010), "LO", "Philips PET Private Group")
        dataset.add_new((0x7053, 0x1009), "DS", factor)
    save_all(datasets, tmp_path)
    result = result_of(analyze(tmp_path, *READINGS), "pet_cross_calibration")

    if refused:
        assert result["status"] == "ERROR"
        assert not result["measurements"]
        assert "(7053,xx09), is absent or 0" in json.dumps(result)
    else:
        assert abs(value(result, "image_over_true") - 1.0) < 0.005
        assert any("CNTS of Philips" in json.dumps(note) for note in result["notes"])


@pytest.mark.parametrize("correction", ["START", "ADMIN", "NONE"])
def test_suv_over_midnight_are_one_whatever_they_were_corrected_to(
    correction: str, tmp_path: Path
) -> None:
    """Administered at 23:50, of which the header tells the time alone; scanned at 0:20 for 10 min."""
    decay = math.log(2.0) / F18_S
    to_start = math.exp(-decay * 1800.0)
    share = {
        "START": to_start,
        "ADMIN": 1.0,
        "NONE": to_start * -math.expm1(-decay * 600.0) / (decay * 600.0),
    }[correction]
    datasets = series(
        "SUV accuracy",
        share * C_BQ,
        DecayCorrection=correction,
        CorrectedImage=["ATTN", "SCAT", "DTIM", "RAN", "NORM"] + ["DECY"] * (correction != "NONE"),
        SeriesDate="20260303",
        SeriesTime="002000",
        AcquisitionDate="20260303",
        AcquisitionTime="002000",
    )
    for dataset in datasets:
        dataset.RadiopharmaceuticalInformationSequence[0].RadiopharmaceuticalStartTime = "235000"
    save_all(datasets, tmp_path)
    result = result_of(analyze(tmp_path), "suv_accuracy")

    assert value(result, "suv_mean") == pytest.approx(1.0, abs=2e-3)
    assert "the day before the acquisition" in json.dumps(result)


def test_suv_by_lean_mass_are_no_suv_of_a_phantom(tmp_path: Path) -> None:
    save_all(series("SUV accuracy", 1.0, Units="GML", SUVType="LBM"), tmp_path)
    result = result_of(analyze(tmp_path), "suv_accuracy")

    assert result["status"] == "ERROR"
    assert "SUV by LBM, needs BW" in result["failure"]["message"]
