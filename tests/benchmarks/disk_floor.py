"""What the disk alone asks for an instance that is acknowledged durably: a floor for every receiver.

Nothing is received, hashed or recorded. Files are created, written, synced, renamed and their
folder synced, in groups as large as the associations that wait for an answer, and the time of an
instance is compared with that of writing and closing the file, and with that of a segment of the
journal which takes the group with one write and one sync. The ways alternate.

    python tests/benchmarks/disk_floor.py [--rounds 25] [--folder /var/tmp]

A receiver that syncs cannot be faster than this on the disk of the run, however it is made.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from photopeak.inbox.files import FileOperations
from photopeak.inbox.segments import BLOCK_BYTES, SEGMENT_BYTES, aligned, made

FILES = FileOperations()
SIZES = {"tiny": 34_000, "pet": 167_000}
GROUPS = (1, 4, 8, 16)


def no_sync(_: Sequence[int]) -> None:
    """Leave it to the kernel, as storescp does."""


def sync_each(handles: Sequence[int]) -> None:
    """Sync one file after the other."""
    for handle in handles:
        FILES.sync(handle)


def start_and_sync(handles: Sequence[int]) -> None:
    """Have all files begun to be written, then sync one after the other: the way of the inbox."""
    for handle in handles:
        FILES.start_writing(handle)
    sync_each(handles)


WAYS: dict[str, Callable[[Sequence[int]], None]] = {
    "no sync": no_sync, "sync each": sync_each, "start, sync": start_and_sync,
}  # fmt: skip


def group(folder: Path, data: bytes, count: int, sync: Callable[[Sequence[int]], None]) -> float:
    """Bring a group of files to rest; returns microseconds per file."""
    incoming, store = folder / "incoming", folder / "store"
    incoming.mkdir(parents=True)
    store.mkdir()
    began = time.perf_counter()
    handles = []
    for number in range(count):
        handle = FILES.create(str(incoming / str(number)))
        FILES.write(handle, [memoryview(data)])
        handles.append(handle)
    sync(handles)
    for number in range(count):
        FILES.move(str(incoming / str(number)), str(store / str(number)))
    if sync is not no_sync:
        FILES.sync_folder(store)
    for handle in handles:
        os.close(handle)
    return 1e6 * (time.perf_counter() - began) / count


class Segment:
    """A segment of the journal, filled again and again."""

    def __init__(self, folder: Path) -> None:
        self._handle = made(folder, FILES)
        self._at = BLOCK_BYTES

    def group(self, data: bytes, count: int) -> float:
        """Write a group one behind the other and sync it; returns microseconds per instance."""
        size = aligned(len(data))
        if self._at + count * size > SEGMENT_BYTES:
            self._at = BLOCK_BYTES
        padding = memoryview(bytes(size - len(data)))
        began = time.perf_counter()
        views = [memoryview(data), padding] * count
        self._at += FILES.write_views_at(self._handle, views, self._at)
        FILES.sync_data(self._handle)
        return 1e6 * (time.perf_counter() - began) / count

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


def main() -> None:
    """Measure all ways in turns and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="disk-floor-", dir=options.folder))
    segment = Segment(root)
    try:
        for name, size in SIZES.items():
            data = os.urandom(size)
            for count in GROUPS:
                found: dict[str, list[float]] = {way: [] for way in (*WAYS, "journal")}
                for number in range(options.rounds):
                    for way, sync in WAYS.items():
                        folder = root / f"{name}-{count}-{way}-{number}"
                        found[way].append(group(folder, data, count, sync))
                    found["journal"].append(segment.group(data, count))
                medians = {way: statistics.median(times) for way, times in found.items()}
                print(f"{name:<5} groups of {count:<3}", *(
                    f"{way} {microseconds:5.0f} us  " for way, microseconds in medians.items()
                ))  # fmt: skip
    finally:
        segment.close()
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
