"""The scrub: stored files are read again, a slice at a time, and compared with what was received."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from photopeak.inbox.errors import StoredFileError
from photopeak.inbox.found_files import tell_of_damage
from photopeak.inbox.recovery import tell_of_missing
from photopeak.inbox.stored_file import hash_of, read_head
from photopeak.model.alerts import AlertState
from photopeak.model.reception import StoredInstance
from photopeak.storage import alerts, instances, marks
from photopeak.storage.database import Database

logger = logging.getLogger(__name__)

_MARK = "scrubbed up to"
_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubReport:
    """Files read, their bytes, those altered and those missing; `wrapped` at the end of a round."""

    files: int = 0
    size: int = 0
    damaged: int = 0
    missing: int = 0
    wrapped: bool = False


def _utc_now() -> datetime:
    return datetime.now(UTC)


def scrub(
    data: Path,
    database: Database,
    *,
    limit_bytes: int,
    clock: Callable[[], datetime] = _utc_now,
    stop: Callable[[], bool] = lambda: False,
) -> ScrubReport:
    """Check stored files from where the last call ended, at most `limit_bytes` of them.

    An altered or missing file raises an alert about its series; one that is good again closes it.
    """
    with database.snapshot() as tx:
        after = marks.get(tx, _MARK) or ""
    told = _told(database)
    files = size = damaged = missing = 0
    wrapped = False
    while size < limit_bytes and not wrapped and not stop():
        with database.snapshot() as tx:
            rows = instances.page_by_id(tx, after, _BATCH)
        wrapped = len(rows) < _BATCH
        for number, row in enumerate(rows):
            fault = check(data, row)
            files, size, after = files + 1, size + row.size, row.id
            if fault is None:
                _take_back(database, row, told, now=clock())
            elif fault:
                damaged += 1
                logger.error("%s is altered: %s", row.path, fault)
                tell_of_damage(
                    database, row.path, fault, now=clock(), series=row.series_instance_uid
                )
            else:
                missing += 1
                logger.error("%s is missing", row.path)
                tell_of_missing(database, row, now=clock())
            if size >= limit_bytes or stop():
                wrapped = wrapped and number == len(rows) - 1
                break
        with database.transaction() as tx:
            marks.put(tx, _MARK, "" if wrapped else after)
    return ScrubReport(files=files, size=size, damaged=damaged, missing=missing, wrapped=wrapped)


def check(data: Path, instance: StoredInstance) -> str | None:
    """Return None for a file that is as received, a sentence about it if not, "" if it is gone."""
    path = data / instance.path
    try:
        head = read_head(path)
        found = hash_of(path, head.data_set_at)
    except FileNotFoundError:
        return ""
    except StoredFileError as error:
        return str(error)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    if found != (instance.sha256, instance.size):
        return f"SHA-256 {found[0][:12]}... of {found[1]} bytes, not what was received"
    return None


def _told(database: Database) -> frozenset[str]:
    """Return the keys of the alerts that are not closed."""
    keys: set[str] = set()
    cursor: str | None = None
    while True:
        with database.snapshot() as tx:
            page = alerts.page(
                tx, limit=200, cursor=cursor, states=(AlertState.OPEN, AlertState.ACKNOWLEDGED)
            )
        keys.update(record.alert.key for record in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return frozenset(keys)


def _take_back(
    database: Database, row: StoredInstance, told: frozenset[str], *, now: datetime
) -> None:
    """Close the alert about a file that is good again."""
    for key in (f"file damaged {row.id}", f"file missing {row.id}"):
        if key in told:
            with database.transaction() as tx:
                alerts.close(tx, key, now=now)
