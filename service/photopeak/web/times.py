"""Moments for people: in the time zone of the site, with the age beside."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from photopeak.web.words import Words

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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
        local = at.astimezone(self._zone or UTC)
        day = f"{local.day} {_MONTHS[local.month - 1]} {local.year}"
        if self._words.language == "zh":
            day = f"{local.year} 年 {local.month} 月 {local.day} 日"
        text = f"{day} {local:%H:%M:%S}"
        return Moment(text, self.age(at, now), at.astimezone(UTC).isoformat(timespec="seconds"))

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
