"""Whether anything was committed since the last look, told without reading a row.

Who waits for rows of other processes looks many times a second; on SQLite the file itself tells
when there is something new to read, for a hundredth of what a query costs.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress

from photopeak.storage.database import Database


class ChangeWatch:
    """Looks for commits of other connections, be they of this process or of another one.

    Where the database cannot tell (PostgreSQL, or a file that cannot be opened) every look says
    that something may have changed, so that the caller asks the rows. Use it from one thread.
    """

    def __init__(self, database: Database) -> None:
        self._path = database.path
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None

    @property
    def cheap(self) -> bool:
        """True when a look costs next to nothing."""
        return self._path is not None

    def changed(self) -> bool:
        """Tell whether anything may have been committed since the last call; at first it may."""
        if self._path is None:
            return True
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, check_same_thread=False)
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            self.close()
            return True
        before, self._seen = self._seen, int(version)
        return before != self._seen

    def close(self) -> None:
        """Let go of the file; the next look begins anew."""
        connection, self._connection, self._seen = self._connection, None, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
