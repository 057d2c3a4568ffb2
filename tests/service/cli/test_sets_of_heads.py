"""One source before every head: from the names of two series to the verdict."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak_analyzers.acquisition import CollimatorType, Detector
from photopeak_analyzers.simulation.dish import Dish
from photopeak_analyzers.simulation.planar import Matrix

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HEADS = tuple(Detector(number=n, collimator_type=CollimatorType.PARALLEL) for n in (1, 2))
MATRIX = Matrix(rows=128, columns=128, pixel_mm=4.8)


def put(folder: Path, series: str, detector: int, share: float, minute: int) -> None:
    at = AT + timedelta(minutes=minute)
    dish = Dish(activity_mbq=40.0 * share, at=AT, profile="icrp107")
    rng = np.random.default_rng(detector)
    image = dish.acquire(MATRIX, started_at=at, duration_s=300.0, detectors=(detector,), rng=rng)
    # The header of either series lists both heads, as that of a camera with two does.
    image = dataclasses.replace(image, detectors=HEADS)
    write(planar_object(image, SIEMENS, Labels(series=series), at), folder)


def analyze(folder: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["analyze", str(folder), "--json"])
    assert done.exit_code in (0, 1), done.output
    (result,) = [
        r for r in json.loads(done.stdout)["results"] if r["test"] == "head_sensitivity_matching"
    ]
    found: dict[str, Any] = result
    return found


@pytest.mark.parametrize(("share", "status"), [(0.97, "PASS"), (0.92, "WARN")])
def test_heads_in_turn_are_one_set_judged_against_five_percent(
    tmp_path: Path, share: float, status: str
) -> None:
    put(tmp_path, "Head matching H1 10 cm", 1, 1.0, 0)
    put(tmp_path, "Head matching H2 10 cm", 2, share, 20)
    result = analyze(tmp_path)

    (difference,) = [m for m in result["measurements"] if m["metric"] == "head_difference_pct"]
    # Counting alone makes 0.14 %; four of them are allowed.
    assert abs(difference["value"] - 100.0 * (1.0 - share)) < 0.6
    assert {v["status"] for v in result["verdicts"]} == {status}
    assert result["status"] == status


def test_one_head_alone_never_passes(tmp_path: Path) -> None:
    put(tmp_path, "Head matching H1 10 cm", 1, 1.0, 0)

    assert analyze(tmp_path)["status"] == "INVALID"
