"""What people are told now: one message for a device, not one for every number. Pure.

The policy compares what is with what people were told. So it needs no memory of its own, a restart
loses nothing, and whatever kept a message back (a wait, a silence, another alert, a quiet hour)
needs no undoing: when it is over, what is still true is still untold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from photopeak.alert_policy_settings import (
    DAYS,
    EscalationSettings,
    PolicySettings,
    QuietHoursSettings,
)
from photopeak.alerts.inhibition import OVERDUE
from photopeak.model.alerts import AlertRecord, AlertSeverity, AlertState, Notice

MOST_LETTERS = 10
"""More devices than this at once are told of together."""


class Why(StrEnum):
    """Why people are told."""

    NEW = "new"
    WORSE = "worse"
    STILL = "still"
    RESOLVED = "resolved"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A cause: its newest alert, and what people were told.

    `held` is true while a silence or another alert keeps it back; `since` is when it opened at
    first, where it went and came back, and `flaps` how often it did; `ended` says why it is over.
    """

    record: AlertRecord
    notice: Notice | None = None
    held: bool = False
    since: datetime | None = None
    flaps: int = 0
    ended: str = ""

    @property
    def severity(self) -> AlertSeverity:
        """How soon a person should look."""
        return self.record.alert.severity

    @property
    def closed(self) -> bool:
        """True when it is over."""
        return self.record.over


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that people are told."""

    case: Case
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is told together: of one device, or of many where many things happen at once."""

    device_id: str | None
    escalation: bool
    lines: tuple[Told, ...]
    several: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is told now, and what is known to people after it.

    `kept` replaces what they were told of these causes, `over` are those that are done with.
    """

    letters: tuple[Letter, ...] = ()
    kept: tuple[Notice, ...] = ()
    over: tuple[str, ...] = ()


def decide(
    cases: Sequence[Case],
    policy: PolicySettings,
    now: datetime,
    *,
    local: datetime,
    quiet_hours: QuietHoursSettings | None = None,
    escalation: EscalationSettings | None = None,
) -> Decision:
    """Decide what people are told at a moment.

    Parameters
    ----------
    cases
        All causes that are open, or of which people were not told that they are over.
    local
        The moment by the clocks of the site.
    """
    letters: list[Letter] = []
    kept: list[Notice] = []
    over: list[str] = []
    by_device: dict[str | None, list[Case]] = {}
    for case in cases:
        by_device.setdefault(case.record.alert.device_id, []).append(case)
    quiet = quiet_hours is not None and is_quiet(quiet_hours, local)
    loud = quiet_hours is not None and quiet_hours.critical_passes
    for device_id, group in by_device.items():
        speaking = [c for c in group if not c.held]
        if quiet:
            speaking = [c for c in speaking if loud and c.severity is AlertSeverity.CRITICAL]
        told = _news(speaking, group, policy, now)
        reminded = _reminders(speaking, policy, now)
        if reminded:
            known = {t.case.record.alert.key for t in told}
            told += [t for t in reminded if t.case.record.alert.key not in known]
        if told:
            letters.append(Letter(device_id=device_id, escalation=False, lines=_ordered(told)))
        raised = _escalations(speaking, escalation, now)
        if raised:
            letters.append(Letter(device_id=device_id, escalation=True, lines=_ordered(raised)))
        if not policy.resolved:
            over += [c.record.alert.key for c in speaking if _lasts(c, policy, now)]
        for each in told:
            if each.case.closed:
                over.append(each.case.record.alert.key)
            else:
                kept.append(_after(each, now))
        for each in raised:
            before = next((n for n in kept if n.key == each.case.record.alert.key), None)
            notice = before or each.case.notice
            if notice is not None:
                if before is not None:
                    kept.remove(before)
                kept.append(replace(notice, escalated_at=now))
    return Decision(
        letters=_bounded(letters),
        kept=tuple(kept),
        over=tuple(over),
    )


def is_quiet(settings: QuietHoursSettings, local: datetime) -> bool:
    """Tell whether a moment of the site lies in the quiet hours.

    A night that begins on one of the days belongs to it until its end.
    """
    at = local.time()
    today = DAYS[local.weekday()] in settings.days
    yesterday = DAYS[local.weekday() - 1] in settings.days
    if settings.begin < settings.end:
        return today and settings.begin <= at < settings.end
    return (today and at >= settings.begin) or (yesterday and at < settings.end)


def _news(
    speaking: Iterable[Case],
    group: Iterable[Case],
    policy: PolicySettings,
    now: datetime,
) -> list[Told]:
    """Return what is new about a device, when it is time to say it."""
    found: list[Told] = []
    over: list[Told] = []
    for case in speaking:
        notice = case.notice
        if notice is None:
            found.append(Told(case=case, why=Why.NEW))
        elif case.closed:
            if policy.resolved and _lasts(case, policy, now):
                over.append(Told(case=case, why=Why.RESOLVED))
        elif case.severity.rank > notice.severity.rank:
            found.append(Told(case=case, why=Why.WORSE))
    if not found:
        return over
    ready = min(_happened(t) for t in found) + timedelta(seconds=policy.group_wait_s)
    # What came late and is bad is news, though people were told that it was late.
    before = [c.notice for c in group if c.notice is not None and c.record.alert.rule != OVERDUE]
    worst = max(t.case.severity.rank for t in found)
    if before and worst <= max(n.severity.rank for n in before):
        last = max(n.told_at for n in before)
        ready = max(ready, last + timedelta(seconds=policy.group_interval_s))
    return over if ready > now else [*found, *over]


def _lasts(case: Case, policy: PolicySettings, now: datetime) -> bool:
    """Tell whether what people were told of has been over for so long that it will stay so."""
    if case.notice is None or not case.closed:
        return False
    return (case.record.closed_at or now) + timedelta(minutes=policy.settle_min) <= now


def _happened(told: Told) -> datetime:
    record = told.case.record
    return record.opened_at if told.why is Why.NEW else record.last_seen_at


def _reminders(speaking: Iterable[Case], policy: PolicySettings, now: datetime) -> list[Told]:
    """Return everything that is still wrong with a device, when one thing has waited long enough."""
    known = [
        (c, c.notice)
        for c in speaking
        if c.notice is not None and not c.closed and c.severity is not AlertSeverity.INFO
    ]
    if not policy.repeat_h or not known:
        return []
    ready = min(n.told_at for _, n in known) + timedelta(hours=policy.repeat_h)
    if ready > now:
        return []
    return [Told(case=case, why=Why.STILL) for case, _ in known]


def _escalations(
    speaking: Iterable[Case],
    escalation: EscalationSettings | None,
    now: datetime,
) -> list[Told]:
    if escalation is None:
        return []
    found = []
    for case in speaking:
        notice = case.notice
        if (
            notice is None
            or notice.escalated_at is not None
            or case.record.state is not AlertState.OPEN
            or case.severity.rank < escalation.severity.rank
        ):
            continue
        ready = notice.first_told_at + timedelta(minutes=escalation.after_min)
        if ready <= now:
            found.append(Told(case=case, why=Why.ESCALATED))
    return found


def _after(told: Told, now: datetime) -> Notice:
    """Return what people know of a cause after they are told."""
    case, notice = told.case, told.case.notice
    if notice is None:
        return Notice(
            key=case.record.alert.key,
            alert_id=case.record.id,
            since=case.since or case.record.opened_at,
            severity=case.severity,
            first_told_at=now,
            told_at=now,
            flaps=case.flaps,
        )
    if told.why is Why.WORSE:
        # Who was to be told next when nobody looked at less is to be told of more as well.
        return replace(
            notice,
            alert_id=case.record.id,
            severity=case.severity,
            first_told_at=now,
            told_at=now,
            escalated_at=None,
        )
    return replace(notice, alert_id=case.record.id, told_at=now)


def _ordered(told: Iterable[Told]) -> tuple[Told, ...]:
    """Return what is told with the most urgent first and the resolved last."""
    return tuple(
        sorted(
            told,
            key=lambda t: (
                t.case.closed,
                -t.case.severity.rank,
                t.why is Why.STILL,
                t.case.record.opened_at,
            ),
        )
    )


def _bounded(letters: Sequence[Letter]) -> tuple[Letter, ...]:
    """Return few letters: where many devices are to be told of at once, one for all of them."""
    found: list[Letter] = []
    for escalation in (False, True):
        these = [letter for letter in letters if letter.escalation is escalation]
        if len(these) > MOST_LETTERS:
            lines = _ordered(line for letter in these for line in letter.lines)
            these = [Letter(device_id=None, escalation=escalation, lines=lines, several=True)]
        found += these
    return tuple(found)
