"""Silences: wishes not to be told of some alerts for a time; what they hide is told when they end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.alerts import AlertEventKind, AlertRecord, Silence
from photopeak.model.identity import new_id
from photopeak.storage import alert_events, alerts
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.tables.alerts import silences


def create(
    tx: Transaction,
    *,
    device_id: str | None,
    test: str | None,
    rule: str,
    reason: str,
    by: str,
    ends_at: datetime,
    now: datetime,
) -> Silence:
    """Begin a silence; each alert that it speaks of now gets it into its history."""
    silence = Silence(
        id=new_id(),
        device_id=device_id,
        test=test,
        rule=rule,
        reason=reason,
        created_by=by,
        created_at=now,
        ends_at=ends_at,
    )
    values = {name: getattr(silence, name) for name in Silence.__dataclass_fields__}
    tx.connection.execute(sa.insert(silences).values(values))
    _note(tx, silence, AlertEventKind.SILENCED, now=now, by=by, reason=reason)
    return silence


def end(tx: Transaction, silence_id: str, *, by: str, reason: str, now: datetime) -> Silence:
    """End a silence before its time.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    StateError
        If it is over already.
    """
    silence = get(tx, silence_id)
    done = tx.connection.execute(
        sa.update(silences)
        .where(silences.c.id == silence_id, silences.c.ended_at.is_(None), silences.c.ends_at > now)
        .values(ended_at=now, ended_by=by, announced_at=now)
    )
    if done.rowcount != 1:
        raise StateError(f"silence {silence_id} is over")
    _note(tx, silence, AlertEventKind.UNSILENCED, now=now, by=by, reason=reason)
    return get(tx, silence_id)


def announce_over(tx: Transaction, silence: Silence, *, now: datetime) -> bool:
    """Note that people are told that a silence ran out; False when that was done before."""
    done = tx.connection.execute(
        sa.update(silences)
        .where(silences.c.id == silence.id, silences.c.announced_at.is_(None))
        .values(announced_at=now)
    )
    if done.rowcount != 1:
        return False
    _note(tx, silence, AlertEventKind.UNSILENCED, now=now, by="", reason="its time was over")
    return True


def get(tx: Transaction, silence_id: str) -> Silence:
    """Return a silence.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    row = tx.connection.execute(
        sa.select(silences).where(silences.c.id == silence_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no silence {silence_id}")
    return _silence(row)


def active(tx: Transaction, *, now: datetime) -> tuple[Silence, ...]:
    """Return the silences that hold, the first to end first."""
    query = sa.select(silences).where(
        silences.c.ends_at > now, silences.c.ended_at.is_(None), silences.c.created_at <= now
    )
    rows = tx.connection.execute(query.order_by(silences.c.ends_at, silences.c.id))
    return tuple(_silence(row) for row in rows)


def over(tx: Transaction, *, now: datetime) -> tuple[Silence, ...]:
    """Return the silences that ran out and of which nobody was told yet."""
    query = sa.select(silences).where(silences.c.ends_at <= now, silences.c.announced_at.is_(None))
    return tuple(_silence(row) for row in tx.connection.execute(query.order_by(silences.c.ends_at)))


def past(tx: Transaction, *, now: datetime, limit: int = 50) -> tuple[Silence, ...]:
    """Return the silences that are over, the last one first."""
    query = sa.select(silences).where(
        sa.or_(silences.c.ends_at <= now, silences.c.ended_at.is_not(None))
    )
    rows = tx.connection.execute(query.order_by(silences.c.ends_at.desc()).limit(limit))
    return tuple(_silence(row) for row in rows)


def matching(tx: Transaction, silence: Silence) -> tuple[AlertRecord, ...]:
    """Return the alerts that are not closed and that a silence speaks of."""
    return tuple(r for r in alerts.open_under(tx) if silence.matches(r.alert))


def _note(
    tx: Transaction,
    silence: Silence,
    kind: AlertEventKind,
    *,
    now: datetime,
    by: str,
    reason: str,
) -> None:
    for record in matching(tx, silence):
        alert_events.note(tx, record, kind, at=now, by=by, reason=reason)


def _silence(row: Any) -> Silence:
    return Silence(**{name: getattr(row, name) for name in Silence.__dataclass_fields__})
