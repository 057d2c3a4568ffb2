"""The lists beside the matrix: what needs attention, what is coming due, how the service does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from photopeak.model.alerts import AlertRecord, AlertSeverity, AlertState
from photopeak.model.recurrence import Pace
from photopeak.model.schedule import CellState, Occurrence
from photopeak.settings import ListenerSettings
from photopeak.web.alert_views import AlertViews
from photopeak.web.board_data import BoardData
from photopeak.web.looks import Look
from photopeak.web.review_views import counted
from photopeak.web.times import Clockwork
from photopeak.web.words import Words

_MOST_ALERTS = 12
_MOST_COMING = 8
_NAMED = 3
"""Devices that an entry names one by one."""
_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class AlertView:
    """An open alert: where it is, what it says, and where to go."""

    id: str
    look: Look
    device: str
    title: str
    text: str
    note: str
    age: str
    href: str
    trend: str
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class ComingView:
    """A test that falls due on a day, with the devices that it is of."""

    look: Look
    title: str
    devices: str
    day: str


@dataclass(frozen=True, slots=True)
class HealthView:
    """A part of the service in a few words."""

    ok: bool
    text: str


class Lists:
    """Makes the lists."""

    def __init__(self, words: Words, clockwork: Clockwork, *, title: Callable[[str], str]) -> None:
        self._words = words
        self._clockwork = clockwork
        self._title = title

    def attention(self, data: BoardData, views: AlertViews) -> tuple[tuple[AlertView, ...], int]:
        """Return the open alerts, the most urgent first, and how many more there are."""
        known = frozenset(one.device.id for one in data.devices)
        ordered = sorted(
            data.alerts,
            key=lambda r: (
                r.state is not AlertState.OPEN,
                -tuple(AlertSeverity).index(r.alert.severity),
                -r.opened_at.timestamp(),
            ),
        )
        shown = tuple(self._alert(r, views, known, data.now) for r in ordered[:_MOST_ALERTS])
        return shown, max(0, len(ordered) - _MOST_ALERTS)

    def _alert(
        self, record: AlertRecord, views: AlertViews, known: frozenset[str], now: datetime
    ) -> AlertView:
        alert, said = record.alert, views.of(record)
        href = ""
        if alert.result_id:
            href = f"/results/{alert.result_id}"
        elif alert.series_instance_uid:
            href = f"/series/{alert.series_instance_uid}"
        elif alert.device_id in known:
            href = f"/devices/{alert.device_id}"
        note = ""
        if record.state is AlertState.ACKNOWLEDGED:
            note = self._words(
                "acknowledged by {name}: {reason}",
                name=record.acknowledged_by,
                reason=record.comment or "–",
            )
        return AlertView(
            id=record.id,
            look=said.look,
            device=said.device,
            title=said.title,
            text=said.text,
            note=note,
            age=self._clockwork.lasting((now - record.opened_at).total_seconds()),
            href=href,
            trend=views.trend(alert),
            acknowledged=record.state is AlertState.ACKNOWLEDGED,
        )

    def coming(self, data: BoardData) -> tuple[ComingView, ...]:
        """Return what is due now or in the next two weeks and is not of every day."""
        found: dict[tuple[datetime, str, bool], list[str]] = {}
        for one in data.devices:
            daily = {t.test for t in one.tasks if t.rule.repeat.pace is Pace.DAILY}
            for cell in one.status.cells:
                if not cell.scheduled or cell.test in daily:
                    continue
                due = cell.state is CellState.DUE
                occurrence: Occurrence | None = cell.occurrence if due else cell.following
                if occurrence is None or occurrence.due > data.now + _AHEAD:
                    continue
                key = (occurrence.due, cell.test, due)
                found.setdefault(key, []).append(one.device.name)
        views = []
        for (moment, test, due), names in sorted(found.items())[:_MOST_COMING]:
            look = Look("clock", "due" if due else "none", "Due", "")
            today = self._clockwork.days_between(moment, data.now) == 0
            day = self._words("today") if today else self._clockwork.day(moment)
            listed = self._words(", ").join(sorted(names))
            if len(names) > _NAMED:
                listed = self._words("{count} devices", count=len(names))
            views.append(ComingView(look, self._title(test), listed, day))
        return tuple(views)

    def unreviewed(self, data: BoardData) -> str:
        """Return how many results nobody has signed; empty for none."""
        if not data.unreviewed:
            return ""
        if data.unreviewed == 1:
            return self._words("{count} unreviewed result", count=1)
        return self._words("{count} unreviewed results", count=counted(data.unreviewed))

    def health(self, data: BoardData, listener: ListenerSettings) -> tuple[HealthView, ...]:
        """Return how the service does, a few words a part."""
        words, traffic = self._words, data.traffic
        last = words("nothing received yet")
        if traffic.last_received_at is not None:
            when = self._clockwork.age(traffic.last_received_at, data.now)
            last = words("last object {when}", when=when)
        waiting = traffic.queued + traffic.running
        workers = (
            words.plural("{count} worker", "{count} workers", data.workers)
            if data.workers
            else words("no worker is running")
        )
        return (
            HealthView(True, f"{listener.ae_title}:{listener.port} · {last}"),
            HealthView(
                data.workers > 0, f"{words('Analysis queue {count}', count=waiting)} · {workers}"
            ),
            HealthView(True, words("Database answers")),
        )
