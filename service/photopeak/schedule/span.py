"""The days of a span with everything due on them, as the rows tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from photopeak.model.devices import Device
from photopeak.model.schedule import MOST_WINDOW, Attempt, NotInUse
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
    zone = calendar.schedule.zone
    chosen = {device.id for device in devices}
    pauses = tuple(p for p in schedule.pauses(tx, since=first, until=last) if p.device_id in chosen)
    found = schedule.measured(
        tx,
        chosen,
        {task.test for device in devices for task in calendar.tasks(device)},
        since=datetime.combine(first, time(), zone) - MOST_WINDOW,
        before=datetime.combine(last + timedelta(days=1), time(), zone) + MOST_WINDOW,
    )
    measured: dict[tuple[str, str], list[Attempt]] = {}
    for device_id, test, attempt in found:
        measured.setdefault((device_id, test), []).append(attempt)
    days = month.days(
        calendar, devices, measured, pauses, schedule.since(tx), first=first, last=last, now=now
    )
    return days, pauses
