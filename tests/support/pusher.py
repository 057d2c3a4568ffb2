"""A console that keeps pushing with DCMTK's storescu, and writes down what it was told."""

from __future__ import annotations

import itertools
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from photopeak.demo.objects import write
from support import pushes
from support.programs import dcmtk

_STATUS = re.compile(r"DIMSE Status\s*: 0x([0-9a-f]{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One file that was pushed. `status` is that of the response, None when there was none."""

    path: Path
    series_instance_uid: str
    status: int | None
    output: str

    @property
    def ok(self) -> bool:
        """True when it was acknowledged."""
        return self.status == 0

    @property
    def transient(self) -> bool:
        """True when it was refused with "out of resources", which asks to try again later."""
        return self.status is not None and self.status & 0xFF00 == 0xA700


class Pusher:
    """The pushes so far; safe to read while it pushes."""

    def __init__(self) -> None:
        self._made: list[Push] = []

    @property
    def made(self) -> list[Push]:
        """Every push so far, in order."""
        return list(self._made)

    @property
    def acknowledged(self) -> list[str]:
        """Series that were acknowledged."""
        return [push.series_instance_uid for push in self._made if push.ok]

    def note(self, push: Push) -> None:
        """Take down a push."""
        self._made.append(push)


def push(port: int, path: Path, series_instance_uid: str) -> Push:
    """Push one file with storescu."""
    try:
        done = dcmtk(
            "storescu", "-d", "-to", "10", "-ta", "15", "-td", "15", "-aec", "PHOTOPEAK",
            "127.0.0.1", port, path, nodelay=True, check=False,
        )  # fmt: skip
        output = done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        output = "storescu did not end"
    found = _STATUS.findall(output)
    return Push(
        path=path,
        series_instance_uid=series_instance_uid,
        status=int(found[-1], 16) if found else None,
        output=output,
    )


def series_without_end(folder: Path) -> Iterator[tuple[Path, str]]:
    """Write floods with the same pixels, each a series of its own."""
    dataset: Dataset = pushes.flood_object()
    while True:
        dataset.SOPInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
        yield write(dataset, folder), str(dataset.SeriesInstanceUID)


@contextmanager
def pushing(
    port: Callable[[], int], folder: Path, *, pause_s: float = 0.1, limit: int = 150
) -> Iterator[Pusher]:
    """Push one series after the other until the block ends, at most `limit`."""
    pusher, over = Pusher(), threading.Event()

    def run() -> None:
        for path, uid in itertools.islice(series_without_end(folder), limit):
            pusher.note(push(port(), path, uid))
            if over.wait(pause_s):
                return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield pusher
    finally:
        over.set()
        thread.join()
