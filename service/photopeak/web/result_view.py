"""What a result page says, computed from the stored result alone.

The verdict sentence names what, by how much and which limit; a number is never shown without its
unit, an uncertainty never without its coverage factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import MeasurementRecord, PreconditionRecord, ResultRecord
from photopeak.reports.text import number_text, unit_text
from photopeak.web.looks import KIND, STATUS, WORST_FIRST, Look
from photopeak.web.words import Words

COVERAGE_FACTOR = 2.0
"""Expanded uncertainties on pages are of this coverage factor, and say so."""

_BULLET_WIDTH = 150.0
_SCOPE_WORDS = {
    "detector": "detector {value}",
    "energy_window": "window {value}",
    "field": "{value}",
    "fov": "{value}",
    "axis": "{value}",
    "direction": "{value}",
    "distance_mm": "{value} mm",
}


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
    """One measurement as shown; `verdict` is the one that counts most, `others` the rest."""

    label: str
    scope: str
    value: str
    expanded: str
    unit: str
    symbol: str
    clause: str
    limit: str
    limit_set: str
    look: Look
    judged: bool
    bullet: Bullet | None
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One precondition as shown."""

    look: Look
    text: str
    found: str
    clause: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """The verdict in words: the main sentence, and what follows from it."""

    look: Look
    say: str
    more: str


def scope_text(scope: Mapping[str, str | int | float], words: Words) -> str:
    """Return the part a number belongs to: ``UFOV, detector 1``."""
    parts = []
    for name in sorted(scope, key=lambda n: (n not in ("field", "fov"), n != "detector", n)):
        value = scope[name]
        shown = number_text(value) if isinstance(value, float) else str(value)
        pattern = _SCOPE_WORDS.get(name)
        parts.append(
            words(pattern, value=shown) if pattern else f"{name.replace('_', ' ')} {shown}"
        )
    return ", ".join(parts)


def measurement_rows(result: ResultRecord, words: Words) -> tuple[Row, ...]:
    """Return the measurements in the order in which the analyzer gave them."""
    return tuple(
        _row(m, _verdicts_of(result, m), result.status, words) for m in result.measurements
    )


def _verdicts_of(result: ResultRecord, measurement: MeasurementRecord) -> tuple[Verdict, ...]:
    scope = dict(measurement.scope)
    found = [
        v for v in result.verdicts if v.metric == measurement.metric and dict(v.scope) == scope
    ]
    return tuple(sorted(found, key=_weight))


def _weight(verdict: Verdict) -> tuple[int, int]:
    informative = verdict.kind is LimitKind.INFORMATIVE
    return (int(informative), WORST_FIRST.index(verdict.status))


def _row(
    measurement: MeasurementRecord,
    verdicts: Sequence[Verdict],
    status: Status,
    words: Words,
) -> Row:
    decimals = measurement.decimals
    first = verdicts[0] if verdicts else None
    if first is not None:
        look = STATUS[first.status]
    else:
        unjudged = Status.INVALID if status is Status.INVALID else Status.NO_LIMIT
        look = STATUS[unjudged]
    expanded = ""
    if measurement.uncertainty is not None:
        expanded = f"± {number_text(COVERAGE_FACTOR * measurement.uncertainty, decimals)}"
    return Row(
        label=measurement.label,
        scope=scope_text(measurement.scope, words),
        value=number_text(measurement.value, decimals),
        expanded=expanded,
        unit=unit_text(measurement.unit),
        symbol=measurement.symbol,
        clause=measurement.clause,
        limit="" if first is None else limit_text(first, decimals),
        limit_set="" if first is None else f"{first.limit_set} ({words(KIND[first.kind])})",
        look=look,
        judged=first is not None,
        bullet=None if first is None else bullet(measurement, first),
        others=tuple(
            (
                _other_word(v, words),
                f"{v.limit_set} ({words(KIND[v.kind])}): {limit_text(v, decimals)}",
            )
            for v in verdicts[1:]
        ),
    )


def _other_word(verdict: Verdict, words: Words) -> str:
    if verdict.status is Status.INFO and verdict.met is not None:
        return words("Met") if verdict.met else words("Not met")
    return words(STATUS[verdict.status].word)


def limit_text(verdict: Verdict, decimals: int) -> str:
    """Return the bounds of a verdict: ``≤ 5.0``, ``1.0 … 2.0``, with the warning bound behind."""
    text = _bounds(verdict.lower, verdict.upper, decimals)
    warning = _bounds(verdict.warn_lower, verdict.warn_upper, decimals)
    if text and warning:
        return f"{text} ({warning})"
    return text or (f"({warning})" if warning else "")


def _bounds(lower: float | None, upper: float | None, decimals: int) -> str:
    if lower is not None and upper is not None:
        return f"{_bound(lower, decimals)} … {_bound(upper, decimals)}"
    if upper is not None:
        return f"≤\N{NO-BREAK SPACE}{_bound(upper, decimals)}"
    return "" if lower is None else f"≥\N{NO-BREAK SPACE}{_bound(lower, decimals)}"


def _bound(value: float, decimals: int) -> str:
    """Return a limit with the decimals it was given, at least those of the value needed."""
    rounded = number_text(value, decimals)
    same = abs(float(rounded) - value) <= 1e-9 * max(1.0, abs(value))
    return rounded if same else number_text(value)


def bullet(measurement: MeasurementRecord, verdict: Verdict) -> Bullet | None:
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
        f"{number_text(value, measurement.decimals)}; {limit_text(verdict, measurement.decimals)}"
    )
    dot = min(max(at(value), 6.0), _BULLET_WIDTH - 6.0)
    return Bullet(tuple(zones), tuple(at(v) for v in sorted(limits)), dot, label)


def _beyond(value: float, lower: float | None, upper: float | None) -> bool:
    return (lower is not None and value < lower) or (upper is not None and value > upper)


def check_rows(result: ResultRecord, words: Words) -> tuple[CheckRow, ...]:
    """Return the preconditions, those that are not met first."""
    order = {"not_met": 0, "unknown": 1, "met": 2}
    ordered = sorted(result.preconditions, key=lambda p: (order[p.outcome], p.severity != "hard"))
    return tuple(_check(p, words) for p in ordered)


def _check(check: PreconditionRecord, words: Words) -> CheckRow:
    if check.met:
        look = STATUS[Status.PASS]
    elif check.outcome == "unknown":
        look = STATUS[Status.ERROR]
    else:
        look = STATUS[Status.FAIL if check.severity == "hard" else Status.WARN]
    unit = unit_text(check.unit)
    need = check.expected or _bounds_text(check, unit)
    name = check.quantity or check.code
    where = scope_text(check.scope, words)
    text = " ".join(part for part in (name, need) if part)
    return CheckRow(
        look=look,
        text=f"{text} ({where})" if where else text,
        found=_found(check, unit, words),
        clause=check.clause,
    )


def _bounds_text(check: PreconditionRecord, unit: str) -> str:
    lower = None if check.lower is None else number_text(check.lower)
    upper = None if check.upper is None else number_text(check.upper)
    if lower is not None and upper is not None:
        return f"{lower} … {upper} {unit}".rstrip()
    if upper is not None:
        return f"≤ {upper} {unit}".rstrip()
    return "" if lower is None else f"≥ {lower} {unit}".rstrip()


def _found(check: PreconditionRecord, unit: str, words: Words) -> str:
    if check.value is None:
        return words("not known") if check.outcome == "unknown" else ""
    if isinstance(check.value, str):
        return check.value
    return f"{number_text(float(check.value))} {unit}".rstrip()


def sentence(result: ResultRecord, words: Words) -> Sentence:
    """Return the verdict in words."""
    look = STATUS[result.status]
    if result.failure is not None:
        return Sentence(
            look, words("No result: {why}", why=result.failure.message), words(look.meaning)
        )
    if result.status is Status.INVALID:
        broken = [p for p in result.preconditions if p.severity == "hard" and not p.met]
        why = "; ".join(_broken(p, words) for p in broken[:3])
        more = words(
            "The numbers are kept but not judged. Repeat the acquisition as the test asks for."
        )
        return Sentence(look, words("Not valid: {why}", why=why), more)
    if result.status is Status.FAIL:
        return Sentence(
            look,
            words("Action: {what}", what=_worst(result, Status.FAIL, words)),
            _others(result, words),
        )
    if result.status is Status.WARN:
        what = _worst(result, Status.WARN, words)
        if not what:
            soft = [p for p in result.preconditions if not p.met]
            what = "; ".join(_broken(p, words) for p in soft[:3])
        return Sentence(look, words("Warning: {what}", what=what), _others(result, words))
    if result.status is Status.PASS:
        count = sum(1 for v in result.verdicts if v.status is Status.PASS)
        say = words.plural(
            "Pass: the judged value is inside its limit",
            "Pass: all {count} judgements are inside their limits",
            count,
        )
        return Sentence(look, say, "")
    say = (
        words("For information: only informative limits exist for this test")
        if result.status is Status.INFO
        else words("No limit: the values were computed, but no limit is configured")
    )
    return Sentence(look, say, "")


def _broken(check: PreconditionRecord, words: Words) -> str:
    row = _check(check, words)
    if row.found:
        return words("{found} found, needed: {need}", found=row.found, need=row.text)
    return words("needed: {need}", need=row.text)


def _worst(result: ResultRecord, status: Status, words: Words) -> str:
    for measurement in result.measurements:
        for verdict in _verdicts_of(result, measurement):
            if verdict.status is status:
                return _beside_limit(measurement, verdict, status, words)
    return ""


def _beside_limit(
    measurement: MeasurementRecord, verdict: Verdict, status: Status, words: Words
) -> str:
    warning = status is Status.WARN
    lower = verdict.warn_lower if warning and verdict.warn_lower is not None else verdict.lower
    upper = verdict.warn_upper if warning and verdict.warn_upper is not None else verdict.upper
    unit = unit_text(measurement.unit)
    name = f"{measurement.label} {scope_text(measurement.scope, words)}".strip()
    value = f"{number_text(measurement.value, measurement.decimals)} {unit}".rstrip()
    if upper is not None and measurement.value > upper:
        bound, pattern = upper, "{name}: {value} is above {bound}"
    elif lower is not None and measurement.value < lower:
        bound, pattern = lower, "{name}: {value} is below {bound}"
    else:
        deviates = "{name}: {value} deviates too far from its baseline"
        return words(deviates, name=name, value=value)
    return words(
        pattern,
        name=name,
        value=value,
        bound=f"{_bound(bound, measurement.decimals)} {unit}".rstrip(),
    )


def _others(result: ResultRecord, words: Words) -> str:
    fails = sum(1 for v in result.verdicts if v.status is Status.FAIL)
    warns = sum(1 for v in result.verdicts if v.status is Status.WARN)
    parts = []
    if fails > 1:
        parts.append(words("{count} judgements are outside a limit.", count=fails))
    if warns > 1 or (warns and fails):
        parts.append(words.plural("{count} warning.", "{count} warnings.", warns))
    if fails:
        parts.append(words("Repeat the test; if it stays, contact physics."))
    return " ".join(parts)
