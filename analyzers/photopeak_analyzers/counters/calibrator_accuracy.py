"""Accuracy of a radionuclide calibrator: certified sources of low, medium and high energy.

IAEA-TECDOC-602 2.3.2 asks for sources certified to 5 % or better; practice: ten readings of each,
``100 (mean - C) / C`` with the certified activity C decayed to each reading. A source is read on its own
setting: Co-57 on that of Tc-99m is no test of accuracy, and its numbers are void.

The uncertainty holds the scatter of the readings, the last digit, the certificate, the clock and the
half-life; the budget is a figure. Sources of which much of what is seen is soft radiation are remarked:
what a calibrator shows of them depends on the container and on a filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.budget_table import budget_table
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
from photopeak_analyzers.counters.calibrator_budget import (
    ComparisonParameters,
    comparison_budget,
    wanted_readings,
)
from photopeak_analyzers.counters.calibrator_certificate import (
    SOURCES,
    certified_sources,
    known_of,
)
from photopeak_analyzers.counters.calibrator_conditions import (
    age_condition,
    container_notes,
    number_condition,
    setting_condition,
    well_above_background,
)
from photopeak_analyzers.counters.calibrator_readings import (
    BACKGROUND,
    activity_column,
    background_column,
    meter_readings,
    read_at,
    setting_column,
    time_column,
    used_half_life,
)
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.figures import Figure, TableFigure
from photopeak_analyzers.nuclides import find
from photopeak_analyzers.numerics.decay import decay_factor
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.uncertainty import COVERAGE_FACTOR

CLAUSE = "IAEA-TECDOC-602 2.3.2; practice: radionuclide calibrator, accuracy"

READINGS = Reading(
    name="readings",
    label="Readings of the sources",
    label_zh="标准源读数",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(
        Column(
            "source",
            kind=ReadingKind.TEXT,
            label="Name of the source",
            label_zh="源名称",
            hint="As in the table of sources.",
        ),
        activity_column(),
        time_column(),
        setting_column(),
        background_column(),
    ),
    maximum_rows=2000,
)

ENERGIES_KEV = (150.0, 500.0)
"""Below, between and above: Co-57, Ba-133, Cs-137 or Co-60. Practice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyParameters(ComparisonParameters):
    """Parameters of the test."""

    wanted_readings: int = wanted_readings()
    largest_certificate_percent: float = parameter(
        5.0,
        doc="Expanded uncertainty up to which a certificate serves.",
        unit="%",
        clause="IAEA-TECDOC-602 2.3.2",
        minimum=0.1,
        maximum=50.0,
    )
    wanted_energies: int = parameter(
        3,
        doc="Of the ranges of low, medium and high energy, how many the sources are to cover.",
        minimum=1,
        maximum=3,
    )


def measure(inputs: Inputs, parameters: AccuracyParameters) -> Analysis:
    """Compare the readings of each source with its certificate."""
    sources = certified_sources(inputs)
    by_source: dict[str, list[Row]] = {}
    for row in inputs.rows(READINGS):
        name = row.text("source")
        if name not in sources:
            raise ParameterError(
                f"source in row {row.position} of {READINGS.name} is {name}, needs one of"
                f" {', '.join(sources)}",
                quantity="source",
                value=name,
                bound=", ".join(sources),
            )
        by_source.setdefault(name, []).append(row)
    if not by_source:
        raise MissingReadingError("no reading of a source is given", quantity=READINGS.name)
    found: list[Measurement] = []
    checked: list[Precondition] = []
    figures: list[Figure] = []
    notes: list[Note] = []
    rows: list[tuple[float | str | None, ...]] = []
    for number, (name, group) in enumerate(by_source.items(), 1):
        source = sources[name]
        nuclide = source.text("nuclide")
        scope = Scope.of(source=name, nuclide=nuclide)
        life, note = used_half_life(nuclide, inputs.variant)
        read = meter_readings(group, inputs)
        elapsed = [
            (read_at(each, inputs, READINGS.name) - source.moment("certified_at")).total_seconds()
            for each in read
        ]
        certified = source.number("certified_mbq")
        due = [certified * decay_factor(each, life.seconds) for each in elapsed]
        ratios = [each.mbq / expected for each, expected in zip(read, due, strict=True)]
        known = known_of(source, max(elapsed, key=abs))
        budget = comparison_budget(read, ratios, known, life, parameters)
        ratio = float(np.mean(ratios))
        u = 100.0 * ratio * budget.standard if known.relative is not None else None
        found += measurements(
            scope,
            [
                ("accuracy_pct", 100.0 * (ratio - 1.0), u),
                ("mean_mbq", float(np.mean([each.mbq for each in read])), None),
                ("certified_mbq", float(np.mean(due)), None),
                ("expanded_uncertainty_pct", None if u is None else COVERAGE_FACTOR * u, None),
                ("readings", len(read), None),
            ],
        )
        settings = sorted({row.text("setting") if row.has("setting") else nuclide for row in group})
        checked += [
            *(
                setting_condition(nuclide, each, CLAUSE, scope)
                for each in sorted(settings, key=str)
            ),
            _certificate(source, scope, parameters),
            age_condition(known.elapsed_s, life, CLAUSE, scope),
            number_condition(len(read), parameters.wanted_readings, CLAUSE, scope),
            well_above_background(read, inputs, CLAUSE, scope),
        ]
        figures.append(
            budget_table(budget, name=f"budget_{number}", title=f"Uncertainty of {name}")
        )
        rows.append((name, nuclide, float(np.mean(due)), ratio * float(np.mean(due)),
                     100.0 * (ratio - 1.0), u))  # fmt: skip
        notes += [note, *container_notes(nuclide, scope)]
    checked.append(_energies({sources[name].text("nuclide") for name in by_source}, parameters))
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(checked),
        figures=(_table(rows), *figures),
        notes=tuple(notes),
    )


def _certificate(source: Row, scope: Scope, parameters: AccuracyParameters) -> Precondition:
    return bounded(
        PreconditionCode.CALIBRATION_EXPIRED,
        "expanded uncertainty of the certificate",
        source.number("uncertainty_pct") if source.has("uncertainty_pct") else None,
        upper=parameters.largest_certificate_percent,
        unit="%",
        severity=Severity.SOFT,
        scope=scope,
        clause=CLAUSE,
    )


def _energies(nuclides: set[str], parameters: AccuracyParameters) -> Precondition:
    ranges = {_range(nuclide) for nuclide in nuclides} - {None}
    return bounded(
        PreconditionCode.SET,
        "ranges of energy that the sources cover",
        len(ranges),
        lower=parameters.wanted_energies,
        unit="1",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
        expected="sources of low, medium and high energy",
    )


def _range(nuclide: str) -> int | None:
    """Return which range the strongest line of a nuclide lies in."""
    lines = [line for line in find(nuclide).lines if line.intensity_percent]
    if not lines:
        return None
    strongest = max(lines, key=lambda line: line.intensity_percent or 0.0)
    return sum(strongest.energy_kev >= bound for bound in ENERGIES_KEV)


def _table(rows: Sequence[tuple[float | str | None, ...]]) -> TableFigure:
    return TableFigure(
        name="sources",
        title="Sources against their certificates",
        columns=(
            "source", "nuclide", "certified (MBq)", "read (MBq)", "deviation (%)", "u, k = 1 (%)"
        ),
        rows=tuple(rows),
    )  # fmt: skip


ANALYZER = Analyzer(
    id="calibrator_accuracy",
    title="Accuracy of the radionuclide calibrator",
    title_zh="活度计示值误差",
    version="1",
    variants=(Variant(name="local", title="Certified sources", clause=CLAUSE),),
    roles=(),
    readings=(SOURCES, READINGS, BACKGROUND),
    metrics=metrics(
        CLAUSE,
        ("accuracy_pct", "%", "E", "Deviation from the certificate", "示值相对误差", 2),
        ("mean_mbq", "MBq", "A", "Mean net reading", "平均净示值", 3),
        ("certified_mbq", "MBq", "C", "Certified activity at the readings", "测量时刻的证书活度", 3),
        ("expanded_uncertainty_pct", "%", "U_rel", "Expanded uncertainty, k = 2", "扩展不确定度(k=2)", 2),
        ("readings", "1", "n", "Readings", "读数次数", 0),
    ),
    parameters=AccuracyParameters,
    measure=measure,
    figures=("sources", "budget"),
)  # fmt: skip
"""The test, as registered."""
