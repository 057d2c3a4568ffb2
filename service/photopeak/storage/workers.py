"""Heartbeats of the processes that work, so that others notice when one is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from photopeak.storage.database import Transaction
from photopeak.storage.tables.service import workers


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """One start of one process; `id` is never used again."""

    id: str
    role: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    stopped_at: datetime | None


def start(
    tx: Transaction, worker_id: str, *, role: str, host: str, pid: int, now: datetime
) -> None:
    """Register a process; a second time only tells that it is alive."""
    if not beat(tx, worker_id, now=now):
        tx.connection.execute(
            sa.insert(workers).values(
                id=worker_id, role=role, host=host, pid=pid, started_at=now, seen_at=now
            )
        )


def beat(tx: Transaction, worker_id: str, *, now: datetime) -> bool:
    """Tell that a process is alive; False when it is not registered any more."""
    done = tx.connection.execute(
        sa.update(workers).where(workers.c.id == worker_id).values(seen_at=now, stopped_at=None)
    )
    return done.rowcount == 1


def stop(tx: Transaction, worker_id: str, *, now: datetime) -> None:
    """Tell that a process ends in good order."""
    tx.connection.execute(
        sa.update(workers).where(workers.c.id == worker_id).values(stopped_at=now)
    )


def alive(
    tx: Transaction, *, now: datetime, stale_after_s: float, role: str | None = None
) -> tuple[WorkerRecord, ...]:
    """Return the processes that were heard of within `stale_after_s` seconds."""
    query = sa.select(workers).where(
        workers.c.stopped_at.is_(None), workers.c.seen_at > now - timedelta(seconds=stale_after_s)
    )
    if role is not None:
        query = query.where(workers.c.role == role)
    return tuple(_record(row) for row in tx.connection.execute(query.order_by(workers.c.id)))


def forget(tx: Transaction, *, before: datetime) -> int:
    """Remove processes that were last heard of before a moment; return how many."""
    done = tx.connection.execute(sa.delete(workers).where(workers.c.seen_at < before))
    return done.rowcount


def _record(row: Any) -> WorkerRecord:
    return WorkerRecord(**row._mapping)  # noqa: SLF001 - the documented public name
