"""The order of the system calls, as the kernel saw them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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
store(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
os.write(1, b"measured from here")
outcome = store(inbox, data_set(instance="1.2.2", pixels=bytes(200_000)), reception("1.2.2"))
os.write(1, b"answer %d" % outcome.status)
"""
_CALLS = "openat,write,writev,pwrite64,fsync,fdatasync,renameat2,rename,link,linkat,unlink,close"


def test_nothing_is_answered_before_file_name_folder_and_row_are_on_the_disk(
    tmp_path: Path,
) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace")
    data = tmp_path / "data"
    data.mkdir()
    trace = tmp_path / "trace"
    done = subprocess.run(
        [strace, "-f", "-y", "-o", str(trace), "-e", f"trace={_CALLS}",
         sys.executable, "-c", _PROGRAM, str(data)],
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
    )  # fmt: skip
    if "ptrace" in done.stderr:
        pytest.skip("processes may not be traced here")
    assert done.stdout.endswith("answer 0")

    lines = trace.read_text().partition("measured from here")[2].splitlines()

    def first(pattern: str) -> int:
        found = [n for n, line in enumerate(lines) if re.search(pattern, line)]
        assert found, f"no {pattern} in\n" + "\n".join(lines)
        return found[0]

    def last(pattern: str) -> int:
        return max(n for n, line in enumerate(lines) if re.search(pattern, line))

    written = last(r"write.*incoming/.*\.part>")
    synced = first(r"fsync\(\d+<.*incoming/.*\.part>\)")
    named = first(r"(renameat2|linkat)\(.*incoming/.*\.part.*store/.*\.dcm")
    folder = first(r"fsync\(\d+<.*/store/\d{4}/\d\d/\d\d/[^/]+>\)")
    row = first(r"(fsync|fdatasync)\(\d+<.*photopeak\.sqlite3-wal>\)")
    answer = first(r"write\(1.*answer 0")
    assert written < synced < named < folder < row < answer
    largest = max(
        int(match.group(1)) for line in lines if (match := re.search(r"writev.*= (\d+)$", line))
    )
    assert largest <= 65_536
