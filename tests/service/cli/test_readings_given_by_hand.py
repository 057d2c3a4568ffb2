"""Numbers that no header has, on the command line: from ten series and an activity to the verdict."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from typer.testing import CliRunner, Result

from photopeak.cli.main import app
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak_analyzers.acquisition import EnergyWindow, Planar
from photopeak_analyzers.simulation.dish import Dish
from photopeak_analyzers.simulation.planar import Matrix, still

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MATRIX = Matrix(rows=128, columns=128, pixel_mm=4.8)
TEN = (10, 20, 50, 100, 150, 200, 250, 300, 350, 400)
ACTIVITY = "activity=40+-0.5@2026-03-02T08:00:00+00:00"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def results(folder: Path, *arguments: object) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    done = run("analyze", folder, "--json", *arguments)
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report["results"], report


def the(found: Sequence[dict[str, Any]], test: str) -> dict[str, Any]:
    (result,) = [r for r in found if r["test"] == test]
    return result


def numbers(result: dict[str, Any], metric: str) -> list[float]:
    return [m["value"] for m in result["measurements"] if m["metric"] == metric]


def put(folder: Path, image: Planar, name: str) -> None:
    assert image.started_at is not None
    write(planar_object(image, SIEMENS, Labels(series=name), image.started_at), folder)


@pytest.fixture(scope="module")
def dishes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dish of 40 MBq at ten distances, as a person names them."""
    folder = tmp_path_factory.mktemp("dishes")
    dish = Dish(activity_mbq=40.0, at=AT, c0=70.0, c1=30.0, c2_per_mm=0.006)
    rng = np.random.default_rng(3)
    for place, distance in enumerate(TEN):
        start = AT + timedelta(minutes=25 * place)
        image = dish.acquire(
            MATRIX, started_at=start, duration_s=1200.0, distance_mm=distance, rng=rng
        )
        put(folder, image, f"Septal penetration {distance} mm")
    return folder


def test_ten_series_and_an_activity_give_the_penetration(dishes: Path) -> None:
    found, _ = results(dishes, "--reading", ACTIVITY)
    result = the(found, "septal_penetration")

    assert len(result["provenance"]["inputs"]) == 10
    assert numbers(result, "s_tot") == pytest.approx([70.0 + 30.0 * np.exp(-0.6)], rel=0.01)
    # 30 e^-0.6 / 86.46 = 19.0 %.
    assert numbers(result, "pf_100mm") == pytest.approx([19.0], abs=1.5)
    (reading,) = result["provenance"]["readings"]
    assert (reading["value"], reading["uncertainty"]) == (40.0, 0.5)


def test_without_the_activity_the_ten_series_wait_for_it(dishes: Path) -> None:
    _, report = results(dishes)

    (waiting,) = [w for w in report["waiting"] if w["test"] == "septal_penetration"]
    assert waiting["reason"] == "waiting for Activity before dispensing (MBq)"


def some(dishes: Path, folder: Path, distances: int) -> None:
    """Put the series of the first distances into a folder."""
    wanted = {f"Septal penetration {distance} mm" for distance in TEN[:distances]}
    for path in dishes.iterdir():
        if dcmread(path, stop_before_pixels=True).SeriesDescription in wanted:
            (folder / path.name).write_bytes(path.read_bytes())


def test_three_series_wait_for_more(dishes: Path, tmp_path: Path) -> None:
    some(dishes, tmp_path, 3)

    _, report = results(tmp_path, "--reading", ACTIVITY)

    (waiting,) = [w for w in report["waiting"] if w["test"] == "septal_penetration"]
    assert waiting["reason"] == "waiting for Flat source at ten distances (3 of 4)"


def test_nine_series_are_measured_but_never_pass(dishes: Path, tmp_path: Path) -> None:
    some(dishes, tmp_path, 9)

    found, _ = results(tmp_path, "--reading", ACTIVITY)
    result = the(found, "septal_penetration")

    (missing,) = [
        p for p in result["preconditions"] if p["quantity"].startswith("distances of the clause")
    ]
    assert (missing["value"], missing["lower"], missing["outcome"]) == (9.0, 10.0, "not_met")
    assert result["status"] == "WARN"
    assert numbers(result, "pf_100mm") == pytest.approx([19.0], abs=3.0)


def test_a_vial_and_a_night_give_the_detection_limit_of_each_window(tmp_path: Path) -> None:
    windows = (
        EnergyWindow(number=1, lower_kev=68.0, upper_kev=98.0),
        EnergyWindow(number=2, lower_kev=215.0, upper_kev=260.0),
    )
    spot = np.zeros((64, 64))
    spot[30:34, 30:34] = 1.0 / 16.0
    rng = np.random.default_rng(5)
    for name, source, seconds in (
        ("Ra-223 detection limit vial", 5.0, 1800.0),
        ("Detection limit background night", 0.0, 36_000.0),
    ):
        images = {
            (1, w): rng.poisson(s * source * seconds * spot + b * seconds / 4096.0)
            for w, s, b in ((1, 60.0, 40.0), (2, 12.0, 6.0))
        }
        image = still(
            images, 6.4, duration_s=seconds, nuclide="Ra-223", windows=windows, started_at=AT
        )
        put(tmp_path, image, name)

    found, _ = results(tmp_path, "--reading", "activity=5+-0.05@2026-03-02T08:00:00+00:00")
    result = the(found, "imaging_detection_limit")

    assert {i["role"] for i in result["provenance"]["inputs"]} == {"source", "background"}
    scopes = [m["scope"]["windows"] for m in result["measurements"]
              if m["metric"] == "detection_limit_kbq"]  # fmt: skip
    assert sorted(scopes) == ["1", "1+2", "2"]
    assert numbers(result, "sensitivity_in_region")[0] == pytest.approx(60.0, rel=0.02)


def test_clocks_and_half_lives_are_compared_as_they_were_read(tmp_path: Path) -> None:
    image = still(
        {(1, 1): np.full((64, 64), 9)}, 6.4, duration_s=60.0, nuclide="F-18", started_at=AT
    )
    put(tmp_path, image, "Clock check")

    found, _ = results(
        tmp_path,
        "--test", "clock_check",
        "--reading", "clock_camera=2026-03-02T08:01:30+00:00",
        "--reading", "clock_meter=2026-03-02T09:00:00+01:00",
    )  # fmt: skip
    clocks = the(found, "clock_check")
    found, _ = results(
        tmp_path, "--test", "nuclear_data_check", "--reading", "half_life_meter=6600",
        "--reading", "nuclide=F-18",
    )  # fmt: skip
    data = the(found, "nuclear_data_check")

    assert numbers(clocks, "clock_offset_s") == [90.0]
    assert clocks["status"] == "WARN"
    assert numbers(data, "half_life_deviation_pct") == pytest.approx([0.2095], abs=1e-3)
    assert data["status"] == "WARN"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("activity", "--reading takes NAME=VALUE, not activity"),
        ("wisdom=1", "there is no reading wisdom; there are: "),
        ("activity=much@2026-03-02T08:00:00Z", "activity: much is no number"),
        ("activity=40+-x@2026-03-02T08:00:00Z", "activity: x is no number"),
        ("activity=40", "activity needs the moment it refers to"),
        ("activity=40@yesterday", "activity: yesterday is no date with time and zone"),
        ("activity=40@2026-03-02T08:00:00", "is no date with time and zone"),
        ("activity=-1@2026-03-02T08:00:00Z", "activity is -1 MBq, must be at least 0 MBq"),
        ("distances=10,20", "row 1 of distances has 2 cells"),
    ],
)
def test_a_reading_that_cannot_be_meant_is_a_fault_of_use(
    dishes: Path, text: str, message: str
) -> None:
    done = run("analyze", min(dishes.iterdir()), "--test", "septal_penetration", "--reading", text)

    assert done.exit_code == 2
    assert message in done.stderr


def test_a_table_is_rows_with_semicolons(dishes: Path) -> None:
    table = ";".join(str(distance) for distance in TEN)

    found, _ = results(dishes, "--reading", ACTIVITY, "--reading", f"distances={table}")

    readings = the(found, "septal_penetration")["provenance"]["readings"]
    values = {reading["name"]: reading["value"] for reading in readings}
    assert values["distances"] == [[float(distance)] for distance in TEN]
