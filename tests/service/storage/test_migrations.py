import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr

from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.settings import DatabaseSettings
from photopeak.storage import alert_events, alerts, migrations, series
from photopeak.storage.database import Database, open_database
from photopeak.storage.errors import SchemaError, StorageUnavailableError
from photopeak.storage.tables import metadata
from support.postgres import PostgresServer
from support.rows import NOON, series_of
from support.storage_children import SPAWN, upgrade, upgrade_and_die

NAME = "photopeak.sqlite3"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    database = open_database(DatabaseSettings(timeout_s=1.0), tmp_path)
    yield database
    database.close()


def edit(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(statement)


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as file:
        return list(file.iterdump())


def test_the_steps_lead_to_the_tables_of_this_program(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"version_table": migrations.VERSION_TABLE, "compare_type": False},
        )
        assert compare_metadata(context, metadata) == []


def test_the_names_of_the_scripts_tell_their_order() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).with_name("alembic")))

    chain = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(chain)) == migrations.steps()


def test_an_empty_database_is_made_and_a_second_time_nothing_happens(empty: Database) -> None:
    with pytest.raises(SchemaError, match="is empty: run 'photopeak db upgrade'"):
        migrations.check(empty)

    assert migrations.upgrade(empty) is None
    migrations.check(empty)
    assert migrations.current(empty) == migrations.head()
    assert migrations.upgrade(empty) is None


def test_an_older_database_is_upgraded_with_its_rows_after_a_backup(empty: Database) -> None:
    assert empty.path is not None
    migrations.upgrade(empty, revision="0001")
    with empty.transaction() as tx:
        series_of(tx)
    with pytest.raises(SchemaError, match=r"has the schema 0001, .* run 'photopeak db upgrade'"):
        migrations.check(empty)

    saved = migrations.upgrade(empty, now=NOON)

    assert saved == empty.path.with_name(f"{NAME}.0001.20260302T120000Z.backup")
    migrations.check(empty)
    with empty.snapshot() as tx:
        assert series.get(tx, "1.2.3.10").instances == 1
    assert saved is not None
    assert any("1.2.3.10" in line for line in content(saved))
    restored = empty.path.parent / "restored"
    restored.mkdir()
    shutil.copy(saved, restored / NAME)
    copy = open_database(DatabaseSettings(), restored)
    assert migrations.current(copy) == "0001"
    copy.close()


def test_a_newer_database_is_refused_and_left_as_it_is(sqlite_database: Database) -> None:
    path = sqlite_database.path
    assert path is not None
    edit(path, f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'")
    before = content(path)

    for act in (migrations.check, migrations.upgrade):
        with pytest.raises(SchemaError, match=r"schema 9999.*newer Photopeak.*restore the backup"):
            act(sqlite_database)

    assert content(path) == before
    assert list(path.parent.glob("*.backup")) == []


@pytest.mark.postgres
def test_a_newer_postgresql_database_is_refused(postgres_database: Database) -> None:
    with postgres_database.transaction() as tx:
        tx.connection.exec_driver_sql(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'")

    with pytest.raises(SchemaError, match="newer Photopeak"):
        migrations.upgrade(postgres_database)


def test_a_database_of_another_program_is_refused_and_left_as_it_is(empty: Database) -> None:
    assert empty.path is not None
    edit(empty.path, "CREATE TABLE invoices (n INTEGER)")
    before = empty.path.read_bytes()

    for act in (migrations.check, migrations.upgrade):
        with pytest.raises(SchemaError, match=r"tables of another program \(invoices\)"):
            act(empty)

    assert content(empty.path) == [
        "BEGIN TRANSACTION;",
        "CREATE TABLE invoices (n INTEGER);",
        "COMMIT;",
    ]
    assert len(empty.path.read_bytes()) == len(before)


def damage_first_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(4096))


def damage_a_table(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 8)


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_off_in_a_page(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1000)


def replace_by_text(path: Path) -> None:
    path.write_text("this is no database " * 1000)


@pytest.mark.parametrize(
    "damage",
    [damage_first_page, damage_a_table, cut_off, cut_off_in_a_page, replace_by_text],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_file_is_refused_with_the_way_out_and_left_as_it_is(
    sqlite_database: Database, damage: object
) -> None:
    path = sqlite_database.path
    assert path is not None
    with sqlite_database.transaction() as tx:
        for number in range(50):
            series_of(tx, f"1.2.3.{number}")
    sqlite_database.close()
    assert callable(damage)
    damage(path)
    before = path.read_bytes()
    broken = open_database(DatabaseSettings(), path.parent)

    for act in (migrations.check, migrations.upgrade):
        with pytest.raises(SchemaError, match=r"is damaged .*restore a backup"):
            act(broken)

    broken.close()
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.glob("*.backup*")] == []


def test_damage_found_while_working_names_the_way_out(sqlite_database: Database) -> None:
    path = sqlite_database.path
    assert path is not None
    sqlite_database.engine.dispose()
    damage_first_page(path)

    with pytest.raises(SchemaError, match="restore a backup"), sqlite_database.transaction() as tx:
        series_of(tx)


def test_a_large_file_is_not_read_whole_at_the_start(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_SMALL_BYTES", 0)
    migrations.check(sqlite_database)
    sqlite_database.engine.dispose()
    assert sqlite_database.path is not None
    cut_off(sqlite_database.path)

    with pytest.raises(SchemaError, match="restore a backup"):
        migrations.check(sqlite_database)


@pytest.mark.parametrize(("start", "step"), [(None, 9), ("0001", 1)])
def test_an_upgrade_killed_at_any_statement_leaves_the_database_as_it_was(
    tmp_path: Path, start: str | None, step: int
) -> None:
    template = tmp_path / "template"
    database = open_database(DatabaseSettings(), template)
    if start:
        migrations.upgrade(database, revision=start)
        with database.transaction() as tx:
            series_of(tx)
    database.close()
    folder = tmp_path / "killed"
    folder.mkdir()
    if start:
        shutil.copy(template / NAME, folder)

    for statement in range(0, 500, step):
        pid = os.fork()
        if pid == 0:
            upgrade_and_die(folder, statement)
        _, status = os.waitpid(pid, 0)
        database = open_database(DatabaseSettings(), folder)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        assert migrations.current(database) == start
        database.close()

    migrations.check(database)
    assert statement > 25
    if start:
        with database.snapshot() as tx:
            assert series.get(tx, "1.2.3.10").instances == 1
    database.close()


def test_a_backup_interrupted_before_is_written_anew(empty: Database) -> None:
    assert empty.path is not None
    migrations.upgrade(empty, revision="0001")
    part = empty.path.with_name(f"{NAME}.0001.20260302T120000Z.backup.part")
    part.write_text("half a backup")

    saved = migrations.upgrade(empty, now=NOON)

    assert saved is not None
    assert not part.exists()
    assert content(saved)


def test_a_backup_that_cannot_be_written_stops_the_upgrade(empty: Database) -> None:
    assert empty.path is not None
    migrations.upgrade(empty, revision="0001")
    (empty.path.parent / f"{NAME}.0001.20260302T120000Z.backup.part").mkdir()

    with pytest.raises(StorageUnavailableError, match="cannot be copied"):
        migrations.upgrade(empty, now=NOON)

    assert migrations.current(empty) == "0001"


@pytest.mark.postgres
def test_two_hosts_that_start_at_once_upgrade_once(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    postgres_server.execute("CREATE DATABASE fresh")
    url = postgres_server.url("fresh")
    try:
        hosts = [SPAWN.Process(target=upgrade, args=(url, tmp_path)) for _ in range(2)]
        for host in hosts:
            host.start()
        for host in hosts:
            host.join(60.0)
        assert [host.exitcode for host in hosts] == [0, 0]
        database = open_database(DatabaseSettings(url=SecretStr(url)), tmp_path)
        migrations.check(database)
        database.close()
    finally:
        postgres_server.execute("DROP DATABASE fresh WITH (FORCE)")


def test_alerts_that_nothing_can_end_any_more_are_closed_with_the_reason(empty: Database) -> None:
    migrations.upgrade(empty, revision="0014")
    keys = ("result:nm1:t:nema:1", "test set:2", "test/nm1/t/nema/-/ERROR")
    with empty.transaction() as tx:
        kept = {
            key: alerts.raise_alert(
                tx,
                Alert(key=key, severity=AlertSeverity.CRITICAL, title="t", message="m"),
                now=NOON,
            ).id
            for key in keys
        }
    migrations.upgrade(empty)

    with empty.snapshot() as tx:
        found = {key: alerts.get(tx, identity) for key, identity in kept.items()}
        last = alert_events.history(tx, kept[keys[0]])[0]
    assert [found[key].state for key in keys] == ["CLOSED", "CLOSED", "OPEN"]
    assert found[keys[0]].closed_at is not None
    assert (last.kind, last.reason[:10]) == ("resolved", "superseded")
