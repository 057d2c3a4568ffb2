"""Background and zero of a radionuclide calibrator: what it shows with nothing in its well.

Practice: at least ten readings of the empty well with its liner, on the settings in use; mean, standard
deviation, the drift against the zero that was last adjusted, and the drift during the readings
where they have times. The uncertainty of the mean holds the scatter of the readings and the last
digit of the display.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.conditions import bounded, known
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
    parameter,
)
from photopeak_analyzers.counters.calibrator_conditions import number_condition
from photopeak_analyzers.counters.calibrator_readings import (
    LARGEST_MBQ,
    MOST_NEGATIVE_MBQ,
    DisplayParameters,
    resolution_mbq,
    setting_column,
    time_column,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, ReferenceLine
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.regression import fit_line
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics

CLAUSE = "practice: radionuclide calibrator, background and zero of the empty well"

READINGS = Reading(
    name="readings",
    label="Readings of the empty well",
    label_zh="空井读数",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(
        Column(
            "activity_mbq",
            "MBq",
            label="Reading",
            label_zh="示值",
            minimum=MOST_NEGATIVE_MBQ,
            maximum=LARGEST_MBQ,
        ),
        setting_column(),
        time_column(),
    ),
    maximum_rows=2000,
    hint="Ten or more on each setting, sources far away.",
)

LINER = Reading(
    name="liner",
    label="Liner and dipper in the well",
    label_zh="井内衬套",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=("in", "out"),
    required=False,
)

ZERO = Reading(
    name="zero_mbq",
    label="Reading of the empty well when the zero was last adjusted",
    label_zh="上次调零时的空井示值",
    unit="MBq",
    minimum=MOST_NEGATIVE_MBQ,
    maximum=LARGEST_MBQ,
    required=False,
)

FEWEST_FOR_A_DRIFT = 3
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundParameters(DisplayParameters):
    """Parameters of the test."""

    wanted_readings: int = parameter(
        10, doc="Readings of each setting; fewer warn.", minimum=1, maximum=1000
    )
    largest_mbq: float = parameter(
        5.0,
        doc="Mean, either way, above which the well counts as not empty or the zero as set wrong.",
        unit="MBq",
        minimum=0.001,
        maximum=1000.0,
    )


def measure(inputs: Inputs, parameters: BackgroundParameters) -> Analysis:
    """Return background, zero and their drift, setting by setting."""
    rows = inputs.rows(READINGS)
    if not rows:
        raise MissingReadingError("no reading of the empty well is given", quantity=READINGS.name)
    by_setting: dict[str | None, list[Row]] = {}
    for row in rows:
        by_setting.setdefault(row.text("setting") if row.has("setting") else None, []).append(row)
    zero = inputs.number(ZERO.name) if ZERO.name in inputs.readings else None
    found: list[Measurement] = []
    checked: list[Precondition] = [_liner(inputs)]
    figures = []
    for setting, group in by_setting.items():
        scope = Scope.of(setting=setting)
        values = np.array([row.number("activity_mbq") for row in group])
        mean = _mean(values, parameters)
        found += measurements(
            scope,
            [
                ("background_mbq", mean.value, mean.uncertainty),
                ("background_sd_mbq", *_spread(values)),
                ("highest_mbq", float(values.max()), None),
                (
                    "zero_drift_mbq",
                    None if zero is None else mean.value - zero,
                    math.hypot(mean.uncertainty, resolution_mbq(abs(zero or 0.0), parameters)),
                ),
                ("readings", len(group), None),
                *_drift(group),
            ],
        )
        checked += _conditions(mean.value, len(group), scope, parameters)
        figures.append(_figure(values, mean.value, scope))
    return Analysis(measurements=tuple(found), preconditions=tuple(checked), figures=tuple(figures))


def _mean(values: np.ndarray, parameters: BackgroundParameters) -> Estimate:
    value = float(values.mean())
    scatter = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else 0.0
    digit = resolution_mbq(float(np.abs(values).max()), parameters)
    return Estimate(value=value, uncertainty=math.hypot(scatter, digit))


def _spread(values: np.ndarray) -> tuple[float | None, float | None]:
    if values.size < FEWEST_FOR_A_DRIFT:
        return None, None
    spread = float(values.std(ddof=1))
    return spread, spread / math.sqrt(2.0 * (values.size - 1))


def _drift(group: Sequence[Row]) -> Iterator[tuple[str, float, float]]:
    """Yield the slope of the readings over their times, where these tell it."""
    timed = [(row.moment("time"), row.number("activity_mbq")) for row in group if row.has("time")]
    if len({moment for moment, _ in timed}) < FEWEST_FOR_A_DRIFT:
        return
    first = min(moment for moment, _ in timed)
    hours = [(moment - first).total_seconds() / SECONDS_PER_HOUR for moment, _ in timed]
    slope = fit_line(hours, [value for _, value in timed]).slope
    yield "drift_mbq_per_h", slope.value, slope.uncertainty


def _liner(inputs: Inputs) -> Precondition:
    given = inputs.readings.get(LINER.name)
    place = None if given is None else str(given.value)
    if place == "out":
        return bounded(
            PreconditionCode.GEOMETRY,
            "liners in the well",
            0.0,
            lower=1.0,
            unit="1",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
            expected="the liner in the well, as with sources",
        )
    return known(
        PreconditionCode.GEOMETRY,
        "liner of the well",
        place,
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
        expected="in",
    )


def _conditions(
    mean: float, number: int, scope: Scope, parameters: BackgroundParameters
) -> list[Precondition]:
    return [
        number_condition(number, parameters.wanted_readings, CLAUSE, scope),
        bounded(
            PreconditionCode.BACKGROUND,
            "mean of the empty well",
            mean,
            lower=-parameters.largest_mbq,
            upper=parameters.largest_mbq,
            unit="MBq",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="an empty well",
        ),
    ]


def _figure(values: np.ndarray, mean: float, scope: Scope) -> CurveFigure:
    return CurveFigure(
        name="background" + as_suffix(scope).replace("-", "_").lower(),
        title="Readings of the empty well",
        x_label="Reading",
        x_unit="1",
        y_label="Reading",
        y_unit="MBq",
        curves=(
            Curve(
                label="readings",
                x=np.arange(1.0, values.size + 1.0),
                y=values,
                style=CurveStyle.POINTS,
            ),
        ),
        lines=(ReferenceLine(label="mean", value=mean),),
    )


ANALYZER = Analyzer(
    id="calibrator_background",
    title="Background and zero of the radionuclide calibrator",
    title_zh="活度计本底与零点",
    version="1",
    variants=(Variant(name="local", title="Empty well", clause=CLAUSE),),
    roles=(),
    readings=(READINGS, LINER, ZERO),
    metrics=metrics(
        CLAUSE,
        ("background_mbq", "MBq", "B", "Background", "本底", 3),
        ("background_sd_mbq", "MBq", "s", "Standard deviation of a reading", "单次读数标准偏差", 3),
        ("highest_mbq", "MBq", "B_max", "Highest reading", "最大示值", 3),
        ("zero_drift_mbq", "MBq", "dB", "Drift of the zero since its adjustment", "零点漂移", 3),
        ("drift_mbq_per_h", "MBq/h", "dB/dt", "Drift during the readings", "测量期间漂移", 4),
        ("readings", "1", "n", "Readings", "读数次数", 0),
    ),
    parameters=BackgroundParameters,
    measure=measure,
    figures=("background",),
)  # fmt: skip
"""The test, as registered."""
