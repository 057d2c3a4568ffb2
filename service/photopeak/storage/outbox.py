"""The outbox: messages put down with what they tell of, claimed for one attempt at a time.

A claim is a lease: while it lasts nobody else takes the message, and when its holder dies it runs
out and the next one tries again. So each message is sent at least once, always under one id.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.messages import (
    Attempt,
    AttemptRecord,
    DeliveryState,
    Message,
    MessageRecord,
    Outcome,
    message_from_plain,
    message_to_plain,
)
from photopeak.storage import channels, paging
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.locks import serialise
from photopeak.storage.paging import Page
from photopeak.storage.tables.outbox import deliveries, messages

KEPT = timedelta(days=400)
"""How long a message that has left, or never will, is remembered; one that waits stays."""

TOO_OLD = "it was too old to be news when the channel was enabled again"
"""Why a message that a disabled channel held was given up."""

PENDING = (DeliveryState.QUEUED, DeliveryState.RETRYING)
"""States of messages that will be tried without anybody's doing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to make one attempt; `token` names it."""

    token: str
    record: MessageRecord


def put(tx: Transaction, message: Message) -> bool:
    """Put a message into the outbox; False when one with its id is there already."""
    serialise(tx, (f"message {message.id}",))
    known = sa.select(messages.c.id).where(messages.c.id == message.id)
    if tx.connection.execute(known).scalar_one_or_none() is not None:
        return False
    disabled = channels.get(tx, message.channel).disabled_at is not None
    not_before = message.not_before or message.created_at
    tx.connection.execute(
        sa.insert(messages).values(
            id=message.id,
            channel=message.channel,
            kind=message.kind,
            content=message_to_plain(message),
            state=DeliveryState.DISABLED if disabled else DeliveryState.QUEUED,
            created_at=message.created_at,
            not_before=not_before,
            due_at=None if disabled else not_before,
            attempts=0,
            detail="",
        )
    )
    return True


def due_channels(tx: Transaction, names: Collection[str], *, now: datetime) -> tuple[str, ...]:
    """Return those of the channels for which a message may be tried now."""
    found = []
    for name in names:
        hold = channels.get(tx, name).hold_until
        if hold is not None and hold > now:
            continue
        query = sa.select(messages.c.id).where(_due(name, now)).limit(1)
        if tx.connection.execute(query).first() is not None:
            found.append(name)
    return tuple(found)


def next_due(tx: Transaction, names: Collection[str]) -> datetime | None:
    """Return when a message of the channels is due next, held channels included; None for never."""
    found = []
    for name in names:
        query = (
            sa.select(messages.c.due_at)
            .where(messages.c.channel == name, messages.c.due_at.is_not(None))
            .order_by(messages.c.due_at)
            .limit(1)
        )
        moment = tx.connection.execute(query).scalar_one_or_none()
        if moment is not None:
            hold = channels.get(tx, name).hold_until
            found.append(moment if hold is None else max(moment, hold))
    return min(found, default=None)


def claim(tx: Transaction, channel: str, *, now: datetime, lease_s: float) -> Claim | None:
    """Take the message of a channel that is due first, for one attempt; None when there is none."""
    hold = channels.get(tx, channel).hold_until
    if hold is not None and hold > now:
        return None
    row = tx.connection.execute(
        sa.select(messages)
        .where(_due(channel, now))
        .order_by(messages.c.due_at, messages.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    token = new_id()
    done = tx.connection.execute(
        sa.update(messages)
        .where(messages.c.id == row.id, _due(channel, now))
        .values(
            claim=token, due_at=now + timedelta(seconds=lease_s), attempts=messages.c.attempts + 1
        )
    )
    if done.rowcount != 1:
        return None
    count = sa.select(sa.func.count()).where(deliveries.c.message_id == row.id)
    tx.connection.execute(
        sa.insert(deliveries).values(
            id=token,
            message_id=row.id,
            number=tx.connection.execute(count).scalar_one() + 1,
            started_at=now,
            outcome=Outcome.INTERRUPTED,
            detail="",
            answer="",
        )
    )
    return Claim(token=token, record=get(tx, row.id))


def finish(
    tx: Transaction, claimed: Claim, attempt: Attempt, *, now: datetime, again_at: datetime | None
) -> MessageRecord:
    """Note what came of an attempt; `again_at` is when to try again, None for never.

    Who comes back after the lease has run out changes nothing but the log, unless the message did
    leave.
    """
    tx.connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id == claimed.token)
        .values(
            finished_at=now,
            outcome=attempt.outcome,
            code=attempt.code,
            detail=attempt.detail,
            answer=attempt.answer,
        )
    )
    values: dict[str, Any] = {"claim": None, "detail": attempt.detail, "due_at": None}
    if attempt.remaining is not None:
        values["remaining"] = list(attempt.remaining)
    mine = messages.c.claim == claimed.token
    if attempt.outcome is Outcome.SENT:
        values |= {"state": DeliveryState.SENT, "sent_at": now}
        mine = messages.c.state != DeliveryState.SENT
    elif attempt.outcome is Outcome.GONE:
        values["state"] = DeliveryState.DISABLED
    elif attempt.outcome is Outcome.RETRY and again_at is not None:
        values |= {"state": DeliveryState.RETRYING, "due_at": again_at}
    else:
        values["state"] = DeliveryState.FAILED
    message_id = claimed.record.message.id
    tx.connection.execute(
        sa.update(messages).where(messages.c.id == message_id, mine).values(values)
    )
    return get(tx, message_id)


def replay(tx: Transaction, message_id: str, *, now: datetime) -> MessageRecord:
    """Send a message once more, or at once when it waits; under the same id, with all its tries.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    StateError
        If its channel is disabled, or an attempt is under way.
    """
    record = get(tx, message_id)
    if channels.get(tx, record.message.channel).disabled_at is not None:
        raise StateError(f"{record.message.channel} is disabled; enable it first")
    done = tx.connection.execute(
        sa.update(messages)
        .where(
            messages.c.id == message_id,
            sa.or_(messages.c.claim.is_(None), messages.c.due_at <= now),
        )
        .values(state=DeliveryState.QUEUED, due_at=now, attempts=0, claim=None)
    )
    if done.rowcount != 1:
        raise StateError(f"message {message_id} is being sent at this moment")
    return get(tx, message_id)


def disable(tx: Transaction, channel: str, *, reason: str, now: datetime) -> bool:
    """Stop sending on a channel; what waits there waits on. False when it is disabled already."""
    if not channels.disable(tx, channel, reason=reason, now=now):
        return False
    tx.connection.execute(
        sa.update(messages)
        .where(messages.c.channel == channel, messages.c.due_at.is_not(None))
        .values(state=DeliveryState.DISABLED, due_at=None, claim=None)
    )
    return True


def enable(tx: Transaction, channel: str, *, now: datetime, not_older: timedelta) -> int:
    """Send on a channel again; return how many messages that waited are sent now.

    Those that are too old to be news are given up, and say so: a person may send them all the same.
    """
    channels.enable(tx, channel)
    held = (messages.c.channel == channel, messages.c.state == DeliveryState.DISABLED)
    done = tx.connection.execute(
        sa.update(messages)
        .where(*held, messages.c.created_at >= now - not_older)
        .values(state=DeliveryState.QUEUED, due_at=now, attempts=0)
    )
    tx.connection.execute(
        sa.update(messages).where(*held).values(state=DeliveryState.FAILED, detail=TOO_OLD)
    )
    return done.rowcount


def get(tx: Transaction, message_id: str) -> MessageRecord:
    """Return a message.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    query = sa.select(messages).where(messages.c.id == message_id)
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no message {message_id}")
    return _record(row)


def page(
    tx: Transaction,
    *,
    limit: int = 50,
    cursor: str | None = None,
    channel: str | None = None,
    state: DeliveryState | None = None,
) -> Page[MessageRecord]:
    """Return messages, the newest first.

    Raises
    ------
    CursorError
        If `cursor` did not come from here.
    """
    query = sa.select(messages)
    if channel is not None:
        query = query.where(messages.c.channel == channel)
    if state is not None:
        query = query.where(messages.c.state == state)
    rows, following = paging.fetch(
        tx.connection, query, messages.c.created_at, messages.c.id, limit=limit, cursor=cursor
    )
    return Page(tuple(_record(row) for row in rows), following)


def attempts(tx: Transaction, message_id: str) -> tuple[AttemptRecord, ...]:
    """Return the attempts to deliver a message, the first one first."""
    query = (
        sa.select(deliveries)
        .where(deliveries.c.message_id == message_id)
        .order_by(deliveries.c.number)
    )
    return tuple(
        AttemptRecord(**{**row._mapping, "outcome": Outcome(row.outcome)})  # noqa: SLF001 - public
        for row in tx.connection.execute(query)
    )


def waiting(tx: Transaction, channel: str) -> int:
    """Return how many messages of a channel are still to be sent, those that it holds among them."""
    held = messages.c.state == DeliveryState.DISABLED
    query = sa.select(sa.func.count()).where(
        messages.c.channel == channel, sa.or_(messages.c.due_at.is_not(None), held)
    )
    return int(tx.connection.execute(query).scalar_one())


def oldest_waiting(tx: Transaction) -> datetime | None:
    """Return since when the message that waits longest could have left; None when none waits."""
    found = [
        tx.connection.execute(
            sa.select(messages.c.not_before)
            .where(messages.c.state == state)
            .order_by(messages.c.not_before)
            .limit(1)
        ).scalar_one_or_none()
        for state in PENDING
    ]
    return min((moment for moment in found if moment is not None), default=None)


def forget(tx: Transaction, *, now: datetime) -> int:
    """Remove old messages that wait for nothing, with their attempts; return how many."""
    old = sa.and_(
        messages.c.created_at < now - KEPT,
        messages.c.due_at.is_(None),
        messages.c.state != DeliveryState.DISABLED,
    )
    tx.connection.execute(
        sa.delete(deliveries).where(
            deliveries.c.message_id.in_(sa.select(messages.c.id).where(old))
        )
    )
    return int(tx.connection.execute(sa.delete(messages).where(old)).rowcount)


def _due(channel: str, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(messages.c.channel == channel, messages.c.due_at <= now)


def _record(row: Any) -> MessageRecord:
    return MessageRecord(
        message=message_from_plain(row.content),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        sent_at=row.sent_at,
        detail=row.detail,
        remaining=None if row.remaining is None else tuple(row.remaining),
    )
