"""The occurrences of a rule: which days, which one is present, which comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from photopeak.model.devices import Device
from photopeak.model.recurrence import FIRST_DAY, LAST_DAY
from photopeak.model.schedule import Occurrence, Schedule, ScheduleRule, Task

MOST_OCCURRENCES = 2000
"""Most occurrences that one question may ask for; five years of a daily test."""

_FURTHEST = timedelta(days=12 * 366)
"""How far away an occurrence is looked for; longer pauses than ten years no rule has."""

_REMEMBERED = 5000
"""Days and rules that a calendar remembers before it begins anew."""


class TooManyError(ValueError):
    """A span has more occurrences than anyone can look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Where a rule stands at a moment.

    `present` is the last occurrence whose absence counts already, `following` the one after it,
    whose window may be open.
    """

    present: Occurrence | None
    following: Occurrence | None


class Calendar:
    """Finds occurrences, and remembers those of a day: many devices share a rule."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._near: dict[tuple[str, date], tuple[Occurrence, ...]] = {}
        self._holidays: dict[date, bool] = {}

    def occurrences(
        self, rule: ScheduleRule, first: date, last: date, *, since: date | None = None
    ) -> tuple[Occurrence, ...]:
        """Return the occurrences that are due from `first` to `last`, both days included.

        Those on holidays are left out where the rule does not keep them, those before `since`
        always.

        Raises
        ------
        TooManyError
            If there are more than `MOST_OCCURRENCES`.
        """
        days = [
            day
            for day in rule.repeat.days(max(first, since or first), last)
            if rule.on_holidays or not self._is_holiday(day)
        ]
        if len(days) > MOST_OCCURRENCES:
            raise TooManyError(
                f"{rule.id} has {len(days)} occurrences from {first} to {last},"
                f" at most {MOST_OCCURRENCES} are shown"
            )
        return tuple(rule.occurrence(day, self.schedule.zone) for day in days)

    def turn(self, rule: ScheduleRule, now: datetime, *, since: date | None = None) -> Turn:
        """Return the present and the following occurrence at a moment."""
        present = following = None
        for occurrence in self._around(rule, self.schedule.today(now)):
            if since is not None and occurrence.day < since:
                continue
            if occurrence.counts_at <= now:
                present = occurrence
            else:
                following = occurrence
                break
        return Turn(present=present, following=following)

    def next_after(self, rule: ScheduleRule, day: date) -> Occurrence | None:
        """Return the next occurrence that is due after a day, or None when there is none."""
        days = self._reach(rule, day + timedelta(days=1), back=False)
        return rule.occurrence(days[0], self.schedule.zone) if days else None

    def tasks(self, device: Device) -> tuple[Task, ...]:
        """Return what is scheduled on a device."""
        return self.schedule.tasks(device)

    def _around(self, rule: ScheduleRule, today: date) -> tuple[Occurrence, ...]:
        """Return occurrences around a day: at least one that counts, and one that does not yet."""
        known = self._near.get((rule.id, today))
        if known is not None:
            return known
        earlier = self._reach(rule, today, back=True)
        # The window of a day may open so long before it that others lie in between.
        later = self._reach(rule, today + timedelta(days=1), back=False)
        found = tuple(rule.occurrence(day, self.schedule.zone) for day in (*earlier, *later))
        if len(self._near) >= _REMEMBERED:
            self._near.clear()
        self._near[rule.id, today] = found
        return found

    def _reach(self, rule: ScheduleRule, day: date, *, back: bool) -> tuple[date, ...]:
        """Return the nearest days of a rule up to a day, or from it on: two, where there are."""
        reach = timedelta(days=8)
        while True:
            first = max(FIRST_DAY, day - reach) if back else day
            last = day if back else min(LAST_DAY, day + reach)
            days = tuple(
                found
                for found in rule.repeat.days(first, last)
                if rule.on_holidays or not self._is_holiday(found)
            )
            if len(days) >= 2 or reach >= _FURTHEST:
                return days[-2:] if back else days[:2]
            reach *= 4

    def _is_holiday(self, day: date) -> bool:
        known = self._holidays.get(day)
        if known is None:
            if len(self._holidays) >= _REMEMBERED:
                self._holidays.clear()
            known = self._holidays[day] = self.schedule.is_holiday(day)
        return known
