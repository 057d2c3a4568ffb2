"""A grid of point sources, tuned windows and swept spectra, from their names and pixels to the verdict."""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak_analyzers.acquisition import EnergyWindow, Planar
from photopeak_analyzers.simulation.planar import still, stored
from support.energy import ANALYSER, co57, swept, tc99m
from support.hydration import hydrated, pair
from support.point_grids import grid, statics

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def analyze(folder: Path, *options: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["analyze", str(folder), "--json", *options])
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def put(folder: Path, series: str, image: Planar) -> None:
    write(planar_object(image, SIEMENS, Labels(series=series), image.started_at or AT), folder)


def results(report: dict[str, Any], test: str) -> list[dict[str, Any]]:
    return [each for each in report["results"] if each["test"] == test]


def values(result: dict[str, Any], metric: str) -> list[float]:
    return [m["value"] for m in result["measurements"] if m["metric"] == metric]


def test_a_tuned_window_is_judged_by_ws_523(tmp_path: Path) -> None:
    tuned = (EnergyWindow(number=1, lower_kev=129.14, upper_kev=150.08),)
    put(tmp_path, "Peaking check", still({(1, 1): np.full((64, 64), 50.0)}, 4.0, windows=tuned))

    (result,) = results(analyze(tmp_path), "energy_peak_check")
    assert values(result, "peak_kev") == [139.61]
    assert result["status"] == "PASS"
    assert {v["status"] for v in result["verdicts"] if v["kind"] == "mandatory"} == {"PASS"}


def test_a_peak_beyond_3_kev_fails(tmp_path: Path) -> None:
    off = (EnergyWindow(number=1, lower_kev=126.2, upper_kev=147.3),)
    put(tmp_path, "Energy peak", still({(1, 1): np.full((64, 64), 50.0)}, 4.0, windows=off))

    (result,) = results(analyze(tmp_path), "energy_peak_check")
    # 136.75 keV, below 137.
    assert result["status"] == "FAIL"


def test_two_swept_spectra_are_one_set_with_the_scale_of_cobalt(tmp_path: Path) -> None:
    def sweep(line: Any, nuclide: str) -> Planar:
        return swept(line, step_kev=0.6, heads=(1, 2), exact=False, nuclide=nuclide)

    put(tmp_path, "Energy resolution Co-57", sweep(co57(), "Co-57"))
    alone = analyze(tmp_path)
    put(tmp_path, "Energy resolution Tc-99m", sweep(tc99m(), "Tc-99m"))
    both = analyze(tmp_path)

    assert {
        "test": "intrinsic_energy_resolution",
        "reason": "waiting for Spectrum of Tc-99m",
    } in alone["waiting"]
    (result,) = results(both, "intrinsic_energy_resolution")
    for found in values(result, "energy_resolution"):
        # A window of 0.6 keV is 4.5 % of the FWHM.
        assert abs(found - 9.5) < 0.03
    assert len(values(result, "peak_channel_reference")) == 2


def test_spectra_of_an_analyser_come_as_readings_beside_an_image(tmp_path: Path) -> None:
    def rows(line: Any) -> str:
        counts = ANALYSER.expected((line,))
        return ";".join(f"{channel},{n:.0f}" for channel, n in enumerate(counts))

    window = (EnergyWindow(number=1, lower_kev=129.14, upper_kev=150.08),)
    flood = still({(1, 1): np.full((64, 64), 50.0)}, 4.0, windows=window)
    put(tmp_path, "Energy resolution", flood)
    tables = [f"source_channels={rows(tc99m())}", f"reference_channels={rows(co57())}"]
    report = analyze(tmp_path, *(word for each in tables for word in ("--reading", each)))

    (result,) = results(report, "intrinsic_energy_resolution")
    assert abs(values(result, "energy_resolution")[0] - 9.5) < 0.02
    assert result["status"] == "WARN"  # nobody said at which rate they were counted


def test_two_halves_of_the_photopeak_are_one_set_or_one_object(tmp_path: Path) -> None:
    whole = pair(hydrated(0.08, 9.42, x_mm=64.0), seed=1)
    for number, side in ((1, "low"), (2, "high")):
        kept = [n for n, frame in enumerate(whole.frames) if frame.energy_window == number]
        half = dataclasses.replace(
            whole,
            counts=whole.counts[kept],
            frames=tuple(dataclasses.replace(whole.frames[n], energy_window=1) for n in kept),
            energy_windows=(dataclasses.replace(whole.energy_windows[number - 1], number=1),),
        )
        put(tmp_path / "two", f"Off-peak {side} flood", half)
        if number == 1:
            first = analyze(tmp_path / "two")
    put(tmp_path / "one", "Crystal hydration", whole)

    assert {
        "test": "crystal_hydration",
        "reason": "waiting for Flood in the upper half of the photopeak",
    } in first["waiting"]
    for folder in ("one", "two"):
        (result,) = results(analyze(tmp_path / folder), "crystal_hydration")
        assert values(result, "n_spots") == [1.0]
        assert result["status"] == "WARN"


def test_series_of_one_place_each_make_one_map(tmp_path: Path) -> None:
    places = grid(4, 4)
    for n, image in enumerate(
        statics(places, lambda x, y: 0.96 if (x, y) == (15.0, 15.0) else 1.0)
    ):
        whole = dataclasses.replace(image, counts=stored(image.counts))
        put(tmp_path, f"Point source sensitivity {n + 1}/16", whole)
        if n == 14:
            waiting = analyze(tmp_path)["waiting"]

    assert "waiting for Point source at the last place" in next(
        each["reason"] for each in waiting if each["test"] == "point_source_sensitivity_variation"
    )
    report = analyze(tmp_path, "--set", "ufov_width_mm=120", "--set", "ufov_height_mm=120")
    (result,) = results(report, "point_source_sensitivity_variation")
    assert values(result, "n_points_ufov") == [16.0]
    # 4 % below; the mean is lower by a sixteenth of that. The start is written in whole seconds.
    assert abs(values(result, "eta_ufov")[0] - 100.0 * (1.0 - 0.96 * 16.0 / 15.96)) < 0.05
