"""What a board shows of a result: how near its numbers are to their limits, head by head.

A stored result never changes, so what is known of one is kept; only new results are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from photopeak.model.judgement import Status
from photopeak.reports.text import number_text, unit_text
from photopeak.storage import board
from photopeak.storage.board import JudgedNumber
from photopeak.storage.database import Transaction
from photopeak.web.looks import WORST_FIRST
from photopeak.web.values import bounds_text

_FIRM = frozenset({Status.PASS, Status.WARN, Status.FAIL})


@dataclass(frozen=True, slots=True)
class Reading:
    """The number that tells most of a result, or of one head of it.

    `share` is how much of the way to its limit it takes: 1 at the limit, None without one.
    """

    label: str
    label_zh: str
    value: str
    unit: str
    limit: str
    status: Status | None
    share: float | None
    detector: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a board shows of a result; `heads` by detector, empty text for all together."""

    lead: Reading | None
    heads: Mapping[str, Reading]


class FactsKept:
    """Facts of the results that are shown, read once each."""

    def __init__(self) -> None:
        self._known: dict[str, Facts] = {}

    def of(self, tx: Transaction, result_ids: Collection[str]) -> Mapping[str, Facts]:
        """Return the facts of some results; what else was known may be forgotten."""
        known = self._known
        missing = {each for each in result_ids if each not in known}
        if missing:
            known = {each: known[each] for each in result_ids if each in known}
            known.update(_read(tx, missing))
            # A new mapping each time: another thread may be reading the old one.
            self._known = known
        return known


def _read(tx: Transaction, ids: Collection[str]) -> Iterable[tuple[str, Facts]]:
    heads: dict[str, dict[str, Reading]] = {each: {} for each in ids}
    for number in board.numbers(tx, ids):
        mine = heads[number.result_id]
        detector = str(number.scope.get("detector", ""))
        reading = _reading(number, detector)
        if detector not in mine or _rank(reading) > _rank(mine[detector]):
            mine[detector] = reading
    for each, mine in heads.items():
        yield each, Facts(max(mine.values(), key=_rank, default=None), mine)


def leading(numbers: Iterable[JudgedNumber]) -> tuple[JudgedNumber, Reading] | None:
    """Return the number that tells most of a result, with how it is read; None without any."""
    found = [(n, _reading(n, str(n.scope.get("detector", "")))) for n in numbers]
    return max(found, key=lambda pair: _rank(pair[1]), default=None)


def _rank(reading: Reading) -> tuple[int, int, float]:
    """Sort by what deserves attention: a judgement that decides, the worse, the nearer its limit."""
    status = reading.status
    severity = -1 if status is None else len(WORST_FIRST) - WORST_FIRST.index(status)
    return int(status in _FIRM), severity, -1.0 if reading.share is None else reading.share


def _reading(number: JudgedNumber, detector: str) -> Reading:
    lower, upper = number.lower, number.upper
    if lower is None and upper is None:
        lower, upper = number.warn_lower, number.warn_upper
    return Reading(
        number.label,
        number.label_zh,
        number_text(number.value, number.decimals),
        unit_text(number.unit),
        bounds_text(lower, upper, number.decimals),
        number.status,
        share_of(number.value, lower, upper),
        detector,
    )


def share_of(value: float, lower: float | None, upper: float | None) -> float | None:
    """Return how much of the way to its limit a value takes; None where that means nothing."""
    if lower is not None and upper is not None:
        half = (upper - lower) / 2.0
        return abs(value - (upper + lower) / 2.0) / half if half > 0.0 else None
    if upper is not None:
        return max(value / upper, 0.0) if upper > 0.0 else None
    if lower is not None:
        return lower / value if lower > 0.0 and value > 0.0 else None
    return None
