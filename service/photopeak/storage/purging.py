"""Removing what was received, and only the series that the caller names."""

from __future__ import annotations

import sqlalchemy as sa

from photopeak.model.reception import StoredInstance
from photopeak.model.series import SeriesState
from photopeak.storage import instances as stored
from photopeak.storage.database import Transaction
from photopeak.storage.errors import StateError
from photopeak.storage.tables.receiving import instances, series


def remove_instances(tx: Transaction, uid: str, *, reason: str) -> tuple[StoredInstance, ...]:
    """Remove the instance rows of a series in quarantine, and what its headers said.

    Returns
    -------
    tuple of StoredInstance
        What was removed, so that the files can follow.

    Raises
    ------
    StateError
        If the series is not in quarantine.
    """
    done = tx.connection.execute(
        sa.update(series)
        .where(series.c.series_instance_uid == uid, series.c.state == SeriesState.QUARANTINED)
        .values(instances=0, conflicts=0, display={}, acquired_at=None, reason=reason)
    )
    if done.rowcount != 1:
        raise StateError(f"series {uid} is not in quarantine")
    removed = stored.by_series(tx, uid, conflicts=True)
    tx.connection.execute(sa.delete(instances).where(instances.c.series_instance_uid == uid))
    return removed
