"""What a board is made of, read in a handful of statements however long the history is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.alerts import AlertRecord, AlertState
from photopeak.model.devices import Device
from photopeak.model.schedule import Attempt, Task
from photopeak.schedule.reading import statuses
from photopeak.schedule.status import DeviceStatus
from photopeak.storage import alerts, board, reviews, standings, workers
from photopeak.storage.board import Traffic
from photopeak.storage.changes import ChangeWatch
from photopeak.storage.database import Database, Transaction
from photopeak.web.board_facts import Facts, FactsKept
from photopeak.web.context import WebContext
from photopeak.web.review_views import MOST_COUNTED
from photopeak.web.strips import LENGTH

MOST_ALERTS = 200
_WORKER_STALE_S = 60.0


@dataclass(frozen=True, slots=True)
class DeviceData:
    """A device: how it stands, its rules, and the last results of each test, newest first."""

    device: Device
    status: DeviceStatus
    tasks: tuple[Task, ...]
    history: Mapping[str, tuple[Attempt, ...]]


@dataclass(frozen=True, slots=True)
class BoardData:
    """Everything that a board shows, at one moment."""

    now: datetime
    devices: tuple[DeviceData, ...]
    facts: Mapping[str, Facts]
    alerts: tuple[AlertRecord, ...]
    traffic: Traffic
    workers: int
    unreviewed: int


class BoardSource:
    """Reads boards; remembers what cannot change."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._facts = FactsKept()

    def read(self, now: datetime, *, only: Device | None = None) -> BoardData:
        """Return the board of all devices, or that of one."""
        devices = self._context.devices() if only is None else (only,)
        calendar = self._context.calendar()
        with self._context.database.snapshot() as tx:
            history = standings.attempts(tx, None if only is None else (only.id,))
            stand = statuses(tx, calendar, devices, now, attempts=history)
            shown = [
                attempt.result_id
                for device in devices
                for attempts in history.get(device.id, {}).values()
                for attempt in attempts[:LENGTH]
            ]
            # Older results may decide as well, where one head was not measured again.
            shown += [c.attempt.result_id for s in stand for c in s.cells if c.attempt is not None]
            facts = self._facts.of(tx, shown)
            found = _open_alerts(tx, None if only is None else only.id)
            traffic = board.traffic(tx)
            unreviewed = reviews.count(tx, most=MOST_COUNTED)
            alive = workers.alive(tx, now=now, stale_after_s=_WORKER_STALE_S, role="worker")
        return BoardData(
            now=now,
            devices=tuple(
                DeviceData(
                    device=device,
                    status=status,
                    tasks=calendar.tasks(device),
                    history=history.get(device.id, {}),
                )
                for device, status in zip(devices, stand, strict=True)
            ),
            facts=facts,
            alerts=found,
            traffic=traffic,
            workers=len(alive),
            unreviewed=unreviewed,
        )


class Unchanged:
    """Keeps what was made last as long as nothing was committed and the minute is the same."""

    def __init__(self, database: Database) -> None:
        self._watch = ChangeWatch(database)
        self._lock = threading.Lock()
        self._minute: datetime | None = None
        self._kept: dict[str, str] = {}

    def get(self, name: str, now: datetime, make: Callable[[], str]) -> str:
        """Return the text of a name, made anew where it may have changed."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            # The look comes before the reading: what is committed in between is seen the next time.
            if self._watch.changed() or minute != self._minute:
                self._kept = {}
                self._minute = minute
            kept = self._kept
            if name not in kept:
                kept[name] = make()
            return kept[name]


def _open_alerts(tx: Transaction, device_id: str | None) -> tuple[AlertRecord, ...]:
    states = (AlertState.OPEN, AlertState.ACKNOWLEDGED)
    return alerts.page(tx, limit=MOST_ALERTS, states=states, device_id=device_id).items
