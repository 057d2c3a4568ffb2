"""kill -9 under load: what was answered with success is there, once, and whole.

``POWER_ROUNDS=20`` makes it a long test.
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

ROUNDS = int(os.environ.get("POWER_ROUNDS", "4"))


@pytest.mark.parametrize("way", ["files", "journal", "clerk"])
def test_killed_receivers_lose_nothing_tear_nothing_and_double_nothing(
    tmp_path: Path, way: str
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    database = open_database(DatabaseSettings(), data)
    migrations.upgrade(database)
    database.close()
    ledger = Ledger(data)
    chance = random.Random(20)

    for number in range(ROUNDS):
        count = chance.randrange(20, 400)
        loads = ledger.run_until(count, names=[f"{number}.1", f"{number}.2"], threads=6, way=way)
        if way != "files":
            time.sleep(chance.uniform(0.0, 3.0))  # so that the registrar is hit at its work too
        for load in loads:
            load.kill()
        began = time.monotonic()
        report = ledger.audit()
        bound_s = 5.0 + 0.001 * len(ledger.promised) + 0.01 * report.indexed
        assert time.monotonic() - began < bound_s
        print(f"round {number}: {len(ledger.promised)} promised, {report}")
