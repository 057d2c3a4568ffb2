"""Figures of the linearity of a calibrator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.counters.calibrator_readings import MeterReading
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    ReferenceLine,
    Scale,
    TableFigure,
)
from photopeak_analyzers.numerics.decay import LN2

BAND_PERCENT = 5.0
"""The band that is drawn; what is judged stands in the limits."""

FIGURES = ("deviation", "decay", "table")


def deviation_figure(
    method: str,
    activities: Sequence[float],
    deviations: Sequence[float],
    excluded: Sequence[tuple[float, float]] = (),
) -> CurveFigure:
    """Draw the deviations over the activities, those that are not judged apart."""
    curves = [
        Curve(
            label="readings",
            x=np.array(activities),
            y=np.array(deviations),
            style=CurveStyle.POINTS,
        )
    ]
    if excluded:
        curves.append(
            Curve(
                label="too near to the background",
                x=np.array([activity for activity, _ in excluded]),
                y=np.array([deviation for _, deviation in excluded]),
                style=CurveStyle.POINTS,
            )
        )
    return CurveFigure(
        name=f"deviation_{method}",
        title="Deviation from proportionality",
        x_label="Activity",
        x_unit="MBq",
        y_label="Deviation",
        y_unit="%",
        curves=tuple(curves),
        lines=(
            ReferenceLine(label=f"+{BAND_PERCENT:g} %", value=BAND_PERCENT),
            ReferenceLine(label="proportional", value=0.0),
            ReferenceLine(label=f"-{BAND_PERCENT:g} %", value=-BAND_PERCENT),
        ),
        x_scale=Scale.LOG,
    )


def decay_figure(
    read: Sequence[MeterReading], hours: Sequence[float], logarithm: float, half_life_h: float
) -> CurveFigure:
    """Draw the readings over time with the decay of the table through them."""
    along = np.linspace(min(hours), max(hours), 200)
    return CurveFigure(
        name="decay",
        title="Decay of the source",
        x_label="Time since the first reading",
        x_unit="h",
        y_label="Activity",
        y_unit="MBq",
        curves=(
            Curve(
                label="readings",
                x=np.array(hours),
                y=np.array([each.mbq for each in read]),
                style=CurveStyle.POINTS,
            ),
            Curve(
                label="half-life of the table",
                x=along,
                y=np.exp(logarithm - LN2 * along / half_life_h),
            ),
        ),
        y_scale=Scale.LOG,
    )


def points_table(
    method: str, rows: Sequence[tuple[str, float, float, float | None, str]]
) -> TableFigure:
    """Show every reading: what it is, displayed, net, its deviation, whether it is judged."""
    return TableFigure(
        name=f"table_{method}",
        title="Readings",
        columns=("reading", "displayed (MBq)", "net (MBq)", "deviation (%)", "judged"),
        rows=tuple(rows),
    )
