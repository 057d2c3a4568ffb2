"""Efficiency of a gamma counter: counts per positron, or counts per photon, as named.

Practice: sources of known activity, such as Ge-68 and F-18, each counted in the window of the
measurements to come; ``e = R_net / (A p(dt) I)``, see
:mod:`~photopeak_analyzers.counters.sample_efficiency`. ``33.5 %`` is 0.335 counts a second per positron a
second. The basis has to be named, belongs to the scope of the numbers, and results of different ones
never meet.

With Ge-68 and another positron emitter the ratio of their efficiencies is given: it holds what their
containers and the range of their positrons make different, and the branching ratios as far as those are
wrong. The uncertainty of an efficiency is that of its budget; None without that of the activity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from photopeak_analyzers.budget_table import budget_table
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Column,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Reading,
    ReadingKind,
    Scope,
    Variant,
)
from photopeak_analyzers.counters.calibrator_readings import NAMES, used_half_life
from photopeak_analyzers.counters.efficiency_conditions import efficiency_conditions
from photopeak_analyzers.counters.sample_efficiency import (
    Efficiency,
    EfficiencyParameters,
    SourceCount,
    activity_columns,
    efficiencies,
    source_counts,
)
from photopeak_analyzers.counters.sample_emissions import (
    BASIS,
    LOWER,
    UPPER,
    Basis,
    basis_of,
    emission_note,
    window_of,
)
from photopeak_analyzers.counters.sample_readings import (
    BACKGROUND,
    background_of,
    rows_of,
)
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.shorthand import NumberRow, distinct, measurements, metrics

CLAUSE = "practice: gamma counter, efficiency with sources of known activity"

REFERENCE_NUCLIDE = "Ge-68"
"""Of the ratio: its sources last, and are what others are compared with."""

PERCENT = 100.0


SOURCES = Reading(
    name="sources",
    label="Sources of known activity",
    label_zh="已知活度的源",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        Column("nuclide", kind=ReadingKind.CHOICE, label="Nuclide", label_zh="核素", choices=NAMES),
        *activity_columns(),
    ),
    maximum_rows=200,
    hint="One row for each count of a source; times with their zone.",
)


def measure(inputs: Inputs, parameters: EfficiencyParameters) -> Analysis:
    """Measure the efficiency for each nuclide."""
    basis, window = basis_of(inputs), window_of(inputs)
    rows = rows_of(inputs, SOURCES)
    background = background_of(inputs)
    sources = source_counts(
        rows, [row.text("nuclide") for row in rows], basis, window, background, inputs.variant
    )
    found: list[Measurement] = []
    checked: list[Precondition] = []
    figures: list[Figure] = []
    notes: list[Note] = []
    by_nuclide = efficiencies(sources, inputs.variant, parameters)
    for nuclide, each in by_nuclide.items():
        scope = Scope.of(nuclide=nuclide, basis=str(basis))
        found += measurements(scope, _numbers(each))
        checked += efficiency_conditions(each, basis, window, background, parameters, CLAUSE, scope)
        figures.append(
            budget_table(
                each.budget,
                name="budget_" + nuclide.lower().replace("-", ""),
                title=f"Uncertainty of the efficiency for {nuclide}, counts per {basis}",
            )
        )
        notes += _notes(each, basis, inputs.variant)
    found += _ratios(by_nuclide, basis)
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(checked),
        figures=(_figure(sources, by_nuclide, basis), _table(sources, basis), *figures),
        notes=tuple(notes),
    )


def _numbers(each: Efficiency) -> list[NumberRow]:
    u, number = each.uncertainty, len(each.sources)
    rows: list[NumberRow] = [
        ("efficiency_pct", PERCENT * each.value, None if u is None else PERCENT * u),
        (
            "expanded_uncertainty_pct",
            None if u is None else PERCENT * each.budget.expanded(),
            None,
        ),
        (
            "rate_per_kbq",
            float(np.mean([1e3 * s.net.value / s.bq for s in each.sources])),
            None,
        ),
        ("sources", number, None),
    ]
    if each.spread is not None:
        of_spread = each.spread / math.sqrt(2.0 * (number - 1))
        rows.append(("efficiency_sd_pct", PERCENT * each.spread, PERCENT * of_spread))
    return rows


def _ratios(found: Mapping[str, Efficiency], basis: Basis) -> list[Measurement]:
    if basis is not Basis.POSITRON or REFERENCE_NUCLIDE not in found:
        return []
    reference = found[REFERENCE_NUCLIDE]
    rows = []
    for nuclide, each in found.items():
        if nuclide == REFERENCE_NUCLIDE:
            continue
        ratio = each.value / reference.value
        known = each.known and reference.known
        # One background is taken off both: what is wrong with it cancels in part.
        background = each.of_background - reference.of_background
        u = ratio * math.hypot(each.of_all_else, reference.of_all_else, background)
        rows += measurements(
            Scope.of(nuclide=nuclide, basis=str(basis)),
            [("efficiency_ratio", ratio, u if known else None)],
        )
    return rows


def _notes(each: Efficiency, basis: Basis, variant: str) -> list[Note]:
    notes = [used_half_life(each.nuclide, variant)[1]]
    notes += distinct(
        emission_note(each.nuclide, basis, source.emission) for source in each.sources
    )
    if not each.known:
        notes.append(
            Note(
                code="ACTIVITY_UNCERTAINTY_UNKNOWN",
                message=f"the uncertainty of an activity of {each.nuclide} is not given: its"
                " efficiency has none",
                scope=Scope.of(nuclide=each.nuclide, basis=str(basis)),
            )
        )
    return notes


def _figure(
    sources: Sequence[SourceCount], by_nuclide: Mapping[str, Efficiency], basis: Basis
) -> CurveFigure:
    return CurveFigure(
        name="efficiencies",
        title="Efficiency by source",
        x_label="Row of the table",
        x_unit="1",
        y_label=f"Counts per {basis}",
        y_unit="%",
        curves=tuple(
            Curve(
                label=nuclide,
                x=np.array([float(s.count.position) for s in sources if s.nuclide == nuclide]),
                y=np.array([PERCENT * s.efficiency for s in sources if s.nuclide == nuclide]),
                style=CurveStyle.POINTS,
            )
            for nuclide in by_nuclide
        ),
        lines=tuple(
            ReferenceLine(label=f"mean of {nuclide}", value=PERCENT * each.value)
            for nuclide, each in by_nuclide.items()
        ),
    )


def _table(sources: Sequence[SourceCount], basis: Basis) -> TableFigure:
    return TableFigure(
        name="sources",
        title="Sources",
        columns=(
            "row", "nuclide", "activity at the start (kBq)", "net rate (1/s)", "u (1/s)",
            f"{basis}s per decay", "efficiency (%)",
        ),
        rows=tuple(
            (
                each.count.position,
                each.nuclide,
                each.bq / 1e3,
                each.net.value,
                each.net.uncertainty,
                each.emission.per_decay,
                PERCENT * each.efficiency,
            )
            for each in sources
        ),
    )  # fmt: skip


ANALYZER = Analyzer(
    id="gamma_counter_efficiency",
    title="Efficiency of the gamma counter",
    title_zh="γ计数器探测效率",
    version="1",
    variants=(Variant(name="local", title="Sources of known activity", clause=CLAUSE),),
    roles=(),
    readings=(BASIS, SOURCES, BACKGROUND, LOWER, UPPER),
    metrics=metrics(
        CLAUSE,
        ("efficiency_pct", "%", "e", "Efficiency on the named basis", "探测效率(按所选基准)", 2),
        ("expanded_uncertainty_pct", "%", "U_rel", "Expanded uncertainty, k = 2", "扩展不确定度(k=2)", 1),
        ("efficiency_ratio", "1", "e / e_Ge", "Efficiency over that for Ge-68", "与Ge-68效率之比", 3),
        ("efficiency_sd_pct", "%", "s", "Standard deviation between sources", "各源效率标准偏差", 2),
        ("rate_per_kbq", "{counts}/s/kBq", "R/A", "Net rate per activity", "单位活度净计数率", 1),
        ("sources", "1", "n", "Counts of sources", "源计数次数", 0),
    ),
    parameters=EfficiencyParameters,
    measure=measure,
    figures=("efficiencies", "sources", "budget"),
)  # fmt: skip
"""The test, as registered."""
