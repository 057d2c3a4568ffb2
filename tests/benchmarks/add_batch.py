"""What storing instances costs: batches of 1, 16 and 64, on SQLite as the service uses it.

Run it on the disk in question: ``python tests/benchmarks/add_batch.py [FOLDER]``. It prints medians:
the time in the transaction per instance, and the whole transaction with its sync. Rounds of all
sizes take turns, so that a busy machine disturbs them alike.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from photopeak.model.identity import new_id
from photopeak.model.reception import Entrance, Reception, StoredInstance
from photopeak.settings import DatabaseSettings
from photopeak.storage import instances, migrations
from photopeak.storage.database import open_database

SIZES = (1, 16, 64)
ROUNDS = 300


def instance(number: int) -> StoredInstance:
    """Return an instance of its own, 100 to a series."""
    series = f"1.2.826.0.1.3680043.10.1.{number // 100}"
    return StoredInstance(
        id=new_id(),
        reception=Reception(
            entrance=Entrance.DIMSE,
            sop_class_uid="1.2.840.10008.5.1.4.1.1.128",
            sop_instance_uid=f"{series}.{number}",
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            calling_ae_title="CAMERA",
            called_ae_title="PHOTOPEAK",
            peer_address="192.0.2.7",
            received_at=datetime.now(UTC),
        ),
        study_instance_uid="1.2.826.0.1.3680043.10.1",
        series_instance_uid=series,
        sha256=f"{number:064x}",
        size=65_536,
        path=f"store/2026/03/02/00/{number}.dcm",
    )


def main(folder: Path) -> None:
    """Measure in a fresh database below `folder`."""
    database = open_database(DatabaseSettings(), folder)
    migrations.upgrade(database)
    inside: dict[int, list[float]] = {size: [] for size in SIZES}
    whole: dict[int, list[float]] = {size: [] for size in SIZES}
    number = 0
    for _ in range(ROUNDS):
        for size in SIZES:
            batch = [instance(number + n) for n in range(size)]
            number += size
            began = time.perf_counter()
            with database.transaction() as tx:
                entered = time.perf_counter()
                instances.add_batch(tx, batch)
                left = time.perf_counter()
            inside[size].append(left - entered)
            whole[size].append(time.perf_counter() - began)
    database.close()
    print(f"{'batch':>5} {'us/instance':>12} {'transaction ms':>15} {'instances/s':>12}")
    for size in SIZES:
        each = 1e6 * statistics.median(inside[size]) / size
        transaction = statistics.median(whole[size])
        print(f"{size:5d} {each:12.1f} {1e3 * transaction:15.2f} {size / transaction:12.0f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as temporary:
            main(Path(temporary))
