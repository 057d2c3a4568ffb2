"""Rows of files that nobody waits for: the way without durability.

With ``durability = "none"`` a receiver answers as soon as a file has its name. This process, which
has the processors when nobody else wants them, looks for new files in the store and makes their
SHA-256, their seal and their row. What it has not come to when the service ends is found at the next
start, like whatever else a crash left without a row.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from photopeak.inbox import layout
from photopeak.inbox.recovery import FoundFiles
from photopeak.storage.database import Database
from photopeak.storage.errors import StorageError

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.05
_LATEST_S = 1.0
"""Rows are made when no more files come for a moment, or have come for this long."""
_MOST_FILES = 128
_SETTLED_NS = 1_000_000_000
_LOW_PRIORITY = 19


class Registrar:
    """Writes the rows of files that appear in the store."""

    def __init__(
        self,
        data: Path,
        database: Database,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._found = FoundFiles(data, database, clock=clock)
        self._new_files = _NewFiles(data, self._found)

    def serve(self, work: int) -> None:
        """Work until everybody has closed the other end of the pipe `work`, and to the end then."""
        _work_when_idle()
        poll = select.poll()
        poll.register(work, select.POLLIN)
        look_at, late_at = 0, 0.0
        while not poll.poll(_LOOK_EVERY_S * 1000.0):
            newest = self._new_files.newest()
            if newest != look_at and time.monotonic() < late_at:
                look_at = newest  # files are still coming: let the receivers have the machine
                continue
            while self._new_files.index() and not poll.poll(0.0):
                pass
            look_at, late_at = self._new_files.newest(), time.monotonic() + _LATEST_S
        while self._new_files.index():
            pass
        self._found.close()


class _NewFiles:
    """Finds files of today that have no row, and writes it."""

    def __init__(self, data: Path, found: FoundFiles) -> None:
        self._data = data
        self._found = found
        self._seen: dict[str, set[str]] = {}
        self._changed: dict[str, int] = {}

    def newest(self) -> int:
        """Return when the folders were last changed, in ns of the epoch."""
        return max(((self._data / f).stat().st_mtime_ns for f in self._folders()), default=0)

    def index(self) -> bool:
        """Write rows for some of the new files; tells whether there may be more."""
        paths: list[str] = []
        for folder in self._folders():
            paths += self._unseen(folder)
            if len(paths) >= _MOST_FILES:
                break
        if not paths:
            return False
        try:
            self._found.index(paths)
        except (StorageError, OSError) as error:
            logger.error("rows are late, files are kept: %s", error)
            return False
        for path in paths:
            folder, _, name = path.rpartition("/")
            self._seen.setdefault(folder, set()).add(name)
        return True

    def _folders(self) -> list[str]:
        """Return the shelves of the last two days in which something may be new."""
        days = self._data / layout.STORE
        folders = []
        for day in sorted(days.glob("[0-9]*/[0-9]*/[0-9]*"))[-2:]:
            with os.scandir(day) as entries:
                folders += [os.path.relpath(entry.path, self._data) for entry in entries]
        for folder in self._seen.keys() - set(folders):
            del self._seen[folder]
        return sorted(folders)

    def _unseen(self, folder: str) -> list[str]:
        path = self._data / folder
        # Looked at before the names are read: what comes in between is seen the next time.
        changed = path.stat().st_mtime_ns
        if self._changed.get(folder) == changed:
            return []
        seen = self._seen.get(folder, set())
        with os.scandir(path) as entries:
            names = sorted(entry.name for entry in entries if entry.name not in seen)
        # The clock of a file system is coarse: a name that came right after looking has the same time.
        if len(names) <= _MOST_FILES and time.time_ns() - changed > _SETTLED_NS:
            self._changed[folder] = changed
        return [f"{folder}/{name}" for name in names[:_MOST_FILES]]


def _work_when_idle() -> None:
    """Leave the processors to the receivers as long as they want them."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        return
    with contextlib.suppress(OSError):
        os.nice(_LOW_PRIORITY)
