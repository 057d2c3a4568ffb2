"""The whole trend of one number: epochs, control limits, charts, signals, drift, changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from photopeak.model.trends import (
    TREND_TO_LIMIT,
    AcceptedBaseline,
    AnalyzerChange,
    Cusum,
    Drift,
    Epoch,
    Ewma,
    PlacedPoint,
    Rules,
    SeriesKey,
    ServiceEvent,
    Side,
    Sides,
    Signal,
    SignalLevel,
    Track,
    TrendPoint,
)
from photopeak.trends import charts
from photopeak.trends.baseline import resolution
from photopeak.trends.changes import changes, steps
from photopeak.trends.charts import Finding
from photopeak.trends.drift import drift
from photopeak.trends.epochs import Span, spans
from photopeak.trends.noise import Noise
from photopeak.trends.scale import scale_of
from photopeak.trends.sides import sides_of

ACTION_RULES = frozenset({"1_3s", "2_2s", "R_4s"})
"""Rules that ask for somebody to act. With all rules of all metrics there would be a false call
every week."""

WARNING_RULES = frozenset({"1_2s", TREND_TO_LIMIT})


def track(
    key: SeriesKey,
    points: Iterable[TrendPoint],
    *,
    baselines: Iterable[AcceptedBaseline] = (),
    events: Iterable[ServiceEvent] = (),
    rules: Rules | None = None,
    log: bool = False,
) -> Track:
    """Return everything that a trend shows.

    Parameters
    ----------
    key
        What the points have in common. Points of another configuration are left away, and so are
        those in another unit than the last, with the baselines that were made of them.
    points
        Of this metric and scope, also those that do not count: they are shown.
    baselines
        Every version that was accepted for this trend.
    events
        Of the device; those of another detector and those withdrawn are left away.
    log
        Take the logarithm of values and baseline first, for what is skewed; where a value is not
        positive this is not possible, and not done.
    """
    rules = rules or Rules()
    placed = sorted(
        (p for p in points if p.configuration == key.configuration),
        key=lambda p: (p.at, p.result_id),
    )
    others = {p.result_id for p in placed if p.unit != placed[-1].unit}
    placed = [p for p in placed if p.result_id not in others]
    baselines = [a for a in baselines if not a.sources & others]
    concerned = sorted(
        (e for e in events if e.concerns(key.scope) and not e.withdrawn),
        key=lambda e: (e.at, e.id),
    )
    counted = [p for p in placed if p.counts]
    sides = sides_of(key.metric, counted[-1].verdicts if counted else ())
    log = log and all(p.value > 0.0 for p in counted)
    found: list[PlacedPoint] = []
    epochs: list[Epoch] = []
    signals: list[Signal] = []
    shift = None
    for number, span in enumerate(spans(placed, concerned, baselines)):
        inside = [p for p in placed if span.holds(p.at)]
        chart = _chart(number, span, inside, sides=sides, rules=rules, log=log)
        epochs.append(chart.epoch)
        signals += chart.signals
        found += chart.points
        shift = chart.shift
    present = [p for p in counted if epochs and p.at >= epochs[-1].start]
    line = drift(present, since=shift)
    ahead = _foreseen(line, present, sides, rules)
    if ahead is not None:
        signals.append(ahead)
    return Track(
        points=tuple(found),
        epochs=tuple(epochs),
        signals=tuple(signals),
        drift=line,
        changes=changes(counted, concerned, floor=resolution(placed[-1].decimals))
        if counted
        else (),
        steps=steps(counted, concerned),
        events=tuple(concerned),
        analyzers=_analyzers(placed),
        sides=sides,
    )


def _analyzers(points: Sequence[TrendPoint]) -> tuple[AnalyzerChange, ...]:
    """Return where another version of the analysis made the numbers than before."""
    return tuple(
        AnalyzerChange(
            at=after.at, result_id=after.result_id, before=before.analyzer, after=after.analyzer
        )
        for before, after in pairwise(points)
        if before.analyzer != after.analyzer
    )


@dataclass(frozen=True, slots=True)
class _Chart:
    """What one epoch shows; `shift` is since when it is off its baseline, if it is at its end."""

    epoch: Epoch
    points: tuple[PlacedPoint, ...]
    signals: tuple[Signal, ...]
    shift: datetime | None


def _chart(
    number: int,
    span: Span,
    points: Sequence[TrendPoint],
    *,
    sides: Sides,
    rules: Rules,
    log: bool,
) -> _Chart:
    accepted = span.accepted
    counted = [p for p in points if p.counts]
    scale = None
    if accepted is not None and points:
        decimals = points[-1].decimals
        scale = scale_of(accepted.baseline, decimals=decimals, sides=sides, log=log)
    epoch = Epoch(
        start=span.start,
        end=span.end,
        event_id=span.event_id,
        baseline=accepted.baseline if accepted else None,
        band=scale.band if scale else None,
        counted=len(counted),
    )
    sources = accepted.sources if accepted else frozenset[str]()
    placed = {
        p.result_id: PlacedPoint(
            point=p,
            epoch=number,
            in_baseline=p.result_id in sources,
            z=scale.z(p.value) if scale and p.counts else None,
        )
        for p in points
    }
    if scale is None:
        return _Chart(epoch, tuple(placed.values()), (), None)
    made = max((p.at for p in counted if p.result_id in sources), default=epoch.start)
    watched = [p for p in counted if p.result_id not in sources and p.at >= made]
    z = [scale.z(p.value) for p in watched]
    means = charts.ewma(z, bounds=scale.bounds)
    sums = charts.cusum([value / scale.inflation for value in z])
    low = sides is Sides.BOTH
    for p, mean, total in zip(watched, means, sums, strict=True):
        placed[p.result_id] = replace(
            placed[p.result_id],
            ewma=Ewma(
                value=scale.value(mean.value),
                lower=scale.value(-mean.limit) if low else None,
                upper=scale.value(mean.limit),
            ),
            cusum=Cusum(
                high=total.high,
                low=total.low if low else None,
                threshold=charts.CUSUM_DECISION,
            ),
        )
    findings = [
        *charts.westgard(z, sides=sides, run_length=rules.run_length, bounds=scale.bounds),
        *charts.beyond_ewma(means, sides=sides),
        *charts.beyond_cusum(sums, sides=sides),
    ]
    noise = Noise(
        z,
        [scale.uncertainty(p) for p in watched],
        of_baseline=scale.of_baseline,
    )
    signals = tuple(
        _signal(finding, watched, noise=noise.hides(finding))
        for finding in sorted(findings, key=lambda f: f.index)
    )
    ongoing = [s.since for s in signals if s.rule == charts.CUSUM and s.at == watched[-1].at]
    return _Chart(epoch, tuple(placed.values()), signals, ongoing[-1] if ongoing else None)


def _signal(finding: Finding, points: Sequence[TrendPoint], *, noise: bool) -> Signal:
    point, start = points[finding.index], points[finding.start]
    level = SignalLevel.NOTE
    if not noise and finding.rule in ACTION_RULES:
        level = SignalLevel.ACTION
    elif not noise and finding.rule in WARNING_RULES:
        level = SignalLevel.WARNING
    return Signal(
        rule=finding.rule,
        level=level,
        side=finding.side,
        result_id=point.result_id,
        at=point.at,
        value=point.value,
        since_result_id=start.result_id,
        since=start.at,
        noise=noise,
    )


def _foreseen(
    line: Drift | None, points: Sequence[TrendPoint], sides: Sides, rules: Rules
) -> Signal | None:
    """Return the signal that a limit is reached soon; a limit that is reached speaks for itself."""
    if line is None or line.days is None or not line.significant:
        return None
    side = Side.HIGH if line.slope_per_day > 0.0 else Side.LOW
    if not 0.0 < line.days < rules.horizon_days or (side is Side.LOW and sides is Sides.HIGH):
        return None
    last = points[-1]
    start = points[-line.count]
    return Signal(
        rule=TREND_TO_LIMIT,
        level=SignalLevel.WARNING,
        side=side,
        result_id=last.result_id,
        at=last.at,
        value=last.value,
        since_result_id=start.result_id,
        since=start.at,
        limit=line.limit,
        days=line.days,
    )
