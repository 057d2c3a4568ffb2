"""Numbers that people took out of their trends: who, when, why; taken back, never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.trends import Exclusion
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.locks import serialise
from photopeak.storage.tables.results import measurements
from photopeak.storage.tables.results import results as result_rows
from photopeak.storage.tables.trends import exclusions

ScopeValue = str | int | float


def add(
    tx: Transaction,
    result_id: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    metric: str = "",
    scope: Mapping[str, ScopeValue] | None = None,
) -> Exclusion:
    """Take a number out of its trend, or every number of a result.

    Raises
    ------
    NotFoundError
        If there is no such result, or no such number in it.
    StateError
        If it is out already.
    """
    serialise(tx, (f"exclusions of {result_id}",))
    plain = dict(scope or {})
    exists = sa.select(result_rows.c.id).where(result_rows.c.id == result_id)
    if metric:
        exists = (
            sa.select(measurements.c.result_id)
            .where(measurements.c.result_id == result_id, measurements.c.metric == metric)
            .where(measurements.c.scope == plain)
        )
    if tx.connection.execute(exists.limit(1)).one_or_none() is None:
        number = f" with {metric} {plain}" if metric else ""
        raise NotFoundError(f"there is no result {result_id}{number}")
    for known in of_result(tx, result_id):
        if (
            known.undone_at is None
            and known.metric in ("", metric)
            and (not known.metric or dict(known.scope) == plain)
        ):
            raise StateError(f"that is out of the trend already: {known.reason}")
    entry = Exclusion(
        id=new_id(),
        result_id=result_id,
        metric=metric,
        scope=plain,
        reason=reason,
        excluded_by=by,
        excluded_at=now,
    )
    values = {name: getattr(entry, name) for name in Exclusion.__dataclass_fields__}
    tx.connection.execute(sa.insert(exclusions).values(**values))
    return entry


def undo(tx: Transaction, exclusion_id: str, *, reason: str, by: str, now: datetime) -> Exclusion:
    """Take an exclusion back.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    StateError
        If it was taken back before.
    """
    serialise(tx, (f"exclusion {exclusion_id}",))
    if get(tx, exclusion_id).undone_at is not None:
        raise StateError(f"exclusion {exclusion_id} was taken back before")
    tx.connection.execute(
        sa.update(exclusions)
        .where(exclusions.c.id == exclusion_id)
        .values(undone_at=now, undone_by=by, undo_reason=reason)
    )
    return get(tx, exclusion_id)


def get(tx: Transaction, exclusion_id: str) -> Exclusion:
    """Return an exclusion.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    query = sa.select(exclusions).where(exclusions.c.id == exclusion_id)
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no exclusion {exclusion_id}")
    return of_row(row)


def of_result(tx: Transaction, result_id: str) -> tuple[Exclusion, ...]:
    """Return the exclusions of a result, those taken back among them, the first first."""
    query = sa.select(exclusions).where(exclusions.c.result_id == result_id)
    found = (of_row(row) for row in tx.connection.execute(query))
    return tuple(sorted(found, key=lambda entry: entry.excluded_at))


def of_row(row: Any) -> Exclusion:
    """Return the exclusion of a row."""
    return Exclusion(**{name: getattr(row, name) for name in Exclusion.__dataclass_fields__})
