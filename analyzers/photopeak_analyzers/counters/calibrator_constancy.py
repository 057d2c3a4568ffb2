"""Constancy of a radionuclide calibrator: a check source that lives long, on its own setting and others.

Practice, day by day: ``D = 100 (R / (R_ref p(dt)) - 1)`` with the net reading R and the decay p since the
reference. The reference of a setting is the reading that was taken as such on this setting; without
one, on the setting of the source itself, it is the certified activity. On another setting
than its own a source shows no activity, only the same fraction of it every day.

The uncertainty holds scatter, last digit, reference, clock and half-life.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from photopeak_analyzers.budget_table import budget_table
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Column,
    Inputs,
    Measurement,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Row,
    Scope,
    Severity,
    Variant,
)
from photopeak_analyzers.counters.calibrator_budget import (
    ComparisonParameters,
    Known,
    comparison_budget,
    wanted_readings,
)
from photopeak_analyzers.counters.calibrator_certificate import (
    CERTIFICATE_READINGS,
    certified_activity,
)
from photopeak_analyzers.counters.calibrator_conditions import (
    age_condition,
    number_condition,
    well_above_background,
)
from photopeak_analyzers.counters.calibrator_readings import (
    BACKGROUND,
    LARGEST_MBQ,
    MeterReading,
    activity_column,
    background_column,
    meter_readings,
    nuclide_of,
    nuclide_reading,
    read_at,
    setting_column,
    time_column,
    used_half_life,
)
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, Figure, ReferenceLine
from photopeak_analyzers.nuclide_table import DAY_S, HalfLife
from photopeak_analyzers.numerics.decay import decay_factor
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics
from photopeak_analyzers.uncertainty import Budget

CLAUSE = "practice: radionuclide calibrator, constancy with a long-lived check source"

READINGS = Reading(
    name="readings",
    label="Readings of the check source",
    label_zh="检验源读数",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(
        setting_column(),
        activity_column(),
        time_column(),
        background_column(),
        Column(
            "reference_mbq",
            "MBq",
            label="Reference reading of this setting",
            label_zh="该设置的参考读数",
            minimum=1e-6,
            maximum=LARGEST_MBQ,
            required=False,
            hint="Less its background; empty on the setting of the source when it has a certificate.",
        ),
        Column(
            "reference_time",
            kind=ReadingKind.TIME,
            label="Time of the reference reading",
            label_zh="参考读数时刻",
            required=False,
        ),
    ),
    maximum_rows=2000,
    hint="One row for each reading and setting.",
)

SHORTEST_LIFE_S = 90.0 * DAY_S
"""Of a source that is to stay the same for years. Practice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstancyParameters(ComparisonParameters):
    """Parameters of the test."""

    wanted_readings: int = wanted_readings(1)


def measure(inputs: Inputs, parameters: ConstancyParameters) -> Analysis:
    """Compare the readings of every setting with its reference."""
    nuclide = nuclide_of(inputs)
    life, note = used_half_life(nuclide, inputs.variant)
    rows = inputs.rows(READINGS)
    if not rows:
        raise MissingReadingError("no reading of the source is given", quantity=READINGS.name)
    by_setting: dict[str, list[Row]] = {}
    for row in rows:
        by_setting.setdefault(row.text("setting") if row.has("setting") else nuclide, []).append(
            row
        )
    found: list[Measurement] = []
    checked: list[Precondition] = [_lives_long(life)]
    figures: list[Figure] = []
    for setting, group in by_setting.items():
        scope = Scope.of(setting=setting)
        read = meter_readings(group, inputs)
        times = [read_at(each, inputs, READINGS.name) for each in read]
        references = [
            _reference(row, at, inputs, own=setting == nuclide)
            for row, at in zip(group, times, strict=True)
        ]
        _refuse_mixed(references, setting)
        expected = [known.mbq * decay_factor(known.elapsed_s, life.seconds) for known in references]
        ratios = [each.mbq / due for each, due in zip(read, expected, strict=True)]
        worst = max(references, key=lambda known: abs(known.elapsed_s))
        budget = comparison_budget(read, ratios, worst, life, parameters)
        found += _numbers(read, expected, ratios, budget, worst, scope)
        checked += [
            number_condition(len(read), parameters.wanted_readings, CLAUSE, scope),
            well_above_background(read, inputs, CLAUSE, scope),
            age_condition(worst.elapsed_s, life, CLAUSE, scope),
        ]
        suffix = as_suffix(scope).replace("-", "_").lower()
        figures += [
            _chart(times, ratios, suffix, setting),
            budget_table(budget, name="budget" + suffix, title=f"Uncertainty on {setting}"),
        ]
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(checked),
        figures=tuple(figures),
        notes=(note,),
    )


def _reference(row: Row, at: datetime, inputs: Inputs, *, own: bool) -> Known:
    """Return what a reading is compared with."""
    if row.has("reference_mbq"):
        when = row.moment("reference_time")
        return Known(
            mbq=row.number("reference_mbq"),
            elapsed_s=(at - when).total_seconds(),
            relative=None,
            name="reference reading",
        )
    if own:
        return certified_activity(inputs, at)
    raise MissingReadingError(
        f"row {row.position} of {READINGS.name} has no reference_mbq: on the setting of another"
        " nuclide a reading is compared with an earlier one on this setting",
        quantity="reference_mbq",
    )


def _refuse_mixed(references: Sequence[Known], setting: str) -> None:
    """Refuse a mean against two things of which each has an uncertainty of its own."""
    names = sorted({each.name for each in references})
    if len(names) > 1:
        raise ParameterError(
            f"the readings on {setting} are compared with {' and '.join(names)}, needs one of them:"
            " reference_mbq in every row of a setting, or in none",
            quantity="reference_mbq",
            value=len(names),
            bound=1,
        )


def _numbers(
    read: Sequence[MeterReading],
    expected: Sequence[float],
    ratios: Sequence[float],
    budget: Budget,
    known: Known,
    scope: Scope,
) -> list[Measurement]:
    ratio = float(np.mean(ratios))
    # Of a reference reading nothing is known but that it is the one that all others are held against.
    measured = known.relative is not None or known.name == "reference reading"
    u = 100.0 * ratio * budget.standard if measured else None
    return measurements(
        scope,
        [
            ("constancy_pct", 100.0 * (ratio - 1.0), u),
            ("net_mbq", float(np.mean([each.mbq for each in read])), None),
            ("expected_mbq", float(np.mean(expected)), None),
            ("readings", len(read), None),
        ],
    )


def _lives_long(life: HalfLife) -> Precondition:
    return bounded(
        PreconditionCode.NUCLIDE,
        "half-life of the check source",
        life.seconds / DAY_S,
        lower=SHORTEST_LIFE_S / DAY_S,
        unit="d",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
        expected="Cs-137, Co-57, Ba-133 or another that lives long",
    )


def _chart(
    times: Sequence[datetime], ratios: Sequence[float], suffix: str, setting: str
) -> CurveFigure:
    first = min(times)
    return CurveFigure(
        name="chart" + suffix,
        title=f"Check source on {setting}",
        x_label="Days since the first reading",
        x_unit="d",
        y_label="Deviation from the reference",
        y_unit="%",
        curves=(
            Curve(
                label="readings",
                x=np.array([(time - first).total_seconds() / DAY_S for time in times]),
                y=100.0 * (np.array(ratios) - 1.0),
                style=CurveStyle.POINTS,
            ),
        ),
        lines=(
            ReferenceLine(label="+5 %", value=5.0),
            ReferenceLine(label="reference", value=0.0),
            ReferenceLine(label="-5 %", value=-5.0),
        ),
    )


ANALYZER = Analyzer(
    id="calibrator_constancy",
    title="Constancy of the radionuclide calibrator",
    title_zh="活度计稳定性(检验源)",
    version="1",
    variants=(Variant(name="local", title="Long-lived check source", clause=CLAUSE),),
    roles=(),
    readings=(nuclide_reading(), *CERTIFICATE_READINGS, READINGS, BACKGROUND),
    metrics=metrics(
        CLAUSE,
        ("constancy_pct", "%", "D", "Deviation from the reference", "与参考值的偏差", 2),
        ("net_mbq", "MBq", "R", "Net reading", "净示值", 3),
        ("expected_mbq", "MBq", "R_ref p", "Expected reading", "预期示值", 3),
        ("readings", "1", "n", "Readings", "读数次数", 0),
    ),
    parameters=ConstancyParameters,
    measure=measure,
    figures=("chart", "budget"),
)  # fmt: skip
"""The test, as registered."""
