"""Disks and databases that fail: the sender is told to try again, and nothing is left behind."""

from __future__ import annotations

import errno
import logging
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from photopeak.inbox import health
from photopeak.inbox.health import Health, InboxHealth, StorageState
from photopeak.inbox.inbox import Inbox, storage_alert_key
from photopeak.model.alerts import AlertState
from photopeak.model.reception import StoreStatus
from photopeak.settings import DatabaseSettings, InboxSettings
from photopeak.storage import alerts, instances, migrations, quick
from photopeak.storage.database import Database, open_database
from photopeak.storage.errors import StorageUnavailableError
from support.data_sets import data_set, reception
from support.faults import FaultyFiles, files_below
from support.inboxes import MakeInbox, store
from support.mounts import small_tmpfs
from support.ports import eventually
from support.postgres import PostgresServer


@pytest.fixture(autouse=True)
def _settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SETTLE_S", 0.0)


def rows(database: Database) -> int:
    with database.snapshot() as tx:
        return len(instances.page_by_id(tx, "", 1000))


@pytest.mark.parametrize(
    ("call", "fault", "state"),
    [
        ("create", errno.ENOSPC, StorageState.FULL),
        ("write", errno.ENOSPC, StorageState.FULL),
        ("write", errno.EDQUOT, StorageState.FULL),
        ("write", errno.EIO, StorageState.BROKEN),
        ("write_at", errno.EIO, StorageState.BROKEN),
        ("start_writing", errno.EIO, StorageState.BROKEN),
        ("sync", errno.EIO, StorageState.BROKEN),
        ("create", errno.EROFS, StorageState.READ_ONLY),
        ("create", errno.EMFILE, StorageState.BROKEN),
        ("move", errno.ENOSPC, StorageState.FULL),
        ("make_folder", errno.ENOSPC, StorageState.FULL),
        ("sync_folder", errno.EIO, StorageState.BROKEN),
        ("free", errno.EIO, StorageState.BROKEN),
    ],
)
def test_a_failing_disk_is_answered_with_try_again_and_recovers_by_itself(
    make_inbox: MakeInbox,
    sqlite_database: Database,
    data: Path,
    call: str,
    fault: int,
    state: StorageState,
) -> None:
    files = FaultyFiles()
    inbox = make_inbox(operations=files)
    files.failing[call] = fault

    outcome = store(inbox, data_set(), reception())

    assert outcome.status is StoreStatus.OUT_OF_RESOURCES
    assert outcome.comment == health.COMMENTS[state]
    assert inbox.health().state is state
    assert rows(sqlite_database) == 0
    assert files_below(data / "store") == files_below(data / "incoming") == []
    with sqlite_database.snapshot() as tx:
        (alert,) = alerts.page(tx).items
    assert alert.state is AlertState.OPEN

    files.failing.clear()
    eventually(lambda: store(inbox, data_set(), reception()).status is StoreStatus.SUCCESS)
    assert inbox.health().good
    with sqlite_database.snapshot() as tx:
        (alert,) = alerts.page(tx).items
    assert alert.state is AlertState.CLOSED


def test_a_failed_sync_is_never_tried_again(make_inbox: MakeInbox) -> None:
    files = FaultyFiles()
    inbox = make_inbox(operations=files)
    files.failing["sync"] = errno.EIO
    files.calls.clear()

    store(inbox, data_set(), reception())

    assert files.calls.count("sync") == 1


def test_a_fault_at_any_call_leaves_all_or_nothing(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    """Fail the first call, the second, ... until the instance gets through."""
    succeeded = 0
    for number in range(1, 40):
        files = FaultyFiles()
        inbox = make_inbox(operations=files)
        files.calls.clear()
        files.fail_at = number
        uid = f"1.2.{number}"
        outcome = store(inbox, data_set(instance=uid), reception(uid))
        with sqlite_database.snapshot() as tx:
            found = instances.by_sop_instance_uid(tx, uid)
        assert len(found) == (outcome.status is StoreStatus.SUCCESS)
        succeeded += outcome.status is StoreStatus.SUCCESS
        assert len(files_below(data / "store")) == succeeded
        assert files_below(data / "incoming") == []
        if len(files.calls) < number:
            break
    assert succeeded >= 1
    assert number > 5


def test_many_failures_give_one_log_line_and_one_alert(
    make_inbox: MakeInbox, sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    files = FaultyFiles(sync=errno.EIO)
    inbox = make_inbox(operations=files)

    with caplog.at_level(logging.WARNING, logger="photopeak.inbox"):
        for number in range(30):
            store(inbox, data_set(instance=f"1.2.{number}"), reception(f"1.2.{number}"))

    assert len([r for r in caplog.records if r.name.startswith("photopeak.inbox")]) == 1
    with sqlite_database.snapshot() as tx:
        assert len(alerts.page(tx).items) == 1


def test_a_state_that_could_not_be_told_is_told_as_soon_as_that_works(
    make_inbox: MakeInbox, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = FaultyFiles(sync=errno.ENOSPC)
    inbox = make_inbox(operations=files)

    def keys() -> list[str]:
        with sqlite_database.snapshot() as tx:
            return [record.alert.key for record in alerts.open_under(tx)]

    def refuse(*_: object, **__: object) -> None:
        raise StorageUnavailableError("database or disk is full")

    with monkeypatch.context() as full:
        full.setattr(alerts, "raise_alert", refuse)
        store(inbox, data_set(), reception())
        assert keys() == []
    eventually(lambda: inbox.accepting() or keys() == [storage_alert_key()])
    files.failing.clear()
    with monkeypatch.context() as full:
        full.setattr(alerts, "close", refuse)
        store(inbox, data_set(), reception())
        assert inbox.health().good
        assert keys() == [storage_alert_key()]
    eventually(lambda: inbox.accepting() or keys() == [])


def test_a_state_is_told_again_now_and_then_until_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "SETTLE_S", 5.0)
    now, told, works = [0.0], [], [False]

    def tell(state: InboxHealth) -> None:
        told.append(state.state)
        if not works[0]:
            raise StorageUnavailableError("away")

    it = Health(clock=lambda: datetime.now(UTC), on_change=tell, monotonic=lambda: now[0])
    it.failed(StorageState.FULL, "full")
    for moment, able in ((1.0, False), (5.0, False), (10.0, True), (15.0, True)):
        now[0], works[0] = moment, able
        it.remind()

    assert told == [StorageState.FULL] * 3


def test_below_the_floor_nothing_is_accepted_until_there_is_room_again(
    make_inbox: MakeInbox, data: Path
) -> None:
    files = FaultyFiles()
    files.free_bytes = 999
    inbox = make_inbox(operations=files, free_space_floor_bytes=1000)

    refusal = inbox.accepting()
    outcome = store(inbox, data_set(), reception())

    assert refusal is not None
    assert refusal.status is outcome.status is StoreStatus.OUT_OF_RESOURCES
    assert inbox.health().state is StorageState.LOW
    files.free_bytes = 1_000_000
    eventually(lambda: inbox.accepting() is None)
    assert store(inbox, data_set(), reception()).status is StoreStatus.SUCCESS


def test_a_locked_database_is_answered_with_try_again(
    make_inbox: MakeInbox, data: Path, sqlite_database: Database
) -> None:
    database = open_database(DatabaseSettings(timeout_s=0.3), data)
    inbox = make_inbox(database=database)
    assert store(inbox, data_set(), reception()).status is StoreStatus.SUCCESS
    before = files_below(data / "store")

    with foreign_lock(data / "photopeak.sqlite3"), ThreadPoolExecutor(4) as pool:
        outcomes = list(
            pool.map(
                lambda n: store(inbox, data_set(instance=f"1.2.{n}"), reception(f"1.2.{n}")),
                range(4),
            )
        )

    assert {outcome.status for outcome in outcomes} == {StoreStatus.OUT_OF_RESOURCES}
    assert files_below(data / "store") == before
    assert inbox.health().state is StorageState.NO_DATABASE
    assert store(inbox, data_set(instance="1.2.9"), reception("1.2.9")).status is (
        StoreStatus.SUCCESS
    )
    assert inbox.health().good
    database.close()


@pytest.mark.postgres
def test_an_instance_in_doubt_is_recorded_as_soon_as_the_database_answers(
    make_inbox: MakeInbox,
    postgres_database: Database,
    postgres_server: PostgresServer,
    data: Path,
) -> None:
    """The connection breaks during the commit: nobody knows whether the row is there."""
    inbox = make_inbox(database=postgres_database)
    broken = [True]

    @sa.event.listens_for(postgres_database.engine, "commit")
    def lose_the_connection(connection: sa.Connection) -> None:
        if broken[0]:
            process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            postgres_server.execute(f"SELECT pg_terminate_backend({process}, 5000)")

    outcome = store(inbox, data_set(), reception())
    assert outcome.status is StoreStatus.OUT_OF_RESOURCES
    (kept,) = files_below(data / "store")
    store(inbox, data_set(instance="1.2.7"), reception("1.2.7"))
    broken[0] = False

    assert store(inbox, data_set(instance="1.2.8"), reception("1.2.8")).status is (
        StoreStatus.SUCCESS
    )
    assert rows(postgres_database) == 3
    assert store(inbox, data_set(), reception()).duplicate
    assert kept in files_below(data / "store")
    assert len(files_below(data / "store")) == 3


@pytest.mark.postgres
def test_a_server_that_goes_down_loses_and_doubles_nothing(
    make_inbox: MakeInbox,
    postgres_database: Database,
    postgres_server: PostgresServer,
    data: Path,
) -> None:
    inbox = make_inbox(database=postgres_database)
    kept: list[str] = []
    stop = threading.Event()

    def send(thread: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            uid = f"1.{thread}.{number}"
            if store(inbox, data_set(instance=uid), reception(uid)).status is StoreStatus.SUCCESS:
                kept.append(uid)

    threads = [threading.Thread(target=send, args=(number + 1,)) for number in range(4)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(kept) > 20)
    postgres_server.stop(immediately=True)
    postgres_server.start()
    count = len(kept)
    eventually(lambda: len(kept) > count + 20)
    stop.set()
    for thread in threads:
        thread.join()

    with postgres_database.snapshot() as tx:
        for uid in kept:
            (row,) = instances.by_sop_instance_uid(tx, uid)
            assert (data / row.path).is_file()


def test_one_instance_that_cannot_be_recorded_does_not_harm_the_others(
    make_inbox: MakeInbox, monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    inbox = make_inbox()
    add = instances.add_batch

    def poisoned(tx: Any, batch: Any) -> Any:
        if any(entry.reception.sop_instance_uid == "1.2.3" for entry in batch):
            raise ValueError("poison")
        return add(tx, batch)

    monkeypatch.setattr(instances, "add_batch", poisoned)
    values = quick.row_of

    def poisoned_row(entry: Any) -> Any:
        if entry.reception.sop_instance_uid == "1.2.3":
            raise ValueError("poison")
        return values(entry)

    monkeypatch.setattr(quick, "row_of", poisoned_row)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(
            pool.map(
                lambda n: store(inbox, data_set(instance=f"1.2.{n}"), reception(f"1.2.{n}")),
                range(8),
            )
        )

    bad = [n for n, outcome in enumerate(outcomes) if outcome.status is not StoreStatus.SUCCESS]
    assert bad == [3]
    assert len(files_below(data / "store")) == 7


def test_a_limit_for_single_files_refuses_the_large_one_and_takes_the_small_ones(
    tmp_path: Path,
) -> None:
    program = """
import resource, sys
from pathlib import Path
from support.data_sets import data_set, reception
from support.inboxes import store
from photopeak.inbox.inbox import Inbox
from photopeak.settings import DatabaseSettings, InboxSettings
from photopeak.storage import migrations
from photopeak.storage.database import open_database
data = Path(sys.argv[1])
database = open_database(DatabaseSettings(), data)
migrations.upgrade(database)
inbox = Inbox(InboxSettings(free_space_floor_bytes=0), data, database)
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))
large = store(inbox, data_set(pixels=bytes(5_000_000)), reception())
small = store(inbox, data_set(instance="1.2.9"), reception("1.2.9"))
print(hex(large.status), hex(small.status), inbox.health().state)
inbox.close()
"""
    data = tmp_path / "data"
    data.mkdir()

    done = subprocess.run(
        [sys.executable, "-c", program, str(data)],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
        timeout=60.0,
    )

    assert done.stdout.split() == ["0xa700", "0x0", "good"]
    assert len(files_below(data / "store")) == 1
    assert files_below(data / "incoming") == []


@pytest.mark.root
@pytest.mark.parametrize("options", ["size=4m", "size=64m,nr_inodes=60"])
def test_a_full_disk_under_load_is_clean_and_recovers_when_freed(
    tmp_path: Path, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "SETTLE_S", 3600.0)
    with small_tmpfs(tmp_path / "disk", options) as disk:
        database = open_database(DatabaseSettings(), tmp_path)
        migrations.upgrade(database)
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(1_500_000))
        spare = [disk / f"spare-{number}" for number in range(12)]
        for path in spare:
            path.touch()
        inbox = Inbox(InboxSettings(free_space_floor_bytes=0), disk, database)
        kept: dict[str, StoreStatus] = {}
        lock = threading.Lock()

        def send(number: int) -> None:
            uid = f"1.2.{number}"
            body = data_set(instance=uid, pixels=bytes(50_000))
            outcome = store(inbox, body, reception(uid))
            with lock:
                kept[uid] = outcome.status

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, range(120)))

        assert set(kept.values()) == {StoreStatus.SUCCESS, StoreStatus.OUT_OF_RESOURCES}
        stored = {uid for uid, status in kept.items() if status is StoreStatus.SUCCESS}
        assert rows(database) == len(stored) == len(files_below(disk / "store"))
        assert files_below(disk / "incoming") == []
        assert inbox.health().state is StorageState.FULL
        for path in (ballast, *spare):
            path.unlink()
        body = data_set(instance="1.3.1", pixels=bytes(50_000))
        eventually(lambda: store(inbox, body, reception("1.3.1")).status is StoreStatus.SUCCESS)
        inbox.close()
        database.close()


@contextmanager
def foreign_lock(path: Path) -> Iterator[None]:
    """Hold SQLite's own lock as a foreign program would."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.rollback()
        connection.close()
