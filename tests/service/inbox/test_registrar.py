"""Without durability: files first, everything else when there is time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from photopeak.inbox.inbox import Inbox
from photopeak.inbox.recovery import recover
from photopeak.inbox.registrar import Registrar
from photopeak.inbox.stored_file import read_head
from photopeak.model.reception import StoreStatus
from photopeak.settings import Durability
from photopeak.storage import instances
from photopeak.storage.database import Database
from support.data_sets import data_set, reception
from support.inboxes import MakeInbox, store
from support.ports import eventually


@contextmanager
def registrar_at_work(data: Path, database: Database) -> Iterator[tuple[int, threading.Event]]:
    """Run a registrar; yields the end that tells of its life, and an event for its end."""
    life, its_life = os.pipe()
    its_work, work = os.pipe()
    ended = threading.Event()

    def run() -> None:
        Registrar(data, database).serve(its_work)
        os.close(its_life)
        ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield life, ended
    finally:
        os.close(work)
        thread.join()
        os.close(its_work)


def row(database: Database, uid: str) -> instances.StoredInstance | None:
    with database.snapshot() as tx:
        found = instances.by_sop_instance_uid(tx, uid)
    return found[0] if found else None


def unsealed(make_inbox: MakeInbox, life: int) -> Inbox:
    inbox = make_inbox(durability=Durability.NONE)
    inbox.leave_rows_to_registrar(life)
    return inbox


def test_rows_and_seals_follow_the_files(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    with registrar_at_work(data, sqlite_database) as (life, _):
        inbox = unsealed(make_inbox, life)
        body = data_set(instance="1.2.1")
        assert store(inbox, body, reception("1.2.1")).status is StoreStatus.SUCCESS
        eventually(lambda: row(sqlite_database, "1.2.1") is not None, seconds=10)
    found = row(sqlite_database, "1.2.1")
    assert found is not None
    head = read_head(data / found.path)
    assert (head.sha256, head.size) == (found.sha256, len(body))


def test_everything_that_has_a_name_has_its_row_at_the_end_of_the_registrar(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    with registrar_at_work(data, sqlite_database) as (life, _):
        inbox = unsealed(make_inbox, life)
        for number in range(300):
            uid = f"1.2.{number}"
            assert store(inbox, data_set(instance=uid), reception(uid)).status == 0
    assert all(row(sqlite_database, f"1.2.{number}") is not None for number in range(300))


def test_a_copy_and_a_conflict_come_out_as_with_durability(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    with registrar_at_work(data, sqlite_database) as (life, _):
        inbox = unsealed(make_inbox, life)
        for pixels in (bytes(64), bytes(64), bytes([1] * 64)):
            body = data_set(instance="1.2.1", pixels=pixels)
            assert store(inbox, body, reception("1.2.1")).status is StoreStatus.SUCCESS
    with sqlite_database.snapshot() as tx:
        copies = instances.by_sop_instance_uid(tx, "1.2.1")
    assert [copy.conflict for copy in copies] == [False, True]
    assert [copy.path.partition("/")[0] for copy in copies] == ["store", "conflict"]


def test_what_a_dead_registrar_left_is_found_at_the_next_start(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    life, its_life = os.pipe()
    inbox = unsealed(make_inbox, life)
    store(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
    os.close(its_life)
    eventually(lambda: not inbox.hash_later, seconds=10)
    store(inbox, data_set(instance="1.2.2"), reception("1.2.2"))

    assert row(sqlite_database, "1.2.1") is None
    assert row(sqlite_database, "1.2.2") is not None, "rows are written by the receiver again"
    assert recover(data, sqlite_database).indexed == 1
    assert row(sqlite_database, "1.2.1") is not None
    os.close(life)


def test_an_unsealed_file_that_is_cut_off_is_not_taken_for_whole(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    life, its_life = os.pipe()
    inbox = unsealed(make_inbox, life)
    store(inbox, data_set(instance="1.2.1"), reception("1.2.1"))
    (path,) = (data / "store").rglob("*.dcm")
    os.truncate(path, path.stat().st_size - 3)

    report = recover(data, sqlite_database)

    assert (report.indexed, report.damaged) == (0, 1)
    os.close(its_life)


def test_a_data_set_of_another_instance_is_refused_at_once(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    with registrar_at_work(data, sqlite_database) as (life, _):
        inbox = unsealed(make_inbox, life)
        outcome = store(inbox, data_set(instance="1.2.1"), reception("1.2.9"))
    assert outcome.status is StoreStatus.DATA_SET_MISMATCH
    assert not list((data / "store").rglob("*.dcm"))
