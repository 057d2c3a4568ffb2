"""Tests of readings alone on the command line: from what was written down to the verdict."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from photopeak.cli.main import app
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak_analyzers.simulation.planar import still
from photopeak_analyzers.simulation.sleeves import SleevedSource

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def readings(*names: str) -> list[str]:
    """Return the options of a scanner of 7000 counts/s/MBq, those of these names or all."""
    source, rows = SleevedSource(), []
    for number in range(1, 6):
        after_s = 1200.0 + 600.0 * number
        prompts, randoms = source.counted(number, after_s, 60.0)
        start = (AT + timedelta(seconds=after_s)).isoformat()
        rows.append(f"{number},{start},60,{prompts:.1f},{randoms:.1f},,0.5")
    given = {
        "activity": f"5+-0.08@{AT.isoformat()}",
        "nuclide": "F-18",
        "axial_fov_mm": "200",
        "sleeves": ";".join(rows),
    }
    chosen = names or tuple(given)
    return [part for name in chosen for part in ("--reading", f"{name}={given[name]}")]


def report(*arguments: object) -> dict[str, Any]:
    done = run("analyze", *arguments, "--json")
    assert done.exit_code in (0, 1), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_five_sleeves_and_an_activity_give_the_sensitivity() -> None:
    found = report("--test", "pet_sensitivity", "--variant", "jjf", *readings())

    (result,) = found["results"]
    (value,) = [m for m in result["measurements"] if m["metric"] == "pet_sensitivity"]
    # The factory figure, which JJF compares it with, is a baseline of a device: there is none here.
    assert (result["variant"], result["status"]) == ("jjf", "NO_LIMIT")
    assert value["value"] == pytest.approx(7000.0, rel=1e-4)
    assert value["uncertainty"] == pytest.approx(7000.0 * 0.0163, rel=0.02)


def test_what_was_not_written_down_is_waited_for() -> None:
    found = report("--test", "pet_sensitivity", *readings("activity", "nuclide"))

    assert found["results"] == []
    (waiting,) = found["waiting"]
    assert waiting["test"] == "pet_sensitivity"
    assert "Counts with each sleeve" in str(waiting)


def test_images_have_no_place_in_it_and_do_no_harm(tmp_path: Path) -> None:
    image = still({(1, 1): np.full((16, 16), 9.0)}, 4.0, duration_s=60.0, started_at=AT)
    write(planar_object(image, SIEMENS, Labels(series="Flood"), AT), tmp_path)
    found = report(tmp_path, "--test", "pet_sensitivity", *readings())

    assert len(found["results"]) == 1
    (waiting,) = found["waiting"]
    assert "pet_sensitivity takes readings alone, no images" in waiting.values()


@pytest.mark.parametrize("arguments", [(), ("--test", "intrinsic_uniformity")])
def test_without_files_there_is_nothing_to_do_for_a_test_of_images(
    arguments: tuple[str, ...],
) -> None:
    done = run("analyze", *arguments)

    assert done.exit_code == 2
    assert "name files or folders, or a --test that needs no images" in done.output
