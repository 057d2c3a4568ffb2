"""Into the journal for one thread that serves many senders and waits for nobody.

Instances that come together are written together, and the thread goes on meanwhile: the kernel
raises a signal when they are on the disk. On ext4 and XFS the disk reads them where they were
received, in one write that is synced; what comes meanwhile waits for the next one. Elsewhere they
are copied into the memory of the kernel at once, which then syncs the segment. There is one write
or sync at a time: an error of the disk is told to one of those who ask, and then all that were
under way in the segment count as lost. A new segment, the end of an old one, the free space and the
state of the storage, which may have to wait for a disk or a database, are left to a thread of their
own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from photopeak.inbox.files import FileOperations
from photopeak.inbox.journal import Journal
from photopeak.inbox.segments import Entry
from photopeak.model.reception import StoreOutcome, StoreStatus

logger = logging.getLogger(__name__)

Done: TypeAlias = Callable[[StoreOutcome | None], None]
_Work: TypeAlias = list[tuple[Entry, Done]]

_SUCCESS = StoreOutcome(status=StoreStatus.SUCCESS)
_INTERNAL_ERROR = StoreOutcome(
    status=StoreStatus.OUT_OF_RESOURCES, comment="internal error, see the log of the service"
)


class Clerk:
    """Makes entries durable; for one thread, to which `fileno` tells when to collect.

    Parameters
    ----------
    journal
        Segments of its own.
    operations
        Syncs.
    syncs
        False: an entry is through as soon as it is written.
    look, troubled, stored, failed
        Look at the free space; tell whether success is worth a note; note it; note an error and
        return what it means. All but `troubled` may wait.
    begin, end
        Called when so many entries are on their way, and when they are through.

    Raises
    ------
    OSError
        If the kernel does not sync while others go on.
    """

    def __init__(
        self,
        journal: Journal,
        operations: FileOperations,
        *,
        syncs: bool,
        look: Callable[[], object],
        troubled: Callable[[], bool],
        stored: Callable[[], None],
        failed: Callable[[OSError], StoreOutcome],
        begin: Callable[[int], None],
        end: Callable[[int], None],
    ) -> None:
        self._journal = journal
        self._look = look
        self._troubled = troubled
        self._stored = stored
        self._failed = failed
        self._begin = begin
        self._end = end
        self._signal = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        try:
            self._kernel = operations.background_sync(self._signal) if syncs else None
        except OSError:
            os.close(self._signal)
            raise
        self._coming: _Work = []
        self._written: _Work = []
        self._syncing: _Work = []
        self._looking = False
        self._preparing = False
        self._early = True
        self._full = False
        self._questions: queue.SimpleQueue[tuple[Callable[[], Any], Callable[[Any], None]] | None]
        self._questions = queue.SimpleQueue()
        self._answers: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._helper = threading.Thread(target=self._help, daemon=True, name="clerk")
        self._helper.start()

    def fileno(self) -> int:
        """Return a descriptor that is readable as soon as there is something to collect."""
        return self._signal

    def keep(self, entry: Entry, done: Done) -> None:
        """Have an entry made durable with the next flush.

        `done` gets the outcome, from :meth:`flush` or :meth:`collect`; None if there is no room.
        """
        self._begin(1)
        self._coming.append((entry, done))

    def look_soon(self) -> None:
        """Have somebody look at the free space."""
        if not self._looking:
            self._looking = True
            self._ask(self._look_once, _nothing)

    def flush(self) -> None:
        """Have made durable what was kept since the last call."""
        if self._coming:
            self._put()

    def collect(self) -> None:
        """Call back for what has become durable."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._signal)
        while self._answers:
            take, answer = self._answers.popleft()
            take(answer)
        if self._syncing and self._kernel is not None:
            try:
                done = self._kernel.finish()
            except OSError as error:
                work, self._syncing = self._syncing + self._written, []
                self._lose(work, error)
            else:
                if done:
                    work, self._syncing = self._syncing, []
                    self._through(work)
        self._put()

    def close(self) -> None:
        """Let go; nothing is on its way."""
        self._questions.put(None)
        self._helper.join()
        self._journal.close()
        if self._kernel is not None:
            self._kernel.close()
        os.close(self._signal)

    def _put(self) -> None:
        """Write what has come, and have it synced."""
        while self._coming and not (self._syncing and self._journal.direct):
            try:
                count = self._journal.put([entry for entry, _ in self._coming])
                if count:
                    self._written += self._coming[:count]
                    del self._coming[:count]
                # A segment is left only when all of it is on the disk.
                elif self._written or self._syncing or not self._journal.turn():
                    break
                else:
                    self._early = True
                    self._ask(self._journal.tidy, _nothing)
            except OSError as error:
                work, self._coming = self._written + self._coming, []
                self._lose(work, error)
        if self._coming and self._full:
            work, self._coming, self._full = self._coming, [], False
            self._tell(work, None)
        stuck = self._coming and not self._written and not self._syncing
        if not self._preparing and (stuck or (self._early and self._journal.wants_next)):
            self._preparing = True
            self._ask(self._journal.prepare, self._prepared)
        self._sync()

    def _sync(self) -> None:
        if self._kernel is None:
            work, self._written = self._written, []
            self._through(work)
        elif self._written and not self._syncing:
            self._syncing, self._written = self._written, []
            try:
                self._journal.begin(self._kernel)
            except OSError as error:
                work, self._syncing = self._syncing, []
                self._lose(work, error)

    def _prepared(self, able: bool | OSError) -> None:
        self._preparing = False
        self._early = able is True
        self._full = able is False
        if isinstance(able, OSError) and self._coming:
            work, self._coming = self._coming, []
            self._refuse(work, able)

    def _through(self, work: _Work) -> None:
        if not work:
            return
        if self._troubled():
            self._ask(self._stored, _nothing)
        self._tell(work, _SUCCESS)

    def _lose(self, work: _Work, error: OSError) -> None:
        """Give up what may not have come to rest, and its segment: the kernel has dropped it."""
        again = self._journal.direct and self._journal.refuses(error)
        self._journal.let_go()
        self._written = []
        if again:  # they go the other way
            self._coming = work + self._coming
            self._put()
        else:
            self._refuse(work, error)

    def _refuse(self, work: _Work, error: OSError) -> None:
        self._ask(lambda: self._failed(error), lambda outcome: self._tell(work, outcome))

    def _tell(self, work: _Work, outcome: StoreOutcome | OSError | None) -> None:
        if isinstance(outcome, OSError):
            outcome = _INTERNAL_ERROR
        for _, done in work:
            done(outcome)
        self._end(len(work))

    def _ask(self, question: Callable[[], Any], take: Callable[[Any], None]) -> None:
        self._questions.put((question, take))

    def _look_once(self) -> None:
        try:
            self._look()
        finally:
            self._looking = False

    def _help(self) -> None:
        while (asked := self._questions.get()) is not None:
            question, take = asked
            try:
                answer = question()
            except OSError as error:
                answer = error
            except Exception as error:
                logger.exception("the journal has failed")
                answer = OSError(str(error))
            self._answers.append((take, answer))
            os.eventfd_write(self._signal, 1)


def _nothing(_: object) -> None:
    """Take an answer that nobody needs."""
