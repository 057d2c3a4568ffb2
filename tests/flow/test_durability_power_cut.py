"""Power cuts on ext4: what was answered with success survives them.

The file system lies in an image on a loop device and is stopped by ``EXT4_IOC_SHUTDOWN`` without
flushing its journal, which is what a power cut leaves on a drive that honours flushes.
``POWER_ROUNDS=12`` makes it a long test.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from photopeak.settings import DatabaseSettings
from photopeak.storage import migrations
from photopeak.storage.database import open_database
from support.ledger import Ledger
from support.mounts import Ext4Disk

ROUNDS = int(os.environ.get("POWER_ROUNDS", "2"))


@pytest.mark.root
@pytest.mark.parametrize("way", ["files", "journal", "clerk"])
def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path: Path, way: str) -> None:
    disk = Ext4Disk(tmp_path / "image", tmp_path / "disk", megabytes=256 + 192 * ROUNDS)
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
            disk.cut_power()
            for load in loads:
                load.kill()
            disk.unmount()
            disk.mount()
            report = ledger.audit()
            print(f"cut {number}: {len(ledger.promised)} promised, none lost, {report}")
    finally:
        disk.close()
