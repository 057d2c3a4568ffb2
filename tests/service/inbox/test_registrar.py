"""Through the journal: safe at once, file and row when there is time."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from photopeak.inbox import registrar
from photopeak.inbox import segments as journal
from photopeak.inbox.files import FileOperations
from photopeak.inbox.found_files import FoundFiles
from photopeak.inbox.inbox import Inbox
from photopeak.inbox.recovery import recover
from photopeak.inbox.registrar import Drain, Registrar
from photopeak.inbox.stored_file import read_head
from photopeak.model.alerts import AlertState
from photopeak.model.reception import StoreStatus
from photopeak.settings import Durability, InboxSettings
from photopeak.storage import alerts, instances
from photopeak.storage.database import Database
from photopeak.storage.errors import StorageUnavailableError
from support.data_sets import data_set, reception
from support.faults import FaultyFiles
from support.inboxes import MakeInbox, store
from support.ports import eventually

SETTINGS = InboxSettings(free_space_floor_bytes=0)


@contextmanager
def registrar_at_work(
    data: Path, database: Database, operations: FileOperations | None = None
) -> Iterator[None]:
    """Run a registrar, to its orderly end."""
    its_work, work = os.pipe()
    registrar = Registrar(SETTINGS, data, database, operations=operations)
    thread = threading.Thread(target=registrar.serve, args=(its_work,))
    thread.start()
    try:
        yield
    finally:
        os.close(work)
        thread.join()
        os.close(its_work)


def row(database: Database, uid: str) -> instances.StoredInstance | None:
    with database.snapshot() as tx:
        found = instances.by_sop_instance_uid(tx, uid)
    return found[0] if found else None


def journaling(make_inbox: MakeInbox, **settings: object) -> Inbox:
    inbox = make_inbox(**settings)
    inbox.use_journal()
    return inbox


def now() -> datetime:
    return datetime.now(UTC)


def died(*_: object) -> None:
    raise KeyboardInterrupt


def segments(data: Path) -> list[Path]:
    return list((data / journal.JOURNAL).rglob("*.segment"))


def stored(data: Path) -> list[Path]:
    return list((data / "store").rglob("*.dcm"))


@pytest.mark.parametrize("durability", [Durability.SYNC, Durability.NONE])
def test_files_rows_and_seals_follow_the_answer(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, durability: Durability
) -> None:
    with registrar_at_work(data, sqlite_database):
        inbox = journaling(make_inbox, durability=durability)
        body = data_set(instance="1.2.1")
        assert store(inbox, body, reception("1.2.1")).status is StoreStatus.SUCCESS
        eventually(lambda: row(sqlite_database, "1.2.1") is not None)
    found = row(sqlite_database, "1.2.1")
    assert found is not None
    head = read_head(data / found.path)
    assert (head.sha256, head.size) == (found.sha256, len(body))
    assert (data / found.path).read_bytes()[head.data_set_at :] == body
    assert found.reception == reception("1.2.1")


def test_everything_acknowledged_has_its_row_at_the_end_of_the_registrar(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    with registrar_at_work(data, sqlite_database):
        inbox = journaling(make_inbox)
        for number in range(300):
            uid = f"1.2.{number}"
            assert store(inbox, data_set(instance=uid), reception(uid)).status == 0
        inbox.close()
    assert all(row(sqlite_database, f"1.2.{number}") is not None for number in range(300))
    assert len(stored(data)) == 300


def test_threads_that_send_at_once_lose_nothing_and_the_journal_is_used_again(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    pixels = os.urandom(400_000)
    with registrar_at_work(data, sqlite_database):
        inbox = journaling(make_inbox)

        def send(first: int) -> None:
            for number in range(first, first + 25):
                body = data_set(instance=f"1.2.{number}", pixels=pixels)
                assert store(inbox, body, reception(f"1.2.{number}")).status == 0

        threads = [threading.Thread(target=send, args=(1000 * n,)) for n in range(6)]
        for _ in range(2):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            threads = [threading.Thread(target=send, args=(1000 * n,)) for n in range(6, 12)]
        inbox.close()
    with sqlite_database.snapshot() as tx:
        rows = instances.page_by_id(tx, "", 1000)
    assert len(rows) == 300
    assert all((data / r.path).stat().st_size > 400_000 for r in rows)
    # 120 MB went through; what is there at the end is free again.
    assert all(journal.is_free(path) for path in segments(data))


def test_a_folder_that_somebody_removes_holds_nothing_up(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    with registrar_at_work(data, sqlite_database):
        inbox = journaling(make_inbox)
        assert store(inbox, data_set(instance="1.2.1"), reception("1.2.1")).status == 0
        first = eventually(lambda: row(sqlite_database, "1.2.1"))
        shutil.rmtree((data / first.path).parent)
        assert store(inbox, data_set(instance="1.2.2"), reception("1.2.2")).status == 0
        second = eventually(lambda: row(sqlite_database, "1.2.2"))
    assert (data / second.path).is_file()


def test_a_copy_and_a_conflict_come_out_as_without_the_journal(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    with registrar_at_work(data, sqlite_database):
        inbox = journaling(make_inbox)
        for pixels in (bytes(64), bytes(64), bytes([1] * 64)):
            body = data_set(instance="1.2.1", pixels=pixels)
            assert store(inbox, body, reception("1.2.1")).status is StoreStatus.SUCCESS
        inbox.close()
    with sqlite_database.snapshot() as tx:
        copies = instances.by_sop_instance_uid(tx, "1.2.1")
    assert [copy.conflict for copy in copies] == [False, True]
    assert [copy.path.partition("/")[0] for copy in copies] == ["store", "conflict"]


def test_what_the_journal_holds_is_filed_at_the_next_start(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = journaling(make_inbox)
    store(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
    store(inbox, data_set(instance="1.2.2"), reception("1.2.2"))
    assert row(sqlite_database, "1.2.1") is None
    assert not stored(data)

    assert recover(data, sqlite_database).indexed == 2

    assert row(sqlite_database, "1.2.1") is not None
    assert len(stored(data)) == 2
    assert recover(data, sqlite_database).indexed == 0, "once is enough"
    assert len(stored(data)) == 2


def test_what_a_dead_receiver_left_is_filed_and_its_segment_removed(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = journaling(make_inbox)
    store(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
    assert inbox.journal is not None
    inbox.journal._journal.let_go()  # as the end of its process does

    recover(data, sqlite_database)

    assert row(sqlite_database, "1.2.1") is not None
    assert not segments(data)


def test_what_a_container_of_another_name_left_is_filed_and_its_room_given_back(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("platform.node", lambda: "0a1b2c3d")
        inbox = journaling(make_inbox)
        store(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
        inbox.close()
    folder = data / journal.JOURNAL / "0a1b2c3d"
    os.close(journal.made(folder, FileOperations()))  # one in reserve
    assert len(journal.segments(folder)) == 2

    recover(data, sqlite_database)

    assert row(sqlite_database, "1.2.1") is not None
    assert journal.segments(folder) == []


def test_the_room_of_this_host_is_kept_for_the_next_receivers(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = journaling(make_inbox)
    store(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
    inbox.close()

    recover(data, sqlite_database)

    assert [journal.is_free(path) for path in segments(data)] == [True]


def test_an_entry_that_was_cut_off_hides_neither_those_before_nor_those_behind(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = journaling(make_inbox)
    for number in (1, 2, 3):
        store(inbox, data_set(instance=f"1.2.{number}"), reception(f"1.2.{number}"))
    (segment,) = segments(data)
    with segment.open("r+b") as file:  # the second entry, behind the block of the segment
        file.seek(2 * journal.BLOCK_BYTES + 700)
        file.write(bytes(20))
    inbox.close()

    recover(data, sqlite_database)

    assert [row(sqlite_database, f"1.2.{n}") is not None for n in (1, 2, 3)] == [True, False, True]
    (kept,) = (data / "damaged").iterdir()
    assert kept.stat().st_size > 700
    assert open_titles(sqlite_database) == ["A stored file is damaged"]


def test_entries_of_an_earlier_use_of_a_segment_do_not_come_again(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    with registrar_at_work(data, sqlite_database):
        first = journaling(make_inbox)
        for number in range(10):
            store(first, data_set(instance=f"1.2.{number}"), reception(f"1.2.{number}"))
        first.close()
        eventually(lambda: all(journal.is_free(p) for p in segments(data)))
    second = journaling(make_inbox)
    store(second, data_set(instance="1.3.1"), reception("1.3.1"))
    second.close()

    assert recover(data, sqlite_database).indexed == 1
    assert row(sqlite_database, "1.3.1") is not None
    assert len(stored(data)) == 11


def test_an_instance_larger_than_a_buffer_becomes_a_file_at_once(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = journaling(make_inbox)
    body = data_set(instance="1.2.1", pixels=os.urandom(5_000_000))
    assert store(inbox, body, reception("1.2.1")).status is StoreStatus.SUCCESS
    found = row(sqlite_database, "1.2.1")
    assert found is not None
    head = read_head(data / found.path)
    assert (data / found.path).read_bytes()[head.data_set_at :] == body
    assert (head.sha256, head.size) == (found.sha256, len(body))


def test_a_journal_without_room_is_passed_by(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = journaling(make_inbox, journal_bytes=journal.SEGMENT_BYTES)
    pixels = bytes(3_000_000)
    for number in range(8):
        body = data_set(instance=f"1.2.{number}", pixels=pixels)
        assert store(inbox, body, reception(f"1.2.{number}")).status is StoreStatus.SUCCESS
    assert row(sqlite_database, "1.2.0") is None
    assert row(sqlite_database, "1.2.7") is not None
    assert recover(data, sqlite_database).indexed > 0
    assert all(row(sqlite_database, f"1.2.{number}") is not None for number in range(8))


def test_strict_durability_uses_no_journal(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = journaling(make_inbox, durability=Durability.STRICT)
    store(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
    assert row(sqlite_database, "1.2.1") is not None
    assert not (data / journal.JOURNAL).exists()


def test_a_file_system_without_locks_has_no_journal(
    make_inbox: MakeInbox, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(_: object, __: int) -> None:
        raise OSError(37, "No locks available")

    inbox = make_inbox()
    monkeypatch.setattr(journal.fcntl, "flock", no_locks)
    inbox.use_journal()
    monkeypatch.undo()
    assert (
        store(inbox, data_set(instance="1.2.1"), reception("1.2.1")).status is StoreStatus.SUCCESS
    )
    assert row(sqlite_database, "1.2.1") is not None


def test_a_data_set_of_another_instance_is_refused_at_once(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    with registrar_at_work(data, sqlite_database):
        inbox = journaling(make_inbox)
        outcome = store(inbox, data_set(instance="1.2.1"), reception("1.2.9"))
    assert outcome.status is StoreStatus.DATA_SET_MISMATCH
    assert not stored(data)


class FailingSync(FileOperations):
    """A disk that cannot sync as long as `broken` is set."""

    def __init__(self) -> None:
        self.broken = True

    def sync_data(self, handle: int) -> None:
        if self.broken:
            raise OSError(5, "Input/output error")
        super().sync_data(handle)


def test_who_hears_of_an_error_of_the_disk_may_send_again(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    operations = FailingSync()
    inbox = make_inbox(operations=operations)
    inbox.use_journal()
    assert store(inbox, data_set(instance="1.2.1"), reception("1.2.1")).status == 0xA700
    operations.broken = False
    assert store(inbox, data_set(instance="1.2.1"), reception("1.2.1")).status == 0x0000
    inbox.close()
    recover(data, sqlite_database)
    with sqlite_database.snapshot() as tx:
        assert len(instances.by_sop_instance_uid(tx, "1.2.1")) == 1


def test_instances_wait_in_the_journal_while_the_disk_refuses_files(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    class NoFiles(FileOperations):
        full = True

        def create(self, path: str) -> int:
            if self.full and path.endswith(".part") and "incoming" in path:
                raise OSError(28, "No space left on device", path)
            return super().create(path)

    operations = NoFiles()

    def told() -> list[str]:
        with sqlite_database.snapshot() as tx:
            return [a.alert.title for a in alerts.page(tx, states={AlertState.OPEN}).items]

    with registrar_at_work(data, sqlite_database, operations):
        inbox = journaling(make_inbox)
        assert store(inbox, data_set(instance="1.2.1"), reception("1.2.1")).status == 0
        eventually(lambda: "Received instances wait to be filed" in told())
        assert row(sqlite_database, "1.2.1") is None
        operations.full = False
        eventually(lambda: row(sqlite_database, "1.2.1") is not None)
        eventually(lambda: not told())


def test_a_database_that_is_away_for_a_while_loses_nothing(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = threading.Event()
    away.set()
    known = instances.known_ids

    def known_ids(tx: object, ids: object) -> object:
        if away.is_set():
            raise StorageUnavailableError("the server is away")
        return known(tx, ids)  # type: ignore[arg-type]

    monkeypatch.setattr(instances, "known_ids", known_ids)
    with registrar_at_work(data, sqlite_database):
        inbox = journaling(make_inbox)
        assert store(inbox, data_set(instance="1.2.1"), reception("1.2.1")).status == 0
        assert row(sqlite_database, "1.2.1") is None
        away.clear()
        eventually(lambda: row(sqlite_database, "1.2.1") is not None)
    assert len(stored(data)) == 1


def refuse_rows_of(database: Database, uid: str) -> None:
    """Let the database itself refuse a row, as one would that a later version has tightened."""
    assert database.path is not None
    with closing(sqlite3.connect(database.path)) as connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON instances "
            f"WHEN NEW.sop_instance_uid = '{uid}' BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        connection.commit()


def open_titles(database: Database) -> list[str]:
    with database.snapshot() as tx:
        return [a.alert.title for a in alerts.page(tx, states={AlertState.OPEN}).items]


def test_a_row_that_the_database_refuses_for_good_holds_up_no_other(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registrar, "_AGAIN_AFTER_S", 0.01)
    refuse_rows_of(sqlite_database, "1.2.1")
    with registrar_at_work(data, sqlite_database):
        inbox = journaling(make_inbox)
        for uid in ("1.2.1", "1.2.2"):
            assert store(inbox, data_set(instance=uid), reception(uid)).status == 0
        eventually(
            lambda: "A received instance cannot be recorded" in open_titles(sqlite_database),
            seconds=30,
        )
        store(inbox, data_set(instance="1.2.3"), reception("1.2.3"))
        eventually(lambda: row(sqlite_database, "1.2.3") is not None)

    assert row(sqlite_database, "1.2.1") is None
    assert row(sqlite_database, "1.2.2") is not None
    assert len(stored(data)) == 3  # its file waits for the next start


def test_a_row_that_the_database_refuses_keeps_no_service_from_starting(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    refuse_rows_of(sqlite_database, "1.2.1")
    inbox = journaling(make_inbox)
    for uid in ("1.2.1", "1.2.2"):
        store(inbox, data_set(instance=uid), reception(uid))
    inbox.close()

    recover(data, sqlite_database)  # from the journal
    recover(data, sqlite_database, full=True)  # from the store

    assert "A received instance cannot be recorded" in open_titles(sqlite_database)
    assert row(sqlite_database, "1.2.2") is not None


def test_only_one_registrar_takes_from_a_journal(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = journaling(make_inbox)
    store(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
    (folder,) = (data / journal.JOURNAL).iterdir()
    with journal.alone(folder) as first:
        assert first
        with registrar_at_work(data, sqlite_database):
            pass  # it ends by itself: another one is at work
        assert recover(data, sqlite_database).indexed == 0
        assert row(sqlite_database, "1.2.1") is None
    assert recover(data, sqlite_database).indexed == 1
    assert len(stored(data)) == 1


@pytest.mark.parametrize("call", ["sync_folder", "move"])
def test_a_disk_that_fails_between_name_and_row_holds_nothing_up_when_it_is_well_again(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, call: str
) -> None:
    operations = FaultyFiles()
    drain = Drain(
        data, sqlite_database, Durability.SYNC, clock=now, operations=operations, attempts=1
    )
    inbox = journaling(make_inbox)
    folder = data / journal.JOURNAL / platform.node()
    for number in range(3):
        uid = f"1.2.{number}"
        assert store(inbox, data_set(instance=uid), reception(uid)).status == 0
        if number:  # the shelf is there by then
            operations.failing[call] = errno.EIO
            with pytest.raises(OSError, match="Input/output"):
                drain.all_of(folder)
            operations.failing.clear()
        assert drain.all_of(folder) == 1
        assert row(sqlite_database, uid) is not None
    drain.close()
    inbox.close()
    recover(data, sqlite_database, full=True)
    assert len(stored(data)) == 3


def test_a_registrar_that_died_between_name_and_row_leaves_no_second_file(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = journaling(make_inbox)
    assert store(inbox, data_set(instance="1.2.1"), reception("1.2.1")).status == 0
    drain = Drain(
        data, sqlite_database, Durability.SYNC, clock=now, operations=FileOperations(), attempts=1
    )
    with monkeypatch.context() as patch:
        patch.setattr(FoundFiles, "record", died)
        with pytest.raises(KeyboardInterrupt):
            drain.all_of(data / journal.JOURNAL / platform.node())
    drain.close()
    assert len(stored(data)) == 1

    with registrar_at_work(data, sqlite_database):
        eventually(lambda: row(sqlite_database, "1.2.1") is not None)

    inbox.close()
    recorded = row(sqlite_database, "1.2.1")
    assert recorded is not None
    assert stored(data) == [data / recorded.path]
