"""The days of a calendar: what is due on each, and what became of it. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.schedule import (
    WORST_FIRST,
    Attempt,
    CellState,
    NotInUse,
    Occurrence,
    ScheduleRule,
)
from photopeak.schedule.occurrences import Calendar

DeviceTest = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One test of one device that is due on a day; `state` None as long as its window is closed."""

    device_id: str
    test: str
    variant: str
    rule: ScheduleRule
    occurrence: Occurrence
    state: CellState | None
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the calendar of a site."""

    day: date
    holiday: bool
    due: tuple[Due, ...]
    not_in_use: tuple[NotInUse, ...]


def days(
    calendar: Calendar,
    devices: Sequence[Device],
    measured: Mapping[DeviceTest, Sequence[Attempt]],
    pauses: Sequence[NotInUse],
    since: Mapping[tuple[str, str, str], datetime],
    *,
    first: date,
    last: date,
    now: datetime,
) -> tuple[Day, ...]:
    """Return the days from `first` to `last` with everything that is due on them.

    Parameters
    ----------
    measured
        By device and test, what was measured since the first window opened, oldest first.
    since
        From when on each test (device, test, text) is scheduled.
    """
    found: dict[date, list[Due]] = {}
    windows: dict[str, list[tuple[Occurrence, datetime]]] = {}
    for device in devices:
        mine = [pause for pause in pauses if pause.device_id == device.id]
        for task in calendar.tasks(device):
            rule = task.rule
            if rule.id not in windows:
                windows[rule.id] = windows_of(calendar, rule, first, last)
            attempts = measured.get((device.id, task.test), ())
            if task.variant:
                attempts = [a for a in attempts if a.variant == task.variant]
            begun = since.get((device.id, task.test, task.variant), now)
            for occurrence, until in windows[rule.id]:
                if device.in_use_since is not None and occurrence.day < device.in_use_since:
                    continue
                attempt = _decisive(attempts, occurrence.start, until)
                excused = occurrence.due < begun or any(p.covers(occurrence.day) for p in mine)
                found.setdefault(occurrence.day, []).append(
                    Due(
                        device_id=device.id,
                        test=task.test,
                        variant=task.variant,
                        rule=rule,
                        occurrence=occurrence,
                        state=_state(occurrence, attempt, now, excused=excused),
                        attempt=attempt,
                    )
                )
    return tuple(
        Day(
            day=day,
            holiday=calendar.schedule.is_holiday(day),
            due=tuple(found.get(day, ())),
            not_in_use=tuple(pause for pause in pauses if pause.covers(day)),
        )
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
    )


def worst(entries: Sequence[Due]) -> CellState | None:
    """Return the worst state of some; None while nothing of it has begun."""
    states = [entry.state for entry in entries if entry.state is not None]
    return min(states, key=WORST_FIRST.index, default=None)


def windows_of(
    calendar: Calendar, rule: ScheduleRule, first: date, last: date
) -> list[tuple[Occurrence, datetime]]:
    """Return each occurrence with the moment at which results count for the next one."""
    shown = calendar.occurrences(rule, first, last)
    if not shown:
        return []
    after = calendar.next_after(rule, shown[-1].day)
    starts = [occurrence.start for occurrence in shown[1:]]
    starts.append(after.start if after is not None else shown[-1].end + timedelta(days=36_500))
    return list(zip(shown, starts, strict=True))


def _decisive(attempts: Sequence[Attempt], start: datetime, until: datetime) -> Attempt | None:
    """Return the last result within a window, a usable one if there is any."""
    first = bisect_left(attempts, start, key=_at)
    within = attempts[first : bisect_left(attempts, until, lo=first, key=_at)]
    usable = [attempt for attempt in within if attempt.usable]
    return (usable or within)[-1] if within else None


def _at(attempt: Attempt) -> datetime:
    return attempt.at


def _state(
    occurrence: Occurrence, attempt: Attempt | None, now: datetime, *, excused: bool
) -> CellState | None:
    if attempt is not None:
        if attempt.status is Status.PASS:
            return CellState.PASS
        if attempt.status is Status.FAIL:
            return CellState.ACTION
        return CellState.WARNING if attempt.usable else CellState.NO_RESULT
    if excused:
        return CellState.NOT_SCHEDULED
    if now >= occurrence.end:
        return CellState.OVERDUE
    return CellState.DUE if now >= occurrence.start else None
