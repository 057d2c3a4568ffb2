"""Alerts: one open row per cause, acknowledged by a person, closed when the cause is gone.

Whatever happens to one is kept beside it as an event, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.alerts import (
    Alert,
    AlertEventKind,
    AlertRecord,
    AlertSeverity,
    AlertState,
    Breach,
)
from photopeak.model.identity import new_id
from photopeak.storage import alert_events, paging
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.locks import serialise
from photopeak.storage.paging import Page
from photopeak.storage.tables.service import alerts

_OPEN = (AlertState.OPEN, AlertState.ACKNOWLEDGED)
"""The states of what is not closed. What asks for it asks for these: of what is over there is ever
more, and only the state has an index that passes it by."""


def raise_alert(tx: Transaction, alert: Alert, *, now: datetime) -> AlertRecord:
    """Open an alert, or count its cause once more when one with its key is not closed.

    The same cause from the same result (without one, at the same moment) counts once, so a job may
    run twice. The newest message stands; an acknowledged alert stays acknowledged unless it has become
    more severe than it was when somebody took notice.
    """
    serialise(tx, (f"alert {alert.key}",))
    known = find_open(tx, alert.key)
    if known is None:
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
        return _noted(tx, get(tx, identity), AlertEventKind.OPENED, now, alert.result_id)
    if known.alert.result_id == alert.result_id and (alert.result_id or known.last_seen_at == now):
        return known
    values = {**_values(alert), "count": known.count + 1, "last_seen_at": now}
    worse = alert.severity.rank > known.alert.severity.rank
    if known.state is AlertState.ACKNOWLEDGED:
        worse = alert.severity.rank > alert_events.acknowledged_severity(tx, known).rank
    if worse:
        values["state"] = AlertState.OPEN
    tx.connection.execute(sa.update(alerts).where(alerts.c.id == known.id).values(values))
    kind = AlertEventKind.WORSE if worse else AlertEventKind.REPEATED
    return _noted(tx, get(tx, known.id), kind, now, alert.result_id)


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
    serialise(tx, (f"alert {get(tx, alert_id).alert.key}",))
    known = get(tx, alert_id)
    if known.over:
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
        alert_events.note(tx, known, AlertEventKind.ACKNOWLEDGED, at=now, by=by, reason=comment)
    return get(tx, alert_id)


def withdraw(tx: Transaction, alert_id: str, *, by: str, reason: str, now: datetime) -> AlertRecord:
    """End an alert by the word of a person; who has not taken notice before does so now.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    StateError
        If it is over.
    """
    acknowledge(tx, alert_id, by=by, comment=reason, now=now)
    tx.connection.execute(
        sa.update(alerts)
        .where(alerts.c.id == alert_id)
        .values(state=AlertState.WITHDRAWN, closed_at=now)
    )
    alert_events.note(tx, get(tx, alert_id), AlertEventKind.WITHDRAWN, at=now, by=by, reason=reason)
    return get(tx, alert_id)


def close(
    tx: Transaction, key: str, *, now: datetime, reason: str = "", result_id: str | None = None
) -> bool:
    """Close the alert of a cause that is gone; True when there was one.

    Parameters
    ----------
    reason, result_id
        Why it is gone, and the result that shows it, for the history.
    """
    serialise(tx, (f"alert {key}",))
    known = find_open(tx, key)
    if known is None:
        return False
    _close(tx, known, now, reason, result_id)
    return True


def close_others(tx: Transaction, prefix: str, keys: Collection[str], *, now: datetime) -> int:
    """Close the alerts whose key begins with `prefix` and is none of `keys`; return how many."""
    others = [record for record in open_under(tx, prefix) if record.alert.key not in keys]
    return sum(close(tx, record.alert.key, now=now) for record in others)


def still_needs(tx: Transaction, record: AlertRecord, breaches: Collection[Breach]) -> None:
    """Keep of an alert the numbers that have not been good again yet."""
    tx.connection.execute(
        sa.update(alerts).where(alerts.c.id == record.id).values(breaches=_plain(breaches))
    )


def find_open(tx: Transaction, key: str) -> AlertRecord | None:
    """Return the alert of a cause that is not closed, or None."""
    row = tx.connection.execute(
        sa.select(alerts).where(alerts.c.key == key, alerts.c.closed_at.is_(None))
    ).one_or_none()
    return None if row is None else _record(row)


def open_under(tx: Transaction, prefix: str = "") -> tuple[AlertRecord, ...]:
    """Return the alerts that are not closed and whose key begins with `prefix`, oldest first."""
    query = sa.select(alerts).where(
        alerts.c.state.in_(_OPEN),
        alerts.c.key.startswith(prefix, autoescape=True),
        alerts.c.closed_at.is_(None),
    )
    rows = tx.connection.execute(query.order_by(alerts.c.opened_at, alerts.c.id))
    return tuple(_record(row) for row in rows)


def about_files(tx: Transaction, uids: Collection[str]) -> tuple[AlertRecord, ...]:
    """Return the alerts that are not closed about stored files of these series, oldest first."""
    query = sa.select(alerts).where(
        alerts.c.state.in_(_OPEN),
        alerts.c.key.startswith("file ", autoescape=True),
        alerts.c.series_instance_uid.in_(sorted(uids)),
        alerts.c.closed_at.is_(None),
    )
    rows = tx.connection.execute(query.order_by(alerts.c.opened_at, alerts.c.id))
    return tuple(_record(row) for row in rows)


def several(tx: Transaction, alert_ids: Collection[str]) -> tuple[AlertRecord, ...]:
    """Return the alerts of these ids, oldest first."""
    query = sa.select(alerts).where(alerts.c.id.in_(sorted(alert_ids)))
    rows = tx.connection.execute(query.order_by(alerts.c.opened_at, alerts.c.id))
    return tuple(_record(row) for row in rows)


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
    test: str | None = None,
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
    if test is not None:
        query = query.where(alerts.c.test == test)
    rows, following = paging.fetch(
        tx.connection, query, alerts.c.opened_at, alerts.c.id, limit=limit, cursor=cursor
    )
    return Page(tuple(_record(row) for row in rows), following)


def _close(
    tx: Transaction, known: AlertRecord, now: datetime, reason: str, result_id: str | None
) -> None:
    tx.connection.execute(
        sa.update(alerts)
        .where(alerts.c.id == known.id)
        .values(state=AlertState.CLOSED, closed_at=now)
    )
    alert_events.note(
        tx, known, AlertEventKind.RESOLVED, at=now, reason=reason, result_id=result_id
    )


def _noted(
    tx: Transaction,
    record: AlertRecord,
    kind: AlertEventKind,
    now: datetime,
    result_id: str | None,
) -> AlertRecord:
    alert_events.note(tx, record, kind, at=now, message=record.alert.message, result_id=result_id)
    return record


def _values(alert: Alert) -> dict[str, Any]:
    values = {name: getattr(alert, name) for name in Alert.__dataclass_fields__}
    return {**values, "breaches": _plain(alert.breaches)}


def _plain(breaches: Collection[Breach]) -> list[dict[str, Any]]:
    return [
        {
            "metric": each.metric,
            "scope": dict(each.scope),
            "group": each.group,
            **({"window": each.window} if each.window else {}),
        }
        for each in breaches
    ]


def _record(row: Any) -> AlertRecord:
    values = dict(row._mapping)  # noqa: SLF001 - the documented public name of SQLAlchemy
    alert = {name: values.pop(name) for name in Alert.__dataclass_fields__}
    alert["severity"] = AlertSeverity(alert["severity"])
    alert["breaches"] = tuple(Breach(**each) for each in alert["breaches"])
    values["state"] = AlertState(values["state"])
    return AlertRecord(alert=Alert(**alert), **values)
