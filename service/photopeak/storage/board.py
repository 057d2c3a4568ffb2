"""What a status board needs besides how tests stand: judged numbers, and what moves through."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.judgement import Status
from photopeak.model.series import SeriesState
from photopeak.model.test_sets import TestSetState
from photopeak.storage.database import Transaction
from photopeak.storage.tables.receiving import instances, series
from photopeak.storage.tables.results import measurements, test_sets, verdicts

_IDS_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class JudgedNumber:
    """A number of a result with one verdict on it, or with none (`status` None)."""

    result_id: str
    metric: str
    label: str
    label_zh: str
    value: float
    unit: str
    decimals: int
    scope: Mapping[str, Any]
    status: Status | None
    lower: float | None
    upper: float | None
    warn_lower: float | None
    warn_upper: float | None


_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_NUMBERS = (
    sa.select(
        measurements.c.result_id,
        measurements.c.metric,
        measurements.c.label,
        measurements.c.label_zh,
        measurements.c.value,
        measurements.c.unit,
        measurements.c.decimals,
        measurements.c.scope,
        verdicts.c.status,
        verdicts.c.lower,
        verdicts.c.upper,
        verdicts.c.warn_lower,
        verdicts.c.warn_upper,
    )
    .select_from(
        measurements.outerjoin(
            verdicts,
            sa.and_(
                verdicts.c.result_id == measurements.c.result_id,
                verdicts.c.metric == measurements.c.metric,
                verdicts.c.scope == measurements.c.scope,
                # Said once more, or a database without statistics reads every verdict there is.
                verdicts.c.result_id.in_(_IDS),
            ),
        )
    )
    .where(measurements.c.result_id.in_(_IDS))
    .order_by(measurements.c.result_id, measurements.c.position)
)


def numbers(tx: Transaction, result_ids: Collection[str]) -> Iterator[JudgedNumber]:
    """Yield the numbers of results, each as often as it was judged."""
    ids = sorted(result_ids)
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = ids[start : start + _IDS_AT_ONCE]
        for row in tx.connection.execute(_NUMBERS, {"ids": some}):
            yield _number(row)


def _number(row: Sequence[Any]) -> JudgedNumber:
    id_, metric, label, label_zh, value, unit, decimals, scope, status, *bounds = row
    return JudgedNumber(
        id_,
        metric,
        label,
        label_zh,
        value,
        unit,
        decimals,
        scope,
        None if status is None else Status(status),
        *bounds,
    )


@dataclass(frozen=True, slots=True)
class Traffic:
    """What moves through the service: unmatched series, waiting analyses, the last object."""

    unmatched: int
    held_back: int
    queued: int
    running: int
    last_received_at: datetime | None


def traffic(tx: Transaction) -> Traffic:
    """Return what moves through the service; every number is read from the end of an index."""
    states = (SeriesState.UNROUTED, SeriesState.QUARANTINED)
    of_series: dict[str, int] = dict(
        tx.connection.execute(
            sa.select(series.c.state, sa.func.count())
            .where(series.c.state.in_(states))
            .group_by(series.c.state)
        ).all()
    )
    work = (TestSetState.QUEUED, TestSetState.RUNNING)
    of_sets: dict[str, int] = dict(
        tx.connection.execute(
            sa.select(test_sets.c.state, sa.func.count())
            .where(test_sets.c.state.in_(work))
            .group_by(test_sets.c.state)
        ).all()
    )
    last = tx.connection.execute(
        sa.select(series.c.last_received_at).order_by(series.c.last_received_at.desc()).limit(1)
    ).scalar_one_or_none()
    return Traffic(
        of_series.get(SeriesState.UNROUTED, 0),
        of_series.get(SeriesState.QUARANTINED, 0),
        of_sets.get(TestSetState.QUEUED, 0),
        of_sets.get(TestSetState.RUNNING, 0),
        last,
    )


def first_headers(tx: Transaction, series_uids: Collection[str]) -> tuple[Mapping[str, Any], ...]:
    """Return the header of one object of each series, as it was read."""
    found = []
    for uid in series_uids:
        query = (
            sa.select(instances.c.header)
            .where(instances.c.series_instance_uid == uid, instances.c.header.is_not(None))
            .order_by(instances.c.sop_instance_uid)
            .limit(1)
        )
        header = tx.connection.execute(query).scalar_one_or_none()
        if header:
            found.append(header)
    return tuple(found)
