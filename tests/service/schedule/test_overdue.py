"""What is missing alerts once, with a clock that the tests move."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from photopeak.model.alerts import AlertRecord, AlertState
from photopeak.model.configuration import Configuration
from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.results import FailureRecord
from photopeak.model.schedule import Schedule, ScheduleRule
from photopeak.model.trends import EventKind, ServiceEvent
from photopeak.schedule.overdue import OverdueWatch
from photopeak.storage import alert_events, alerts, events, results, schedule
from photopeak.storage.database import Database
from support.rows import result_of, waiting_set

OSLO = ZoneInfo("Europe/Oslo")


def at(day: int, clock: str) -> datetime:
    """Return a moment of March 2026 at the site; the 2nd is a Monday."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, day, hour, minute, tzinfo=OSLO).astimezone(UTC)


class Scene:
    """A database with a watch, and a clock moved by hand."""

    def __init__(self, database: Database, plan: Schedule, device: Device) -> None:
        self.database = database
        self.plan = plan
        self.device = device
        self.watch = OverdueWatch(plan, [device])
        self._count = 0

    def look(self, now: datetime) -> list[str]:
        """Let the watch act as the clerk does, and return the due days of the open alerts."""
        with self.database.snapshot() as tx:
            needed = self.watch.needed(tx, now)
        if needed:
            with self.database.transaction() as tx:
                self.watch.tell(tx, now)
            with self.database.snapshot() as tx:
                assert not self.watch.needed(tx, now)
        return [record.alert.key.rsplit("/", 1)[-1] for record in self.open()]

    def open(self) -> tuple[AlertRecord, ...]:
        with self.database.snapshot() as tx:
            return alerts.open_under(tx, "overdue/")

    def all(self) -> list[AlertRecord]:
        with self.database.snapshot() as tx:
            return list(alerts.page(tx, limit=200).items)

    def result(
        self,
        moment: datetime,
        status: Status = Status.PASS,
        configurations: tuple[Configuration, ...] | None = None,
        **changes: Any,
    ) -> str:
        self._count += 1
        with self.database.transaction() as tx:
            test_set = waiting_set(tx, f"1.2.3.{self._count}", group=str(self._count))
            record = result_of(test_set, status=status, acquired_at=moment, **changes)
            provenance = replace(
                record.provenance, started_at=moment, finished_at=moment,
                **({} if configurations is None else {"configurations": configurations}),
            )  # fmt: skip
            return results.add(tx, replace(record, provenance=provenance)).id

    def pause(self, first: int, last: int) -> str:
        with self.database.transaction() as tx:
            return schedule.pause(
                tx, device_id="camera-1", first=date(2026, 3, first), last=date(2026, 3, last),
                reason="no staff", who="kim", now=at(first, "06:00"),
            ).id  # fmt: skip


@pytest.fixture
def scene(database: Database, daily: ScheduleRule, camera: Device) -> Callable[..., Scene]:
    def make(**changes: Any) -> Scene:
        made = Scene(
            database,
            Schedule(zone=OSLO, rules=(daily,), **changes.pop("plan", {})),
            replace(camera, **changes),
        )
        assert made.look(at(1, "12:00")) == []
        return made

    return make


def test_what_is_missing_alerts_once_and_ends_when_it_arrives(scene) -> None:
    here = scene()

    assert here.look(at(2, "09:59")) == []
    assert here.look(at(2, "10:00")) == ["2026-03-02"]
    (alert,) = here.open()
    assert alert.alert.message == "due 2026-03-02 07:30 (Europe/Oslo), nothing was received"
    assert (alert.alert.rule, alert.alert.severity) == ("OVERDUE", "critical")
    for minute in range(1, 30):
        assert here.look(at(2, f"10:{minute:02}")) == ["2026-03-02"]
    assert [record.count for record in here.all()] == [1]
    came = here.result(at(2, "10:40"))
    assert here.look(at(2, "10:41")) == []
    (closed,) = here.all()
    assert closed.state is AlertState.CLOSED
    with here.database.snapshot() as tx:
        history = alert_events.history(tx, closed.id)
    assert [(e.kind, e.result_id) for e in history] == [("resolved", came), ("opened", None)]


@pytest.mark.parametrize("status", [Status.INVALID, Status.ERROR])
def test_an_unusable_result_ends_nothing(scene, status: Status) -> None:
    here = scene()
    failure = FailureRecord(code="X", message="cannot") if status is Status.ERROR else None
    here.result(at(2, "07:00"), status, failure=failure)

    assert here.look(at(2, "10:00")) == ["2026-03-02"]
    assert here.open()[0].alert.message.endswith("what was received cannot be used")
    here.result(at(2, "10:20"), status, failure=failure)
    assert here.look(at(2, "10:30")) == ["2026-03-02"]


def test_a_failure_is_there_and_not_missing(scene) -> None:
    here = scene()
    here.result(at(2, "07:00"), Status.FAIL)

    assert here.look(at(2, "12:00")) == []


def test_a_missing_head_is_missing(scene) -> None:
    here = scene(detectors=2)
    here.result(at(2, "07:00"))

    assert here.look(at(2, "10:00")) == ["2026-03-02"]
    assert here.open()[0].alert.message.endswith("nothing of detector 2 was received")


def test_an_alert_stays_over_the_days_until_something_arrives_or_the_next_is_missing(scene) -> None:
    here = scene()

    assert here.look(at(2, "10:00")) == ["2026-03-02"]
    assert here.look(at(3, "06:00")) == ["2026-03-02"]
    assert here.look(at(3, "10:00")) == ["2026-03-03"]
    here.result(at(3, "11:00"))
    assert here.look(at(3, "11:01")) == []
    assert here.look(at(3, "23:00")) == []
    assert here.look(at(4, "10:00")) == ["2026-03-04"]


def test_after_a_long_stop_only_the_present_one_is_told(scene) -> None:
    here = scene()

    assert here.look(at(31, "12:00")) == ["2026-03-31"]
    assert len(here.all()) == 1


def test_after_a_restart_nothing_is_told_again(scene) -> None:
    here = scene()
    here.look(at(2, "10:00"))
    here.watch = OverdueWatch(here.plan, [here.device])

    assert here.look(at(2, "11:00")) == ["2026-03-02"]
    assert [record.count for record in here.all()] == [1]


def test_nothing_is_missing_at_weekends_and_on_holidays(scene) -> None:
    here = scene(plan={"holidays": (date(2026, 3, 9),)})
    here.result(at(6, "07:00"))

    for day in (7, 8, 9):
        assert here.look(at(day, "12:00")) == []
    assert here.look(at(10, "12:00")) == ["2026-03-10"]


def test_a_day_out_of_use_raises_nothing_and_ends_what_was_raised(scene) -> None:
    here = scene()
    here.pause(2, 2)
    assert here.look(at(2, "12:00")) == []
    assert here.look(at(3, "10:00")) == ["2026-03-03"]

    noted = here.pause(3, 3)
    assert here.look(at(3, "10:05")) == []
    with here.database.transaction() as tx:
        schedule.resume(tx, noted, reason="staff came", who="lee", now=at(3, "10:10"))
    assert here.look(at(3, "10:11")) == ["2026-03-03"]


def test_nothing_is_missing_under_service_and_all_of_it_afterwards(scene) -> None:
    here = scene()
    failed = here.result(at(2, "07:00"), Status.FAIL)
    with here.database.transaction() as tx:
        event = events.add(
            tx,
            ServiceEvent(
                id="", version=0, device_id="camera-1", kind=EventKind.CORRECTIVE_ACTION,
                at=at(2, "08:00"), text="tube replaced", answers_result=failed,
                recorded_by="lee", recorded_at=at(2, "08:00"),
            ),
        )  # fmt: skip
    assert here.look(at(3, "12:00")) == []
    back = here.result(at(4, "05:30"))
    with here.database.transaction() as tx:
        events.revise(tx, replace(event, returned_by=back))

    assert here.look(at(4, "12:00")) == []
    assert here.look(at(5, "10:00")) == ["2026-03-05"]


def test_nothing_is_missing_before_the_device_is_in_use(scene) -> None:
    here = scene(in_use_since=date(2026, 3, 3))

    assert here.look(at(2, "12:00")) == []
    assert here.look(at(3, "12:00")) == ["2026-03-03"]


def test_a_new_service_misses_nothing_of_the_day_on_which_it_began(
    database: Database, site: Schedule, camera: Device
) -> None:
    here = Scene(database, site, camera)

    assert here.look(at(2, "15:00")) == []
    assert here.look(at(3, "10:00")) == ["2026-03-03"]


def test_what_is_not_scheduled_any_more_ends(scene) -> None:
    here = scene()
    here.look(at(2, "10:00"))
    here.watch = OverdueWatch(Schedule(zone=OSLO), [here.device])
    assert here.look(at(2, "10:10")) == []

    here.watch = OverdueWatch(here.plan, [here.device])
    assert here.look(at(3, "10:00")) == []
    assert here.look(at(4, "10:00")) == ["2026-03-04"]
    here.watch = OverdueWatch(replace(here.plan, holidays=(date(2026, 3, 4),)), [here.device])
    assert here.look(at(4, "10:10")) == []


def test_the_alert_comes_at_the_same_wall_time_over_the_change_of_the_clocks(scene) -> None:
    here = scene()
    here.result(at(27, "07:00"))

    assert here.look(datetime(2026, 3, 30, 7, 59, tzinfo=UTC)) == []
    assert here.look(datetime(2026, 3, 30, 8, 0, tzinfo=UTC)) == ["2026-03-30"]


def test_a_month_of_minutes_raises_one_alert_for_each_missing_day(
    sqlite_database: Database, daily: ScheduleRule, camera: Device
) -> None:
    """A fake clock in steps of half an hour; QC arrives at 06:00 on all but three days."""
    here = Scene(sqlite_database, Schedule(zone=OSLO, rules=(daily,)), camera)
    missed = {4, 5, 17}
    moment = at(1, "12:00")
    while moment < at(20, "00:00"):
        local = moment.astimezone(OSLO)
        if f"{local:%H:%M}" == "06:00" and local.weekday() < 5 and local.day not in missed:
            here.result(moment)
        here.look(moment)
        moment += timedelta(minutes=30)

    assert sorted(record.alert.key[-2:] for record in here.all()) == ["04", "05", "17"]
    assert here.open() == ()


def test_one_head_of_two_does_not_end_on_the_next_day_what_it_left_missing(scene) -> None:
    here = scene(detectors=2)
    one = Configuration(scope={"detector": 1}, parts={})
    two = Configuration(scope={"detector": 2}, parts={})
    here.result(at(2, "07:00"), configurations=(one,))
    assert here.look(at(2, "10:00")) == ["2026-03-02"]
    assert here.open()[0].alert.message.endswith("nothing of detector 2 was received")

    assert here.look(at(3, "00:01")) == ["2026-03-02"]
    assert here.look(at(3, "08:00")) == ["2026-03-02"]
    here.result(at(3, "08:10"), configurations=(two,))
    assert here.look(at(3, "08:11")) == []


def test_the_result_that_ends_it_is_the_one_that_was_missing(scene) -> None:
    here = scene(detectors=2)
    here.result(at(2, "07:30"), configurations=(Configuration(scope={"detector": 1}, parts={}),))
    here.look(at(2, "12:00"))
    (missed,) = here.open()
    late = here.result(
        at(2, "07:00"), configurations=(Configuration(scope={"detector": 2}, parts={}),)
    )

    assert here.look(at(2, "12:30")) == []
    with here.database.snapshot() as tx:
        assert alert_events.history(tx, missed.id)[0].result_id == late
