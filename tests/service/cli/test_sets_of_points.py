"""Point sources in several windows: nine series are one test set, from their names to the verdict."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak_analyzers.simulation.windows import MisregisteredCamera, nema_places

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CAMERA = MisregisteredCamera(shift_mm={3: (0.2, 0.9)})


def analyze(folder: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["analyze", str(folder), "--json"])
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    (result,) = [
        r for r in report["results"] if r["test"] == "multiple_window_spatial_registration"
    ]
    return result


def put(folder: Path, places: range) -> None:
    rng = np.random.default_rng(5)
    for number, place in enumerate(nema_places((540.0, 390.0))):
        if number in places:
            at = AT + timedelta(minutes=5 * number)
            image = CAMERA.acquire(place, rng=rng)
            write(planar_object(image, SIEMENS, Labels(series=f"MWSR {number}"), at), folder)


def test_nine_series_of_three_windows_are_one_result(tmp_path: Path) -> None:
    put(tmp_path, range(9))
    result = analyze(tmp_path)
    by_metric = {m["metric"]: m for m in result["measurements"]}

    assert len(result["provenance"]["inputs"]) == 9
    assert abs(by_metric["mwsr_x"]["value"] - 0.9) < 0.1
    assert {v["status"] for v in result["verdicts"]} == {"PASS"}
    # The header of this console declares no UFOV: the places were counted, and a person is told.
    assert result["status"] == "WARN"


def test_six_of_the_nine_are_measured_but_never_pass(tmp_path: Path) -> None:
    put(tmp_path, range(6))
    result = analyze(tmp_path)

    (missing,) = [
        p for p in result["preconditions"] if p["quantity"].startswith("places of the clause")
    ]
    assert (missing["value"], missing["lower"], missing["outcome"]) == (6.0, 9.0, "not_met")
    assert result["status"] == "INVALID"


def test_an_object_for_each_window_is_the_same_set(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for number, place in enumerate(nema_places((540.0, 390.0))):
        image = CAMERA.acquire(place, rng=rng)
        for index, window in enumerate(image.energy_windows):
            alone = dataclasses.replace(
                image,
                counts=image.counts[index : index + 1],
                frames=(dataclasses.replace(image.frames[index], energy_window=1),),
                energy_windows=(dataclasses.replace(window, number=1),),
            )
            at = AT + timedelta(minutes=5 * number + index)
            labels = Labels(series=f"MWSR {number} {window.centre_kev:.0f} keV")
            write(planar_object(alone, SIEMENS, labels, at), tmp_path)
    result = analyze(tmp_path)
    by_metric = {m["metric"]: m for m in result["measurements"]}

    assert len(result["provenance"]["inputs"]) == 27
    assert by_metric["places"]["value"] == 9.0
    assert abs(by_metric["mwsr_x"]["value"] - 0.9) < 0.1
