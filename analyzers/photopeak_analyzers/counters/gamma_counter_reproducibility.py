"""Reproducibility of a gamma counter: do repeated counts scatter as Poisson counts do.

Practice: at least ten counts of one source; ``chi^2 = sum (N_i - mean)^2 / mean`` with n - 1 degrees of
freedom. More than the upper critical value: something adds to the statistics (high voltage, place of
the tube, noise). Less than the lower one: something takes from them (dead time, counts that were
copied). Of good counters one in ten lies beyond 5 and 95 %, one in fifty beyond 1 and 99 %.

Counts of unequal times, and of a source that decays meanwhile, are compared with what each of them
should have of the sum: ``chi^2 = sum (N_i - e_i)^2 / e_i``, the same where all are alike. The background,
where it was counted, does not decay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Scope,
    Severity,
    Variant,
    parameter,
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
    counted,
    counts_column,
    decayed,
    live_column,
    rows_of,
    start_column,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import LN2, mean_decay
from photopeak_analyzers.numerics.repeats import chance_of_more, critical_chi_square
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics

CLAUSE = "practice: gamma counter, chi-square of repeated counts"

CRITICAL = (0.01, 0.05, 0.95, 0.99)
"""Shares of good counters below each critical value."""

SLOW_SHARE = 0.001
"""Decay over the counts that needs no times: of 10 000 counts a tenth of their scatter."""

Floats = NDArray[np.float64]

COUNTS = Reading(
    name="counts",
    label="Repeated counts",
    label_zh="重复计数",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(counts_column(), live_column(), start_column(required=False)),
    minimum_rows=3,
    maximum_rows=1000,
    hint="One row for each count of the same source, at least ten; the start of each where the"
    " source decays meanwhile.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproducibilityParameters(CountParameters):
    """What is asked of the counts."""

    minimum_counts: float = parameter(
        1000.0,
        doc="Counts of each row; with fewer the test sees nothing smaller than 3 %, a warning.",
        unit="{counts}",
        minimum=0.0,
        maximum=1e10,
    )
    wanted_counts: int = parameter(
        10, doc="Counts that the test asks for; fewer warn.", minimum=3, maximum=1000
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scatter:
    """Counts against what each should have of their sum."""

    seen: Floats
    expected: Floats

    @property
    def freedom(self) -> int:
        """Degrees of freedom; the sum is that of the counts."""
        return int(self.seen.size) - 1

    @property
    def chi_square(self) -> float:
        """``sum (N - e)^2 / e``."""
        return float(np.sum((self.seen - self.expected) ** 2 / self.expected))

    @property
    def deviations_percent(self) -> Floats:
        """Of each count from what is expected of it."""
        return np.asarray(100.0 * (self.seen / self.expected - 1.0))


def measure(inputs: Inputs, parameters: ReproducibilityParameters) -> Analysis:
    """Compare repeated counts with Poisson's law."""
    nuclide = nuclide_of(inputs)
    life, note = used_half_life(nuclide, inputs.variant)
    background = background_of(inputs)
    counts = counted(rows_of(inputs, COUNTS))
    found = Scatter(
        seen=np.array([each.counts for each in counts]),
        expected=_expected(counts, background, life),
    )
    net = [each.net(background) for each in counts]
    return Analysis(
        measurements=tuple(measurements(Scope(), _numbers(found))),
        preconditions=(
            _number_condition(found, parameters),
            _time_condition(counts, life),
            *count_conditions(counts, net, background, parameters, CLAUSE),
        ),
        figures=_figures(counts, found),
        notes=(note,),
    )


def _expected(counts: Sequence[Counted], background: Estimate | None, life: HalfLife) -> Floats:
    """Return the counts that each should have, so that they come to the sum of those seen."""
    seen = np.array([each.counts for each in counts])
    if not seen.sum() > 0.0:
        raise UnsuitableAcquisitionError(
            "the counts come to 0, needs more than 0", quantity="counts", value=0.0, bound=0.0
        )
    live = np.array([each.live_s for each in counts])
    moments = [each.at for each in counts]
    first = min((at for at in moments if at is not None), default=None)
    left = [
        decayed((at - first).total_seconds(), life) if at is not None and first is not None else 1.0
        for at in moments
    ]
    during = np.array([mean_decay(each.live_s, life.seconds) for each in counts])
    weights = live * np.array(left) * during
    floor = live * (0.0 if background is None else background.value)
    above = float(seen.sum() - floor.sum())
    if above <= 0.0:
        # Nothing but background: it does not decay.
        return np.asarray(seen.sum() * live / live.sum())
    return np.asarray(floor + above * weights / weights.sum())


def _numbers(found: Scatter) -> list[NumberRow]:
    chi, freedom = found.chi_square, found.freedom
    mean = float(found.seen.mean())
    # Of the deviations, so that decay is no scatter.
    spread = float(np.sqrt(np.sum(found.deviations_percent**2) / freedom))
    low, warn_low, warn_high, high = (critical_chi_square(share, freedom) for share in CRITICAL)
    return [
        ("chi_square_probability", chance_of_more(chi, freedom), None),
        ("chi_square", chi, math.sqrt(2.0 * freedom)),
        ("chi_square_1", low, None),
        ("chi_square_5", warn_low, None),
        ("chi_square_95", warn_high, None),
        ("chi_square_99", high, None),
        ("mean_counts", mean, math.sqrt(float(found.seen.sum())) / found.seen.size),
        ("rsd_pct", spread, spread / math.sqrt(2.0 * freedom)),
        ("poisson_rsd_pct", 100.0 / math.sqrt(mean), None),
        ("max_deviation_pct", float(np.abs(found.deviations_percent).max()), None),
        ("counts", found.seen.size, None),
    ]


def _number_condition(found: Scatter, parameters: ReproducibilityParameters) -> Precondition:
    return bounded(
        PreconditionCode.COUNTS,
        "repeated counts",
        float(found.seen.size),
        lower=float(parameters.wanted_counts),
        unit="1",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
    )


def _time_condition(counts: Sequence[Counted], life: HalfLife) -> Precondition:
    """Ask for the times of counts of a source that decays while they are made."""
    timed = sum(each.at is not None for each in counts)
    slow = LN2 * sum(each.live_s for each in counts) / life.seconds <= SLOW_SHARE
    return bounded(
        PreconditionCode.TIME,
        "counts with a start",
        None if timed < len(counts) and not slow else float(timed),
        lower=None if slow else float(len(counts)),
        unit="1",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
        expected="a source that lasts" if slow else "the start of each count",
    )


def _figures(counts: Sequence[Counted], found: Scatter) -> tuple[Figure, ...]:
    position = np.array([float(each.position) for each in counts])
    spread = 100.0 / math.sqrt(float(found.expected.min()))
    chart = CurveFigure(
        name="counts",
        title="Control chart of the counts",
        x_label="Count",
        x_unit="1",
        y_label="Deviation from what is expected",
        y_unit="%",
        curves=(
            Curve(label="counts", x=position, y=found.deviations_percent, style=CurveStyle.POINTS),
        ),
        lines=(
            ReferenceLine(label="+2 s of Poisson", value=2.0 * spread),
            ReferenceLine(label="mean", value=0.0),
            ReferenceLine(label="-2 s of Poisson", value=-2.0 * spread),
        ),
    )
    table = TableFigure(
        name="table",
        title="Counts",
        columns=("count", "start", "live time (s)", "counts", "expected", "chi-square of it"),
        rows=tuple(
            (
                each.position,
                None if each.at is None else each.at.isoformat(timespec="seconds"),
                each.live_s,
                each.counts,
                float(expected),
                float((each.counts - expected) ** 2 / expected),
            )
            for each, expected in zip(counts, found.expected, strict=True)
        ),
    )
    return chart, table


ANALYZER = Analyzer(
    id="gamma_counter_reproducibility",
    title="Reproducibility of the gamma counter",
    title_zh="γ计数器重复性(卡方检验)",
    version="1",
    variants=(Variant(name="local", title="Chi-square of repeated counts", clause=CLAUSE),),
    roles=(),
    readings=(
        nuclide_reading(),
        COUNTS,
        BACKGROUND,
    ),
    metrics=metrics(
        CLAUSE,
        ("chi_square_probability", "1", "p", "Chance of a larger chi-square", "卡方概率", 4),
        ("chi_square", "1", "chi^2", "Chi-square", "卡方", 2),
        ("chi_square_1", "1", "chi^2_1", "Critical value, 1 % of good counters below", "卡方临界值(1%)", 2),
        ("chi_square_5", "1", "chi^2_5", "Critical value, 5 % of good counters below", "卡方临界值(5%)", 2),
        ("chi_square_95", "1", "chi^2_95", "Critical value, 95 % of good counters below", "卡方临界值(95%)", 2),
        ("chi_square_99", "1", "chi^2_99", "Critical value, 99 % of good counters below", "卡方临界值(99%)", 2),
        ("mean_counts", "{counts}", "N", "Mean counts", "平均计数", 0),
        ("rsd_pct", "%", "s_rel", "Relative standard deviation", "相对标准偏差", 2),
        ("poisson_rsd_pct", "%", "s_P", "Relative standard deviation by Poisson", "泊松相对标准偏差", 2),
        ("max_deviation_pct", "%", "d_max", "Largest deviation of a count", "单次计数最大偏差", 2),
        ("counts", "1", "n", "Repeated counts", "重复计数次数", 0),
    ),
    parameters=ReproducibilityParameters,
    measure=measure,
    figures=("counts", "table"),
)  # fmt: skip
"""The test, as registered."""
