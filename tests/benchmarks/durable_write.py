"""How fast the inbox makes instances durable: its own cost, without a network.

Run it on a quiet machine::

    python tests/benchmarks/durable_write.py [--seconds 3] [--durability sync] [--folder /var/tmp]

It prints instances and megabytes per second for one thread, and for 8 and 16 threads over two
processes, of 34 KB and 170 KB, and how many instances shared a transaction. Rounds of the modes
alternate (A B A B), the medians are printed. Files are not deleted between rounds: ext4 avoids
inodes deleted a moment ago, which makes the next round many times slower.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from photopeak.inbox.inbox import Inbox
from photopeak.model.reception import StoreStatus
from photopeak.settings import DatabaseSettings, Durability, InboxSettings
from photopeak.storage import migrations
from photopeak.storage.database import open_database
from support.data_sets import data_set, reception

_PIECE = 65_536


def main() -> None:
    """Run all cells and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--durability", nargs="+", default=["sync", "none"])
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="photopeak-benchmark-", dir=options.folder))
    print(
        f"{'KB':>4} {'threads':>8} {'mode':>6} {'inst/s':>8} {'MB/s':>6} {'ms p50':>7} {'batch':>6}"
    )
    try:
        for size in (34_000, 170_000):
            for processes, threads in ((1, 1), (2, 4), (2, 8)):
                rates: dict[str, list[tuple[float, float, float]]] = {}
                for number in range(options.rounds):
                    for mode in options.durability:
                        folder = root / f"{size}-{processes}x{threads}-{mode}-{number}"
                        rates.setdefault(mode, []).append(
                            _round(folder, size, processes, threads, mode, options.seconds)
                        )
                for mode, found in rates.items():
                    rate, latency, batch = (statistics.median(x) for x in zip(*found, strict=True))
                    print(
                        f"{size // 1000:>4} {processes}x{threads:<6} {mode:>6} {rate:8.0f}"
                        f" {rate * size / 1e6:6.0f} {1000 * latency:7.2f} {batch:6.1f}",
                        flush=True,
                    )
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _round(
    folder: Path, size: int, processes: int, threads: int, mode: str, seconds: float
) -> tuple[float, float, float]:
    folder.mkdir()
    database = open_database(DatabaseSettings(), folder)
    migrations.upgrade(database)
    database.close()
    context = multiprocessing.get_context("spawn")
    answers: Any = context.Queue()
    start = context.Event()
    ready = [context.Event() for _ in range(processes)]
    workers = [
        context.Process(
            target=_receive,
            args=(folder, size, number, threads, mode, seconds, ready[number], start, answers),
        )
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    for event in ready:
        event.wait(30.0)
    start.set()
    results = [answers.get(timeout=seconds + 60.0) for _ in workers]
    for worker in workers:
        worker.join()
    rate = sum(result[0] for result in results)
    return (
        rate,
        statistics.median(result[1] for result in results),
        statistics.mean(result[2] for result in results),
    )


def _receive(
    folder: Path, size: int, process: int, threads: int, mode: str, seconds: float,
    ready: Any, start: Any, answers: Any,
) -> None:  # fmt: skip
    database = open_database(DatabaseSettings(), folder)
    inbox = Inbox(
        InboxSettings(durability=Durability(mode), free_space_floor_bytes=0), folder, database
    )
    pixels = bytes(range(256)) * (size // 256)
    latencies: list[float] = []
    ends = [0.0]
    batches = _count_batches(inbox)

    def run(thread: int) -> None:
        number = 0
        end = time.monotonic() + seconds
        while (began := time.monotonic()) < end:
            number += 1
            uid = f"1.2.3.{process}.{thread}.{number}"
            body = data_set(instance=uid, series=f"1.2.3.{process}.{thread}", pixels=pixels)
            incoming = inbox.begin(reception(uid))
            view = memoryview(body)
            for at in range(0, len(view), _PIECE):
                incoming.writev([view[at : at + _PIECE]])
            outcome = incoming.commit()
            if outcome.status is not StoreStatus.SUCCESS:
                raise RuntimeError(outcome.comment)
            latencies.append(time.monotonic() - began)
            ends.append(time.monotonic())

    workers = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    ready.set()
    start.wait(30.0)
    began = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    answers.put(
        (
            len(latencies) / (max(ends) - began),
            statistics.median(latencies),
            len(latencies) / max(1, batches[0]),
        )
    )
    inbox.close()
    database.close()


def _count_batches(inbox: Inbox) -> list[int]:
    count = [0]
    step = inbox._group._step

    def counted(take: Any) -> Any:
        count[0] += 1
        return step(take)

    inbox._group._step = counted
    return count


if __name__ == "__main__":
    main()
