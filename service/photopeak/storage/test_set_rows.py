"""From rows to test sets with their members."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import sqlalchemy as sa

from photopeak.model.test_sets import TestSetKey, TestSetMember, TestSetRecord, TestSetState
from photopeak.storage.database import Transaction
from photopeak.storage.tables.results import members


def records(tx: Transaction, query: sa.Select[Any]) -> tuple[TestSetRecord, ...]:
    """Return the test sets that a query finds, with their members."""
    return with_members(tx, tx.connection.execute(query).all())


def with_members(tx: Transaction, rows: Collection[Any]) -> tuple[TestSetRecord, ...]:
    """Return test sets from their rows, with their members."""
    found: dict[str, list[TestSetMember]] = {row.id: [] for row in rows}
    query = (
        sa.select(members)
        .where(members.c.test_set_id.in_(list(found)))
        .order_by(members.c.role, members.c.acquired_at.nulls_last(), members.c.series_instance_uid)
    )
    if found:
        for row in tx.connection.execute(query):
            found[row.test_set_id].append(
                TestSetMember(
                    role=row.role,
                    series_instance_uid=row.series_instance_uid,
                    generation=row.generation,
                    parameters=row.parameters,
                    acquired_at=row.acquired_at,
                    assigned_by=row.assigned_by,
                )
            )
    return tuple(_record(row, tuple(found[row.id])) for row in rows)


def _record(row: Any, of_set: tuple[TestSetMember, ...]) -> TestSetRecord:
    return TestSetRecord(
        id=row.id,
        key=TestSetKey(
            device_id=row.device_id,
            test=row.test,
            variant=row.variant,
            day=date.fromisoformat(row.day),
            group=row.group_key,
        ),
        ordinal=row.ordinal,
        state=TestSetState(row.state),
        waiting_for=row.waiting_for,
        reason=row.reason,
        purpose=row.purpose,
        members=of_set,
        parameters=row.parameters,
        limits=tuple(row.limits),
        attempt=row.attempt,
        worker_id=row.worker_id,
        job_id=row.job_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        partial=row.partial,
        performed_at=row.performed_at,
        operator=row.operator,
        detector=row.detector,
    )
