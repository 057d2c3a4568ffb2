"""What people said about results: a thread that only grows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.reviews import Remark, RemarkKind
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.storage.tables.results import results
from photopeak.storage.tables.reviews import remarks


def add(
    tx: Transaction,
    result_id: str,
    text: str,
    *,
    by: str,
    printed_name: str,
    now: datetime,
    kind: RemarkKind = RemarkKind.COMMENT,
) -> Remark:
    """Add to the thread of a result.

    Raises
    ------
    NotFoundError
        If there is no such result.
    """
    exists = sa.select(results.c.id).where(results.c.id == result_id)
    if tx.connection.execute(exists).one_or_none() is None:
        raise NotFoundError(f"there is no result {result_id}")
    remark = Remark(
        id=new_id(),
        result_id=result_id,
        by=by,
        printed_name=printed_name,
        kind=kind,
        text=text,
        at=now,
    )
    values = {name: getattr(remark, name) for name in Remark.__dataclass_fields__}
    tx.connection.execute(sa.insert(remarks).values(**values))
    return remark


def of_results(tx: Transaction, ids: Collection[str]) -> tuple[Remark, ...]:
    """Return what was said about some results, the first first."""
    query = sa.select(remarks).where(remarks.c.result_id.in_(sorted(ids)))
    rows = tx.connection.execute(query.order_by(remarks.c.at, remarks.c.id))
    return tuple(_remark(row) for row in rows)


def _remark(row: Any) -> Remark:
    values = {name: getattr(row, name) for name in Remark.__dataclass_fields__}
    return Remark(**{**values, "kind": RemarkKind(row.kind)})
