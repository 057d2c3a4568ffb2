"""The inbox of one process: instances go in from many threads, and come to rest durably.

There are two ways. Where a registrar is at work (the receiving processes), instances up to a few MB
are collected in memory and written to the journal, one write and one sync for all that wait; the
registrar makes files and rows of them. Everything else, and everything while the journal has no
room, becomes a file and a row at once.

The order of the steps of that second way, each complete before the next: write the file under a temporary name, walk
over it (while the kernel begins to write it to the disk), sync the file, give it its final name, sync the folder, commit the row, answer. Each thread
writes and walks over its own instance; the steps that wait for the disk are then taken by one of the
waiting threads for all of them (:mod:`photopeak.inbox.group`), so that a batch costs one sync of the
folder and one transaction, and the journal of the file system is asked once for all its files.
"""

from __future__ import annotations

import logging
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from photopeak.inbox import layout, segments
from photopeak.inbox.clerk import Clerk
from photopeak.inbox.files import FileOperations
from photopeak.inbox.group import GroupCommit
from photopeak.inbox.health import Health, InboxHealth, StorageState, state_of
from photopeak.inbox.incoming import IncomingInstance, PendingInstance
from photopeak.inbox.journal import Journal, JournalWay
from photopeak.inbox.recorder import Recorder, refused
from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.identity import is_uid
from photopeak.model.reception import Reception, StoredInstance, StoreOutcome, StoreStatus
from photopeak.settings import Durability, InboxSettings
from photopeak.storage import alerts
from photopeak.storage.database import Database

logger = logging.getLogger(__name__)

STORAGE_ALERTS = "storage "
"""Beginning of the keys of alerts about the storage of a host."""

_FLOOR_CHECK_S = 0.2
_TRIAL_S = 5.0
_INVALID = StoreOutcome(
    status=StoreStatus.INVALID_INSTANCE, comment="the SOP Instance UID is not valid"
)
_CLOSED = StoreOutcome(
    status=StoreStatus.OUT_OF_RESOURCES, comment="the service is ending, try again later"
)


def storage_alert_key() -> str:
    """Return the key of the alert about the storage of this host."""
    return f"{STORAGE_ALERTS}{platform.node()}"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class QuickWay:
    """The way into an inbox for one thread that never waits."""

    def __init__(self, inbox: Inbox, clerk: Clerk) -> None:
        self._inbox = inbox
        self._clerk = clerk
        self.fileno = clerk.fileno
        self.flush = clerk.flush
        self.collect = clerk.collect

    def begin(self, reception: Reception) -> IncomingInstance:
        """Take an instance in; its data set is written to what is returned."""
        return self._inbox.begin_unseen(reception, self._clerk)


class Inbox:
    """Takes instances; usable from many threads of one process, and from several processes.

    Parameters
    ----------
    settings, data, database
        How durable; the data folder; the rows.
    maximum_instance_bytes
        Larger data sets are refused.
    strict_data_set
        Follow the lengths of all elements before success, not only to the identifying ones.

    Raises
    ------
    DataFolderError
        If the data folder cannot be used.
    """

    def __init__(
        self,
        settings: InboxSettings,
        data: Path,
        database: Database,
        *,
        maximum_instance_bytes: int = 536_870_912,
        strict_data_set: bool = True,
        clock: Callable[[], datetime] = _utc_now,
        operations: FileOperations | None = None,
    ) -> None:
        self.operations = operations or FileOperations()
        layout.prepare(data, self.operations)
        token = f"{os.getpid():x}-{secrets.token_hex(4)}"
        self._spool = layout.Spool(data, token)
        self.spool = str(self._spool.path)
        self.syncs = settings.durability is not Durability.NONE
        self.strict = strict_data_set
        self.largest = maximum_instance_bytes
        self._settings = settings
        self._data = str(data)
        self._database = database
        self._clock = clock
        self._health = Health(clock=clock, on_change=self._tell)
        self._shelves = layout.Shelves(
            data, layout.STORE, token, self.operations, settings.durability
        )
        self._recorder = Recorder(
            data,
            database,
            operations=self.operations,
            conflicts=layout.Shelves(
                data, layout.CONFLICT, token, self.operations, settings.durability
            ),
            health=self._health,
            clock=clock,
        )
        self.journal: JournalWay | None = None
        self.clerk: Clerk | None = None
        self._journal: Callable[[bool], Journal] | None = None
        self._files: GroupCommit[PendingInstance, StoreOutcome] = GroupCommit(
            self._make_durable, wait_s=settings.group_commit_wait_ms / 1000.0
        )
        self._trying = threading.Lock()
        self._work_lock = threading.Lock()
        self._idle = threading.Condition(self._work_lock)
        self._busy = 0
        self._closed = False
        self._looked_at = -1.0
        self._refusal: StoreOutcome | None = None

    def begin(self, reception: Reception) -> IncomingInstance:
        """Take an instance in; its data set is written to what is returned."""
        if not is_uid(reception.sop_instance_uid):
            return IncomingInstance(self, reception, _INVALID)
        return IncomingInstance(self, reception, self.accepting())

    def accepting(self) -> StoreOutcome | None:
        """Return why nothing can be stored at present, None when all is well.

        Cheap enough to ask before each association.
        """
        if self._closed:
            return _CLOSED
        now = time.monotonic()
        if self._looked_at >= 0.0 and now - self._looked_at < _FLOOR_CHECK_S:
            return self._refusal
        self._looked_at = now
        self._refusal = self._look()
        return self._refusal

    def trial(self) -> StoreOutcome | None:
        """Write a little and have it synced; returns why that cannot be done, None when it can.

        A file system that has given up need not say so before it is asked to write. A disk that
        never answers holds one of those who ask; the others are told.
        """
        if not self._trying.acquire(timeout=_TRIAL_S):
            return refused(StorageState.BROKEN)
        try:
            self.operations.try_out(self.spool)
        except OSError as error:
            return refused(state_of(error))
        finally:
            self._trying.release()
        return None

    def quick(self) -> QuickWay | None:
        """Return the way for a thread that never waits, None if there is none."""
        if self.clerk is not None:
            return QuickWay(self, self.clerk)
        if self._journal is None:
            return None
        try:
            self.clerk = Clerk(
                self._journal(self.syncs),
                self.operations,
                syncs=self.syncs,
                look=self.accepting,
                troubled=lambda: self._health.troubled,
                stored=self._health.stored,
                failed=self.failed,
                begin=self._begin_work,
                end=self._end_work,
            )
        except OSError as error:
            logger.warning("instances are received by threads: %s", error.strerror)
            return None
        return QuickWay(self, self.clerk)

    def begin_unseen(self, reception: Reception, clerk: Clerk) -> IncomingInstance:
        """Take an instance in on the strength of the last look at the disk; called by the quick way."""
        if not is_uid(reception.sop_instance_uid):
            return IncomingInstance(self, reception, _INVALID)
        if self._closed:
            return IncomingInstance(self, reception, _CLOSED)
        if time.monotonic() - self._looked_at >= _FLOOR_CHECK_S:
            clerk.look_soon()
        return IncomingInstance(self, reception, self._refusal)

    def health(self) -> InboxHealth:
        """Return whether instances can be kept, since when, and why not."""
        self.accepting()
        return self._health.now

    def close(self, timeout_s: float = 10.0) -> None:
        """Take nothing more, wait for what is being made durable, and let go."""
        if self._closed:
            return
        self._closed = True
        with self._idle:
            if not self._idle.wait_for(lambda: self._busy == 0, timeout_s):
                logger.warning("%d instances were not durable in time", self._busy)
                return
        self._recorder.close()
        if self.clerk is not None:
            self.clerk.close()
        if self.journal is not None:
            self.journal.close()
        self._spool.close()

    def use_journal(self) -> None:
        """Write to the journal from now on: a registrar is at work on this host."""
        capacity = self._settings.journal_bytes
        if not capacity or self._settings.durability is Durability.STRICT:
            return
        folder = segments.prepare(Path(self._data), platform.node(), self.operations)
        if not segments.can_lock(folder):
            logger.warning("%s has no file locks, so there is no journal", folder)
            return
        self._journal = lambda direct: Journal(
            folder, capacity, syncs=self.syncs, operations=self.operations, direct=direct
        )
        self.journal = JournalWay(
            self._journal(False),
            begin=self._begin_work,
            end=self._end_work,
            stored=self._health.stored,
            failed=self.failed,
            wait_s=self._settings.group_commit_wait_ms / 1000.0,
        )

    def announce(self) -> None:
        """Count on an instance that is about to be kept; called by the instance."""
        self._files.announce()

    def withdraw(self) -> None:
        """No longer count on it; called by the instance."""
        self._files.withdraw()

    def keep(self, pending: PendingInstance) -> StoreOutcome:
        """Make a complete instance durable; called by the instance."""
        self._begin_work()
        try:
            return self._files.submit(pending)
        finally:
            os.close(pending.handle)
            self._end_work()

    def _begin_work(self, count: int = 1) -> None:
        """Have the end of the inbox wait for so many instances."""
        with self._work_lock:
            self._busy += count

    def _end_work(self, count: int = 1) -> None:
        with self._work_lock:
            self._busy -= count
            if self._closed and not self._busy:
                self._idle.notify_all()

    def failed(self, error: OSError) -> StoreOutcome:
        """Note an error of the file system and return what it means for its instance."""
        return self._recorder.failed(error)

    def _make_durable(self, take: Callable[[], Sequence[PendingInstance]]) -> list[StoreOutcome]:
        """Sync, name and record all that wait."""
        batch = take()
        failures: dict[str, StoreOutcome] = {}
        written = [p for p in batch if self._sync_file(p, failures)] if self.syncs else batch
        named = self._name_all(written, failures)
        recorded = iter(self._recorder.record(lambda: named) if named else ())
        return [failures.get(p.instance.id) or next(recorded) for p in batch]

    def _sync_file(self, pending: PendingInstance, failures: dict[str, StoreOutcome]) -> bool:
        try:
            self.operations.sync(pending.handle)
        except OSError as error:
            self._remove(pending.part)
            failures[pending.instance.id] = self.failed(error)
            return False
        return True

    def _name_all(
        self, batch: Sequence[PendingInstance], failures: dict[str, StoreOutcome]
    ) -> list[StoredInstance]:
        """Return those whose names are on the disk."""
        named: list[StoredInstance] = []
        shelves: dict[str, layout.Shelf] = {}
        at = self._clock()
        for pending in batch:
            instance = pending.instance
            try:
                shelf = self._shelves.take_in(pending.part, instance.path, at)
            except OSError as error:
                self._remove(pending.part)
                failures[instance.id] = self.failed(error)
                continue
            shelves[shelf.folder] = shelf
            named.append(replace(instance, path=f"{shelf.folder}/{instance.path}"))
        try:
            for shelf in shelves.values():
                self._shelves.sync(shelf)
        except OSError as error:
            for instance in named:
                self._remove(f"{self._data}/{instance.path}")
                failures[instance.id] = self.failed(error)
            return []
        return named

    def _remove(self, path: str) -> None:
        try:
            self.operations.remove(path)
        except OSError as error:
            logger.warning("%s could not be removed: %s", path, error.strerror)

    def _look(self) -> StoreOutcome | None:
        """Look at the free space, with a margin before a low one counts as enough again."""
        floor = self._settings.free_space_floor_bytes
        self._health.remind()
        try:
            free, read_only = self.operations.free(self.spool)
        except OSError as error:
            return self.failed(error)
        if read_only:
            self._health.failed(StorageState.READ_ONLY, "the file system is read-only")
            return refused(StorageState.READ_ONLY)
        low = self._refusal is not None
        if free < floor * (1.05 if low else 1.0):
            self._health.failed(
                StorageState.LOW, f"{free} bytes are free, the floor is {floor} bytes"
            )
            return refused(StorageState.LOW)
        if low:
            self._health.stored()
        return None

    def _tell(self, health: InboxHealth) -> None:
        """Raise or close the alert about the storage of this host."""
        if health.state is StorageState.NO_DATABASE:
            return
        with self._database.transaction() as tx:
            if health.good:
                alerts.close(tx, storage_alert_key(), now=health.since)
                return
            alerts.raise_alert(
                tx,
                Alert(
                    key=storage_alert_key(),
                    severity=AlertSeverity.CRITICAL,
                    title="Instances cannot be stored",
                    message=f"{platform.node()}: {health.message}. Senders are told to try again.",
                ),
                now=health.since,
            )
