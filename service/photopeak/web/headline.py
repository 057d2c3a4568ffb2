"""What a result comes down to: its status, and the one number that decided it.

A number never stands without its unit, an uncertainty never without its coverage factor, a
verdict never without the limit it was made by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from photopeak.model.judgement import Status, Verdict
from photopeak.model.results import MeasurementRecord, ResultRecord
from photopeak.reports.text import capitalised, unit_text
from photopeak.web.checks import Check, checks
from photopeak.web.looks import STATUS, Look
from photopeak.web.names import Describe, metric_name, nothing_known
from photopeak.web.numbers import missing, silent_scopes, verdicts_of
from photopeak.web.values import (
    bound_text,
    bounds_text,
    expanded_text,
    scope_text,
    source_text,
    value_text,
)
from photopeak.web.words import Words


@dataclass(frozen=True, slots=True)
class Decided:
    """The number that decided: `relation` says how it lies to its limit, in words."""

    name: str
    value: str
    expanded: str
    unit: str
    relation: str
    source: str


@dataclass(frozen=True, slots=True)
class Headline:
    """A result in a line: the look of its status, what decided, the same said, what follows."""

    look: Look
    decided: Decided | None
    say: str
    more: str


def headline(result: ResultRecord, words: Words, describe: Describe = nothing_known) -> Headline:
    """Return what a result comes down to; `describe` tells of a test what its metrics are called."""
    look = STATUS[result.status]
    if result.failure is not None:
        return Headline(
            look, None, capitalised(words.told(result.failure.message)), words(look.meaning)
        )
    if result.status is Status.INVALID:
        more = words(
            "The numbers are kept but not judged. Repeat the acquisition as the test asks for."
        )
        broken = [check for check in checks(result, words)[0] if check.required]
        return _by_condition(look, broken, more, words)
    deciding = decider(result)
    more = _consequence(result, words)
    if result.partial and result.status is Status.INFO:
        return Headline(look, None, words.told(result.partial), more)
    if deciding is None:
        return _by_something_else(result, look, more, words, describe)
    return _by_number(result, look, deciding, more, words)


def _by_something_else(
    result: ResultRecord, look: Look, more: str, words: Words, describe: Describe
) -> Headline:
    """Return the headline where no number lies beyond a limit: a warning says what it warns of.

    The number that would have decided without the warning stands beside what is warned of.
    """
    not_met, _ = checks(result, words)
    absent = missing(result)
    if result.status is not Status.WARN or not (absent or not_met):
        return Headline(look, None, words(look.meaning), more)
    if absent:
        names = (metric_name(result, v.metric, words, describe) for v in absent)
        metrics = ", ".join(dict.fromkeys(names))
        say = words("A limit asks for {metrics}, which was not measured", metrics=metrics)
    else:
        say = "; ".join(_said(check, words) for check in not_met[:3])
    return Headline(look, _beside(result, words), say, f"{say}. {more}")


def _beside(result: ResultRecord, words: Words) -> Decided | None:
    """Return the number to show with a warning that is of none: the judged one, else the first."""
    passed = replace(result, status=Status.PASS)
    chosen = decider(passed)
    if chosen is not None:
        return _by_number(passed, STATUS[Status.PASS], chosen, "", words).decided
    if not result.measurements:
        return None
    first = result.measurements[0]
    return Decided(
        name=_name(result, first, words),
        value=value_text(first),
        expanded=expanded_text(first),
        unit=unit_text(first.unit),
        relation=words("not judged"),
        source=words.told(first.clause),
    )


def _name(result: ResultRecord, measurement: MeasurementRecord, words: Words) -> str:
    """Return what a number is of: ``Integral uniformity, UFOV, detector 1``."""
    where = scope_text(measurement.scope, words, without=silent_scopes(result))
    label = words.pick(measurement.label, measurement.label_zh)
    return f"{label}, {where}" if where else label


def decider(result: ResultRecord) -> tuple[MeasurementRecord, Verdict] | None:
    """Return the number that decided, with its verdict.

    Of those that carry the status of the result it is the one that lies furthest beyond its limit,
    measured by the limit; of those that keep theirs, the one that comes nearest.
    """
    warns = result.status is Status.WARN
    found = [
        (measurement, verdict)
        for measurement in result.measurements
        for verdict in verdicts_of(result, measurement)
        if verdict.status is result.status and _bounds(verdict, warns=warns) != (None, None)
    ]
    firm = [(m, v) for m, v in found if warns or (v.lower, v.upper) != (None, None)]
    return max(
        firm or found,
        key=lambda pair: _beyond(pair[0].value, *_bounds(pair[1], warns=warns)),
        default=None,
    )


def _bounds(verdict: Verdict, *, warns: bool) -> tuple[float | None, float | None]:
    """Return the bounds that a verdict was made by: when it warns, the narrower ones."""
    firm = (verdict.lower, verdict.upper)
    careful = (verdict.warn_lower, verdict.warn_upper)
    first, second = (careful, firm) if warns else (firm, careful)
    return second if first == (None, None) else first


def _beyond(value: float, lower: float | None, upper: float | None) -> float:
    """Return how far a value lies beyond its bounds, in units of them; negative inside."""
    if lower is not None and upper is not None:
        half = (upper - lower) / 2.0 or 1.0
        return max(lower - value, value - upper) / half
    if upper is not None:
        return (value - upper) / (abs(upper) or 1.0)
    return 0.0 if lower is None else (lower - value) / (abs(lower) or 1.0)


def _by_number(
    result: ResultRecord,
    look: Look,
    deciding: tuple[MeasurementRecord, Verdict],
    more: str,
    words: Words,
) -> Headline:
    measurement, verdict = deciding
    lower, upper = _bounds(verdict, warns=result.status is Status.WARN)
    unit = unit_text(measurement.unit)
    name = _name(result, measurement, words)
    value = value_text(measurement, (verdict,))
    shown = f"{value} {unit}".rstrip()
    if upper is not None and measurement.value > upper:
        bound = f"{bound_text(upper, measurement.decimals)} {unit}".rstrip()
        relation = words("above the limit of {bound}", bound=bound)
        say = words("{name}: {value} is above {bound}", name=name, value=shown, bound=bound)
    elif lower is not None and measurement.value < lower:
        bound = f"{bound_text(lower, measurement.decimals)} {unit}".rstrip()
        relation = words("below the limit of {bound}", bound=bound)
        say = words("{name}: {value} is below {bound}", name=name, value=shown, bound=bound)
    else:
        limit = f"{bounds_text(lower, upper, measurement.decimals)} {unit}".rstrip()
        relation = words("nearest to its limit of {limit}", limit=limit)
        say = words("{name}: {value}, limit {limit}", name=name, value=shown, limit=limit)
    decided = Decided(
        name, value, expanded_text(measurement), unit, relation, source_text(verdict, words)
    )
    return Headline(look, decided, say, more)


def _by_condition(look: Look, broken: Sequence[Check], more: str, words: Words) -> Headline:
    """Return the headline that a condition gives: as a number only where one was found."""
    if not broken:
        return Headline(look, None, words(look.meaning), more)
    first = broken[0]
    where, found = first.found[0]
    say = "; ".join(_said(check, words) for check in broken[:3])
    if not first.measured:
        return Headline(look, None, say, more)
    decided = Decided(
        name=f"{first.name}, {where}" if where else first.name,
        value=found,
        expanded="",
        unit="",
        relation=words("needed: {need}", need=first.need) if first.need else "",
        source=first.clause,
    )
    return Headline(look, decided, say, more)


def _said(check: Check, words: Words) -> str:
    """Return a condition as a line: ``Counts: 512 counts (detector 1), needed: ≥ 10 000 counts``."""
    found = ", ".join(
        f"{value or words('not met')} ({where})" if where else value or words("not met")
        for where, value in check.found
    )
    if not check.need:
        return words("{name}: {found}", name=check.name, found=found)
    said = "{name}: {found}, needed: {need}"
    return words(said, name=check.name, found=found, need=check.need)


def _consequence(result: ResultRecord, words: Words) -> str:
    """Return what else there is to say: how many judgements, and what to do next."""
    judged = [v for v in result.verdicts if v.status in (Status.PASS, Status.WARN, Status.FAIL)]
    fails = sum(1 for v in judged if v.status is Status.FAIL)
    warns = sum(1 for v in judged if v.status is Status.WARN)
    parts = []
    if fails:
        outside = "Outside their limit: {fails} of {count} judgements."
        parts.append(words(outside, fails=fails, count=len(judged)))
    if warns:
        parts.append(words.plural("{count} warning.", "{count} warnings.", warns))
    if judged and not fails and not warns:
        one, many = "The judgement is a pass.", "All {count} judgements are inside their limits."
        parts.append(words.plural(one, many, len(judged)))
    open_ = sum(1 for p in result.preconditions if not p.met)
    if open_ and result.status is not Status.INVALID:
        one, many = "{count} condition is not met.", "{count} conditions are not met."
        parts.append(words.plural(one, many, open_))
    if fails:
        parts.append(words("Repeat the test; if it stays, contact physics."))
    if not judged:
        unjudged = "Not judged, and something needs a look."
        warns_only = result.status is Status.WARN
        parts.append(words(unjudged if warns_only else STATUS[result.status].meaning))
    return " ".join(dict.fromkeys(parts))
