"""The calibration report on the command line, of a measurement that was analysed."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pypdf
import pytest
from typer.testing import CliRunner, Result

from photopeak.cli.main import app
from photopeak.reports.paper import pdf
from photopeak.settings import DatabaseSettings
from photopeak.storage.database import open_database
from support import jjf_results as jjf

DEVICES = '[devices.pet-1]\nname = "PET/CT 1"\nkind = "pet_ct"\nserial_number = "SN-0815"\n'


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "devices.toml").write_text(DEVICES, "utf-8")
    (tmp_path / "photopeak.toml").write_text(f'data = "{tmp_path / "data"}"\n', "utf-8")
    assert run("db", "upgrade", "--config", tmp_path).exit_code == 0
    database = open_database(DatabaseSettings(), tmp_path / "data")
    try:
        with database.transaction() as tx:
            jjf.store_everything(tx)
    finally:
        database.close()
    return tmp_path


def report(site: Path, name: str, *arguments: object, device: str = "pet-1") -> Result:
    return run(
        "report", "jjf", "--config", site, "--device", device, "--out", site / name, *arguments
    )


def test_a_page_is_written_whole_in_the_language_asked_for(site: Path) -> None:
    done = report(
        site, "r.html", "--from", "2026-03-02", "--client", "第一医院", "--language", "zh"
    )

    assert done.exit_code == 0, done.output
    page = (site / "r.html").read_text("utf-8")
    assert "校准证书（内页）" in page
    assert "第一医院" in page
    # The installed test tells what its readings are called.
    assert "分装前活度" in page
    assert "5 results" in done.stdout


def test_the_evidence_of_a_period_is_written_and_noted(site: Path) -> None:
    file = site / "e.zip"
    done = run("report", "evidence", file, "--from", "2026-03-01", "--to", "2026-03-31", "--config", site)  # fmt: skip
    again = run("audit", "export", "--format", "json", "--config", site)
    wrong = run("report", "evidence", file, "--from", "2026-03-31", "--to", "2026-03-01", "--config", site)  # fmt: skip
    nowhere = run("report", "evidence", site / "no" / "e.zip", "--config", site)

    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(file) as opened:
        names = opened.namelist()
        paper = pypdf.PdfReader(io.BytesIO(opened.read("papers/pet-1.pdf")))
        assert opened.read("results.csv").count(b"pet-1") > 5
    assert names[-2:] == ["README.txt", "SHA256SUMS"]
    assert "PET/CT 1" in paper.pages[0].extract_text()
    actions = [(e["actor"], e["action"]) for e in json.loads(again.stdout)]
    assert ("command line", "evidence.exported") in actions
    assert ("command line", "evidence.sealed") in actions
    assert (wrong.exit_code, "before the first" in wrong.stderr) == (2, True)
    assert (nowhere.exit_code, "cannot be written" in nowhere.stderr) == (2, True)


def test_a_pdf_is_written(site: Path) -> None:
    done = report(site, "r.pdf", "--calibrator", "R. Chen")

    assert done.exit_code == 0, done.output
    reader = pypdf.PdfReader(io.BytesIO((site / "r.pdf").read_bytes()))
    assert "R. Chen" in reader.pages[0].extract_text()


def test_a_period_without_results_gives_a_report_that_says_so(site: Path) -> None:
    done = report(site, "r.html", "--to", "2026-03-01")

    assert done.exit_code == 0, done.output
    assert "0 results" in done.stdout
    assert (site / "r.html").read_text("utf-8").count("not measured") >= 10


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("r.doc", (), "must end in .html or .pdf"),
        ("r.html", ("--temperature", "hot"), "temperature is not a number"),
        ("r.html", ("--results", "nothing"), "there is no result nothing"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_of_use(
    site: Path, name: str, arguments: tuple[str, ...], said: str
) -> None:
    done = report(site, name, *arguments)

    assert (done.exit_code, said in done.output) == (2, True), done.output
    assert not (site / name).exists()


def test_a_device_that_is_not_there_is_a_fault_of_use(site: Path) -> None:
    assert report(site, "r.html", device="nothing").exit_code == 2


def test_without_what_makes_pdf_the_command_says_what_to_install(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda _: None)
    done = report(site, "r.pdf")

    assert done.exit_code == 1
    assert "install photopeak[pdf]" in done.output
    assert not (site / "r.pdf").exists()
