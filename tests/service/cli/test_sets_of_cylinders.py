"""Cylinders of known activity and markers: series are one set, from their names to the verdict."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from photopeak.cli.main import app
from support.dicom_objects import nm, save, slices, tomo
from support.filled import ACTIVITY_MBQ, TC99M_S, VOLUME_ML, cylinder, views
from support.markers import ct, moved, spect

READINGS = (
    f"activity={ACTIVITY_MBQ}+-6.4@2026-03-02T10:00:00+00:00",
    f"volume={VOLUME_ML}",
)
MEAN_DECAY = 1.0 - 0.5 * np.log(2.0) * 800.0 / TC99M_S


def analyze(folder: Path, *readings: str) -> dict[str, Any]:
    arguments = [part for text in readings for part in ("--reading", text)]
    done = CliRunner().invoke(app, ["analyze", str(folder), "--json", *arguments])
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def put_slices(folder: Path, name: str, **elements: Any) -> None:
    made = cylinder(seed=1)
    dataset = nm(
        made.values.astype(np.uint16),
        "RECON TOMO",
        SeriesDescription=name,
        PixelSpacing=[4.0, 4.0],
        SliceThickness=4.0,
        SpacingBetweenSlices=4.0,
        AcquisitionDate="20260302",
        AcquisitionTime="100000",
        TimezoneOffsetFromUTC="+0000",
        **elements,
    )
    save(dataset, folder)


def put_views(folder: Path, name: str) -> None:
    made = views(10.4e6)
    dataset = tomo(
        np.round(made.counts).astype(np.uint16),
        detectors=[{"StartAngle": 0.0, "CollimatorType": "PARA"}] * 2,
        frame_ms=100_000,
        SeriesDescription=name,
        PixelSpacing=[4.4, 4.4],
        AcquisitionDate="20260302",
        AcquisitionTime="100000",
        TimezoneOffsetFromUTC="+0000",
    )
    save(dataset, folder)


def result_of(report: dict[str, Any], test: str) -> dict[str, Any]:
    (result,) = [r for r in report["results"] if r["test"] == test]
    return result


def test_slices_and_views_are_one_set_that_waits_for_the_activity(tmp_path: Path) -> None:
    put_slices(tmp_path, "Cross calibration cylinder")
    put_views(tmp_path, "Cross calibration cylinder views")
    waiting = analyze(tmp_path)["waiting"]
    result = result_of(analyze(tmp_path, *READINGS), "spect_calibration_factor")
    by_metric = {m["metric"]: m for m in result["measurements"]}

    assert [w["test"] for w in waiting] == ["spect_calibration_factor"]
    assert "Activity before dispensing (MBq)" in waiting[0]["reason"]
    assert {i["role"] for i in result["provenance"]["inputs"]} == {"reconstruction", "projections"}
    # 200 counts in 0.064 mL and 800 s.
    wanted = 200.0 / 800.0 / (ACTIVITY_MBQ / VOLUME_ML * MEAN_DECAY * 0.064)
    found = by_metric["icf_cps_per_mbq"]
    assert abs(found["value"] / wanted - 1.0) < 0.005
    # 1.6 % of the activity, 0.5 % of volume and region.
    assert abs(found["uncertainty"] / found["value"] - 0.0175) < 0.002
    # The simulated header tells no corrections: a person is told.
    assert result["status"] == "WARN"


def test_views_of_a_cylinder_are_its_volume_sensitivity(tmp_path: Path) -> None:
    put_views(tmp_path, "Volume sensitivity cylinder")
    result = result_of(analyze(tmp_path, *READINGS), "spect_volume_sensitivity")
    (svs,) = [m for m in result["measurements"] if m["metric"] == "svs_cps_per_mbq_per_ml"]

    # NEMA takes a half-life of 21672 s: 5e-6 of the mean over 800 s.
    wanted = 10.4e6 / 800.0 / (ACTIVITY_MBQ / VOLUME_ML * MEAN_DECAY)
    assert abs(svs["value"] / wanted - 1.0) < 1e-3
    assert result["status"] in {"NO_LIMIT", "WARN"}


def test_markers_of_spect_and_ct_are_one_set(tmp_path: Path) -> None:
    nuclear, dense = spect(), ct(moved((2.0, -3.0, 1.5)))
    save(
        nm(
            np.round(nuclear.values).astype(np.uint16),
            "RECON TOMO",
            detectors=[
                {
                    "ImagePositionPatient": [float(x) for x in nuclear.affine[:3, 3]],
                    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
                }
            ],
            SeriesDescription="SPECT/CT registration",
            PixelSpacing=[4.0, 4.0],
            SliceThickness=4.0,
            SpacingBetweenSlices=4.0,
            FrameOfReferenceUID="1.2.3",
            AcquisitionDate="20260302",
            AcquisitionTime="100000",
        ),
        tmp_path,
    )
    first = tuple(float(x) for x in dense.affine[:3, 3])
    for each in slices(
        (dense.values + 1000).astype(np.uint16),
        kind="CT",
        intercept=-2000.0,
        spacing_mm=dense.voxel_spacing_mm,
        first_mm=(first[0], first[1], first[2]),
        SeriesDescription="SPECT/CT registration",
        FrameOfReferenceUID="1.2.3",
        AcquisitionDate="20260302",
        AcquisitionTime="100500",
    ):
        save(each, tmp_path)
    result = result_of(analyze(tmp_path), "spect_ct_registration")
    by_metric = {m["metric"]: m["value"] for m in result["measurements"]}

    assert {i["role"] for i in result["provenance"]["inputs"]} == {"spect", "ct"}
    for key, wanted in (("dx_mm", -2.0), ("dy_mm", 3.0), ("dz_mm", -1.5)):
        assert abs(by_metric[key] - wanted) < 0.15
    assert [v["status"] for v in result["verdicts"]] == ["PASS"]


def test_slices_with_corrections_and_without_are_one_set(tmp_path: Path) -> None:
    put_slices(tmp_path, "Attenuation check cylinder", CorrectedImage=["ATTN", "SCAT"])
    put_slices(tmp_path, "Attenuation check cylinder no AC", CorrectedImage=["UNIF"])
    result = result_of(analyze(tmp_path), "attenuation_scatter_check")

    assert {i["role"] for i in result["provenance"]["inputs"]} == {"corrected", "uncorrected"}
    (gain,) = [m for m in result["measurements"] if m["metric"] == "centre_gain"]
    # Both show the same cylinder here: 1 within three uncertainties.
    assert abs(gain["value"] - 1.0) < 3.0 * gain["uncertainty"] + 1e-12
    assert not [p for p in result["preconditions"] if p["outcome"] == "not_met"]
