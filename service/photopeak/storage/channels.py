"""How each channel of messages has been doing, and whether it is used at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.messages import ChannelRecord
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.outbox import channels


def get(tx: Transaction, name: str) -> ChannelRecord:
    """Return how a channel does; one that was never used has no past."""
    row = tx.connection.execute(sa.select(channels).where(channels.c.name == name)).one_or_none()
    return ChannelRecord(name=name) if row is None else ChannelRecord(**row._mapping)  # noqa: SLF001 - public


def succeeded(tx: Transaction, name: str, *, now: datetime, sent: bool = True) -> None:
    """Note that the channel answered as it should: whatever was wrong with it is over."""
    values = {"last_success_at": now} if sent else {}
    _put(tx, name, failing_since=None, failures=0, hold_until=None, **values)


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


def _put(tx: Transaction, name: str, **values: Any) -> None:
    serialise(tx, (f"channel {name}",))
    done = tx.connection.execute(sa.update(channels).where(channels.c.name == name).values(values))
    if done.rowcount == 0:
        fresh = {"reason": "", "failures": 0, "last_error": ""}
        tx.connection.execute(sa.insert(channels).values(name=name, **{**fresh, **values}))
