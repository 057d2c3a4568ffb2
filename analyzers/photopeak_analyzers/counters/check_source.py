"""A check source counted again: its rate against that of an earlier day, decayed to today.

``D = 100 (R_net / (R_0 p(dt)) - 1)`` with the net rate ``R_net``, the rate ``R_0`` of the reference day
and the decay ``p(dt)`` since. Several counts are added: their net counts over those expected. The
uncertainty holds counting, background, reference, clock and half-life.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.budget_table import budget_table
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Inputs,
    Note,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Scope,
    Severity,
)
from photopeak_analyzers.counters.calibrator_readings import (
    nuclide_of,
    nuclide_reading,
    used_half_life,
)
from photopeak_analyzers.counters.sample_conditions import count_conditions
from photopeak_analyzers.counters.sample_readings import (
    BACKGROUND,
    Counted,
    CountParameters,
    background_of,
    began,
    clock_uncertainty,
    counted,
    counts_column,
    decay_uncertainty,
    decayed,
    live_column,
    rows_of,
    start_column,
)
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, ReferenceLine
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import mean_decay
from photopeak_analyzers.readings import Activity
from photopeak_analyzers.shorthand import MetricRow, NumberRow, measurements
from photopeak_analyzers.uncertainty import Budget, Component, Evaluation

FARTHEST_HALF_LIVES = 5.0
"""Half-lives since the reference after which 3 % of the source is left. Practice."""

COUNTS = Reading(
    name="counts",
    label="Counts of the check source",
    label_zh="检查源计数",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(counts_column(), live_column(), start_column(required=False)),
    maximum_rows=1000,
    hint="One row for each count, in the same place; without a start it is the time of the"
    " measurement.",
)

REFERENCE = Reading(
    name="reference_cps",
    label="Net rate of the check source on the reference day",
    label_zh="检查源参考净计数率",
    unit="{counts}/s",
    kind=ReadingKind.ACTIVITY,
    minimum=0.001,
    maximum=1e7,
    hint="Less background, with the time of that count; in the same place and window.",
)

CHECK_READINGS = (
    nuclide_reading(label="Nuclide of the check source", label_zh="检查源核素"),
    COUNTS,
    REFERENCE,
    BACKGROUND,
)
"""Readings of a test of this kind."""

CHECK_METRICS: tuple[MetricRow, ...] = (
    ("constancy_pct", "%", "D", "Change against the reference", "与参考值的偏差", 1),
    ("net_cps", "{counts}/s", "R", "Net rate", "净计数率", 1),
    ("expected_cps", "{counts}/s", "R_0 p", "Rate to be expected", "预期计数率", 1),
    ("change_sigma", "1", "z", "Change in its own uncertainty", "偏差(标准不确定度倍数)", 1),
    ("spread_pct", "%", "s", "Scatter of the counts", "各次计数相对标准偏差", 2),
)
"""Rows of its metrics."""

CHECK_FIGURES = ("counts", "budget")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSourceParameters(CountParameters):
    """What is asked of the counts, and how well times are known."""

    clock_s: float = clock_uncertainty()


def measure_check_source(
    inputs: Inputs, parameters: CheckSourceParameters, clause: str
) -> Analysis:
    """Compare the counts of a check source with what is left of its reference."""
    nuclide = nuclide_of(inputs)
    life, note = used_half_life(nuclide, inputs.variant)
    reference = inputs.activity(REFERENCE.name)
    background = background_of(inputs)
    counts = counted(rows_of(inputs, COUNTS), inputs.performed_at)
    scope = Scope.of(nuclide=nuclide)
    elapsed = [(began(each, COUNTS.name) - reference.at).total_seconds() for each in counts]
    # Mean rate expected of each count: decayed to its start, and on during it.
    expected = [
        reference.value * decayed(each_s, life) * mean_decay(each.live_s, life.seconds)
        for each, each_s in zip(counts, elapsed, strict=True)
    ]
    net = [each.net(background) for each in counts]
    ratio, budget = _ratio(counts, expected, elapsed, background, reference, life, parameters)
    return Analysis(
        measurements=tuple(measurements(scope, _numbers(ratio, counts, background, expected))),
        preconditions=(
            *count_conditions(counts, net, background, parameters, clause, scope),
            _age_condition(elapsed, life, clause, scope),
        ),
        figures=(
            _figure(net, expected),
            budget_table(budget, name="budget", title=f"Uncertainty of the rate of {nuclide}"),
        ),
        notes=(note, *_remarks(reference, scope)),
    )


def _ratio(
    counts: Sequence[Counted],
    expected: Sequence[float],
    elapsed: Sequence[float],
    background: Estimate | None,
    reference: Activity,
    life: HalfLife,
    parameters: CheckSourceParameters,
) -> tuple[Estimate, Budget]:
    """Return the rate over what was to be expected, and the relative budget of it."""
    off = background or Estimate(value=0.0, uncertainty=0.0)
    seconds = sum(each.live_s for each in counts)
    seen = sum(each.counts for each in counts)
    awaited = sum(rate * each.live_s for rate, each in zip(expected, counts, strict=True))
    net = seen - off.value * seconds
    per = max(abs(net), 1.0)
    farthest = max(elapsed, key=abs)
    clock, of_life = decay_uncertainty(farthest, life, clock_s=parameters.clock_s)
    budget = Budget(
        components=(
            Component(
                name="counting",
                standard=math.sqrt(max(seen, 1.0)) / per,
                evaluation=Evaluation.A,
                value=seen,
                unit="{counts}",
            ),
            Component(
                name="background",
                standard=off.uncertainty * seconds / per,
                evaluation=Evaluation.A,
                value=off.value,
                unit="{counts}/s",
            ),
            Component(
                name="reference rate",
                standard=(reference.uncertainty or 0.0) / reference.value,
                sensitivity=-1.0,
                value=reference.value,
                unit="{counts}/s",
            ),
            Component(name="clock", standard=clock),
            Component(name="half-life", standard=of_life, value=life.seconds, unit="s"),
        )
    )
    value = net / awaited
    return Estimate(value=value, uncertainty=per / awaited * budget.standard), budget


def _numbers(
    ratio: Estimate,
    counts: Sequence[Counted],
    background: Estimate | None,
    expected: Sequence[float],
) -> list[NumberRow]:
    net = [each.net(background) for each in counts]
    change = 100.0 * (ratio.value - 1.0)
    u = 100.0 * ratio.uncertainty
    # One background is taken off all counts: their mean does not know it better.
    own = math.hypot(*(each.gross.uncertainty for each in counts)) / len(counts)
    mean_u = math.hypot(own, 0.0 if background is None else background.uncertainty)
    rows: list[NumberRow] = [
        ("constancy_pct", change, u),
        ("net_cps", float(np.mean([each.value for each in net])), mean_u),
        ("expected_cps", float(np.mean(expected)), None),
        ("change_sigma", change / u, None),
    ]
    if len(net) > 1:
        ratios = np.array([each.value for each in net]) / np.array(expected)
        spread = 100.0 * float(ratios.std(ddof=1))
        rows.append(("spread_pct", spread, spread / math.sqrt(2.0 * (len(net) - 1))))
    return rows


def _age_condition(
    elapsed: Sequence[float], life: HalfLife, clause: str, scope: Scope
) -> Precondition:
    """Ask that enough is left of the source, and that its reference is no later day."""
    return bounded(
        PreconditionCode.CALIBRATION_EXPIRED,
        "half-lives since the reference",
        max(elapsed, key=abs) / life.seconds,
        lower=0.0,
        upper=FARTHEST_HALF_LIVES,
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
    )


def _remarks(reference: Activity, scope: Scope) -> list[Note]:
    if reference.uncertainty is not None:
        return []
    return [
        Note(
            code="REFERENCE_TAKEN_AS_EXACT",
            message="no uncertainty of the reference rate is given: it is taken as exact",
            scope=scope,
        )
    ]


def _figure(net: Sequence[Estimate], expected: Sequence[float]) -> CurveFigure:
    awaited = np.array(expected)
    ratios = np.array([each.value for each in net]) / awaited
    spread = 100.0 * max(each.uncertainty / rate for each, rate in zip(net, expected, strict=True))
    return CurveFigure(
        name="counts",
        title="Counts of the check source",
        x_label="Count",
        x_unit="1",
        y_label="Change against the reference",
        y_unit="%",
        curves=(
            Curve(
                label="counts",
                x=np.arange(1.0, len(net) + 1.0),
                y=100.0 * (ratios - 1.0),
                style=CurveStyle.POINTS,
            ),
        ),
        lines=(
            ReferenceLine(label="+2 s of counting", value=2.0 * spread),
            ReferenceLine(label="reference", value=0.0),
            ReferenceLine(label="-2 s of counting", value=-2.0 * spread),
        ),
    )
