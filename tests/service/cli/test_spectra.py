"""Spectra on the command line: SPE and N42 files from the description in them to a verdict."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak_analyzers.acquisition import Spectrum
from support.acquisitions import real_data
from support.spectrum_files import n42_of_2011, spe_of
from support.wbc import A1, AT, GE, lines


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def analyzed(*paths: Path, options: tuple[str, ...] = ()) -> dict[str, Any]:
    done = run("analyze", *map(str, paths), *options, "--json")
    assert done.exit_code in (0, 1), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def write(path: Path, spectrum: Spectrum, title: str) -> Path:
    path.write_bytes(spe_of(dataclasses.replace(spectrum, started_at=AT), title=title))
    return path


def values(result: dict[str, Any]) -> dict[str, float]:
    return {m["metric"]: m["value"] for m in result["measurements"]}


def test_a_daily_check_goes_from_its_file_to_a_verdict(tmp_path: Path) -> None:
    good = write(tmp_path / "a.spe", GE.acquire(lines((59.54, 1332.5))), "WBC daily check")
    spectrum = GE.acquire(lines((59.54, 1332.5)))
    assert spectrum.energy_kev is not None
    moved = dataclasses.replace(spectrum, energy_kev=spectrum.energy_kev + 1.2)
    bad = write(tmp_path / "b.spe", moved, "WBC daily check")

    (passed,) = analyzed(good, options=("--reading", "detector_type=HPGe"))["results"]
    (failed,) = analyzed(bad, options=("--reading", "detector_type=HPGe"))["results"]

    assert (passed["test"], passed["status"]) == ("wbc_energy_check", "PASS")
    assert failed["status"] == "FAIL"
    assert values(failed)["shift_low_kev"] == pytest.approx(1.2, abs=0.01)
    assert passed["acquired_at"].startswith("2026-03-02")


def test_a_subject_and_the_chamber_make_one_result(tmp_path: Path) -> None:
    person = dataclasses.replace(GE.acquire(lines({661.7: 12_000.0})), live_s=600.0, real_s=606.0)
    chamber = dataclasses.replace(GE.acquire(lines({661.7: 3_000.0})), live_s=1200.0, real_s=1206.0)
    paths = (
        write(tmp_path / "a.spe", person, "WBC subject S-0042"),
        write(tmp_path / "b.spe", chamber, "WBC subject background"),
    )
    readings = (
        "detector_type=HPGe", "nuclide=Cs-137", "energy_kev=661.7", "efficiency=0.01+-0.0003",
        "efficiency_basis=per_decay", "exam_type=whole_body", "subject_id=S-0042", "prepared=yes",
    )  # fmt: skip
    options = tuple(word for reading in readings for word in ("--reading", reading))

    (result,) = analyzed(*paths, options=options)["results"]

    assert result["test"] == "wbc_activity"
    assert values(result)["activity"] == pytest.approx(10_500.0 / (0.01 * 600.0), rel=0.01)
    assert values(result)["u_b_pct"] == pytest.approx(3.0)


def test_a_calibration_of_n42_takes_a_table_of_lines(tmp_path: Path) -> None:
    counts = " ".join(str(round(c)) for c in GE.acquire(lines(A1)).counts)
    path = tmp_path / "a.n42"
    path.write_bytes(n42_of_2011(counts, compression="None"))
    table = ";".join(f"{energy},," for energy in A1)

    (result,) = analyzed(
        path,
        options=(
            "--test",
            "wbc_energy_calibration",
            "--reading",
            "detector_type=HPGe",
            "--reading",
            f"lines={table}",
        ),
    )["results"]

    assert result["status"] == "PASS"
    assert values(result)["gain_kev_per_channel"] == pytest.approx(0.25, rel=1e-4)


def test_a_name_in_a_file_reaches_neither_the_result_nor_the_output(tmp_path: Path) -> None:
    path = write(tmp_path / "a.spe", GE.acquire(lines((59.54, 1332.5))), "Roe^Jane")

    done = run(
        "analyze",
        str(path),
        "--test",
        "wbc_energy_check",
        "--reading",
        "detector_type=HPGe",
        "--json",
    )

    assert "wbc_energy_check" in done.output
    assert "roe" not in done.output.lower()


def test_a_real_spectrum_has_its_peaks_measured() -> None:
    path = real_data("spectra/1110C NAA cave pottery.Spe")

    (result,) = analyzed(
        path, options=("--test", "wbc_peak_area", "--reading", "detector_type=HPGe")
    )["results"]

    assert result["status"] in ("INFO", "NO_LIMIT", "WARN")
    assert values(result)["n_peaks"] > 30


def test_a_real_spectrum_without_a_calibration_says_so() -> None:
    path = real_data("spectra/digibase_5min_30_1.spe")

    report = analyzed(
        path, options=("--test", "wbc_energy_check", "--reading", "detector_type=NaI")
    )

    assert report["results"][0]["status"] == "ERROR"
    assert "no valid energy calibration" in report["results"][0]["failure"]["message"]
