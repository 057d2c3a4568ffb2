"""After a crash, after a loss of the database, after somebody was in the store."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from photopeak.inbox import layout
from photopeak.inbox.errors import DataFolderError, DataFolderInUseError
from photopeak.inbox.health import StorageState
from photopeak.inbox.housekeeping import keep_house
from photopeak.inbox.inbox import Inbox
from photopeak.inbox.lock import data_lock
from photopeak.inbox.recovery import rebuild, recover
from photopeak.inbox.scrub import check, scrub
from photopeak.model.alerts import AlertState
from photopeak.model.reception import StoredInstance
from photopeak.settings import DatabaseSettings, InboxSettings
from photopeak.storage import alerts, instances, migrations, series
from photopeak.storage.database import Database, open_database
from photopeak.storage.errors import StorageUnavailableError
from support.data_sets import data_set, reception
from support.faults import FaultyFiles, files_below
from support.inboxes import MakeInbox, store
from support.mounts import small_tmpfs
from support.ports import eventually


def every_row(database: Database) -> tuple[StoredInstance, ...]:
    with database.snapshot() as tx:
        return instances.page_by_id(tx, "", 1000)


def open_alerts(database: Database) -> list[str]:
    with database.snapshot() as tx:
        return sorted(r.alert.key for r in alerts.page(tx, states=(AlertState.OPEN,)).items)


def fill(inbox: Inbox, count: int = 5) -> None:
    for number in range(count):
        uid = f"1.2.{number}"
        store(inbox, data_set(instance=uid), reception(uid))


def test_what_was_under_way_is_swept_and_live_processes_are_left_alone(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    alive = inbox.begin(reception())
    alive.write(data_set())
    dead = data / "incoming" / "dead"
    dead.mkdir()
    (dead / "x.part").write_bytes(b"torn")
    (data / "incoming" / "stray.part").write_bytes(b"torn")

    report = recover(data, sqlite_database)

    assert report.swept == 2
    assert len(files_below(data / "incoming")) == 1
    assert alive.commit().status == 0


def test_a_file_without_a_row_gets_it_again_the_same_as_before(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    fill(inbox)
    before = every_row(sqlite_database)
    other = other_database(data)

    report = recover(data, other)

    assert report.indexed == 5
    assert every_row(other) == before
    assert recover(data, other).indexed == 0
    other.close()


def test_the_index_is_rebuilt_from_files_alone_conflicts_included(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    fill(inbox)
    store(inbox, data_set(instance="1.2.1", pixels=b"\1" * 64), reception("1.2.1"))
    other = other_database(data)

    rebuild(data, other)

    assert every_row(other) == every_row(sqlite_database)
    with other.snapshot() as tx, sqlite_database.snapshot() as old:
        was, now = series.get(old, "1.2.3.4.30"), series.get(tx, "1.2.3.4.30")
    assert (was.instances, was.conflicts) == (now.instances, now.conflicts) == (5, 1)
    other.close()


def test_a_copy_that_was_never_recorded_goes_where_it_belongs(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    """Killed between the name and the row, once for a duplicate and once for a conflict."""
    inbox = make_inbox()
    fill(inbox, 2)
    other = other_database(data)
    second = make_inbox(database=other)
    store(second, data_set(instance="1.2.0"), reception("1.2.0"))
    store(second, data_set(instance="1.2.1", pixels=b"\1" * 64), reception("1.2.1"))
    other.close()

    report = recover(data, sqlite_database)

    assert report.indexed == 2
    assert len(files_below(data / "store")) == 2
    assert len(files_below(data / "conflict")) == 1
    rows = every_row(sqlite_database)
    assert len(rows) == 3
    assert all((data / row.path).is_file() for row in rows)


def test_a_torn_file_under_a_final_name_is_set_aside_and_told(
    make_inbox: MakeInbox, data: Path, sqlite_database: Database
) -> None:
    fill(make_inbox(), 2)
    torn, _ = files_below(data / "store")
    os.truncate(torn, torn.stat().st_size - 10)
    other = other_database(data)

    report = recover(data, other)

    assert (report.indexed, report.damaged) == (1, 1)
    assert not torn.exists()
    assert [path.name for path in files_below(data / "damaged")] == [torn.name]
    assert open_alerts(other) == [f"file damaged {torn.stem}"]
    other.close()


def test_a_foreign_file_in_the_store_is_set_aside(sqlite_database: Database, data: Path) -> None:
    folder = data / "store" / "2026"
    folder.mkdir(parents=True)
    (folder / "virus.dcm").write_bytes(b"MZ" + bytes(200))

    assert recover(data, sqlite_database).damaged == 1
    assert len(files_below(data / "damaged")) == 1


def test_a_row_without_a_file_is_told_and_the_alert_ends_when_it_is_back(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    fill(make_inbox(), 2)
    (row, _) = every_row(sqlite_database)
    content = (data / row.path).read_bytes()
    (data / row.path).unlink()

    assert recover(data, sqlite_database).missing == 1
    assert open_alerts(sqlite_database) == [f"file missing {row.id}"]

    (data / row.path).write_bytes(content)
    scrub(data, sqlite_database, limit_bytes=1_000_000)
    assert open_alerts(sqlite_database) == []


def test_a_database_that_fails_during_recovery_costs_no_file(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    fill(make_inbox())
    before = files_below(data / "store")
    other = other_database(data)
    with other.transaction() as tx:
        tx.connection.exec_driver_sql("DROP TABLE series")

    with pytest.raises(StorageUnavailableError):
        recover(data, other)

    assert files_below(data / "store") == before
    other.close()


def test_a_log_does_not_say_that_nothing_can_be_stored_when_a_row_has_to_wait(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(make_inbox(), 2)
    with sqlite_database.transaction() as tx:
        tx.connection.exec_driver_sql("DELETE FROM instances")
    assert sqlite_database.path is not None
    hasty = open_database(DatabaseSettings(timeout_s=0.2), data)

    with closing(sqlite3.connect(sqlite_database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailableError):
            recover(data, hasty)
    hasty.close()

    assert "cannot be stored" not in caplog.text
    assert recover(data, sqlite_database).indexed == 2


def test_only_recent_folders_are_looked_at_again_unless_all_are_asked_for(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    fill(make_inbox(), 1)
    later = datetime(2036, 1, 1, tzinfo=UTC)
    other = other_database(data)
    recover(data, other, clock=lambda: later)
    with other.transaction() as tx:
        tx.connection.exec_driver_sql("DELETE FROM instances")

    assert recover(data, other).indexed == 0
    assert recover(data, other, full=True).indexed == 1
    other.close()


def test_the_scrub_finds_an_altered_byte_and_a_lost_file_in_slices(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    fill(make_inbox(), 6)
    rows = every_row(sqlite_database)
    altered, lost = data / rows[1].path, data / rows[4].path
    content = bytearray(altered.read_bytes())
    content[-5] ^= 1
    altered.write_bytes(content)
    lost.unlink()

    reports = [scrub(data, sqlite_database, limit_bytes=3 * rows[0].size) for _ in range(2)]

    assert [(r.files, r.damaged, r.missing) for r in reports] == [(3, 1, 0), (3, 0, 1)]
    assert reports[1].wrapped
    assert open_alerts(sqlite_database) == sorted(
        [f"file damaged {rows[1].id}", f"file missing {rows[4].id}"]
    )


@pytest.mark.parametrize("lost", [False, True])
def test_a_file_that_the_scrub_found_altered_is_mended_by_sending_it_again(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, lost: bool
) -> None:
    inbox = make_inbox()
    store(inbox, data_set(), reception())
    (row,) = every_row(sqlite_database)
    path = data / row.path
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"!")
    if lost:
        path.unlink()
    scrub(data, sqlite_database, limit_bytes=1_000_000)
    assert len(open_alerts(sqlite_database)) == 1

    assert store(inbox, data_set(), reception()).duplicate

    assert check(data, row) is None
    assert files_below(data / "store") == [path]
    assert len(files_below(data / "damaged")) == (not lost)
    assert open_alerts(sqlite_database) == []


def test_a_copy_of_a_file_that_is_whole_is_not_kept(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    store(inbox, data_set(), reception())
    before = files_below(data / "store")

    assert store(inbox, data_set(), reception()).duplicate

    assert files_below(data / "store") == before
    assert files_below(data / "damaged") == []


def test_the_alert_about_the_storage_outlives_the_night_while_the_storage_is_bad(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    files = FaultyFiles()
    files.failing["sync"] = 5
    store(make_inbox(operations=files), data_set(), reception())
    night = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)

    keep_house(sqlite_database, data, InboxSettings(), now=night)

    assert len(open_alerts(sqlite_database)) == 1


def test_the_alert_about_the_storage_ends_with_a_good_start(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    files = FaultyFiles()
    inbox = make_inbox(operations=files)
    files.failing["sync"] = 5
    store(inbox, data_set(), reception())
    assert len(open_alerts(sqlite_database)) == 1

    recover(data, sqlite_database)

    assert open_alerts(sqlite_database) == []


def test_a_second_service_on_the_same_folder_is_refused(data: Path) -> None:
    with (
        data_lock(data),
        pytest.raises(DataFolderInUseError, match=rf"in use by another .*process {os.getpid()}"),
        data_lock(data),
    ):
        pass
    with data_lock(data):
        pass


def test_the_processes_of_a_killed_service_are_waited_for(data: Path) -> None:
    # The parent takes the lock and is gone; its child keeps it a moment longer.
    program = """
import os, sys, time
from pathlib import Path
from photopeak.inbox.lock import data_lock
with data_lock(Path(sys.argv[1])):
    if os.fork() == 0:
        os.close(1)
        time.sleep(1.5)
        os._exit(0)
    print("held", flush=True)
    os._exit(9)
"""
    gone = subprocess.run(
        [sys.executable, "-c", program, str(data)], capture_output=True, text=True, check=False
    )
    assert (gone.returncode, gone.stdout) == (9, "held\n"), gone.stderr

    with data_lock(data):
        pass


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_data_folder_that_is_none_is_refused_with_its_cure(
    tmp_path: Path, sqlite_database: Database, kind: str
) -> None:
    folder = tmp_path / "elsewhere"
    if kind == "file":
        folder.touch()

    with pytest.raises(DataFolderError, match="make it, and let the user"):
        Inbox(InboxSettings(), folder, sqlite_database)
    with pytest.raises(DataFolderError, match="elsewhere"):
        recover(folder, sqlite_database)
    with pytest.raises(DataFolderError, match="elsewhere"), data_lock(folder):
        pass


@pytest.mark.parametrize("name", ["incoming", "store", "conflict"])
def test_a_folder_that_cannot_be_written_is_named(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Root may write everywhere, so the answer of the system is given by the test."""
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != name)

    with pytest.raises(DataFolderError, match=rf"{name} is not writable"):
        layout.prepare(data)


@pytest.mark.root
def test_a_read_only_disk_at_the_start_is_told_without_a_traceback(
    tmp_path: Path, sqlite_database: Database
) -> None:
    with small_tmpfs(tmp_path / "disk", "size=4m") as disk:
        layout.prepare(disk)
        (disk / "incoming" / "stray.part").touch()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

        with pytest.raises(DataFolderError, match="is not writable"):
            Inbox(InboxSettings(), disk, sqlite_database)
        with pytest.raises(DataFolderError, match="is not writable"):
            recover(disk, sqlite_database)


@pytest.mark.root
def test_a_disk_that_becomes_read_only_refuses_and_recovers(
    tmp_path: Path, sqlite_database: Database
) -> None:
    with small_tmpfs(tmp_path / "disk", "size=4m") as disk:
        inbox = Inbox(InboxSettings(free_space_floor_bytes=0), disk, sqlite_database)
        assert store(inbox, data_set(), reception()).status == 0
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        eventually(lambda: inbox.accepting() is not None)

        assert store(inbox, data_set(instance="1.2.9"), reception("1.2.9")).status == 0xA700
        assert inbox.health().state is StorageState.READ_ONLY

        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        eventually(lambda: inbox.accepting() is None)
        assert store(inbox, data_set(instance="1.2.9"), reception("1.2.9")).status == 0
        assert len(files_below(disk / "store")) == 2
        inbox.close()


def other_database(data: Path) -> Database:
    """Return an empty database beside the first one."""
    folder = data.parent / "other"
    folder.mkdir(exist_ok=True)
    database = open_database(DatabaseSettings(), folder)
    migrations.upgrade(database)
    return database
