"""Series that somebody has to look at, those that are alike in one line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.storage import series as stored
from photopeak.storage.database import Transaction
from photopeak.storage.tables.lessons import routed_series
from photopeak.storage.tables.receiving import series


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Series in one state, of one device, with the same texts; `latest` stands for all of them."""

    latest: SeriesRecord
    count: int
    first_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """How many series of a device look like a patient's; nothing of them is told but that."""

    device_id: str | None
    count: int
    first_at: datetime
    last_at: datetime


def groups(
    tx: Transaction,
    *,
    states: Collection[SeriesState],
    device_id: str | None = None,
    limit: int,
) -> tuple[Group, ...]:
    """Return series that are alike as groups, the last received first."""
    s = series.c
    # Series whose texts are not kept yet are alike when they show the same.
    same = sa.func.coalesce(routed_series.c.texts_id, sa.cast(s.display, sa.Text))
    within = (s.state, s.device_id, same)
    query = (
        sa.select(
            s.series_instance_uid,
            sa.func.count().over(partition_by=within).label("number"),
            sa.func.min(s.first_received_at).over(partition_by=within).label("first_at"),
            sa.func.row_number()
            .over(partition_by=within, order_by=(s.last_received_at.desc(), s.series_instance_uid))
            .label("place"),
        )
        .select_from(
            series.outerjoin(
                routed_series, routed_series.c.series_instance_uid == s.series_instance_uid
            )
        )
        .where(s.state.in_(sorted(states)))
    )
    if device_id is not None:
        query = query.where(s.device_id == device_id)
    each = query.subquery()
    chosen = (
        sa.select(series, each.c.number, each.c.first_at)
        .join(each, each.c.series_instance_uid == s.series_instance_uid)
        .where(each.c.place == 1)
        .order_by(s.last_received_at.desc(), s.series_instance_uid)
        .limit(limit)
    )
    return tuple(
        Group(latest=stored.record(row), count=row.number, first_at=row.first_at)
        for row in tx.connection.execute(chosen)
    )


def alike(tx: Transaction, record: SeriesRecord, *, limit: int) -> tuple[SeriesRecord, ...]:
    """Return the series of the group of one, itself among them, the last received first."""
    s = series.c
    own = sa.select(routed_series.c.texts_id).where(
        routed_series.c.series_instance_uid == record.series_instance_uid
    )
    texts_id = tx.connection.execute(own).scalar_one_or_none()
    device = s.device_id.is_(None) if record.device_id is None else s.device_id == record.device_id
    query = (
        sa.select(series)
        .select_from(
            series.outerjoin(
                routed_series, routed_series.c.series_instance_uid == s.series_instance_uid
            )
        )
        .where(s.state == record.state, device)
        .order_by(s.last_received_at.desc(), s.series_instance_uid)
        .limit(limit)
    )
    if texts_id is not None:
        query = query.where(routed_series.c.texts_id == texts_id)
    else:
        query = query.where(routed_series.c.texts_id.is_(None), s.display == dict(record.display))
    return tuple(stored.record(row) for row in tx.connection.execute(query))


def held_back(tx: Transaction) -> tuple[HeldBack, ...]:
    """Return how many series of each device are held back, and from when to when they came."""
    s = series.c
    query = (
        sa.select(
            s.device_id,
            sa.func.count().label("number"),
            sa.func.min(s.first_received_at).label("first_at"),
            sa.func.max(s.last_received_at).label("last_at"),
        )
        .where(s.state == SeriesState.QUARANTINED)
        .group_by(s.device_id)
        .order_by(s.device_id)
    )
    return tuple(
        HeldBack(
            device_id=row.device_id, count=row.number, first_at=row.first_at, last_at=row.last_at
        )
        for row in tx.connection.execute(query)
    )
