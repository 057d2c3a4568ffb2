"""Routing decisions, each kept with its explanation."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.routing import Assignment, RoutingDecision, RoutingOutcome, Step
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.receiving import decisions
from photopeak.storage.types import dumps


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A decision, for which generation of the series it was made, and when."""

    id: str
    series_instance_uid: str
    generation: int
    decided_at: datetime
    decision: RoutingDecision


def add(
    tx: Transaction,
    series_instance_uid: str,
    generation: int,
    decision: RoutingDecision,
    *,
    now: datetime,
) -> StoredDecision:
    """Keep a decision; the one that is valid already is not kept twice."""
    serialise(tx, (f"decisions of {series_instance_uid}",))
    values = {
        "outcome": decision.outcome,
        "reason": decision.reason,
        "device_id": decision.device_id,
        "rule": decision.rule,
        "field": decision.field,
        "runner_up": decision.runner_up,
        "suggestion": decision.suggestion,
        "confidence": decision.confidence,
        "routes_version": decision.routes_version,
        "assignments": [_plain(assignment) for assignment in decision.assignments],
        "steps": [_plain(step) for step in decision.steps],
    }
    digest = hashlib.sha256(dumps(values).encode()).hexdigest()
    known = tx.connection.execute(_newest_first(series_instance_uid).limit(1)).one_or_none()
    if known is not None and (known.generation, known.digest) == (generation, digest):
        return _stored(known)
    identity = new_id()
    tx.connection.execute(
        sa.insert(decisions).values(
            id=identity,
            series_instance_uid=series_instance_uid,
            generation=generation,
            digest=digest,
            decided_at=now,
            **values,
        )
    )
    return StoredDecision(
        id=identity,
        series_instance_uid=series_instance_uid,
        generation=generation,
        decided_at=now,
        decision=decision,
    )


def latest(tx: Transaction, series_instance_uid: str) -> StoredDecision | None:
    """Return the decision that is valid for a series, or None before the first one."""
    row = tx.connection.execute(_newest_first(series_instance_uid).limit(1)).one_or_none()
    return None if row is None else _stored(row)


def history(tx: Transaction, series_instance_uid: str) -> tuple[StoredDecision, ...]:
    """Return every decision on a series, the first one first."""
    rows = tx.connection.execute(_newest_first(series_instance_uid)).all()
    return tuple(_stored(row) for row in reversed(rows))


def _newest_first(series_instance_uid: str) -> sa.Select[Any]:
    return (
        sa.select(decisions)
        .where(decisions.c.series_instance_uid == series_instance_uid)
        .order_by(decisions.c.decided_at.desc(), decisions.c.id.desc())
    )


def _plain(value: Assignment | Step) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _stored(row: Any) -> StoredDecision:
    return StoredDecision(
        id=row.id,
        series_instance_uid=row.series_instance_uid,
        generation=row.generation,
        decided_at=row.decided_at,
        decision=RoutingDecision(
            outcome=RoutingOutcome(row.outcome),
            reason=row.reason,
            assignments=tuple(
                Assignment(**{**plain, "limits": tuple(plain["limits"])})
                for plain in row.assignments
            ),
            device_id=row.device_id,
            rule=row.rule,
            field=row.field,
            runner_up=row.runner_up,
            suggestion=row.suggestion,
            confidence=row.confidence,
            steps=tuple(Step(**plain) for plain in row.steps),
            routes_version=row.routes_version,
        ),
    )
