"""How each channel of messages has been doing, and whether it is used at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.messages import ChannelRecord, DeliveryState
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.outbox import channels, messages

_WAITING = (DeliveryState.QUEUED, DeliveryState.RETRYING, DeliveryState.DISABLED)


def get(tx: Transaction, name: str) -> ChannelRecord:
    """Return how a channel does; one that was never used has no past."""
    row = tx.connection.execute(sa.select(channels).where(channels.c.name == name)).one_or_none()
    return ChannelRecord(name=name) if row is None else ChannelRecord(**row._mapping)  # noqa: SLF001 - public


def every(tx: Transaction) -> tuple[ChannelRecord, ...]:
    """Return all channels that were ever used, by name."""
    rows = tx.connection.execute(sa.select(channels).order_by(channels.c.name))
    return tuple(ChannelRecord(**row._mapping) for row in rows)  # noqa: SLF001 - public


def succeeded(tx: Transaction, name: str, *, now: datetime, sent: bool = True) -> None:
    """Note that the channel answered as it should: whatever was wrong with it is over.

    What it answered may have been no all the same: `sent` tells.
    """
    known = get(tx, name)
    counted = {"failed_count": known.failed_count + 1}
    if sent:
        counted = {"sent_count": known.sent_count + 1}
        _put(tx, name, last_success_at=now)
    _put(tx, name, failing_since=None, failures=0, hold_until=None, **counted)


def failed(
    tx: Transaction, name: str, *, detail: str, now: datetime, hold_until: datetime | None
) -> ChannelRecord:
    """Note that the channel as such failed, and until when it is left alone."""
    known = get(tx, name)
    _put(
        tx,
        name,
        last_failure_at=now,
        failing_since=known.failing_since or now,
        failures=known.failures + 1,
        failed_count=known.failed_count + 1,
        last_error=detail,
        hold_until=hold_until,
    )
    return get(tx, name)


def disable(tx: Transaction, name: str, *, reason: str, now: datetime) -> bool:
    """Take a channel out of use; False when it is so already."""
    if get(tx, name).disabled_at is not None:
        return False
    _put(tx, name, disabled_at=now, reason=reason, hold_until=None)
    return True


def enable(tx: Transaction, name: str) -> None:
    """Take a channel into use again, with a clean record."""
    _put(tx, name, disabled_at=None, reason="", failing_since=None, failures=0, hold_until=None)


def awaited(tx: Transaction, *, now: datetime) -> frozenset[str]:
    """Return the channels that messages wait for and that send none of these at this moment."""
    query = sa.select(messages.c.channel).where(_idle(now)).distinct()
    return frozenset(tx.connection.execute(query).scalars())


def give_up(tx: Transaction, names: Collection[str], *, reason: str, now: datetime) -> int:
    """Give up what waits for channels that are no more; return how many messages."""
    done = tx.connection.execute(
        sa.update(messages)
        .where(messages.c.channel.in_(sorted(names)), _idle(now))
        .values(state=DeliveryState.FAILED, due_at=None, claim=None, detail=reason)
    )
    return done.rowcount


def _idle(now: datetime) -> sa.ColumnElement[bool]:
    under_way = sa.and_(messages.c.claim.is_not(None), messages.c.due_at > now)
    return sa.and_(messages.c.state.in_(_WAITING), sa.not_(sa.func.coalesce(under_way, False)))


def _put(tx: Transaction, name: str, **values: Any) -> None:
    serialise(tx, (f"channel {name}",))
    done = tx.connection.execute(sa.update(channels).where(channels.c.name == name).values(values))
    if done.rowcount == 0:
        fresh = {
            "reason": "", "failures": 0, "sent_count": 0, "failed_count": 0, "last_error": "",
        }  # fmt: skip
        tx.connection.execute(sa.insert(channels).values(name=name, **{**fresh, **values}))
