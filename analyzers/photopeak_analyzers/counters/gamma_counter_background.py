"""Background of a gamma counter or a probe: its rate in each window, and whether that is steady.

Practice: ``R_b = N_b / t`` by window, several counts of a window added. The counts of one window are
compared with their mean, in standard deviations of Poisson counts: one that lies beyond 3 has seen
something else. With the usual rate of the window the difference is given in its own uncertainty too.
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
    Column,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.counters.sample_readings import (
    Counted,
    counted,
    counts_column,
    live_column,
    rows_of,
    start_column,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, Figure, ReferenceLine
from photopeak_analyzers.numerics.counting import Estimate, rate
from photopeak_analyzers.numerics.repeats import chance_of_more
from photopeak_analyzers.shorthand import NumberRow, as_suffix, in_words, measurements, metrics

CLAUSE = "practice: gamma counter, background"

SIGMAS = 3.0
"""Standard deviations beyond which a count is none of the same background."""

MINUTE_S = 60.0

COUNTS = Reading(
    name="counts",
    label="Counts without a source",
    label_zh="本底计数",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        counts_column(),
        live_column(),
        Column(
            "window",
            kind=ReadingKind.CHOICE,
            label="Energy window",
            label_zh="能窗",
            required=False,
            choices=("open", "Co-57", "Cr-51", "Cs-137", "F-18", "I-125", "I-131", "Tc-99m", "other"),
            hint="Empty for the only one.",
        ),
        start_column(required=False),
        Column(
            "usual_cpm",
            "{counts}/min",
            label="Usual background",
            label_zh="平常本底",
            minimum=0.0,
            maximum=1e8,
            required=False,
            hint="Of this window, from earlier days; once by window is enough.",
        ),
    ),
    maximum_rows=1000,
    hint="One row for each count, with empty tubes and no source near by.",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaCounterBackgroundParameters(Parameters):
    """What is asked of the counts."""

    minimum_counts: float = parameter(
        100.0,
        doc="Counts of a window; with fewer the rate is known to worse than 10 %, a warning.",
        unit="{counts}",
        minimum=0.0,
        maximum=1e9,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WindowBackground:
    """The counts of one window.

    Attributes
    ----------
    cps
        Of all counts together.
    sigmas
        Of each count from what the mean rate lets expect, in its standard deviation.
    usual_cpm
        None when it is not known.
    """

    scope: Scope
    counts: tuple[Counted, ...]
    cps: Estimate
    sigmas: NDArray[np.float64]
    usual_cpm: float | None

    @property
    def total(self) -> float:
        """Counts of all rows."""
        return sum(each.counts for each in self.counts)


def measure(inputs: Inputs, parameters: GammaCounterBackgroundParameters) -> Analysis:
    """Measure the background of each window."""
    found: list[Measurement] = []
    checked: list[Precondition] = []
    figures: list[Figure] = []
    notes: list[Note] = []
    for each in _windows(inputs):
        found += measurements(each.scope, _numbers(each))
        checked.append(
            bounded(
                PreconditionCode.COUNTS,
                "counts of the background",
                each.total,
                lower=parameters.minimum_counts,
                unit="{counts}",
                severity=Severity.SOFT,
                scope=each.scope,
                clause=CLAUSE,
            )
        )
        figures.append(_figure(each))
        notes += _notes(each)
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(checked),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _windows(inputs: Inputs) -> list[WindowBackground]:
    rows = rows_of(inputs, COUNTS)
    names = {row.position: row.text("window") if row.has("window") else None for row in rows}
    counts = counted(rows)
    found = []
    for name in dict.fromkeys(names.values()):
        mine = tuple(each for each in counts if names[each.position] == name)
        usual = {
            row.number("usual_cpm")
            for row in rows
            if row.has("usual_cpm") and names[row.position] == name
        }
        if len(usual) > 1:
            raise ParameterError(
                f"{len(usual)} usual backgrounds are given of the window {name or 'without a name'},"
                " needs at most 1",
                quantity="usual_cpm",
                value=len(usual),
                bound=1,
            )
        seconds = sum(each.live_s for each in mine)
        found.append(
            WindowBackground(
                scope=Scope.of(window=name),
                counts=mine,
                cps=rate(sum(each.counts for each in mine), seconds),
                sigmas=_sigmas(mine),
                usual_cpm=next(iter(usual), None),
            )
        )
    return found


def _sigmas(counts: Sequence[Counted]) -> NDArray[np.float64]:
    """Return how far each count lies from the mean rate, by Poisson; all 0 without counts."""
    seen = np.array([each.counts for each in counts])
    live = np.array([each.live_s for each in counts])
    expected = seen.sum() * live / live.sum()
    # A count is part of the mean that it is compared with.
    variance = expected * (1.0 - live / live.sum())
    spread = np.sqrt(np.where(variance > 0.0, variance, 1.0))
    return np.asarray(np.where(variance > 0.0, (seen - expected) / spread, 0.0))


def _numbers(each: WindowBackground) -> list[NumberRow]:
    cps, cpm = each.cps, MINUTE_S * each.cps.value
    shortest = min(count.live_s for count in each.counts)
    above = cpm + SIGMAS * MINUTE_S * math.sqrt(cps.value / shortest)
    rows: list[NumberRow] = [
        ("background_cpm", cpm, MINUTE_S * cps.uncertainty),
        ("background_cps", cps.value, cps.uncertainty),
        ("background_counts", each.total, math.sqrt(max(each.total, 1.0))),
        ("upper_cpm", above, None),
    ]
    number = len(each.counts)
    if number > 1:
        farthest = each.sigmas[np.abs(each.sigmas).argmax()]
        rows.append(("max_deviation_sigma", float(farthest), None))
    if number > 1 and each.total > 0.0:
        expected = np.array([cps.value * count.live_s for count in each.counts])
        seen = np.array([count.counts for count in each.counts])
        chi = float(np.sum((seen - expected) ** 2 / expected))
        rows.append(("chi_square_probability", chance_of_more(chi, number - 1), None))
    if each.usual_cpm is not None:
        change = cpm - each.usual_cpm
        # What the usual rate lets a count of this duration scatter by, whatever it shows.
        spread = math.sqrt(MINUTE_S * max(each.usual_cpm, cpm) / sum(c.live_s for c in each.counts))
        rows.append(("background_change_sigma", change / spread if spread > 0.0 else 0.0, None))
    return rows


def _notes(each: WindowBackground) -> list[Note]:
    return [
        Note(
            code="BACKGROUND_UNSTEADY",
            message=f"{in_words(each.scope, 'the only window')}: count {count.position} lies"
            f" {sigma:+.1f} standard deviations from the mean; a source near by, contamination, or"
            " electrical noise",
            scope=each.scope,
            values={"row": count.position, "sigma": float(sigma)},
        )
        for count, sigma in zip(each.counts, each.sigmas, strict=True)
        if abs(sigma) > SIGMAS
    ]


def _figure(each: WindowBackground) -> CurveFigure:
    cpm = np.array([MINUTE_S * count.gross.value for count in each.counts])
    mean = MINUTE_S * each.cps.value
    shortest = min(count.live_s for count in each.counts)
    spread = SIGMAS * MINUTE_S * math.sqrt(each.cps.value / shortest)
    lines = [
        ReferenceLine(label="+3 s", value=mean + spread),
        ReferenceLine(label="mean", value=mean),
        ReferenceLine(label="-3 s", value=max(mean - spread, 0.0)),
    ]
    if each.usual_cpm is not None:
        lines.append(ReferenceLine(label="usual", value=each.usual_cpm))
    return CurveFigure(
        name="counts" + as_suffix(each.scope).lower().replace("-", ""),
        title=f"Background, {in_words(each.scope, 'the only window')}",
        x_label="Count",
        x_unit="1",
        y_label="Rate",
        y_unit="{counts}/min",
        curves=(
            Curve(
                label="counts",
                x=np.array([float(count.position) for count in each.counts]),
                y=cpm,
                style=CurveStyle.POINTS,
            ),
        ),
        lines=tuple(lines),
    )


ANALYZER = Analyzer(
    id="gamma_counter_background",
    title="Background of the gamma counter",
    title_zh="γ计数器本底",
    version="1",
    variants=(Variant(name="local", title="Counts without a source", clause=CLAUSE),),
    roles=(),
    readings=(COUNTS,),
    metrics=metrics(
        CLAUSE,
        ("background_cpm", "{counts}/min", "R_b", "Background rate", "本底计数率", 1),
        ("background_cps", "{counts}/s", "R_b", "Background rate", "本底计数率", 3),
        ("background_counts", "{counts}", "N_b", "Counts of the background", "本底计数", 0),
        ("upper_cpm", "{counts}/min", "R_b + 3 s", "Mean and three standard deviations of a count", "本底均值加3倍标准差", 1),
        ("max_deviation_sigma", "1", "z_max", "Farthest count from the mean", "与均值的最大偏差(标准差倍数)", 1),
        ("chi_square_probability", "1", "p", "Chance of a larger chi-square", "卡方概率", 4),
        ("background_change_sigma", "1", "z", "Change against the usual background", "与平常本底之差(标准差倍数)", 1),
    ),
    parameters=GammaCounterBackgroundParameters,
    measure=measure,
    figures=("counts",),
)  # fmt: skip
"""The test, as registered."""
