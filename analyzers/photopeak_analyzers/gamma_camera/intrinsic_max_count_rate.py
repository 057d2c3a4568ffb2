"""Intrinsic maximum count rate: a source is moved towards the bare detector until the rate turns.

WS 523-2019: 37 MBq of Tc-99m, no collimator, from more than 2 m slowly towards the middle of the head.
The rate rises, passes a maximum and falls; the maximum is the result. The clause has it read off the
display; from a dynamic series it is the maximum of the median of three consecutive frames, so that
no single frame decides, with the plain maximum, which other programs give, beside it. A number that
a person read off stands beside both; of a head without a series it is the result. That is not the
largest rate of NEMA, whose source decays.

That it is a maximum is shown by slower frames before it and after it, the clause's rise and fall;
without them the numbers are void. The uncertainty is that of counting, by simulation: how near the
hand came to the best place is in no number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import (
    AcquisitionKind,
    CollimatorType,
    Dynamic,
    FrameStack,
)
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    PreconditionCode,
    Role,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, Figure, ReferenceLine
from photopeak_analyzers.frame_conditions import collimator_is, detector_is_known, no_overflow
from photopeak_analyzers.gamma_camera.max_count_rate_readings import (
    READ,
    READ_KEY,
    read_alone,
    read_rates,
)
from photopeak_analyzers.gamma_camera.max_count_rate_sweep import (
    FRAMES_AFTER,
    FRAMES_BEFORE,
    Floats,
    Sweep,
    moving_median,
    refuse_short,
    sweeps_of,
)
from photopeak_analyzers.given import every
from photopeak_analyzers.heads_alone import heads_alone
from photopeak_analyzers.shorthand import as_suffix, in_words, measurements, metrics
from photopeak_analyzers.source_conditions import (
    Photopeaks,
    nuclide_is_one_of,
    on_a_photopeak,
    photopeaks,
    window_on_photopeak,
)

CLAUSE = "WS 523-2019, intrinsic maximum count rate"

TURNED = 0.98
"""Share of the maximum below which the rate has risen to it or fallen from it."""

SHORTEST_S, LONGEST_S = 0.5, 2.0
"""Duration of a frame: shorter ones are noisy, in a longer one the source moves too far."""

SWEEP = Role(
    name="sweep",
    kinds=frozenset({AcquisitionKind.DYNAMIC}),
    minimum=0,
    label="Source moved towards the head",
    hint="A dynamic series of frames of 0.5 to 2 s: the rate rises, passes its maximum and falls."
    " Not needed where the largest rate was read off the display.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxCountRateParameters(Parameters):
    """What the source is, and how the uncertainty is found."""

    nuclide: str = parameter("Tc-99m", doc="Nuclide of the source.", clause=CLAUSE)
    noise_draws: int = parameter(
        200,
        doc="Simulated series behind the uncertainty, which is known to 1 / sqrt(2 draws).",
        minimum=20,
        maximum=5000,
    )
    noise_seed: int = parameter(
        523, doc="Seed of the simulated series.", minimum=0, maximum=2**31 - 1
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        photopeaks((self.nuclide,))


def measure(inputs: Inputs, parameters: MaxCountRateParameters) -> Analysis:
    """Measure the largest rate of every head."""
    found = read_rates(inputs)
    acquisitions = every(inputs, SWEEP, Dynamic)
    if not (found or acquisitions):
        raise MissingReadingError(
            "neither a series nor a rate that was read off the display is given, needs 1",
            quantity=READ.name,
            value=0,
            bound=1,
        )
    conditions: list[Precondition] = []
    figures: list[Figure] = []
    notes: list[Note] = []
    for acquisition in acquisitions:
        notes += _measure(acquisition, parameters, found, conditions, figures)
    found += read_alone(found, "max_count_rate_cps")
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(conditions),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _measure(
    acquisition: Dynamic,
    parameters: MaxCountRateParameters,
    found: list[Measurement],
    conditions: list[Precondition],
    figures: list[Figure],
) -> list[Note]:
    """Add what a series shows; return the remarks."""
    nuclides = photopeaks((parameters.nuclide,))
    sweeps, notes = on_a_photopeak(acquisition, sweeps_of(acquisition), nuclides)
    usable, left_out, voided = heads_alone(
        sweeps, refuse_short, looked_on=lambda sweep: not sweep.counts.any(), clause=CLAUSE
    )
    conditions += voided
    conditions.append(nuclide_is_one_of(acquisition, nuclides, CLAUSE))
    for sweep, _ in usable:
        rates = sweep.rates_cps
        medians = moving_median(rates)
        largest = float(medians.max())
        # One frame is the median of two or three neighbouring windows; the middle one is meant.
        alike = np.flatnonzero(medians == largest)
        top = int(alike[alike.size // 2])
        plain = int(rates.argmax())
        rng = np.random.default_rng(parameters.noise_seed)
        drawn = rng.poisson(sweep.counts, (parameters.noise_draws, sweep.counts.size))
        simulated = drawn / sweep.durations_s
        found += measurements(
            sweep.scope,
            [
                (
                    "max_count_rate_cps",
                    largest,
                    float(moving_median(simulated).max(axis=-1).std(ddof=1)),
                ),
                (
                    "max_count_rate_plain_cps",
                    float(rates[plain]),
                    float(simulated.max(axis=-1).std(ddof=1)),
                ),
                ("max_frame", float(top + 2), None),
                ("max_time_s", float(sweep.middles_s[top + 1]), None),
            ],
        )
        conditions += _conditions(acquisition, sweep, nuclides)
        conditions += _turned(sweep, medians, top)
        figures.append(_figure(sweep, medians, as_suffix(sweep.scope) if len(usable) > 1 else ""))
    return [*notes, *left_out]


def _conditions(
    acquisition: FrameStack, sweep: Sweep, nuclides: Photopeaks
) -> tuple[Precondition, ...]:
    scope = sweep.scope
    long = float(sweep.durations_s.max()) > LONGEST_S
    return (
        detector_is_known(sweep.detector, scope=scope, clause=CLAUSE),
        *window_on_photopeak(
            acquisition.energy_window(sweep.energy_window),
            acquisition.nuclide,
            nuclides,
            width_percent=None,
            strict=False,
            scope=scope,
            clause=CLAUSE,
        ),
        collimator_is(
            CollimatorType.NONE, acquisition.detector(sweep.detector), scope=scope, clause=CLAUSE
        ),
        bounded(
            PreconditionCode.DURATION,
            "duration of the longest frame" if long else "duration of the shortest frame",
            float(sweep.durations_s.max() if long else sweep.durations_s.min()),
            lower=SHORTEST_S,
            upper=LONGEST_S,
            unit="s",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        no_overflow(acquisition, sweep.highest_pixel, scope=scope, clause=CLAUSE),
    )


def _turned(sweep: Sweep, medians: Floats, top: int) -> tuple[Precondition, ...]:
    """Check that the rate rose to the maximum and fell from it."""
    slower = sweep.rates_cps < TURNED * medians[top]
    # The median at `top` is that of the frames top, top + 1 and top + 2.
    rows = (
        ("frames before the maximum below 98 % of it", slower[: top + 1], FRAMES_BEFORE),
        ("frames after the maximum below 98 % of it", slower[top + 2 :], FRAMES_AFTER),
    )
    return tuple(
        bounded(
            PreconditionCode.RATE,
            quantity,
            float(np.count_nonzero(side)),
            lower=float(least),
            unit="1",
            severity=Severity.HARD,
            scope=sweep.scope,
            clause=CLAUSE,
            expected="a rate that rises, passes its maximum and falls",
        )
        for quantity, side, least in rows
    )


def _figure(sweep: Sweep, medians: Floats, suffix: str) -> CurveFigure:
    return CurveFigure(
        name="rate" + suffix,
        title=f"Count rate while the source moves, {in_words(sweep.scope)}",
        x_label="time",
        x_unit="s",
        y_label="observed rate",
        y_unit="{counts}/s",
        curves=(
            Curve(label="frames", x=sweep.middles_s, y=sweep.rates_cps, style=CurveStyle.POINTS),
            Curve(label="median of three", x=sweep.middles_s[1:-1], y=medians),
        ),
        lines=(ReferenceLine(label="maximum", value=float(medians.max())),),
    )


ANALYZER = Analyzer(
    id="intrinsic_max_count_rate",
    title="Intrinsic maximum count rate",
    title_zh="固有最大计数率",
    version="1",
    variants=(Variant(name="ws523", title="WS 523-2019", clause=CLAUSE),),
    roles=(SWEEP,),
    readings=(READ,),
    metrics=metrics(
        CLAUSE,
        ("max_count_rate_cps", "{counts}/s", "C_max", "Maximum count rate", "最大计数率", 0),
        ("max_count_rate_plain_cps", "{counts}/s", "C_max,1", "Maximum count rate of a single frame", "单帧最大计数率", 0),
        (READ_KEY, "{counts}/s", "C_max,r", "Maximum count rate read off the display", "显示器读取的最大计数率", 0),
        ("max_frame", "1", "k_max", "Frame of the maximum", "最大计数率所在帧", 0),
        ("max_time_s", "s", "t_max", "Time of the maximum", "最大计数率时刻", 1),
    ),
    parameters=MaxCountRateParameters,
    measure=measure,
    figures=("rate",),
)  # fmt: skip
"""The test, as registered."""
