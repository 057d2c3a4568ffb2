"""Two series of a slit mask are two tests, from their names and pixels to the verdicts."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import GE, MEDISO, Labels, planar_object, write
from support.slits import image

AT = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def analyze(*paths: Path | str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["analyze", *map(str, paths), "--json"])
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def put(folder: Path, series: str, along: str, *, dialect: Any = MEDISO, **how: Any) -> Path:
    acquisition = image(along, seed=ord(along), counts_per_mm=1_000.0, **how)
    return write(planar_object(acquisition, dialect, Labels(series=series), AT), folder)


def result_of(report: dict[str, Any], test: str) -> dict[str, Any]:
    (result,) = [r for r in report["results"] if r["test"] == test]
    return result  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two series; Mediso names them by the axis that they measure, others by that of the slits."""
    folder = tmp_path_factory.mktemp("slits")
    put(folder, "RES_SPA_X_H1_H1", "x").rename(folder / "x.dcm")
    put(folder, "LIN_Y_H1_H1", "y")
    return folder


def test_two_series_fill_resolution_and_linearity_and_pass(folder: Path) -> None:
    report = analyze(folder)

    resolution = result_of(report, "intrinsic_spatial_resolution")
    linearity = result_of(report, "intrinsic_spatial_linearity")
    for result in (resolution, linearity):
        assert len(result["provenance"]["inputs"]) == 2
        # Nobody declared the UFOV of this camera: a warning, and no verdict changes.
        assert result["status"] == "WARN"
    verdicts = {
        (v["metric"], v["upper"]): v["status"]
        for result in (resolution, linearity)
        for v in result["verdicts"]
        if v["kind"] == "mandatory"
    }
    # WS 523-2019: 5.4 mm; DL 0.24 mm; AL 0.84 and 0.60 mm.
    assert set(verdicts) == {
        ("fwhm_ufov", 5.4), ("fwhm_cfov", 5.4), ("dl_ufov", 0.24), ("dl_cfov", 0.24),
        ("al_ufov", 0.84), ("al_cfov", 0.60),
    }  # fmt: skip
    assert set(verdicts.values()) <= {"PASS", "WARN"}
    (width,) = [m for m in resolution["measurements"] if m["metric"] == "fwhm_ufov"]
    assert width["value"] == pytest.approx(3.88, abs=0.06)


def test_one_series_waits_for_the_other_direction(folder: Path) -> None:
    report = analyze(folder / "x.dcm")

    waiting = {w["test"]: w["reason"] for w in report["waiting"]}
    assert waiting["intrinsic_spatial_resolution"] == "waiting for Slits along Y"
    assert waiting["intrinsic_spatial_linearity"] == "waiting for Slits along Y"


def test_one_series_is_measured_alone_when_asked_for(folder: Path) -> None:
    report = analyze(folder / "x.dcm", "--partial")

    result = result_of(report, "intrinsic_spatial_resolution")
    assert result["notes"][0]["message"] == (
        "a partial result, without Slits along Y; asked for by hand: on the command line"
    )
    assert not [w for w in report["waiting"] if w["test"] == "intrinsic_spatial_resolution"]


def test_slits_at_75_000_per_second_are_a_test_of_their_own(tmp_path: Path) -> None:
    for along in "xy":
        counts = float(image(along, counts_per_mm=1_000.0).counts.sum())
        rate = {"duration_s": counts / 75_000.0}
        put(tmp_path, f"Slit high count rate {along}", along, dialect=GE, header=rate)

    report = analyze(tmp_path)

    result = result_of(report, "intrinsic_spatial_resolution_high_rate")
    assert len(result["provenance"]["inputs"]) == 2
    rates = [p for p in result["preconditions"] if p["quantity"] == "count rate"]
    assert [(p["severity"], p["outcome"]) for p in rates] == [("hard", "met")] * 2
    # What was taken at this rate is no result of the usual one.
    assert not [r for r in report["results"] if r["test"] == "intrinsic_spatial_resolution"]


def test_a_rule_without_a_role_is_refused_as_in_the_service(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "site.toml").write_text(
        '[[rule]]\nid = "limit"\npriority = 301\nwhen.text = "res_spa"\n'
        'test = "imaging_detection_limit"\n',
        "utf-8",
    )
    (tmp_path / "photopeak.toml").write_text("", "utf-8")
    report = analyze(folder / "x.dcm", "--config", str(tmp_path))

    asked = "imaging_detection_limit needs to be told which of source, background this is"
    assert {"test": "imaging_detection_limit", "reason": asked} in report["waiting"]
    assert "imaging_detection_limit" not in {r["test"] for r in report["results"]}
