"""Rows of files that lie in the store without one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from photopeak.inbox import layout
from photopeak.inbox.errors import StoredFileError
from photopeak.inbox.files import FileOperations
from photopeak.inbox.health import Health
from photopeak.inbox.recorder import NOT_RECORDED, Recorder
from photopeak.inbox.stored_file import SUFFIX, read_whole
from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.reception import StoredInstance, StoreStatus
from photopeak.storage import alerts, instances
from photopeak.storage.database import Database
from photopeak.storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)


class FoundFiles:
    """Writes the rows of files that have none."""

    def __init__(self, data: Path, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._data = data
        self._database = database
        self._clock = clock
        self._operations = FileOperations()
        self._recorder = Recorder(
            data,
            database,
            operations=self._operations,
            conflicts=layout.Shelves(data, layout.CONFLICT, "recovered", self._operations),
            health=Health(clock=clock, on_change=None),
            clock=clock,
            found=True,
        )

    def index(self, paths: Sequence[str], *, settled_s: float = 0.0) -> tuple[int, int]:
        """Write the missing rows of files; returns how many, and how many files were damaged.

        A row that the database does not take holds up nothing else: a person is told.

        Raises
        ------
        StorageUnavailableError
            If the database cannot be used.
        """
        found: list[StoredInstance] = []
        damaged = 0
        for path in _without_row(self._database, paths):
            full = self._data / path
            try:
                if settled_s and time.time() - full.stat().st_mtime < settled_s:
                    continue
                conflict = path.startswith(f"{layout.CONFLICT}/")
                found.append(read_whole(self._data, path, conflict=conflict))
            except FileNotFoundError:
                continue  # another process was faster
            except (StoredFileError, OSError) as error:
                damaged += 1
                kept = layout.set_aside(self._data, path, self._operations)
                logger.error("%s is set aside as %s: %s", path, kept.name, error)
                tell_of_damage(self._database, path, str(error), now=self._clock())
        if found:
            found.sort(key=lambda instance: instance.id)
            for folder in {Path(instance.path).parent for instance in found}:
                self._operations.sync_folder(self._data / folder)
            refused = self.record(found)
            for instance in refused:
                self.tell_of_refusal(instance)
            return len(found) - len(refused), damaged
        return 0, damaged

    def record(self, found: Sequence[StoredInstance]) -> Sequence[StoredInstance]:
        """Write the rows of files that are on the disk under their names.

        Returns
        -------
        sequence of StoredInstance
            Those whose row the database does not take, though it can be used.

        Raises
        ------
        StorageUnavailableError
            If the database cannot be used.
        """
        outcomes = self._recorder.record(lambda: found)
        refused = [i for i, o in zip(found, outcomes, strict=True) if o is NOT_RECORDED]
        for outcome in outcomes:
            if outcome.status is not StoreStatus.SUCCESS and outcome is not NOT_RECORDED:
                raise StorageUnavailableError(outcome.comment)
        return refused

    def tell_of_refusal(self, instance: StoredInstance) -> None:
        """Raise the alert about a whole file whose row the database does not take."""
        with self._database.transaction() as tx:
            alerts.raise_alert(
                tx,
                Alert(
                    key=f"row refused {instance.id}",
                    severity=AlertSeverity.CRITICAL,
                    title="A received instance cannot be recorded",
                    message=(
                        f"{instance.path} is whole and safe, but the database does not take its "
                        "row; the log of the service says why. It is tried again at every start."
                    ),
                ),
                now=self._clock(),
            )

    def close(self) -> None:
        """Let go of the database."""
        self._recorder.close()


def _without_row(database: Database, paths: Sequence[str]) -> list[str]:
    names = {Path(path).stem: path for path in paths if path.endswith(SUFFIX)}
    with database.snapshot() as tx:
        known = instances.known_ids(tx, list(names))
    return [path for name, path in names.items() if name not in known]


def tell_of_damage(
    database: Database, path: str, reason: str, *, now: datetime, series: str | None = None
) -> None:
    """Raise the alert about a file that is not what was received."""
    with database.transaction() as tx:
        alerts.raise_alert(
            tx,
            Alert(
                key=f"file damaged {Path(path).stem}",
                severity=AlertSeverity.CRITICAL,
                title="A stored file is damaged",
                message=f"{path}: {reason}. Send the series again, or restore it from a backup.",
                series_instance_uid=series,
            ),
            now=now,
        )
