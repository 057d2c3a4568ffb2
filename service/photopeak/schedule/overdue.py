"""What is missing raises an alert, once for each time that it was due; a usable result ends it.

Only the present occurrence of a test is looked at, so a service that stood still for a month tells
of what is missing now and of nothing else. An alert stays, over the days, until a usable result
has arrived, until the next occurrence is missing as well and is told of in its place, or until
nothing is due any more (a holiday, another rule, a device that a person took out of use).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from photopeak.model.alerts import Alert, AlertRecord, AlertSeverity
from photopeak.model.devices import Device
from photopeak.model.schedule import Attempt, NotInUse, Occurrence, Schedule, Task
from photopeak.schedule.occurrences import Calendar
from photopeak.schedule.reading import statuses
from photopeak.schedule.status import Cell, excused_throughout, missing_heads
from photopeak.storage import alerts, schedule, standings
from photopeak.storage.database import Transaction

RULE = "OVERDUE"
"""Rule of the alerts."""

_PREFIX = "overdue/"


@dataclass(frozen=True, slots=True)
class _End:
    """An alert that ends, why, and by which result."""

    key: str
    reason: str
    result_id: str | None = None


class OverdueWatch:
    """Raises and ends the alerts of what is missing; to be asked again and again."""

    def __init__(self, plan: Schedule, devices: Sequence[Device]) -> None:
        self._calendar = Calendar(plan)
        self._devices = tuple(devices)
        self._by_id: Mapping[str, Device] = {device.id: device for device in self._devices}
        self._tasks = {
            (task.device_id, task.test, task.variant): task
            for device in self._devices
            for task in self._calendar.tasks(device)
        }
        self._told = False

    def needed(self, tx: Transaction, now: datetime) -> bool:
        """Tell whether there is anything to do, from a snapshot."""
        if not self._told and not self._in_force(tx):
            return True
        self._told = True
        raised, ended = self._changes(tx, now)
        return bool(raised or ended)

    def tell(self, tx: Transaction, now: datetime) -> int:
        """Raise and end alerts; return how many. The first time, put the schedule in force."""
        if not self._told:
            schedule.put_in_force(tx, self._tasks.values(), now=now)
            standings.complete(tx)
        raised, ended = self._changes(tx, now)
        for end in ended:
            alerts.close(tx, end.key, now=now, reason=end.reason, result_id=end.result_id)
        for alert in raised:
            alerts.raise_alert(tx, alert, now=now)
        self._told = True
        return len(raised) + len(ended)

    def _in_force(self, tx: Transaction) -> bool:
        """Tell whether this schedule is in force already, put there by another worker."""
        return schedule.since(tx).keys() == self._tasks.keys() and not standings.untold(tx)

    def _changes(self, tx: Transaction, now: datetime) -> tuple[list[Alert], list[_End]]:
        attempts = standings.attempts(tx)
        cells = {
            (cell.device_id, cell.test, cell.variant): cell
            for status in statuses(tx, self._calendar, self._devices, now, attempts=attempts)
            for cell in status.cells
            if cell.scheduled
        }
        known = alerts.open_under(tx, _PREFIX)
        keys = {record.alert.key for record in known}
        raised = [
            self._alert(cell)
            for cell in cells.values()
            if cell.overdue and key_of(cell) not in keys
        ]
        pauses = schedule.pauses(tx) if known else ()
        ended = []
        for record in known:
            place = (record.alert.device_id or "", record.alert.test or "", record.alert.variant)
            own = attempts.get(place[0], {}).get(place[1], ())
            end = self._end(record, cells.get(place), self._tasks.get(place), own, pauses)
            if end is not None:
                ended.append(end)
        return raised, ended

    def _end(
        self,
        record: AlertRecord,
        cell: Cell | None,
        task: Task | None,
        attempts: Sequence[Attempt],
        pauses: Iterable[NotInUse],
    ) -> _End | None:
        """Return how an alert ends, or None while it stands."""
        key = record.alert.key
        day = _day_of(key)
        if cell is None or task is None:
            return _End(key, "not scheduled any more")
        found = self._calendar.occurrences(task.rule, day, day)
        if not found:
            return _End(key, "not due any more")
        latest = _arrived(self._by_id[cell.device_id], task, attempts, found[0])
        if latest is not None:
            return _End(key, "a usable result has arrived", latest.result_id)
        mine = [pause for pause in pauses if pause.device_id == cell.device_id]
        if excused_throughout(self._calendar, found[0], mine):
            return _End(key, f"not in use: {mine[-1].reason}")
        if cell.overdue and cell.occurrence is not None and cell.occurrence.day > day:
            return _End(key, f"missing again on {cell.occurrence.day}")
        return None

    def _alert(self, cell: Cell) -> Alert:
        occurrence = _occurrence(cell)
        zone = self._calendar.schedule.zone
        due = occurrence.due.astimezone(zone)
        return Alert(
            key=key_of(cell),
            severity=AlertSeverity.CRITICAL if cell.required else AlertSeverity.WARNING,
            title=f"{cell.test}: {RULE}",
            message=f"due {due:%Y-%m-%d %H:%M} ({zone.key}), {_missing(cell, occurrence)}",
            device_id=cell.device_id,
            test=cell.test,
            variant=cell.variant,
            rule=RULE,
        )


def key_of(cell: Cell) -> str:
    """Return the key of the alert about what is missing: device, test, text, and the due day."""
    parts = (cell.device_id, cell.test, cell.variant, _occurrence(cell).day.isoformat())
    return _PREFIX + "/".join(quote(part, safe="") for part in parts)


def _arrived(
    device: Device, task: Task, attempts: Sequence[Attempt], missed: Occurrence
) -> Attempt | None:
    """Return the result that came last since an occurrence, when nothing of it is missing any more.

    What was there when it was told of as missing, of one head of two, is not all of it on the next
    day either.
    """
    own = [a for a in attempts if not task.variant or a.variant == task.variant]
    since = [a for a in own if a.at >= missed.start]
    # Ids are in the order of analysis: a head that was measured first may have arrived last.
    latest = max((a for a in since if a.usable), key=lambda a: a.result_id, default=None)
    return None if missing_heads(device, own, since) else latest


def _day_of(key: str) -> date:
    return date.fromisoformat(key.rsplit("/", 1)[-1])


def _occurrence(cell: Cell) -> Occurrence:
    if cell.occurrence is None:
        raise ValueError(f"{cell.test} of {cell.device_id} has no occurrence")
    return cell.occurrence


def _missing(cell: Cell, occurrence: Occurrence) -> str:
    if cell.missing_detectors:
        return f"nothing of detector {', '.join(cell.missing_detectors)} was received"
    if cell.attempt is not None and cell.attempt.at >= occurrence.start:
        return "what was received cannot be used"
    return "nothing was received"
