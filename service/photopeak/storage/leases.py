"""Leases: of several processes one does a thing, and another one takes over when it is gone."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.alerts import leases


def holder(tx: Transaction, name: str, *, now: datetime) -> tuple[str, datetime] | None:
    """Return who holds a lease and until when, or None when it is free."""
    row = tx.connection.execute(
        sa.select(leases.c.holder, leases.c.until).where(
            leases.c.name == name, leases.c.until > now
        )
    ).one_or_none()
    return None if row is None else (row.holder, row.until)


def take(tx: Transaction, name: str, by: str, *, now: datetime, length: timedelta) -> bool:
    """Take a lease, or keep one for longer; False while somebody else holds it.

    One that lasts for more than half its length is not written again. One that lasts longer than
    any is of a clock that was set back since, and counts for nothing.
    """
    serialise(tx, (f"lease {name}",))
    found = holder(tx, name, now=now)
    if found is not None and found[1] - now > length:
        found = None
    if found is not None and found[0] != by:
        return False
    if found is not None and found[1] - now > length / 2:
        return True
    values = {"holder": by, "until": now + length}
    done = tx.connection.execute(sa.update(leases).where(leases.c.name == name).values(values))
    if done.rowcount == 0:
        tx.connection.execute(sa.insert(leases).values(name=name, **values))
    return True


def release(tx: Transaction, by: str) -> None:
    """Give back every lease of somebody who ends."""
    tx.connection.execute(sa.delete(leases).where(leases.c.holder == by))
