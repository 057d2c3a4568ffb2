"""Small things to remember by name: how far the scrub is, whether the first start was."""

from __future__ import annotations

import sqlalchemy as sa

from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.service import marks


def get(tx: Transaction, name: str) -> str | None:
    """Return what was remembered, or None."""
    return tx.connection.execute(
        sa.select(marks.c.value).where(marks.c.name == name)
    ).scalar_one_or_none()


def put(tx: Transaction, name: str, value: str) -> None:
    """Remember a text, in place of what was there."""
    serialise(tx, (f"mark {name}",))
    done = tx.connection.execute(sa.update(marks).where(marks.c.name == name).values(value=value))
    if done.rowcount == 0:
        tx.connection.execute(sa.insert(marks).values(name=name, value=value))


def put_once(tx: Transaction, name: str, value: str) -> bool:
    """Remember a text unless something is there; True for the one caller that was first."""
    serialise(tx, (f"mark {name}",))
    if get(tx, name) is not None:
        return False
    tx.connection.execute(sa.insert(marks).values(name=name, value=value))
    return True


def advance(tx: Transaction, name: str, value: str) -> bool:
    """Remember a text; True for the one caller that changed it to this."""
    serialise(tx, (f"mark {name}",))
    if get(tx, name) == value:
        return False
    put(tx, name, value)
    return True
