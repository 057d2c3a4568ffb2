"""What is done once a night: stored files are re-hashed, quarantine that is due is emptied."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from photopeak.inbox.retention import purge_quarantined
from photopeak.inbox.scrub import scrub
from photopeak.settings import Settings
from photopeak.storage import marks, workers
from photopeak.storage.database import Database

logger = logging.getLogger(__name__)

FIRST_HOUR, LAST_HOUR = 1, 4
"""Local hours in which the night's work begins; nobody waits for a result then."""

_FORGET_WORKERS_AFTER = timedelta(days=7)


def night_work(
    database: Database,
    data: Path,
    settings: Settings,
    *,
    now: datetime,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Do the night's work if it is night and no worker has done it yet; True when it was done."""
    local = now.astimezone(ZoneInfo(settings.site.time_zone))
    if not FIRST_HOUR <= local.hour < LAST_HOUR:
        return False
    with database.transaction() as tx:
        if not marks.put_once(tx, f"night of {local.date()}", now.isoformat()):
            return False
        workers.forget(tx, before=now - _FORGET_WORKERS_AFTER)
    report = scrub(data, database, limit_bytes=settings.inbox.scrub_bytes_per_night, stop=stop)
    purged = purge_quarantined(database, data, now=now, days=settings.inbox.quarantine_days)
    logger.info("night's work done: %s, %d series removed from quarantine", report, len(purged))
    return True
