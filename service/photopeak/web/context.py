"""What pages are given by the process that starts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from photopeak.alert_settings import AlertSettings
from photopeak.model.catalogue import TestDescription
from photopeak.model.devices import Device
from photopeak.model.documents import StoredDocument
from photopeak.model.routing import RoutingDecision, RoutingOutcome
from photopeak.model.schedule import Schedule
from photopeak.model.taught import TaughtRoute
from photopeak.routing.rules import RouteTable
from photopeak.schedule.occurrences import Calendar
from photopeak.settings import Settings
from photopeak.storage.database import Database


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _no_document(_: str) -> StoredDocument | None:
    return None


def _no_calendar() -> Calendar:
    return Calendar(Schedule())


def _no_routes() -> RouteTable:
    return RouteTable(rules=(), version="")


def _no_decision(uid: str, lesson: TaughtRoute | None) -> RoutingDecision:  # noqa: ARG001
    return RoutingDecision(outcome=RoutingOutcome.UNROUTED, reason="nothing decides here")


class Checked(Protocol):
    """One part of readiness: whether it is well, and a word on it."""

    @property
    def name(self) -> str:
        """What was looked at."""
        ...

    @property
    def ok(self) -> bool:
        """Whether it is well."""
        ...

    @property
    def detail(self) -> str:
        """A word on it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """Everything that pages need; the functions are called in threads.

    `series_texts` returns the normalised header texts of a series by keyword; `document` the
    document that it carries, with its words; `explain_series` what routing would decide about a stored
    series, as if a lesson were in force that is not; `routes` are the rules of the files. `calendar` is the schedule of the site,
    `checks` are the parts of readiness beyond the database, `longest_silence` for how
    long at most messages about alerts are kept back by one word.
    """

    settings: Settings
    database: Database
    version: str
    devices: Callable[[], Sequence[Device]]
    tests: Callable[[], Sequence[TestDescription]]
    series_texts: Callable[[str], Mapping[str, str]]
    document: Callable[[str], StoredDocument | None] = _no_document
    routes: Callable[[], RouteTable] = _no_routes
    explain_series: Callable[[str, TaughtRoute | None], RoutingDecision] = _no_decision
    calendar: Callable[[], Calendar] = _no_calendar
    checks: Callable[[], Sequence[Checked]] = tuple
    longest_silence: timedelta = timedelta(days=30)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    clock: Callable[[], datetime] = _utc_now

    def test(self, name: str) -> TestDescription | None:
        """Return the description of a test by its id, or None when it is not installed any more."""
        return next((test for test in self.tests() if test.id == name), None)

    def device(self, name: str) -> Device | None:
        """Return a device by its id, or None when it is not configured."""
        return next((device for device in self.devices() if device.id == name), None)

    def device_names(self) -> dict[str, str]:
        """Return the name of each device by its id."""
        return {device.id: device.name for device in self.devices()}
