"""Count-rate performance: what is observed of the rate of a decaying source, down to no losses.

Two texts, never mixed. IEC 60789 / GB/T 18989-2013 3.7: system, with scatter, 20 s about every 1.5 h
until fewer than 3000 counts/s. NEMA NU 1-2007: intrinsic in air (GB/T 18989-2013 E.6) or system with
scatter (E.13), each point 10 s and 100 000 counts, until fewer than 4000 counts/s. Results are the
observed rate at 20 % loss and the largest observed rate, each with its input rate
(``count_rate_curve`` has the formulas). The half-life is that of the text.

By the text the last point counts as free of loss. It is not quite: with 2 us it has lost 0.8 %, and
the rate at 20 % loss comes out 2.4 % high. What the text says is the result; beside it stand the loss
of the last point and the rate without it. The largest rate is that of the highest point, as the text
has it; the top of a parabola through it and its neighbours stands beside it. It is left out when the
series begins with its largest rate, because nothing then shows that it is a maximum.

Uncertainties come from simulated counting of points and background, choice of points included; the
half-life is taken as exact, as the text fixes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.common_parameters import least_counts, refuse_above
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
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure, Scale
from photopeak_analyzers.gamma_camera.count_rate_conditions import (
    curve_conditions,
    point_conditions,
    series_conditions,
)
from photopeak_analyzers.gamma_camera.count_rate_curve import RateCurve, Text, rate_curve
from photopeak_analyzers.gamma_camera.count_rate_figures import FIGURES, rate_figures
from photopeak_analyzers.gamma_camera.count_rate_texts import (
    IEC,
    IEC_NUCLIDES,
    NEMA,
    SCATTER,
    WITH,
    asked_by,
    scatter_of,
)
from photopeak_analyzers.gamma_camera.rate_series import (
    BACKGROUND,
    DAYS,
    DECAY,
    POINTS,
    RateSeries,
    decay_points,
    looked_on,
    rate_series,
)
from photopeak_analyzers.heads_alone import heads_alone
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics
from photopeak_analyzers.source_conditions import Photopeaks, photopeaks


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRateParameters(Parameters):
    """What the acquisition has to be like."""

    nuclide: str | None = parameter(
        None,
        doc="Nuclide of the source, where it is none that the text names: NEMA reports others apart.",
        clause="GB/T 18989-2013 E.6.1, E.13.1, 3.7.1 a",
    )
    minimum_counts: float = least_counts(
        100_000.0,
        doc="Counts of each point (NEMA); fewer is a warning.",
        clause="NEMA NU 1-2007 (GB/T 18989-2013 E.6.3, E.13.3)",
    )
    invalid_below_counts: float = least_counts(
        10_000.0,
        doc="Counts of a point below which nothing is judged: the last one is then known to worse"
        " than 1 %, and all input rates with it.",
    )
    last_invalid_above_cps: float = parameter(
        10_000.0,
        doc="Observed rate of the last point above which nothing is judged, because it has losses"
        " itself. The texts ask for less than 4000 /s (NEMA) and 3000 /s (IEC).",
        unit="{counts}/s",
        minimum=4_000.0,
        maximum=100_000.0,
    )
    noise_draws: int = parameter(
        200,
        doc="Simulated series behind the uncertainties, which are known to 1 / sqrt(2 draws).",
        minimum=20,
        maximum=5000,
    )
    noise_seed: int = parameter(
        2007, doc="Seed of the simulated series.", minimum=0, maximum=2**31 - 1
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")
        if self.nuclide is not None:
            photopeaks((self.nuclide,))


def measure(inputs: Inputs, parameters: CountRateParameters) -> Analysis:
    """Measure the count-rate characteristic of every head."""
    text = Text.IEC if inputs.variant == IEC.name else Text.NEMA
    # IEC 60789 reads the 20 % point off the curve in logarithms, so it is shown on such axes.
    scale = Scale.LOG if text is Text.IEC else Scale.LINEAR
    names = IEC_NUCLIDES if text is Text.IEC else ("Tc-99m",)
    nuclides = photopeaks((parameters.nuclide,) if parameters.nuclide else names)
    clause = IEC.clause if text is Text.IEC else NEMA.clause
    every, notes, conditions = rate_series(inputs, nuclides, clause)
    curves, left_out, voided = heads_alone(
        every,
        lambda series: _curve_of(series, text, nuclides, parameters),
        looked_on=looked_on,
        clause=clause,
    )
    conditions += voided
    found: list[Measurement] = []
    figures: list[Figure] = []
    for series, (curve, note) in curves:
        scatter = scatter_of(series, inputs) if text is Text.NEMA else WITH
        asked = asked_by(
            text,
            nuclides,
            scatter,
            minimum_counts=parameters.minimum_counts,
            invalid_below_counts=parameters.invalid_below_counts,
            last_invalid_above_cps=parameters.last_invalid_above_cps,
        )
        scope = (
            Scope.of(**dict(series.scope.items), scatter=scatter)
            if text is Text.NEMA
            else series.scope
        )
        found += _numbers(series, curve, scope)
        conditions += [
            *series_conditions(series, asked),
            *point_conditions(series, asked),
            *curve_conditions(series, curve, asked),
        ]
        notes += [note, *_notes(series)]
        suffix = as_suffix(series.scope) if len(curves) > 1 else ""
        figures += rate_figures(series, curve, scope, suffix, scale)
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(dict.fromkeys(conditions)),
        figures=tuple(figures),
        notes=(*notes, *left_out),
    )


def _curve_of(
    series: RateSeries, text: Text, nuclides: Photopeaks, parameters: CountRateParameters
) -> tuple[RateCurve, Note]:
    """Return the curve, and the half-life behind it."""
    named = series.first.nuclide
    nuclide = named if named is not None and named in nuclides else next(iter(nuclides))
    life = half_life(nuclide, text)
    curve = rate_curve(
        decay_points(series, life.seconds),
        text,
        draws=parameters.noise_draws,
        rng=np.random.default_rng(parameters.noise_seed),
    )
    if curve.observed_20 is None and curve.observed_max is None:
        loss = 100.0 * (1.0 - float((curve.observed_cps / curve.input_cps).min()))
        raise UnsuitableAcquisitionError(
            f"{series.subject} loses at most {loss:.1f} % and shows no maximum, needs 20 %",
            quantity="loss",
            value=loss,
            bound=20.0,
        )
    note = Note(
        code="HALF_LIFE_USED",
        message=f"half-life of {nuclide} {life.seconds:g} s ({life.source})",
        scope=series.scope,
        values={"half_life_s": life.seconds, "half_life_source": life.source},
    )
    return curve, note


def _numbers(series: RateSeries, curve: RateCurve, scope: Scope) -> list[Measurement]:
    rates: tuple[tuple[str, Estimate | None], ...] = (
        ("ocr_20", curve.observed_20),
        ("icr_20", curve.input_20),
        ("ocr_max", curve.observed_max),
        ("icr_max", curve.input_max),
        ("background_cps", None if series.background is None else series.background.rate),
    )
    return measurements(
        scope,
        [
            *((key, rate.value, rate.uncertainty) for key, rate in rates if rate is not None),
            ("ocr_max_fitted", curve.fitted_max, None),
            ("ocr_20_loss_free", curve.observed_20_loss_free, None),
            ("last_loss_pct", None if curve.last_loss is None else 100.0 * curve.last_loss, None),
            ("last_ocr", float(curve.observed_cps[-1]), float(curve.u_observed_cps[-1])),
            ("points", float(series.points), None),
        ],
    )


def _notes(series: RateSeries) -> list[Note]:
    if series.background is not None:
        return []
    return [
        Note(
            code="BACKGROUND_NOT_MEASURED",
            message=f"no background of {series.subject} is given, and none was taken off",
            scope=series.scope,
        )
    ]


ANALYZER = Analyzer(
    id="count_rate_performance",
    title="Count-rate performance",
    title_zh="计数率特性",
    version="1",
    variants=(NEMA, IEC),
    roles=(DECAY, POINTS, BACKGROUND),
    readings=(SCATTER,),
    metrics=metrics(
        "IEC 60789, NEMA NU 1-2007 (GB/T 18989-2013 3.7.3.3, E.6.4, E.13.4)",
        ("ocr_20", "{counts}/s", "C_-20%", "Observed rate at 20 % loss", "损失20%时的观测计数率", 0),
        ("icr_20", "{counts}/s", "R_-20%", "Input rate at 20 % loss", "损失20%时的真实计数率", 0),
        ("ocr_max", "{counts}/s", "C_max", "Largest observed rate", "最大观测计数率", 0),
        ("icr_max", "{counts}/s", "R_max", "Input rate at the largest observed rate", "最大观测计数率对应的真实计数率", 0),
        ("ocr_max_fitted", "{counts}/s", "C_max,fit", "Largest observed rate by a parabola", "抛物线拟合最大观测计数率", 0),
        ("ocr_20_loss_free", "{counts}/s", "C_-20%,0", "Observed rate at 20 % loss, without the loss of the last point", "损失20%时的观测计数率（修正末点损失）", 0),
        ("last_loss_pct", "%", "L_n", "Loss of the last point", "末点计数损失", 2),
        ("last_ocr", "{counts}/s", "C_n", "Observed rate of the last point", "末点观测计数率", 0),
        ("background_cps", "{counts}/s", "R_b", "Background rate", "本底计数率", 1),
        ("points", "1", "n", "Points of the decay", "测量点数", 0),
    ),
    parameters=CountRateParameters,
    measure=measure,
    figures=FIGURES,
    days=DAYS,
)  # fmt: skip
"""The test, as registered."""
