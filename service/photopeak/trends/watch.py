"""What a new result shows in the trends of its numbers, and which alerts follow. Pure.

A limit that is broken outranks every rule: of a number that fails, signals are kept with the
result, and no alert is raised of them. An alert about a trend ends when each of its numbers was
measured again, does not fail, and shows the rule no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from photopeak.model.alerts import Alert, AlertRecord, AlertSeverity, Breach, key_of
from photopeak.model.configuration import configuration_of
from photopeak.model.judgement import Status
from photopeak.model.results import MeasurementRecord, ResultRecord
from photopeak.model.trends import (
    TREND_TO_LIMIT,
    AcceptedBaseline,
    MetricSignal,
    Rules,
    SeriesKey,
    ServiceEvent,
    SignalLevel,
    TrendPoint,
)
from photopeak.trends.track import ACTION_RULES, track

ALERTING = ACTION_RULES | {TREND_TO_LIMIT}
"""Rules that raise an alert; what the others find is shown."""

_JUDGING = (Status.PASS, Status.WARN, Status.FAIL)

_SAID = {
    "1_3s": "more than 3 standard deviations off its baseline",
    "2_2s": "more than 2 standard deviations off its baseline, on the same side, twice in a row",
    "R_4s": "changed by more than 4 standard deviations since the result before",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number of a result with its trend as it is with this result."""

    measurement: MeasurementRecord
    signals: tuple[MetricSignal, ...]
    latest: bool
    fails: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What follows for alerts: those raised, those ended, and those with fewer numbers left."""

    raised: tuple[Alert, ...]
    ended: tuple[AlertRecord, ...]
    narrowed: tuple[tuple[AlertRecord, tuple[Breach, ...]], ...]


def watched(
    result: ResultRecord, baselines: Iterable[AcceptedBaseline]
) -> tuple[MeasurementRecord, ...]:
    """Return the numbers of a result whose trends are looked at: those that count and are judged.

    What has neither a limit that judges nor a baseline informs, and is not tested: every test more
    is a chance more of a false call.
    """
    if result.status in (Status.INVALID, Status.ERROR) or result.device_id is None:
        return ()
    judged = [v for v in result.verdicts if v.status in _JUDGING]
    wanted = [(v.metric, dict(v.scope)) for v in judged]
    wanted += [(a.baseline.metric, dict(a.baseline.scope)) for a in baselines]
    return tuple(
        m for m in result.measurements if (m.metric, dict(m.scope)) in wanted and result.valid(m)
    )


def look(
    result: ResultRecord,
    measurement: MeasurementRecord,
    points: Sequence[TrendPoint],
    *,
    baselines: Iterable[AcceptedBaseline],
    events: Iterable[ServiceEvent],
    rules: Rules,
) -> Number:
    """Return what one number of a result shows in its trend."""
    key = SeriesKey(
        device_id=result.device_id or "",
        test=result.test,
        variant=result.variant,
        metric=measurement.metric,
        scope=measurement.scope,
        configuration=configuration_of(result.provenance.configurations, measurement.scope).key,
    )
    own = [
        a
        for a in baselines
        if (a.baseline.metric, dict(a.baseline.scope), a.baseline.configuration)
        == (key.metric, dict(key.scope), key.configuration)
    ]
    found = track(key, points, baselines=own, events=events, rules=rules)
    counted = [p.point for p in found.points if p.point.counts]
    return Number(
        measurement=measurement,
        signals=tuple(
            MetricSignal(metric=key.metric, scope=key.scope, signal=signal)
            for signal in found.signals
            if signal.result_id == result.id
        ),
        latest=bool(counted) and counted[-1].result_id == result.id,
        fails=any(
            v.status is Status.FAIL and v.metric == key.metric and dict(v.scope) == dict(key.scope)
            for v in result.verdicts
        ),
    )


def effect(
    result: ResultRecord,
    numbers: Sequence[Number],
    known: Sequence[AlertRecord],
    *,
    moment: datetime,
    detector: int | None = None,
    group: str = "",
) -> Effect:
    """Return what a result does to the alerts about trends of its test.

    Parameters
    ----------
    known
        Alerts of this device, test and variant that are not closed.
    moment, detector, group
        When it was measured, which head it is of when its numbers do not tell, and what else keeps
        its test set apart.
    """
    calls: dict[tuple[str, int | None], list[tuple[Number, MetricSignal]]] = {}
    for number in numbers:
        head = _head(number.measurement.scope, detector)
        for entry in number.signals:
            quiet = entry.signal.noise or entry.signal.level is SignalLevel.NOTE
            if number.latest and not number.fails and not quiet and entry.signal.rule in ALERTING:
                calls.setdefault((entry.signal.rule, head), []).append((number, entry))
    opened = {
        alert.key: alert
        for (rule, head), found in calls.items()
        for alert in [_alert(result, rule, head, found, moment=moment, group=group)]
    }
    good = [n for n in numbers if n.latest and not n.fails]
    ended, narrowed = [], []
    for record in known:
        if record.alert.rule not in ALERTING:
            continue
        again = opened.get(record.alert.key)
        called = again.breaches if again is not None else ()
        left = tuple(
            b
            for b in record.alert.breaches
            if b not in called and not any(_shown_good(b, result, n, group) for n in good)
        )
        if again is not None:
            opened[again.key] = replace(again, breaches=(*left, *called))
        elif not left:
            ended.append(record)
        elif len(left) < len(record.alert.breaches):
            narrowed.append((record, left))
    return Effect(raised=tuple(opened.values()), ended=tuple(ended), narrowed=tuple(narrowed))


def _alert(
    result: ResultRecord,
    rule: str,
    head: int | None,
    found: Sequence[tuple[Number, MetricSignal]],
    *,
    moment: datetime,
    group: str,
) -> Alert:
    name = result.title or result.test
    place = f" (detector {head})" if head is not None else ""
    what = "heads for its limit" if rule == TREND_TO_LIMIT else f"out of control, {rule}"
    sentences = [_sentence(number.measurement, entry) for number, entry in found]
    return Alert(
        key=key_of(
            result.device_id or "", result.test, rule, variant=result.variant, detector=head
        ),
        severity=AlertSeverity.WARNING,
        title=f"{name}{place}: {what}",
        message="; ".join(sentences),
        device_id=result.device_id,
        test=result.test,
        variant=result.variant,
        detector=head,
        rule=rule,
        result_id=result.id,
        breaches=tuple(_breach(result, number.measurement, group) for number, _ in found),
        acquired_at=moment,
    )


def _sentence(number: MeasurementRecord, entry: MetricSignal) -> str:
    signal = entry.signal
    unit = "" if number.unit in ("", "1") else f" {number.unit}"
    said = f"{number.label} {number.value:.{number.decimals}f}{unit}"
    if signal.limit is not None and signal.days is not None:
        days = max(1, round(signal.days))
        return (
            f"{said}: at the present slope its limit of {signal.limit:g}{unit} is reached in "
            f"{days} day{'' if days == 1 else 's'}"
        )
    return f"{said}: {_SAID[signal.rule]}"


def _breach(result: ResultRecord, number: MeasurementRecord, group: str) -> Breach:
    return Breach(
        metric=number.metric,
        scope=dict(number.scope),
        group=group,
        window=_window(result, number.scope),
    )


def _shown_good(breach: Breach, result: ResultRecord, number: Number, group: str) -> bool:
    """Tell whether a number that is good is the one that an alert is about."""
    scope = number.measurement.scope
    return (
        (breach.metric, breach.group) == (number.measurement.metric, group)
        and dict(breach.scope) == dict(scope)
        and breach.seen_through(_window(result, scope))
    )


def _window(result: ResultRecord, scope: Mapping[str, str | int | float]) -> str:
    return configuration_of(result.provenance.configurations, scope).parts.get("energy window", "")


def _head(scope: Mapping[str, str | int | float], detector: int | None) -> int | None:
    value = scope.get("detector")
    return value if isinstance(value, int) else detector
