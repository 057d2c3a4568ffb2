"""`import --watch`: spectra, DICOM and readings go in by themselves, once."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from photopeak.analysis.catalogue import describe, installed_analyzers
from photopeak.analysis.site import load_site
from photopeak.app import open_inbox
from photopeak.cli.common import read_settings
from photopeak.cli.main import app
from photopeak.cli.watch import WayIn, holds_readings, line_of
from photopeak.cli.watched_folder import Fate, FileEvent, Taken
from photopeak.model.documents import Statement
from photopeak.model.reception import StoreOutcome, StoreStatus
from photopeak.settings import DatabaseSettings
from photopeak.storage import test_sets
from photopeak.storage.database import Database, open_database
from photopeak.storage.errors import StorageUnavailableError
from support import dicom_objects
from support.spectrum_files import spe

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DEVICES = '[devices.pet-1]\nname = "PET 1"\nkind = "pet_ct"\ndicom = false\n'
SPECTRUM = spe([5.0] * 64)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def readings(device: str = "pet-1") -> str:
    """Return a file of a measurement as the printed header has it."""
    header = run("analyzers", "--csv-header", "pet_sensitivity").stdout
    names = header.splitlines()[-1].split(",")
    first = {
        "test": "pet_sensitivity", "device": device, "performed_at": AT.isoformat(),
        "variant": "jjf", "activity": "5", "activity.at": AT.isoformat(), "activity.u": "0.08",
        "nuclide": "F-18",
    }  # fmt: skip
    rows = [
        {
            "sleeves.sleeves": str(n),
            "sleeves.start": f"2026-03-02T08:{20 + 10 * n}:00+00:00" if n < 4 else f"2026-03-02T09:{n}0:00+00:00",
            "sleeves.duration_s": "60",
            "sleeves.prompts": str(30_000 - 2_000 * n),
            "sleeves.randoms": "100",
        }
        for n in range(1, 6)
    ]  # fmt: skip
    rows[0] |= first
    return header + "".join(",".join(row.get(n, "") for n in names) + "\n" for row in rows)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/devices.toml").write_text(DEVICES, "utf-8")
    (tmp_path / "config/photopeak.toml").write_text(f'data = "{tmp_path / "data"}"\n', "utf-8")
    (tmp_path / "in").mkdir()
    assert run("db", "upgrade", "--config", tmp_path / "config").exit_code == 0
    return tmp_path


@pytest.fixture
def database(site: Path) -> Iterator[Database]:
    opened = open_database(DatabaseSettings(), site / "data")
    yield opened
    opened.close()


@pytest.fixture
def way_in(site: Path, database: Database) -> Iterator[WayIn]:
    settings = read_settings(site / "config").settings
    inbox = open_inbox(settings, database)
    yield WayIn(
        inbox=inbox,
        database=database,
        tests=[describe(analyzer) for analyzer in installed_analyzers().analyzers.values()],
        site=load_site(settings),
        statement=Statement(),
    )
    inbox.close()


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_what_comes_twice_is_kept_once(way_in: WayIn, database: Database, tmp_path: Path) -> None:
    files = (
        write(tmp_path / "a.spe", SPECTRUM),
        dicom_objects.save(dicom_objects.flood(), tmp_path, "flood.dcm"),
        write(tmp_path / "sleeves.CSV", readings()),
    )

    first = [way_in.take(path, path.name) for path in files]
    again = [way_in.take(path, path.name) for path in files]

    assert first == [Taken(fate=Fate.DONE)] * 3
    assert again == [Taken(fate=Fate.DONE, duplicate=True)] * 3
    with database.snapshot() as tx:
        assert [record.key.test for record in test_sets.page(tx).items] == ["pet_sensitivity"]


def test_a_table_of_a_spectrum_is_no_file_of_readings(way_in: WayIn, tmp_path: Path) -> None:
    rows = "\n".join(f"{channel},{7 * channel % 50}" for channel in range(256))
    path = write(tmp_path / "a.csv", f"channel,counts\n{rows}\n")

    assert not holds_readings(path)
    assert way_in.take(path, path.name) == Taken(fate=Fate.DONE)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("letter.txt", b"Dear Mrs Roe\n", "neither DICOM nor a document"),
        ("a.csv", b"test;device\nnothing;pet-1\n", "no analyzer is installed for nothing"),
        ("a.csv", b"test,device\npet_sensitivity,\xff\n", "is not UTF-8"),
        ("a.csv", b"test,device\npet_sensitivity," + b"x" * 200_000, "the file is no table"),
    ],
)
def test_what_is_refused_has_its_reason(
    way_in: WayIn, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    taken = way_in.take(write(tmp_path / "file", content), name)

    assert taken.fate is Fate.REFUSED
    assert reason in taken.reason


def test_readings_are_refused_with_every_fault(way_in: WayIn, tmp_path: Path) -> None:
    taken = way_in.take(write(tmp_path / "a.csv", readings(device="pet-9")), "a.csv")

    assert taken.fate is Fate.REFUSED
    assert "device: there is no such device; there are: pet-1" in taken.reason


def test_an_archive_is_refused_with_the_member_that_is(way_in: WayIn, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.spe", SPECTRUM)
        archive.writestr("letter.txt", "Dear Mrs Roe")

    taken = way_in.take(path, path.name)

    assert taken.fate is Fate.REFUSED
    assert taken.reason.startswith("letter.txt: neither DICOM nor")


def test_a_storage_that_takes_nothing_is_waited_for(
    way_in: WayIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = StoreOutcome(status=StoreStatus.OUT_OF_RESOURCES, comment="disk full, try again later")
    path = write(tmp_path / "a.spe", SPECTRUM)
    with monkeypatch.context() as patch:
        patch.setattr(way_in.inbox, "accepting", lambda: full)
        waits = way_in.take(path, path.name)

    assert waits == Taken(fate=Fate.WAITS, reason="disk full, try again later")
    assert way_in.take(path, path.name) == Taken(fate=Fate.DONE)


def test_a_database_that_is_away_is_waited_for(
    way_in: WayIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise StorageUnavailableError("gone")

    path = write(tmp_path / "a.csv", readings())
    with monkeypatch.context() as patch:
        patch.setattr(way_in.database, "transaction", away)
        waits = way_in.take(path, path.name)

    assert waits == Taken(fate=Fate.WAITS, reason="the database is not available")
    assert way_in.take(path, path.name) == Taken(fate=Fate.DONE)


def test_a_line_is_one_line_whatever_the_name() -> None:
    event = FileEvent(
        path=Path(os.fsdecode(b"a\n\xff.csv")), taken=Taken(fate=Fate.REFUSED, reason="one\ntwo")
    )

    assert line_of(event, as_json=False) == "a\\n\\udcff.csv: refused: one two"
    assert json.loads(line_of(event, as_json=True))["path"] == "a\\n\\udcff.csv"


def test_a_folder_that_must_not_be_watched_is_a_fault_of_use(site: Path) -> None:
    file = write(site / "a.spe", SPECTRUM)
    config = site / "config"

    for paths in ((site,), (site / "data",), (config,), (file,), (site / "in", config)):
        done = run("import", *paths, "--watch", "--config", config)
        assert done.exit_code == 2, done.output


def eventually(condition: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60.0
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what a process prints first."""
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 60.0)[0]
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


@pytest.fixture
def start(site: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Return what starts the command in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        arguments = ("import", site / "in", "--watch", "--settle", "0.2", "--json")
        process = subprocess.Popen(
            [sys.executable, "-m", "photopeak", *arguments, "--config", site / "config"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("PHOTOPEAK_")},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_the_command_takes_files_until_it_is_ended(
    site: Path, start: Callable[[], subprocess.Popen[str]]
) -> None:
    folder = site / "in"
    write(folder / "a.spe", SPECTRUM)
    write(folder / "letter.txt", b"Dear Mrs Roe\n")
    process = start()
    eventually(lambda: not [p for p in folder.iterdir() if p.is_file()], process)
    write(folder / "sleeves.csv", readings())
    write(folder / "a.spe", SPECTRUM)
    eventually(lambda: not [p for p in folder.iterdir() if p.is_file()], process)
    process.send_signal(signal.SIGTERM)
    out, log = process.communicate(timeout=30.0)

    lines = {line["moved_to"]: line for line in map(json.loads, out.splitlines())}
    assert process.returncode == 0, log
    assert {path: line["state"] for path, line in lines.items()} == {
        "done/a.spe": "done",
        "done/a-2.spe": "done",
        "done/sleeves.csv": "done",
        "refused/letter.txt": "refused",
    }
    assert lines["done/a-2.spe"]["duplicate"]
    assert (folder / "refused/letter.txt.reason.txt").read_text("utf-8").startswith("neither DICOM")
    assert "stopped watching" in log


def test_a_file_is_kept_once_though_the_command_was_killed_before_it_was_moved(
    site: Path, start: Callable[[], subprocess.Popen[str]]
) -> None:
    folder = site / "in"
    write(folder / "sleeves.csv", readings())
    (folder / "done").symlink_to(site)  # it is taken in, and cannot be moved
    killed = start()
    told = first_line(killed)
    killed.kill()
    killed.wait(30.0)
    (folder / "done").unlink()
    process = start()
    line = first_line(process)
    process.send_signal(signal.SIGINT)

    assert (told["state"], told["reason"][:9]) == ("waits", "done, but")
    assert (line["state"], line["duplicate"], line["moved_to"]) == (
        "done",
        True,
        "done/sleeves.csv",
    )
    assert process.wait(30.0) == 0
