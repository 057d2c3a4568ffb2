import sqlite3
from pathlib import Path

import pytest

from photopeak.storage import marks
from photopeak.storage.backup import BackupError, back_up
from photopeak.storage.database import Database


def test_a_copy_holds_what_was_committed(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.transaction() as tx:
        marks.put(tx, "flavour", "salt")
    target = tmp_path / "copy.sqlite3"

    size = back_up(sqlite_database, target)

    connection = sqlite3.connect(target)
    (value,) = connection.execute("SELECT value FROM marks WHERE name = 'flavour'").fetchone()
    connection.close()
    assert value == "salt"
    assert size == target.stat().st_size
    assert not list(tmp_path.glob("*.part"))


def test_nothing_is_overwritten(sqlite_database: Database, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("keep", "utf-8")

    with pytest.raises(BackupError, match="exists already"):
        back_up(sqlite_database, target)

    assert target.read_text("utf-8") == "keep"


def test_a_folder_that_is_not_there_is_named(sqlite_database: Database, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="cannot be written"):
        back_up(sqlite_database, tmp_path / "absent" / "copy")


@pytest.mark.postgres
def test_postgresql_is_left_to_its_own_tools(postgres_database: Database, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="pg_dump"):
        back_up(postgres_database, tmp_path / "copy")
