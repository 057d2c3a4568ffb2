"""Alerts: one open row per cause, acknowledged by a person, closed when the cause is gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.alerts import Alert, AlertRecord, AlertSeverity, AlertState
from photopeak.model.identity import new_id
from photopeak.storage import paging
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.locks import serialise
from photopeak.storage.paging import Page
from photopeak.storage.tables.service import alerts


def raise_alert(tx: Transaction, alert: Alert, *, now: datetime) -> AlertRecord:
    """Open an alert, or count its cause once more when one with its key is not closed.

    The same cause from the same result (or at the same moment) counts once, so a job may run
    twice. The newest message stands; an acknowledged alert stays acknowledged unless it has become
    more severe.
    """
    serialise(tx, (f"alert {alert.key}",))
    open_key = sa.and_(alerts.c.key == alert.key, alerts.c.closed_at.is_(None))
    row = tx.connection.execute(sa.select(alerts).where(open_key)).one_or_none()
    if row is None:
        identity = new_id()
        tx.connection.execute(
            sa.insert(alerts).values(
                id=identity,
                **_values(alert),
                state=AlertState.OPEN,
                count=1,
                opened_at=now,
                last_seen_at=now,
                acknowledged_by="",
                comment="",
            )
        )
        return get(tx, identity)
    known = _record(row)
    seen = alert.result_id is not None and known.alert.result_id == alert.result_id
    if seen or known.last_seen_at == now:
        return known
    values = {**_values(alert), "count": known.count + 1, "last_seen_at": now}
    if _rank(alert.severity) > _rank(known.alert.severity):
        values["state"] = AlertState.OPEN
    tx.connection.execute(sa.update(alerts).where(alerts.c.id == known.id).values(values))
    return get(tx, known.id)


def acknowledge(
    tx: Transaction, alert_id: str, *, by: str, comment: str, now: datetime
) -> AlertRecord:
    """Note that a person has seen an alert; a second time changes nothing.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    StateError
        If it is closed.
    """
    known = get(tx, alert_id)
    if known.state is AlertState.CLOSED:
        raise StateError(f"alert {alert_id} is closed")
    if known.state is AlertState.OPEN:
        tx.connection.execute(
            sa.update(alerts)
            .where(alerts.c.id == alert_id)
            .values(
                state=AlertState.ACKNOWLEDGED,
                acknowledged_at=now,
                acknowledged_by=by,
                comment=comment,
            )
        )
    return get(tx, alert_id)


def close(tx: Transaction, key: str, *, now: datetime) -> bool:
    """Close the alert of a cause that is gone; True when there was one."""
    done = tx.connection.execute(
        sa.update(alerts)
        .where(alerts.c.key == key, alerts.c.closed_at.is_(None))
        .values(state=AlertState.CLOSED, closed_at=now)
    )
    return done.rowcount > 0


def close_others(tx: Transaction, prefix: str, keys: Collection[str], *, now: datetime) -> int:
    """Close the alerts whose key begins with `prefix` and is none of `keys`; return how many."""
    done = tx.connection.execute(
        sa.update(alerts)
        .where(
            alerts.c.key.startswith(prefix, autoescape=True),
            alerts.c.key.not_in(sorted(keys)),
            alerts.c.closed_at.is_(None),
        )
        .values(state=AlertState.CLOSED, closed_at=now)
    )
    return done.rowcount


def get(tx: Transaction, alert_id: str) -> AlertRecord:
    """Return an alert.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    row = tx.connection.execute(sa.select(alerts).where(alerts.c.id == alert_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no alert {alert_id}")
    return _record(row)


def page(
    tx: Transaction,
    *,
    limit: int = 50,
    cursor: str | None = None,
    states: Collection[AlertState] = (),
    device_id: str | None = None,
) -> Page[AlertRecord]:
    """Return alerts, the last opened first.

    Raises
    ------
    CursorError
        If `cursor` did not come from here.
    """
    query = sa.select(alerts)
    if states:
        query = query.where(alerts.c.state.in_(sorted(states)))
    if device_id is not None:
        query = query.where(alerts.c.device_id == device_id)
    rows, following = paging.fetch(
        tx.connection, query, alerts.c.opened_at, alerts.c.id, limit=limit, cursor=cursor
    )
    return Page(tuple(_record(row) for row in rows), following)


def _rank(severity: AlertSeverity) -> int:
    return tuple(AlertSeverity).index(severity)


def _values(alert: Alert) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in Alert.__dataclass_fields__}


def _record(row: Any) -> AlertRecord:
    values = dict(row._mapping)  # noqa: SLF001 - the documented public name of SQLAlchemy
    alert = {name: values.pop(name) for name in Alert.__dataclass_fields__}
    alert["severity"] = AlertSeverity(alert["severity"])
    values["state"] = AlertState(values["state"])
    return AlertRecord(alert=Alert(**alert), **values)
