"""The daily report of a PET scanner as plain values, whatever maker and form it comes in.

A layout is one form of one maker: how it is recognised and how it is read. What a layout cannot tell
for certain stays None; nothing is guessed, and the words of the maker decide about passed or failed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from photopeak_analyzers.document import Document

_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][-+]?\d{1,4})?")
_PASSED = re.compile(r"(?i)(?<![a-z])(?:passed|pass|ok|success|successful)(?![a-z])|合格|通过|正常")
_FAILED = re.compile(
    r"(?i)(?<![a-z])(?:not[ _-]+pass(?:ed)?|failed|fail|failure|not[ _-]?ok|not[ _-]+success(?:ful)?"
    r"|unsuccessful|out[ _-]of[ _-]spec(?:ification)?|error|aborted|incomplete)(?![a-z])"
    r"|[不未非]合格|[不未没]有?通过|[不非]正常|异常|失败"
)
_DOUBTED = re.compile(
    r"(?i)(?<![a-z])(?:no|not|non|never|un|cannot|nicht|kein|false|with(?:out)?|warn(?:ing)?s?|but|except"
    r"|skipped|bypassed|partial(?:ly)?|conditional(?:ly)?|pending|n[./]a)(?![a-z])|n['’]t(?![a-z])"
    r"|[不未没非无]|警告|部分|基本"
)
"""What takes from a word of passing that it is one."""
_ALONE = re.compile(r"(?i)[\s.!]*(?:passed|pass|ok|success|successful|合格|通过|正常)[\s.!]*")


LARGEST = 1e15
"""Larger numbers stand in no report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyItem:
    """One item of a report.

    Attributes
    ----------
    name
        As the report has it, without what only keeps the order.
    metric
        Key of the metric that `value` is one of; empty for an item of another kind.
    value, unit
        In the unit of the report; None when there is none, or none that can be told for certain.
    lower, upper
        Bounds of the maker as printed, in `bound_unit`.
    passed
        What the maker says; None when he says nothing, or something that is not understood.
    said
        His own word.
    fault
        What is wrong with the item itself, as half a sentence; empty when nothing is.
    """

    name: str
    metric: str = ""
    value: float | None = None
    unit: str = ""
    lower: float | None = None
    upper: float | None = None
    bound_unit: str = ""
    passed: bool | None = None
    said: str = ""
    fault: str = ""

    @property
    def bounds_apply(self) -> bool:
        """Whether the printed bounds are those of the value and not of what was counted for it."""
        given = [bound for bound in (self.lower, self.upper) if bound is not None]
        return bool(given) and same_unit(self.unit, self.bound_unit) and given == sorted(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockValues:
    """A value per block: `rows` of blocks, each with its name and its values in order."""

    title: str
    names: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phantom:
    """The source of the check; its activity at the time of assay, in MBq."""

    nuclide: str
    activity_mbq: float | None
    assayed_at: datetime | None
    calibration_factor: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyReport:
    """A report: its items, what it says of the whole, and what else it holds.

    `prints_bounds` tells that this form has bounds for every number, so that none is without.
    """

    title: str
    maker: str
    items: tuple[DailyItem, ...]
    passed: bool | None
    said: str = ""
    scanned_at: datetime | None = None
    software: str = ""
    station: str = ""
    phantom: Phantom | None = None
    prints_bounds: bool = False
    block_efficiency: BlockValues | None = None
    plane_profile: tuple[float, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A form of report: its name, whether a document is one, and how it is read."""

    title: str
    fits: Callable[[Document], bool]
    read: Callable[[Document], DailyReport]


def layouts() -> tuple[Layout, ...]:
    """Return the layouts that are known."""
    from photopeak_analyzers.pet.philips_daily import PHILIPS_PDF
    from photopeak_analyzers.pet.siemens_daily import SIEMENS_PDF, SIEMENS_XML

    return (SIEMENS_XML, SIEMENS_PDF, PHILIPS_PDF)


def layout_of(document: Document) -> Layout | None:
    """Return the layout of a document, or None when it is none that is known."""
    return next((layout for layout in layouts() if layout.fits(document)), None)


def verdict_in(text: str) -> bool | None:
    """Return whether the maker says passed or failed; None for neither, and for both.

    >>> verdict_in("Passed"), verdict_in("NOT PASSED"), verdict_in("合格"), verdict_in("Bypassed")
    (True, False, True, None)
    >>> verdict_in("no pass") is None, verdict_in("Passed with warnings") is None
    (True, True)
    """
    if _FAILED.search(text):
        return None if _PASSED.search(_FAILED.sub(" ", text)) else False
    return True if _PASSED.search(text) and not _DOUBTED.search(text) else None


def verdict_alone(text: str) -> bool | None:
    """Return the verdict of a text that is to hold nothing else: more beside passing is none.

    >>> verdict_alone("Passed"), verdict_alone("Passed?"), verdict_alone("Failed (3 blocks)")
    (True, None, False)
    """
    verdict = verdict_in(text)
    return None if verdict and not _ALONE.fullmatch(text) else verdict


def verdict_words(text: str) -> str:
    """Return what of a text is about passing or failing; the rest may name people.

    >>> verdict_words("12.5 % Failed, seen by J. Doe")
    'Failed'
    """
    found = {m.start(): m.group() for p in (_FAILED, _PASSED, _DOUBTED) for m in p.finditer(text)}
    return " ".join(found[start] for start in sorted(found))[:64]


def no_number_of(value: float | None) -> bool:
    """Tell whether a value cannot be how many of something there are."""
    return value is not None and (value < 0.0 or value != int(value))


def decimal_comma(texts: Iterable[str]) -> bool:
    """Tell whether a comma stands for the decimal point: no number has a point, and one a comma."""
    comma = False
    for text in texts:
        if _NUMBER.fullmatch(text.strip()):
            if "." in text:
                return False
            comma = comma or "," in text
    return comma


def number_of(text: str, *, comma: bool) -> float | None:
    """Return a number as written; None when it is none, or its comma can mean two things.

    >>> number_of("2.764e+007", comma=False), number_of("102,1", comma=True)
    (27640000.0, 102.1)
    >>> number_of("1,234", comma=False) is None, number_of("12.5 %", comma=False) is None
    (True, True)
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    if "," in text:
        if "." in text or text.count(",") > 1 or not comma:
            return None
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= LARGEST else None


def numbers_in(text: str, *, comma: bool) -> list[tuple[float, int, int]]:
    """Return the numbers of a text with where they begin and end; words with digits have none."""
    found = []
    for match in _NUMBER.finditer(text):
        start, written = match.start(), match.group()
        before = text[start - 1 : start]
        if written[0] in "+-" and (before.isalnum() or before in ("%", ")", "]")):
            # A dash between two things joins them and is no sign.
            start, written = start + 1, written[1:]
        elif before.isalnum() or before == "_":
            continue
        value = number_of(written, comma=comma)
        if value is not None:
            found.append((value, start, match.end()))
    return found


def same_unit(one: str, other: str) -> bool:
    """Tell whether two units are written alike, blanks, case and brackets aside."""
    return _plain(one) == _plain(other)


def _plain(unit: str) -> str:
    return re.sub(r"[\s\[\](){}_]", "", unit).casefold()
