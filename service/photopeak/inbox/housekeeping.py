"""What is done once a day: quarantine is emptied, files and rows compared, a slice scrubbed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from photopeak.inbox.recovery import RecoveryReport, recover
from photopeak.inbox.retention import purge_quarantined
from photopeak.inbox.scrub import ScrubReport, scrub
from photopeak.settings import InboxSettings
from photopeak.storage import marks
from photopeak.storage.database import Database

logger = logging.getLogger(__name__)

FIRST_HOUR = 2
"""Local hour from which the work of a day is done; a machine that sleeps does it when it wakes."""

_MARK = "last housekeeping"
_SETTLED_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HousekeepingReport:
    """What was done."""

    purged: tuple[str, ...]
    recovery: RecoveryReport
    scrub: ScrubReport


def keep_house(
    database: Database,
    data: Path,
    settings: InboxSettings,
    *,
    now: datetime,
    stop: Callable[[], bool] = lambda: False,
) -> HousekeepingReport | None:
    """Do the work of the day, if nobody has done it yet; call it as often as you like.

    Parameters
    ----------
    now
        In the time zone of the site.
    stop
        Asked now and then; ends the scrub early, which goes on from there the next day.
    """
    day = now.date().isoformat()
    if now.hour < FIRST_HOUR:
        return None
    with database.snapshot() as tx:
        if marks.get(tx, _MARK) == day:
            return None
    with database.transaction() as tx:
        if marks.get(tx, _MARK) == day:
            return None
        marks.put(tx, _MARK, day)
    report = HousekeepingReport(
        purged=purge_quarantined(database, data, now=now, days=settings.quarantine_days),
        recovery=recover(data, database, full=True, settled_s=_SETTLED_S, starting=False),
        scrub=scrub(data, database, limit_bytes=settings.scrub_bytes_per_night, stop=stop),
    )
    logger.info(
        "housekeeping: %d series purged, %d files scrubbed, %d damaged, %d missing",
        len(report.purged), report.scrub.files, report.scrub.damaged, report.scrub.missing,
    )  # fmt: skip
    return report
