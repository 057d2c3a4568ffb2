"""On which days something recurs: a rule of RFC 5545 restricted to whole days.

The time of day is no part of it: days are found in the calendar of the site and become moments
afterwards, so that no rule can slip by an hour when the clocks change.
"""

from __future__ import annotations

import math
import re
import warnings
from calendar import isleap, monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from dateutil.rrule import rrule, rrulestr

FIRST_DAY = date(1990, 1, 1)
"""Earliest day of any rule: before it no quality control of today was done."""

LAST_DAY = date(2199, 12, 31)
"""Last day of any rule."""

DEFAULT_START = date(2024, 1, 1)
"""Day from which a rule counts that says none; a Monday and the first of a month and a year."""

SEARCHED_YEARS = 12
"""Years within which a rule must occur; leap days come at most eight years apart."""

MOST_REPETITIONS = 10_000
"""Most that COUNT may ask for."""

_NEVER = "never"
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS = frozenset(
    {
        "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYYEARDAY",
        "BYWEEKNO", "BYMONTH", "BYSETPOS", "BYEASTER",
    }
)  # fmt: skip
_NUMBERS = {
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (1, 31),
    "BYYEARDAY": (1, 366),
    "BYWEEKNO": (1, 53),
    "BYSETPOS": (1, 366),
    "BYEASTER": (0, 200),
}
"""Least and most that the numbers of a part may be, either way."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOST_INTERVAL = {"DAILY": 3660, "WEEKLY": 520, "MONTHLY": 120, "YEARLY": 10}


class Pace(StrEnum):
    """How often something recurs, roughly: every working day is daily."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half-yearly"
    YEARLY = "yearly"


_LONGEST = {
    Pace.DAILY: 3.0,
    Pace.WEEKLY: 18.0,
    Pace.MONTHLY: 45.0,
    Pace.QUARTERLY: 135.0,
    Pace.HALF_YEARLY: 270.0,
    Pace.YEARLY: math.inf,
}
"""Most days from one to the next on average."""

_PACED_YEARS = 4
"""Years that the average is of, where two days lie in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A rule such as ``FREQ=WEEKLY;BYDAY=MO``, counted from a day; ``never`` for none at all.

    ``BYEASTER`` (days from Easter Sunday) is understood beside the parts of RFC 5545, for
    holidays that follow it.

    Raises
    ------
    ValueError
        If it is no such rule, or one without an occurrence; the message says what is wrong.
    """

    text: str
    start_on: date | None = None

    def __post_init__(self) -> None:
        if self.never:
            return
        _check(self.text, self.start_on)
        start = self.start_on or DEFAULT_START
        if not any(_days(self.text, start, start.year + n) for n in range(SEARCHED_YEARS + 1)):
            raise ValueError(f"{self.text!r} has no occurrence within {SEARCHED_YEARS} years")

    @property
    def never(self) -> bool:
        """True for the rule that has no day."""
        return self.text == _NEVER

    def days(self, first: date, last: date) -> tuple[date, ...]:
        """Return its days from `first` to `last`, both included."""
        if self.never:
            return ()
        start = self.start_on or DEFAULT_START
        first, last = max(first, start, FIRST_DAY), min(last, LAST_DAY)
        return tuple(
            day
            for year in range(first.year, last.year + 1)
            for day in _days(self.text, start, year)
            if first <= day <= last
        )

    def has(self, day: date) -> bool:
        """Tell whether a day is one of its own."""
        return bool(self.days(day, day))

    @property
    def pace(self) -> Pace | None:
        """How often it recurs, whatever it is written as; None for what never does."""
        return _pace(self)


@lru_cache(maxsize=1000)
def _pace(rule: Recurrence) -> Pace | None:
    start = rule.start_on or DEFAULT_START
    for years in (_PACED_YEARS, SEARCHED_YEARS):
        days = rule.days(start, start + timedelta(days=366 * years))
        if len(days) > 1:
            apart = (days[-1] - days[0]).days / (len(days) - 1)
            return next(pace for pace, most in _LONGEST.items() if apart <= most)
    return None if rule.never else Pace.YEARLY


def _check(text: str, start_on: date | None) -> None:
    """Refuse what is no rule of whole days, before the library that would run for ever sees it."""
    if not re.fullmatch(r"[A-Z0-9=;,+-]{1,200}", text):
        raise ValueError("write a rule as FREQ=WEEKLY;BYDAY=MO, in capitals, or never")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in parts:
            raise ValueError(f"{part!r} is no part of a rule, or is there twice")
        if name not in _PARTS:
            raise ValueError(f"{name} is not for rules of whole days; give the time with due")
        parts[name] = value
    frequency = parts.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise ValueError(
            f"FREQ is {frequency or 'missing'}, needs one of {', '.join(_FREQUENCIES)}"
        )
    for name, most in (("INTERVAL", _MOST_INTERVAL[frequency]), ("COUNT", MOST_REPETITIONS)):
        value = parts.get(name, "1")
        if not value.isdecimal() or not 1 <= int(value) <= most:
            raise ValueError(f"{name} is {value}, needs 1 to {most}")
    if "COUNT" in parts and start_on is None:
        raise ValueError("COUNT counts from a day: give start_on, or UNTIL instead")
    if int(parts.get("INTERVAL", "1")) > 1 and start_on is None:
        raise ValueError("INTERVAL counts from a day: give start_on")
    if "UNTIL" in parts:
        _check_until(parts["UNTIL"])
    if start_on is not None and not FIRST_DAY <= start_on <= LAST_DAY:
        raise ValueError(f"start_on is {start_on}, needs {FIRST_DAY} to {LAST_DAY}")
    for name, (least, most) in _NUMBERS.items():
        if not all(least <= abs(number) <= most for number in _numbers(parts, name)):
            raise ValueError(f"{name} is {parts[name]}, needs {least} to {most}")
    for name in ("BYWEEKNO", "BYEASTER"):
        if name in parts and frequency != "YEARLY":
            raise ValueError(f"{name} is for FREQ=YEARLY")
    if frequency == "MONTHLY" and re.search(r"([6-9]|\d\d)[A-Z]", parts.get("BYDAY", "")):
        raise ValueError(f"BYDAY is {parts['BYDAY']}, but no month has six of a weekday")
    if "BYSETPOS" in parts and frequency == "DAILY":
        raise ValueError("BYSETPOS chooses among the days of a week, month or year, not of a day")
    start = start_on or DEFAULT_START
    try:
        _rule(text, start)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(f"{text!r} is no rule of RFC 5545: {error}") from error
    if not _conceivable(parts, start):
        raise ValueError(f"{text!r} has no occurrence within {SEARCHED_YEARS} years")


def _numbers(parts: Mapping[str, str], name: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in parts[name].split(",")) if name in parts else ()
    except ValueError as error:
        raise ValueError(f"{name} is {parts[name]}, needs numbers") from error


def _conceivable(parts: Mapping[str, str], start: date) -> bool:
    """Tell whether any day of the years searched fits every part by itself.

    The library looks for a day that cannot be until the year 9999, which takes a minute.
    """
    interval = int(parts.get("INTERVAL", "1"))
    months, days = _numbers(parts, "BYMONTH"), _numbers(parts, "BYMONTHDAY")
    of_year = _numbers(parts, "BYYEARDAY")
    weekdays = [
        _WEEKDAYS.index(day[-2:]) for day in filter(None, parts.get("BYDAY", "").split(","))
    ]
    monday = start - timedelta(days=start.weekday())

    def fits(day: date) -> bool:
        # A week is taken to begin on any day: the day before counts as the same week or the last.
        turns = {
            "DAILY": ((day - start).days,),
            "WEEKLY": ((day - monday).days // 7, (day - monday).days // 7 + 1),
            "MONTHLY": (12 * (day.year - start.year) + day.month - start.month,),
            "YEARLY": (day.year - start.year,),
        }[parts["FREQ"]]
        length = monthrange(day.year, day.month)[1]
        number, year_length = day.timetuple().tm_yday, 365 + isleap(day.year)
        return (
            any(turn % interval == 0 for turn in turns)
            and (not months or day.month in months)
            and (not days or day.day in days or day.day - length - 1 in days)
            and (not of_year or number in of_year or number - year_length - 1 in of_year)
            and (not weekdays or day.weekday() in weekdays)
        )

    return any(fits(start + timedelta(days=n)) for n in range(366 * SEARCHED_YEARS))


def _check_until(value: str) -> None:
    try:
        day = datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise ValueError(f"UNTIL is {value}, needs a day such as 20271231") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"UNTIL is {day}, needs {FIRST_DAY} to {LAST_DAY}")


@lru_cache(maxsize=4096)
def _days(text: str, start: date, year: int) -> tuple[date, ...]:
    """Return the days of a rule in one year; at most 366, whatever the rule."""
    if not start.year <= year <= LAST_DAY.year:
        return ()
    # A rule that never occurs would be searched to the year 9999.
    last = datetime.combine(date(year, 12, 31), time())
    limited = _rule(text, start)
    if limited._until is None or limited._until > last:  # type: ignore[attr-defined]  # noqa: SLF001
        limited = _limited(limited, last)
    first = datetime.combine(date(year, 1, 1), time())
    return tuple(moment.date() for moment in limited if moment >= first)


def _rule(text: str, start: date) -> rrule:
    found = rrulestr(text, dtstart=datetime.combine(start, time()))
    if not isinstance(found, rrule):
        raise TypeError("a set of rules")
    return found


def _limited(rule: rrule, last: datetime) -> rrule:
    """Return the rule ended at a moment; COUNT stays, for both bound it here."""
    with warnings.catch_warnings():
        # RFC 5545 forbids UNTIL beside COUNT in a rule as written; as a bound it is harmless.
        warnings.simplefilter("ignore", DeprecationWarning)
        return rule.replace(until=last)


def parse_duration(text: str) -> timedelta:
    """Return the length of an ISO 8601 duration in weeks, days, hours and minutes, as ``P3D``.

    Raises
    ------
    ValueError
        If it is none, or of months or years, whose length depends on the day.
    """
    found = re.fullmatch(
        r"P(?:(?P<weeks>\d{1,3})W)?(?:(?P<days>\d{1,4})D)?"
        r"(?:T(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?)?",
        text,
    )
    if found is None or not any(found.groupdict().values()):
        raise ValueError(f"{text!r} is no duration such as P3D or PT2H")
    return timedelta(**{name: int(value or 0) for name, value in found.groupdict().items()})
