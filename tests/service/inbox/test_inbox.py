"""Receiving: bytes, names, rows, copies."""

from __future__ import annotations

import hashlib
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest

from photopeak.inbox.inbox import Inbox
from photopeak.inbox.stored_file import read_head, read_whole
from photopeak.model.reception import StoreStatus
from photopeak.settings import Durability, InboxSettings
from photopeak.storage import alerts, instances, series
from photopeak.storage.database import Database
from support.data_sets import BIG, EXPLICIT, IMPLICIT, NM, PET, RLE, data_set, reception
from support.faults import files_below
from support.inboxes import MakeInbox, store


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG, RLE])
@pytest.mark.parametrize("piece", [1000, 65_536, 10_000_000])
def test_a_data_set_is_kept_bit_for_bit(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, syntax: str, piece: int
) -> None:
    body = data_set(syntax=syntax, pixels=random.Random(1).randbytes(150_001 * 2))

    outcome = store(make_inbox(), body, reception(syntax=syntax), piece=piece)

    assert outcome.status is StoreStatus.SUCCESS
    with sqlite_database.snapshot() as tx:
        (row,) = instances.by_sop_instance_uid(tx, "1.2.3.4.1")
    stored = read_head(data / row.path)
    assert (data / row.path).read_bytes()[stored.data_set_at :] == body
    assert row.sha256 == stored.sha256 == hashlib.sha256(body).hexdigest()
    assert row.size == stored.size == len(body)


def test_a_stored_file_is_a_dicom_file_with_our_own_preamble_and_meta(
    make_inbox: MakeInbox, data: Path
) -> None:
    store(make_inbox(), data_set(), reception())

    (path,) = files_below(data / "store")
    assert path.read_bytes()[:132] == bytes(128) + b"DICM"
    meta = pydicom.dcmread(path).file_meta
    assert meta.MediaStorageSOPClassUID == PET
    assert meta.MediaStorageSOPInstanceUID == "1.2.3.4.1"
    assert meta.TransferSyntaxUID == EXPLICIT
    assert meta.SourceApplicationEntityTitle == "SCANNER"
    assert meta.ReceivingApplicationEntityTitle == "PHOTOPEAK"
    assert meta.ImplementationVersionName.startswith("PHOTOPEAK_")
    assert meta.FileMetaInformationGroupLength > 0


def test_a_row_can_be_read_back_from_its_file_alone(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    moment = datetime(2026, 3, 2, 12, 0, 1, 234_567, tzinfo=UTC)
    store(make_inbox(), data_set(), reception(at=moment))

    with sqlite_database.snapshot() as tx:
        (row,) = instances.by_sop_instance_uid(tx, "1.2.3.4.1")
    assert read_whole(data, row.path, conflict=False) == row


def test_nothing_that_a_sender_wrote_becomes_part_of_a_path(
    make_inbox: MakeInbox, data: Path
) -> None:
    store(make_inbox(), data_set(instance="1.2.840.777"), reception("1.2.840.777"))

    (path,) = files_below(data / "store")
    assert "777" not in str(path.relative_to(data))


def test_the_same_bytes_again_are_a_success_and_nothing_new(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    store(inbox, data_set(), reception())
    before = files_below(data / "store")

    outcome = store(inbox, data_set(), reception())

    assert outcome.status is StoreStatus.SUCCESS
    assert outcome.duplicate
    assert files_below(data / "store") == before
    with sqlite_database.snapshot() as tx:
        assert series.get(tx, "1.2.3.4.30").instances == 1


def test_other_bytes_under_the_same_uid_are_kept_beside_with_an_alert(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    store(inbox, data_set(), reception())

    outcome = store(inbox, data_set(pixels=b"\1" * 64), reception())

    assert outcome.status is StoreStatus.SUCCESS
    assert outcome.conflict
    assert len(files_below(data / "store")) == 1
    (other,) = files_below(data / "conflict")
    with sqlite_database.snapshot() as tx:
        first, second = instances.by_sop_instance_uid(tx, "1.2.3.4.1")
        (alert,) = alerts.page(tx).items
    assert (first.conflict, second.conflict) == (False, True)
    assert data / second.path == other
    assert alert.alert.series_instance_uid == "1.2.3.4.30"


@pytest.mark.parametrize("contents", [1, 4])
def test_eight_parallel_copies_through_two_inboxes_give_each_content_once(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, contents: int
) -> None:
    inboxes = [make_inbox(), make_inbox()]
    barrier = threading.Barrier(8)

    def send(number: int) -> tuple[bool, bool]:
        body = data_set(pixels=bytes([number % contents]) * 64)
        barrier.wait()
        outcome = store(inboxes[number % 2], body, reception())
        assert outcome.status is StoreStatus.SUCCESS
        return outcome.duplicate, outcome.conflict

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(send, range(8)))

    assert outcomes.count((False, False)) == 1
    assert len(files_below(data / "store")) == 1
    assert len(files_below(data / "conflict")) == contents - 1
    with sqlite_database.snapshot() as tx:
        rows = instances.by_sop_instance_uid(tx, "1.2.3.4.1")
    assert len({row.sha256 for row in rows}) == len(rows) == contents
    assert all((data / row.path).is_file() for row in rows)


def test_a_copy_replaces_a_file_that_somebody_has_removed(
    make_inbox: MakeInbox, data: Path
) -> None:
    inbox = make_inbox()
    store(inbox, data_set(), reception())
    (path,) = files_below(data / "store")
    path.unlink()

    assert store(inbox, data_set(), reception()).duplicate

    assert files_below(data / "store") == [path]


@pytest.mark.parametrize(
    ("body", "announced", "status"),
    [
        (data_set(instance="1.2.3.5"), reception(), StoreStatus.DATA_SET_MISMATCH),
        (data_set(sop_class=NM), reception(), StoreStatus.DATA_SET_MISMATCH),
        (data_set(instance=None), reception(), StoreStatus.INVALID_INSTANCE),
        (data_set(instance="../../x"), reception(), StoreStatus.INVALID_INSTANCE),
        (data_set(), reception("../../etc/passwd"), StoreStatus.INVALID_INSTANCE),
        (data_set(), reception("1." + "2" * 64), StoreStatus.INVALID_INSTANCE),
        (data_set(), reception(""), StoreStatus.INVALID_INSTANCE),
        (data_set(study=None), reception(), StoreStatus.CANNOT_UNDERSTAND),
        (data_set(series=None), reception(), StoreStatus.CANNOT_UNDERSTAND),
        (data_set(series="1.2/../3"), reception(), StoreStatus.CANNOT_UNDERSTAND),
        (data_set()[:-3], reception(), StoreStatus.CANNOT_UNDERSTAND),
        (b"", reception(), StoreStatus.CANNOT_UNDERSTAND),
        (b"\0", reception(), StoreStatus.CANNOT_UNDERSTAND),
    ],
)
def test_what_cannot_be_kept_is_answered_with_its_status_and_leaves_nothing(
    make_inbox: MakeInbox, data: Path, body: bytes, announced: object, status: StoreStatus
) -> None:
    outcome = store(make_inbox(), body, announced)  # type: ignore[arg-type]

    assert outcome.status is status
    assert 0 < len(outcome.comment) <= 64
    assert outcome.comment.isascii()
    assert files_below(data / "store") == files_below(data / "incoming") == []


def test_an_instance_over_the_limit_is_refused_as_soon_as_that_is_known(
    make_inbox: MakeInbox, data: Path
) -> None:
    inbox = make_inbox(maximum_instance_bytes=100_000)
    incoming = inbox.begin(reception())
    incoming.write(bytes(60_000))
    assert not incoming.failed
    incoming.write(bytes(60_000))

    assert incoming.failed
    assert files_below(data / "incoming") == []
    assert incoming.commit().status is StoreStatus.OUT_OF_RESOURCES


def test_a_discarded_instance_leaves_nothing(make_inbox: MakeInbox, data: Path) -> None:
    incoming = make_inbox().begin(reception())
    incoming.write(data_set())
    incoming.discard()

    assert files_below(data / "incoming") == []
    assert incoming.commit().status is StoreStatus.OUT_OF_RESOURCES


def test_a_closed_inbox_takes_nothing_and_leaves_no_folder(
    sqlite_database: Database, data: Path
) -> None:
    inbox = Inbox(InboxSettings(free_space_floor_bytes=0), data, sqlite_database)
    inbox.close()

    assert store(inbox, data_set(), reception()).status is StoreStatus.OUT_OF_RESOURCES
    assert list((data / "incoming").iterdir()) == []


@pytest.mark.parametrize("durability", list(Durability))
def test_every_durability_keeps_the_same_rows_and_files(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, durability: Durability
) -> None:
    inbox = make_inbox(durability=durability)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(
            pool.map(
                lambda n: store(inbox, data_set(instance=f"1.2.{n}"), reception(f"1.2.{n}")),
                range(40),
            )
        )

    assert {outcome.status for outcome in outcomes} == {StoreStatus.SUCCESS}
    with sqlite_database.snapshot() as tx:
        assert series.get(tx, "1.2.3.4.30").instances == 40
        rows = instances.by_series(tx, "1.2.3.4.30")
    assert {data / row.path for row in rows} == set(files_below(data / "store"))


@pytest.mark.postgres
def test_the_inbox_works_on_postgresql(
    make_inbox: MakeInbox, postgres_database: Database, data: Path
) -> None:
    inboxes = [make_inbox(database=postgres_database) for _ in range(2)]

    def send(number: int) -> StoreStatus:
        body = data_set(instance=f"1.2.{number % 10}", pixels=bytes([number // 20]) * 64)
        return store(inboxes[number % 2], body, reception(f"1.2.{number % 10}")).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(40))) == {StoreStatus.SUCCESS}

    assert len(files_below(data / "store")) == 10
    assert len(files_below(data / "conflict")) == 10
    with postgres_database.snapshot() as tx:
        record = series.get(tx, "1.2.3.4.30")
    assert (record.instances, record.conflicts) == (10, 10)
