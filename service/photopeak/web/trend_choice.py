"""What of a trend is chosen: read from the address, and completed by what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from photopeak.model.judgement import Baseline
from photopeak.model.results import ResultSummary, ScopeValue
from photopeak.storage import limits, results, trends
from photopeak.storage.database import Transaction
from photopeak.storage.trends import NumberDescription
from photopeak.web.trend_address import LONGEST, number_name, number_of, test_name
from photopeak.web.trend_views import scopes_beside

RANGES = {"30": 30, "90": 90, "180": 180, "365": 365, "all": None}
"""Days that a trend is shown for."""
USUAL = "180"

_OF_EVERY_OBJECT = frozenset({"data_integrity_check", "energy_window_check"})
"""Tests that every object undergoes: of all of them the last that anybody looks at a trend of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """What a number may be compared with: another head of the device, or another system."""

    name: str
    device_id: str
    scope: Mapping[str, ScopeValue]

    @property
    def head(self) -> ScopeValue | None:
        """The head, where it is one of the same device."""
        kind, _, value = self.name.partition(":")
        return value if kind == "detector" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The number that is shown, and what else could be."""

    device_id: str
    tests: tuple[ResultSummary, ...]
    test: str
    variant: str
    numbers: tuple[NumberDescription, ...]
    number: NumberDescription
    others: tuple[Other, ...]
    other: Other | None

    @property
    def name(self) -> str:
        """The number as it stands in the address."""
        return number_name(self.number.metric, self.number.scope)


def choose(tx: Transaction, query: Mapping[str, str], device_ids: Sequence[str]) -> Choice | None:
    """Return what an address asks for, completed; None where there are no numbers at all.

    A device without results, or a test that it never had, gives way to one that there is.
    """
    wanted = _text(query, "device")
    for device_id in (wanted, *device_ids) if wanted else device_ids:
        found = _of_device(tx, query, device_id, device_ids)
        if found is not None or device_id == wanted:
            return found
    return None


def _of_device(
    tx: Transaction, query: Mapping[str, str], device_id: str, device_ids: Sequence[str]
) -> Choice | None:
    tests = tuple(results.latest_per_test(tx, device_id))
    asked = _text(query, "test")
    watched = {
        (b.test, b.variant, number_name(b.metric, b.scope)) for b in _baselines(tx, device_id)
    }
    of_tests = {(test, variant) for test, variant, _ in watched}
    # Who asks for nothing sees what somebody watches: a number with a baseline.
    ordered = sorted(
        tests,
        key=lambda t: (
            test_name(t.test, t.variant) != asked,
            t.test != asked,
            (t.test, t.variant) not in of_tests,
            t.test in _OF_EVERY_OBJECT,
            t.test,
        ),
    )
    for summary in ordered:
        numbers = trends.numbers(tx, device_id, summary.test, summary.variant)
        if not numbers:
            continue
        first = [
            n
            for n in numbers
            if (summary.test, summary.variant, number_name(n.metric, n.scope)) in watched
        ]
        number = _number((*first, *numbers), _text(query, "number"))
        others = _others(tx, device_id, summary, numbers, number, device_ids)
        wanted = _text(query, "other")
        return Choice(
            device_id=device_id,
            tests=tests,
            test=summary.test,
            variant=summary.variant,
            numbers=numbers,
            number=number,
            others=others,
            other=next((o for o in others if o.name == wanted), None),
        )
    return None


def _baselines(tx: Transaction, device_id: str) -> list[Baseline]:
    return [entry.baseline for entry in limits.accepted_of_device(tx, device_id)]


def _number(numbers: Sequence[NumberDescription], name: str) -> NumberDescription:
    """Return the number of a name; else the same metric elsewhere; else the first."""
    asked = number_of(name)
    if asked is None:
        return numbers[0]
    metric, scope = asked
    same = [number for number in numbers if number.metric == metric]
    exact = [number for number in same if dict(number.scope) == scope]
    return (exact or same or list(numbers))[0]


def _others(
    tx: Transaction,
    device_id: str,
    summary: ResultSummary,
    numbers: Sequence[NumberDescription],
    number: NumberDescription,
    device_ids: Sequence[str],
) -> tuple[Other, ...]:
    heads = scopes_beside([n.scope for n in numbers if n.metric == number.metric], number.scope)
    found = [
        Other(
            name=f"detector:{head}",
            device_id=device_id,
            scope={**number.scope, "detector": head},
        )
        for head in heads
    ]
    found += [
        Other(name=f"device:{other}", device_id=other, scope=number.scope)
        for other in device_ids
        if other != device_id
        and results.measured(
            tx, device_id=other, test=summary.test, variant=summary.variant, limit=1
        )
    ]
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time that is shown, from `since` to before `until`; None for open ends."""

    days: str
    last: date | None
    since: datetime | None
    until: datetime | None


def window(query: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Window:
    """Return the time that an address asks for: so many days up to a day, or up to now."""
    days = query.get("days", "")
    days = days if days in RANGES else USUAL
    last = day_of(query.get("until", ""))
    until = None if last is None else midnight(last + timedelta(days=1), zone)
    length = RANGES[days]
    since = None
    if length is not None:
        end = (until or now).astimezone(zone).date()
        since = midnight(end - timedelta(days=length), zone)
    return Window(days=days, last=last, since=since, until=until)


def day_of(text: str) -> date | None:
    """Return the day that a field holds, None for none."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if 1950 <= found.year <= 9000 else None


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins in a zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _text(query: Mapping[str, str], name: str) -> str:
    return query.get(name, "")[:LONGEST]
