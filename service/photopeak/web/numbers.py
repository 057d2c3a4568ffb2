"""Numbers of a result as a page shows them: each beside its limits, in groups by detector.

What is judged comes first in its group, and what a limit asks for and is missing stands there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import MeasurementRecord, ResultRecord
from photopeak.reports.text import unit_text
from photopeak.web.looks import STATUS, WORST_FIRST, Look
from photopeak.web.names import Describe, metric_name, nothing_known
from photopeak.web.trend_address import trend_address
from photopeak.web.values import (
    Bullet,
    Scope,
    bounds_text,
    bullet,
    expanded_text,
    limit_text,
    scope_text,
    source_text,
    value_text,
)
from photopeak.web.words import Words

SHOWN_UNJUDGED = 4
"""So many numbers a group shows open when none of its numbers is judged."""

_HEADS = ("detector", "energy_window")

GroupKey = tuple[str, str]
"""Detector and energy window of a group of numbers and figures; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One number as shown; look and limit are of the verdict that counts most.

    `trend` is where it is shown over time; empty where there is none.
    """

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
    trend: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The numbers of one detector: `rows` to see at once, `more` to unfold."""

    key: GroupKey
    title: str
    look: Look | None
    rows: tuple[Row, ...]
    more: tuple[Row, ...]


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


def groups(
    result: ResultRecord,
    words: Words,
    extra: Iterable[GroupKey] = (),
    describe: Describe = nothing_known,
) -> tuple[Group, ...]:
    """Return the numbers in groups, in the order in which the analyzer gave them.

    A number that a limit asks for and that is missing stands in its group as such. `extra` names
    groups that are wanted although they may hold no number; `describe` tells of a test what its
    metrics are called.
    """
    silent = silent_scopes(result)
    found: dict[GroupKey, list[Row]] = {}
    for measurement in result.measurements:
        rows = found.setdefault(group_key(measurement.scope, silent), [])
        verdicts = verdicts_of(result, measurement)
        row = _row(measurement, verdicts, words, valid=result.valid(measurement))
        rows.append(replace(row, trend=trend_of(result, measurement)))
    for verdict in missing(result):
        rows = found.setdefault(group_key(verdict.scope, silent), [])
        name = metric_name(result, verdict.metric, words, describe)
        rows.append(_missing_row(verdict, name, words))
    for key in extra:
        found.setdefault(key, [])
    return tuple(
        _group(key, rows, group_title(key, words, alone=len(found) == 1))
        for key, rows in found.items()
    )


def trend_of(result: ResultRecord, number: MeasurementRecord) -> str:
    """Return where a number is shown over time; empty for one of an unknown device."""
    if result.device_id is None:
        return ""
    return trend_address(result.device_id, result.test, result.variant, number.metric, number.scope)


def _group(key: GroupKey, rows: Sequence[Row], title: str) -> Group:
    judged = tuple(row for row in rows if row.judged)
    others = tuple(row for row in rows if not row.judged)
    looks = {row.look for row in judged}
    look = next((STATUS[s] for s in WORST_FIRST if STATUS[s] in looks), None)
    if judged:
        return Group(key, title, look, judged, others)
    invalid = STATUS[Status.INVALID]
    look = invalid if any(row.look is invalid for row in others) else None
    return Group(key, title, look, others[:SHOWN_UNJUDGED], others[SHOWN_UNJUDGED:])


def verdicts_of(result: ResultRecord, measurement: MeasurementRecord) -> tuple[Verdict, ...]:
    """Return the verdicts on a number, what binds and is worst first."""
    return tuple(sorted(result.verdicts_on(measurement), key=_weight))


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
    measurement: MeasurementRecord, verdicts: Sequence[Verdict], words: Words, *, valid: bool
) -> Row:
    decimals = measurement.decimals
    unit = unit_text(measurement.unit)
    first = verdicts[0] if verdicts and compared(verdicts[0]) else None
    if first is not None:
        look = STATUS[first.status]
    else:
        look = STATUS[Status.NO_LIMIT if valid else Status.INVALID]
    return Row(
        label=words.pick(measurement.label, measurement.label_zh),
        scope=scope_text(measurement.scope, words, without=_HEADS),
        value=value_text(measurement, verdicts),
        expanded=expanded_text(measurement),
        unit=unit,
        clause=words.told(measurement.clause),
        limit="" if first is None else limit_text(first, decimals, words),
        source="" if first is None else source_text(first, words),
        look=look,
        judged=first is not None,
        bullet=None if first is None else bullet(measurement, first, words),
        others=tuple(
            (
                other_look(verdict),
                f"{bounds} {unit}".rstrip()
                if (bounds := _own_bounds(verdict, decimals))
                else words("no baseline yet"),
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


def _own_bounds(verdict: Verdict, decimals: int) -> str:
    """Return the bounds that a verdict beside the first was made by."""
    careful = bounds_text(verdict.warn_lower, verdict.warn_upper, decimals)
    firm = bounds_text(verdict.lower, verdict.upper, decimals)
    return careful or firm if verdict.status is Status.WARN else firm or careful
