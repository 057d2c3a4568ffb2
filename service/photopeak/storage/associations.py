"""The log of associations: written in batches, read a page at a time, forgotten after a while."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from photopeak.model.associations import (
    AssociationCause,
    AssociationOutcome,
    AssociationRecord,
    ProposedContext,
)
from photopeak.storage import paging
from photopeak.storage.database import Transaction
from photopeak.storage.paging import Page
from photopeak.storage.tables.associations import associations

KEPT = timedelta(days=30)
"""How long an association is remembered."""
_CHECKS_KEPT = timedelta(days=2)
"""How long one that was only a C-ECHO is: monitors ask every few seconds."""


def add(tx: Transaction, records: Iterable[AssociationRecord]) -> None:
    """Write a batch."""
    rows = [_values(record) for record in records]
    if rows:
        tx.connection.execute(sa.insert(associations), rows)


def page(
    tx: Transaction,
    *,
    limit: int = 50,
    cursor: str | None = None,
    outcomes: Collection[AssociationOutcome] = (),
    since: datetime | None = None,
) -> Page[AssociationRecord]:
    """Return associations, the last ended first.

    Raises
    ------
    CursorError
        If `cursor` did not come from here.
    """
    query = sa.select(associations)
    if outcomes:
        query = query.where(associations.c.outcome.in_(sorted(outcomes)))
    if since is not None:
        query = query.where(associations.c.ended_at >= since)
    rows, following = paging.fetch(
        tx.connection,
        query,
        associations.c.ended_at,
        associations.c.id,
        limit=limit,
        cursor=cursor,
    )
    return Page(tuple(_record(row) for row in rows), following)


def forget(tx: Transaction, *, now: datetime) -> int:
    """Remove what is old; return how many were removed."""
    only_checks = sa.and_(
        associations.c.outcome == AssociationOutcome.RELEASED,
        associations.c.stored == 0,
        associations.c.refused == 0,
        associations.c.ended_at < now - _CHECKS_KEPT,
    )
    done = tx.connection.execute(
        sa.delete(associations).where(sa.or_(associations.c.ended_at < now - KEPT, only_checks))
    )
    return done.rowcount


def _values(record: AssociationRecord) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in AssociationRecord.__dataclass_fields__}
    return {**values, "contexts": [asdict(context) for context in record.contexts]}


def _record(row: Any) -> AssociationRecord:
    values = dict(row._mapping)  # noqa: SLF001 - the documented public name of SQLAlchemy
    values["outcome"] = AssociationOutcome(values["outcome"])
    values["cause"] = AssociationCause(values["cause"])
    values["contexts"] = tuple(
        ProposedContext(**{**c, "transfer_syntax_uids": tuple(c["transfer_syntax_uids"])})
        for c in values["contexts"]
    )
    return AssociationRecord(**values)
