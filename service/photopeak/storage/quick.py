"""The short way for new instances: three statements on a connection of its own.

Every acknowledged instance waits for its row, and most instances are new ones. For those this way
takes the driver as it is, without pool, statement cache and result objects, a quarter of the time.
Whatever is not plainly new (a UID that is there already) rolls back and goes the general way,
:func:`photopeak.storage.instances.add_batch`; so does everything on PostgreSQL, where the round
trips count and not the building of statements.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from photopeak.model.reception import StoredInstance
from photopeak.storage import hot_statements
from photopeak.storage.database import Database, translated_driver
from photopeak.storage.instances import series_rows
from photopeak.storage.types import clean, stored_moment

if TYPE_CHECKING:
    from photopeak.storage.sqlite import GatedConnection


class QuickAddition:
    """Adds batches of new instances; one batch at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._connection: GatedConnection | None = None
        self._cursor: sqlite3.Cursor | None = None
        self.committing = False

    @property
    def usable(self) -> bool:
        """Whether the database is one for which this way is shorter."""
        return self._database.dialect == "sqlite"

    def add(
        self, gather: Callable[[], Sequence[StoredInstance]]
    ) -> Sequence[StoredInstance] | None:
        """Add the instances that `gather` gives, which is called when the transaction has begun.

        Returns
        -------
        sequence of StoredInstance or None
            The batch, which is durable now; None if one of them was not new, and then nothing was
            written.

        Raises
        ------
        StorageUnavailableError, SchemaError
            As of a transaction. Nothing was written, unless `committing` is set.
        """
        with self._lock, translated_driver(self._database):
            self.committing = False
            connection, cursor = self._open()
            try:
                connection.begin()
                batch = gather()
                if any(entry.conflict for entry in batch):
                    connection.rollback()
                    return None
                hot_statements.for_sqlite().write(
                    cursor, series_rows(batch), [row_of(entry) for entry in batch]
                )
                self.committing = True
                connection.commit()
            except sqlite3.IntegrityError:
                connection.rollback()
                return None
            except BaseException:
                self._abandon(connection)
                raise
            self.committing = False
            return batch

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = self._cursor = None

    def _open(self) -> tuple[GatedConnection, sqlite3.Cursor]:
        if self._connection is None or self._cursor is None:
            self._connection = cast("GatedConnection", self._database.new_driver_connection())
            self._cursor = sqlite3.Cursor(self._connection)
        return self._connection, self._cursor

    def _abandon(self, connection: GatedConnection) -> None:
        """Undo, and take another connection next time: this one may be of no use any more."""
        self._connection = self._cursor = None
        try:
            connection.rollback()
        except sqlite3.Error:
            pass
        finally:
            connection.close()


def row_of(entry: StoredInstance) -> tuple[object, ...]:
    """Return a row in the order of `hot_statements.INSERTED`."""
    reception = entry.reception
    return (
        entry.id,
        reception.sop_instance_uid,
        0,
        entry.sha256,
        entry.size,
        entry.path,
        reception.sop_class_uid,
        reception.transfer_syntax_uid,
        entry.study_instance_uid,
        entry.series_instance_uid,
        reception.entrance.value,
        clean(reception.calling_ae_title),
        clean(reception.called_ae_title),
        clean(reception.peer_address),
        stored_moment(reception.received_at, "sqlite"),
        "",
    )
