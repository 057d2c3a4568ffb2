"""Which days a rule has, where it stands, and that no rule runs for ever."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photopeak.model.recurrence import Pace, Recurrence, parse_duration
from photopeak.model.schedule import Schedule, ScheduleRule
from photopeak.schedule.occurrences import MOST_OCCURRENCES, Calendar, TooManyError
from support.effort import soon

OSLO = ZoneInfo("Europe/Oslo")


def rule(text: str, start_on: date | None = None, **values: object) -> ScheduleRule:
    repeat = Recurrence(text=text, start_on=start_on)
    return ScheduleRule(id="r", tests=("a",), kinds=("k",), repeat=repeat, **values)


@pytest.mark.parametrize(
    ("text", "start_on", "days"),
    [
        ("FREQ=DAILY;INTERVAL=10", date(2026, 3, 1), (1, 11, 21, 31)),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", date(2026, 3, 2), (3, 5, 17, 19, 31)),
        ("FREQ=MONTHLY;BYDAY=2MO", None, (9,)),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", None, (31,)),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", None, (31,)),
        ("FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=15", None, (15,)),
        ("FREQ=YEARLY;BYWEEKNO=11;BYDAY=MO", None, (9,)),
        ("FREQ=YEARLY;BYYEARDAY=60", None, (1,)),
        ("FREQ=DAILY;COUNT=3", date(2026, 3, 30), (30, 31)),
        ("FREQ=DAILY;UNTIL=20260302", date(2026, 2, 1), (1, 2)),
        ("never", None, ()),
    ],
)
def test_a_rule_has_the_days_of_the_standard(
    text: str, start_on: date | None, days: tuple[int, ...]
) -> None:
    found = Recurrence(text=text, start_on=start_on).days(date(2026, 3, 1), date(2026, 3, 31))

    assert tuple(day.day for day in found) == days


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        ("FREQ=DAILY", Pace.DAILY),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", Pace.DAILY),
        ("FREQ=DAILY;INTERVAL=7", Pace.WEEKLY),
        ("FREQ=WEEKLY;BYDAY=MO", Pace.WEEKLY),
        ("FREQ=MONTHLY;BYDAY=1TU", Pace.MONTHLY),
        ("FREQ=DAILY;INTERVAL=14", Pace.WEEKLY),
        ("FREQ=MONTHLY;INTERVAL=3", Pace.QUARTERLY),
        ("FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=20", Pace.HALF_YEARLY),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=20", Pace.YEARLY),
        ("FREQ=YEARLY;INTERVAL=5", Pace.YEARLY),
        ("FREQ=DAILY;COUNT=1", Pace.YEARLY),
        ("never", None),
    ],
)
def test_a_rule_is_called_by_how_often_it_recurs(text: str, pace: Pace | None) -> None:
    start = None if text == "never" else date(2024, 1, 1)

    assert Recurrence(text=text, start_on=start).pace is pace


def test_a_rule_has_a_leap_day_and_easter() -> None:
    leap = Recurrence(text="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
    easter = Recurrence(text="FREQ=YEARLY;BYEASTER=0")

    assert leap.days(date(2025, 1, 1), date(2033, 1, 1)) == (date(2028, 2, 29), date(2032, 2, 29))
    assert easter.days(date(2026, 1, 1), date(2027, 12, 31)) == (
        date(2026, 4, 5),
        date(2027, 3, 28),
    )


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYYEARDAY=200;BYMONTH=1",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=DAILY;BYSETPOS=2",
        "FREQ=MONTHLY;BYWEEKNO=3",
        "FREQ=MONTHLY;BYEASTER=1",
        "FREQ=YEARLY;BYEASTER=-9999999999",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY\nFREQ=WEEKLY",
        "RRULE:FREQ=DAILY",
        "freq=daily",
        "",
        "FREQ=DAILY;" + "BYMONTH=1;" * 100,
    ],
)
def test_what_is_no_rule_is_refused_at_once(text: str) -> None:
    def refused() -> None:
        with pytest.raises(ValueError, match=r"\w"):
            Recurrence(text=text)

    soon(refused, 1.0)


@pytest.mark.parametrize("text", ["P1M", "P1Y", "P", "PT", "3 days", "P-3D", "P99999D", "PT1S"])
def test_what_is_no_duration_of_days_and_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        parse_duration(text)


def test_a_duration_is_weeks_days_hours_and_minutes() -> None:
    assert parse_duration("P1W2DT3H4M") == timedelta(weeks=1, days=2, hours=3, minutes=4)


def test_more_occurrences_than_anyone_looks_at_are_refused() -> None:
    calendar = Calendar(Schedule(zone=OSLO))

    with pytest.raises(TooManyError, match=f"at most {MOST_OCCURRENCES}"):
        calendar.occurrences(rule("FREQ=DAILY"), date(2026, 1, 1), date(2036, 1, 1))


def test_the_turn_is_found_over_years() -> None:
    every_five = rule("FREQ=YEARLY;INTERVAL=5;BYMONTH=6;BYMONTHDAY=1", date(2024, 1, 1))
    turn = Calendar(Schedule(zone=OSLO)).turn(every_five, datetime(2028, 1, 1, tzinfo=UTC))

    assert turn.present is not None
    assert turn.following is not None
    assert (turn.present.day, turn.following.day) == (date(2024, 6, 1), date(2029, 6, 1))


def test_a_rule_that_is_over_keeps_its_last_occurrence() -> None:
    over = rule("FREQ=DAILY;UNTIL=20260302", date(2026, 2, 1))
    turn = Calendar(Schedule(zone=OSLO)).turn(over, datetime(2026, 9, 1, tzinfo=UTC))

    assert turn.present is not None
    assert turn.present.day == date(2026, 3, 2)
    assert turn.following is None


def test_before_its_first_occurrence_a_rule_has_only_a_following_one() -> None:
    later = rule("FREQ=DAILY", date(2026, 6, 1))
    turn = Calendar(Schedule(zone=OSLO)).turn(later, datetime(2026, 5, 31, tzinfo=UTC))

    assert turn.present is None
    assert turn.following is not None


@pytest.mark.parametrize(
    ("start", "due", "end"),
    [(time(2, 30), time(3), time(3, 15)), (time(1), time(2, 50), time(3, 5))],
)
def test_an_edge_in_the_hour_that_is_left_out_keeps_its_place(
    start: time, due: time, end: time
) -> None:
    made = rule("FREQ=DAILY", start=start, due=due, end=end)
    spring = made.occurrence(date(2026, 3, 29), OSLO)

    assert spring.start <= spring.due <= spring.end


ZONES = st.sampled_from(
    ["Europe/Oslo", "America/Sao_Paulo", "Asia/Shanghai", "Australia/Lord_Howe", "Africa/Casablanca",
     "Pacific/Apia", "America/St_Johns", "UTC"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    zone=ZONES,
    day=st.dates(date(2009, 1, 1), date(2035, 1, 1)),
    due=st.times(),
    before=st.integers(0, 72),
    after=st.integers(0, 20),
)
def test_windows_are_in_order_and_periods_follow_each_other_in_every_zone(
    zone: str, day: date, due: time, before: int, after: int
) -> None:
    """Over days that a zone leaves out (Samoa, 30 December 2011) and changes of half an hour."""
    made = rule(
        "FREQ=DAILY", date(2008, 1, 1), due=due.replace(second=0, microsecond=0),
        start=timedelta(hours=min(before, 20)), end=timedelta(hours=after),
    )  # fmt: skip
    here = ZoneInfo(zone)
    calendar = Calendar(Schedule(zone=here))
    shown = calendar.occurrences(made, day, day + timedelta(days=3))

    for occurrence in shown:
        assert occurrence.start <= occurrence.due <= occurrence.end
        assert occurrence.start <= occurrence.counts_at
    moment = datetime.combine(day, time(12), here).astimezone(UTC)
    turn = calendar.turn(made, moment)
    assert turn.present is not None
    assert turn.following is not None
    assert turn.present.counts_at <= moment < turn.following.counts_at
