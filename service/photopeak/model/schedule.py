"""What is to be measured when: rules of a site, the window of one occurrence, days without work.

All times of a rule are wall times of the site. A window is a pair of wall times made into moments
at the end, so 07:30 is 07:30 in winter and in summer. A time that does not exist when the clocks go
forward counts an hour later, one that exists twice counts the first time (as RFC 5545 3.3.5 says).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.recurrence import Recurrence

Edge = time | timedelta
"""An edge of a window: a time of the due day, or how long before or after the due time."""

MOST_WINDOW = timedelta(days=400)
"""Longest time between the start of a window and its due time, and from there to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One time that a test is to be done.

    Attributes
    ----------
    day
        The day on which it is due, in the zone of the site.
    start
        From when a result counts for it.
    due
        Until when it should be there.
    end
        From when it is missing.
    counts_at
        From when its absence keeps a device from being ready: the start of the window, or the
        start of the due day when the window opens on an earlier day. Until then what was measured
        for the occurrence before still stands.
    """

    day: date
    start: datetime
    due: datetime
    end: datetime
    counts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRule:
    """Which tests recur when, on which devices.

    `devices` name them one by one, `kinds` all of a kind; a rule that names the device goes before
    one that names its kind. `variant` empty takes a result by any text. `required` tests decide
    whether a device is ready. `on_holidays` keeps the occurrences that fall on holidays.

    Raises
    ------
    ValueError
        If the window is not in the order of start, due, end, or too long.
    """

    id: str
    tests: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    variant: str = ""
    repeat: Recurrence
    start: Edge = time(0, 0)
    due: time = time(7, 30)
    end: Edge = time(12, 0)
    required: bool = True
    on_holidays: bool = False

    def __post_init__(self) -> None:
        before, after = self._before(), self._after()
        if not timedelta() <= before <= MOST_WINDOW:
            raise ValueError(f"start has to lie before due, by at most {MOST_WINDOW.days} days")
        if not timedelta() <= after <= MOST_WINDOW:
            raise ValueError(f"end has to lie after due, by at most {MOST_WINDOW.days} days")

    def _before(self) -> timedelta:
        return self.start if isinstance(self.start, timedelta) else _between(self.start, self.due)

    def _after(self) -> timedelta:
        return self.end if isinstance(self.end, timedelta) else _between(self.due, self.end)

    def occurrence(self, day: date, zone: ZoneInfo) -> Occurrence:
        """Return the window of a day."""
        wall = datetime.combine(day, self.due)
        due = _moment(wall, zone)
        # An edge that falls into the hour that is left out must not change places with the next.
        start = min(due, _moment(wall - self._before(), zone))
        return Occurrence(
            day=day,
            start=start,
            due=due,
            end=max(due, _moment(wall + self._after(), zone)),
            counts_at=max(start, _moment(datetime.combine(day, time()), zone)),
        )

    def order(self, device: Device) -> int | None:
        """Return how closely a rule speaks of a device, 0 by its name; None when it does not."""
        if device.id in self.devices:
            return 0
        return 1 if device.kind in self.kinds else None


def _between(first: time, second: time) -> timedelta:
    return datetime.combine(date.min, second) - datetime.combine(date.min, first)


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One test of one device with the rule that it recurs by."""

    device_id: str
    test: str
    rule: ScheduleRule

    @property
    def variant(self) -> str:
        """The text that a result has to follow; empty for any."""
        return self.rule.variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The rules of a site with its zone and its holidays."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    rules: tuple[ScheduleRule, ...] = ()
    holidays: tuple[date | Recurrence, ...] = ()

    def tasks(self, device: Device) -> tuple[Task, ...]:
        """Return what is scheduled on a device, each test and text once, in the order of the rules."""
        found: dict[tuple[str, str], tuple[int, ScheduleRule]] = {}
        for rule in self.rules:
            order = rule.order(device)
            if order is None:
                continue
            for test in rule.tests:
                known = found.get((test, rule.variant))
                if known is None or order < known[0]:
                    found[test, rule.variant] = (order, rule)
        return tuple(
            Task(device_id=device.id, test=test, rule=rule)
            for (test, _), (_, rule) in found.items()
            if not rule.repeat.never
        )

    def is_holiday(self, day: date) -> bool:
        """Tell whether a day is a holiday."""
        return any(
            entry.has(day) if isinstance(entry, Recurrence) else entry == day
            for entry in self.holidays
        )

    def today(self, now: datetime) -> date:
        """Return the day that it is at the site."""
        return now.astimezone(self.zone).date()


class CellState(StrEnum):
    """How a test of a device stands; "no result" is never a pass."""

    ACTION = "action"
    NO_RESULT = "no-result"
    OVERDUE = "overdue"
    WARNING = "warning"
    DUE = "due"
    PASS = "pass"  # noqa: S105 - a state, not a secret
    NOT_SCHEDULED = "not-scheduled"


WORST_FIRST = tuple(CellState)
"""The order in which states of several tests are summed up."""


class Overlay(StrEnum):
    """What is true besides the state, and does not hide it."""

    ACKNOWLEDGED = "acknowledged"
    UNDER_SERVICE = "under-service"
    EXCUSED = "excused"


class Readiness(StrEnum):
    """One word for a device, by the policy of the site."""

    READY = "ready"
    CHECK = "check"
    HOLD = "hold"
    NOT_RECEIVED = "qc-not-received"
    NOT_SCHEDULED = "not-scheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A current result, as far as the state of its test depends on it.

    Attributes
    ----------
    variant
        The text that it follows.
    detectors, windows
        Heads and energy windows that it has numbers of, as text; empty when it tells of none.
    failed
        Heads that failed, where every failure names its head.
    at
        When it was measured; when it arrived, if that is not known or lies after the arrival.
    dated
        False when `at` is only the moment of arrival.
    partial
        True when it was made without something that the test needs.
    acknowledged
        True when a person has taken notice of what it tells.
    """

    result_id: str
    status: Status
    at: datetime
    variant: str = ""
    detectors: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    dated: bool = True
    partial: bool = False
    acknowledged: bool = False

    @property
    def usable(self) -> bool:
        """True when it does what the schedule asks for, whatever its verdict."""
        return self.status not in (Status.INVALID, Status.ERROR) and (
            not self.partial or self.status is Status.FAIL
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInUse:
    """Days on which a device is not used, by the word of a person; both days included."""

    id: str
    device_id: str
    first: date
    last: date
    reason: str
    who: str
    at: datetime

    def covers(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time from `start` on; `end` None when it goes on."""

    start: datetime
    end: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        """Tell whether a moment lies within."""
        return self.start <= moment and (self.end is None or moment < self.end)


def any_covers(spans: Iterable[Span], moment: datetime) -> bool:
    """Tell whether a moment lies within one of several spans."""
    return any(span.covers(moment) for span in spans)
