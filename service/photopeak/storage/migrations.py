"""The schema and its history: one chain of steps for both databases.

An upgrade is one transaction: interrupted at any step, it leaves the database as it was. An SQLite
file is copied beside itself before its first change.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from photopeak.storage.database import RESTORE, Database, Transaction
from photopeak.storage.errors import SchemaError, StorageUnavailableError
from photopeak.storage.locks import serialise
from photopeak.storage.sqlite import keep_private
from photopeak.storage.tables import metadata

VERSION_TABLE = "photopeak_schema"
"""Table that holds the revision of the schema."""

_SCRIPTS = Path(__file__).with_name("alembic")
_SMALL_BYTES = 67_108_864
"""A larger file is not read whole at every start; the first pages of its tables are."""
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def steps() -> tuple[str, ...]:
    """Return the revisions that this program knows, the first one first.

    They begin the names of the scripts, so that a process that only checks the schema does not
    load the machinery that changes it.
    """
    return tuple(sorted(path.name.partition("_")[0] for path in _SCRIPTS.glob("versions/*_*.py")))


def head() -> str:
    """Return the revision that this program works with."""
    return steps()[-1]


def current(database: Database) -> str | None:
    """Return the revision of the database; None for an empty one.

    Raises
    ------
    SchemaError
        If it is damaged, or not ours.
    StorageUnavailableError
        If it cannot be reached.
    """
    if database.path is not None:
        if not database.path.exists() or database.path.stat().st_size == 0:
            return None
        _look_into_file(database.path)
    with database.snapshot() as tx:
        return _current(tx)


def check(database: Database) -> None:
    """Make sure that the schema is the one of this program; change nothing.

    Raises
    ------
    SchemaError
        If it is missing, older, newer, damaged or not durable; the message names the way out.
    StorageUnavailableError
        If the database cannot be reached.
    """
    revision = current(database)
    if revision is None:
        raise SchemaError(f"{database.description} is empty: run 'photopeak db upgrade'")
    _refuse_newer(database, revision)
    if revision != head():
        raise SchemaError(
            f"{database.description} has the schema {revision}, this program needs {head()}: "
            "run 'photopeak db upgrade' (a backup is made)"
        )
    with database.transaction():
        pass


def upgrade(
    database: Database, *, now: datetime | None = None, revision: str = "head"
) -> Path | None:
    """Bring the schema to :func:`head`, or to an earlier step; nothing happens when it is there.

    Returns
    -------
    Path or None
        The backup that was made of an SQLite file.

    Raises
    ------
    SchemaError
        If the database is newer than this program, damaged, or not ours; it is left untouched.
    StorageUnavailableError
        If it cannot be reached or written.
    """
    found = current(database)
    if found is not None:
        _refuse_newer(database, found)
    if found == head():
        return None
    saved = None
    if database.path is not None and found is not None:
        stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        saved = database.path.with_name(f"{database.path.name}.{found}.{stamp}.backup")
        backup(database.path, saved)
    with database.transaction() as tx:
        serialise(tx, ("photopeak schema",))
        _run(tx, revision)
    return saved


def backup(source: Path, target: Path) -> None:
    """Copy an SQLite database that may be in use to `target`, durably, whole or not at all.

    Raises
    ------
    StorageUnavailableError
        If the copy cannot be written.
    """
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        keep_private(part)
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(part)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink()
        raise StorageUnavailableError(f"{source} cannot be copied to {target}: {error}") from error


def _run(tx: Transaction, target: str) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(_SCRIPTS))

    def to_run(revision: Any, _context: Any) -> Any:
        return scripts._upgrade_revs(target, revision)  # noqa: SLF001 - Alembic's own recipe

    with EnvironmentContext(Config(), scripts, fn=to_run) as environment:
        environment.configure(
            connection=tx.connection,
            target_metadata=metadata,
            version_table=VERSION_TABLE,
            transactional_ddl=True,
        )
        environment.run_migrations()


def _current(tx: Transaction) -> str | None:
    tables = sa.inspect(tx.connection).get_table_names()
    if VERSION_TABLE not in tables:
        if tables:
            raise SchemaError(
                f"{tx.connection.engine.url.render_as_string()} holds the tables of another "
                f"program ({', '.join(sorted(tables)[:3])}): give Photopeak a database of its own"
            )
        return None
    version = sa.table(VERSION_TABLE, sa.column("version_num", sa.String))
    return tx.connection.execute(sa.select(version.c.version_num)).scalar_one_or_none()


def _refuse_newer(database: Database, revision: str) -> None:
    if revision not in steps():
        raise SchemaError(
            f"{database.description} has the schema {revision}, which this program does not "
            "know: it was written by a newer Photopeak. Install that version again, or restore "
            "the backup made before the upgrade"
        )


def _look_into_file(path: Path) -> None:
    """Find damage before anything is opened for writing."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)) as file:
            page_size = file.execute("PRAGMA page_size").fetchone()[0]
            log = path.with_name(path.name + "-wal")
            # SQLite reads the rest of a torn last page as zeros; a log would still mend it.
            if path.stat().st_size % page_size and not (log.exists() and log.stat().st_size):
                raise SchemaError(f"{path} is damaged (cut off in a page): {RESTORE}")
            for (table,) in file.execute(_TABLES).fetchall():
                file.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone()  # noqa: S608 - its own
            if path.stat().st_size <= _SMALL_BYTES:
                found = file.execute("PRAGMA quick_check(1)").fetchone()[0]
                if found != "ok":
                    raise SchemaError(f"{path} is damaged ({found}): {RESTORE}")
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise SchemaError(f"{path} is damaged ({error}): {RESTORE}") from error
        raise StorageUnavailableError(f"{path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise SchemaError(f"{path} is damaged ({error}): {RESTORE}") from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
