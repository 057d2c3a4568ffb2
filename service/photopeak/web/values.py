"""Single values as a page writes them: rounded for people, with uncertainty, limits and place.

A number is never rounded so far that it seems to lie on the other side of its limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from photopeak.model.judgement import Verdict
from photopeak.model.results import MeasurementRecord, ScopeValue
from photopeak.reports.text import THIN_SPACE, number_text
from photopeak.web.looks import KIND
from photopeak.web.words import Words

COVERAGE_FACTOR = 2.0
"""Expanded uncertainties on pages are of this coverage factor, and say so."""

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
    "scatter": "{value} scatter",
    "sphere_mm": "{value} mm sphere",
    "insert": "{value} insert",
    "rod_mm": "{value} mm rods",
    "radius_mm": "{value} mm off the axis",
    "radial_offset_mm": "{value} mm off the axis",
    "plane": "{value} plane",
    "side": "{value}",
    "marker": "marker {value}",
    "part": "{value}",
    "position": "{value}",
    "maker": "{value}",
    "item": "{value}",
    "source": "{value}",
    "energy_kev": "{value} keV",
    "method": "by {value}",
    "nuclide": "{value}",
}
_AXES = frozenset({"axis", "direction"})
_FROM_COARSE = ("", "radius_mm", "plane", "side")
Scope = Mapping[str, ScopeValue]


@dataclass(frozen=True, slots=True)
class Bullet:
    """A value on a line with its limits: lengths in the units of the drawing, 150 wide.

    `zones` holds (css class, start, length); `edges` the places of limits; `dot` of the value.
    """

    zones: tuple[tuple[str, float, float], ...]
    edges: tuple[float, ...]
    dot: float
    label: str


def scope_text(scope: Scope, words: Words, *, without: Iterable[str] = ()) -> str:
    """Return the part a number belongs to, ``UFOV, detector 1``, leaving out some of it."""
    left_out = frozenset(without)
    parts = []
    for name in sorted(scope, key=_order):
        if name in left_out:
            continue
        value = scope[name]
        shown = number_text(value) if isinstance(value, float) else str(value)
        if isinstance(value, str):
            shown = words(shown.replace("_", " "))
        if name in _AXES and len(shown) == 1:
            shown = shown.upper()
        pattern = _SCOPE_WORDS.get(name)
        parts.append(
            words(pattern, value=shown) if pattern else f"{name.replace('_', ' ')} {shown}"
        )
    return words(", ").join(parts)


def _order(name: str) -> tuple[bool, bool, int, str]:
    """Sort the parts of a place: field and detector first, those of a position from the coarse to the fine."""
    place = _FROM_COARSE.index(name) if name in _FROM_COARSE else 0
    return name not in ("field", "fov"), name != "detector", place, name


def source_text(verdict: Verdict, words: Words) -> str:
    """Return where a limit comes from, with its standing unless its source says it.

    A source that comes with the service is said in the language; one of a site stays as it is.
    """
    kind = KIND[verdict.kind]
    source = verdict.source or verdict.limit_set
    said = words(source)
    return (
        said
        if kind in source
        else words("{source} ({standing})", source=said, standing=words(kind))
    )


class Valued(Protocol):
    """A number with its decimals and its standard uncertainty."""

    @property
    def value(self) -> float:
        """The number."""
        ...

    @property
    def uncertainty(self) -> float | None:
        """Standard, k = 1."""
        ...

    @property
    def decimals(self) -> int:
        """How many people write."""
        ...


def value_text(measurement: Valued, verdicts: Sequence[Verdict] = ()) -> str:
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


def expanded_text(measurement: Valued) -> str:
    """Return the expanded uncertainty, ``± 0.10``; one that would read as zero keeps a digit."""
    if measurement.uncertainty is None:
        return ""
    expanded = COVERAGE_FACTOR * measurement.uncertainty
    text = number_text(expanded, measurement.decimals)
    if expanded > 0.0 and float(text) == 0.0:
        text = f"{expanded:.{-math.floor(math.log10(expanded))}f}"
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
