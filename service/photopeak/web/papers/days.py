"""The days of a paper, as they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from photopeak.model.moments import plausible
from photopeak.web.words import Words

DEFAULT_DAYS = 30
LONGEST_DAYS = 366


class AskedError(Exception):
    """What was asked for cannot be; the message says why."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a paper, both included."""

    since: date
    until: date

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the first moment, and the first one after."""
        begin = datetime.combine(self.since, time.min, zone)
        return begin, datetime.combine(self.until + timedelta(days=1), time.min, zone)


def last_days(today: date) -> Days:
    """Return the days of a paper that nobody named any for."""
    return Days(today - timedelta(days=DEFAULT_DAYS - 1), today)


def days_of(asked: Mapping[str, str], words: Words, today: date) -> Days:
    """Return the days that ``from`` and ``to`` name; without any, the last ones.

    Raises
    ------
    AskedError
        If they are no days, go backwards or are too many.
    """
    usual = last_days(today)
    try:
        since, until = (
            date.fromisoformat(asked[name]) if asked.get(name) else default
            for name, default in (("from", usual.since), ("to", usual.until))
        )
    except ValueError:
        raise AskedError(words("A day is written as 2026-03-02.")) from None
    if not plausible(since) or not plausible(until):
        raise AskedError(words("A day is written as 2026-03-02."))
    if until < since:
        raise AskedError(words("The last day is before the first."))
    if (until - since).days >= LONGEST_DAYS:
        raise AskedError(words("A report has at most {count} days.", count=LONGEST_DAYS))
    return Days(since, until)
