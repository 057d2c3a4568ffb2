"""File operations that fail when they are told to, in the place of a disk that does."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from photopeak.inbox.files import FileOperations


class FaultyFiles(FileOperations):
    """Fails the named calls; everything else goes to the real disk.

    Attributes
    ----------
    failing
        Error number by name of the call (``create``, ``write``, ``start_writing``, ``sync``,
        ``sync_folder``, ``move``, ``make_folder``, ``free``, ``try_out``); change it while the test
        runs.
    calls
        Names of all calls in their order.
    """

    def __init__(self, **failing: int) -> None:
        self.failing = dict(failing)
        self.calls: list[str] = []
        self.free_bytes: int | None = None
        self.fail_at: int | None = None
        self._lock = threading.Lock()

    def create(self, path: str) -> int:
        self._maybe("create")
        return super().create(path)

    def write(self, handle: int, views: Sequence[memoryview]) -> int:
        self._maybe("write")
        return super().write(handle, views)

    def write_at(self, handle: int, data: bytes, offset: int) -> int:
        self._maybe("write_at")
        return super().write_at(handle, data, offset)

    def start_writing(self, handle: int) -> None:
        self._maybe("start_writing")
        super().start_writing(handle)

    def sync(self, handle: int) -> None:
        self._maybe("sync")
        super().sync(handle)

    def open_folder(self, path: str | Path) -> int:
        self._maybe("open_folder")
        return super().open_folder(path)

    def sync_folder(self, folder: str | Path | int) -> None:
        self._maybe("sync_folder")
        super().sync_folder(folder)

    def move(self, source: str, target: str) -> None:
        self._maybe("move")
        super().move(source, target)

    def make_folder(self, path: Path) -> None:
        self._maybe("make_folder")
        super().make_folder(path)

    def free(self, path: str | Path) -> tuple[int, bool]:
        self._maybe("free")
        free, read_only = super().free(path)
        return (free if self.free_bytes is None else self.free_bytes), read_only

    def try_out(self, folder: str | Path) -> None:
        self._maybe("try_out")
        super().try_out(folder)

    def _maybe(self, name: str) -> None:
        with self._lock:
            self.calls.append(name)
            number = len(self.calls)
        fault = self.failing.get(name)
        if fault is None and self.fail_at == number:
            fault = errno.EIO
        if fault is not None:
            raise OSError(fault, os.strerror(fault))


def files_below(folder: Path) -> list[Path]:
    """Return all files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
