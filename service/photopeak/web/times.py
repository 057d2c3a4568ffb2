"""Moments for people: in the time zone of the site, with the age beside."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from photopeak.web.words import Words

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as shown: `text` to read, `age` in words, `machine` for the element's attribute."""

    text: str
    age: str
    machine: str


class Clockwork:
    """Shows moments in one zone."""

    def __init__(self, zone: str, words: Words) -> None:
        try:
            self._zone: ZoneInfo | None = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            self._zone = None
        self.zone_name = zone if self._zone is not None else "UTC"
        self._words = words

    def moment(self, at: datetime | None, now: datetime) -> Moment | None:
        """Return how to show a moment; None stays None."""
        if at is None:
            return None
        local = self._local(at)
        day = f"{local.day} {_MONTHS[local.month - 1]} {local.year}"
        if self._words.language == "zh":
            day = f"{local.year} 年 {local.month} 月 {local.day} 日"
        text = f"{day} {local:%H:%M:%S}"
        return Moment(text, self.age(at, now), at.astimezone(UTC).isoformat(timespec="seconds"))

    def hour(self, at: datetime) -> str:
        """Return the time of day at the site, ``07:41``."""
        return f"{self._local(at):%H:%M}"

    def day(self, at: datetime) -> str:
        """Return a day without its year, ``Mon 30 Nov``."""
        local = self._local(at)
        weekday = self._words(_WEEKDAYS[local.weekday()])
        if self._words.language == "zh":
            return f"{local.month} 月 {local.day} 日 {weekday}"
        return f"{weekday} {local.day} {_MONTHS[local.month - 1]}"

    def long_day(self, at: datetime) -> str:
        """Return a day with its weekday and year, ``Mon 30 Nov 2026``."""
        local = self._local(at)
        weekday = self._words(_WEEKDAYS[local.weekday()])
        if self._words.language == "zh":
            return f"{local.year} 年 {local.month} 月 {local.day} 日 {weekday}"
        return f"{weekday} {local.day} {_MONTHS[local.month - 1]} {local.year}"

    def days_between(self, at: datetime, now: datetime) -> int:
        """Return how many days of the calendar of the site lie between two moments."""
        return (self._local(now).date() - self._local(at).date()).days

    def short(self, at: datetime, now: datetime) -> str:
        """Return when something was, in as few signs as a tile has room for."""
        days = self.days_between(at, now)
        return self.hour(at) if days == 0 else self._words("{count} d", count=days)

    def days(self, at: datetime, now: datetime) -> str:
        """Return how many days ago something was, ``today`` or ``3 d``."""
        count = self.days_between(at, now)
        return self._words("today") if count <= 0 else self._words("{count} d", count=count)

    def lasting(self, seconds: float) -> str:
        """Return a duration in one unit, ``18 min``, ``3 h``, ``2 d``."""
        for unit_s, most, text in ((60.0, 90, "{count} min"), (3600.0, 48, "{count} h")):
            count = int(max(seconds, 0.0) // unit_s)
            if count < most:
                return self._words(text, count=count)
        return self._words("{count} d", count=int(seconds // 86_400.0))

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self._zone or UTC)

    def age(self, at: datetime, now: datetime) -> str:
        """Return how long ago a moment was, in one unit."""
        seconds = (now - at).total_seconds()
        if seconds < -60.0:
            return self._words("in the future")
        if seconds < 60.0:
            return self._words("just now")
        for unit_s, most, one, many in (
            (60.0, 60, "{count} minute ago", "{count} minutes ago"),
            (3600.0, 48, "{count} hour ago", "{count} hours ago"),
            (86_400.0, 100_000, "{count} day ago", "{count} days ago"),
        ):
            count = int(seconds // unit_s)
            if count < most:
                return self._words.plural(one, many, count)
        return self._words("long ago")
