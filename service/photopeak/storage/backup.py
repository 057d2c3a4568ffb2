"""A copy of an SQLite database while the service goes on."""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from pathlib import Path

from photopeak.storage import marks
from photopeak.storage.database import Database
from photopeak.storage.errors import StorageError
from photopeak.storage.sqlite import keep_private

BACKUP_MARK = "last backup"
"""Mark of when the last copy for keeping was made."""


class BackupError(StorageError):
    """No copy was made; the message says why."""


def note_backup(database: Database, *, now: datetime) -> None:
    """Remember when a copy for keeping was made, so that its absence is noticed."""
    with database.transaction() as tx:
        marks.put(tx, BACKUP_MARK, now.isoformat())


def back_up(database: Database, target: Path) -> int:
    """Copy the database to `target` and return the size of the copy in bytes.

    The copy is one consistent state, whatever is written meanwhile, and is checked before it gets
    its name.

    Raises
    ------
    BackupError
        If the database is PostgreSQL (which has its own tools), `target` exists or cannot be
        written, or the copy is damaged.
    """
    if database.path is None:
        raise BackupError("a PostgreSQL database is backed up with pg_dump")
    if target.exists():
        raise BackupError(f"{target} exists already")
    part = target.with_name(target.name + ".part")
    try:
        keep_private(part)
        with (
            sqlite3.connect(f"{database.path.absolute().as_uri()}?mode=ro", uri=True) as source,
            sqlite3.connect(part) as copy,
        ):
            source.backup(copy)
            (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        source.close()
        copy.close()
        if verdict != "ok":
            raise BackupError(f"the copy is damaged: {verdict}")
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{target} cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size
