"""Items of a report that is mere words: found by their wording, with value, bounds and verdict.

What stands between the wording of an item and the next one, a blank line, or two hundred characters
belongs to it. In it, two numbers joined by a dash, dots or "to" are bounds, a number behind ``<=`` or
``>=`` is one of them, and the number that is then left over is the value. Three bare numbers are told
apart by the heading of their columns, if there is one. More or less than one number left over is no value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from photopeak_analyzers.pet.daily_report import (
    DailyItem,
    decimal_comma,
    numbers_in,
    verdict_in,
    verdict_words,
)

_LONGEST = 200
_MOST_TEXT = 400_000
_JOINED = re.compile(
    r"[^\w<>≤≥]{0,12}(?:[a-zA-Z%/*]{1,12}\s*)?(?:-|–|—|\.{2,}|…|~|～|至|to|bis)\s*[(\[]?\s*"
)
_UPPER = re.compile(
    r"(?:<\s*=?|≤|max(?:imum|\.)?:?|upper(?:\s*(?:limit|bound))?:?)\s*$", re.IGNORECASE
)
_LOWER = re.compile(
    r"(?:>\s*=?|≥|min(?:imum|\.)?:?|lower(?:\s*(?:limit|bound))?:?)\s*$", re.IGNORECASE
)
_UNIT = re.compile(
    r"\s*[\[(]?\s*(?P<unit>%|[A-Za-zµ][A-Za-zµ%*/.^]{0,24}(?:[ _](?:out|outside|of|range|counts)){0,3})"
)
_HEADING = {
    "lower": re.compile(r"(?i)lower|(?<![a-z])min(?![a-z])"),
    "upper": re.compile(r"(?i)upper|(?<![a-z])max(?![a-z])"),
    "value": re.compile(r"(?i)value|measured|actual|result"),
}
_NUMERAL = re.compile(r"[-+]?\d+(?:[.,]\d+)+")


_TITLES = (
    "system quality", "quality guard", "daily qc", "daily quality", "dqa", "block noise",
    "block efficiency", "normalization", "timing resolution", "energy resolution", "scatter ratio",
    "pmt gain", "hardware sensor", "detector", "philips", "siemens", "united imaging", "每日质控",
)  # fmt: skip
"""Words that tell what a document is about, and never whom it is about."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What an item is called, as a regular expression whose case does not matter."""

    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class ReadItems:
    """The items that were found, and the text they were found in."""

    items: tuple[DailyItem, ...]
    text: str

    def overall(self, pattern: str) -> str:
        """Return the verdict that a line has behind the wording of the whole, in its words; else nothing."""
        found = ""
        for match in re.finditer(
            rf"(?im)(?:^|[\s:])(?:{pattern})[ \t]*[:=\-–]?[ \t]*(?P<said>[^\n]{{1,40}})$", self.text
        ):
            said = match["said"].strip()
            if verdict_in(said) is not None:
                # One that failed is believed whatever else is said.
                if found and verdict_in(found) is False:
                    continue
                found = verdict_words(said)
        return found


def read_items(text: str, wordings: Sequence[Wording]) -> ReadItems:
    """Return the items of a text, each once: where it first has a number or a verdict."""
    text = text[:_MOST_TEXT]
    comma = decimal_comma(_NUMERAL.findall(text))
    places = sorted(
        (
            (match.start(), match.end(), wording.name)
            for wording in wordings
            for match in _compiled(wording.pattern).finditer(text)
        ),
        key=lambda place: (place[0], -place[1]),
    )
    kept: list[tuple[int, int, str]] = []
    for place in places:
        if not kept or place[0] >= kept[-1][1]:
            kept.append(place)
    order = _columns(text[: kept[0][0]] if kept else "")
    items: dict[str, DailyItem] = {}
    for index, (_, end, name) in enumerate(kept):
        following = kept[index + 1][0] if index + 1 < len(kept) else len(text)
        part = re.split(r"\n\s*\n", text[end : min(following, end + _LONGEST)], maxsplit=1)[0]
        item = _item(name, part, order, comma=comma)
        if item.value is None and item.passed is None and item.lower is None and item.upper is None:
            continue
        known = items.get(name)
        if known is None:
            items[name] = item
        elif known != item:
            items[name] = _contradicted(known, item)
    return ReadItems(tuple(items.values()), text)


def titles_in(text: str) -> tuple[str, ...]:
    """Return which of the words that daily reports have a text has."""
    flat = " ".join(text[:_MOST_TEXT].casefold().split())
    return tuple(word for word in _TITLES if word in flat)


def _contradicted(first: DailyItem, second: DailyItem) -> DailyItem:
    """Keep what is said twice; where two places differ, the worse verdict and no value."""
    import dataclasses

    passed = None if first.passed is None else first.passed
    if second.passed is False:
        passed = False
    elif passed is None:
        passed = second.passed
    values = [v for v in (first.value, second.value) if v is not None]
    if len(set(values)) > 1:
        return dataclasses.replace(
            first, value=None, passed=passed, fault=f"is both {values[0]:g} and {values[1]:g}"
        )
    given = first if first.value is not None else second
    return dataclasses.replace(given, passed=passed)


def _item(name: str, part: str, order: tuple[str, ...], *, comma: bool) -> DailyItem:
    numbers = numbers_in(part, comma=comma)
    lower: float | None = None
    upper: float | None = None
    left: list[int] = []
    index = 0
    while index < len(numbers):
        value, start, end = numbers[index]
        before = part[max(0, start - 24) : start]
        if index + 1 < len(numbers) and lower is None and upper is None:
            between = part[end : numbers[index + 1][1]]
            if _JOINED.fullmatch(between):
                lower, upper = value, numbers[index + 1][0]
                index += 2
                continue
        if upper is None and _UPPER.search(before):
            upper = value
        elif lower is None and _LOWER.search(before):
            lower = value
        else:
            left.append(index)
        index += 1
    if lower is None and upper is None and len(left) == 3 and order:
        by_name = dict(zip(order, left, strict=True))
        lower, upper = numbers[by_name["lower"]][0], numbers[by_name["upper"]][0]
        left = [by_name["value"]]
    chosen = numbers[left[0]] if len(left) == 1 else None
    unit = ""
    if chosen is not None:
        found = _UNIT.match(part, chosen[2])
        if found is not None and verdict_in(found["unit"]) is None:
            unit = found["unit"]
    ordered = lower is None or upper is None or lower <= upper
    return DailyItem(
        name=name,
        value=chosen[0] if chosen is not None else None,
        unit=unit,
        lower=lower if ordered else None,
        upper=upper if ordered else None,
        bound_unit=unit,
        passed=verdict_in(part),
        said=verdict_words(part),
        fault=""
        if len(left) < 2
        else f"has {len(left)} numbers, of which none can be told to be the value",
    )


def _columns(text: str) -> tuple[str, ...]:
    """Return the order of the columns, when the line above the items names all three."""
    for line in reversed(text.splitlines()[-12:]):
        places = {name: match.start() for name, p in _HEADING.items() if (match := p.search(line))}
        if len(places) == len(_HEADING) and len(set(places.values())) == len(places):
            return tuple(sorted(places, key=lambda name: places[name]))
    return ()


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
