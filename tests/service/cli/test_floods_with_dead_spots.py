"""A dead spot inside the field of view: out of the numbers by the text, and no pass by its own limit."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak_analyzers.acquisition import CollimatorType
from photopeak_analyzers.simulation.floods import FloodCamera, acquisition

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CAMERA = FloodCamera(rows=64, columns=96)


def analyze(
    folder: Path, series: str, collimator: CollimatorType, dead: int, *options: str
) -> dict[str, Any]:
    counts = np.full((CAMERA.rows, CAMERA.columns), 12_000)
    counts[30 : 30 + dead, 50 : 50 + dead] = 0
    flood = acquisition({(1, 1): counts}, CAMERA, duration_s=6000.0, collimator=collimator)
    write(planar_object(flood, SIEMENS, Labels(series=series), AT), folder)
    done = CliRunner().invoke(app, ["analyze", str(folder), "--json", *options])
    results: list[dict[str, Any]] = json.loads(done.stdout)["results"]
    return next(r for r in results if r["test"].endswith("uniformity"))


@pytest.mark.parametrize(
    ("series", "collimator"),
    [
        ("Intrinsic Flood Tc99m", CollimatorType.NONE),
        ("Extrinsic Flood Tc99m", CollimatorType.PARALLEL),
    ],
)
def test_a_flood_with_a_dead_spot_fails_however_even_the_rest_is(
    tmp_path: Path, series: str, collimator: CollimatorType
) -> None:
    sound = analyze(tmp_path / "sound", series, collimator, dead=0)
    dead = analyze(tmp_path / "dead", series, collimator, dead=4)

    # The rest is as even as before: by the text the spot and its neighbours are not looked at.
    (integral,) = (
        m["value"] for m in dead["measurements"] if m["metric"] in ("iu_ufov", "iu_sys_ufov")
    )
    assert integral == 0.0
    assert sound["status"] != "FAIL"
    assert dead["status"] == "FAIL"
    (verdict,) = (v for v in dead["verdicts"] if v["status"] == "FAIL")
    assert (verdict["metric"], verdict["limit_set"]) == ("dead_pixels", "recommended")
