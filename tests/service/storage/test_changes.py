from contextlib import suppress
from pathlib import Path

import pytest

from photopeak.settings import DatabaseSettings
from photopeak.storage import marks, migrations
from photopeak.storage.changes import ChangeWatch
from photopeak.storage.database import Database, open_database
from support.rows import series_of


def look_twice(watch: ChangeWatch) -> tuple[bool, bool]:
    return watch.changed(), watch.changed()


def test_a_commit_is_seen_once_and_reading_is_none(sqlite_database: Database) -> None:
    watch = ChangeWatch(sqlite_database)
    assert look_twice(watch) == (True, False)

    with sqlite_database.transaction() as tx:
        series_of(tx)
    assert look_twice(watch) == (True, False)

    with sqlite_database.snapshot() as tx:
        marks.get(tx, "nothing")
    assert watch.changed() is False
    watch.close()
    assert look_twice(watch) == (True, False)
    watch.close()


def test_what_was_rolled_back_is_no_change(sqlite_database: Database) -> None:
    watch = ChangeWatch(sqlite_database)
    watch.changed()

    with suppress(KeyError), sqlite_database.transaction() as tx:
        series_of(tx)
        raise KeyError

    assert watch.changed() is False
    watch.close()


def test_a_commit_of_another_program_is_seen(sqlite_database: Database) -> None:
    assert sqlite_database.path is not None
    watch = ChangeWatch(sqlite_database)
    watch.changed()

    other = open_database(DatabaseSettings(), sqlite_database.path.parent)
    with other.transaction() as tx:
        series_of(tx, "1.2.3.11")
    other.close()

    assert look_twice(watch) == (True, False)
    watch.close()


def test_a_file_that_cannot_be_opened_may_have_changed(tmp_path: Path) -> None:
    database = open_database(DatabaseSettings(), tmp_path / "data")
    migrations.upgrade(database)
    watch = ChangeWatch(database)
    assert database.path is not None
    database.close()
    database.path.unlink()
    database.path.parent.rename(tmp_path / "moved")

    assert look_twice(watch) == (True, True)


@pytest.mark.postgres
def test_postgresql_is_asked_every_time(postgres_database: Database) -> None:
    watch = ChangeWatch(postgres_database)

    assert (watch.cheap, look_twice(watch)) == (False, (True, True))
