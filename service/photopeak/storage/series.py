"""Series: their one visible state, and what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.storage import paging
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.storage.paging import Page
from photopeak.storage.tables.receiving import instances, series


def get(tx: Transaction, uid: str) -> SeriesRecord:
    """Return a series.

    Raises
    ------
    NotFoundError
        If there is none with this UID.
    """
    found = find(tx, uid)
    if found is None:
        raise NotFoundError(f"there is no series {uid}")
    return found


def find(tx: Transaction, uid: str) -> SeriesRecord | None:
    """Return a series, or None."""
    query = sa.select(series).where(series.c.series_instance_uid == uid)
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else record(row)


def page(
    tx: Transaction,
    *,
    limit: int = 50,
    cursor: str | None = None,
    states: Collection[SeriesState] = (),
    device_id: str | None = None,
    since: datetime | None = None,
) -> Page[SeriesRecord]:
    """Return series, the last received first; filters that are not given let everything pass.

    Raises
    ------
    CursorError
        If `cursor` did not come from here.
    """
    query = sa.select(series)
    if states:
        query = query.where(series.c.state.in_(sorted(states)))
    if device_id is not None:
        query = query.where(series.c.device_id == device_id)
    if since is not None:
        query = query.where(series.c.last_received_at >= since)
    rows, following = paging.fetch(
        tx.connection,
        query,
        series.c.last_received_at,
        series.c.series_instance_uid,
        limit=limit,
        cursor=cursor,
    )
    return Page(tuple(record(row) for row in rows), following)


def count_by_state(tx: Transaction, *, most: int | None = None) -> dict[SeriesState, int]:
    """Return how many series are in each state; states without any are left out.

    With `most`, no more than so many are counted of each state.
    """
    if most is None:
        query = sa.select(series.c.state, sa.func.count()).group_by(series.c.state)
        return {SeriesState(state): number for state, number in tx.connection.execute(query)}
    found = {}
    for state in SeriesState:
        some = sa.select(series.c.state).where(series.c.state == state).limit(most).subquery()
        query = sa.select(sa.func.count()).select_from(some)
        if number := int(tx.connection.execute(query).scalar_one()):
            found[state] = number
    return found


def due_for_completion(
    tx: Transaction, now: datetime, quiet_s: float, *, limit: int = 200
) -> tuple[SeriesRecord, ...]:
    """Return series that are receiving and have all their instances, or were quiet long enough.

    Only those of which every instance has been indexed: what is expected is known from headers.
    """
    quiet = series.c.last_received_at <= now - timedelta(seconds=quiet_s)
    full = sa.and_(
        series.c.expected_instances.is_not(None),
        series.c.instances >= series.c.expected_instances,
    )
    unread = (
        sa.select(instances.c.id)
        .where(instances.c.series_instance_uid == series.c.series_instance_uid)
        .where(instances.c.copy == 0, instances.c.indexed_at.is_(None))
        .exists()
    )
    query = (
        sa.select(series)
        .where(series.c.state == SeriesState.RECEIVING, sa.or_(quiet, full), ~unread)
        .order_by(series.c.last_received_at, series.c.series_instance_uid)
        .limit(limit)
    )
    return tuple(record(row) for row in tx.connection.execute(query))


def set_state(
    tx: Transaction,
    uid: str,
    state: SeriesState,
    reason: str = "",
    *,
    generation: int | None = None,
    only_from: Collection[SeriesState] = (),
) -> bool:
    """Move a series to a state.

    Parameters
    ----------
    generation
        Move it only if no late instances have re-opened it since this generation.
    only_from
        Move it only from one of these states.

    Returns
    -------
    bool
        False when it was left as it is.
    """
    statement = sa.update(series).where(series.c.series_instance_uid == uid)
    if generation is not None:
        statement = statement.where(series.c.generation == generation)
    if only_from:
        statement = statement.where(series.c.state.in_(sorted(only_from)))
    done = tx.connection.execute(statement.values(state=state, reason=reason))
    return done.rowcount == 1


def set_display(
    tx: Transaction,
    uid: str,
    *,
    modality: str,
    display: Mapping[str, str],
    acquired_at: datetime | None,
    expected_instances: int | None,
) -> None:
    """Record what the headers say; `display` holds allow-listed text, never a patient's."""
    _change(
        tx,
        uid,
        modality=modality,
        display=dict(display),
        acquired_at=acquired_at,
        expected_instances=expected_instances,
    )


def set_device(tx: Transaction, uid: str, device_id: str | None) -> None:
    """Record which device a series is from."""
    _change(tx, uid, device_id=device_id)


def _change(tx: Transaction, uid: str, **values: Any) -> None:
    done = tx.connection.execute(
        sa.update(series).where(series.c.series_instance_uid == uid).values(**values)
    )
    if done.rowcount != 1:
        raise NotFoundError(f"there is no series {uid}")


def record(row: Any) -> SeriesRecord:
    """Return the series that a row of the table is."""
    return SeriesRecord(
        series_instance_uid=row.series_instance_uid,
        study_instance_uid=row.study_instance_uid,
        state=SeriesState(row.state),
        reason=row.reason,
        device_id=row.device_id,
        modality=row.modality,
        instances=row.instances,
        expected_instances=row.expected_instances,
        generation=row.generation,
        first_received_at=row.first_received_at,
        last_received_at=row.last_received_at,
        acquired_at=row.acquired_at,
        calling_ae_title=row.calling_ae_title,
        display=row.display,
        conflicts=row.conflicts,
    )
