"""The message of the morning leaves once a day, and only when there is something to do."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from photopeak.alerts.anchor import DailyAnchor
from photopeak.alerts.digest import Digest
from photopeak.model.alerts import AlertSeverity, Breach
from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.messages import LineStatus, Message, MessageKind
from photopeak.model.schedule import CellState, Occurrence, Readiness
from photopeak.schedule.status import Cell, DeviceStatus
from photopeak.storage import audit, outbox, results
from photopeak.storage.database import Database, Transaction
from support.rows import result_of, waiting_set
from support.telling import TITLES, Desk, settings_of

OSLO = ZoneInfo("Europe/Oslo")
CAMERA = Device(id="camera-1", name="Camera 1", kind="gamma_camera")


def local(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=OSLO).astimezone(UTC)  # type: ignore[arg-type,misc]


def status(state: CellState, now: datetime) -> DeviceStatus:
    occurrence = Occurrence(
        day=now.date(), start=now - timedelta(hours=2), due=now, end=now, counts_at=now
    )
    cell = Cell(
        device_id="camera-1", test="intrinsic_uniformity", variant="", scheduled=True,
        required=True, state=state, standing=state, occurrence=occurrence,
    )  # fmt: skip
    return DeviceStatus(
        device_id="camera-1", readiness=Readiness.NOT_RECEIVED, overlays=frozenset(), cells=(cell,)
    )


def digest(state: CellState = CellState.PASS, unreviewed: int = 0, **sections: Any) -> Digest:
    def statuses(_tx: Transaction, now: datetime) -> Iterable[DeviceStatus]:
        return [status(state, now)]

    return Digest(
        settings_of(**sections),
        [CAMERA],
        zone=OSLO,
        statuses=statuses,
        unreviewed=lambda _tx: unreviewed,
        titles=lambda _tx: TITLES,
    )


def tell(database: Database, it: Digest, now: datetime) -> list[Message]:
    """Do the duty and return the messages that it put down."""
    with database.transaction() as tx:
        known = {record.message.id for record in outbox.page(tx, limit=200).items}
        if it.needed(tx, now):
            it.tell(tx, now)
        found = [record.message for record in outbox.page(tx, limit=200).items]
    return [message for message in found if message.id not in known]


def test_nothing_to_do_is_no_message(sqlite_database: Database) -> None:
    it = digest()

    assert tell(sqlite_database, it, local(2026, 3, 2, 7, 45)) == []


@pytest.mark.parametrize(
    ("state", "shown"),
    [(CellState.DUE, LineStatus.DUE), (CellState.OVERDUE, LineStatus.OVERDUE)],
)
def test_what_is_due_is_named_with_its_task(
    sqlite_database: Database, state: CellState, shown: LineStatus
) -> None:
    (message,) = tell(sqlite_database, digest(state), local(2026, 3, 2, 7, 45))

    assert message.kind is MessageKind.DIGEST
    first, line = message.lines
    assert first.quantity == "Since yesterday: 0 new, 0 resolved, 0 open for longer"
    assert (line.status, line.device, line.title, line.title_zh) == (
        shown,
        "Camera 1",
        "Intrinsic uniformity",
        "固有均匀性",
    )
    assert line.link == "/schedule?device=camera-1"


def test_results_that_wait_for_a_review_are_counted(sqlite_database: Database) -> None:
    (message,) = tell(sqlite_database, digest(unreviewed=3), local(2026, 3, 2, 7, 45))

    assert (message.lines[1].status, message.lines[1].value) == (LineStatus.UNREVIEWED, 3.0)
    assert message.lines[1].link == "/review"


def test_the_first_line_says_what_changed_since_yesterday(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database, now=local(2026, 2, 27, 9, 0))
    desk.breach("camera-1")
    desk.now = local(2026, 3, 1, 12, 0)
    desk.recover(desk.breach("camera-2"))
    new = desk.breach("camera-3", severity=AlertSeverity.WARNING)

    (message,) = tell(sqlite_database, digest(), local(2026, 3, 2, 7, 45))
    assert message.lines[0].quantity == "Since yesterday: 2 new, 1 resolved, 1 open for longer"
    assert [line.status for line in message.lines[1:]] == [LineStatus.ACTION, LineStatus.WARNING]
    assert message.lines[2].link == f"/alerts/{new.id}"


def test_the_last_line_anchors_the_audit_trail_outside_the_database(
    sqlite_database: Database,
) -> None:
    now = local(2026, 3, 2, 7, 45)
    with sqlite_database.transaction() as tx:
        audit.append(tx, at=now, actor="chen", action="route.taught", subject="route 1")
        anchor = audit.latest(tx)

    (message,) = tell(sqlite_database, digest(CellState.DUE), now)
    assert message.lines[-1].quantity.endswith(f"Anchor of the audit trail: {anchor}")
    assert str(anchor).startswith("1:")


def test_the_anchor_alone_is_no_reason_for_a_message(sqlite_database: Database) -> None:
    now = local(2026, 3, 2, 7, 45)
    with sqlite_database.transaction() as tx:
        audit.append(tx, at=now, actor="chen", action="route.taught", subject="route 1")

    assert tell(sqlite_database, digest(), now) == []


def test_the_log_holds_the_anchor_of_each_day_once(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    it = DailyAnchor(OSLO)

    def written(now: datetime) -> list[str]:
        caplog.clear()
        with sqlite_database.transaction() as tx:
            if it.needed(tx, now):
                it.tell(tx, now)
        return [record.getMessage() for record in caplog.records]

    now = local(2026, 3, 2, 0, 1)
    assert written(now) == []
    with sqlite_database.transaction() as tx:
        audit.append(tx, at=now, actor="chen", action="route.taught", subject="route 1")
        first = audit.latest(tx)
    assert written(now) == [f"anchor of the audit trail: {first}"]
    assert written(local(2026, 3, 2, 23, 59)) == []
    assert written(local(2026, 3, 3, 0, 0)) == [f"anchor of the audit trail: {first}"]


def test_a_number_beyond_its_limit_is_told_as_a_number_in_every_language(
    sqlite_database: Database,
) -> None:
    desk = Desk(sqlite_database, now=local(2026, 3, 2, 7, 0))
    with sqlite_database.transaction() as tx:
        good = result_of(waiting_set(tx, "1.2.3"))
        broken = replace(good.verdicts[0], status=Status.FAIL, upper=3.0)
        stored = results.add(tx, replace(good, status=Status.FAIL, verdicts=(broken,)))
    breach = Breach(metric=broken.metric, scope=broken.scope)
    desk.breach(rule=broken.kind.value, result_id=stored.id, breaches=(breach,))

    (message,) = tell(sqlite_database, digest(), local(2026, 3, 2, 7, 45))
    line = message.lines[1]
    number = next(m for m in stored.measurements if m.metric == broken.metric)
    assert (line.value, line.unit, line.upper) == (number.value, number.unit, broken.upper)
    assert (line.quantity, line.quantity_zh, line.text) == (number.label, number.label_zh, "")


def test_it_is_sent_at_its_time_once_though_workers_start_again(
    sqlite_database: Database,
) -> None:
    sent = []
    for minute in range(30):
        now = local(2026, 3, 2, 7, 30) + timedelta(minutes=minute)
        sent += [(now, m) for m in tell(sqlite_database, digest(CellState.DUE), now)]

    ((moment, _),) = sent
    assert moment == local(2026, 3, 2, 7, 45)


def test_two_workers_send_one(database: Database) -> None:
    now = local(2026, 3, 2, 7, 45)

    def act(_number: int) -> None:
        with database.transaction() as tx:
            digest(CellState.DUE).tell(tx, now)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(act, range(2)))
    with database.snapshot() as tx:
        assert len(outbox.page(tx).items) == 1


@pytest.mark.parametrize(
    ("day", "at"),
    [((2026, 3, 29), "07:45"), ((2026, 3, 29), "02:30"), ((2026, 10, 25), "02:30")],
    ids=["day of summer time", "a time that is not there", "a time that is there twice"],
)
def test_the_days_when_the_clocks_change_have_one_message(
    sqlite_database: Database, day: tuple[int, int, int], at: str
) -> None:
    it = digest(CellState.DUE, digest={"at": at})
    start = local(*day, 0, 0)
    sent = []
    for quarter in range(25 * 4):
        now = start + timedelta(minutes=15 * quarter)
        if now.astimezone(OSLO).date().day == day[2]:
            sent += [now.astimezone(OSLO).time() for _ in tell(sqlite_database, it, now)]

    (moment,) = sent
    assert moment.isoformat("minutes") == ("03:00" if day[1] == 3 and at == "02:30" else at)


def test_it_is_left_out_on_other_days_and_when_it_is_switched_off(
    sqlite_database: Database,
) -> None:
    monday = local(2026, 3, 2, 8, 0)

    assert not tell(sqlite_database, digest(CellState.DUE, digest={"days": ["sun"]}), monday)
    assert not tell(sqlite_database, digest(CellState.DUE, digest={"enabled": False}), monday)
