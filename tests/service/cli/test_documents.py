"""Reports and sinograms on the command line: analysed, tried on the routes, taken in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak_analyzers.simulation.sinograms import cylinder_sinogram
from support.daily_reports import PHILIPS_LINES, interfile, pdf, siemens_xml


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def analyzed(*paths: Path, options: tuple[str, ...] = ()) -> dict[str, Any]:
    done = run("analyze", *map(str, paths), *options, "--json")
    assert done.exit_code in (0, 1), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_report_is_judged_by_its_own_bounds(tmp_path: Path) -> None:
    (good,) = analyzed(write(tmp_path / "a.txt", siemens_xml()))["results"]
    lines = siemens_xml().replace(b"98.4", b"120.5")
    (bad,) = analyzed(write(tmp_path / "b.txt", lines))["results"]

    assert (good["test"], good["status"]) == ("pet_daily_qc", "PASS")
    (verdict,) = [v for v in bad["verdicts"] if v["metric"] == "randoms_pct"]
    assert (bad["status"], verdict["status"]) == ("FAIL", "FAIL")
    assert (verdict["lower"], verdict["upper"], verdict["kind"]) == (80.0, 120.0, "manufacturer")
    assert "bounds of MeasureRandoms" in verdict["source"]
    assert good["acquired_at"].startswith("2026-03-02")


def test_a_partial_report_warns(tmp_path: Path) -> None:
    content = siemens_xml(age=None)

    (result,) = analyzed(write(tmp_path / "a", content))["results"]

    assert result["status"] == "WARN"


def test_a_pdf_is_judged_by_the_limits_of_the_site(tmp_path: Path) -> None:
    slow = [line.replace("620 ps", "680 ps") for line in PHILIPS_LINES]

    (good,) = analyzed(write(tmp_path / "a.pdf", pdf(PHILIPS_LINES)))["results"]
    (warned,) = analyzed(write(tmp_path / "b.pdf", pdf(slow)))["results"]

    assert (good["status"], warned["status"]) == ("PASS", "WARN")


def test_a_sinogram_and_its_reference_make_one_set(tmp_path: Path) -> None:
    expected = cylinder_sinogram(angles=96, planes=5)
    rng = np.random.default_rng(3)
    paths = [
        write(tmp_path / "day", interfile(rng.poisson(expected))),
        write(tmp_path / "base", interfile(rng.poisson(expected), title="reference")),
    ]

    (result,) = analyzed(*paths, options=("--set", "blocks_per_ring=24"))["results"]

    values = {m["metric"]: m["value"] for m in result["measurements"]}
    assert result["status"] == "PASS"
    assert abs(values["sinogram_variance"] - 1.0) < 0.05


def test_what_is_refused_is_named_with_its_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "bomb.xml", b"<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>")

    report = analyzed(path)

    assert "document type declaration" in json.dumps(report)
    assert report["results"] == []


def test_an_unknown_pdf_is_refused_with_what_was_seen(tmp_path: Path) -> None:
    path = write(tmp_path / "letter.pdf", pdf(["Dear Mrs Roe"]))

    report = analyzed(path, options=("--test", "pet_daily_qc"))

    (result,) = report["results"]
    assert result["status"] == "ERROR"
    assert "no report that is known: seen 1 pages" in result["failure"]["message"]
    assert "Roe" not in json.dumps(report)


def test_the_routes_can_be_tried_on_a_document(tmp_path: Path) -> None:
    done = run("routes", "test", str(write(tmp_path / "a", siemens_xml())), "--json")

    (answer,) = json.loads(done.stdout)
    assert answer["decision"]["outcome"] == "routed"


def test_words_that_name_nothing_are_refused_before_the_import(tmp_path: Path) -> None:
    path = str(write(tmp_path / "a", siemens_xml()))

    for options in (("--device", "gone"), ("--test", "gone"), ("--role", "report")):
        done = run("import", path, *options, "--data", str(tmp_path / "data"))
        assert done.exit_code == 2, done.output
