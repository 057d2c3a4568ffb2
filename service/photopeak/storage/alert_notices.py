"""What people were told of each cause, so that they hear of it once, and again only for a reason."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from photopeak.model.alerts import AlertSeverity, Notice
from photopeak.storage.database import Transaction
from photopeak.storage.tables.alerts import alert_notices


def all_of_them(tx: Transaction) -> tuple[Notice, ...]:
    """Return what people were told of causes that are not over for them."""
    rows = tx.connection.execute(sa.select(alert_notices).order_by(alert_notices.c.key))
    return tuple(_notice(row) for row in rows)


def put(tx: Transaction, notice: Notice) -> None:
    """Keep what people were told of a cause, in place of what was there."""
    values = {name: getattr(notice, name) for name in Notice.__dataclass_fields__}
    done = tx.connection.execute(
        sa.update(alert_notices).where(alert_notices.c.key == notice.key).values(values)
    )
    if done.rowcount == 0:
        tx.connection.execute(sa.insert(alert_notices).values(values))


def forget(tx: Transaction, keys: Collection[str]) -> None:
    """Let go of causes that are over, and told so."""
    if keys:
        tx.connection.execute(sa.delete(alert_notices).where(alert_notices.c.key.in_(sorted(keys))))


def _notice(row: Any) -> Notice:
    values = {name: getattr(row, name) for name in Notice.__dataclass_fields__}
    return Notice(**{**values, "severity": AlertSeverity(values["severity"])})
