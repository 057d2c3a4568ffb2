"""Taught routes: which of them a series follows, and how one is suggested from an example.

What is compared are whole texts in normal form. A person may let numbers in them vary; everything
around these is compared as it stands, so there is no expression that could run away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from photopeak.model.routing import ParameterValue
from photopeak.model.taught import TaughtNumber, TaughtRoute
from photopeak.routing.rules import typed
from photopeak.routing.text import FIELD_SCORES, normalise

_NUMBER = re.compile(r"([0-9]+(?:[.,][0-9]+)?)")


def numbers_in(text: str) -> tuple[str, ...]:
    """Return the numbers of a text in normal form, in order.

    >>> numbers_in("line 7.5 cm h2")
    ('7.5', '2')
    """
    return tuple(_NUMBER.findall(text))


def fits(route: TaughtRoute, device_id: str | None, text: Mapping[str, str]) -> bool:
    """Tell whether a series of this device with this descriptive text follows a taught route.

    `text` may be as read or as stored for display; only its normal form counts. Whether the
    route is in force does not.
    """
    return route.device_id == device_id and all(
        _same(normalise(text.get(keyword, "")), normalise(wanted), _varying(route, keyword))
        for keyword, wanted in route.conditions.items()
    )


def fitting(
    route: TaughtRoute, candidates: Iterable[Mapping[str, str]]
) -> tuple[Mapping[str, str], ...]:
    """Return those of the stored texts of the route's device that follow it.

    They are in normal form already, so thousands are compared in some milliseconds.
    """
    wanted = [(k, normalise(v), _varying(route, k)) for k, v in route.conditions.items()]
    return tuple(
        text for text in candidates if all(_same(text.get(k, ""), v, p) for k, v, p in wanted)
    )


def followed(
    routes: Iterable[TaughtRoute], device_id: str | None, text: Mapping[str, str]
) -> TaughtRoute | None:
    """Return the taught route in force that a series follows, or None.

    Of several the one with most conditions, then the one in which fewer numbers may vary, then the
    one that was taught first.
    """
    found = [route for route in routes if route.active and fits(route, device_id, text)]
    return min(
        found,
        key=lambda r: (-len(r.conditions), len(r.numbers), r.id),
        default=None,
    )


def read_numbers(route: TaughtRoute, text: Mapping[str, str]) -> Mapping[str, ParameterValue]:
    """Return the parameters that a series which follows a route gives by the numbers in its texts."""
    found: dict[str, ParameterValue] = {}
    for number in route.numbers:
        values = numbers_in(normalise(text.get(number.keyword, "")))
        if number.name and number.place < len(values):
            found[number.name] = typed(values[number.place])
    return MappingProxyType(found)


def _varying(route: TaughtRoute, keyword: str) -> frozenset[int]:
    return frozenset(number.place for number in route.numbers if number.keyword == keyword)


def _same(text: str, wanted: str, varying: frozenset[int]) -> bool:
    if text == wanted or not varying:
        return text == wanted
    pieces, others = _NUMBER.split(text), _NUMBER.split(wanted)
    return len(pieces) == len(others) and all(
        piece == other or (index % 2 == 1 and index // 2 in varying)
        for index, (piece, other) in enumerate(zip(pieces, others, strict=True))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What to tick: keywords whose text has to be equal, and numbers in them that vary."""

    keywords: tuple[str, ...]
    numbers: tuple[TaughtNumber, ...] = ()


def suggest(
    text: Mapping[str, str],
    alike: Sequence[Mapping[str, str]] = (),
    others: Sequence[Mapping[str, str]] = (),
) -> Suggestion:
    """Suggest what a route taught from one series should look for.

    Fields come first that other series nobody knows have as well, up to the numbers in them, then
    in the order of their worth. One is enough, unless a series that goes elsewhere has the same
    there; then the next ones are added until they differ.

    Parameters
    ----------
    text
        Descriptive text of the series, by keyword.
    alike
        Texts of other series of the device that no rule knows.
    others
        Texts of series of the device that go elsewhere.

    Returns
    -------
    Suggestion
        Nothing when the series has no text at all. When even all fields together do not tell it
        from the others, all of them.
    """
    own = {keyword: normalise(text.get(keyword, "")) for keyword in FIELD_SCORES}
    places = {
        keyword: frozenset(range(len(numbers_in(words)))) for keyword, words in own.items() if words
    }
    shared = {
        keyword: sum(
            _same(other.get(keyword, ""), own[keyword], places[keyword]) for other in alike
        )
        for keyword in places
    }
    order = sorted(FIELD_SCORES, key=lambda k: (k not in places, not shared.get(k, 0)))
    chosen: list[str] = []
    numbers: list[TaughtNumber] = []
    rivals = list(others)
    for keyword in order:
        varying = _differing(own[keyword], [a.get(keyword, "") for a in alike], places.get(keyword))
        still = [r for r in rivals if _same(r.get(keyword, ""), own[keyword], varying)]
        if len(still) < len(rivals) if chosen else own[keyword]:
            chosen.append(keyword)
            numbers += [TaughtNumber(keyword=keyword, place=place) for place in sorted(varying)]
            rivals = still
        if chosen and not rivals:
            break
    return Suggestion(keywords=tuple(chosen), numbers=tuple(numbers))


def _differing(own: str, others: Iterable[str], places: frozenset[int] | None) -> frozenset[int]:
    """Return which numbers differ among texts that are the same but for numbers."""
    if not places:
        return frozenset()
    mine = numbers_in(own)
    return frozenset(
        place
        for other in others
        if _same(other, own, places)
        for place, number in enumerate(numbers_in(other))
        if number != mine[place]
    )
