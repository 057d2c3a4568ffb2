"""Every corner of the state of a test, and the one word of a device."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.recurrence import Recurrence
from photopeak.model.schedule import (
    Attempt,
    CellState,
    NotInUse,
    Overlay,
    Readiness,
    Schedule,
    ScheduleRule,
    Span,
)
from photopeak.schedule.occurrences import Calendar
from photopeak.schedule.status import Cell, Conditions, DeviceStatus, Why, device_status

OSLO = ZoneInfo("Europe/Oslo")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FLOOD = "intrinsic_uniformity"
COR = "center_of_rotation"


def at(text: str) -> datetime:
    """Return a moment of the week of Monday, 2 March 2026, as ``TU 07:00``."""
    day, clock = text.split()
    number = ("SA", "SU", "MO", "TU", "WE", "TH", "FR").index(day)
    hour, minute = map(int, clock.split(":"))
    wall = datetime(2026, 2, 28, hour, minute, tzinfo=OSLO) + timedelta(days=number)
    return wall.astimezone(UTC)


def got(status: Status, when: str, **values: object) -> Attempt:
    name = f"{status}-{when}-{sorted(values.items())}"
    return replace(Attempt(result_id=name, status=status, at=at(when)), **values)


DONE = got(Status.PASS, "MO 00:00")
"""A centre of rotation so that the weekly test says nothing until Wednesday."""


@pytest.fixture
def look(site: Schedule, camera: Device):
    """Return what asks how the camera stands at a moment, given results of the flood."""

    def ask(
        now: str,
        *floods: Attempt,
        cors: Sequence[Attempt] = (DONE,),
        device: Device = camera,
        schedule: Schedule = site,
        pauses: Sequence[NotInUse] = (),
        service: Sequence[Span] = (),
        since: datetime = LONG_AGO,
    ) -> DeviceStatus:
        attempts = {FLOOD: floods, COR: list(cors)}
        tasks = schedule.tasks(device)
        return device_status(
            Calendar(schedule),
            device,
            {
                test: sorted(found, key=lambda a: a.at, reverse=True)
                for test, found in attempts.items()
                if found
            },
            Conditions(
                not_in_use=tuple(pauses),
                service=tuple(service),
                since={(t.test, t.variant): since for t in tasks},
            ),
            at(now),
        )

    return ask


def flood(status: DeviceStatus) -> Cell:
    return next(cell for cell in status.cells if cell.test == FLOOD)


def test_the_result_of_yesterday_stands_until_the_window_of_today_opens(look) -> None:
    yesterday = got(Status.PASS, "MO 07:00")

    assert flood(look("TU 04:59", yesterday)).state is CellState.PASS
    assert look("TU 04:59", yesterday).readiness is Readiness.READY
    assert flood(look("TU 05:00", yesterday)).state is CellState.DUE
    assert look("TU 05:00", yesterday).readiness is Readiness.NOT_RECEIVED


def test_what_is_missing_is_due_until_the_end_and_overdue_from_then_on(look) -> None:
    yesterday = got(Status.PASS, "MO 07:00")

    assert flood(look("TU 09:59", yesterday)).state is CellState.DUE
    assert not flood(look("TU 09:59", yesterday)).overdue
    assert flood(look("TU 10:00", yesterday)).state is CellState.OVERDUE
    assert flood(look("TU 10:00", yesterday)).overdue
    assert look("TU 10:00", yesterday).readiness is Readiness.NOT_RECEIVED


def test_a_result_after_the_end_is_late_and_counts(look) -> None:
    assert flood(look("TU 14:00", got(Status.PASS, "TU 13:00"))).state is CellState.PASS


def test_a_result_early_in_the_window_counts_and_moves_no_due_day(look) -> None:
    before = look("TU 04:00", got(Status.PASS, "MO 07:00"))
    after = look("TU 09:00", got(Status.PASS, "TU 05:00"))

    assert flood(after).state is CellState.PASS
    assert after.readiness is Readiness.READY
    assert flood(after).following.day == date(2026, 3, 4)
    assert flood(before).following.day == date(2026, 3, 3)


def test_a_result_before_the_window_does_not_count_for_it(look) -> None:
    assert flood(look("TU 09:00", got(Status.PASS, "TU 04:59"))).state is CellState.DUE


@pytest.mark.parametrize(
    ("first", "second", "state", "word"),
    [
        (Status.PASS, Status.FAIL, CellState.ACTION, Readiness.HOLD),
        (Status.FAIL, Status.PASS, CellState.PASS, Readiness.READY),
        (Status.PASS, Status.INVALID, CellState.NO_RESULT, Readiness.CHECK),
        (Status.PASS, Status.ERROR, CellState.NO_RESULT, Readiness.CHECK),
        (Status.INVALID, Status.PASS, CellState.PASS, Readiness.READY),
        (Status.ERROR, Status.FAIL, CellState.ACTION, Readiness.HOLD),
        (Status.FAIL, Status.INVALID, CellState.ACTION, Readiness.HOLD),
        (Status.FAIL, Status.ERROR, CellState.ACTION, Readiness.HOLD),
        (Status.WARN, Status.PASS, CellState.PASS, Readiness.READY),
        (Status.PASS, Status.WARN, CellState.WARNING, Readiness.CHECK),
        (Status.FAIL, Status.WARN, CellState.WARNING, Readiness.CHECK),
        (Status.FAIL, Status.NO_LIMIT, CellState.WARNING, Readiness.CHECK),
        (Status.PASS, Status.INFO, CellState.WARNING, Readiness.CHECK),
    ],
)
def test_the_newest_attempt_decides_but_only_a_judged_one_takes_a_failure_away(
    look, first: Status, second: Status, state: CellState, word: Readiness
) -> None:
    status = look("TU 09:00", got(first, "TU 07:00"), got(second, "TU 07:20"))

    assert (flood(status).state, status.readiness) == (state, word)


@pytest.mark.parametrize("status", [Status.INVALID, Status.ERROR])
def test_an_unusable_result_alone_is_missing_all_the_same(look, status: Status) -> None:
    seen = look("TU 11:00", got(Status.PASS, "MO 07:00"), got(status, "TU 07:00"))

    assert flood(seen).state is CellState.NO_RESULT
    assert flood(seen).overdue
    assert seen.readiness is Readiness.CHECK


def test_a_failure_does_not_fade_with_the_day(look) -> None:
    failed = got(Status.FAIL, "MO 07:00")

    assert flood(look("TU 06:00", failed)).state is CellState.ACTION
    assert look("TU 06:00", failed).readiness is Readiness.HOLD
    assert flood(look("FR 12:00", failed)).state is CellState.ACTION
    assert flood(look("FR 12:00", failed)).overdue


def test_an_acknowledged_failure_holds_all_the_same(look) -> None:
    seen = look("TU 06:00", got(Status.FAIL, "TU 05:30", acknowledged=True))

    assert seen.readiness is Readiness.HOLD
    assert flood(seen).overlays == {Overlay.ACKNOWLEDGED}


@pytest.mark.parametrize("earlier", [Status.WARN, Status.INVALID, Status.ERROR, Status.PASS])
def test_nothing_else_than_a_failure_is_carried_into_the_next_period(look, earlier: Status) -> None:
    assert flood(look("TU 06:00", got(earlier, "MO 07:00"))).state is CellState.DUE


def test_a_warning_that_a_person_accepted_lets_the_device_be_ready(look) -> None:
    assert look("TU 09:00", got(Status.WARN, "TU 07:00")).readiness is Readiness.CHECK
    accepted = look("TU 09:00", got(Status.WARN, "TU 07:00", acknowledged=True))

    assert accepted.readiness is Readiness.READY
    assert flood(accepted).state is CellState.WARNING
    assert flood(accepted).overlays == {Overlay.ACKNOWLEDGED}


def test_a_pass_of_one_head_takes_nothing_back_from_the_other(look) -> None:
    seen = look(
        "TU 09:00",
        got(Status.FAIL, "TU 07:00", detectors=("2",)),
        got(Status.PASS, "TU 07:05", detectors=("1",)),
    )

    assert flood(seen).state is CellState.ACTION


def test_both_heads_repeated_one_by_one_replace_a_failure_of_both(look) -> None:
    both = got(Status.FAIL, "TU 07:00", detectors=("1", "2"))
    first = got(Status.PASS, "TU 07:10", detectors=("1",))
    second = got(Status.PASS, "TU 07:20", detectors=("2",))

    assert flood(look("TU 09:00", both, first)).state is CellState.ACTION
    assert flood(look("TU 09:00", both, first, second)).state is CellState.PASS


def test_a_repeat_of_the_head_that_failed_suffices(look) -> None:
    both = got(Status.FAIL, "TU 07:00", detectors=("1", "2"), failed=("2",))

    assert flood(look("TU 09:00", both, got(Status.PASS, "TU 07:10", detectors=("1",)))).state \
        is CellState.ACTION  # fmt: skip
    assert flood(look("TU 09:00", both, got(Status.PASS, "TU 07:10", detectors=("2",)))).state \
        is CellState.PASS  # fmt: skip


def test_a_test_with_one_head_missing_is_not_done(look, camera: Device) -> None:
    one = got(Status.PASS, "TU 07:00", detectors=("1",))
    two_heads = replace(camera, detectors=2)

    seen = look("TU 09:00", one, device=two_heads)
    assert (flood(seen).state, seen.readiness) == (CellState.DUE, Readiness.NOT_RECEIVED)
    assert flood(seen).missing_detectors == ("2",)
    assert flood(look("TU 11:00", one, device=two_heads)).state is CellState.OVERDUE
    other = got(Status.PASS, "TU 07:05", detectors=("2",))
    assert look("TU 09:00", one, other, device=two_heads).readiness is Readiness.READY


def test_heads_are_known_from_earlier_results_where_nobody_configured_them(look) -> None:
    earlier = got(Status.PASS, "MO 07:00", detectors=("1", "2"))

    assert flood(look("TU 09:00", earlier, got(Status.PASS, "TU 07:00", detectors=("1",)))).state \
        is CellState.DUE  # fmt: skip
    assert flood(look("TU 09:00", got(Status.PASS, "TU 07:00", detectors=("1",)))).state \
        is CellState.PASS  # fmt: skip


def test_a_pass_in_another_window_takes_nothing_back(look) -> None:
    tc, i131 = {"windows": ("141 keV 15 %",)}, {"windows": ("364 keV 15 %",)}
    failed = got(Status.FAIL, "TU 07:00", **i131)

    assert flood(look("TU 09:00", failed, got(Status.PASS, "TU 07:05", **tc))).state \
        is CellState.ACTION  # fmt: skip
    assert flood(look("TU 09:00", failed, got(Status.PASS, "TU 07:05", **i131))).state \
        is CellState.PASS  # fmt: skip


def test_the_worst_of_several_texts_counts_unless_the_rule_names_one(
    look, site: Schedule, daily: ScheduleRule
) -> None:
    nema = got(Status.PASS, "TU 07:05", variant="nema")
    iec = got(Status.FAIL, "TU 07:00", variant="iec")
    only_nema = replace(site, rules=(replace(daily, variant="nema"),))

    assert flood(look("TU 09:00", nema, iec)).state is CellState.ACTION
    chosen = look("TU 09:00", nema, iec, schedule=only_nema)
    assert flood(chosen).state is CellState.PASS
    assert [c.state for c in chosen.cells if c.test == FLOOD and not c.scheduled] == [
        CellState.ACTION
    ]


def test_a_partial_result_does_not_count_unless_it_failed(look) -> None:
    part = {"partial": True}

    assert flood(look("TU 09:00", got(Status.INFO, "TU 07:00", **part))).state is CellState.DUE
    assert flood(look("TU 11:00", got(Status.WARN, "TU 07:00", **part))).state is CellState.OVERDUE
    assert flood(look("TU 09:00", got(Status.FAIL, "TU 07:00", **part))).state is CellState.ACTION
    full = got(Status.PASS, "TU 06:00")
    assert flood(look("TU 09:00", full, got(Status.INFO, "TU 07:00", **part))).state \
        is CellState.PASS  # fmt: skip


@pytest.mark.parametrize("status", [Status.INFO, Status.NO_LIMIT])
def test_what_nobody_judged_is_received_and_never_a_pass(look, status: Status) -> None:
    seen = look("TU 11:00", got(status, "TU 07:00"))

    assert (flood(seen).state, flood(seen).why) == (CellState.WARNING, Why.NOT_JUDGED)
    assert not flood(seen).overdue
    assert seen.readiness is Readiness.CHECK


def test_a_pass_measured_at_an_unknown_time_is_at_best_a_warning(look) -> None:
    seen = look("TU 09:00", got(Status.PASS, "TU 07:00", dated=False))

    assert (flood(seen).state, flood(seen).why) == (CellState.WARNING, Why.TIME_UNKNOWN)
    assert seen.readiness is Readiness.CHECK


LAST_WEEK = Attempt(result_id="last", status=Status.PASS, at=datetime(2026, 2, 25, 9, tzinfo=UTC))
FLOODS = [got(Status.PASS, f"{day} 05:00") for day in ("MO", "TU", "WE", "TH", "FR")]


def weekly_cell(look, now: str, *others: Attempt, **values: object) -> Cell:
    seen = look(now, *FLOODS, cors=others, **values)
    return next(cell for cell in seen.cells if cell.test == COR)


def test_a_window_of_days_is_due_while_the_earlier_verdict_stands(look) -> None:
    """Due on Wednesday at 12:00, open from Monday 12:00, missing from Thursday 12:00 on."""
    assert weekly_cell(look, "MO 11:59", LAST_WEEK).state is CellState.PASS
    opened = weekly_cell(look, "MO 12:00", LAST_WEEK)

    assert (opened.state, opened.standing) == (CellState.DUE, CellState.PASS)
    assert opened.occurrence.day == date(2026, 3, 4)
    assert opened.complete
    assert not weekly_cell(look, "WE 00:00", LAST_WEEK).complete
    assert weekly_cell(look, "TH 11:59", LAST_WEEK).state is CellState.DUE
    assert weekly_cell(look, "TH 12:00", LAST_WEEK).state is CellState.OVERDUE


def test_a_required_test_whose_window_opens_early_keeps_a_device_ready_until_its_day(
    look, site: Schedule, weekly: ScheduleRule
) -> None:
    strict = replace(site, rules=(site.rules[0], replace(weekly, required=True)))

    def word(now: str) -> Readiness:
        return look(now, *FLOODS, cors=[LAST_WEEK], schedule=strict).readiness

    assert word("TU 09:00") is Readiness.READY
    assert word("WE 09:00") is Readiness.NOT_RECEIVED


def test_a_result_in_the_open_window_is_done_early(look) -> None:
    early = got(Status.PASS, "MO 13:00")

    assert weekly_cell(look, "TU 09:00", LAST_WEEK, early).state is CellState.PASS
    assert weekly_cell(look, "WE 13:00", LAST_WEEK, early).state is CellState.PASS
    assert weekly_cell(look, "WE 13:00", LAST_WEEK, early).following.day == date(2026, 3, 11)


def test_what_was_missed_stays_overdue_until_the_next_due_day_or_a_result(look) -> None:
    two_weeks = replace(LAST_WEEK, at=LAST_WEEK.at - timedelta(days=7))

    assert weekly_cell(look, "TU 09:00", two_weeks).state is CellState.OVERDUE
    assert weekly_cell(look, "WE 09:00", two_weeks).state is CellState.DUE
    assert weekly_cell(look, "TU 09:00", two_weeks, got(Status.PASS, "TU 08:00")).state \
        is CellState.PASS  # fmt: skip


def test_an_optional_test_that_is_overdue_is_to_be_checked(look) -> None:
    seen = look("TH 13:00", *FLOODS, cors=[LAST_WEEK])

    assert seen.readiness is Readiness.CHECK


def test_a_device_without_any_schedule_is_never_ready(look) -> None:
    seen = look("TU 09:00", got(Status.PASS, "TU 07:00"), schedule=Schedule())

    assert seen.readiness is Readiness.NOT_SCHEDULED
    assert {cell.state for cell in seen.cells} == {CellState.PASS}


def test_a_device_with_optional_tests_alone_is_never_ready(
    look, site: Schedule, daily: ScheduleRule
) -> None:
    optional = replace(site, rules=(replace(daily, required=False),))

    seen = look("TU 09:00", got(Status.PASS, "TU 07:00"), schedule=optional)
    assert seen.readiness is Readiness.NOT_SCHEDULED


def test_a_failure_of_a_test_without_a_rule_holds_the_device_until_someone_took_notice(
    look, site: Schedule, weekly: ScheduleRule
) -> None:
    only_daily = replace(site, rules=(site.rules[0],))

    def word(cor: Attempt) -> Readiness:
        return look("TU 09:00", *FLOODS, cors=[cor], schedule=only_daily).readiness

    assert word(LAST_WEEK) is Readiness.READY
    assert word(replace(LAST_WEEK, status=Status.ERROR)) is Readiness.READY
    assert word(replace(LAST_WEEK, status=Status.FAIL)) is Readiness.HOLD
    assert word(replace(LAST_WEEK, status=Status.FAIL, acknowledged=True)) is Readiness.READY


def test_a_device_that_is_not_in_use_today_misses_nothing_and_is_not_ready(look) -> None:
    pause = NotInUse(
        id="1", device_id="camera-1", first=date(2026, 3, 3), last=date(2026, 3, 3),
        reason="holiday of the staff", who="kim", at=LONG_AGO,
    )  # fmt: skip
    seen = look("TU 11:00", pauses=[pause])

    assert seen.readiness is Readiness.NOT_SCHEDULED
    assert seen.not_in_use == pause
    assert (flood(seen).state, flood(seen).overdue) == (CellState.NOT_SCHEDULED, False)
    assert Overlay.EXCUSED in flood(seen).overlays
    assert look("WE 04:59", pauses=[pause]).readiness is Readiness.NOT_SCHEDULED
    assert look("WE 11:00", pauses=[pause]).readiness is Readiness.NOT_RECEIVED


def test_one_day_out_of_use_does_not_excuse_a_test_that_could_be_done_on_the_next(look) -> None:
    pause = NotInUse(
        id="1", device_id="camera-1", first=date(2026, 3, 4), last=date(2026, 3, 4),
        reason="no patients", who="kim", at=LONG_AGO,
    )  # fmt: skip

    assert weekly_cell(look, "WE 13:00", LAST_WEEK, pauses=[pause]).complete
    assert weekly_cell(look, "TH 13:00", LAST_WEEK, pauses=[pause]).state is CellState.OVERDUE
    both = replace(pause, last=date(2026, 3, 5))
    assert not weekly_cell(look, "FR 13:00", LAST_WEEK, pauses=[both]).overdue


def test_a_failure_holds_a_device_that_is_not_in_use(look) -> None:
    pause = NotInUse(
        id="1", device_id="camera-1", first=date(2026, 3, 3), last=date(2026, 3, 3),
        reason="", who="kim", at=LONG_AGO,
    )  # fmt: skip

    assert look("TU 11:00", got(Status.FAIL, "MO 07:00"), pauses=[pause]).readiness \
        is Readiness.HOLD  # fmt: skip


def test_a_device_under_service_is_on_hold_and_misses_nothing(look) -> None:
    service = Span(start=at("TU 06:00"), end=at("TU 15:00"))
    seen = look("TU 11:00", service=[service])

    assert seen.readiness is Readiness.HOLD
    assert Overlay.UNDER_SERVICE in seen.overlays
    assert not flood(seen).overdue


def test_after_a_service_the_test_has_its_grace_again(look) -> None:
    service = Span(start=at("TU 06:00"), end=at("TU 15:00"))

    assert flood(look("TU 17:29", service=[service])).state is CellState.DUE
    assert flood(look("TU 17:30", service=[service])).state is CellState.OVERDUE


def test_nothing_is_missing_from_before_the_test_was_scheduled(look) -> None:
    began = at("TU 10:30")
    seen = look("TU 11:00", since=began)

    assert (flood(seen).state, flood(seen).overdue) == (CellState.NOT_SCHEDULED, False)
    assert seen.readiness is Readiness.NOT_SCHEDULED
    assert look("TU 11:00", got(Status.PASS, "TU 10:45"), since=began).readiness is Readiness.READY
    assert look("WE 11:00", since=began).readiness is Readiness.NOT_RECEIVED


def test_half_a_test_makes_no_device_ready_before_it_is_scheduled(look, camera: Device) -> None:
    two_heads = replace(camera, detectors=2)
    one = got(Status.PASS, "TU 10:45", detectors=("1",))

    seen = look("TU 11:00", one, device=two_heads, since=at("TU 10:30"))
    assert seen.readiness is Readiness.NOT_RECEIVED


def test_nothing_is_missing_from_before_the_device_was_in_use(look, camera: Device) -> None:
    new = replace(camera, in_use_since=date(2026, 3, 4))

    assert not flood(look("TU 11:00", device=new)).overdue
    assert look("TU 11:00", device=new).readiness is Readiness.NOT_SCHEDULED
    assert flood(look("WE 11:00", device=new)).overdue


def test_holidays_have_no_occurrence_unless_the_rule_keeps_them(
    look, site: Schedule, daily: ScheduleRule
) -> None:
    yesterday = got(Status.PASS, "MO 07:00")
    feast = Recurrence(text="FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3")
    for holiday in (date(2026, 3, 3), feast):
        closed = replace(site, holidays=(holiday,))
        assert flood(look("TU 11:00", yesterday, schedule=closed)).state is CellState.PASS
        open_anyway = replace(closed, rules=(replace(daily, on_holidays=True),))
        assert flood(look("TU 11:00", yesterday, schedule=open_anyway)).overdue


def test_no_result_at_all_is_never_green(look, site: Schedule) -> None:
    for day in ("MO", "TU", "WE", "TH", "FR"):
        for hour in range(24):
            seen = look(f"{day} {hour:02}:00", cors=[])
            assert seen.readiness is not Readiness.READY
            assert CellState.PASS not in {cell.state for cell in seen.cells}
