"""What happened to alerts: written with what happens, read as a history and by the policy."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.alerts import AlertEvent, AlertEventKind, AlertRecord, AlertSeverity
from photopeak.model.identity import new_id
from photopeak.storage.database import Transaction
from photopeak.storage.tables.alerts import alert_events
from photopeak.storage.tables.service import alerts

_CHUNK = 500


def note(
    tx: Transaction,
    record: AlertRecord,
    kind: AlertEventKind,
    *,
    at: datetime,
    by: str = "",
    reason: str = "",
    message: str = "",
    result_id: str | None = None,
) -> None:
    """Keep what happens to an alert, in the transaction in which it happens."""
    tx.connection.execute(
        sa.insert(alert_events).values(
            id=new_id(),
            alert_id=record.id,
            kind=kind,
            at=at,
            severity=record.alert.severity,
            by=by,
            reason=reason,
            message=message,
            result_id=result_id,
        )
    )


def history(tx: Transaction, alert_id: str, *, limit: int = 500) -> tuple[AlertEvent, ...]:
    """Return what happened to an alert, the last first."""
    rows = tx.connection.execute(
        sa.select(alert_events)
        .where(alert_events.c.alert_id == alert_id)
        .order_by(alert_events.c.at.desc(), alert_events.c.id.desc())
        .limit(limit)
    )
    return tuple(_event(row) for row in rows)


def unhandled(tx: Transaction, *, limit: int = 5000) -> tuple[AlertEvent, ...]:
    """Return what the policy has not seen yet, oldest first."""
    rows = tx.connection.execute(
        sa.select(alert_events)
        .where(alert_events.c.handled_at.is_(None))
        .order_by(alert_events.c.at, alert_events.c.id)
        .limit(limit)
    )
    return tuple(_event(row) for row in rows)


def handled(tx: Transaction, event_ids: Collection[str], *, now: datetime) -> None:
    """Note that the policy has seen some events."""
    ids = sorted(event_ids)
    for start in range(0, len(ids), _CHUNK):
        tx.connection.execute(
            sa.update(alert_events)
            .where(alert_events.c.id.in_(ids[start : start + _CHUNK]))
            .values(handled_at=now)
        )


def since(tx: Transaction, moment: datetime) -> tuple[AlertEvent, ...]:
    """Return what happened from a moment on, oldest first."""
    rows = tx.connection.execute(
        sa.select(alert_events)
        .where(alert_events.c.at >= moment)
        .order_by(alert_events.c.at, alert_events.c.id)
    )
    return tuple(_event(row) for row in rows)


def of_results(tx: Transaction, ids: Collection[str]) -> tuple[tuple[AlertEvent, str], ...]:
    """Return what results did to alerts, oldest first, each with the title of the alert."""
    query = (
        sa.select(alert_events, alerts.c.title)
        .join(alerts, alerts.c.id == alert_events.c.alert_id)
        .where(alert_events.c.result_id.in_(sorted(ids)))
        .order_by(alert_events.c.at, alert_events.c.id)
    )
    return tuple((_event(row), row.title) for row in tx.connection.execute(query))


def ended_by(tx: Transaction, result_ids: Collection[str]) -> tuple[str, ...]:
    """Return the ids of the alerts that some results ended."""
    rows = tx.connection.execute(
        sa.select(alert_events.c.alert_id)
        .where(
            alert_events.c.result_id.in_(sorted(result_ids)),
            alert_events.c.kind == AlertEventKind.RESOLVED,
        )
        .distinct()
    )
    return tuple(rows.scalars())


def acknowledged_severity(tx: Transaction, record: AlertRecord) -> AlertSeverity:
    """Return how severe an alert was when somebody took notice of it last."""
    found = tx.connection.execute(
        sa.select(alert_events.c.severity)
        .where(
            alert_events.c.alert_id == record.id,
            alert_events.c.kind == AlertEventKind.ACKNOWLEDGED,
        )
        .order_by(alert_events.c.at.desc(), alert_events.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return record.alert.severity if found is None else AlertSeverity(found)


def _event(row: Any) -> AlertEvent:
    return AlertEvent(
        id=row.id,
        alert_id=row.alert_id,
        kind=AlertEventKind(row.kind),
        at=row.at,
        severity=AlertSeverity(row.severity),
        by=row.by,
        reason=row.reason,
        message=row.message,
        result_id=row.result_id,
    )
