"""From what happened to alerts to messages in the outbox: the duty that tells people.

What people were told is kept in the transaction that puts down the messages. So a process that is
killed between a result and its message loses nothing: the next one finds what is still untold.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from photopeak.alert_settings import AlertSettings
from photopeak.alerts.inhibition import OVERDUE, held_back, is_trend
from photopeak.alerts.letters import Correspondence, Titles, identity, status_of
from photopeak.alerts.policy import Case, Decision, Told, Why, decide
from photopeak.model.alerts import (
    Alert,
    AlertEvent,
    AlertEventKind,
    AlertRecord,
    AlertState,
    Notice,
    Silence,
)
from photopeak.model.devices import Device
from photopeak.model.messages import Line, LineStatus, Message, MessageKind
from photopeak.model.results import ResultRecord
from photopeak.storage import alert_events, alert_notices, alerts, outbox, results, silences
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.storage.locks import serialise

logger = logging.getLogger(__name__)

TOLD_ELSEWHERE = "channel/"
"""Keys of alerts about channels begin so; the delivery tells of them, by other channels."""

_NUMBERS = 200
"""Results whose numbers stand in the messages of one moment; the others are named without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Situation:
    """What is, and what people know."""

    cases: tuple[Case, ...]
    events: tuple[AlertEvent, ...]
    alerts: Mapping[str, AlertRecord]
    changed: tuple[Notice, ...]
    dropped: frozenset[str]


class Watchman:
    """Tells people of alerts.

    Parameters
    ----------
    titles
        What people call the tests.
    idle
        Devices that are not in use at a moment.
    """

    def __init__(
        self,
        settings: AlertSettings,
        devices: Sequence[Device],
        *,
        zone: ZoneInfo,
        titles: Callable[[Transaction], Titles],
        idle: Callable[[Transaction, datetime], Collection[str]] = lambda _tx, _now: (),
    ) -> None:
        self._settings = settings
        self._zone = zone
        self._idle = idle
        self._titles = titles
        self._names = {device.id: device.name for device in devices}
        self._letters = Correspondence(
            routes=settings.effective_routes(),
            escalation=settings.escalation,
            subscribed=settings.subscribed,
            device_name=self._name,
        )

    def needed(self, tx: Transaction, now: datetime) -> bool:
        """Tell whether there is anything to tell, or to note as told."""
        situation = self._situation(tx, now)
        decision = self._decide(situation, now)
        return bool(
            decision.letters
            or decision.over
            or situation.changed
            or situation.dropped
            or self._seen(situation, decision)
            or silences.over(tx, now=now)
        )

    def tell(self, tx: Transaction, now: datetime) -> int:
        """Put down messages about what people do not know yet; return how many."""
        serialise(tx, ("what people were told of alerts",))
        situation = self._situation(tx, now)
        decision = self._decide(situation, now)
        titles = self._titles(tx)
        messages = self._letters.messages(
            decision.letters, _results_of(tx, decision), titles, now=now
        )
        messages += self._noticed(situation, titles, now)
        messages += self._over(tx, situation, now)
        put = sum(outbox.put(tx, message) for message in messages)
        kept = {notice.key: notice for notice in (*situation.changed, *decision.kept)}
        for notice in kept.values():
            alert_notices.put(tx, notice)
        alert_notices.forget(tx, {*decision.over, *situation.dropped})
        alert_events.handled(tx, self._seen(situation, decision), now=now)
        if put:
            logger.info("%d messages about alerts were put down", put)
        return put

    def _name(self, device_id: str | None) -> str:
        return self._names.get(device_id or "", device_id or "")

    def _decide(self, situation: _Situation, now: datetime) -> Decision:
        return decide(
            situation.cases,
            self._settings.policy,
            now,
            local=now.astimezone(self._zone),
            quiet_hours=self._settings.quiet_hours,
            escalation=self._settings.escalation,
        )

    def _situation(self, tx: Transaction, now: datetime) -> _Situation:
        open_ones = alerts.open_under(tx)
        events = alert_events.unhandled(tx)
        notices = {notice.key: notice for notice in alert_notices.all_of_them(tx)}
        known = {record.id: record for record in open_ones}
        wanted = {e.alert_id for e in events} | {n.alert_id for n in notices.values()}
        known |= {r.id: r for r in alerts.several(tx, wanted - known.keys())}
        quiet = silences.active(tx, now=now)
        held = held_back(open_ones, idle_devices=self._idle(tx, now))
        fresh = {e.alert_id for e in events if e.kind is AlertEventKind.OPENED}
        standing = {_matter(record.alert) for record in open_ones}
        by_key: dict[str, list[AlertRecord]] = {}
        for record in sorted(known.values(), key=lambda r: (r.opened_at, r.id)):
            if not record.alert.key.startswith(TOLD_ELSEWHERE):
                by_key.setdefault(record.alert.key, []).append(record)
        cases, changed, dropped = [], [], set()
        for key, records in by_key.items():
            newest, notice = records[-1], notices.get(key)
            silent = any(silence.matches(newest.alert) for silence in quiet)
            over = newest.over
            if over and _matter(newest.alert) in standing:  # goes on under another key
                dropped.add(key)
                continue
            if over and notice is None and (silent or not _worth_telling(newest.alert)):
                dropped.add(key)
                continue
            if notice is not None and notice.alert_id != newest.id:
                again = sum(r.id in fresh and r.id != notice.alert_id for r in records)
                notice = replace(notice, alert_id=newest.id, flaps=notice.flaps + max(again, 1))
                changed.append(notice)
            if notice is not None and newest.state is AlertState.ACKNOWLEDGED:
                known_as = alert_events.acknowledged_severity(tx, newest)
                if known_as.rank < notice.severity.rank:  # what it was before is news again
                    notice = replace(notice, severity=known_as)
                    changed.append(notice)
            cases.append(
                Case(
                    record=newest,
                    notice=notice,
                    held=silent or key in held,
                    since=notice.since if notice else records[0].opened_at,
                    flaps=0 if notice else len(records) - 1,
                    ended=_why_over(tx, newest) if over else "",
                )
            )
        return _Situation(
            cases=tuple(cases),
            events=events,
            alerts=known,
            changed=tuple(changed),
            dropped=frozenset(dropped),
        )

    def _seen(self, situation: _Situation, decision: Decision) -> frozenset[str]:
        """Return the events that are done with: all but those of what is over and still untold."""
        told = {notice.key for notice in decision.kept} | set(decision.over)
        told |= {c.record.alert.key for c in situation.cases if c.notice is not None}
        return frozenset(
            event.id
            for event in situation.events
            if not (record := situation.alerts[event.alert_id]).over
            or record.alert.key in told
            or record.alert.key in situation.dropped
            or record.alert.key.startswith(TOLD_ELSEWHERE)
        )

    def _noticed(self, situation: _Situation, titles: Titles, now: datetime) -> list[Message]:
        """Return what programs are told of alerts that somebody took notice of."""
        seen = {e.alert_id for e in situation.events if e.kind is AlertEventKind.ACKNOWLEDGED}
        told = [
            Told(case=Case(record=situation.alerts[alert_id]), why=Why.STILL)
            for alert_id in sorted(seen)
        ]
        return self._letters.acknowledged(told, titles, now=now) if told else []

    def _over(self, tx: Transaction, situation: _Situation, now: datetime) -> list[Message]:
        """Return the messages that say that a silence ran out, and what is still wrong.

        What came up while it lasted is told as new beside it.
        """
        known = {c.record.alert.key for c in situation.cases if c.notice is not None}
        found = []
        for silence in silences.over(tx, now=now):
            left = [r for r in silences.matching(tx, silence) if r.alert.key in known]
            if not silences.announce_over(tx, silence, now=now):
                continue
            for channel, recipients in self._letters.everybody(silence.device_id):
                found.append(
                    Message(
                        id=identity("silence", silence.id, channel, *recipients),
                        channel=channel,
                        kind=MessageKind.SERVICE,
                        title="A silence has ended",
                        created_at=now,
                        recipients=recipients,
                        link="/alerts",
                        lines=(self._about(silence), *self._still(left)),
                    )
                )
        return found

    def _about(self, silence: Silence) -> Line:
        return Line(
            status=LineStatus.INFO,
            device=self._name(silence.device_id),
            device_id=silence.device_id,
            test=silence.test or "",
            title=silence.test or "",
            rule=silence.rule,
            text=f"silenced by {silence.created_by}: {silence.reason}",
            since=silence.created_at,
            link="/alerts?state=silenced",
        )

    def _still(self, records: Iterable[AlertRecord]) -> list[Line]:
        return [
            Line(
                status=status_of(record.alert),
                device=self._name(record.alert.device_id),
                device_id=record.alert.device_id,
                test=record.alert.test or "",
                title=record.alert.title,
                detector=record.alert.detector,
                text=record.alert.message,
                since=record.opened_at,
                seen_by=record.acknowledged_by,
                link=f"/alerts/{record.id}",
                alert_id=record.id,
            )
            for record in list(records)[:_NUMBERS]
        ]


def _matter(alert: Alert) -> tuple[object, ...]:
    """Return what an alert is about, whatever day it is of; its own key where it is not a test."""
    if not alert.test:
        return (alert.key,)
    return (alert.device_id, alert.test, alert.variant, alert.detector, alert.rule)


def _why_over(tx: Transaction, record: AlertRecord) -> str:
    history = alert_events.history(tx, record.id, limit=5)
    for event in history:
        if event.kind is AlertEventKind.WITHDRAWN:
            return f"withdrawn by {event.by}: {event.reason}"
        if event.kind is AlertEventKind.RESOLVED:
            return event.reason
    return ""


def _worth_telling(alert: Alert) -> bool:
    """Tell whether people want to hear of what was over before they heard of it.

    A test that came late and a trend that turned are no news then; a breach is.
    """
    return alert.rule != OVERDUE and not is_trend(alert)


def _results_of(tx: Transaction, decision: Decision) -> dict[str, ResultRecord]:
    wanted = dict.fromkeys(
        t.case.record.alert.result_id for letter in decision.letters for t in letter.lines
    )
    found = {}
    for result_id in [each for each in wanted if each is not None][:_NUMBERS]:
        try:
            found[result_id] = results.get(tx, result_id)
        except NotFoundError:
            continue
    return found
