"""SQLite as this service needs it: durable, one fair writer, readers that never wait.

Write-ahead log with ``synchronous=FULL``: a committed transaction survives a power cut (``NORMAL``
loses the last ones). The first statement that writes takes the write gate and begins an immediate
transaction; reading alone takes no lock at all. That holds for every user of the engine, the
dispatcher of jobs included, because it is done in the connection itself.
"""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from photopeak.storage.gate import GateTimeoutError, WriteGate

FILE_NAME = "photopeak.sqlite3"
LOCK_NAME = "photopeak.write-lock"
FILE_MODE = 0o640
"""Rights of the files at most, whatever the umask is."""

_CACHE_KIB = 8192
_WAL_LIMIT_BYTES = 67_108_864
_MAXIMUM_OVERFLOW = 40
_COMMENTS = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*", re.DOTALL)
_WRITES = frozenset(
    ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP", "REINDEX", "ANALYZE")
)
_ALONE = frozenset(("VACUUM",))
_WRITING_WITH = re.compile(r"\b(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


def create_engine(path: Path, gate: WriteGate, *, timeout_s: float, pool_size: int) -> sa.Engine:
    """Return an engine on the file `path` whose writers queue at `gate`."""

    def connect() -> sqlite3.Connection:
        keep_private(path)
        connection = sqlite3.connect(
            path,
            timeout=timeout_s,
            isolation_level="IMMEDIATE",
            check_same_thread=False,
            cached_statements=256,
            factory=GatedConnection,
        )
        connection.begin_using(gate, timeout_s)
        return connection

    engine = sa.create_engine(
        f"sqlite+pysqlite:///{path}",
        creator=connect,
        pool_size=pool_size,
        max_overflow=_MAXIMUM_OVERFLOW,
        pool_timeout=timeout_s,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        connection.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT_BYTES}")

    return engine


def keep_private(path: Path) -> None:
    """Create the file of a database if it is absent, and take it away from the world if it is not.

    SQLite gives the files beside it the rights of the database file. No file is opened here:
    closing one that this process also has open as a database would drop the locks of all its
    connections. What cannot be done is left to SQLite, which says what is wrong.
    """
    with suppress(OSError):
        os.mknod(path, FILE_MODE | stat.S_IFREG)
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(OSError):
            mode = stat.S_IMODE(name.stat().st_mode)
            if mode & stat.S_IRWXO:
                name.chmod(mode & ~stat.S_IRWXO)


class GatedConnection(sqlite3.Connection):
    """A connection that holds the write gate from its first write to the end of the transaction."""

    _gate: WriteGate | None = None
    _timeout_s = 0.0
    _holds = False
    _shortened = False

    def begin_using(self, gate: WriteGate, timeout_s: float) -> None:
        """Queue at `gate` from now on."""
        self._gate = gate
        self._timeout_s = timeout_s

    def cursor(self, _factory: Any = None) -> Any:
        """Return a cursor that minds the gate."""
        return super().cursor(GatedCursor)

    def prepare(self, statement: str) -> bool:
        """Take the gate and begin a transaction if `statement` writes.

        Returns
        -------
        bool
            True when the gate has to be given back right after the statement.
        """
        start = _COMMENTS.match(statement)
        word = statement[start.end() if start else 0 :][:8].split(None, 1)
        verb = word[0].rstrip(";").upper() if word else ""
        if verb == "WITH" and _WRITING_WITH.search(statement):
            verb = "UPDATE"
        if verb == "BEGIN":
            if "DEFERRED" not in statement.upper():
                self._take_gate()
        elif verb in _WRITES:
            if self._holds:
                return False
            if self.in_transaction:
                raise sqlite3.ProgrammingError("this transaction is for reading only")
            self._take_gate()
            if self.isolation_level is None:
                return True
            try:
                super().execute("BEGIN IMMEDIATE")
            except BaseException:
                self._leave_gate()
                raise
        elif verb in _ALONE and not self._holds:
            self._take_gate()
            return True
        return False

    def finish_statement(self) -> None:
        """Give the gate back after a statement that is a transaction of its own."""
        if not self.in_transaction:
            self._leave_gate()

    def begin(self) -> None:
        """Take the gate and begin a transaction that writes."""
        self._take_gate()
        try:
            super().execute("BEGIN IMMEDIATE")
        except BaseException:
            self._leave_gate()
            raise

    def commit(self) -> None:
        """Commit and leave the gate; a transaction that cannot be committed is rolled back."""
        try:
            super().commit()
        except BaseException:
            # Nobody else does: SQLAlchemy takes a transaction for ended when its commit has failed.
            self.rollback()
            raise
        self._leave_gate()

    def rollback(self) -> None:
        """Roll back and leave the gate."""
        try:
            super().rollback()
        finally:
            self._leave_gate()

    def close(self) -> None:
        """Close and leave the gate."""
        try:
            super().close()
        finally:
            self._leave_gate()

    def _take_gate(self) -> None:
        if self._gate is None or self._holds:
            return
        began = time.monotonic()
        try:
            self._gate.acquire(self._timeout_s)
        except GateTimeoutError:
            raise sqlite3.OperationalError(
                f"database is locked: the writer before did not finish in {self._timeout_s:g} s"
            ) from None
        self._holds = True
        # What is left of the time may be spent on a foreign program that holds SQLite's lock.
        waited = time.monotonic() - began
        if waited > 0.05 * self._timeout_s:
            left_ms = max(1, round(1000 * (self._timeout_s - waited)))
            super().execute(f"PRAGMA busy_timeout={left_ms}")
            self._shortened = True

    def _leave_gate(self) -> None:
        if not self._holds or self._gate is None:
            return
        self._holds = False
        self._gate.release()
        if self._shortened:
            self._shortened = False
            super().execute(f"PRAGMA busy_timeout={round(1000 * self._timeout_s)}")


class GatedCursor(sqlite3.Cursor):
    """A cursor of a :class:`GatedConnection`."""

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """Execute; a statement that writes waits for the gate first."""
        connection: Any = self.connection
        alone = connection.prepare(sql)
        try:
            return super().execute(sql, parameters)
        except BaseException:
            connection.finish_statement()
            raise
        finally:
            if alone:
                connection.finish_statement()

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        """Execute for each of the parameters; a statement that writes waits for the gate first."""
        connection: Any = self.connection
        alone = connection.prepare(sql)
        try:
            return super().executemany(sql, parameters)
        except BaseException:
            connection.finish_statement()
            raise
        finally:
            if alone:
                connection.finish_statement()
