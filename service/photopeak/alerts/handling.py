"""What people do with alerts: take notice, keep messages back for a time, end that. Each with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from photopeak.model.alerts import AlertRecord, Silence
from photopeak.storage import alerts, audit, silences
from photopeak.storage.database import Transaction

LONGEST_REASON = 500


class HandlingError(Exception):
    """A person asks for something that is not done; the message says in a sentence why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A silence that a person wants; what is empty matches everything."""

    device_id: str = ""
    test: str = ""
    rule: str = ""
    reason: str = ""
    ends_at: datetime | None = None

    def silence(self, *, by: str, now: datetime, longest: timedelta) -> Silence:
        """Return the silence that it would be.

        Raises
        ------
        HandlingError
            If it would silence everything, has no end, or one that is over or too far.
        """
        if not (self.device_id or self.test or self.rule):
            raise HandlingError("name a device, a test or a rule: nobody silences everything")
        if self.ends_at is None:
            raise HandlingError("a silence needs an end")
        if self.ends_at <= now:
            raise HandlingError("the end of a silence lies in the future")
        if self.ends_at > now + longest:
            raise HandlingError(f"a silence lasts {longest.days} days at most")
        return Silence(
            id="",
            device_id=self.device_id or None,
            test=self.test or None,
            rule=self.rule,
            reason=self.reason.strip(),
            created_by=by,
            created_at=now,
            ends_at=self.ends_at,
        )


def acknowledge(
    tx: Transaction, alert_id: str, *, by: str, reason: str, now: datetime
) -> AlertRecord:
    """Take notice of an alert. It goes on until a repeat passes, and opens again when it gets worse.

    Raises
    ------
    HandlingError
        If there is no reason.
    NotFoundError, StateError
        If there is no such alert, or it is closed.
    """
    reason = _reason(reason)
    before = alerts.get(tx, alert_id)
    after = alerts.acknowledge(tx, alert_id, by=by, comment=reason, now=now)
    audit.append(
        tx,
        at=now,
        actor=by,
        action="alert.acknowledged",
        subject=alert_id,
        detail={"key": after.alert.key, "before": before.state, "after": after.state},
        reason=reason,
    )
    return after


def withdraw(
    tx: Transaction, alert_id: str, *, by: str, reason: str, endless: str, now: datetime
) -> AlertRecord:
    """End an alert that nothing else ends. What it tells of is as it was, and stays in the history.

    Parameters
    ----------
    endless
        Why nothing else ends it; see :mod:`photopeak.alerts.endings`.

    Raises
    ------
    HandlingError
        If something else ends it, or there is no reason.
    NotFoundError, StateError
        If there is no such alert, or it is over.
    """
    if not endless:
        raise HandlingError("this alert ends when its cause is gone, and not before")
    reason = _reason(reason)
    before = alerts.get(tx, alert_id)
    after = alerts.withdraw(tx, alert_id, by=by, reason=reason, now=now)
    audit.append(
        tx,
        at=now,
        actor=by,
        action="alert.withdrawn",
        subject=alert_id,
        detail={
            "key": after.alert.key,
            "before": before.state,
            "after": after.state,
            "because": endless,
        },
        reason=reason,
    )
    return after


def preview(
    tx: Transaction, wish: Wish, *, by: str, now: datetime, longest: timedelta
) -> Sequence[AlertRecord]:
    """Return the alerts that a silence would keep messages back of at this moment.

    Raises
    ------
    HandlingError
        If it is no silence.
    """
    return silences.matching(tx, wish.silence(by=by, now=now, longest=longest))


def silence(tx: Transaction, wish: Wish, *, by: str, now: datetime, longest: timedelta) -> Silence:
    """Keep messages back for a time; pages and verdicts go on as before.

    Raises
    ------
    HandlingError
        If it is no silence, or there is no reason.
    """
    wanted = wish.silence(by=by, now=now, longest=longest)
    reason = _reason(wanted.reason)
    made = silences.create(
        tx,
        device_id=wanted.device_id,
        test=wanted.test,
        rule=wanted.rule,
        reason=reason,
        by=by,
        ends_at=wanted.ends_at,
        now=now,
    )
    audit.append(
        tx,
        at=now,
        actor=by,
        action="alerts.silenced",
        subject=made.id,
        detail={
            "device": made.device_id,
            "test": made.test,
            "rule": made.rule,
            "ends_at": made.ends_at.isoformat(),
            "alerts": [record.id for record in silences.matching(tx, made)],
        },
        reason=reason,
    )
    return made


def unsilence(tx: Transaction, silence_id: str, *, by: str, reason: str, now: datetime) -> Silence:
    """End a silence before its time.

    Raises
    ------
    HandlingError
        If there is no reason.
    NotFoundError, StateError
        If there is no such silence, or it is over.
    """
    reason = _reason(reason)
    ended = silences.end(tx, silence_id, by=by, reason=reason, now=now)
    audit.append(
        tx,
        at=now,
        actor=by,
        action="alerts.unsilenced",
        subject=silence_id,
        detail={"before": ended.ends_at.isoformat(), "after": now.isoformat()},
        reason=reason,
    )
    return ended


def _reason(text: str) -> str:
    text = text.strip()
    if not text:
        raise HandlingError("give a reason")
    if len(text) > LONGEST_REASON:
        raise HandlingError(f"a reason has {LONGEST_REASON} characters at most")
    return text
