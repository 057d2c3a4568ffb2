"""From the journal into the store: files and rows of what senders have been told is safe.

This process gives way to the receivers: it begins when nothing new comes for a moment, at the latest
after `_LATEST_S`, and at a low priority. In a quiet hour a row follows within a tenth of a second. An instance goes the same way as one that is
stored at once: file, sync, name, sync of the folder, row. Only when all instances of a segment have
their rows is it used again, so whatever fails is tried again, and a crash at any point leaves an
instance in the journal, in the store, or in both under the same id.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import secrets
import select
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from photopeak.inbox import layout, segments
from photopeak.inbox.errors import StoredFileError
from photopeak.inbox.files import FileOperations, write_all
from photopeak.inbox.found_files import FoundFiles, tell_of_damage
from photopeak.inbox.segments import FoundEntry, Segment
from photopeak.inbox.stored_file import SUFFIX, instance_in_memory
from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.reception import StoredInstance
from photopeak.settings import Durability, InboxSettings
from photopeak.storage import alerts, instances
from photopeak.storage.database import Database
from photopeak.storage.errors import StorageError, StorageUnavailableError

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.05
_LATEST_S = 2.0
"""Rows are made when no more instances come for a moment, or have come for this long."""
_AGAIN_AFTER_S = 2.0
_ATTEMPTS = 5
"""So often a row is tried that the database does not take, before it holds up the others no more."""
_MOST_ENTRIES = 128
_MOST_BYTES = 16 * 1024 * 1024
_LEFT_FOR_S = 172_800.0
"""So long after a file got its name it is looked for before another one is made of its entry."""
_SPARES = 4
"""Free segments that are kept ready."""
_LOW_PRIORITY = 19


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Registrar:
    """Moves instances from the journal of this host into the store.

    Parameters
    ----------
    settings, data, database
        How durable; the data folder; the rows.

    Raises
    ------
    OSError
        If the folder of the journal cannot be made.
    """

    def __init__(
        self,
        settings: InboxSettings,
        data: Path,
        database: Database,
        *,
        clock: Callable[[], datetime] = _utc_now,
        operations: FileOperations | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._operations = operations or FileOperations()
        self._folder = segments.prepare(data, platform.node(), self._operations)
        self._drain = Drain(
            data, database, settings.durability, clock=clock, operations=self._operations
        )
        self._late = False

    def serve(self, work: int) -> None:
        """Work until everybody has closed the other end of the pipe `work`, and to the end then."""
        with contextlib.suppress(OSError):
            os.nice(_LOW_PRIORITY)
        with segments.alone(self._folder) as alone:
            if not alone:
                logger.error("the journal of this host has a registrar already")
                return
            segments.sweep(self._folder, self._operations)
            self._drain.take_over(self._folder)
            poll = select.poll()
            poll.register(work, select.POLLIN)
            seen, late_at, began = -1, 0.0, False
            while not poll.poll(_LOOK_EVERY_S * 1000.0):
                waiting = self._drain.waiting(self._folder)
                if not waiting:
                    if not began:
                        began = self._keep_spares()
                    continue
                now = time.monotonic()
                if seen < 0:
                    late_at = now + _LATEST_S
                if waiting != seen and now < late_at:
                    seen = waiting  # instances are still coming: let the receivers have the machine
                    continue
                seen, began = -1, False
                if not self._take_all(lambda: bool(poll.poll(0.0))):
                    poll.poll(_AGAIN_AFTER_S * 1000.0)
            self._take_all(lambda: False)
        self._drain.close()

    def _take_all(self, interrupted: Callable[[], bool]) -> bool:
        """Take what is in the journal; tells whether that went well."""
        try:
            self._drain.all_of(self._folder, interrupted)
        except (StorageError, OSError, StoredFileError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            logger.error("instances wait in the journal, where they are safe: %s", reason)
            self._tell(reason)
            return False
        if self._late:
            self._tell("")
        return True

    def _keep_spares(self) -> bool:
        """Make a free segment if too few are there; tells whether there is nothing left to do."""
        present = segments.segments(self._folder)
        if (len(present) + 1) * segments.SEGMENT_BYTES > self._settings.journal_bytes:
            return True
        try:
            if sum(segments.is_free(path) for path in present) >= _SPARES:
                return True
            os.close(segments.made(self._folder, self._operations))
        except OSError as error:
            logger.warning("the journal cannot grow: %s", error.strerror)
            return True
        return False

    def _tell(self, reason: str) -> None:
        """Raise the alert about instances without rows, or close it."""
        key = f"journal {platform.node()}"
        with contextlib.suppress(StorageError), self._database.transaction() as tx:
            if not reason:
                alerts.close(tx, key, now=self._clock())
                self._late = False
                return
            self._late = True
            alerts.raise_alert(
                tx,
                Alert(
                    key=key,
                    severity=AlertSeverity.CRITICAL,
                    title="Received instances wait to be filed",
                    message=f"{platform.node()}: {reason}. They are safe in the journal, and are "
                    "filed as soon as that has been mended.",
                ),
                now=self._clock(),
            )


def drain(data: Path, database: Database, *, clock: Callable[[], datetime] = _utc_now) -> int:
    """File what is left in the journals of all hosts whose registrar is not at work.

    Returns
    -------
    int
        How many instances got their row.

    Raises
    ------
    StorageUnavailableError, OSError
        If database or disk cannot be used; what is left stays in the journal.
    """
    top = data / segments.JOURNAL
    if not top.is_dir():
        return 0
    count = 0
    own = segments.folder_name(platform.node())
    operations = FileOperations()
    rest = Drain(data, database, Durability.SYNC, clock=clock, operations=operations, attempts=1)
    try:
        for folder in sorted(path for path in top.iterdir() if path.is_dir()):
            with segments.alone(folder) as alone:
                if alone:
                    segments.sweep(folder, operations)
                    rest.take_over(folder)
                    count += rest.all_of(folder)
                    if folder.name != own:
                        # A container that is made anew has another name, and leaves this behind.
                        segments.remove_free(folder, operations)
    finally:
        rest.close()
    return count


class Drain:
    """Takes instances out of segments."""

    def __init__(
        self,
        data: Path,
        database: Database,
        durability: Durability,
        *,
        clock: Callable[[], datetime],
        operations: FileOperations,
        attempts: int = _ATTEMPTS,
    ) -> None:
        self._data = data
        self._database = database
        self._clock = clock
        self._operations = operations
        self._attempts = attempts
        self._syncs = durability is not Durability.NONE
        layout.prepare(data, operations)
        token = f"{os.getpid():x}-{secrets.token_hex(4)}"
        self._spool = layout.Spool(data, token)
        self._shelves = layout.Shelves(data, layout.STORE, token, operations, durability)
        self._found = FoundFiles(data, database, clock=clock)
        self._segments: dict[Path, Segment] = {}
        self._placed: dict[str, StoredInstance] = {}
        self._named: dict[str, str] = {}
        self._left: dict[str, str] = {}
        self._refused: dict[str, int] = {}

    def take_over(self, folder: Path) -> None:
        """Find the files that a registrar before this one has named and perhaps not recorded."""
        if not self.waiting(folder):
            return
        ids = {
            entry.id
            for segment in self._segments.values()
            if segment.look()
            for entry in segment.entries()
        }
        since = self._clock().timestamp() - _LEFT_FOR_S
        for path in layout.walk(self._data, layout.STORE, since=since):
            if (name := Path(path).stem) in ids:
                self._left[name] = path

    def waiting(self, folder: Path) -> int:
        """Return a number that is 0 when nothing waits, and changes when something comes."""
        self._open(folder)
        return sum(segment.reach() for segment in self._segments.values() if segment.look())

    def all_of(self, folder: Path, interrupted: Callable[[], bool] = lambda: False) -> int:
        """File what is in the segments of a folder; returns how many instances got their row."""
        count = 0
        self._open(folder)
        for path, segment in list(self._segments.items()):
            while segment.look() and not interrupted():
                # Asked before reading: what an owner wrote before it went is seen then.
                abandoned = segment.abandoned()
                if batch := self._next(segment):
                    count += self._file(batch)
                    segment.advance()
                    continue
                if segment.ended:
                    segment.release(self._operations)
                elif abandoned and self._skip(segment, path):
                    continue
                elif abandoned:
                    self._forget(path)
                break
        return count

    def close(self) -> None:
        """Let go of files and connections."""
        for segment in self._segments.values():
            segment.close()
        self._found.close()
        self._spool.close()

    def _skip(self, segment: Segment, path: Path) -> bool:
        """Go on behind an entry that is not whole; tells whether there is anything behind it."""
        torn = segment.torn()
        if not segment.skip():
            return False
        logger.error("the journal holds an entry that is not whole: %s", path.name)
        # A power cut tears what nobody was told of. Behind it came others, though, and a disk that
        # damages what was safe looks the same: what is left is kept, and a person may compare.
        if torn is not None:
            self._set_aside(torn, "its entry in the journal is not whole")
        return True

    def _open(self, folder: Path) -> None:
        present = set(segments.segments(folder))
        for path in present - self._segments.keys():
            self._segments[path] = Segment(path)
        for path in self._segments.keys() - present:
            self._segments.pop(path).close()

    def _forget(self, path: Path) -> None:
        """Remove a segment whose owner has died: its end was never written."""
        self._operations.remove(path)
        self._operations.sync_folder(path.parent)
        self._segments.pop(path).close()

    @staticmethod
    def _next(segment: Segment) -> list[FoundEntry]:
        batch: list[FoundEntry] = []
        size = 0
        for entry in segment.entries():
            batch.append(entry)
            size += len(entry.content)
            if len(batch) >= _MOST_ENTRIES or size >= _MOST_BYTES:
                break
        return batch

    def _file(self, batch: Sequence[FoundEntry]) -> int:
        """Return when all have file and row; returns how many had none."""
        left = [self._left[entry.id] for entry in batch if entry.id in self._left]
        count = self._found.index(left)[0] if left else 0
        for entry in batch:
            self._left.pop(entry.id, None)
        with self._database.snapshot() as tx:
            known = instances.known_ids(tx, [entry.id for entry in batch])
        new = [entry for entry in batch if entry.id not in known]
        self._place([entry for entry in new if entry.id not in self._placed])
        found = [self._placed[entry.id] for entry in new if entry.id in self._placed]
        refused = self._found.record(found) if found else ()
        self._refuse(refused)
        for entry in batch:
            self._placed.pop(entry.id, None)
            self._refused.pop(entry.id, None)
        return count + len(found) - len(refused)

    def _refuse(self, refused: Sequence[StoredInstance]) -> None:
        """Tell of rows that the database does not take; their files stay, for the next start."""
        for instance in refused:
            self._refused[instance.id] = self._refused.get(instance.id, 0) + 1
        if any(self._refused[instance.id] < self._attempts for instance in refused):
            raise StorageUnavailableError("the database does not take a row")
        for instance in refused:
            self._found.tell_of_refusal(instance)

    def _place(self, batch: Sequence[FoundEntry]) -> None:
        """Give each a file under its final name."""
        for entry in batch:
            if entry.id in self._named:  # the disk failed before the name was safe
                self._operations.remove(self._named[entry.id])
                del self._named[entry.id]
        with contextlib.ExitStack() as stack:
            parts = [part for entry in batch for part in self._write(entry, stack)]
            if self._syncs:
                for _, _, handle in parts:
                    self._operations.sync(handle)
        shelves: dict[str, layout.Shelf] = {}
        placed = []
        try:
            for instance, part, _ in parts:
                shelf = self._shelves.take_in(part, instance.path, self._clock())
                shelves[shelf.folder] = shelf
                placed.append(replace(instance, path=f"{shelf.folder}/{instance.path}"))
                self._named[instance.id] = f"{self._data}/{shelf.folder}/{instance.path}"
            for shelf in shelves.values():
                self._shelves.sync(shelf)
        except OSError:
            # A second sync of a folder would report success whatever has become of the first.
            self._shelves.forget()
            raise
        for instance in placed:
            del self._named[instance.id]
        self._placed |= {instance.id: instance for instance in placed}

    def _write(
        self, entry: FoundEntry, stack: contextlib.ExitStack
    ) -> Iterator[tuple[StoredInstance, str, int]]:
        try:
            instance = instance_in_memory(entry.id, entry.content, f"{entry.id}{SUFFIX}")
        except StoredFileError as error:
            # It was whole and understood when it was written; whatever it is, it is kept.
            logger.error("an entry of the journal is set aside: %s", error)
            self._set_aside(entry, "not understood")
            return
        part = f"{self._spool.path}/{entry.id}.part"
        self._operations.remove(part)
        handle = self._operations.create(part)
        stack.callback(os.close, handle)
        write_all(self._operations, handle, (memoryview(entry.content),))
        if self._syncs:
            self._operations.start_writing(handle)
        yield instance, part, handle

    def _set_aside(self, entry: FoundEntry, reason: str) -> None:
        folder = self._data / layout.DAMAGED
        folder.mkdir(mode=0o750, exist_ok=True)
        path = folder / f"{entry.id}{SUFFIX}"
        path.write_bytes(entry.content)
        name = f"{layout.DAMAGED}/{path.name}"
        tell_of_damage(self._database, name, reason, now=self._clock())
