"""When an object was acquired: which element tells, in which time zone, and whether to believe it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from types import MappingProxyType
from zoneinfo import ZoneInfo

from photopeak.reading.dataset import DataSet

EARLIEST = date(1985, 1, 1)
"""Nothing digital was acquired before ACR-NEMA 300-1985; older dates are placeholders."""
FUTURE_TOLERANCE = timedelta(days=1)
"""An acquisition may lie ahead by this much: clocks and time zones of consoles are wrong."""

SOURCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "AcquisitionDateTime": ("AcquisitionDateTime", ""),
        "AcquisitionDate": ("AcquisitionDate", "AcquisitionTime"),
        "ContentDate": ("ContentDate", "ContentTime"),
        "SeriesDate": ("SeriesDate", "SeriesTime"),
    }
)
"""Where the time of acquisition is looked for, best first.

StudyDate is none of them: quality control is filed under studies that are months old.
"""

_DATE_TIME = re.compile(
    r"(?P<date>\d{8})(?P<time>\d{0,6}(?:\.\d{0,6})?)\s*(?P<offset>[+-]\d{4})?\s*"
)
_DATE = re.compile(r"(\d{4})[.\-]?(\d{2})[.\-]?(\d{2})")
_TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(?:[.,](\d{1,6})\d*)?")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
_TRUSTED = frozenset({"AcquisitionDateTime", "AcquisitionDate"})


@dataclass(frozen=True, slots=True)
class AcquisitionTime:
    """The start of an acquisition, the element it was read from, and what was odd."""

    at: datetime | None
    source: str
    warnings: tuple[str, ...]


def acquisition_time(data_set: DataSet, zone: tzinfo, now: datetime) -> AcquisitionTime:
    """Return when an object was acquired.

    Parameters
    ----------
    data_set
        Its top level.
    zone
        Time zone of the device, where the object does not tell.
    now
        Times after this, by more than `FUTURE_TOLERANCE`, are not believed.
    """
    own = offset_zone(data_set.text("TimezoneOffsetFromUTC")) or zone
    warnings = []
    for source, (first, second) in SOURCES.items():
        written = data_set.text(first)
        if not written:
            continue
        if second:
            clock = data_set.text(second)
            at = combine(written, clock, own)
            written = f"{written} {clock}".strip()
            if at is not None and not clock:
                warnings.append(f"{first} has no time of day beside it: midnight is assumed")
        else:
            at = parse_date_time(written, own)
        if at is None:
            warnings.append(f"{source} is {written[:32]!r}, which is no time")
        elif at.date() < EARLIEST:
            warnings.append(f"{source} is {at.date().isoformat()}, which cannot be true")
        elif at > now + FUTURE_TOLERANCE:
            warnings.append(f"{source} is {at.isoformat()}, which lies in the future")
        else:
            if source not in _TRUSTED:
                warnings.append(f"the time of acquisition is taken from {source}")
            return AcquisitionTime(at, source, tuple(warnings))
    if not warnings:
        warnings.append("the header does not tell when it was acquired")
    return AcquisitionTime(None, "", tuple(warnings))


def combine(day: str, clock: str, zone: tzinfo) -> datetime | None:
    """Return the moment of a DA and a TM value; midnight when the latter is empty."""
    the_date = parse_date(day)
    the_time = parse_time(clock) if clock else time()
    if the_date is None or the_time is None:
        return None
    return _aware(datetime.combine(the_date, the_time), zone)


def parse_date_time(text: str, zone: tzinfo) -> datetime | None:
    """Return the moment of a DT value, whose own offset beats `zone`."""
    match = _DATE_TIME.fullmatch(text.strip())
    if match is None:
        return None
    return combine(match["date"], match["time"], offset_zone(match["offset"] or "") or zone)


def parse_date(text: str) -> date | None:
    """Return a DA value, that of ACR-NEMA with dots included; None when it is none."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """Return a TM value; a leap second is counted as the second before."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    try:
        return time(hour, minute, min(second, 59), int((match[4] or "0").ljust(6, "0")))
    except ValueError:
        return None


def offset_zone(text: str) -> tzinfo | None:
    """Return the zone of an offset such as ``+0800``; None when it is none."""
    match = _OFFSET.fullmatch(text.strip())
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name; UTC for an empty one."""
    return ZoneInfo(name) if name and name != "UTC" else UTC


def _aware(moment: datetime, zone: tzinfo) -> datetime | None:
    try:
        return moment.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    except (OverflowError, ValueError):
        return moment.replace(tzinfo=UTC)
