"""After a start: files and rows are brought together again.

In the orders in which an instance becomes durable, a crash can leave four things: a file under a
temporary name (nobody was told success, or it is in the journal too: removed), a whole file without
a row (it is good: its row is written), an entry of the journal without a file (it gets both), and
nothing else. A row without a file was lost by other means, and is told to a person.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from photopeak.inbox import layout
from photopeak.inbox.errors import DataFolderError
from photopeak.inbox.found_files import FoundFiles
from photopeak.inbox.inbox import storage_alert_key
from photopeak.inbox.registrar import drain
from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.reception import StoredInstance
from photopeak.storage import alerts, instances, marks
from photopeak.storage.database import Database

logger = logging.getLogger(__name__)

PURGE_MARK = "files to be removed"
"""Name of the mark that lists files whose rows are gone already."""

_LAST_MARK = "last recovery"
_BATCH = 500
_MARGIN = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReport:
    """What was found: parts removed, rows written, files set aside, rows without file."""

    swept: int = 0
    indexed: int = 0
    damaged: int = 0
    missing: int = 0


def _utc_now() -> datetime:
    return datetime.now(UTC)


def recover(
    data: Path,
    database: Database,
    *,
    full: bool = False,
    settled_s: float = 0.0,
    starting: bool = True,
    clock: Callable[[], datetime] = _utc_now,
) -> RecoveryReport:
    """Bring files and rows together; safe while other processes receive.

    Parameters
    ----------
    full
        Look at every file and row, not only at those since the last time.
    settled_s
        Leave alone files younger than this: their receivers may be at work on them.
    starting
        Nobody receives on this host yet, so what its last receivers said of the storage is over.

    Raises
    ------
    DataFolderError
        If the data folder cannot be used.
    StorageUnavailableError
        If the database cannot be used.
    """
    layout.prepare(data)
    began = clock()
    with database.snapshot() as tx:
        known = marks.get(tx, _LAST_MARK)
        doomed = marks.get(tx, PURGE_MARK)
    since = None if full or known is None else datetime.fromisoformat(known) - _MARGIN
    try:
        swept = layout.sweep(data)
        finish_purge(data, database, doomed)
        indexed, damaged = _index_files(
            data, database, since=since, clock=clock, settled_s=settled_s
        )
        indexed += drain(data, database, clock=clock)
        missing = _find_missing(data, database, since=since, now=began)
    except OSError as error:
        raise DataFolderError(
            f"the files in {data} cannot be put in order: {error.strerror} ({error.filename})"
        ) from error
    with database.transaction() as tx:
        marks.put(tx, _LAST_MARK, began.isoformat())
        if starting:
            alerts.close(tx, storage_alert_key(), now=began)
    report = RecoveryReport(swept=swept, indexed=indexed, damaged=damaged, missing=missing)
    if swept or indexed or damaged or missing:
        logger.warning(
            "after the last run: %d unfinished files removed, %d files got their row, "
            "%d damaged files set aside, %d rows have lost their file",
            swept, indexed, damaged, missing,
        )  # fmt: skip
    return report


def rebuild(
    data: Path,
    database: Database,
    *,
    clock: Callable[[], datetime] = _utc_now,
    advance: Callable[[], None] = lambda: None,
) -> RecoveryReport:
    """Write the rows of all stored files, into an empty database or beside those that are there.

    The files carry everything that a row needs. First copies come before conflicting ones, so the
    rows are the same as before; what headers say and what becomes of the series is found out
    again by the worker.

    Parameters
    ----------
    advance
        Called for each file, for who watches.
    """
    layout.prepare(data)
    indexed, damaged = _index_files(data, database, since=None, clock=clock, advance=advance)
    indexed += drain(data, database, clock=clock)
    return RecoveryReport(indexed=indexed, damaged=damaged)


def finish_purge(data: Path, database: Database, doomed: str | None) -> None:
    """Remove the files that a purge has listed and forget the list."""
    if not doomed:
        return
    for path in json.loads(doomed):
        (data / path).unlink(missing_ok=True)
    with database.transaction() as tx:
        marks.put(tx, PURGE_MARK, "")


def tell_of_missing(database: Database, instance: StoredInstance, *, now: datetime) -> None:
    """Raise the alert about a row whose file is gone."""
    with database.transaction() as tx:
        alerts.raise_alert(
            tx,
            Alert(
                key=f"file missing {instance.id}",
                severity=AlertSeverity.CRITICAL,
                title="A stored file is missing",
                message=(
                    f"{instance.path} is not there any more. Send the series again, or restore "
                    "the file from a backup."
                ),
                series_instance_uid=instance.series_instance_uid,
            ),
            now=now,
        )


def _index_files(
    data: Path,
    database: Database,
    *,
    since: datetime | None,
    clock: Callable[[], datetime],
    settled_s: float = 0.0,
    advance: Callable[[], None] = lambda: None,
) -> tuple[int, int]:
    """Write the missing rows; returns how many, and how many files were damaged."""
    found = FoundFiles(data, database, clock=clock)
    indexed = damaged = 0
    moment = since.timestamp() if since is not None else None
    for root in (layout.STORE, layout.CONFLICT):
        for paths in _batches(layout.walk(data, root, since=moment)):
            new, torn = found.index(paths, settled_s=settled_s)
            indexed += new
            damaged += torn
            for _ in paths:
                advance()
    found.close()
    return indexed, damaged


def _find_missing(data: Path, database: Database, *, since: datetime | None, now: datetime) -> int:
    """Tell of rows whose file is gone; returns how many."""
    count = 0
    after = _id_at(since) if since is not None else ""
    while True:
        with database.snapshot() as tx:
            rows = instances.page_by_id(tx, after, _BATCH)
        if not rows:
            return count
        for row in rows:
            if not (data / row.path).is_file():
                logger.error("the file %s of an instance is missing", row.path)
                tell_of_missing(database, row, now=now)
                count += 1
        after = rows[-1].id


def _id_at(moment: datetime) -> str:
    """Return an id of the form of our ids that sorts before all made from this moment on."""
    text = f"{max(0, int(moment.timestamp() * 1000)):012x}"
    return f"{text[:8]}-{text[8:12]}"


def _batches(paths: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for path in paths:
        batch.append(path)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
