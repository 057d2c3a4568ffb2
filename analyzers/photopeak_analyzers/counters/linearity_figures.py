"""What is seen of a linearity: rates with the models, deviations, and the points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.counters.linearity_fit import LinearityFit
from photopeak_analyzers.counters.sample_readings import Counted
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ReferenceLine,
    Scale,
    TableFigure,
)

CURVE_POINTS = 200
BAND_PERCENT = 5.0
FIGURES = ("rates", "deviations", "table")


def linearity_figures(
    found: LinearityFit, counts: Sequence[Counted], used: NDArray[np.bool_]
) -> tuple[Figure, ...]:
    """Return all figures."""
    return _rates(found), _deviations(found), _table(found, counts, used)


def _rates(found: LinearityFit) -> CurveFigure:
    true = found.true_cps
    across = np.geomspace(float(true.min()), float(true.max()), CURVE_POINTS)
    curves = [
        Curve(label="measured", x=true, y=found.observed_cps, style=CurveStyle.POINTS),
        Curve(label="no loss", x=across, y=across, style=CurveStyle.DASHED),
    ]
    for model, fit in found.fits.items():
        # Each model has its own amplitude: its curve is drawn over the same activities.
        scaled = across * float(fit.values[0] / found.best.values[0])
        name = str(model).replace("_", "-")
        curves.append(Curve(label=name, x=across, y=fit.dead_time.observed(scaled)))
    return CurveFigure(
        name="rates",
        title="Net rate by true rate",
        x_label="True rate",
        x_unit="{counts}/s",
        y_label="Net rate",
        y_unit="{counts}/s",
        curves=tuple(curves),
        x_scale=Scale.LOG,
        y_scale=Scale.LOG,
    )


def _deviations(found: LinearityFit) -> CurveFigure:
    true = found.true_cps
    across = np.geomspace(float(true.min()), float(true.max()), CURVE_POINTS)
    model = 100.0 * (found.best.dead_time.observed(across) / across - 1.0)
    return CurveFigure(
        name="deviations",
        title="Deviation from a straight line",
        x_label="True rate",
        x_unit="{counts}/s",
        y_label="Deviation",
        y_unit="%",
        curves=(
            Curve(label="measured", x=true, y=found.deviations_percent, style=CurveStyle.POINTS),
            Curve(label=str(found.best.model).replace("_", "-"), x=across, y=model),
            Curve(
                label="left by the model",
                x=true,
                y=found.residuals_percent,
                style=CurveStyle.POINTS,
            ),
        ),
        lines=(
            ReferenceLine(label="+5 %", value=BAND_PERCENT),
            ReferenceLine(label="-5 %", value=-BAND_PERCENT),
        ),
        x_scale=Scale.LOG,
    )


def _table(found: LinearityFit, counts: Sequence[Counted], used: NDArray[np.bool_]) -> TableFigure:
    return TableFigure(
        name="table",
        title="Points",
        columns=(
            "row", "start", "net rate (1/s)", "u (1/s)", "true rate (1/s)", "deviation (%)",
            "left by the model (%)", "in use",
        ),
        rows=tuple(
            (
                each.position,
                None if each.at is None else each.at.isoformat(timespec="seconds"),
                float(found.observed_cps[k]),
                float(found.uncertainties[k]),
                float(found.true_cps[k]),
                float(found.deviations_percent[k]),
                float(found.residuals_percent[k]),
                "yes" if used[k] else "too fast",
            )
            for k, each in enumerate(counts)
        ),
    )  # fmt: skip
