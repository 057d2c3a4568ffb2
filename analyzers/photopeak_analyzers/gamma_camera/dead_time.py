r"""Dead time of a head, from a decaying source, and the correction of measured rates with it.

Three models are fitted to the net rates, weighted by counting, with the rate without losses as
another unknown: paralysable :math:`m = n e^{-n \tau}`, non-paralysable :math:`m = n / (1 + n \tau)`, and
both in line. The one with the least criterion of Akaike is used; the numbers of all stand in the
result. ``tau_us`` is what small losses tell, whichever model it is: the dead time, or the sum of both; its
uncertainty holds that of the choice of the model.
No clause describes the test; unlike the count-rate performance it needs no last point without losses.

Beside it stand the dead times that follow from the point of 20 % loss and from the largest rate of the
count-rate performance (NEMA NU 1-2007, GB/T 18989-2013 E.6.4), and from two sources if their rates are
given. A dead time holds for all events in the window and for this scatter: another window, nuclide or
arrangement has another.

Rates to be corrected are given as a reading; one above the largest rate of the model has no true rate
and is left out, with a condition that says so. The uncertainty of a corrected rate is that of the dead
time alone. The half-life is taken as exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.common_parameters import least_counts, refuse_without_photopeak
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Scope,
    parameter,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.count_rate_curve import Points, Text, rate_curve
from photopeak_analyzers.gamma_camera.dead_time_conditions import (
    CLAUSE,
    LOCAL,
    fit_conditions,
    header_conditions,
)
from photopeak_analyzers.gamma_camera.dead_time_figures import FIGURES, dead_time_figures
from photopeak_analyzers.gamma_camera.dead_time_fits import (
    HeadFit,
    Quantity,
    first_order,
    fit_head,
)
from photopeak_analyzers.gamma_camera.dead_time_readings import (
    MEASURED,
    MICRO,
    TWO_SOURCES,
    by_two_sources,
    correct,
    rates_to_correct,
)
from photopeak_analyzers.gamma_camera.rate_series import (
    BACKGROUND,
    DAYS,
    DECAY,
    POINTS,
    RateSeries,
    decay_acquisitions,
    decay_points,
    looked_on,
    rate_series,
)
from photopeak_analyzers.heads_alone import heads_alone
from photopeak_analyzers.nuclides import canonical_name, half_life
from photopeak_analyzers.numerics.dead_time import (
    dead_time_of,
    paralysing_from_20_percent,
    paralysing_from_largest,
)
from photopeak_analyzers.shorthand import NumberRow, as_suffix, in_words, measurements, metrics
from photopeak_analyzers.source_conditions import photopeaks

LAST_CPS = 10_000.0
"""Observed rate of the last point above which input rates by decay alone tell nothing."""


RATES: tuple[tuple[str, Quantity], ...] = (
    ("rate_at_20pct_loss", lambda v, model: 0.8 * dead_time_of(model, v).true_at_20_percent_cps),
    ("largest_rate", lambda v, model: dead_time_of(model, v).largest_cps),
)
"""Observed rates that follow from the dead times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadTimeParameters(Parameters):
    """What the source is, and what is asked of the points."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the source; without it the one that the header names."
    )
    minimum_counts: float = least_counts(10_000.0, doc="Counts of each point; fewer is a warning.")
    noise_draws: int = parameter(
        200,
        doc="Simulated series behind the dead times by 20 % loss and by the largest rate.",
        minimum=20,
        maximum=5000,
    )
    noise_seed: int = parameter(
        2231, doc="Seed of the simulated series.", minimum=0, maximum=2**31 - 1
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_without_photopeak(self.nuclide)


def measure(inputs: Inputs, parameters: DeadTimeParameters) -> Analysis:
    """Measure the dead time of every head."""
    nuclide = _nuclide(inputs, parameters)
    nuclides = photopeaks((nuclide,))
    life = half_life(nuclide, LOCAL.name)
    series, notes, conditions = rate_series(inputs, nuclides, CLAUSE)
    found: list[Measurement] = by_two_sources(inputs)
    figures: list[Figure] = []
    heads, left_out, voided = heads_alone(
        series, lambda each: _fitted(each, life.seconds), looked_on=looked_on, clause=CLAUSE
    )
    conditions += voided
    for each, (points, head) in heads:
        found += _numbers(each, head, points, parameters)
        conditions += header_conditions(each, nuclides)
        conditions += fit_conditions(each, head, parameters.minimum_counts)
        for rate_cps in rates_to_correct(inputs, each):
            corrections, condition = correct(each, head, rate_cps)
            found += corrections
            conditions.append(condition)
        notes.append(_note(each, head, nuclide, life.seconds, life.source))
        suffix = as_suffix(each.scope) if len(heads) > 1 else ""
        figures += dead_time_figures(head, each.scope, suffix)
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(dict.fromkeys(conditions)),
        figures=tuple(figures),
        notes=(*notes, *left_out),
    )


def _fitted(series: RateSeries, half_life_s: float) -> tuple[Points, HeadFit]:
    points = decay_points(series, half_life_s)
    return points, fit_head(points)


def _nuclide(inputs: Inputs, parameters: DeadTimeParameters) -> str:
    """Return the nuclide as stated, else as the first header names it."""
    if parameters.nuclide is not None:
        return canonical_name(parameters.nuclide) or parameters.nuclide
    named = (acquisition.nuclide for acquisition in decay_acquisitions(inputs))
    nuclide = next((name for name in named if name is not None), None)
    if nuclide is None:
        raise ParameterError(
            "no header names the nuclide, and the parameter nuclide is not given",
            quantity="nuclide",
        )
    return nuclide


def _numbers(
    series: RateSeries, head: HeadFit, points: Points, parameters: DeadTimeParameters
) -> list[Measurement]:
    dead = head.best.dead_time
    tau = head.dead_time_s
    amplitude = head.derived(lambda values, _: float(values[0]))
    at_20 = dead.true_at_20_percent_cps
    rows: list[NumberRow] = [
        ("tau_us", MICRO * tau.value, MICRO * tau.uncertainty),
        ("first_true_cps", amplitude.value, amplitude.uncertainty),
        ("largest_loss_pct", head.largest_loss_percent, None),
        ("largest_residual_pct", head.largest_residual_percent, None),
    ]
    if math.isfinite(at_20) and tau.value > 0.0:
        for key, quantity in RATES:
            rate = head.derived(quantity)
            rows.append((key, rate.value, rate.uncertainty))
    curve = rate_curve(
        points,
        Text.NEMA,
        draws=parameters.noise_draws,
        rng=np.random.default_rng(parameters.noise_seed),
    )
    for key, found_rate, law in (
        ("tau_from_20_us", curve.input_20, paralysing_from_20_percent),
        ("tau_from_max_us", curve.observed_max, paralysing_from_largest),
    ):
        slow = float(curve.observed_cps[-1]) <= LAST_CPS or key == "tau_from_max_us"
        if found_rate is not None and slow:
            value = MICRO * law(found_rate.value)
            rows.append((key, value, value * found_rate.relative))
    found = measurements(series.scope, rows)
    for model, fit in head.fits.items():
        scope = Scope.of(**dict(series.scope.items), model=str(model))
        own = first_order(fit)
        found += measurements(
            scope,
            [
                ("tau_model_us", MICRO * own.value, MICRO * own.uncertainty),
                ("chi2_reduced", fit.chi_square / fit.degrees_of_freedom, None),
                ("aic", fit.aic, None),
            ],
        )
    return found


def _note(series: RateSeries, head: HeadFit, nuclide: str, half_life_s: float, source: str) -> Note:
    model = str(head.best.model)
    return Note(
        code="DEAD_TIME_MODEL",
        message=f"{in_words(series.scope)}: {model.replace('_', ' ')} by the criterion of Akaike;"
        f" half-life of {nuclide} {half_life_s:g} s ({source})",
        scope=series.scope,
        values={"model": model, "half_life_s": half_life_s, "half_life_source": source},
    )


ANALYZER = Analyzer(
    id="dead_time",
    title="Dead time",
    title_zh="死时间",
    version="1",
    variants=(LOCAL,),
    roles=(DECAY, POINTS, BACKGROUND),
    readings=(TWO_SOURCES, MEASURED),
    metrics=metrics(
        CLAUSE,
        ("tau_us", "us", "tau", "Dead time", "死时间", 2),
        ("rate_at_20pct_loss", "{counts}/s", "C_-20%", "Observed rate at 20 % loss by the model", "模型计算损失20%时的观测计数率", 0),
        ("largest_rate", "{counts}/s", "C_max", "Largest observed rate by the model", "模型计算最大观测计数率", 0),
        ("first_true_cps", "{counts}/s", "n_0", "True rate at the start", "起始真实计数率", 0),
        ("largest_loss_pct", "%", "L_max", "Loss of the fastest point", "最大计数损失", 1),
        ("largest_residual_pct", "%", "r_max", "Farthest point from the model", "与模型的最大偏差", 2),
        ("tau_from_20_us", "us", "tau_20", "Paralysable dead time by the point of 20 % loss", "由20%损失点计算的死时间", 2),
        ("tau_from_max_us", "us", "tau_max", "Paralysable dead time by the largest rate", "由最大计数率计算的死时间", 2),
        ("tau_two_sources_us", "us", "tau_2", "Paralysable dead time by two sources", "双源法死时间", 2),
        ("tau_model_us", "us", "tau_m", "Dead time of a model", "各模型死时间", 2),
        ("chi2_reduced", "1", "chi2/f", "Chi square per degree of freedom", "约化卡方", 2),
        ("aic", "1", "AIC", "Criterion of Akaike", "赤池信息准则", 1),
        ("corrected_rate_cps", "{counts}/s", "n", "Corrected rate", "修正后计数率", 0),
        ("correction_factor", "1", "f", "Factor of the correction", "修正因子", 4),
    ),
    parameters=DeadTimeParameters,
    measure=measure,
    figures=FIGURES,
    days=DAYS,
)  # fmt: skip
"""The test, as registered."""
