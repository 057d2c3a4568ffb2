"""Gamma counters on the command line: from counts, tables and spectra to the verdict."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from photopeak.cli.main import app
from photopeak_analyzers.simulation.spectra import Analyser, SpectralLine
from support.spectrum_files import spe_of

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NOW = AT.isoformat()
LATER = (AT + timedelta(hours=1)).isoformat()
EMPTY = "background=3000,6000"
GERMANIUM = f"10,{NOW},0.8,2978650,1000,{NOW},"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def report(test: str, *readings: str) -> dict[str, Any]:
    options = [part for each in readings for part in ("--reading", each)]
    done = run("analyze", "--test", test, *options, "--json")
    assert done.exit_code in (0, 1), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def result(test: str, *readings: str) -> dict[str, Any]:
    (found,) = report(test, *readings)["results"]
    return dict(found)


def number(found: dict[str, Any], metric: str) -> float:
    (value,) = [m["value"] for m in found["measurements"] if m["metric"] == metric]
    return float(value)


def test_a_reference_source_leads_to_the_concentration_of_a_sample() -> None:
    found = result(
        "gamma_counter_concentration",
        "nuclide=F-18",
        f"references={GERMANIUM}",
        f"samples=388793.4,120,{LATER},0.5,1,vial",
        EMPTY,
        "window_lower_kev=400",
        "window_upper_kev=600",
    )

    # 3239.45 a second are 10 000 Bq; 388 733.4 net counts in 120 s, with 0.63 % of decay meanwhile.
    assert number(found, "mean_concentration_bq_ml") == pytest.approx(20_000.0 * 1.00633, rel=1e-3)
    assert found["status"] == "NO_LIMIT"


@pytest.mark.parametrize(
    ("counts", "status"), [("10800", "PASS"), ("11200", "WARN"), ("10000", "WARN")]
)
def test_a_check_source_is_judged_by_its_change(counts: str, status: str) -> None:
    found = result(
        "gamma_counter_constancy",
        "nuclide=Cs-137",
        f"counts={counts},100,{NOW}",
        f"reference_cps=107+-0.2@{NOW}",
        EMPTY,
    )

    assert found["status"] == status
    assert number(found, "constancy_pct") == pytest.approx(
        100.0 * ((float(counts) / 100.0 - 0.5) / 107.0 - 1.0), abs=1e-3
    )


def test_counts_that_are_all_alike_are_no_poisson_counts() -> None:
    rows = ";".join(["10000,60,"] * 10)
    found = result("gamma_counter_reproducibility", "nuclide=Cs-137", f"counts={rows}", EMPTY)

    assert number(found, "chi_square_probability") == pytest.approx(1.0)
    assert found["status"] == "FAIL"


def test_a_spectrum_as_a_table_gives_width_and_place() -> None:
    line = SpectralLine(energy_kev=661.7, counts=2e6, resolution_percent=8.0, compton=1.5)
    spectrum = Analyser(channels=1024, kev_per_channel=1.0, background=5.0).acquire((line,))
    rows = ";".join(f"{k},{n:.3f}" for k, n in enumerate(spectrum.counts))
    found = result(
        "gamma_counter_energy_resolution",
        "nuclide=Cs-137",
        f"channels={rows}",
        "offset_kev=0",
        "gain_kev_per_channel=1",
    )

    assert number(found, "energy_resolution") == pytest.approx(8.0, rel=0.01)
    # The table tells no dead time.
    assert found["status"] == "WARN"


@pytest.mark.parametrize(("percent", "status"), [(8.0, "PASS"), (10.5, "WARN")])
def test_a_file_that_names_a_gamma_counter_finds_its_test(
    tmp_path: Path, percent: float, status: str
) -> None:
    line = SpectralLine(energy_kev=661.7, counts=2e6, resolution_percent=percent)
    spectrum = Analyser(channels=1024, kev_per_channel=1.0, background=5.0).acquire((line,))
    (tmp_path / "well.spe").write_bytes(spe_of(spectrum, title="Gamma counter Cs-137", at=AT))
    done = run("analyze", tmp_path, "--reading", "nuclide=Cs-137", "--json")
    assert done.exit_code == 0, done.output
    (found,) = json.loads(done.stdout)["results"]

    assert found["test"] == "gamma_counter_energy_resolution"
    assert number(found, "energy_resolution") == pytest.approx(percent, rel=0.01)
    assert number(found, "peak_shift_pct") == pytest.approx(0.0, abs=0.05)
    assert found["status"] == status


def test_the_basis_of_an_efficiency_has_to_be_named() -> None:
    source = f"sources=Ge-68,{GERMANIUM}"
    waiting = report("gamma_counter_efficiency", source, EMPTY)
    named = result("gamma_counter_efficiency", source, EMPTY, "efficiency_basis=positron")

    assert waiting["results"] == []
    assert "Basis of the efficiency" in str(waiting["waiting"])
    assert number(named, "efficiency_pct") == pytest.approx(33.5, rel=1e-4)
