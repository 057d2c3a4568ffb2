"""Into the journal: the segments that a process fills, and the way there for its threads."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from photopeak.inbox.buffers import Buffers
from photopeak.inbox.files import FileOperations
from photopeak.inbox.group import GroupCommit
from photopeak.inbox.segments import (
    BLOCK_BYTES,
    END,
    ENTRY_BYTES,
    IN_USE,
    INSTANCE,
    SEGMENT_BYTES,
    Entry,
    claim,
    entry_header,
    made,
    segment_header,
    segments,
)
from photopeak.model.reception import StoreOutcome, StoreStatus

_NEXT_AT = SEGMENT_BYTES // 4
_PADDING = memoryview(bytes(BLOCK_BYTES))
_SUCCESS = StoreOutcome(status=StoreStatus.SUCCESS)


class Journal:
    """Takes instances; for one thread of one process at a time.

    Parameters
    ----------
    folder
        Folder of this host, see :func:`photopeak.inbox.segments.prepare`.
    capacity_bytes
        How much of the disk all processes of the host may use for it.
    syncs
        False leaves the syncs out: nothing is promised after a power cut.
    """

    def __init__(
        self, folder: Path, capacity_bytes: int, *, syncs: bool, operations: FileOperations
    ) -> None:
        self._folder = folder
        self._most_segments = max(1, capacity_bytes // SEGMENT_BYTES)
        self._syncs = syncs
        self._operations = operations
        self._handle = -1
        self._next = -1
        self._at = 0
        self._number = 0
        self._epoch = 0

    def append(self, entries: Sequence[Entry]) -> int:
        """Return how many of the entries, the first ones, are on the disk: there may be no more room.

        Raises
        ------
        OSError
            If the disk fails; some of the entries may be in the journal all the same.
        """
        count = 0
        while count < len(entries):
            if self._handle < 0 and not self._open():
                break
            room = SEGMENT_BYTES - BLOCK_BYTES - self._at
            taken = _fitting(entries[count:], room)
            if not taken:
                self._end()
                continue
            try:
                self._write(entries[count : count + taken])
                if self._syncs:
                    self._operations.sync_data(self._handle)
            except BaseException:
                # What the kernel could not write it has dropped: this segment is not used again.
                self.let_go()
                raise
            count += taken
        return count

    def close(self) -> None:
        """Let go of the segment; what is in it stays."""
        if self._handle >= 0:
            self._end()
        if self._next >= 0:
            os.close(self._next)
            self._next = -1

    @property
    def handle(self) -> int:
        """The open segment, to be synced."""
        return self._handle

    @property
    def wants_next(self) -> bool:
        """Whether it is time to prepare the next segment."""
        return self._next < 0 and self._at > _NEXT_AT

    def put(self, entries: Sequence[Entry]) -> int:
        """Write as many of the entries, the first ones, as fit into the open segment; no sync.

        Raises
        ------
        OSError
            If the disk fails; some of the entries may be in the journal all the same.
        """
        if self._handle < 0:
            return 0
        taken = _fitting(entries, SEGMENT_BYTES - BLOCK_BYTES - self._at)
        if taken:
            self._write(entries[:taken])
        return taken

    def _write(self, entries: Sequence[Entry]) -> None:
        views: list[memoryview] = []
        for entry in entries:
            content = len(entry.head) + len(entry.data_set)
            header = entry_header(INSTANCE, self._epoch, self._number, entry=entry)
            self._number += 1
            views += (
                memoryview(header + entry.head), entry.data_set,
                _PADDING[: entry.size - ENTRY_BYTES - content],
            )  # fmt: skip
        self._at += self._operations.write_views_at(self._handle, views, self._at)

    def _open(self) -> bool:
        """Take a free segment, or make one; False if there is neither one nor room for it."""
        return self.prepare() and self.turn()

    def prepare(self) -> bool:
        """Have a segment ready for :meth:`turn`; False if there is neither one nor room for it."""
        if self._next < 0:
            self._next = self._claimed()
        return self._next >= 0

    def turn(self) -> bool:
        """Go on in the segment that was prepared; False if there is none."""
        if self._handle >= 0:
            self._end()
        if self._next < 0:
            return False
        self._handle, self._next = self._next, -1
        self._epoch = secrets.randbits(63) + 1
        self._number = 0
        self._at = BLOCK_BYTES
        try:
            self._operations.write_at(self._handle, segment_header(IN_USE, self._epoch), 0)
        except OSError:
            self.let_go()
            raise
        return True

    def let_go(self) -> None:
        """Never write to the segment again; what is in it stays."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _claimed(self) -> int:
        found = sorted(segments(self._folder))
        for path in found:
            handle = claim(path)
            if handle is not None:
                return handle
        if len(found) >= self._most_segments:
            return -1
        return made(self._folder, self._operations)

    def _end(self) -> None:
        """Say that nothing follows in this segment."""
        header = entry_header(END, self._epoch, self._number)
        try:
            self._operations.write_at(self._handle, header, self._at)
        finally:
            self.let_go()


class JournalWay:
    """The way through the journal: memory for instances, and one write for all that wait.

    Parameters
    ----------
    journal
        The segments.
    begin, end
        Called around the time that a thread waits.
    stored, failed
        Called after a write with what became of it.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        begin: Callable[[], None],
        end: Callable[[], None],
        stored: Callable[[], None],
        failed: Callable[[OSError], StoreOutcome],
        wait_s: float,
    ) -> None:
        self.buffers = Buffers()
        self._journal = journal
        self._begin = begin
        self._end = end
        self._stored = stored
        self._failed = failed
        self._group: GroupCommit[Entry, StoreOutcome | None] = GroupCommit(
            self._write, wait_s=wait_s
        )

    def announce(self) -> None:
        """Count on an instance that is about to be kept."""
        self._group.announce()

    def withdraw(self) -> None:
        """No longer count on it."""
        self._group.withdraw()

    def keep(self, entry: Entry) -> StoreOutcome | None:
        """Make a complete instance durable; None when the journal has no room for it."""
        self._begin()
        try:
            return self._group.submit(entry)
        finally:
            self._end()

    def close(self) -> None:
        """Write that nothing follows."""
        self._journal.close()

    def _write(self, take: Callable[[], Sequence[Entry]]) -> Sequence[StoreOutcome | None]:
        batch = take()
        try:
            count = self._journal.append(batch)
        except OSError as error:
            return [self._failed(error)] * len(batch)
        self._stored()
        return [_SUCCESS] * count + [None] * (len(batch) - count)


def _fitting(entries: Sequence[Entry], room: int) -> int:
    """Return how many of the first entries fit."""
    for count, entry in enumerate(entries):
        room -= entry.size
        if room < 0:
            return count
    return len(entries)
