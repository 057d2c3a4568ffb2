"""Shield leakage: from the names of fourteen series to the verdict."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak_analyzers.simulation.planar import still

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def put(folder: Path, series: str, rate: float, second: float, duration_s: float = 100.0) -> None:
    at = AT + timedelta(seconds=second)
    rng = np.random.default_rng(int(second) + 1000)
    image = rng.poisson(np.full((64, 64), rate * duration_s / 4096.0))
    frames = still({(1, 1): image}, 8.0, duration_s=duration_s, started_at=at)
    write(planar_object(frames, SIEMENS, Labels(series=series), at), folder)


def analyze(folder: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["analyze", str(folder), "--json"])
    assert done.exit_code in (0, 1), done.output
    (result,) = [
        r for r in json.loads(done.stdout)["results"] if r["test"] == "detector_shield_leakage"
    ]
    found: dict[str, Any] = result
    return found


def test_names_tell_reference_background_and_places(tmp_path: Path) -> None:
    put(tmp_path, "Shield leakage background", 30.0, -400.0, 300.0)
    put(tmp_path, "Shield leakage reference 10 cm", 9_030.0, 0.0)
    incomplete = analyze(tmp_path)
    for number in range(1, 13):
        leak = 90.0 if number == 7 else 1.0
        put(tmp_path, f"Shield leakage P{number}", 30.0 + leak, 110.0 * number)
    result = analyze(tmp_path)

    assert incomplete["status"] == "INVALID"
    assert len(result["provenance"]["inputs"]) == 14
    (top,) = [m for m in result["measurements"] if m["metric"] == "shield_leakage_max"]
    # 1 % and the decay of 770 s, 2.5 %; counting alone makes 0.012 %.
    assert top["value"] == pytest.approx(1.025, abs=0.05)
    # No maker has said how much may leak.
    assert result["status"] == "NO_LIMIT"
