"""A calendar as iCalendar (RFC 5545): whole days, no alarms, the same event for the same thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MEDIA_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """One thing of one day; `uid` is the same each time that it is told of."""

    uid: str
    day: date
    summary: str
    description: str
    url: str = ""
    done: bool = False


def write(events: Iterable[FeedEvent], *, name: str, changed_at: datetime) -> str:
    """Return the calendar.

    Parameters
    ----------
    name
        What calendar programs call it.
    changed_at
        When its events were told last.
    """
    from icalendar import Calendar, Event, vDuration

    calendar = Calendar()
    calendar.add("prodid", "-//Photopeak//Schedule of quality control//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", vDuration(timedelta(hours=1)), {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for event in events:
        entry = Event()
        entry.add("uid", event.uid)
        entry.add("dtstamp", changed_at)
        entry.add("dtstart", event.day)
        entry.add("dtend", event.day + timedelta(days=1))
        entry.add("summary", event.summary)
        entry.add("description", event.description)
        entry.add("status", "CONFIRMED")
        entry.add("transp", "TRANSPARENT")
        entry.add("categories", ["DONE" if event.done else "QC"])
        if event.url:
            entry.add("url", event.url)
        calendar.add_component(entry)
    text: str = calendar.to_ical().decode("utf-8")
    return text
