"""What the HTTP side is given by the process that starts it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from photopeak.alert_settings import AlertSettings
from photopeak.api.buckets import Rates
from photopeak.inbox.upload import FileOutcome
from photopeak.model.catalogue import TestDescription
from photopeak.model.devices import Device
from photopeak.model.documents import Statement, StoredDocument
from photopeak.model.page import Page, StaticFile
from photopeak.model.routing import RoutingDecision
from photopeak.model.schedule import Schedule
from photopeak.model.taught import TaughtRoute
from photopeak.schedule.occurrences import Calendar
from photopeak.settings import Settings
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteDescription:
    """One rule as it is in force: where it stands, what it looks for, what it leads to."""

    name: str
    source: str
    priority: int
    test: str
    variant: str
    role: str
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOverview:
    """All rules in force with the version of their content."""

    version: str
    routes: tuple[RouteDescription, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file that came in a request, under a name of our own at `path`.

    `name` is what its sender calls it, unchecked; `most_members` is how many files it may hold when
    it is an archive; `statement` is what its sender says of what is no DICOM.
    """

    path: Path
    name: str
    sender: str
    address: str
    most_members: int
    statement: Statement = field(default_factory=Statement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part of readiness: whether it is well, and a word on it without anything from outside."""

    name: str
    ok: bool
    detail: str = ""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _no_document(_: str) -> StoredDocument | None:
    return None


def _no_difference(result_id: str, figure: str) -> bytes:
    raise NotFoundError(f"result {result_id} has no reference of {figure}")


def _no_calendar() -> Calendar:
    return Calendar(Schedule())


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiContext:
    """Everything that operations need; all functions are called in threads, never in the loop.

    Attributes
    ----------
    receive
        Takes one file in by the same way as C-STORE, or every member of an archive, and tells
        what became of each. The file may be anything; it stays the caller's.
    explain_route
        Tells what routing would decide about these files, without keeping anything. Parses
        DICOM, so it works in another process.
    explain_series
        The same of a stored series, sent by whom it was sent by, as if a lesson were in force that
        is not.
    series_texts
        Normalised header texts of a series by DICOM keyword, those that routes look at; nothing
        when they cannot be read.
    document
        The document that a series carries, with its words and the place of its bytes; None for
        a series without one, and for one in quarantine. Works in another process.
    difference
        The difference of a flood of a result from its reference image, as an SVG document; see
        :class:`photopeak.reviews.pairs.Differences`. Works in another process.
    devices, tests, routes
        What is in force at the moment of the call.
    checks
        Parts of readiness beyond the database.
    calendar
        The schedule of the site.
    pages, files, problem_page
        What people see; the API works without. The last returns a page with a title and a sentence.
    longest_silence
        For how long at most messages about alerts are kept back by one word.
    """

    settings: Settings
    database: Database
    data: Path
    version: str
    receive: Callable[[Arrival], Sequence[FileOutcome]]
    explain_route: Callable[[Sequence[Path]], RoutingDecision]
    explain_series: Callable[[str, TaughtRoute | None], RoutingDecision]
    devices: Callable[[], Sequence[Device]]
    tests: Callable[[], Sequence[TestDescription]]
    routes: Callable[[], RouteOverview]
    series_texts: Callable[[str], Mapping[str, str]]
    document: Callable[[str], StoredDocument | None] = _no_document
    difference: Callable[[str, str], bytes] = _no_difference
    checks: Callable[[], Sequence[Check]] = tuple
    calendar: Callable[[], Calendar] = _no_calendar
    alerts: AlertSettings = field(default_factory=AlertSettings)
    pages: Sequence[Page] = ()
    problem_page: Callable[[str, str], str] | None = None
    files: Sequence[StaticFile] = ()
    rates: Rates = field(default_factory=Rates)
    longest_silence: timedelta = timedelta(days=30)
    clock: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
