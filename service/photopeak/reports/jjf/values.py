"""Numbers of a result as a certificate states them: with U (k = 2) of two digits, and by the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from photopeak.model.judgement import LimitKind, Status
from photopeak.model.results import (
    MeasurementRecord,
    PreconditionRecord,
    ResultRecord,
    ScopeValue,
)
from photopeak.reports.messages import Messages
from photopeak.reports.text import capitalised, number_text, unit_text
from photopeak_analyzers.rounding import stated

COVERAGE_FACTOR = 2.0
"""Of the expanded uncertainties of a report."""

LIMIT_SET = "jjf"
"""The set of limits that holds JJF table 1."""

_PARTS = {
    "sphere_mm": "{value} mm sphere",
    "rod_mm": "{value} mm rods",
    "radius_mm": "{value} mm off the axis",
    "radial_offset_mm": "{value} mm off the axis",
    "plane": "{value} plane",
    "side": "{value}",
    "insert": "{value} insert",
    "marker": "marker {value}",
}
_UNITS = {"{counts}/s/MBq": "s⁻¹·MBq⁻¹", "{counts}/s/kBq": "s⁻¹·kBq⁻¹", "{counts}/s": "s⁻¹"}
_ORDER = {name: place for place, name in enumerate(_PARTS)}


@dataclass(frozen=True, slots=True)
class Reference:
    """A number by JJF table 1: bounds as text, and whether it keeps them (None: not known)."""

    bounds: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Value:
    """One number as stated: `expanded` is U with k = 2, empty where it was not evaluated."""

    measurement: MeasurementRecord
    label: str
    scope: str
    text: str
    expanded: str
    unit: str
    valid: bool
    reference: Reference | None

    @property
    def with_unit(self) -> str:
        """Value with its unit."""
        return f"{self.text} {self.unit}".rstrip()

    @property
    def name(self) -> str:
        """Label with the part that the number belongs to."""
        return f"{self.label}, {self.scope}" if self.scope else self.label


def values(result: ResultRecord, say: Messages) -> tuple[Value, ...]:
    """Return the numbers of a result."""
    return tuple(_value(result, measurement, say) for measurement in result.measurements)


def _value(result: ResultRecord, measurement: MeasurementRecord, say: Messages) -> Value:
    text, expanded = number_text(measurement.value, measurement.decimals), ""
    if measurement.uncertainty:
        text, expanded = stated(
            measurement.value,
            COVERAGE_FACTOR * measurement.uncertainty,
            decimals=measurement.decimals,
        )
    # An invalid result whose conditions do not say which numbers they void has no valid number.
    said = any(condition.voids for condition in result.preconditions)
    return Value(
        measurement=measurement,
        label=say.pick(measurement.label, measurement.label_zh),
        scope=scope_text(measurement.scope, say),
        text=text,
        expanded=expanded,
        unit=_UNITS.get(measurement.unit) or unit_text(measurement.unit),
        valid=(said or result.status is not Status.INVALID) and result.valid(measurement),
        reference=_reference(result, measurement),
    )


def scope_text(scope: Mapping[str, ScopeValue], say: Messages) -> str:
    """Return the part that a number belongs to, in words."""
    parts = []
    for name in sorted(scope, key=lambda n: (_ORDER.get(n, len(_ORDER)), n)):
        value = scope[name]
        shown = (
            number_text(value) if isinstance(value, float) else say(str(value).replace("_", " "))
        )
        pattern = _PARTS.get(name)
        parts.append(say(pattern, value=shown) if pattern else f"{name.replace('_', ' ')} {shown}")
    return say(", ").join(parts)


def _reference(result: ResultRecord, measurement: MeasurementRecord) -> Reference | None:
    for verdict in result.verdicts_on(measurement):
        if verdict.limit_set == LIMIT_SET and verdict.kind is LimitKind.INFORMATIVE:
            unit = unit_text(measurement.unit)
            return Reference(bounds_text(verdict.lower, verdict.upper, unit), verdict.met)
    return None


def bounds_text(lower: float | None, upper: float | None, unit: str) -> str:
    """Return bounds as people write them; empty without any."""
    low, high = (None if b is None else number_text(b) for b in (lower, upper))
    if low is not None and high is not None:
        text = high if low == high else f"{low} … {high}"
    elif high is not None:
        text = f"≤ {high}"
    else:
        text = f"≥ {low}" if low is not None else ""
    return f"{text} {unit}".rstrip() if text else ""


def condition_name(condition: PreconditionRecord, say: Messages) -> str:
    """Return what a condition is about."""
    return say.told(capitalised(condition.quantity) or condition.code)


def condition_found(condition: PreconditionRecord, say: Messages) -> str:
    """Return what was found of a condition."""
    if condition.value is None:
        return say("not known") if condition.outcome == "unknown" else "–"
    if isinstance(condition.value, str):
        return say.told(condition.value)
    return f"{number_text(float(condition.value))} {unit_text(condition.unit)}".rstrip()


def condition_need(condition: PreconditionRecord, say: Messages) -> str:
    """Return what a condition asks for."""
    unit = unit_text(condition.unit)
    if condition.expected:
        return say.told(condition.expected)
    return bounds_text(condition.lower, condition.upper, unit) or "–"


def state_text(result: ResultRecord | None, say: Messages) -> str:
    """Return what became of an item: measured and how well, or why there is no result."""
    if result is None:
        return say("not measured")
    if result.status is Status.ERROR:
        return say("no result: {reason}", reason=why_void(result, say))
    if result.status is Status.INVALID:
        return say("invalid: {reason}", reason=why_void(result, say))
    said = say("measured, in part") if result.partial else say("measured")
    unmet = sum(1 for condition in result.preconditions if not condition.met)
    if unmet:
        said += say("; ") + say("conditions not known to be met: {count}", count=unmet)
    return said


def why_void(result: ResultRecord, say: Messages) -> str:
    """Return why a result is none, or why some of its numbers are not; empty for a good one."""
    if result.failure is not None:
        return capitalised(say.told(result.failure.message))
    broken = [p for p in result.preconditions if p.voids]
    said = []
    for condition in broken:
        where = scope_text(condition.scope, say)
        said.append(
            say(
                "{what}: found {found}, needed {need}",
                what=condition_name(condition, say) + (f" ({where})" if where else ""),
                found=condition_found(condition, say),
                need=condition_need(condition, say),
            )
        )
    if not said and result.status is Status.INVALID:
        said = [say("a condition of the test was not met")]
    return say("; ").join(dict.fromkeys(said))


def moment_text(moment: datetime | None, zone: ZoneInfo, say: Messages) -> str:
    """Return a moment in a time zone, which the foot of every page names."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" if moment else say("not known")
