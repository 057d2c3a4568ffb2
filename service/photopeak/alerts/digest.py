"""The message of the morning: what is to be done, and first what changed since the day before.

It leaves once a day at a time of the site, and only when something is due, failed or waits for a
review. The day is noted in the transaction that puts the message down, so two workers send one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from photopeak.alert_policy_settings import DAYS
from photopeak.alert_settings import AlertSettings
from photopeak.alerts.anchor import anchor_line
from photopeak.alerts.inhibition import OVERDUE
from photopeak.alerts.letters import MOST_LINES, Titles, identity, numbers_of, status_of
from photopeak.model.alerts import AlertEvent, AlertEventKind, AlertRecord, AlertSeverity
from photopeak.model.devices import Device
from photopeak.model.messages import MAIL, Line, LineStatus, Message, MessageKind
from photopeak.model.results import ResultRecord
from photopeak.model.schedule import CellState, Occurrence
from photopeak.schedule.status import DeviceStatus
from photopeak.storage import alert_events, alerts, marks, outbox, results
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError

MARK = "digest"
"""Name of the mark that holds the day of the last one."""

_DUE = {CellState.OVERDUE: LineStatus.OVERDUE, CellState.DUE: LineStatus.DUE}
_ORDER = (LineStatus.ACTION, LineStatus.NO_RESULT, LineStatus.OVERDUE, LineStatus.WARNING,
          LineStatus.DUE)  # fmt: skip


class Digest:
    """Writes the message of the morning.

    Parameters
    ----------
    statuses
        How the devices stand at a moment.
    titles
        What people call the tests.
    unreviewed
        How many results wait for a review.
    """

    def __init__(
        self,
        settings: AlertSettings,
        devices: Sequence[Device],
        *,
        zone: ZoneInfo,
        statuses: Callable[[Transaction, datetime], Iterable[DeviceStatus]],
        titles: Callable[[Transaction], Titles],
        unreviewed: Callable[[Transaction], int] = lambda _tx: 0,
    ) -> None:
        self._settings = settings.digest
        self._names = {device.id: device.name for device in devices}
        self._zone = zone
        self._statuses = statuses
        self._unreviewed = unreviewed
        self._titles = titles
        channels = tuple(settings.digest.channels) or settings.for_people()[:1]
        self._channels = channels if settings.digest.enabled else ()

    def needed(self, tx: Transaction, now: datetime) -> bool:
        """Tell whether it is time, and nobody was before."""
        local = now.astimezone(self._zone)
        if not self._channels or DAYS[local.weekday()] not in self._settings.days:
            return False
        return local.time() >= self._settings.at and marks.get(tx, MARK) != _day(local)

    def tell(self, tx: Transaction, now: datetime) -> int:
        """Put the message of this day down, when there is one to write; return how many went."""
        day = _day(now.astimezone(self._zone))
        if not self.needed(tx, now) or not marks.advance(tx, MARK, day):
            return 0
        lines = self.lines(tx, now)
        if not lines:
            return 0
        put = 0
        for channel in self._channels:
            recipients = tuple(self._settings.recipients) if channel == MAIL else ()
            for part, start in enumerate(range(0, len(lines), MOST_LINES)):
                message = Message(
                    id=identity(MARK, day, str(part), channel, *recipients),
                    channel=channel,
                    kind=MessageKind.DIGEST,
                    title=f"Quality control on {day}",
                    created_at=now,
                    lines=tuple(lines[start : start + MOST_LINES]),
                    recipients=recipients,
                    link="/",
                )
                put += outbox.put(tx, message)
        return put

    def lines(self, tx: Transaction, now: datetime) -> list[Line]:
        """Return what there is to do, the change since yesterday first; empty with nothing to do.

        The anchor of the audit trail is last.
        """
        open_ones = [
            record
            for record in alerts.open_under(tx)
            if record.alert.severity is not AlertSeverity.INFO and record.alert.rule != OVERDUE
        ]
        titles = self._titles(tx)
        found = [self._alert(tx, record, titles) for record in open_ones]
        for status in self._statuses(tx, now):
            for cell in status.cells:
                if cell.state in _DUE or cell.overdue:
                    late = _DUE.get(cell.state, LineStatus.OVERDUE)
                    found.append(self._task(titles, status, cell.test, late, cell.occurrence))
        found.sort(key=lambda line: _ORDER.index(line.status))
        waiting = self._unreviewed(tx)
        if waiting:
            found.append(
                Line(
                    status=LineStatus.UNREVIEWED,
                    quantity="Results that wait for a review",
                    quantity_zh="待审核的结果",
                    value=float(waiting),
                    decimals=0,
                    link="/review",
                )
            )
        if not found:
            return []
        yesterday = alert_events.since(tx, now - timedelta(days=1))
        anchor = anchor_line(tx)
        last = [anchor] if anchor is not None else []
        return [_changes(yesterday, open_ones, now), *found, *last]

    def _alert(self, tx: Transaction, record: AlertRecord, titles: Titles) -> Line:
        alert = record.alert
        numbers = numbers_of(alert, _result(tx, alert.result_id))
        title, title_zh = titles.get(alert.test or "", (alert.title, ""))
        return Line(
            status=status_of(alert),
            device=self._names.get(alert.device_id or "", alert.device_id or ""),
            device_id=alert.device_id,
            test=alert.test or "",
            title=title,
            title_zh=title_zh,
            detector=alert.detector,
            rule=alert.rule,
            text="" if "value" in numbers else alert.message,
            since=record.opened_at,
            seen_by=record.acknowledged_by,
            link=f"/alerts/{record.id}",
            alert_id=record.id,
            result_id=alert.result_id,
            **numbers,
        )

    def _task(
        self,
        titles: Titles,
        status: DeviceStatus,
        test: str,
        late: LineStatus,
        occurrence: Occurrence | None,
    ) -> Line:
        title, title_zh = titles.get(test, (test, ""))
        return Line(
            status=late,
            device=self._names.get(status.device_id, status.device_id),
            device_id=status.device_id,
            test=test,
            title=title,
            title_zh=title_zh,
            since=None if occurrence is None else occurrence.due,
            link=f"/schedule?device={status.device_id}",
        )


def _result(tx: Transaction, result_id: str | None) -> ResultRecord | None:
    if result_id is None:
        return None
    try:
        return results.get(tx, result_id)
    except NotFoundError:
        return None


def _changes(events: Iterable[AlertEvent], open_ones: Sequence[AlertRecord], now: datetime) -> Line:
    """Return in one line what changed since yesterday."""
    kinds = Counter(event.kind for event in events)
    new, gone = kinds[AlertEventKind.OPENED], kinds[AlertEventKind.RESOLVED]
    longer = sum(record.opened_at < now - timedelta(days=1) for record in open_ones)
    return Line(
        status=LineStatus.INFO,
        quantity=f"Since yesterday: {new} new, {gone} resolved, {longer} open for longer",
        quantity_zh=f"昨天以来：新增{new}项，解除{gone}项，更早未解除{longer}项",
        link="/alerts",
    )


def _day(local: datetime) -> str:
    return local.date().isoformat()
