"""Measurements without images on the command line: analysed at once, or entered from CSV files."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from photopeak.cli.main import app
from photopeak.model.test_sets import TestSetState
from photopeak.settings import DatabaseSettings
from photopeak.storage import readings, test_sets
from photopeak.storage.database import open_database
from photopeak_analyzers.simulation.sleeves import SleevedSource

TEST = "pet_sensitivity"
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DEVICES = '[devices.pet-1]\nname = "PET 1"\nkind = "pet_ct"\ndicom = false\n'


def row(number: int) -> list[str]:
    """Return number, start, duration, prompts and randoms with so many sleeves."""
    start_s = 60.0 * (20 + 10 * number)
    prompts, randoms = SleevedSource().counted(number, start_s, 60.0)
    start = (AT + timedelta(seconds=start_s)).isoformat()
    return [str(number), start, "60", f"{prompts:.1f}", f"{randoms:.1f}"]


ROWS = [row(number) for number in range(1, 6)]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "devices.toml").write_text(DEVICES, "utf-8")
    (tmp_path / "photopeak.toml").write_text(f'data = "{tmp_path / "data"}"\n', "utf-8")
    assert run("db", "upgrade", "--config", tmp_path).exit_code == 0
    return tmp_path


def analyze(*arguments: object) -> Result:
    table = ";".join(",".join([*cells, "", ""]) for cells in ROWS)
    return run(
        "analyze", "--test", TEST, "--variant", "jjf",
        "--reading", f"activity=5+-0.08@{AT.isoformat()}", "--reading", "nuclide=F-18",
        "--reading", f"sleeves={table}", *arguments,
    )  # fmt: skip


def test_readings_alone_are_analysed_without_a_path(site: Path) -> None:
    done = analyze(
        "--config", site, "--device", "pet-1", "--performed-at", AT.isoformat(), "--json"
    )

    assert done.exit_code in (0, 1), done.output
    (result,) = json.loads(done.stdout)["results"]
    assert (result["test"], result["device"], result["variant"]) == (TEST, "pet-1", "jjf")
    assert datetime.fromisoformat(result["acquired_at"]) == AT
    assert result["measurements"]
    assert result["provenance"]["inputs"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--device", "nothing"), "there is no device nothing"),
        (("--performed-at", "2026-03-02T08:00:00"), "is no date with time and zone"),
        (("--reading", "axial_fov_mm=1"), "axial_fov_mm is 1 mm, must be at least 10 mm"),
        ((__file__, "--performed-at", AT.isoformat()), "files tell their device and their time"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_of_use(
    site: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = analyze("--config", site, *arguments)

    assert (done.exit_code, said in done.output) == (2, True), done.output


def lines(*, device: str = "pet-1", prompts: str = "") -> str:
    """Return a file of one measurement as the printed header has it."""
    header = run("analyzers", "--csv-header", TEST).stdout
    names = header.splitlines()[-1].split(",")
    first = {
        "test": TEST, "device": device, "performed_at": AT.isoformat(), "operator": "R. Chen",
        "variant": "jjf", "activity": "5", "activity.at": AT.isoformat(), "activity.u": "0.08",
        "nuclide": "F-18",
    }  # fmt: skip
    columns = ("sleeves", "start", "duration_s", "prompts", "randoms")
    rows = [dict(zip((f"sleeves.{c}" for c in columns), cells, strict=True)) for cells in ROWS]
    rows[0] = {**first, **rows[0]}
    rows[2]["sleeves.prompts"] = prompts or rows[2]["sleeves.prompts"]
    return header + "".join(",".join(row.get(n, "") for n in names) + "\n" for row in rows)


def test_a_file_is_entered_once(site: Path) -> None:
    file = site / "sleeves.csv"
    file.write_text(lines(), "utf-8-sig")

    first = run("import-readings", file, "--config", site, "--json")
    again = run("import-readings", file, "--config", site)

    assert first.exit_code == 0, first.output
    (answer,) = json.loads(first.stdout)
    assert (answer["test"], answer["device"], answer["new"]) == (TEST, "pet-1", True)
    assert "0 measurements entered, 1 were there already" in again.stdout
    database = open_database(DatabaseSettings(), site / "data")
    try:
        with database.snapshot() as tx:
            (record,) = test_sets.page(tx).items
            kept = {reading.name: reading for reading in readings.latest(tx, record.id)}
    finally:
        database.close()
    assert (record.state, record.performed_at, record.operator) == (
        TestSetState.WAITING,
        AT,
        "R. Chen",
    )
    assert isinstance(kept["sleeves"].value, tuple)
    assert (len(kept["sleeves"].value), kept["sleeves"].source) == (5, "csv")


def test_one_bad_line_keeps_everything_out(site: Path) -> None:
    good, bad = site / "good.csv", site / "bad.csv"
    good.write_text(lines(), "utf-8")
    bad.write_text(lines(device="pet-9", prompts="many"), "utf-8")

    done = run("import-readings", good, bad, "--config", site)

    assert done.exit_code == 1
    line = next(n for n, t in enumerate(lines().splitlines(), 1) if t.startswith(TEST))
    assert f"bad.csv: line {line}, device: there is no such device; there are: pet-1" in done.output
    assert "nothing was entered" in done.output
    bad.write_text(lines(prompts="many"), "utf-8")
    told = run("import-readings", bad, "--config", site).output
    assert f"bad.csv: line {line + 2}, sleeves.prompts: prompts in row 3 of sleeves is a" in told
    bad.write_bytes(b"test\n\xff\n")
    assert "is not UTF-8" in run("import-readings", bad, "--config", site).output
    database = open_database(DatabaseSettings(), site / "data")
    try:
        with database.snapshot() as tx:
            assert test_sets.page(tx).items == ()
    finally:
        database.close()


def test_headers_are_printed_for_people_and_programs() -> None:
    header = json.loads(run("analyzers", "--csv-header", TEST, "--json").stdout)

    assert header[:3] == ["test", "device", "performed_at"]
    assert run("analyzers", "--csv-header", "nothing").exit_code == 2
    listed = run("analyzers").stdout
    assert "images: none" in listed
    assert "readings: activity [MBq]" in listed
