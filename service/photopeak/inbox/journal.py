"""Into the journal: the segments that a process fills, and the way there for its threads."""

from __future__ import annotations

import errno
import mmap
import os
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from photopeak.inbox.buffers import Buffers
from photopeak.inbox.files import FileOperations
from photopeak.inbox.group import GroupCommit
from photopeak.inbox.kernel_sync import MOST_VIEWS, KernelSync
from photopeak.inbox.segments import (
    BLOCK_BYTES,
    END,
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
_NOT_DIRECT = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM)
_SUCCESS = StoreOutcome(status=StoreStatus.SUCCESS)


@dataclass(slots=True)
class _Use:
    """A segment that we fill: where the next entry goes, and its number."""

    handle: int
    epoch: int
    direct: bool
    at: int = BLOCK_BYTES
    number: int = 0


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
    direct
        Where that can be, what is put goes past the memory of the kernel; not for :meth:`append`.
    """

    def __init__(
        self,
        folder: Path,
        capacity_bytes: int,
        *,
        syncs: bool,
        operations: FileOperations,
        direct: bool = False,
    ) -> None:
        self._folder = folder
        self._most_segments = max(1, capacity_bytes // SEGMENT_BYTES)
        self._syncs = syncs
        self._operations = operations
        self._tries_direct = direct
        self._use: _Use | None = None
        self._next: _Use | None = None
        self._left: deque[_Use] = deque()
        self._laid: list[memoryview] = []
        self._laid_at = 0

    def append(self, entries: Sequence[Entry]) -> int:
        """Return how many of the entries, the first ones, are on the disk: there may be no more room.

        Raises
        ------
        OSError
            If the disk fails; some of the entries may be in the journal all the same.
        """
        count = 0
        while count < len(entries):
            if self._use is None and not (self.prepare() and self.turn()):
                break
            try:
                taken = self.put(entries[count:])
                if taken and self._syncs and self._use is not None:
                    self._operations.sync_data(self._use.handle)
            except BaseException:
                # What the kernel could not write it has dropped: this segment is not used again.
                self.let_go()
                raise
            if not taken:
                self._end()
            count += taken
        return count

    def close(self) -> None:
        """Let go of the segments; what is in them stays."""
        self._end()
        following, self._next = self._next, None
        if following is not None and following.direct:
            self._left.append(following)
        elif following is not None:
            os.close(following.handle)
        self.tidy()

    @property
    def direct(self) -> bool:
        """Whether what is put into the open segment goes past the memory of the kernel."""
        return self._use is not None and self._use.direct

    @property
    def wants_next(self) -> bool:
        """Whether it is time to prepare the next segment."""
        return self._next is None and self._use is not None and self._use.at > _NEXT_AT

    def put(self, entries: Sequence[Entry]) -> int:
        """Write as many of the entries, the first ones, as fit into the open segment; no sync.

        Direct writes are only laid out, and begin with :meth:`begin`.

        Raises
        ------
        OSError
            If the disk fails; some of the entries may be in the journal all the same.
        """
        use = self._use
        if use is None:
            return 0
        room = SEGMENT_BYTES - BLOCK_BYTES - use.at
        taken = _fitting(entries[: MOST_VIEWS - len(self._laid)], room)
        if not taken:
            return 0
        views = []
        for entry in entries[:taken]:
            header = entry_header(INSTANCE, use.epoch, use.number, entry=entry)
            entry.block[: len(header)] = header
            views.append(entry.block)
            use.number += 1
        at = use.at
        use.at += sum(map(len, views))
        if not use.direct:
            self._operations.write_views_at(use.handle, views, at)
            return taken
        if not self._laid:
            self._laid_at = at
        self._laid += views
        return taken

    def begin(self, kernel: KernelSync) -> None:
        """Have the kernel make durable what was put; the entries have to stay until it has.

        Raises
        ------
        OSError
            If it does not begin.
        """
        use = self._use
        assert use is not None  # noqa: S101 - something was put
        if not use.direct:
            kernel.start(use.handle)
            os.sched_yield()  # the kernel's worker is on our processor: let it begin at once
            return
        views, self._laid = self._laid, []
        kernel.write(use.handle, views, self._laid_at)

    def prepare(self) -> bool:
        """Have a segment ready for :meth:`turn`; False if there is neither one nor room for it."""
        if self._next is None:
            handle = self._claimed()
            if handle >= 0:
                self._next = self._prepared(handle)
        return self._next is not None

    def turn(self) -> bool:
        """Go on in the segment that was prepared; False if there is none."""
        self._end()
        self._use, self._next = self._next, None
        use = self._use
        if use is None:
            return False
        if not use.direct:
            try:
                self._operations.write_at(use.handle, segment_header(IN_USE, use.epoch), 0)
            except OSError:
                self.let_go()
                raise
        return True

    def tidy(self) -> None:
        """Say of the segments that were left that nothing follows there; this may wait."""
        while self._left:
            use = self._left.popleft()
            try:
                end = _block(entry_header(END, use.epoch, use.number))
                self._operations.write_block(use.handle, end, use.at)
            finally:
                os.close(use.handle)

    def let_go(self) -> None:
        """Never write to the segment again; what is in it stays."""
        self._laid = []
        use, self._use = self._use, None
        if use is not None:
            os.close(use.handle)

    def refuses(self, error: OSError) -> bool:
        """Tell whether an error of a direct write means that there are none here; it tries no more."""
        if error.errno not in _NOT_DIRECT:
            return False
        self._tries_direct = False
        return True

    def _claimed(self) -> int:
        found = sorted(segments(self._folder))
        for path in found:
            handle = claim(path)
            if handle is not None:
                return handle
        if len(found) >= self._most_segments:
            return -1
        return made(self._folder, self._operations)

    def _prepared(self, handle: int) -> _Use:
        """Return a segment ready for use; direct writes find it marked as in use on the disk."""
        use = _Use(handle, epoch=secrets.randbits(63) + 1, direct=False)
        try:
            if self._tries_direct and self._operations.go_direct(handle):
                try:
                    header = _block(segment_header(IN_USE, use.epoch))
                    self._operations.write_block(handle, header, 0)
                    use.direct = True
                except OSError as error:
                    if not self.refuses(error):
                        raise
                    self._operations.go_through_memory(handle)
        except BaseException:
            os.close(handle)
            raise
        return use

    def _end(self) -> None:
        """Leave the open segment, and say that nothing follows in it, or have :meth:`tidy` say so."""
        use = self._use
        if use is None:
            return
        if use.direct:
            self._use = None
            self._left.append(use)
            return
        header = entry_header(END, use.epoch, use.number)
        try:
            self._operations.write_at(use.handle, header, use.at)
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
        room -= len(entry.block)
        if room < 0:
            return count
    return len(entries)


def _block(content: bytes) -> memoryview:
    """Return a block that begins with this content, where a direct write can read it."""
    block = mmap.mmap(-1, BLOCK_BYTES)
    block[: len(content)] = content
    return memoryview(block)
