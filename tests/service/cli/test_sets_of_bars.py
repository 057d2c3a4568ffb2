"""Eight series of a bar phantom are one test set, from their names to the verdict."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import MEDISO, Labels, planar_object, write
from photopeak_analyzers.simulation.planar import Matrix
from support.bars import eight

FINE = Matrix(rows=512, columns=512, pixel_mm=0.9)
"""More than two pixels for each of the finest bars, of 2 mm."""


def analyze(*paths: Path) -> dict:
    done = CliRunner().invoke(app, ["analyze", *map(str, paths), "--json"])
    assert done.exit_code in (0, 1), done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight series as a person names them, of a camera of 4.2 mm."""
    folder = tmp_path_factory.mktemp("bars")
    for index, image in enumerate(eight(4.2, matrix=FINE)):
        labels = Labels(series=f"Bar phantom {90 * (index % 4)} {'ABCDEFGH'[index]}")
        assert image.started_at is not None
        write(planar_object(image, MEDISO, labels, image.started_at), folder)
    return folder


def test_eight_series_give_one_result_that_passes_without_the_eye_of_a_reader(folder: Path) -> None:
    report = analyze(folder)
    (result,) = [r for r in report["results"] if r["test"] == "bar_phantom_resolution"]

    assert {s["decision"]["outcome"] for s in report["series"]} == {"routed"}
    assert len(result["provenance"]["inputs"]) == 8
    verdicts = {(v["metric"], v["scope"].get("direction"), v["status"]) for v in result["verdicts"]}
    assert verdicts == {
        ("fwhm_bar_mm", "x", "PASS"),
        ("fwhm_bar_mm", "y", "PASS"),
    }
    assert result["status"] == "PASS"


def test_a_single_series_is_measured_and_says_what_is_missing(folder: Path) -> None:
    report = analyze(min(folder.iterdir()))
    (result,) = [r for r in report["results"] if r["test"] == "bar_phantom_resolution"]

    (condition,) = [
        p for p in result["preconditions"] if p["quantity"] == "orientations of the phantom"
    ]
    assert (condition["value"], condition["outcome"]) == (1.0, "not_met")


def test_images_named_for_linearity_wait_for_the_eye_of_a_person(tmp_path: Path) -> None:
    for index, image in enumerate(eight(4.2, matrix=FINE)[:2]):
        assert image.started_at is not None
        labels = Labels(series=f"Bar linearity {90 * index}")
        write(planar_object(image, MEDISO, labels, image.started_at), tmp_path)
    report = analyze(tmp_path)
    (result,) = [r for r in report["results"] if r["test"] == "bar_phantom_linearity"]
    largest = [m for m in result["measurements"] if m["metric"] == "max_deviation_mm"]

    assert {m["scope"]["direction"] for m in largest} == {"x", "y"}
    # Straight bars: nothing but the noise of counting.
    assert all(m["value"] < 1.0 for m in largest)
    assert [(v["metric"], v["status"]) for v in result["verdicts"]] == [("bars_straight", "ERROR")]
    assert result["status"] == "WARN"
