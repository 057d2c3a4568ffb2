"""`photopeak import DIR --watch`: files that programs write go in by themselves."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from photopeak.cli.measurements import MOST_BYTES, check_file
from photopeak.cli.watched_folder import Fate, FileEvent, Taken, WatchedFolder
from photopeak.model.documents import Statement
from photopeak.model.reception import Entrance, StoreStatus

if TYPE_CHECKING:
    from photopeak.analysis.site import Site
    from photopeak.inbox.inbox import Inbox
    from photopeak.model.catalogue import TestDescription
    from photopeak.settings import Settings
    from photopeak.storage.database import Database

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
_HEAD_BYTES = 65_536
_MOST_REASONS = 100
_AWAY = "the database is not available"


def fault_of_folder(folder: Path, settings: Settings) -> str:
    """Return why a folder is not to be watched, empty if it may be.

    What the service keeps or is configured by would be moved away.
    """
    if not folder.is_dir():
        return f"{folder} is no folder: --watch takes one folder"
    watched, data = folder.resolve(), settings.data.resolve()
    own = [data] if settings.config is None else [data, settings.config.resolve()]
    if watched.is_relative_to(data) or any(path.is_relative_to(watched) for path in own):
        return f"{folder} holds the data or the configuration of the service, and cannot be watched"
    return ""


def watch(
    settings: Settings,
    site: Site,
    folder: Path,
    *,
    statement: Statement,
    settle_s: float,
    show: Callable[[FileEvent], None],
    stop: threading.Event,
) -> None:
    """Take in what comes to rest in a folder, until it is told to stop; `show` is told of each file."""
    from photopeak.analysis.catalogue import describe, installed_analyzers
    from photopeak.app import database_of, open_inbox

    tests = [describe(analyzer) for analyzer in installed_analyzers().analyzers.values()]
    with database_of(settings) as database:
        inbox = open_inbox(settings, database)
        try:
            way_in = WayIn(
                inbox=inbox, database=database, tests=tests, site=site, statement=statement
            )
            watched = WatchedFolder(folder, way_in.take, settle_s=settle_s)
            logger.info("watching a folder for files")
            while not stop.is_set():
                for event in watched.look(stop.is_set):
                    show(event)
                stop.wait(LOOK_EVERY_S)
            logger.info("stopped watching")
        finally:
            inbox.close()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WayIn:
    """Takes one file in: readings as measurements, everything else like an upload."""

    inbox: Inbox
    database: Database
    tests: Sequence[TestDescription]
    site: Site
    statement: Statement

    def take(self, source: Path, name: str) -> Taken:
        """Take a file in.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        from photopeak.storage.errors import SchemaError, StorageUnavailableError

        try:
            if name.lower().endswith(".csv") and holds_readings(source):
                return self._enter(source)
            return self._receive(source, name)
        except StorageUnavailableError:
            return Taken(fate=Fate.WAITS, reason=_AWAY)
        except (OSError, SchemaError):
            raise
        except Exception:
            # One file that nobody has thought of does not keep the others out.
            logger.exception("a watched file could not be taken in")
            return Taken(fate=Fate.WAITS, reason="internal error, see the log")

    def _receive(self, source: Path, name: str) -> Taken:
        from photopeak.inbox.upload import receive_files

        refusal = self.inbox.accepting()
        if refusal is not None:
            return Taken(fate=Fate.WAITS, reason=refusal.comment)
        found = receive_files(
            self.inbox,
            source,
            sender="import",
            address="",
            entrance=Entrance.IMPORT,
            name=name,
            statement=self.statement,
        )
        failed = [each for each in found if each.outcome.status is not StoreStatus.SUCCESS]
        for each in failed:
            if each.outcome.status is StoreStatus.OUT_OF_RESOURCES:
                return Taken(fate=Fate.WAITS, reason=each.outcome.comment)
        if failed:
            single = len(found) == 1
            reasons = [
                each.outcome.comment if single else f"{each.name}: {each.outcome.comment}"
                for each in failed
            ]
            return Taken(fate=Fate.REFUSED, reason=_together(reasons))
        stored = [each.outcome for each in found if not each.ignored]
        return Taken(
            fate=Fate.DONE, duplicate=bool(stored) and all(outcome.duplicate for outcome in stored)
        )

    def _enter(self, source: Path) -> Taken:
        from photopeak.reports.entries import enter
        from photopeak.reports.readings import ReadingError

        entries, faults = check_file(source, self.tests, self.site)
        if faults:
            return Taken(fate=Fate.REFUSED, reason=_together(faults))
        try:
            with self.database.transaction() as tx:
                fresh = [enter(tx, entry)[1] for _, entry in entries]
        except ReadingError as error:
            return Taken(fate=Fate.REFUSED, reason=_together([f.message for f in error.faults]))
        return Taken(fate=Fate.DONE, duplicate=not any(fresh))


def holds_readings(path: Path) -> bool:
    """Tell by its header whether a CSV file holds readings; otherwise it may be a spectrum."""
    with path.open("rb") as file:
        head = file.read(min(_HEAD_BYTES, MOST_BYTES)).decode("utf-8-sig", "replace")
    for line in head.splitlines():
        if line.strip(" \t,;") and not line.lstrip().startswith("#"):
            separator = max(",;\t", key=line.count)
            cells = {cell.strip().strip('"') for cell in line.split(separator)}
            return "test" in cells and bool(cells & {"device", "performed_at"})
    return False


def line_of(event: FileEvent, *, as_json: bool) -> str:
    """Return what is printed of a file: one line, whatever its name holds."""
    path, taken = _printable(event.path), event.taken
    if as_json:
        return json.dumps(
            {
                "path": path,
                "state": taken.fate.value,
                "reason": taken.reason,
                "duplicate": taken.duplicate,
                "moved_to": "" if event.moved_to is None else _printable(event.moved_to),
            }
        )
    said = {Fate.DONE: "taken in", Fate.REFUSED: "refused", Fate.WAITS: "waits"}[taken.fate]
    words = [f"{path}: {'was there already' if taken.duplicate else said}"]
    words += [" ".join(taken.reason.split())] if taken.reason else []
    return ": ".join(words)


def _together(reasons: Sequence[str]) -> str:
    rest = len(reasons) - _MOST_REASONS
    return "\n".join([*reasons[:_MOST_REASONS], *([f"and {rest} more"] if rest > 0 else [])])


def _printable(path: Path) -> str:
    text = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
