"""Power cuts: what was answered with success survives them, on ext4 and on XFS.

The file system lies in an image on a loop device. Either it is stopped without flushing its journal
(``EXT4_IOC_SHUTDOWN``, ``XFS_IOC_GOINGDOWN``), so that all is lost which is still in the memory of the
kernel, or the drive below it is switched off, which loses what it was not told to flush besides, some
blocks of that or all of it. ``POWER_ROUNDS=12`` makes it a long test.
"""

from __future__ import annotations

import mmap
import os
import random
import time
from pathlib import Path

import pytest

from photopeak.inbox.files import FileOperations
from photopeak.settings import DatabaseSettings
from photopeak.storage import migrations
from photopeak.storage.database import open_database
from support.ledger import Ledger
from support.mounts import Disk, ForgetfulDisk

ROUNDS = int(os.environ.get("POWER_ROUNDS", "1"))


@pytest.mark.root
@pytest.mark.parametrize("way", ["files", "journal", "clerk"])
@pytest.mark.parametrize(
    ("kind", "disk_type"), [("ext4", Disk), ("ext4", ForgetfulDisk), ("xfs", ForgetfulDisk)]
)
def test_a_power_cut_loses_nothing_that_was_acknowledged(
    tmp_path: Path, kind: str, disk_type: type[Disk], way: str
) -> None:
    room = 320 + 192 * ROUNDS
    disk = disk_type(tmp_path / "image", tmp_path / "disk", kind=kind, megabytes=room)
    try:
        data = disk.folder / "data"
        data.mkdir()
        database = open_database(DatabaseSettings(), data)
        migrations.upgrade(database)
        database.close()
        ledger = Ledger(data)
        chance = random.Random(12)

        for number in range(ROUNDS):
            count = chance.randrange(20, 600)
            loads = ledger.run_until(
                count, names=[f"{number}.1", f"{number}.2"], threads=6, way=way
            )
            if way != "files":
                time.sleep(chance.uniform(0.0, 3.0))  # so that the registrar is hit at its work too
            disk.kept = chance.choice((0.0, 0.5, 0.95))
            disk.cut_power()
            for load in loads:
                load.kill()
            disk.unmount()
            disk.mount()
            report = ledger.audit()
            print(f"cut {number}: {len(ledger.promised)} promised, none lost, {report}")
    finally:
        disk.close()


@pytest.mark.root
@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_the_drive_of_these_tests_forgets_what_it_was_not_told_to_flush(
    tmp_path: Path, kind: str
) -> None:
    disk = ForgetfulDisk(tmp_path / "image", tmp_path / "disk", kind=kind)
    block = mmap.mmap(-1, 4096)
    try:
        with (disk.folder / "segment").open("x+b", buffering=0) as segment:
            segment.write(bytes(3 * 4096))
            os.fsync(segment)
            FileOperations().go_direct(segment.fileno())
            block[:] = b"1" * 4096
            os.pwritev(segment.fileno(), [block], 0, os.RWF_DSYNC)
            block[:] = b"2" * 4096
            os.pwritev(segment.fileno(), [block], 4096)
        (disk.folder / "not synced").write_bytes(b"1")
        disk.cut_power()
        disk.unmount()
        disk.mount()
        assert not (disk.folder / "not synced").exists()
        assert (disk.folder / "segment").read_bytes() == b"1" * 4096 + bytes(2 * 4096)
    finally:
        disk.close()
