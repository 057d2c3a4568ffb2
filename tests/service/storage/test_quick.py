"""The short way for new instances gives the same rows as the general one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from photopeak.model.reception import StoredInstance
from photopeak.settings import DatabaseSettings
from photopeak.storage import instances, migrations
from photopeak.storage.database import Database, open_database
from photopeak.storage.errors import StorageUnavailableError
from photopeak.storage.quick import QuickAddition
from support.rows import after, instance


def everything(database: Database) -> list[list[tuple[object, ...]]]:
    with sqlite3.connect(database.path or "") as connection:
        return [
            connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
            for table in ("instances", "series")
        ]


def fresh(folder: Path) -> Database:
    database = open_database(DatabaseSettings(), folder)
    migrations.upgrade(database)
    return database


def batch() -> list[StoredInstance]:
    return [instance(number, at=after(number % 3)) for number in range(1, 6)]


def test_the_rows_are_those_of_the_general_way(tmp_path: Path) -> None:
    entries = batch()
    short, general = fresh(tmp_path / "short"), fresh(tmp_path / "general")
    quick = QuickAddition(short)
    assert quick.add(lambda: entries) == entries
    with general.transaction() as tx:
        instances.add_batch(tx, entries)
    assert everything(short) == everything(general)
    quick.close()
    short.close()
    general.close()


def test_a_batch_with_anything_not_new_is_left_alone(sqlite_database: Database) -> None:
    first, second = batch()[:2]
    quick = QuickAddition(sqlite_database)
    assert quick.add(lambda: [first]) is not None
    before = everything(sqlite_database)
    assert quick.add(lambda: [second, first]) is None
    assert everything(sqlite_database) == before
    quick.close()


def test_a_series_that_was_finished_receives_again(sqlite_database: Database) -> None:
    from photopeak.model.series import SeriesState
    from photopeak.storage import series

    first, second = batch()[:2]
    quick = QuickAddition(sqlite_database)
    quick.add(lambda: [first])
    with sqlite_database.transaction() as tx:
        series.set_state(tx, first.series_instance_uid, SeriesState.COMPLETE, "quiet")
    quick.add(lambda: [second])
    with sqlite_database.snapshot() as tx:
        found = series.get(tx, first.series_instance_uid)
    assert found is not None
    assert (found.state, found.generation, found.instances) == (SeriesState.RECEIVING, 2, 2)
    quick.close()


def test_a_locked_database_is_told_and_the_next_batch_goes(tmp_path: Path) -> None:
    database = open_database(DatabaseSettings(timeout_s=0.2), tmp_path)
    migrations.upgrade(database)
    quick = QuickAddition(database)
    with sqlite3.connect(database.path or "", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailableError):
            quick.add(lambda: batch()[:1])
        other.execute("ROLLBACK")
    assert not quick.committing
    assert quick.add(lambda: batch()[:1]) is not None
    quick.close()
    database.close()
