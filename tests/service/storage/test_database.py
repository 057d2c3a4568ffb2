import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from photopeak.settings import DatabaseSettings
from photopeak.storage import audit, instances, marks, migrations, series
from photopeak.storage.database import Database, Transaction, open_database
from photopeak.storage.errors import RowRefusedError, SchemaError, StorageUnavailableError
from support.mounts import Disk
from support.postgres import PostgresServer
from support.rows import NOON, after, instance, series_of


def path_of(database: Database) -> Path:
    assert database.path is not None
    return database.path


def impatient(path: Path) -> Database:
    return open_database(DatabaseSettings(timeout_s=0.2), path.parent)


def test_sqlite_keeps_what_it_has_committed_through_a_power_cut(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:

        def pragma(name: str) -> object:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()

        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == 2
        assert pragma("foreign_keys") == 1


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as tx:
            series_of(tx)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with database.snapshot() as tx:
        assert series.page(tx).items == ()


def test_a_snapshot_does_not_see_what_is_committed_meanwhile(database: Database) -> None:
    with database.snapshot() as reading:
        assert series.page(reading).items == ()
        with database.transaction() as writing:
            series_of(writing)
        assert series.page(reading).items == ()
    with database.snapshot() as reading:
        assert len(series.page(reading).items) == 1


def test_a_snapshot_writes_nothing(database: Database) -> None:
    with (
        pytest.raises((sa.exc.ProgrammingError, StorageUnavailableError), match="read"),
        database.snapshot() as tx,
    ):
        series_of(tx)


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as writing:
        series_of(writing)
        with database.snapshot() as reading:
            assert series.page(reading).items == ()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 2, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 3, 2, 1, 30, tzinfo=timezone(timedelta(hours=8))),
    ],
)
def test_moments_come_back_aware_in_utc(database: Database, moment: datetime) -> None:
    with database.transaction() as tx:
        series_of(tx)
        series.set_display(
            tx, "1.2.3.10", modality="", display={}, acquired_at=moment, expected_instances=None
        )
        found = series.get(tx, "1.2.3.10").acquired_at

    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 3, 2)  # noqa: DTZ001 - that is the point

    with (
        pytest.raises(ValueError, match="has no time zone"),
        database.transaction() as tx,
    ):
        instances.add_batch(tx, [instance(1, at=naive)])


def test_many_threads_write_without_losing_or_refusing_anything(database: Database) -> None:
    def write(number: int) -> None:
        with database.transaction() as tx:
            audit.append(tx, at=NOON, actor=f"{number}", action="write", subject="")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(60)))

    with database.snapshot() as tx:
        assert audit.verify(tx) == 60


def test_a_foreign_lock_ends_as_unavailable_and_the_next_write_works(
    sqlite_database: Database,
) -> None:
    path = path_of(sqlite_database)
    database = impatient(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shell.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with (
            pytest.raises(StorageUnavailableError, match="locked"),
            database.transaction() as tx,
        ):
            series_of(tx)
        assert 0.15 < time.monotonic() - began < 20.0
        shell.execute("ROLLBACK")

    with database.transaction() as tx:
        series_of(tx)
    database.close()


def test_a_writer_that_does_not_end_is_waited_for_only_so_long(sqlite_database: Database) -> None:
    database = impatient(path_of(sqlite_database))
    with (
        sqlite_database.transaction(),
        pytest.raises(StorageUnavailableError, match="did not finish"),
        database.transaction(),
    ):
        pass
    with database.transaction() as tx:
        series_of(tx)
    database.close()


def test_a_commit_that_fails_keeps_no_other_writer_out(sqlite_database: Database) -> None:
    other = impatient(path_of(sqlite_database))
    with pytest.raises(RowRefusedError), sqlite_database.transaction() as tx:
        _promise_a_row_that_never_comes(tx)
    with other.transaction() as tx:
        marks.put(tx, "mark", "1")
    with sqlite_database.transaction() as tx:
        assert marks.get(tx, "mark") == "1"
    other.close()


def _promise_a_row_that_never_comes(tx: Transaction) -> None:
    tx.connection.exec_driver_sql(
        "CREATE TABLE badges (owner TEXT REFERENCES users DEFERRABLE INITIALLY DEFERRED)"
    )
    tx.connection.exec_driver_sql("INSERT INTO badges VALUES ('nobody')")


def test_a_writer_waits_for_its_turn_without_asking_again_and_again(
    sqlite_database: Database,
) -> None:
    entered = threading.Event()

    def write() -> None:
        with sqlite_database.transaction() as tx:
            entered.set()
            series_of(tx)

    with sqlite_database.transaction():
        thread = threading.Thread(target=write)
        thread.start()
        assert not entered.wait(0.05)
    assert entered.wait(10.0)
    thread.join(10.0)


def test_a_data_folder_that_is_a_file_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(StorageUnavailableError, match="cannot be used"):
        open_database(DatabaseSettings(), tmp_path / "data")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://h/d", "names mysql; it must be postgresql"),
        ("nonsense", "not a database address"),
        ("sqlite:///x", "names sqlite"),
    ],
)
def test_another_kind_of_database_is_refused(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        open_database(DatabaseSettings(url=SecretStr(url)), tmp_path)


def test_the_password_is_never_part_of_a_description(tmp_path: Path) -> None:
    settings = DatabaseSettings(
        url=SecretStr("postgresql://u@localhost:1/d"), password=SecretStr("s3cr3t"), timeout_s=1
    )
    database = open_database(settings, tmp_path)

    with pytest.raises(StorageUnavailableError) as caught, database.transaction():
        pass

    assert "s3cr3t" not in f"{caught.value} {database.description}"
    assert database.engine.url.password == "s3cr3t"
    database.close()


def test_a_read_only_file_is_unavailable_for_writing(sqlite_database: Database) -> None:
    @sa.event.listens_for(sqlite_database.engine, "checkout")
    def forbid(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA query_only=1")

    with (
        pytest.raises(StorageUnavailableError, match="readonly"),
        sqlite_database.transaction() as tx,
    ):
        series_of(tx)


def test_a_full_disk_is_unavailable_and_writes_nothing(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    @sa.event.listens_for(sqlite_database.engine, "connect")
    @sa.event.listens_for(sqlite_database.engine, "checkout")
    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    with (
        pytest.raises(StorageUnavailableError, match="full"),
        sqlite_database.transaction() as tx,
    ):
        marks.put(tx, "n", "x" * 200_000)
    with sqlite_database.snapshot() as tx:
        assert marks.get(tx, "n") is None


@pytest.mark.postgres
def test_a_server_that_went_away_is_unavailable_until_it_is_back(
    postgres_server: PostgresServer, postgres_database: Database
) -> None:
    with postgres_database.transaction() as tx:
        series_of(tx)
    postgres_server.stop(immediately=True)
    try:
        with pytest.raises(StorageUnavailableError), postgres_database.transaction() as tx:
            series_of(tx, "1.2.3.11")
        with pytest.raises(StorageUnavailableError), postgres_database.snapshot() as tx:
            series.page(tx)
    finally:
        postgres_server.start()

    with postgres_database.transaction() as tx:
        assert len(series.page(tx).items) == 1
        series_of(tx, "1.2.3.11")


@pytest.mark.postgres
def test_a_server_killed_in_a_transaction_keeps_none_of_it(
    postgres_server: PostgresServer, postgres_database: Database
) -> None:
    def cut_off() -> None:
        with postgres_database.transaction() as tx:
            series_of(tx)
            postgres_server.stop(immediately=True)
            series_of(tx, "1.2.3.11")

    try:
        with pytest.raises(StorageUnavailableError):
            cut_off()
    finally:
        postgres_server.start()

    with postgres_database.snapshot() as tx:
        assert series.page(tx).items == ()


@pytest.mark.postgres
@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_forgets_on_a_power_cut_is_refused(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path, setting: str
) -> None:
    database = open_database(DatabaseSettings(url=SecretStr(postgres_url)), tmp_path)
    postgres_server.execute(f"ALTER SYSTEM SET {setting} = off")
    postgres_server.reload(setting, "off")
    try:
        with pytest.raises(SchemaError, match=f"{setting} is off"), database.transaction():
            pass
    finally:
        postgres_server.execute(f"ALTER SYSTEM RESET {setting}")
        postgres_server.reload(setting, "on")
    with database.transaction() as tx:
        series_of(tx)
    database.close()


@pytest.mark.postgres
def test_a_server_that_does_not_sync_by_default_is_made_to(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    name = postgres_url.partition("@/")[2].partition("?")[0]
    postgres_server.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    database = open_database(DatabaseSettings(url=SecretStr(postgres_url)), tmp_path)

    with database.transaction() as tx:
        shown = tx.connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
    database.close()

    assert shown == "on"


@pytest.mark.postgres
def test_a_writer_on_postgresql_waits_for_a_lock_only_so_long(
    postgres_url: str, tmp_path: Path
) -> None:
    settings = DatabaseSettings(url=SecretStr(postgres_url), timeout_s=0.2)
    database = open_database(settings, tmp_path)
    with database.transaction() as one:
        marks.put(one, "n", "1")
        with (
            pytest.raises(StorageUnavailableError, match="lock timeout"),
            database.transaction() as other,
        ):
            marks.put(other, "n", "2")
    database.close()


def test_a_copied_database_opens_elsewhere(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.transaction() as tx:
        series_of(tx)
        tx.connection.exec_driver_sql("SELECT 1")
    sqlite_database.engine.dispose()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(path_of(sqlite_database), elsewhere)

    database = open_database(DatabaseSettings(), elsewhere)
    with database.snapshot() as tx:
        assert series.get(tx, "1.2.3.10").last_received_at < after(1)
    database.close()


_WITHOUT_UMASK = """
import os, pathlib, sys
os.umask(0)
from photopeak.settings import DatabaseSettings
from photopeak.storage import marks
from photopeak.storage.database import open_database
from photopeak.storage import migrations
from photopeak.storage.backup import back_up
database = open_database(DatabaseSettings(), pathlib.Path(sys.argv[1]))
migrations.upgrade(database)
migrations.backup(database.path, database.path.with_name("before"))
back_up(database, database.path.with_name("copy"))
with database.transaction() as tx:
    marks.put(tx, "a", "b")
for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    print(file.name, oct(file.stat().st_mode & 0o777))
"""


def test_the_files_of_the_database_are_not_for_the_world_whatever_the_umask(
    tmp_path: Path,
) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", _WITHOUT_UMASK, tmp_path],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip

    modes = {name: int(mode, 8) for name, mode in map(str.split, shown.splitlines())}
    assert {"photopeak.sqlite3", "photopeak.sqlite3-wal", "photopeak.sqlite3-shm"} <= set(modes)
    assert {"before", "copy"} <= set(modes)
    assert {name for name, mode in modes.items() if mode & ~0o640} == set()


def test_a_database_that_the_world_may_read_is_taken_away_from_it(
    sqlite_database: Database,
) -> None:
    path = path_of(sqlite_database)
    path.chmod(0o666)

    impatient(path).engine.connect().close()

    assert path.stat().st_mode & 0o777 == 0o660


def test_a_new_connection_leaves_the_locks_of_the_others(sqlite_database: Database) -> None:
    path = path_of(sqlite_database)
    other = (
        "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN EXCLUSIVE')"
    )

    with sqlite_database.transaction():
        impatient(path).engine.connect().close()
        found = subprocess.run([sys.executable, "-c", other, path], capture_output=True, text=True)

    assert "database is locked" in found.stderr


def test_a_part_that_fails_is_undone_alone(database: Database) -> None:
    with database.transaction() as tx:
        marks.put(tx, "before", "1")
        with pytest.raises(sa.exc.DBAPIError):
            _break_off(tx)
        with tx.part():
            marks.put(tx, "after", "3")

    with database.snapshot() as tx:
        assert [marks.get(tx, name) for name in ("before", "within", "after")] == ["1", None, "3"]


def _break_off(tx: Transaction) -> None:
    with tx.part():
        marks.put(tx, "within", "2")
        tx.connection.exec_driver_sql("SELECT nothing FROM nowhere")


@pytest.mark.root
@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_a_disk_that_has_given_up_is_not_called_a_damaged_database(
    tmp_path: Path, kind: str
) -> None:
    disk = Disk(tmp_path / "image", tmp_path / "disk", kind=kind)
    database = open_database(DatabaseSettings(), disk.folder)
    try:
        migrations.upgrade(database)
        disk.cut_power()
        for number in range(3):
            with (
                pytest.raises(StorageUnavailableError, match=r"(?i)input/output|disk i/o"),
                database.transaction() as tx,
            ):
                marks.put(tx, "mark", str(number))
    finally:
        database.close()
        disk.close()
