"""The order of the system calls, as the kernel saw them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from photopeak.inbox.files import FileOperations

_PROGRAM = """
import os, sys
from pathlib import Path
from support.data_sets import data_set, reception
from support.inboxes import store
from photopeak.inbox.inbox import Inbox
from photopeak.settings import DatabaseSettings, InboxSettings
from photopeak.storage import migrations
from photopeak.storage.database import open_database
data = Path(sys.argv[1])
database = open_database(DatabaseSettings(), data)
migrations.upgrade(database)
inbox = Inbox(InboxSettings(free_space_floor_bytes=0), data, database)
if sys.argv[2] != "files":
    inbox.use_journal()
if sys.argv[2].startswith("clerk"):
    from support.inboxes import store_quickly as store
if sys.argv[2] == "clerk through memory":
    inbox.operations.go_direct = lambda handle: False
store(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
os.write(1, b"measured from here")
outcome = store(inbox, data_set(instance="1.2.2", pixels=bytes(200_000)), reception("1.2.2"))
os.write(1, b"answer %d" % outcome.status)
"""
_CALLS = "openat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,io_submit,io_getevents,renameat2,rename,link,linkat,unlink,close"


def traced(tmp_path: Path, way: str) -> list[str]:
    """Return the calls between the first instance and the answer to the second one."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace")
    data = tmp_path / "data"
    data.mkdir()
    trace = tmp_path / "trace"
    done = subprocess.run(
        [strace, "-f", "-y", "-o", str(trace), "-e", f"trace={_CALLS}",
         sys.executable, "-c", _PROGRAM, str(data), way],
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
    )  # fmt: skip
    if "ptrace" in done.stderr:
        pytest.skip("processes may not be traced here")
    assert done.stdout.endswith("answer 0")
    return trace.read_text().partition("measured from here")[2].splitlines()


def first(lines: list[str], pattern: str) -> int:
    found = [n for n, line in enumerate(lines) if re.search(pattern, line)]
    assert found, f"no {pattern} in\n" + "\n".join(lines)
    return found[0]


def last(lines: list[str], pattern: str) -> int:
    return max(n for n, line in enumerate(lines) if re.search(pattern, line))


def test_nothing_is_answered_before_file_name_folder_and_row_are_on_the_disk(
    tmp_path: Path,
) -> None:
    lines = traced(tmp_path, "files")
    written = last(lines, r"write.*incoming/.*\.part>")
    synced = first(lines, r"fsync\(\d+<.*incoming/.*\.part>\)")
    named = first(lines, r"(renameat2|linkat)\(.*incoming/.*\.part.*store/.*\.dcm")
    folder = first(lines, r"fsync\(\d+<.*/store/\d{4}/\d\d/\d\d/[^/]+>\)")
    row = first(lines, r"(fsync|fdatasync)\(\d+<.*photopeak\.sqlite3-wal>\)")
    answer = first(lines, r"write\(1.*answer 0")
    assert written < synced < named < folder < row < answer
    largest = max(
        int(match.group(1)) for line in lines if (match := re.search(r"writev.*= (\d+)$", line))
    )
    assert largest <= 65_536


def test_nothing_is_answered_before_the_journal_is_on_the_disk(tmp_path: Path) -> None:
    lines = traced(tmp_path, "journal")
    written = last(lines, r"pwritev2?\(\d+<.*journal/.*\.segment>")
    synced = first(lines, r"fdatasync\(\d+<.*journal/.*\.segment>\)")
    answer = first(lines, r"write\(1.*answer 0")
    assert written < synced < answer
    assert not any("incoming/" in line or "sqlite3" in line for line in lines[:answer])


def test_nothing_is_answered_before_the_kernel_has_said_that_the_journal_is_on_the_disk(
    tmp_path: Path,
) -> None:
    lines = traced(tmp_path, "clerk through memory")
    answer = first(lines, r"write\(1.*answer 0")
    lines = lines[:answer]
    written = last(lines, r"pwritev2?\(\d+<.*journal/.*\.segment>")
    begun = first(lines, r"io_submit\(.*IOCB_CMD_FDSYNC.*\.segment>")
    synced = first(lines, r"io_getevents\(.*res=0.*\) = 1")
    assert written < begun < synced
    assert not any("incoming/" in line or "sqlite3" in line for line in lines)


def test_nothing_is_answered_before_the_kernel_has_said_that_a_direct_write_is_on_the_disk(
    tmp_path: Path,
) -> None:
    probe = tmp_path / "probe"
    probe.touch()
    with probe.open("r+b") as file:
        if not FileOperations().go_direct(file.fileno()):
            pytest.skip("needs ext4 or XFS")
    lines = traced(tmp_path, "clerk")
    lines = lines[: first(lines, r"write\(1.*answer 0")]
    begun = first(lines, r"io_submit\(.*RWF_DSYNC.*IOCB_CMD_PWRITEV.*\.segment>")
    written = first(lines, r"io_getevents\(.*res=\d{6}.*\) = 1")
    assert begun < written
    assert not any(re.search(r"pwrite|incoming/|sqlite3", line) for line in lines)
