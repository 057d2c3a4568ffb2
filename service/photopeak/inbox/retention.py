"""What looks like a patient is kept for a while, for who wants to look, and then removed.

Only series in quarantine are ever removed: they have been received, acknowledged, read and decided
about. Nothing else that was received goes away by itself.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

from photopeak.inbox.recovery import PURGE_MARK, finish_purge
from photopeak.model.series import SeriesRecord, SeriesState
from photopeak.storage import audit, marks, purging, series
from photopeak.storage.database import Database
from photopeak.storage.errors import StateError

logger = logging.getLogger(__name__)


def purge_quarantined(
    database: Database, data: Path, *, now: datetime, days: int
) -> tuple[str, ...]:
    """Remove the instances of series that were in quarantine for more than `days` days.

    The row of the series stays, without its instances and texts, and the audit trail says what was
    removed. A crash leaves a list of files that the next start removes.

    Returns
    -------
    tuple of str
        Series Instance UIDs.
    """
    with database.snapshot() as tx:
        unfinished = marks.get(tx, PURGE_MARK)
    finish_purge(data, database, unfinished)
    due = _due(database, now - timedelta(days=days))
    removed = [r.series_instance_uid for r in due if _purge(database, data, r, now=now, days=days)]
    return tuple(removed)


def _purge(
    database: Database, data: Path, record: SeriesRecord, *, now: datetime, days: int
) -> bool:
    """Remove the instances of a series; False if it has left the quarantine meanwhile."""
    uid = record.series_instance_uid
    try:
        with database.transaction() as tx:
            removed = purging.remove_instances(
                tx, uid, reason=f"removed after {days} days in quarantine"
            )
            paths = json.dumps([instance.path for instance in removed])
            marks.put(tx, PURGE_MARK, paths)
            audit.append(
                tx,
                at=now,
                actor="retention",
                action="quarantine.purge",
                subject=uid,
                detail={"instances": len(removed), "days": days},
            )
    except StateError:
        return False
    finish_purge(data, database, paths)
    logger.info("series %s removed from quarantine, %d instances", uid, len(removed))
    return True


def _due(database: Database, before: datetime) -> list[SeriesRecord]:
    due: list[SeriesRecord] = []
    cursor: str | None = None
    while True:
        with database.snapshot() as tx:
            page = series.page(tx, limit=200, cursor=cursor, states=(SeriesState.QUARANTINED,))
        due += [r for r in page.items if r.last_received_at < before and r.instances]
        cursor = page.next_cursor
        if cursor is None:
            return due
