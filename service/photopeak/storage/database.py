"""The database: opened once per process, used through short transactions."""

from __future__ import annotations

import logging
import os
import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from photopeak.settings import DatabaseSettings
from photopeak.storage import postgresql, sqlite
from photopeak.storage.errors import RowRefusedError, SchemaError, StorageUnavailableError
from photopeak.storage.gate import WriteGate

logger = logging.getLogger(__name__)

RESTORE = (
    "restore a backup, or move the file away, run 'photopeak db upgrade' for an empty one and "
    "rebuild the index from the stored files"
)
"""The way out of a damaged SQLite file."""

_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction under way. `connection` is for the storage and for the engine's enqueueing."""

    connection: sa.Connection

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.connection.dialect.name

    @contextmanager
    def part(self) -> Generator[None]:
        """Do a part of what is under way: when it fails, it alone is undone."""
        self.connection.exec_driver_sql("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT part")
            raise
        finally:
            self.connection.exec_driver_sql("RELEASE SAVEPOINT part")


class Database:
    """The rows of the service. Use it from many threads; open it after forking, not before.

    `engine` is the SQLAlchemy engine (the dispatcher of jobs shares it), `path` the SQLite file or
    None.
    """

    def __init__(self, engine: sa.Engine, *, path: Path | None, gate: WriteGate | None) -> None:
        self.engine = engine
        self.path = path
        self._gate = gate
        self._checked = False

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @property
    def description(self) -> str:
        """Where the rows are, without the password."""
        return str(self.path) if self.path else self.engine.url.render_as_string()

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """Begin a transaction that may write; commits at the end, rolls back on an exception.

        Raises
        ------
        StorageUnavailableError
            If the database is locked, unreachable, read-only or full; nothing was written.
        SchemaError
            If it is damaged or not durable.
        """
        with translated(self), self.engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                self._check_durability(connection)
            with _ending(connection):
                yield Transaction(connection)

    @contextmanager
    def snapshot(self) -> Generator[Transaction]:
        """Begin a transaction that only reads, and sees one state of all tables.

        Raises
        ------
        StorageUnavailableError
            If the database cannot be reached.
        SchemaError
            If it is damaged.
        """
        with translated(self), self.engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN DEFERRED")
            else:
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            try:
                yield Transaction(connection)
            finally:
                connection.rollback()

    def new_driver_connection(self) -> object:
        """Return a connection of the driver, set up like all others, which the caller closes."""
        pooled = self.engine.raw_connection()
        connection = pooled.driver_connection
        pooled.detach()
        return connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._gate is not None:
            self._gate.close()

    def _check_durability(self, connection: sa.Connection) -> None:
        if not self._checked:
            postgresql.check_durability(connection)
            self._checked = True


def open_database(settings: DatabaseSettings, data: Path) -> Database:
    """Open the database of the settings; the SQLite file in `data` when they name none.

    The schema is neither created nor checked: see :mod:`photopeak.storage.migrations`.

    Raises
    ------
    StorageUnavailableError
        If the data folder cannot be used.
    SchemaError
        If the address is not one of an SQLite or PostgreSQL database.
    """
    if settings.url is not None:
        return _open_postgresql(settings)
    path = data / sqlite.FILE_NAME
    try:
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
        gate = WriteGate(data / sqlite.LOCK_NAME)
    except OSError as error:
        raise StorageUnavailableError(f"the data folder {data} cannot be used: {error}") from error
    engine = sqlite.create_engine(
        path, gate, timeout_s=settings.timeout_s, pool_size=settings.pool_size
    )
    return Database(engine, path=path, gate=gate)


def _open_postgresql(settings: DatabaseSettings) -> Database:
    assert settings.url is not None  # noqa: S101 - the caller has looked
    try:
        url = sa.make_url(settings.url.get_secret_value())
    except sa.exc.ArgumentError as error:
        raise SchemaError("database.url is not a database address") from error
    if url.get_backend_name() != "postgresql":
        raise SchemaError(
            f"database.url names {url.get_backend_name()}; it must be postgresql+psycopg://..., "
            "or absent for the SQLite file in the data folder"
        )
    url = url.set(drivername="postgresql+psycopg")
    if settings.password is not None:
        url = url.set(password=settings.password.get_secret_value())
    try:
        engine = postgresql.create_engine(
            url, timeout_s=settings.timeout_s, pool_size=settings.pool_size
        )
    except ModuleNotFoundError as error:
        raise SchemaError(
            "PostgreSQL needs the extra: pip install 'photopeak[postgres]'"
        ) from error
    return Database(engine, path=None, gate=None)


@contextmanager
def _ending(connection: sa.Connection) -> Generator[None]:
    """End the transaction that the driver has begun."""
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextmanager
def translated(database: Database) -> Generator[None]:
    """Turn errors of the driver into ours; errors of the caller pass."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StorageUnavailableError("all database connections are in use") from error
    except (sa.exc.IntegrityError, sa.exc.DataError) as error:
        raise RowRefusedError(f"{database.description}: {_first_line(error.orig)}") from error
    except sa.exc.DBAPIError as error:
        raise _translate(database, error) from error


@contextmanager
def translated_driver(database: Database) -> Generator[None]:
    """Turn errors of SQLite's driver itself into ours; errors of the caller pass."""
    try:
        with translated(database):
            yield
    except sqlite3.Error as error:
        ours = _translate_sqlite(database, error)
        if ours is None:
            raise
        raise ours from error


def _translate_sqlite(database: Database, error: sqlite3.Error) -> Exception | None:
    """Return what an error of the driver means; None for a mistake in a statement."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _CORRUPT:
        # SQLite calls the file malformed, too, after it could not write to it.
        if database.path is not None and (reason := _why_not_writable(database.path.parent)):
            return StorageUnavailableError(f"{database.description}: {reason}")
        return SchemaError(f"{database.description} is damaged ({error}): {RESTORE}")
    if isinstance(error, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR:
        return StorageUnavailableError(f"{database.description}: {error}")
    return None


def _why_not_writable(folder: Path) -> str:
    """Return why a disk cannot be written, empty when it can.

    Never by the file of the database: closing it would end the locks that this process has on it.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"-")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _translate(database: Database, error: sa.exc.DBAPIError) -> Exception:
    original: Any = error.orig
    if isinstance(original, sqlite3.Error):
        return _translate_sqlite(database, original) or error
    state = getattr(original, "sqlstate", None)
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) or (
        error.connection_invalidated or (state or "")[:2] in ("08", "53", "57", "25", "40")
    ):
        logger.debug("the database answered %s", state)
        return StorageUnavailableError(f"{database.description}: {_first_line(original)}")
    return error


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
