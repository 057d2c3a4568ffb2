"""Concentration of a sample, traced to Ge-68 reference sources through a gamma counter.

Practice for short-lived positron emitters, of which there are no certified sources: the counter is
calibrated with Ge-68 sources in counts per positron, and counts the samples in the same window and the
same containers. The branching of Ga-68 (0.889 positrons per decay of Ge-68) and of the sample (0.967 of
F-18) leads from decays to positrons and back; see
:mod:`~photopeak_analyzers.counters.sample_efficiency` and
:mod:`~photopeak_analyzers.counters.sample_concentration`.

The concentration refers to the moment entered, else to the start of the first sample. Its budget holds
counts, background, certificate, both branchings, the ratio of the efficiencies, volume, half-lives and clock.
With a concentration that is to be expected, such as an activity of the calibrator over a volume, both
are compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from photopeak_analyzers.budget_table import budget_table
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Note,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    Variant,
)
from photopeak_analyzers.counters.calibrator_readings import (
    nuclide_of,
    used_half_life,
)
from photopeak_analyzers.counters.concentration_figures import (
    FIGURES,
    samples_figure,
    samples_table,
)
from photopeak_analyzers.counters.concentration_readings import (
    EXPECTED,
    MOMENT,
    POSITRONS,
    READINGS,
    REFERENCES,
    SAMPLES,
)
from photopeak_analyzers.counters.efficiency_conditions import efficiency_conditions
from photopeak_analyzers.counters.sample_concentration import (
    Concentration,
    ConcentrationParameters,
    concentration,
    samples_of,
)
from photopeak_analyzers.counters.sample_conditions import count_conditions
from photopeak_analyzers.counters.sample_efficiency import (
    Efficiency,
    efficiencies,
    source_counts,
)
from photopeak_analyzers.counters.sample_emissions import (
    Basis,
    emission,
    emission_note,
    window_of,
)
from photopeak_analyzers.counters.sample_readings import (
    background_of,
    rows_of,
)
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.decay import decay_factor
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics

CLAUSE = "practice: gamma counter, concentration traced to Ge-68 reference sources"

REFERENCE = "Ge-68"
PERCENT = 100.0


def measure(inputs: Inputs, parameters: ConcentrationParameters) -> Analysis:
    """Return the concentration of the samples, and how it is known."""
    nuclide, window = nuclide_of(inputs), window_of(inputs)
    life, life_note = used_half_life(nuclide, inputs.variant)
    background = background_of(inputs)
    rows = rows_of(inputs, REFERENCES)
    sources = source_counts(
        rows, [REFERENCE] * len(rows), Basis.POSITRON, window, background, inputs.variant
    )
    reference = efficiencies(sources, inputs.variant, parameters)[REFERENCE]
    stated = inputs.number(POSITRONS.name) if POSITRONS.name in inputs.readings else None
    emitted = emission(nuclide, Basis.POSITRON, window, stated, reading=POSITRONS.name)
    sample_rows = rows_of(inputs, SAMPLES)
    at = _moment(inputs, [row.moment("start") for row in sample_rows])
    per_bq = reference.value * parameters.efficiency_ratio * emitted.per_decay
    samples = samples_of(sample_rows, background, life, at, per_bq, parameters)
    found = concentration(samples, nuclide, reference, emitted, life, parameters)
    scope = Scope.of(nuclide=nuclide)
    numbers = measurements(scope, _numbers(found, reference, inputs, at, life))
    for each in found.samples:
        numbers += measurements(
            Scope.of(nuclide=nuclide, sample=each.count.position),
            [
                ("concentration_bq_ml", each.bq_per_ml, found.of_sample(each)),
                ("sample_bq", each.bq, None),
                ("net_cps", each.net.value, each.net.uncertainty),
            ],
        )
    # What is wrong with the reference sources is wrong with every sample.
    checked = efficiency_conditions(
        reference, Basis.POSITRON, window, background, parameters, CLAUSE, Scope()
    )
    checked += count_conditions(
        [each.count for each in samples],
        [each.net for each in samples],
        background,
        parameters,
        CLAUSE,
        scope,
    )
    checked.append(_volume_condition(found, parameters, scope))
    return Analysis(
        measurements=tuple(numbers),
        preconditions=tuple(dict.fromkeys(checked)),
        figures=(
            samples_figure(found),
            samples_table(found),
            budget_table(
                found.budget, name="budget", title=f"Uncertainty of the concentration of {nuclide}"
            ),
        ),
        notes=(
            life_note,
            used_half_life(REFERENCE, inputs.variant)[1],
            emission_note(REFERENCE, Basis.POSITRON, reference.sources[0].emission),
            emission_note(nuclide, Basis.POSITRON, emitted),
            *_remarks(found, at),
        ),
    )


def _moment(inputs: Inputs, starts: Sequence[datetime]) -> datetime:
    given = inputs.readings.get(MOMENT.name)
    if given is None or not isinstance(given.value, str):
        return min(starts)
    return datetime.fromisoformat(given.value)


def _numbers(
    found: Concentration, reference: Efficiency, inputs: Inputs, at: datetime, life: HalfLife
) -> list[NumberRow]:
    u, number = found.uncertainty, len(found.samples)
    of_efficiency = reference.uncertainty
    rows: list[NumberRow] = [
        ("mean_concentration_bq_ml", found.mean, u),
        (
            "expanded_uncertainty_pct",
            None if u is None else PERCENT * found.budget.expanded(),
            None,
        ),
        (
            "efficiency_pct",
            PERCENT * reference.value,
            None if of_efficiency is None else PERCENT * of_efficiency,
        ),
        ("samples", number, None),
    ]
    if found.spread is not None and found.mean > 0.0:
        spread = PERCENT * found.spread / found.mean
        rows.append(("spread_pct", spread, spread / math.sqrt(2.0 * (number - 1))))
    if EXPECTED.name in inputs.readings:
        expected = inputs.activity(EXPECTED.name)
        left = decay_factor((at - expected.at).total_seconds(), life.seconds)
        ratio = found.mean / (1e3 * expected.value * left)
        of_ratio = None
        if found.known and expected.uncertainty is not None:
            of_expected = expected.uncertainty / expected.value
            of_ratio = abs(ratio) * math.hypot(found.budget.standard, of_expected)
        rows.append(("concentration_ratio", ratio, of_ratio))
    return rows


def _volume_condition(
    found: Concentration, parameters: ConcentrationParameters, scope: Scope
) -> Precondition:
    return bounded(
        PreconditionCode.GEOMETRY,
        "largest volume",
        max(each.volume_ml for each in found.samples),
        upper=parameters.maximum_volume_ml,
        unit="mL",
        severity=Severity.SOFT,
        scope=scope,
        clause=CLAUSE,
    )


def _remarks(found: Concentration, at: datetime) -> list[Note]:
    moment = at.isoformat(timespec="seconds")
    notes = [
        Note(
            code="CONCENTRATION_AT",
            message=f"the concentrations refer to {moment}",
            values={"at": moment},
        )
    ]
    if not found.known:
        notes.append(
            Note(
                code="ACTIVITY_UNCERTAINTY_UNKNOWN",
                message="the uncertainty of a reference source is not given: the concentrations have"
                " none",
            )
        )
    return notes


ANALYZER = Analyzer(
    id="gamma_counter_concentration",
    title="Concentration of samples by the gamma counter",
    title_zh="γ计数器样品活度浓度",
    version="1",
    variants=(Variant(name="local", title="Traced to Ge-68 sources", clause=CLAUSE),),
    roles=(),
    readings=READINGS,
    metrics=metrics(
        CLAUSE,
        ("mean_concentration_bq_ml", "Bq/mL", "c", "Concentration, mean of the samples", "样品平均活度浓度", 0),
        ("expanded_uncertainty_pct", "%", "U_rel", "Expanded uncertainty, k = 2", "扩展不确定度(k=2)", 1),
        ("efficiency_pct", "%", "e", "Efficiency per positron of the reference sources", "参考源每正电子探测效率", 2),
        ("concentration_ratio", "1", "c / c_0", "Concentration over that expected", "实测与预期浓度之比", 3),
        ("spread_pct", "%", "s", "Scatter of the samples", "样品间相对标准偏差", 2),
        ("concentration_bq_ml", "Bq/mL", "c_i", "Concentration of a sample", "样品活度浓度", 0),
        ("sample_bq", "Bq", "A_i", "Activity of a sample", "样品活度", 0),
        ("net_cps", "{counts}/s", "R_i", "Net rate of a sample", "样品净计数率", 1),
        ("samples", "1", "n", "Counts of samples", "样品计数次数", 0),
    ),
    parameters=ConcentrationParameters,
    measure=measure,
    figures=FIGURES,
)  # fmt: skip
"""The test, as registered."""
