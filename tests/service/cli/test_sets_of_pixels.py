"""The size of a pixel, from files with a distance in their names to the verdict."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import GE, Labels, planar_object, write
from photopeak_analyzers.simulation.planar import still
from photopeak_analyzers.simulation.point_sources import Room, Spot

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ROOM = Room(rows=256, columns=256, pixel_mm=2.0, background_cps=5.0)
HEADER_MM = 2.06


def analyze(folder: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["analyze", str(folder), "--json"])
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    (result,) = [r for r in report["results"] if r["test"] == "pixel_size"]
    return dict(result)


def put(folder: Path, series: str, *places: tuple[float, float]) -> None:
    """Write an image of points at these (y, x) in mm, with a header that is 3 % off."""
    spots = tuple(Spot(counts=2e5, y_mm=y, x_mm=x) for y, x in places)
    image = still({(1, 1): ROOM.expected(spots)}, HEADER_MM)
    write(planar_object(image, GE, Labels(series=series), AT), folder)


def test_images_of_both_axes_are_one_set_that_tells_a_wrong_header(tmp_path: Path) -> None:
    put(tmp_path, "Pixel size X 300 mm", (4.0, -150.0), (4.0, 150.0))
    half = analyze(tmp_path)
    put(tmp_path, "Pixel size Y 20 cm", (-100.0, 7.0), (100.0, 7.0))
    result = analyze(tmp_path)

    (axes,) = [p for p in half["preconditions"] if p["quantity"] == "axes measured"]
    assert (axes["value"], axes["outcome"]) == (1.0, "not_met")
    values = {m["metric"]: m["value"] for m in result["measurements"]}
    assert abs(values["pixel_x_mm"] - 2.0) < 1e-3
    assert abs(values["pixel_y_mm"] - 2.0) < 1e-3
    assert {
        (v["metric"], v["status"]) for v in result["verdicts"] if v["kind"] == "recommended"
    } == {("header_deviation_pct", "WARN"), ("xy_ratio", "PASS")}
