"""From what people are told to messages: to whom, by which channel, with what in each line. Pure."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from photopeak.alert_policy_settings import EscalationSettings, RouteEntry, Target
from photopeak.alerts.inhibition import OVERDUE
from photopeak.alerts.lifecycle import LIMIT_RULES, WITHOUT_NUMBER
from photopeak.alerts.policy import Case, Letter, Told, Why
from photopeak.model.alerts import Alert, AlertSeverity, AlertState
from photopeak.model.judgement import Status, Verdict
from photopeak.model.messages import MAIL, Line, LineStatus, Message, MessageKind
from photopeak.model.results import MeasurementRecord, ResultRecord

MOST_LINES = 50
"""More than this goes into further messages, so that each stays readable and all are named."""

Titles = Mapping[str, tuple[str, str]]
"""What people call a test, in English and in Chinese, by its id."""

_NAMESPACE = uuid.UUID("6f1f3a52-6a3d-5d0c-9a6e-0f5f1f6f8a10")
_SEVERITY = {
    AlertSeverity.CRITICAL: LineStatus.ACTION,
    AlertSeverity.WARNING: LineStatus.WARNING,
    AlertSeverity.INFO: LineStatus.INFO,
}
_OPENED = "alert.opened"
_OVER = {LineStatus.RESOLVED: "alert.resolved", LineStatus.WITHDRAWN: "alert.withdrawn"}


class Correspondence:
    """Makes messages of a site.

    Parameters
    ----------
    routes
        Which alerts go where.
    subscribed
        The channels of programs that want to be told of an event.
    device_name
        What people call a device.
    """

    def __init__(
        self,
        *,
        routes: Sequence[RouteEntry],
        escalation: EscalationSettings | None,
        subscribed: Callable[[str], tuple[str, ...]],
        device_name: Callable[[str | None], str],
    ) -> None:
        self._routes = routes
        self._escalation = escalation
        self._subscribed = subscribed
        self._device_name = device_name

    def messages(
        self,
        letters: Iterable[Letter],
        results: Mapping[str, ResultRecord],
        titles: Titles,
        *,
        now: datetime,
    ) -> list[Message]:
        """Return the messages of what is told at a moment.

        Parameters
        ----------
        results
            The results that the alerts are about, as far as they are at hand.
        titles
            What people call the tests.
        """
        found: list[Message] = []
        for letter in letters:
            if letter.escalation:
                targets: list[Target] = [self._escalation] if self._escalation else []
                wanted = [(target, letter.lines) for target in targets]
            else:
                wanted = [
                    (route, tuple(t for t in letter.lines if _goes_by(route, t.case.record.alert)))
                    for route in self._routes
                ]
            addressed: dict[tuple[str, tuple[str, ...]], dict[str, Told]] = {}
            for target, lines in wanted:
                for channel in target.channels:
                    recipients = tuple(target.recipients) if channel == MAIL else ()
                    whom = addressed.setdefault((channel, recipients), {})
                    whom.update({told.case.record.id: told for told in lines})
            for (channel, recipients), told in addressed.items():
                found += self._to(channel, recipients, tuple(told.values()), results, titles, now)
            if not letter.escalation:
                found += self._events(letter.lines, results, titles, now)
        return found

    def acknowledged(self, told: Sequence[Told], titles: Titles, *, now: datetime) -> list[Message]:
        """Return what programs are told of alerts that somebody took notice of."""
        event = "alert.acknowledged"
        return [
            message
            for channel in self._subscribed(event)
            for message in self._to(channel, (), tuple(told), {}, titles, now, event=event)
        ]

    def everybody(self, device_id: str | None) -> list[tuple[str, tuple[str, ...]]]:
        """Return channel and addresses of all who hear of a device, or of any."""
        found: dict[tuple[str, tuple[str, ...]], None] = {}
        for route in self._routes:
            if device_id is None or not route.devices or device_id in route.devices:
                for channel in route.channels:
                    found[channel, tuple(route.recipients) if channel == MAIL else ()] = None
        return list(found)

    def line(self, told: Told, result: ResultRecord | None, titles: Titles) -> Line:
        """Return one thing that is told."""
        case, alert = told.case, told.case.record.alert
        title, title_zh = titles.get(alert.test or "", (alert.title, ""))
        seen = case.record
        return Line(
            status=_status(case),
            device=self._device_name(alert.device_id),
            device_id=alert.device_id,
            test=alert.test or "",
            title=title,
            title_zh=title_zh,
            detector=alert.detector,
            rule=alert.rule,
            text=_sentence(told, _worst(alert, result)[0] is not None),
            **numbers_of(alert, result),
            since=case.since or (case.notice.since if case.notice else seen.opened_at),
            seen_by=seen.acknowledged_by if seen.state is AlertState.ACKNOWLEDGED else "",
            link=f"/alerts/{seen.id}",
            alert_id=seen.id,
            result_id=alert.result_id,
        )

    def _events(
        self,
        told: Sequence[Told],
        results: Mapping[str, ResultRecord],
        titles: Titles,
        now: datetime,
    ) -> list[Message]:
        by_event: dict[str, list[Told]] = {}
        for each in told:
            for event in _events_of(each):
                by_event.setdefault(event, []).append(each)
        return [
            message
            for event, lines in by_event.items()
            for channel in self._subscribed(event)
            for message in self._to(channel, (), tuple(lines), results, titles, now, event=event)
        ]

    def _to(
        self,
        channel: str,
        recipients: tuple[str, ...],
        told: tuple[Told, ...],
        results: Mapping[str, ResultRecord],
        titles: Titles,
        now: datetime,
        *,
        event: str = "",
    ) -> list[Message]:
        found = []
        for start in range(0, len(told), MOST_LINES):
            part = told[start : start + MOST_LINES]
            lines = tuple(
                self.line(t, results.get(t.case.record.alert.result_id or ""), titles) for t in part
            )
            devices = list(dict.fromkeys(line.device_id for line in lines))
            found.append(
                Message(
                    id=identity(channel, *recipients, event, *(_why_once(t) for t in part)),
                    channel=channel,
                    kind=MessageKind.EVENT if event else _kind(part),
                    title=_title(lines),
                    created_at=now,
                    event=event or next(iter(_events_of(part[0])), ""),
                    lines=lines,
                    recipients=recipients,
                    link=_link(lines, devices),
                    alert_ids=tuple(t.case.record.id for t in part),
                    result_id=lines[0].result_id,
                )
            )
        return found


def identity(*parts: str) -> str:
    """Return the id of a message: the same for the same reasons, so that it leaves once."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps(parts)))


def numbers_of(alert: Alert, result: ResultRecord | None) -> dict[str, Any]:
    """Return what a line tells of the worst number of an alert; without one, what its words name."""
    measured, verdict = _worst(alert, result)
    if measured is None:
        return {"names": _names(alert, result)}
    lower, upper = _broken(verdict)
    return {
        "quantity": measured.label,
        "quantity_zh": measured.label_zh,
        "value": measured.value,
        "unit": measured.unit,
        "decimals": measured.decimals,
        "lower": lower,
        "upper": upper,
    }


def status_of(alert: Alert) -> LineStatus:
    """Return how an open alert is called."""
    if alert.rule == OVERDUE:
        return LineStatus.OVERDUE
    if alert.rule in WITHOUT_NUMBER:
        return LineStatus.NO_RESULT
    return _SEVERITY[alert.severity]


def _status(case: Case) -> LineStatus:
    if case.record.state is AlertState.WITHDRAWN:
        return LineStatus.WITHDRAWN
    return LineStatus.RESOLVED if case.closed else status_of(case.record.alert)


def _goes_by(route: RouteEntry, alert: Alert) -> bool:
    return (
        alert.severity in route.severities
        and (not route.devices or alert.device_id in route.devices)
        and (not route.tests or alert.test in route.tests)
    )


def _why_once(told: Told) -> str:
    """Return what makes this telling this one and no other."""
    record, notice = told.case.record, told.case.notice
    parts = [record.id, told.why.value, record.alert.severity.value]
    if told.why in (Why.STILL, Why.ESCALATED) and notice is not None:
        parts.append(notice.told_at.isoformat())
    if told.why is Why.STILL and record.acknowledged_at is not None:
        parts.append(record.acknowledged_at.isoformat())
    if record.closed_at is not None:
        parts.append(record.closed_at.isoformat())
    return " ".join(parts)


def _kind(told: Sequence[Told]) -> MessageKind:
    reasons = {t.why for t in told}
    if Why.ESCALATED in reasons:
        return MessageKind.ESCALATION
    if all(t.case.closed for t in told):
        good = all(_status(t.case) is LineStatus.RESOLVED for t in told)
        return MessageKind.RESOLVED if good else MessageKind.ALERT
    return MessageKind.REMINDER if reasons <= {Why.STILL, Why.RESOLVED} else MessageKind.ALERT


def _events_of(told: Told) -> tuple[str, ...]:
    """Return what programs may want to know it as."""
    alert = told.case.record.alert
    over = (_OVER[_status(told.case)],) if told.case.closed else ()
    if told.why is Why.RESOLVED:
        return over
    if told.why not in (Why.NEW, Why.WORSE):
        return ()
    if alert.key.startswith("routing:"):
        special = "series.unmatched"
    elif alert.rule == OVERDUE:
        special = "test.overdue"
    elif alert.rule in WITHOUT_NUMBER:
        special = "result.no_result"
    elif alert.severity is AlertSeverity.INFO and alert.test is None:
        return (_OPENED, *over)
    elif alert.test is None:
        special = "service.degraded"
    else:
        critical = alert.severity is AlertSeverity.CRITICAL
        special = "result.action" if critical else "result.warning"
    return (_OPENED, special, *over)


def _title(lines: Sequence[Line]) -> str:
    first = lines[0]
    more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
    return f"{first.device or first.text[:80]}: {first.title}{more}"


def _link(lines: Sequence[Line], devices: Sequence[str | None]) -> str:
    if len(lines) == 1:
        return lines[0].link
    return f"/alerts?device={devices[0]}" if len(devices) == 1 and devices[0] else "/alerts"


def _sentence(told: Told, measured: bool) -> str:
    """Return what the numbers do not say: the words of an alert, and that it went and came back."""
    case = told.case
    if case.closed and case.ended:
        return case.ended
    said = []
    if not measured and case.record.alert.rule != OVERDUE:
        said.append(case.record.alert.message)
    flaps = case.notice.flaps if case.notice else case.flaps
    if flaps:
        said.append("it went and came back" + (f" {flaps} times" if flaps > 1 else ""))
    return "; ".join(said)


def _names(alert: Alert, result: ResultRecord | None) -> tuple[tuple[str, str], ...]:
    """Return what the numbers of an alert are called in its words, in both languages."""
    about = {breach.metric for breach in alert.breaches}
    named = (m for m in result.measurements if m.metric in about) if result else ()
    return tuple(dict.fromkeys((m.label, m.label_zh) for m in named))


def _broken(verdict: Verdict | None) -> tuple[float | None, float | None]:
    """Return the bounds that a verdict is about: those of a warning when it is one."""
    if verdict is None:
        return None, None
    if verdict.status is Status.WARN:
        return verdict.warn_lower, verdict.warn_upper
    return verdict.lower, verdict.upper


def _worst(
    alert: Alert, result: ResultRecord | None
) -> tuple[MeasurementRecord | None, Verdict | None]:
    """Return the number of an alert that is worst, with its verdict; nothing without one."""
    if result is None or alert.rule not in LIMIT_RULES:
        return None, None
    about = {(b.metric, json.dumps(dict(b.scope), sort_keys=True)) for b in alert.breaches}
    for status in (Status.FAIL, Status.WARN):
        for verdict in result.verdicts:
            scope = json.dumps(dict(verdict.scope), sort_keys=True)
            if (
                verdict.status is not status
                or verdict.kind != alert.rule
                or (verdict.metric, scope) not in about
            ):
                continue
            for number in result.measurements:
                if number.metric == verdict.metric and dict(number.scope) == dict(verdict.scope):
                    return number, verdict
    return None, None
