"""Count-rate noise of a PET scanner: noise-equivalent count rate, scatter fraction, share of randoms.

NEMA NU 2, scatter fraction, count losses and randoms; JJF draft (PET/CT calibration) 7.1.1 and 7.2, whose
sources have an activity at which the randoms stay below 5 % of all coincidences. From a table of
rates by activity concentration follow the curves and their peaks, for randoms without noise and for
counted ones; from two rates the share of the randoms; and what a scanner or its maker states is kept
beside them, or stands for them where nothing was measured.

The uncertainty of a peak is the spread of repeated counting (simulated, the highest of several points is
no linear function of them); the scatter fraction is taken for exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Note,
    Parameters,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.monte_carlo import FEWEST_DRAWS, MOST_DRAWS
from photopeak_analyzers.pet.count_rate_readings import (
    PROMPTS,
    RANDOMS,
    RATES,
    SCATTER_FRACTION,
    STATED,
    STATED_ACTIVITY,
    read_curve,
    read_randoms,
    read_stated,
)
from photopeak_analyzers.pet.noise_equivalent import DELAYED, SMOOTH, Peak, RateCurve, peak
from photopeak_analyzers.pet.pet_count_rate_noise_figures import curves_figure, rates_table
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics

NEMA = "NEMA NU 2, scatter fraction, count losses and randoms"
JJF = "JJF (PET/CT calibration, draft) 7.1.1, 7.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRateNoiseParameters(Parameters):
    """How the uncertainty is simulated."""

    draws: int = parameter(
        5_000,
        doc="Simulated repetitions behind the uncertainty.",
        minimum=FEWEST_DRAWS,
        maximum=MOST_DRAWS,
    )
    seed: int = parameter(
        1947,
        doc="Seed of the repetitions: the same seed gives the same uncertainty.",
        minimum=0,
        maximum=2**31 - 1,
    )


def measure(inputs: Inputs, parameters: CountRateNoiseParameters) -> Analysis:
    """Evaluate what there is: the table, the two rates, what was stated."""
    curve = read_curve(inputs)
    clause = JJF if inputs.variant == "jjf" else NEMA
    numbers: list[NumberRow] = [*read_randoms(inputs), *read_stated(inputs, alone=curve is None)]
    figures: list[Figure] = []
    preconditions: list[Precondition] = []
    notes: list[Note] = []
    if curve is not None:
        peaks = [
            peak(curve, weight, draws=parameters.draws, seed=parameters.seed)
            for weight in (SMOOTH, DELAYED)
        ]
        numbers += _of_curve(curve, peaks)
        preconditions.append(_passed_the_peak(curve, peaks, clause))
        figures += [curves_figure(curve, peaks), rates_table(curve)]
        notes += _remarks(curve, peaks)
    if not numbers:
        raise MissingReadingError(
            "neither rates by activity nor the rates of all and of random coincidences nor a stated"
            " peak are given, needs one of them",
            quantity="readings",
            value=0,
            bound=1,
        )
    return Analysis(
        measurements=tuple(measurements(Scope(), numbers)),
        preconditions=tuple(preconditions),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _of_curve(curve: RateCurve, peaks: Sequence[Peak]) -> list[NumberRow]:
    found: list[NumberRow] = []
    for prefix, each in zip(("necr", "necr_delayed"), peaks, strict=True):
        for key, estimate in (("peak", each.rate), ("peak_activity", each.activity)):
            u = estimate.uncertainty if each.known else None
            found.append((f"{prefix}_{key}", estimate.value, u))
    share = np.interp(peaks[0].activity.value, curve.activity, curve.randoms / curve.prompts)
    return [
        *found,
        ("randoms_at_peak_pct", 100.0 * float(share), None),
        ("scatter_fraction_pct", 100.0 * float(curve.scatter_share[0]), None),
        ("highest_trues", float(curve.trues.max()), None),
    ]


def _passed_the_peak(curve: RateCurve, peaks: Sequence[Peak], clause: str) -> Precondition:
    return bounded(
        PreconditionCode.RATE,
        f"activities above that of the highest rate, of {curve.activity.size}",
        float(min(each.points_beyond for each in peaks)),
        lower=1.0,
        unit="1",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=clause,
    )


def _remarks(curve: RateCurve, peaks: Sequence[Peak]) -> list[Note]:
    said = []
    if min(each.points_beyond for each in peaks) == 0:
        said.append(
            Note(
                code="STILL_RISING",
                message="the noise-equivalent rate is highest at the highest activity: its peak lies"
                " there or beyond, and is at least this high",
            )
        )
    if curve.duration_s is None:
        said.append(
            Note(
                code="NO_DURATIONS",
                message="the acquisitions have no durations, so the peaks have no uncertainty",
            )
        )
    return said


ANALYZER = Analyzer(
    id="pet_count_rate_noise",
    title="Count-rate noise",
    title_zh="计数率特性与噪声",
    version="1",
    variants=(
        Variant(name="nema", title="NEMA NU 2", clause=NEMA),
        Variant(name="jjf", title="JJF draft, PET/CT calibration: share of randoms", clause=JJF),
    ),
    roles=(),
    readings=(RATES, SCATTER_FRACTION, PROMPTS, RANDOMS, STATED, STATED_ACTIVITY),
    metrics=metrics(
        NEMA,
        ("randoms_pct", "%", "R/P", "Share of random coincidences", "随机符合份额", 2),
        ("necr_peak", "{counts}/s", "NECR_max", "Peak noise-equivalent count rate", "噪声等效计数率峰值", 0),
        ("necr_peak_activity", "kBq/mL", "a_NECR", "Activity of the peak", "峰值处活度浓度", 2),
        ("necr_delayed_peak", "{counts}/s", "NECR_2R", "Peak with counted randoms", "噪声等效计数率峰值(2R)", 0),
        ("necr_delayed_peak_activity", "kBq/mL", "a_2R", "Activity of that peak", "峰值处活度浓度(2R)", 2),
        ("necr_peak_stated", "{counts}/s", "NECR_st", "Stated peak", "标称噪声等效计数率峰值", 0),
        ("necr_peak_activity_stated", "kBq/mL", "a_st", "Activity of the stated peak", "标称峰值处活度浓度", 2),
        ("randoms_at_peak_pct", "%", "R/P_max", "Share of randoms at the peak", "峰值处随机符合份额", 1),
        ("scatter_fraction_pct", "%", "SF", "Scatter fraction at the lowest activity", "散射分数", 1),
        ("highest_trues", "{counts}/s", "T_max", "Highest rate of true coincidences", "最大真符合计数率", 0),
    ),
    parameters=CountRateNoiseParameters,
    measure=measure,
    figures=("curves", "rates"),
)  # fmt: skip
"""The test, as registered."""
