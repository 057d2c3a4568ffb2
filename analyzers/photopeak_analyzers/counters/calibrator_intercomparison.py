"""Intercomparison of radionuclide calibrators: against a traceable reference, and with each other.

One source of each nuclide goes through all calibrators of a department. Against its certificate the
result of each is ``En = (x - x_ref) / sqrt(U**2 + U_ref**2)`` with the expanded uncertainties U; an
amount above 1 is more than the two uncertainties explain. With each other, certificate or none: per
nuclide the spread ``100 (max - min) / mean`` and the standard deviation of the calibrators, each
corrected for decay to the first reading.

The uncertainty of a spread is drawn from those of the results. A result without an uncertainty of its
own has no En.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Column,
    Inputs,
    Measurement,
    Note,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Row,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.counters.calibrator_budget import ComparisonParameters
from photopeak_analyzers.counters.calibrator_comparison import (
    FIGURES,
    Compared,
    en_figure,
    results_table,
    spread_of,
)
from photopeak_analyzers.counters.calibrator_conditions import (
    age_condition,
    container_notes,
    setting_condition,
)
from photopeak_analyzers.counters.calibrator_readings import (
    LARGEST_MBQ,
    NAMES,
    activity_column,
    decay_uncertainty,
    resolution_mbq,
    setting_column,
    time_column,
    used_half_life,
)
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.decay import decay_factor
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.uncertainty import COVERAGE_FACTOR, from_expanded

CLAUSE = "practice: intercomparison of radionuclide calibrators; En as ISO/IEC 17043"


def _nuclide() -> Column:
    return Column(
        "nuclide", kind=ReadingKind.CHOICE, choices=NAMES, label="Nuclide", label_zh="核素"
    )


def _uncertainty(label: str, label_zh: str) -> tuple[Column, Column]:
    return (
        Column("uncertainty_pct", "%", label=label, label_zh=label_zh, minimum=0.0, maximum=50.0,
               required=False),
        Column("k", label="Coverage factor", label_zh="包含因子k", minimum=1.0, maximum=4.0,
               required=False, hint="2 where it is left out."),
    )  # fmt: skip


RESULTS = Reading(
    name="results",
    label="Results of the calibrators",
    label_zh="各活度计结果",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(
        Column("calibrator", kind=ReadingKind.TEXT, label="Calibrator", label_zh="活度计"),
        _nuclide(),
        activity_column(),
        time_column(required=True),
        *_uncertainty("Expanded uncertainty of the result", "结果扩展不确定度"),
        setting_column(),
    ),
    maximum_rows=500,
    hint="Net readings: less the background of each calibrator.",
)

REFERENCES = Reading(
    name="references",
    label="Reference activities",
    label_zh="参考活度",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(
        _nuclide(),
        Column("certified_mbq", "MBq", label="Reference activity", label_zh="参考活度", minimum=1e-6,
               maximum=LARGEST_MBQ),
        Column("certified_at", kind=ReadingKind.TIME, label="Moment it refers to",
               label_zh="参考时刻"),
        *_uncertainty("Expanded uncertainty", "扩展不确定度"),
    ),
    maximum_rows=50,
    required=False,
    hint="Of a traceable source; without one the calibrators are compared with each other alone.",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class IntercomparisonParameters(ComparisonParameters):
    """Parameters of the test."""

    draws: int = parameter(
        2000, doc="How often results are drawn for the uncertainty of a spread.", minimum=100,
        maximum=10_000,
    )  # fmt: skip
    seed: int = parameter(1, doc="Seed of the draws.", minimum=0, maximum=2**31 - 1)


def measure(inputs: Inputs, parameters: IntercomparisonParameters) -> Analysis:
    """Compare the calibrators, nuclide by nuclide."""
    by_nuclide: dict[str, list[Row]] = {}
    for row in inputs.rows(RESULTS):
        by_nuclide.setdefault(row.text("nuclide"), []).append(row)
    if not by_nuclide:
        raise MissingReadingError("no result of a calibrator is given", quantity=RESULTS.name)
    references = _references(inputs)
    found: list[Measurement] = []
    checked: list[Precondition] = []
    notes: list[Note] = []
    compared: list[Compared] = []
    for nuclide, rows in by_nuclide.items():
        life, note = used_half_life(nuclide, inputs.variant)
        reference = references.get(nuclide)
        group = [_compared(row, rows, reference, life, parameters) for row in rows]
        compared += group
        notes += [note, *container_notes(nuclide, Scope.of(nuclide=nuclide))]
        for row, each in zip(rows, group, strict=True):
            scope = each.scope
            found += measurements(
                scope,
                [
                    ("en_score", each.en, None),
                    ("deviation_pct", each.deviation_percent, each.deviation_uncertainty),
                    ("activity_mbq", each.mbq, each.mbq * each.relative if each.stated else None),
                ],
            )
            setting = row.text("setting") if row.has("setting") else nuclide
            checked.append(setting_condition(nuclide, setting, CLAUSE, scope))
        scope = Scope.of(nuclide=nuclide)
        spread = spread_of(group, draws=parameters.draws, seed=parameters.seed)
        if spread is not None:
            found += measurements(
                scope,
                [
                    ("spread_pct", spread.range_percent.value, spread.range_percent.uncertainty),
                    ("sd_pct", spread.deviation_percent, None),
                ],
            )
        found += measurements(scope, [("calibrators", len(group), None)])
        checked.append(_several(group, reference, scope))
        if reference is not None:
            first = min(row.moment("time") for row in rows)
            since = (first - reference.moment("certified_at")).total_seconds()
            checked.append(age_condition(since, life, CLAUSE, scope))
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(checked),
        figures=(en_figure(compared), results_table(compared)),
        notes=tuple(notes),
    )


def _references(inputs: Inputs) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in inputs.rows(REFERENCES):
        if row.text("nuclide") in found:
            raise ParameterError(
                f"{row.text('nuclide')} stands in two rows of {REFERENCES.name}, needs one",
                quantity="nuclide",
                value=row.text("nuclide"),
            )
        found[row.text("nuclide")] = row
    return found


def _compared(
    row: Row,
    rows: Sequence[Row],
    reference: Row | None,
    life: HalfLife,
    parameters: IntercomparisonParameters,
) -> Compared:
    """Return one result beside its reference, at the moment of the first result."""
    calibrator = row.text("calibrator")
    if sum(each.text("calibrator") == calibrator for each in rows) > 1:
        raise ParameterError(
            f"{calibrator} stands in two rows of {RESULTS.name} for {row.text('nuclide')}, needs one",
            quantity="calibrator",
            value=calibrator,
        )
    value = row.number("activity_mbq")
    if not value > 0.0:
        raise ParameterError(
            f"activity_mbq in row {row.position} of {RESULTS.name} is {value:g} MBq, needs more"
            " than 0",
            quantity="activity_mbq",
            value=value,
            bound=0.0,
        )
    first = min(each.moment("time") for each in rows)
    after = (row.moment("time") - first).total_seconds()
    own = math.hypot(
        parameters.repeatability_percent / 100.0,
        resolution_mbq(value, parameters) / value,
        decay_uncertainty(after, life, parameters.clock_s) if after else 0.0,
    )
    stated = _relative(row)
    known = known_relative = None
    if reference is not None:
        since = (first - reference.moment("certified_at")).total_seconds()
        known = reference.number("certified_mbq") * decay_factor(since, life.seconds)
        known_relative = _relative(reference)
        if known_relative is not None:
            known_relative = math.hypot(known_relative, decay_uncertainty(since, life, 0.0))
    return Compared(
        calibrator=calibrator,
        nuclide=row.text("nuclide"),
        mbq=value / decay_factor(after, life.seconds),
        relative=own if stated is None else stated,
        random=own,
        stated=stated is not None,
        reference_mbq=known,
        reference_relative=known_relative,
    )


def _relative(row: Row) -> float | None:
    if not row.has("uncertainty_pct"):
        return None
    k = row.number("k") if row.has("k") else COVERAGE_FACTOR
    return from_expanded(row.number("uncertainty_pct") / 100.0, k)


def _several(group: Sequence[Compared], reference: Row | None, scope: Scope) -> Precondition:
    least = 2 if reference is None else 1
    return bounded(
        PreconditionCode.COUNTS,
        "calibrators",
        len(group),
        lower=least,
        unit="1",
        severity=Severity.HARD,
        scope=scope,
        clause=CLAUSE,
        expected="two calibrators, or one and a reference",
    )


ANALYZER = Analyzer(
    id="calibrator_intercomparison",
    title="Intercomparison of radionuclide calibrators",
    title_zh="活度计比对",
    version="1",
    variants=(Variant(name="local", title="En score and spread", clause=CLAUSE),),
    roles=(),
    readings=(RESULTS, REFERENCES),
    metrics=metrics(
        CLAUSE,
        ("en_score", "1", "En", "En score", "En值", 2),
        ("deviation_pct", "%", "d", "Deviation from the reference", "与参考值的偏差", 2),
        ("spread_pct", "%", "R", "Spread of the calibrators", "各活度计间极差", 2),
        ("sd_pct", "%", "s", "Standard deviation of the calibrators", "各活度计间标准偏差", 2),
        ("activity_mbq", "MBq", "x", "Activity at the first result", "首次测量时刻的活度", 3),
        ("calibrators", "1", "n", "Calibrators", "活度计台数", 0),
    ),
    parameters=IntercomparisonParameters,
    measure=measure,
    figures=FIGURES,
)  # fmt: skip
"""The test, as registered."""
