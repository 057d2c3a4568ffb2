"""From files under their final names to rows: the last step before a sender hears success.

A batch of instances costs one transaction. Whatever fails leaves neither file nor row; where nobody
can tell whether the row is there, the file stays and the row is written again with the next batch.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from photopeak.inbox.files import FileOperations
from photopeak.inbox.health import COMMENTS, Health, StorageState, state_of
from photopeak.inbox.layout import CONFLICT, Shelves, set_aside
from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.reception import StoredInstance, StoreOutcome, StoreStatus
from photopeak.storage import alerts, instances
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import (
    RowRefusedError,
    SchemaError,
    StorageError,
    StorageUnavailableError,
)
from photopeak.storage.instances import Addition, AddOutcome
from photopeak.storage.quick import QuickAddition

logger = logging.getLogger(__name__)

_OUTCOMES = {
    AddOutcome.NEW: StoreOutcome(status=StoreStatus.SUCCESS),
    AddOutcome.DUPLICATE: StoreOutcome(status=StoreStatus.SUCCESS, duplicate=True),
    AddOutcome.CONFLICT: StoreOutcome(status=StoreStatus.SUCCESS, conflict=True),
}
_MOST_IN_DOUBT = 10_000
NOT_RECORDED = StoreOutcome(
    status=StoreStatus.OUT_OF_RESOURCES, comment=COMMENTS[StorageState.NO_DATABASE]
)
"""The database is there and does not take this row, for a reason that the log has in full."""


def refused(state: StorageState) -> StoreOutcome:
    """Return the outcome of an instance that cannot be kept now; its sender tries again later."""
    return StoreOutcome(status=StoreStatus.OUT_OF_RESOURCES, comment=COMMENTS[state])


class _MisplacedError(Exception):
    """Instances turned out to be conflicting copies while their files lie in the store."""

    def __init__(self, misplaced: Sequence[StoredInstance]) -> None:
        super().__init__()
        self.misplaced = misplaced


class Recorder:
    """Makes batches durable; one batch at a time.

    Parameters
    ----------
    conflicts
        Where conflicting copies go.
    found
        True for files that lay in the store already: they are never removed for want of a row.
    """

    def __init__(
        self,
        data: Path,
        database: Database,
        *,
        operations: FileOperations,
        conflicts: Shelves,
        health: Health,
        clock: Callable[[], datetime],
        found: bool = False,
    ) -> None:
        self._data = str(data)
        self._database = database
        self._operations = operations
        self._conflicts = conflicts
        self._health = health
        self._clock = clock
        self._found = found
        self._in_doubt: dict[str, StoredInstance] = {}
        self._quick = QuickAddition(database)

    def record(self, take: Callable[[], Sequence[StoredInstance]]) -> list[StoreOutcome]:
        """Return the outcome of each instance that `take` gives; those with success are durable.

        Instances are taken when the transaction has begun, so those that come while it waits for
        another writer go with it.
        """
        outcomes: dict[str, StoreOutcome] = {}
        taken: list[StoredInstance] = []

        def gather() -> Sequence[StoredInstance]:
            if not taken:
                taken.extend(take())
            return [*self._in_doubt.values(), *taken]

        self._add_all(gather, outcomes)
        if any(outcome.status is StoreStatus.SUCCESS for outcome in outcomes.values()):
            self._health.stored()
        return [outcomes[instance.id] for instance in taken]

    def _add_all(
        self, gather: Callable[[], Sequence[StoredInstance]], outcomes: dict[str, StoreOutcome]
    ) -> None:
        """Add rows, after moving conflicting copies to where they belong."""
        while True:
            try:
                batch, additions = self._add(gather)
            except _MisplacedError as error:
                left = self._move_conflicts(gather(), error.misplaced, outcomes)
                if not left:
                    return
                gather = _these(left)
            except (StorageUnavailableError, SchemaError) as error:
                self._health.failed(StorageState.NO_DATABASE, str(error))
                for instance in gather():
                    outcomes[instance.id] = refused(StorageState.NO_DATABASE)
                return
            except Exception as error:  # noqa: BLE001 - becomes a status, and a line in the log
                self._add_each(gather(), outcomes, error)
                return
            else:
                for instance, addition in zip(batch, additions, strict=True):
                    outcomes[instance.id] = self._settle(instance, addition)
                return

    def _add_each(
        self,
        batch: Sequence[StoredInstance],
        outcomes: dict[str, StoreOutcome],
        error: Exception,
    ) -> None:
        """Add one by one, so that the others do not suffer from the one that cannot be added."""
        if len(batch) > 1:
            for instance in batch:
                self._add_all(_these([instance]), outcomes)
            return
        logger.error("an instance could not be recorded", exc_info=error)
        for instance in batch:
            self._give_up(instance)
            final = isinstance(error, RowRefusedError)
            outcomes[instance.id] = NOT_RECORDED if final else refused(StorageState.NO_DATABASE)

    def _add(
        self, gather: Callable[[], Sequence[StoredInstance]]
    ) -> tuple[Sequence[StoredInstance], Sequence[Addition]]:
        committing = False
        try:
            if self._quick.usable and not self._in_doubt:
                new = self._quick.add(gather)
                if new is not None:
                    return new, [Addition(AddOutcome.NEW, entry, entry) for entry in new]
            with self._database.transaction() as tx:
                batch = gather()
                additions = instances.add_batch(tx, batch)
                conflicts = [a.instance for a in additions if a.outcome is AddOutcome.CONFLICT]
                misplaced = [c for c in conflicts if not c.path.startswith(CONFLICT)]
                if misplaced:
                    raise _MisplacedError(misplaced)
                self._tell_of_conflicts(tx, conflicts)
                committing = True
        except (StorageUnavailableError, SchemaError):
            self._undo(gather(), committing=committing or self._quick.committing)
            raise
        for instance in batch:
            self._in_doubt.pop(instance.id, None)
        return batch, additions

    def _undo(self, batch: Sequence[StoredInstance], *, committing: bool) -> None:
        """Remove the files of rows that were not written; keep those that nobody knows of."""
        if committing and not self._are_absent(batch):
            for instance in batch[: _MOST_IN_DOUBT - len(self._in_doubt)]:
                self._in_doubt[instance.id] = instance
            logger.warning("%d instances are in doubt until the database answers", len(batch))
            return
        for instance in batch:
            self._give_up(instance)

    def _are_absent(self, batch: Sequence[StoredInstance]) -> bool:
        """Tell whether a commit that failed has certainly left nothing behind."""
        if self._database.dialect != "sqlite":
            return False  # the server may still be at it
        try:
            with self._database.snapshot() as tx:
                return not instances.known_ids(tx, [instance.id for instance in batch])
        except (StorageUnavailableError, SchemaError):
            return False

    def _move_conflicts(
        self,
        batch: Sequence[StoredInstance],
        misplaced: Iterable[StoredInstance],
        outcomes: dict[str, StoreOutcome],
    ) -> list[StoredInstance]:
        wrong = {instance.id for instance in misplaced}
        left = []
        for instance in batch:
            if instance.id not in wrong:
                left.append(instance)
                continue
            try:
                shelf = self._conflicts.place(self._clock())
                path = f"{shelf.folder}/{instance.id}.dcm"
                self._operations.move(f"{self._data}/{instance.path}", f"{self._data}/{path}")
                self._conflicts.sync(shelf)
            except OSError as error:
                self._conflicts.forget()
                self._give_up(instance)
                outcomes[instance.id] = self.failed(error)
            else:
                moved = replace(instance, path=path, conflict=True)
                if instance.id in self._in_doubt:
                    self._in_doubt[instance.id] = moved
                left.append(moved)
        return left

    def _tell_of_conflicts(self, tx: Transaction, conflicts: Sequence[StoredInstance]) -> None:
        for series_uid in sorted({instance.series_instance_uid for instance in conflicts}):
            alerts.raise_alert(
                tx,
                Alert(
                    key=f"conflict {series_uid}",
                    severity=AlertSeverity.WARNING,
                    title="An instance came again with other content",
                    message=(
                        "The same SOP Instance UID was received with different bytes. Both are "
                        "kept; results are made from the first one."
                    ),
                    series_instance_uid=series_uid,
                ),
                now=self._clock(),
            )

    def _settle(self, instance: StoredInstance, addition: Addition) -> StoreOutcome:
        kept = addition.instance
        if kept.id != instance.id:
            self._replace_lost(instance, kept)
            self._drop(instance)
        return _OUTCOMES[addition.outcome]

    def _replace_lost(self, copy: StoredInstance, kept: StoredInstance) -> None:
        """Put an identical copy in the place of a file that is gone, or known to be damaged."""
        target = Path(self._data, kept.path)
        damaged = f"file damaged {kept.id}"
        try:
            present = target.exists()
            if present and not self._is_open(damaged):
                return
            if present:
                set_aside(Path(self._data), kept.path, self._operations)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._operations.move(f"{self._data}/{copy.path}", str(target))
            self._operations.sync_folder(target.parent)
            with self._database.transaction() as tx:
                for key in (damaged, f"file missing {kept.id}"):
                    alerts.close(tx, key, now=self._clock())
        except (OSError, StorageError) as error:
            logger.warning("the lost file of instance %s is not replaced: %s", kept.id, error)
        else:
            logger.warning("the lost file of instance %s came again and is replaced", kept.id)

    def _is_open(self, key: str) -> bool:
        with self._database.snapshot() as tx:
            return alerts.find_open(tx, key) is not None

    def close(self) -> None:
        """Let go of the connection."""
        self._quick.close()

    def failed(self, error: OSError) -> StoreOutcome:
        """Note an error of the file system and return what it means for its instance."""
        state = state_of(error)
        self._health.failed(state, str(error.strerror or error))
        return refused(state)

    def _give_up(self, instance: StoredInstance) -> None:
        """Remove the file of an instance that has no row; never of one that may have."""
        if not self._found and instance.id not in self._in_doubt:
            self._drop(instance)

    def _drop(self, instance: StoredInstance) -> None:
        try:
            self._operations.remove(f"{self._data}/{instance.path}")
        except OSError as error:
            logger.warning("%s could not be removed: %s", instance.path, error.strerror)


def _these(batch: Sequence[StoredInstance]) -> Callable[[], Sequence[StoredInstance]]:
    return lambda: batch
