"""One instance on its way from the network to the disk."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from photopeak.inbox.files import FileOperations, write_all
from photopeak.inbox.identity import DataSetError, identify
from photopeak.inbox.stored_file import SUFFIX, FileHead, head_of, seal_of
from photopeak.model.identity import new_id
from photopeak.model.reception import Reception, StoredInstance, StoreOutcome, StoreStatus

logger = logging.getLogger(__name__)

_PART = ".part"

BEGINNING_BYTES = 16_384
"""Most bytes of a data set that are kept in memory; its identity stands among them as a rule."""


@dataclass(frozen=True, slots=True)
class PendingInstance:
    """A complete instance whose file has neither been synced nor got its name.

    Without a SHA-256 in `instance` its file has no seal either.
    """

    instance: StoredInstance
    part: str
    handle: int


class Keeper(Protocol):
    """What an instance needs of its inbox."""

    operations: FileOperations
    spool: str
    strict: bool
    largest: int
    hash_later: bool
    syncs: bool

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
        "_beginning", "_failure", "_handle", "_hash", "_head", "_keeper", "_part", "_size", "id", "reception",
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
        self._part = f"{keeper.spool}/{self.id}{_PART}"
        self._hash = None if keeper.hash_later else hashlib.sha256()
        self._size = 0
        self._beginning = b""

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

    def writev(self, views: Sequence[memoryview]) -> None:
        """Take the next bytes of the data set."""
        if self._failure is not None:
            return
        length = sum(view.nbytes for view in views)
        if self._size + length > self._keeper.largest:
            self._end(_too_large(self._keeper.largest))
            return
        try:
            if self._head is None:
                self._open()
                self._beginning = bytes(views[0][:BEGINNING_BYTES]) if views else b""
                write_all(self._keeper.operations, self._handle, (self._head.content, *views))  # type: ignore[attr-defined]
            else:
                write_all(self._keeper.operations, self._handle, views)
        except OSError as error:
            self._end(self._outcome_of(error))
            return
        self._size += length
        if self._hash is not None:
            for view in views:
                self._hash.update(view)

    def discard(self) -> None:
        """Forget the instance and remove what was written; harmless after a commit."""
        self._end(self._failure or _DISCARDED)

    def commit(self) -> StoreOutcome:
        """Return when the instance is durable, or with the reason why it is not kept.

        Success means: the file, its name and its row are on the disk.
        """
        failure, head = self._failure, self._head
        if failure is not None:
            return failure
        if head is None or self._handle < 0:
            self._end(_EMPTY)
            return _EMPTY
        self._keeper.announce()
        try:
            if self._hash is not None:
                self._keeper.operations.write_at(
                    self._handle, seal_of(self._hash.digest(), self._size), head.seal_at
                )
            if self._keeper.syncs:
                self._keeper.operations.start_writing(self._handle)
            instance = self._verified()
        except DataSetError as error:
            self._keeper.withdraw()
            return self._end(StoreOutcome(status=error.status, comment=error.comment))
        except OSError as error:
            self._keeper.withdraw()
            return self._end(self._outcome_of(error))
        except BaseException:
            self._keeper.withdraw()
            self.discard()
            raise
        pending = PendingInstance(instance, self._part, self._handle)
        self._handle = -1
        self._failure = _DISCARDED
        return self._keeper.keep(pending)

    def _open(self) -> None:
        self._head = head_of(self.reception)
        self._handle = self._keeper.operations.create(self._part)

    def _verified(self) -> StoredInstance:
        """Compare the data set with what was announced."""
        reception = self.reception
        assert self._head is not None  # noqa: S101 - commit has looked
        found = identify(
            self._handle,
            len(self._head.content),
            self._size,
            transfer_syntax_uid=reception.transfer_syntax_uid,
            strict=self._keeper.strict,
            beginning=self._beginning,
        )
        if found.sop_instance_uid != reception.sop_instance_uid:
            raise DataSetError(
                StoreStatus.DATA_SET_MISMATCH, "SOP Instance UID of data set and command differ"
            )
        if found.sop_class_uid != reception.sop_class_uid:
            raise DataSetError(
                StoreStatus.DATA_SET_MISMATCH, "SOP Class UID of data set and command differ"
            )
        return StoredInstance(
            id=self.id,
            reception=reception,
            study_instance_uid=found.study_instance_uid,
            series_instance_uid=found.series_instance_uid,
            sha256=self._hash.hexdigest() if self._hash is not None else "",
            size=self._size,
            path=f"{self.id}{SUFFIX}",
        )

    def _outcome_of(self, error: OSError) -> StoreOutcome:
        if error.errno == errno.EFBIG:  # a limit for one file, not a fault of the storage
            return _too_large(self._size)
        return self._keeper.failed(error)

    def _end(self, outcome: StoreOutcome) -> StoreOutcome:
        """Remember the outcome and leave nothing behind."""
        self._failure = outcome
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
