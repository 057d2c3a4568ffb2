"""Numbers of a result as a page shows them: each beside its limits, in groups by detector.

What is judged comes first in its group; a number is rounded for people, but never so far that it
seems to lie on the other side of its limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import MeasurementRecord, ResultRecord, ScopeValue
from photopeak.reports.text import THIN_SPACE, number_text, unit_text
from photopeak.web.looks import KIND, STATUS, WORST_FIRST, Look
from photopeak.web.words import Words

COVERAGE_FACTOR = 2.0
"""Expanded uncertainties on pages are of this coverage factor, and say so."""

SHOWN_UNJUDGED = 4
"""So many numbers a group shows open when none of its numbers is judged."""

_BULLET_WIDTH = 150.0
_MOST_DECIMALS = 6
_SCOPE_WORDS = {
    "detector": "detector {value}",
    "energy_window": "window {value}",
    "field": "{value}",
    "fov": "{value}",
    "axis": "{value}",
    "direction": "{value}",
    "distance_mm": "{value} mm",
}
_HEADS = ("detector", "energy_window")

Scope = Mapping[str, ScopeValue]
GroupKey = tuple[str, str]
"""Detector and energy window of a group of numbers and figures; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Bullet:
    """A value on a line with its limits: lengths in the units of the drawing, 150 wide.

    `zones` holds (css class, start, length); `edges` the places of limits; `dot` of the value.
    """

    zones: tuple[tuple[str, float, float], ...]
    edges: tuple[float, ...]
    dot: float
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """One number as shown; look and limit are of the verdict that counts most."""

    label: str
    scope: str
    value: str
    expanded: str
    unit: str
    clause: str
    limit: str
    source: str
    look: Look
    judged: bool
    bullet: Bullet | None
    others: tuple[tuple[Look, str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The numbers of one detector: `rows` to see at once, `more` to unfold."""

    key: GroupKey
    title: str
    look: Look | None
    rows: tuple[Row, ...]
    more: tuple[Row, ...]


def scope_text(scope: Scope, words: Words, *, without: Iterable[str] = ()) -> str:
    """Return the part a number belongs to, ``UFOV, detector 1``, leaving out some of it."""
    left_out = frozenset(without)
    parts = []
    for name in sorted(scope, key=lambda n: (n not in ("field", "fov"), n != "detector", n)):
        if name in left_out:
            continue
        value = scope[name]
        shown = number_text(value) if isinstance(value, float) else str(value)
        pattern = _SCOPE_WORDS.get(name)
        parts.append(
            words(pattern, value=shown) if pattern else f"{name.replace('_', ' ')} {shown}"
        )
    return ", ".join(parts)


def silent_scopes(result: ResultRecord) -> frozenset[str]:
    """Return what need not be said: the energy window where there is only one."""
    windows = {m.scope.get("energy_window") for m in result.measurements}
    windows |= {p.scope.get("energy_window") for p in result.preconditions}
    windows.discard(None)
    return frozenset() if len(windows) > 1 else frozenset({"energy_window"})


def group_key(scope: Scope, silent: frozenset[str]) -> GroupKey:
    """Return the group that a scope belongs to."""
    detector, window = (
        "" if name in silent or name not in scope else str(scope[name]) for name in _HEADS
    )
    return (detector, window)


def group_title(key: GroupKey, words: Words, *, alone: bool) -> str:
    """Return the heading of a group."""
    detector, window = key
    if detector and window:
        return words("Detector {detector}, window {window}", detector=detector, window=window)
    if detector:
        return words("Detector {detector}", detector=detector)
    if window:
        return words("Window {window}", window=window)
    return words("Numbers") if alone else words("All detectors together")


def groups(result: ResultRecord, words: Words, extra: Iterable[GroupKey] = ()) -> tuple[Group, ...]:
    """Return the numbers in groups, in the order in which the analyzer gave them.

    A number that a limit asks for and that is missing stands in its group as such. `extra` names
    groups that are wanted although they may hold no number.
    """
    silent = silent_scopes(result)
    found: dict[GroupKey, list[Row]] = {}
    for measurement in result.measurements:
        rows = found.setdefault(group_key(measurement.scope, silent), [])
        verdicts = verdicts_of(result, measurement)
        rows.append(_row(measurement, verdicts, result.status, words))
    labels = {m.metric: m.label for m in result.measurements}
    for verdict in missing(result):
        rows = found.setdefault(group_key(verdict.scope, silent), [])
        rows.append(_missing_row(verdict, labels.get(verdict.metric, verdict.metric), words))
    for key in extra:
        found.setdefault(key, [])
    return tuple(
        _group(key, rows, group_title(key, words, alone=len(found) == 1))
        for key, rows in found.items()
    )


def _group(key: GroupKey, rows: Sequence[Row], title: str) -> Group:
    judged = tuple(row for row in rows if row.judged)
    others = tuple(row for row in rows if not row.judged)
    looks = {row.look for row in judged}
    look = next((STATUS[s] for s in WORST_FIRST if STATUS[s] in looks), None)
    if judged:
        return Group(key, title, look, judged, others)
    return Group(key, title, look, others[:SHOWN_UNJUDGED], others[SHOWN_UNJUDGED:])


def verdicts_of(result: ResultRecord, measurement: MeasurementRecord) -> tuple[Verdict, ...]:
    """Return the verdicts on a number, what binds and is worst first."""
    scope = dict(measurement.scope)
    found = [
        v for v in result.verdicts if v.metric == measurement.metric and dict(v.scope) == scope
    ]
    return tuple(sorted(found, key=_weight))


def missing(result: ResultRecord) -> tuple[Verdict, ...]:
    """Return the verdicts on numbers that a limit asks for and that were not measured."""
    given = {(m.metric, frozenset(m.scope.items())) for m in result.measurements}
    return tuple(v for v in result.verdicts if (v.metric, frozenset(v.scope.items())) not in given)


def compared(verdict: Verdict) -> bool:
    """Tell whether there was anything to judge by: a verdict without a limit judges nothing."""
    return verdict.status is not Status.NO_LIMIT


def _weight(verdict: Verdict) -> tuple[bool, bool, int, bool]:
    return (
        not compared(verdict),
        verdict.kind is LimitKind.INFORMATIVE,
        WORST_FIRST.index(verdict.status),
        verdict.lower is None and verdict.upper is None,
    )


def _row(
    measurement: MeasurementRecord, verdicts: Sequence[Verdict], status: Status, words: Words
) -> Row:
    decimals = measurement.decimals
    first = verdicts[0] if verdicts and compared(verdicts[0]) else None
    if first is not None:
        look = STATUS[first.status]
    else:
        look = STATUS[Status.INVALID if status is Status.INVALID else Status.NO_LIMIT]
    return Row(
        label=measurement.label,
        scope=scope_text(measurement.scope, words, without=_HEADS),
        value=value_text(measurement, verdicts),
        expanded=expanded_text(measurement),
        unit=unit_text(measurement.unit),
        clause=measurement.clause,
        limit="" if first is None else limit_text(first, decimals, words),
        source="" if first is None else source_text(first, words),
        look=look,
        judged=first is not None,
        bullet=None if first is None else bullet(measurement, first, words),
        others=tuple(
            (
                other_look(verdict),
                limit_text(verdict, decimals, words) or words("no baseline yet"),
                source_text(verdict, words),
            )
            for verdict in verdicts
            if verdict is not first
        ),
    )


def _missing_row(verdict: Verdict, label: str, words: Words) -> Row:
    return Row(
        label=label,
        scope=scope_text(verdict.scope, words, without=_HEADS),
        value="",
        expanded="",
        unit="",
        clause="",
        limit=limit_text(verdict, 2, words),
        source=source_text(verdict, words),
        look=STATUS[verdict.status],
        judged=True,
        bullet=None,
        others=(),
    )


def other_look(verdict: Verdict) -> Look:
    """Return the look of a verdict that stands beside another: an informative one says whether met."""
    look = STATUS[verdict.status]
    if verdict.status is not Status.INFO or verdict.met is None:
        return look
    word = "Met" if verdict.met else "Not met"
    return Look("pass" if verdict.met else "info", "none", word, look.meaning)


def source_text(verdict: Verdict, words: Words) -> str:
    """Return where a limit comes from, with its standing unless its source says it."""
    kind = words(KIND[verdict.kind])
    source = verdict.source or verdict.limit_set
    return source if kind in source else f"{source} ({kind})"


def value_text(measurement: MeasurementRecord, verdicts: Sequence[Verdict] = ()) -> str:
    """Return a value with its decimals, and with more where rounding would cross a limit."""
    value = measurement.value
    limits = [
        bound
        for v in verdicts
        for bound in (v.lower, v.upper, v.warn_lower, v.warn_upper)
        if bound is not None
    ]
    decimals = measurement.decimals
    while decimals < _MOST_DECIMALS and any(_crosses(value, b, decimals) for b in limits):
        decimals += 1
    return _grouped(number_text(value, decimals))


def _crosses(value: float, bound: float, decimals: int) -> bool:
    rounded = round(value, decimals)
    return (rounded > bound, rounded < bound) != (value > bound, value < bound)


def expanded_text(measurement: MeasurementRecord) -> str:
    """Return the expanded uncertainty, ``± 0.10``; one that would read as zero keeps a digit."""
    if measurement.uncertainty is None:
        return ""
    expanded = COVERAGE_FACTOR * measurement.uncertainty
    text = number_text(expanded, measurement.decimals)
    if expanded > 0.0 and float(text) == 0.0:
        text = number_text(float(f"{expanded:.1g}"))
    return f"±\N{NO-BREAK SPACE}{_grouped(text)}"


def _grouped(text: str) -> str:
    whole, dot, rest = text.partition(".")
    digits = whole.lstrip("-")
    if len(digits) < 5 or not digits.isdigit():
        return text
    return f"{int(whole):,}".replace(",", THIN_SPACE) + dot + rest


def limit_text(verdict: Verdict, decimals: int, words: Words) -> str:
    """Return the bounds of a verdict: ``≤ 5.0``, ``1.0 … 2.0``, with those that warn behind."""
    text = bounds_text(verdict.lower, verdict.upper, decimals)
    warning = bounds_text(verdict.warn_lower, verdict.warn_upper, decimals)
    if not warning:
        return text
    warned = words("warning {bounds}", bounds=warning)
    return f"{text}, {warned}" if text else warned


def bounds_text(lower: float | None, upper: float | None, decimals: int) -> str:
    """Return a pair of bounds as people write them; empty without any."""
    if lower is not None and upper is not None:
        if lower == -upper:
            return f"±\N{NO-BREAK SPACE}{bound_text(upper, decimals)}"
        return f"{bound_text(lower, decimals)} … {bound_text(upper, decimals)}"
    if upper is not None:
        return f"≤\N{NO-BREAK SPACE}{bound_text(upper, decimals)}"
    return "" if lower is None else f"≥\N{NO-BREAK SPACE}{bound_text(lower, decimals)}"


def bound_text(value: float, decimals: int) -> str:
    """Return a limit with the decimals it was given, at least those of the value needed."""
    rounded = number_text(value, decimals)
    same = abs(float(rounded) - value) <= 1e-9 * max(1.0, abs(value))
    return _grouped(rounded if same else number_text(value))


def bullet(measurement: MeasurementRecord, verdict: Verdict, words: Words) -> Bullet | None:
    """Return the value on a line with the limits of one verdict, or None without a limit."""
    limits = [
        v
        for v in (verdict.lower, verdict.upper, verdict.warn_lower, verdict.warn_upper)
        if v is not None
    ]
    if not limits:
        return None
    value = measurement.value
    shown = [*limits, value]
    low, high = min(shown), max(shown)
    if low >= 0.0 and verdict.lower is None and verdict.warn_lower is None:
        low = 0.0
    margin = (high - low) * 0.15 or abs(high) * 0.15 or 1.0
    start = low if low == 0.0 else low - margin
    end = high + margin

    def at(number: float) -> float:
        return round((number - start) / (end - start) * _BULLET_WIDTH, 1)

    borders = sorted({start, end, *limits})
    zones = []
    for left, right in pairwise(borders):
        middle = (left + right) / 2.0
        outside = _beyond(middle, verdict.lower, verdict.upper)
        careful = _beyond(middle, verdict.warn_lower, verdict.warn_upper)
        css = "out" if outside else "caution" if careful else "ok"
        zones.append((css, at(left), round(at(right) - at(left), 1)))
    label = (
        f"{value_text(measurement, (verdict,))}; {limit_text(verdict, measurement.decimals, words)}"
    )
    dot = min(max(at(value), 6.0), _BULLET_WIDTH - 6.0)
    return Bullet(tuple(zones), tuple(at(v) for v in sorted(limits)), dot, label)


def _beyond(value: float, lower: float | None, upper: float | None) -> bool:
    return (lower is not None and value < lower) or (upper is not None and value > upper)
