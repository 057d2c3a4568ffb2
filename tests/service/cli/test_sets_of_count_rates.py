"""A decaying source and a moved one, from the names of their series to the verdict."""

import dataclasses
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak_analyzers.simulation.floods import Tubes
from support.acquisitions import real_data
from support.decays import SOURCE, collimated, decay, later, room, statics
from support.dynamics import dynamic_object
from support.floods import flat
from support.sweeps import approach

IN_A_ROOM = dataclasses.replace(SOURCE, background_cps=25.0)


def analyze(*arguments: Path | str) -> dict:
    done = CliRunner().invoke(app, ["analyze", *map(str, arguments), "--json"])
    assert done.exit_code in (0, 1), done.output
    return json.loads(done.stdout)


def numbers(result: dict) -> dict[str, float]:
    return {m["metric"]: m["value"] for m in result["measurements"] if "model" not in m["scope"]}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Static series of 20 s every hour and a half for two days, and the room before them."""
    folder = tmp_path_factory.mktemp("decay")
    series = collimated(decay(IN_A_ROOM, frames=34, every_s=5_400.0, duration_s=20.0))
    for index, image in enumerate(statics(series)):
        assert image.started_at is not None
        write(
            planar_object(image, SIEMENS, Labels(series=f"Count rate {index}"), image.started_at),
            folder,
        )
    empty = statics(collimated(room(duration_s=300.0, started_at=later(-600.0))))[0]
    assert empty.started_at is not None
    labels = Labels(series="Background of the count rate test")
    write(planar_object(empty, SIEMENS, labels, empty.started_at), folder)
    return folder


def test_many_static_series_are_one_count_rate_performance(images: Path) -> None:
    report = analyze(images, "--test", "count_rate_performance", "--variant", "iec")
    (result,) = report["results"]

    assert len(result["provenance"]["inputs"]) == 35
    assert result["status"] in {"NO_LIMIT", "PASS"}
    found = numbers(result)
    assert found["points"] == 34.0
    assert found["background_cps"] == pytest.approx(25.0)
    assert found["ocr_20_loss_free"] == pytest.approx(89_257.0, rel=0.01)


def test_a_decay_serves_dead_time_as_well(images: Path) -> None:
    report = analyze(images)

    tests = {result["test"]: numbers(result) for result in report["results"]}
    assert {"count_rate_performance", "dead_time"} <= set(tests)
    assert tests["dead_time"]["tau_us"] == pytest.approx(2.0, rel=0.01)
    assert {s["decision"]["outcome"] for s in report["series"]} == {"routed"}


def test_pauses_between_the_frames_of_a_dynamic_decay_are_kept(tmp_path: Path) -> None:
    series = decay(SOURCE, frames=96, every_s=1_800.0, duration_s=30.0)
    write(dynamic_object(series, "Count rate overnight", every_s=1_800.0), tmp_path)

    report = analyze(tmp_path)

    results = {result["test"]: result for result in report["results"]}
    assert set(results) >= {"count_rate_performance", "dead_time"}
    found = numbers(results["count_rate_performance"])
    assert found["ocr_20_loss_free"] == pytest.approx(89_257.0, rel=0.01)
    assert found["ocr_max"] == pytest.approx(183_940.0, rel=2e-3)


def test_a_moved_source_passes_or_fails_by_the_mandatory_limit(tmp_path: Path) -> None:
    write(dynamic_object(approach(started_at=later(0.0)), "Max count rate"), tmp_path)

    report = analyze(tmp_path)

    (result,) = [r for r in report["results"] if r["test"] == "intrinsic_max_count_rate"]
    (verdict,) = [v for v in result["verdicts"] if v["kind"] == "mandatory"]
    assert (verdict["metric"], verdict["lower"], verdict["status"]) == (
        "max_count_rate_cps",
        67e3,
        "PASS",
    )


def test_a_flood_at_75_kcps_is_measured_by_the_clause_of_the_high_rate(tmp_path: Path) -> None:
    flood = flat(12_000.0, Tubes(amplitude=0.02), duration_s=4_800 * 12_000.0 / 75_000.0)
    write(planar_object(flood, SIEMENS, Labels(series="Flood 75 kcps"), later(0.0)), tmp_path)

    (result,) = [r for r in analyze(tmp_path)["results"] if r["test"].startswith("intrinsic")]

    assert result["test"] == "intrinsic_uniformity_high_rate"
    assert numbers(result)["rate_cps"] == pytest.approx(75_000.0, rel=1e-3)
    # No limit but the manufacturer's; the header of this console declares no UFOV.
    assert result["status"] in {"WARN", "NO_LIMIT"}
    assert result["verdicts"] == []


def test_a_published_sweep_goes_all_the_way() -> None:
    report = analyze(real_data("linaqa/MCR.dcm"))

    (result,) = [r for r in report["results"] if r["test"] == "intrinsic_max_count_rate"]
    assert numbers(result)["max_count_rate_cps"] == 684_957.0
    assert {v["status"] for v in result["verdicts"]} == {"PASS"}
