"""A request for a report, the same from a page, the API and the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from photopeak.model.catalogue import TestDescription
from photopeak.model.devices import Device
from photopeak.reports.jjf.gather import KINDS, Gathered, gather
from photopeak.reports.jjf.particulars import (
    NAMES,
    Particulars,
    ParticularsError,
    check_particulars,
    day,
)
from photopeak.reports.jjf.report import LANGUAGES, report
from photopeak.reports.paper.document import Document
from photopeak.storage.database import Database

QUERY = ("from", "to", "results", "language", *NAMES)
"""Names of everything that a request may say; all of it may be left out."""

_IDS = re.compile(r"[0-9A-Za-z-]{1,64}(,[0-9A-Za-z-]{1,64})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as checked: days are whole, the last one included; `results` in place of a period."""

    since: date | None
    until: date | None
    results: tuple[str, ...]
    language: str
    particulars: Particulars


def check_request(given: Mapping[str, str | None], *, language: str) -> Asked:
    """Return a request, checked whole; `language` is that of a request that names none.

    Raises
    ------
    ParticularsError
        With every value that cannot be so.
    """
    faults: list[tuple[str, str]] = []
    days: dict[str, date | None] = {}
    for name in ("from", "to"):
        text = (given.get(name) or "").strip()
        try:
            days[name] = day(text) if text else None
        except ValueError as error:
            faults.append((name, str(error)))
    since, until = days.get("from"), days.get("to")
    if since and until and until < since:
        faults.append(("to", "is before the first day"))
    ids = (given.get("results") or "").strip()
    if ids and not (_IDS.fullmatch(ids) and ids.count(",") < len(KINDS)):
        faults.append(("results", f"must be ids of results with commas, at most {len(KINDS)}"))
    spoken = given.get("language") or language
    if spoken not in LANGUAGES:
        faults.append(("language", f"must be {' or '.join(LANGUAGES)}"))
    particulars = Particulars()
    try:
        particulars = check_particulars(given)
    except ParticularsError as error:
        faults += error.faults
    if faults:
        raise ParticularsError(faults)
    return Asked(
        since=since,
        until=until,
        results=tuple(ids.split(",")) if ids else (),
        language=spoken,
        particulars=particulars,
    )


def collect(database: Database, device: Device, asked: Asked, *, zone: str) -> Gathered:
    """Return the results that a request is about.

    Raises
    ------
    NotFoundError
        If there is no result of an id.
    SelectionError
        If a result that was asked for does not belong into this report.
    """
    with database.snapshot() as tx:
        return gather(
            tx,
            device,
            since=_midnight(asked.since, zone),
            before=_midnight(asked.until + timedelta(days=1) if asked.until else None, zone),
            chosen=asked.results,
        )


def compose(
    gathered: Gathered,
    asked: Asked,
    *,
    zone: str,
    tests: Sequence[TestDescription],
    version: str,
) -> Document:
    """Return the report that was asked for."""
    return report(
        gathered,
        asked.particulars,
        language=asked.language,
        zone=zone,
        tests=tests,
        version=version,
    )


def zone_of(device: Device, site_zone: str) -> str:
    """Return the time zone in which the days of a device begin."""
    return device.time_zone or site_zone or "UTC"


def _midnight(moment: date | None, zone: str) -> datetime | None:
    return None if moment is None else datetime.combine(moment, time.min, ZoneInfo(zone))
