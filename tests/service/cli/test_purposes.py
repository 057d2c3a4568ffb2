"""The same flood as a routine, a status and an acceptance test: compared with different figures."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak_analyzers.simulation.floods import Cosine, FloodCamera, acquisition

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
UNEVEN = Cosine(amplitude=0.0215, period_mm=200.0)
"""An integral uniformity of 2.1 %."""
DATA_SHEET = """
title = "Data sheet"
kind = "manufacturer"
source = "data sheet, page 3"
devices = ["symbia"]

[[limit]]
test = "intrinsic_uniformity"
variant = "nema"
metric = "iu_ufov"
unit = "%"
upper = {upper}
"""
DEVICE = """
[devices.symbia]
name = "Symbia"
kind = "spect"
ae_titles = ["SYMBIA1"]
serial_number = "1234"

[devices.symbia.parameters.intrinsic_uniformity]
ufov_width_mm = 512.0
ufov_height_mm = 384.0
"""


def flood(folder: Path, study: str = "Quality control") -> Path:
    camera = FloodCamera(rows=64, columns=96)
    counts = np.rint(camera.expected(40_000.0, UNEVEN))
    image = acquisition({(1, 1): counts}, camera, duration_s=12_000.0)
    return write(planar_object(image, SIEMENS, Labels(series="Flood", study=study), AT), folder)


def configured(folder: Path, upper: float | None = None) -> Path:
    (folder / "limits" / "manufacturer").mkdir(parents=True)
    if upper is not None:
        sheet = folder / "limits" / "manufacturer" / "symbia.toml"
        sheet.write_text(DATA_SHEET.format(upper=upper))
    (folder / "devices.toml").write_text(DEVICE)
    (folder / "photopeak.toml").write_text("")
    return folder


def analyze(path: Path, *options: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["analyze", str(path), "--json", *options])
    results: list[dict[str, Any]] = json.loads(done.stdout)["results"]
    return next(r for r in results if r["test"] == "intrinsic_uniformity")


def judging(result: dict[str, Any]) -> set[str]:
    return {v["limit_set"] for v in result["verdicts"] if v["status"] != "NO_LIMIT"}


@pytest.mark.parametrize("purpose", ["constancy", "status"])
def test_the_standard_speaks_of_routine_and_status_tests(tmp_path: Path, purpose: str) -> None:
    site = configured(tmp_path / "site")

    result = analyze(flood(tmp_path), "--purpose", purpose, "-c", str(site))

    assert (result["purpose"], result["status"]) == (purpose, "PASS")
    assert "ws523" in judging(result)


def test_without_a_figure_of_the_manufacturer_an_acceptance_test_does_not_pass(
    tmp_path: Path,
) -> None:
    site = configured(tmp_path / "site")

    result = analyze(flood(tmp_path), "--purpose", "acceptance", "-c", str(site))

    assert (result["purpose"], result["status"]) == ("acceptance", "NO_LIMIT")
    assert "ws523" not in judging(result)


@pytest.mark.parametrize(("upper", "status"), [(3.0, "PASS"), (1.0, "FAIL")])
def test_an_acceptance_test_is_compared_with_the_figure_of_the_manufacturer(
    tmp_path: Path, upper: float, status: str
) -> None:
    site = configured(tmp_path / "site", upper)

    result = analyze(flood(tmp_path), "--purpose", "acceptance", "-c", str(site))

    assert result["status"] == status


def test_a_field_taken_from_the_image_will_not_do_for_a_status_test(tmp_path: Path) -> None:
    routine = analyze(flood(tmp_path))
    status = analyze(flood(tmp_path), "--purpose", "status")

    assert (routine["status"], status["status"]) == ("WARN", "INVALID")


def test_a_rule_of_the_site_tells_the_purpose(tmp_path: Path) -> None:
    site = configured(tmp_path / "site", 3.0)
    (site / "routes").mkdir()
    (site / "routes" / "site.toml").write_text(
        '[[rule]]\nid = "yearly"\npriority = 10\nwhen.StudyDescription = { matches = "status" }\n'
        'purpose = "status"\n'
    )

    result = analyze(flood(tmp_path, study="QC status test"), "-c", str(site))

    assert (result["purpose"], result["status"]) == ("status", "PASS")


def test_an_unknown_purpose_is_refused_with_those_there_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["analyze", str(flood(tmp_path)), "--purpose", "yearly"])

    assert done.exit_code == 2
    assert "constancy, status, acceptance" in done.output
