"""From received instances to complete series: headers read, counts compared, silence waited for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photopeak.inbox import retention
from photopeak.inbox.completion import complete_due, gap_after_mm
from photopeak.inbox.housekeeping import keep_house
from photopeak.inbox.inbox import Inbox
from photopeak.inbox.index import index_new
from photopeak.inbox.recovery import PURGE_MARK, recover
from photopeak.inbox.retention import purge_quarantined
from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.settings import InboxSettings
from photopeak.storage import audit, instances, marks, series
from photopeak.storage.database import Database
from support.data_sets import NM, PET, data_set, element, reception
from support.inboxes import MakeInbox, store

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
UID = "1.2.3.4.30"
QUIET_S = 30.0


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def send(
    inbox: Inbox, number: int, *, sop_class: str = PET, at: float = 0.0, extra: bytes = b""
) -> None:
    uid = f"1.2.{number}"
    body = data_set(sop_class=sop_class, instance=uid, between=extra)
    outcome = store(inbox, body, reception(uid, sop_class=sop_class, at=after(at)))
    assert outcome.status == 0


def slices(count: int) -> bytes:
    return element(0x00540081, b"US", count.to_bytes(2, "little")) + element(
        0x00541000, b"CS", "STATIC\\IMAGE"
    )


def record(database: Database) -> SeriesRecord:
    with database.snapshot() as tx:
        return series.get(tx, UID)


def test_headers_are_read_once_and_described_in_the_series(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    send(inbox, 1)
    send(inbox, 2)

    assert index_new(sqlite_database, data, 100) == (UID,)
    assert index_new(sqlite_database, data, 100) == ()

    found = record(sqlite_database)
    assert found.modality == "PT"
    assert found.display[
        "SeriesDescription" if "SeriesDescription" in found.display else "Modality"
    ]
    assert not any("QC^Phantom" in value for value in found.display.values())


def test_indexing_keeps_to_its_limit(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    for number in range(5):
        send(inbox, number)

    touched = [bool(index_new(sqlite_database, data, 2)) for _ in range(4)]

    assert touched == [True, True, True, False]


def test_an_instance_that_cannot_be_read_has_a_fault_and_does_not_stop_the_others(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = make_inbox()
    for number in range(3):
        send(inbox, number)
    with sqlite_database.snapshot() as tx:
        stored = instances.by_series(tx, UID)
    (data / stored[0].path).unlink()
    (data / stored[1].path).write_bytes(b"no longer an image")

    index_new(sqlite_database, data, 100)

    with sqlite_database.snapshot() as tx:
        faults = [entry.fault for _, entry in instances.headers(tx, UID)]
    assert faults[0] == "the stored file is missing"
    assert faults[1]
    assert faults[2] == ""


def test_a_series_is_complete_when_its_expected_instances_are_there(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    for number in range(2):
        send(inbox, number, extra=slices(3))
    index_new(sqlite_database, data, 100)
    assert complete_due(sqlite_database, after(1), quiet_s=QUIET_S) == ()

    send(inbox, 2, extra=slices(3))
    assert complete_due(sqlite_database, after(1), quiet_s=QUIET_S) == ()
    index_new(sqlite_database, data, 100)

    assert complete_due(sqlite_database, after(1), quiet_s=QUIET_S) == (UID,)
    assert record(sqlite_database).state is SeriesState.COMPLETE
    assert record(sqlite_database).reason == "all 3 instances are there"


def test_a_multi_frame_object_is_complete_at_once(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    send(make_inbox(), 1, sop_class=NM, extra=element(0x00280008, b"IS", "2"))
    index_new(sqlite_database, data, 100)

    assert complete_due(sqlite_database, after(0), quiet_s=QUIET_S) == (UID,)


@pytest.mark.parametrize(("seconds", "complete"), [(29.9, False), (30.0, True), (31.0, True)])
def test_a_series_of_unknown_length_is_complete_after_the_quiet_time(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, seconds: float, complete: bool
) -> None:
    send(make_inbox(), 1)
    index_new(sqlite_database, data, 100)

    assert bool(complete_due(sqlite_database, after(seconds), quiet_s=QUIET_S)) is complete


def test_the_reason_tells_what_is_missing(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    send(inbox, 1, extra=slices(3))
    index_new(sqlite_database, data, 100)

    complete_due(sqlite_database, after(60), quiet_s=QUIET_S)

    assert record(sqlite_database).reason == "nothing came for 30 s; 1 of 3 instances are there"


def test_late_instances_open_a_complete_series_again_in_its_next_generation(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    inbox = make_inbox()
    send(inbox, 1)
    index_new(sqlite_database, data, 100)
    complete_due(sqlite_database, after(60), quiet_s=QUIET_S)

    send(inbox, 2, at=100)

    assert record(sqlite_database).state is SeriesState.RECEIVING
    assert record(sqlite_database).generation == 2
    index_new(sqlite_database, data, 100)
    assert complete_due(sqlite_database, after(129), quiet_s=QUIET_S) == ()
    assert complete_due(sqlite_database, after(130), quiet_s=QUIET_S) == (UID,)


@pytest.mark.parametrize(
    ("positions", "gap"),
    [
        ([], None),
        ([0.0, 5.0], None),
        ([0.0, 2.0, 4.0, 6.0], None),
        ([6.0, 0.0, 4.0, 2.0], None),
        ([0.0, 2.0, 6.0, 8.0], 2.0),
        ([0.0, 0.0, 2.0, 2.0, 4.0, 4.0], None),
        ([0.0, 2.01, 3.99, 6.0], None),
    ],
)
def test_missing_slices_are_seen_in_the_positions(
    positions: list[float], gap: float | None
) -> None:
    assert gap_after_mm(positions) == gap


def test_quarantine_is_removed_after_its_time_and_only_quarantine(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    send(make_inbox(), 1)
    days = timedelta(days=14)
    for state in SeriesState:
        with sqlite_database.transaction() as tx:
            series.set_state(tx, UID, state)
        early = purge_quarantined(sqlite_database, data, now=NOON + days, days=14)
        assert early == ()
        assert record(sqlite_database).instances == 1
        if state is not SeriesState.QUARANTINED:
            late = purge_quarantined(sqlite_database, data, now=NOON + 9 * days, days=14)
            assert late == ()
    with sqlite_database.transaction() as tx:
        series.set_state(tx, UID, SeriesState.QUARANTINED)
        (stored,) = instances.by_series(tx, UID)

    later = NOON + days + timedelta(seconds=1)
    assert purge_quarantined(sqlite_database, data, now=later, days=14) == (UID,)

    assert not (data / stored.path).exists()
    found = record(sqlite_database)
    assert (found.state, found.instances, dict(found.display)) == (SeriesState.QUARANTINED, 0, {})
    assert found.reason == "removed after 14 days in quarantine"
    with sqlite_database.snapshot() as tx:
        (entry,) = audit.page(tx)
    assert (entry.action, entry.subject) == ("quarantine.purge", UID)
    assert recover(data, sqlite_database, full=True).missing == 0


def test_a_series_that_receives_again_just_then_is_left_alone(
    make_inbox: MakeInbox,
    sqlite_database: Database,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(make_inbox(), 1)
    due = record(sqlite_database)
    monkeypatch.setattr(retention, "_due", lambda *_: [due])

    assert purge_quarantined(sqlite_database, data, now=NOON, days=14) == ()

    assert record(sqlite_database).instances == 1


def test_a_purge_that_was_interrupted_is_finished_by_the_next_start(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    send(make_inbox(), 1)
    with sqlite_database.transaction() as tx:
        (stored,) = instances.by_series(tx, UID)
        tx.connection.exec_driver_sql("DELETE FROM instances")
        marks.put(tx, PURGE_MARK, f'["{stored.path}"]')

    report = recover(data, sqlite_database)

    assert report.indexed == 0
    assert not (data / stored.path).exists()


def test_the_house_is_kept_once_a_day_from_the_second_hour_on(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    send(make_inbox(), 1)
    with sqlite_database.transaction() as tx:
        series.set_state(tx, UID, SeriesState.QUARANTINED)
    settings = InboxSettings(quarantine_days=14)
    night = datetime(2026, 5, 1, 1, 59, tzinfo=UTC)

    reports = [
        keep_house(sqlite_database, data, settings, now=night + timedelta(minutes=minutes))
        for minutes in (0, 1, 2, 1000, 1442)
    ]

    assert [report is not None for report in reports] == [False, True, False, False, True]
    assert reports[1] is not None
    assert reports[1].purged == (UID,)
    assert reports[1].recovery.missing == 0


def test_files_that_are_being_received_are_left_to_their_receivers(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path
) -> None:
    send(make_inbox(), 1)
    with sqlite_database.transaction() as tx:
        tx.connection.exec_driver_sql("DELETE FROM instances")

    assert recover(data, sqlite_database, full=True, settled_s=600.0).indexed == 0
    assert recover(data, sqlite_database, full=True).indexed == 1
