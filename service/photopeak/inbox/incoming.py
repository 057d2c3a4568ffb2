"""One instance on its way from the network to the disk."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from photopeak.inbox.clerk import Clerk, Done
from photopeak.inbox.files import FileOperations, write_all
from photopeak.inbox.identity import (
    MAXIMUM_ELEMENTS,
    DataSetError,
    Identity,
    LongWalkError,
    identify,
    identify_in_memory,
)
from photopeak.inbox.journal import JournalWay
from photopeak.inbox.segments import ENTRY_BYTES, Entry
from photopeak.inbox.stored_file import SUFFIX, FileHead, head_of, seal_of
from photopeak.model.identity import new_id
from photopeak.model.reception import Reception, StoredInstance, StoreOutcome, StoreStatus

logger = logging.getLogger(__name__)

_PART = ".part"

_NOTHING_HASHED = hashlib.sha256()
_SHORT_WALK = 2000
"""Most headers that are walked over where others wait meanwhile: a millisecond."""

BEGINNING_BYTES = 16_384
"""Most bytes of a data set that are kept in memory; its identity stands among them as a rule."""


@dataclass(frozen=True, slots=True)
class PendingInstance:
    """A complete instance whose file has neither been synced nor got its name."""

    instance: StoredInstance
    part: str
    handle: int


class Keeper(Protocol):
    """What an instance needs of its inbox."""

    operations: FileOperations
    spool: str
    strict: bool
    largest: int
    syncs: bool
    journal: JournalWay | None
    """None: every instance becomes a file at once."""
    clerk: Clerk | None
    """Whom threads that must not wait give their instances."""

    def announce(self) -> None:
        """Count on an instance that is about to be kept."""
        ...

    def withdraw(self) -> None:
        """No longer count on it."""
        ...

    def keep(self, pending: PendingInstance) -> StoreOutcome:
        """Make a complete instance durable; the handle of its file is closed on return."""
        ...

    def failed(self, error: OSError) -> StoreOutcome:
        """Note an error of the file system."""
        ...


class IncomingInstance:
    """Takes the data set piece by piece; nothing of it raises.

    The first error is remembered, what was written is removed at once, and :meth:`commit` returns
    what the error means for the sender.
    """

    __slots__ = (
        "_beginning", "_buffer", "_data_set_at", "_failure", "_handle", "_hash", "_head", "_journal", "_keeper", "_part",
        "_size", "id", "reception",
    )  # fmt: skip

    def __init__(
        self, keeper: Keeper, reception: Reception, refusal: StoreOutcome | None = None
    ) -> None:
        self.id = new_id()
        self.reception = reception
        self._keeper = keeper
        self._failure = refusal
        self._handle = -1
        self._head: FileHead | None = None
        self._part = ""
        self._hash = _NOTHING_HASHED
        self._size = 0
        self._beginning = b""
        self._buffer: memoryview | None = None
        self._data_set_at = 0
        self._journal = keeper.journal
        if refusal is None and self._journal is not None:
            self._buffer = self._journal.buffers.take()
            if self._buffer is not None:
                # In memory it stands as it will in the journal, and is not copied again.
                head = head_of(reception).content
                self._data_set_at = ENTRY_BYTES + len(head)
                self._buffer[ENTRY_BYTES : self._data_set_at] = head

    @property
    def failed(self) -> bool:
        """True when it is already certain that the instance will not be stored."""
        return self._failure is not None

    @property
    def size(self) -> int:
        """Bytes of the data set so far."""
        return self._size

    def write(self, view: bytes | bytearray | memoryview) -> None:
        """Take the next bytes of the data set."""
        self.writev((memoryview(view),))

    def waits(self, size: int) -> bool:
        """Tell whether so many bytes more would go to a file, or there is one already."""
        if self._failure is not None:
            return False
        return self._buffer is None or not self._has_room(self._buffer, size)

    def writev(self, views: Sequence[memoryview]) -> None:
        """Take the next bytes of the data set."""
        if self._failure is not None:
            return
        length = sum(map(len, views))
        if self._size + length > self._keeper.largest:
            self._end(_too_large(self._keeper.largest))
            return
        if self._buffer is not None:
            if self._has_room(self._buffer, length):
                at = self._data_set_at + self._size
                for view in views:
                    end = at + len(view)
                    self._buffer[at:end] = view
                    at = end
                self._size += length
                return
            if self._leave_buffer() is not None:
                return
        self._write_to_file(views, length)

    def discard(self) -> None:
        """Forget the instance and remove what was written; harmless after a commit."""
        self._end(self._failure or _DISCARDED)

    def commit(self) -> StoreOutcome:
        """Return when the instance is durable, or with the reason why it is not kept.

        Success means: its bytes are on the disk under a name that is found again, in the journal or
        as a file with its row.
        """
        if self._failure is not None:
            return self._failure
        if not self._size:
            return self._end(_EMPTY)
        if self._buffer is not None and self._journal is not None:
            outcome = self._commit_to_journal(self._journal, self._buffer)
            if outcome is not None:
                return outcome
            failure = self._leave_buffer()
            if failure is not None:
                return failure
        return self._commit_file()

    def commit_later(self, done: Done) -> bool:
        """Have the clerk make the instance durable; False if only :meth:`commit` can.

        `done` is called with the outcome, at once or when it is collected; with None if only
        :meth:`commit` can make it durable after all.
        """
        clerk = self._keeper.clerk
        if self._failure is not None:
            done(self._failure)
            return True
        if not self._size:
            done(self._end(_EMPTY))
            return True
        if self._buffer is None or clerk is None:
            return False
        try:
            entry = self._entry(self._buffer, most_elements=_SHORT_WALK)
        except LongWalkError:
            return False
        except DataSetError as error:
            done(self._end(StoreOutcome(status=error.status, comment=error.comment)))
            return True
        # Until then the memory is the clerk's, whoever discards the instance.
        buffer, self._buffer, self._failure = self._buffer, None, _DISCARDED

        def told(outcome: StoreOutcome | None) -> None:
            if outcome is None:
                self._buffer, self._failure = buffer, None
            else:
                self._give_back(buffer, self._size)
            done(outcome)

        clerk.keep(entry, told)
        return True

    def _has_room(self, buffer: memoryview, size: int) -> bool:
        return self._data_set_at + self._size + size <= len(buffer)

    def _entry(self, buffer: memoryview, *, most_elements: int = MAXIMUM_ELEMENTS) -> Entry:
        end = self._data_set_at + self._size
        found = identify_in_memory(
            buffer[self._data_set_at : end],
            transfer_syntax_uid=self.reception.transfer_syntax_uid,
            strict=self._keeper.strict,
            most_elements=most_elements,
        )
        self._compare(found)
        head_bytes = self._data_set_at - ENTRY_BYTES
        return Entry.within(self.id, buffer, head_bytes, end - ENTRY_BYTES)

    def _commit_to_journal(self, journal: JournalWay, buffer: memoryview) -> StoreOutcome | None:
        journal.announce()
        try:
            entry = self._entry(buffer)
        except DataSetError as error:
            journal.withdraw()
            return self._end(StoreOutcome(status=error.status, comment=error.comment))
        except BaseException:
            journal.withdraw()
            self.discard()
            raise
        outcome = journal.keep(entry)
        if outcome is not None:
            self._end(_DISCARDED)
        return outcome

    def _commit_file(self) -> StoreOutcome:
        head, keeper = self._head, self._keeper
        assert head is not None  # noqa: S101 - something was written
        keeper.announce()
        try:
            keeper.operations.write_at(
                self._handle, seal_of(self._hash.digest(), self._size), head.seal_at
            )
            if keeper.syncs:
                keeper.operations.start_writing(self._handle)
            instance = self._verified(head)
        except DataSetError as error:
            keeper.withdraw()
            return self._end(StoreOutcome(status=error.status, comment=error.comment))
        except OSError as error:
            keeper.withdraw()
            return self._end(self._outcome_of(error))
        except BaseException:
            keeper.withdraw()
            self.discard()
            raise
        pending = PendingInstance(instance, self._part, self._handle)
        self._handle = -1
        self._failure = _DISCARDED
        return keeper.keep(pending)

    def _leave_buffer(self) -> StoreOutcome | None:
        """Go on with a file, of which memory holds the first part; returns why if that fails."""
        buffer, size = self._buffer, self._size
        assert buffer is not None  # noqa: S101 - asked by the caller
        self._buffer, self._size = None, 0
        try:
            self._write_to_file((buffer[self._data_set_at : self._data_set_at + size],), size)
        finally:
            self._give_back(buffer, size)
        return self._failure

    def _give_back(self, buffer: memoryview, used: int) -> None:
        if self._journal is not None:
            self._journal.buffers.give_back(buffer, used)

    def _write_to_file(self, views: Sequence[memoryview], length: int) -> None:
        operations = self._keeper.operations
        try:
            if self._head is None:
                self._head = head_of(self.reception)
                self._hash = hashlib.sha256()
                self._part = f"{self._keeper.spool}/{self.id}{_PART}"
                self._handle = operations.create(self._part)
                self._beginning = bytes(views[0][:BEGINNING_BYTES]) if views else b""
                write_all(operations, self._handle, (self._head.content, *views))
            else:
                write_all(operations, self._handle, views)
        except OSError as error:
            self._end(self._outcome_of(error))
            return
        self._size += length
        for view in views:
            self._hash.update(view)

    def _verified(self, head: FileHead) -> StoredInstance:
        """Compare the data set with what was announced."""
        found = identify(
            self._handle,
            len(head.content),
            self._size,
            transfer_syntax_uid=self.reception.transfer_syntax_uid,
            strict=self._keeper.strict,
            beginning=self._beginning,
        )
        self._compare(found)
        return StoredInstance(
            id=self.id,
            reception=self.reception,
            study_instance_uid=found.study_instance_uid,
            series_instance_uid=found.series_instance_uid,
            sha256=self._hash.hexdigest(),
            size=self._size,
            path=f"{self.id}{SUFFIX}",
        )

    def _compare(self, found: Identity) -> None:
        if found.sop_instance_uid != self.reception.sop_instance_uid:
            raise DataSetError(
                StoreStatus.DATA_SET_MISMATCH, "SOP Instance UID of data set and command differ"
            )
        if found.sop_class_uid != self.reception.sop_class_uid:
            raise DataSetError(
                StoreStatus.DATA_SET_MISMATCH, "SOP Class UID of data set and command differ"
            )

    def _outcome_of(self, error: OSError) -> StoreOutcome:
        if error.errno == errno.EFBIG:  # a limit for one file, not a fault of the storage
            return _too_large(self._size)
        return self._keeper.failed(error)

    def _end(self, outcome: StoreOutcome) -> StoreOutcome:
        """Remember the outcome and leave nothing behind."""
        self._failure = outcome
        if self._buffer is not None:
            buffer, self._buffer = self._buffer, None
            self._give_back(buffer, self._size)
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
            try:
                self._keeper.operations.remove(self._part)
            except OSError as error:
                logger.warning("%s could not be removed: %s", self._part, error.strerror)
        return outcome


_EMPTY = StoreOutcome(status=StoreStatus.CANNOT_UNDERSTAND, comment="the data set is empty")
_DISCARDED = StoreOutcome(status=StoreStatus.OUT_OF_RESOURCES, comment="the instance was given up")


def _too_large(limit: int) -> StoreOutcome:
    return StoreOutcome(
        status=StoreStatus.OUT_OF_RESOURCES,
        comment=f"the instance is larger than {limit} bytes",
    )
