"""Stability of a radionuclide calibrator: a source that stays in the well for hours.

Practice: readings over at least an hour, each less the background and corrected for decay to the first;
their largest deviation from the mean, their scatter, and the drift, the slope of a straight line through
them over time, in % per hour and over what was followed. A drift that is no more than its uncertainty
times two is none.

The uncertainty of the drift is that of the line, which the scatter of the readings gives; a wrong
half-life would look like a drift, its share is added.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    PreconditionCode,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.counters.calibrator_readings import (
    at_first,
    meter_readings,
    nuclide_of,
    used_half_life,
)
from photopeak_analyzers.counters.calibrator_repeats import (
    READINGS,
    REPEAT_FIGURES,
    REPEAT_METRICS,
    REPEAT_READINGS,
    RepeatParameters,
    measure_repeats,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, ReferenceLine
from photopeak_analyzers.nuclide_table import HOUR_S
from photopeak_analyzers.numerics.decay import LN2
from photopeak_analyzers.numerics.regression import fit_line
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "practice: radionuclide calibrator, readings of one source over hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilityParameters(RepeatParameters):
    """Parameters of the test."""

    shortest_h: float = parameter(
        1.0, doc="Time to be followed; less warns.", unit="h", minimum=0.05, maximum=1000.0
    )


def measure(inputs: Inputs, parameters: StabilityParameters) -> Analysis:
    """Return scatter and drift."""
    rows = inputs.rows(READINGS)
    untimed = next((row for row in rows if not row.has("time")), None)
    if untimed is not None:
        raise MissingReadingError(
            f"row {untimed.position} of {READINGS.name} has no time", quantity="time"
        )
    analysis = measure_repeats(inputs, parameters, CLAUSE)
    life, _ = used_half_life(nuclide_of(inputs), inputs.variant)
    read = meter_readings(rows, inputs)
    moments = [row.moment("time") for row in rows]
    hours = np.array([(each - min(moments)).total_seconds() / HOUR_S for each in moments])
    activities = np.array(at_first(read, life))
    percent = 100.0 * (activities / activities.mean() - 1.0)
    line = fit_line(hours, percent)
    of_life = 100.0 * LN2 * HOUR_S * (life.uncertainty_s or 0.0) / life.seconds**2
    drift = line.slope.value
    u = math.hypot(line.slope.uncertainty, of_life)
    followed = float(np.ptp(hours))
    return dataclasses.replace(
        analysis,
        measurements=(
            *analysis.measurements,
            *measurements(
                Scope(),
                [
                    ("drift_pct_per_h", drift, u),
                    ("drift_pct", drift * followed, u * followed),
                    ("duration_h", followed, None),
                ],
            ),
        ),
        preconditions=(
            *analysis.preconditions,
            bounded(
                PreconditionCode.DURATION,
                "time that was followed",
                followed,
                lower=parameters.shortest_h,
                unit="h",
                severity=Severity.SOFT,
                scope=Scope(),
                clause=CLAUSE,
            ),
        ),
        figures=(
            *analysis.figures,
            CurveFigure(
                name="drift",
                title="Readings over time",
                x_label="Time since the first reading",
                x_unit="h",
                y_label="Deviation from the mean",
                y_unit="%",
                curves=(
                    Curve(label="readings", x=hours, y=percent, style=CurveStyle.POINTS),
                    Curve(
                        label="straight line",
                        x=np.array([0.0, followed]),
                        y=np.array([line.at(0.0).value, line.at(followed).value]),
                    ),
                ),
                lines=(ReferenceLine(label="mean", value=0.0),),
            ),
        ),
    )


ANALYZER = Analyzer(
    id="calibrator_stability",
    title="Stability of the radionuclide calibrator",
    title_zh="活度计短期稳定性",
    version="1",
    variants=(Variant(name="local", title="One source over hours", clause=CLAUSE),),
    roles=(),
    readings=REPEAT_READINGS,
    metrics=metrics(
        CLAUSE,
        *REPEAT_METRICS,
        ("drift_pct_per_h", "%/h", "dA/dt", "Drift", "漂移", 3),
        ("drift_pct", "%", "dA", "Drift over what was followed", "测量期间总漂移", 2),
        ("duration_h", "h", "t", "Time that was followed", "测量持续时间", 2),
    ),
    parameters=StabilityParameters,
    measure=measure,
    figures=(*REPEAT_FIGURES, "drift"),
)  # fmt: skip
"""The test, as registered."""
