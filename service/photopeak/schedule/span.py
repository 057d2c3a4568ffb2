"""The days of a span with everything due on them, as the rows tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from photopeak.model.devices import Device
from photopeak.model.schedule import Attempt, NotInUse, ScheduleRule
from photopeak.schedule import month
from photopeak.schedule.month import Day
from photopeak.schedule.occurrences import Calendar
from photopeak.storage import schedule
from photopeak.storage.database import Transaction


def read(
    tx: Transaction,
    calendar: Calendar,
    devices: Sequence[Device],
    first: date,
    last: date,
    now: datetime,
) -> tuple[tuple[Day, ...], tuple[NotInUse, ...]]:
    """Return the days from `first` to `last`, and the times without use that touch them."""
    chosen = {device.id for device in devices}
    pauses = tuple(p for p in schedule.pauses(tx, since=first, until=last) if p.device_id in chosen)
    measured: dict[tuple[str, str], list[Attempt]] = {}
    for rule, names in _by_rule(calendar, devices).items():
        windows = month.windows_of(calendar, rule, first, last)
        if not windows:
            continue
        found = schedule.measured(
            tx, names, rule.tests, since=windows[0][0].start, before=windows[-1][1]
        )
        for device_id, test, attempt in found:
            measured.setdefault((device_id, test), []).append(attempt)
    days = month.days(
        calendar, devices, measured, pauses, schedule.since(tx), first=first, last=last, now=now
    )
    return days, pauses


def _by_rule(calendar: Calendar, devices: Sequence[Device]) -> dict[ScheduleRule, set[str]]:
    """Return the devices that each rule is for."""
    found: dict[ScheduleRule, set[str]] = {}
    for device in devices:
        for task in calendar.tasks(device):
            found.setdefault(task.rule, set()).add(device.id)
    return found
