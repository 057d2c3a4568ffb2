"""What is seen of a dead time: the decay with the models, what they leave, and the correction."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.dead_time_fits import HeadFit, corrected
from photopeak_analyzers.shorthand import in_words

CURVE_POINTS = 200

TABLE_ROWS = 20
"""Of the correction, in even steps up to the largest rate seen."""

FIGURES = ("fit", "residuals", "correction")


def dead_time_figures(head: HeadFit, scope: Scope, suffix: str) -> tuple[Figure, ...]:
    """Return all figures of one head."""
    return _fit(head, scope, suffix), _residuals(head, scope, suffix), _table(head, scope, suffix)


def _fit(head: HeadFit, scope: Scope, suffix: str) -> CurveFigure:
    true = head.true_cps
    across = np.linspace(0.0, float(true.max()), CURVE_POINTS)
    curves = [
        Curve(label="measured", x=true, y=head.observed_cps, style=CurveStyle.POINTS),
        Curve(label="no loss", x=across, y=across, style=CurveStyle.DASHED),
    ]
    for model, fit in head.fits.items():
        # Each model has its own amplitude: its curve is drawn over the same shares of the source.
        scaled = across * float(fit.values[0] / head.best.values[0])
        name = str(model).replace("_", " ")
        curves.append(Curve(label=name, x=across, y=fit.dead_time.observed(scaled)))
    return CurveFigure(
        name="fit" + suffix,
        title=f"Observed rate by true rate, {in_words(scope)}",
        x_label="true rate",
        x_unit="{counts}/s",
        y_label="observed rate",
        y_unit="{counts}/s",
        curves=tuple(curves),
    )


def _residuals(head: HeadFit, scope: Scope, suffix: str) -> CurveFigure:
    return CurveFigure(
        name="residuals" + suffix,
        title=f"What the models leave, {in_words(scope)}",
        x_label="true rate",
        x_unit="{counts}/s",
        y_label="residual",
        y_unit="%",
        curves=tuple(
            Curve(
                label=str(model).replace("_", " "),
                x=head.true_cps,
                y=100.0 * fit.residuals / head.observed_cps,
                style=CurveStyle.POINTS,
            )
            for model, fit in head.fits.items()
        ),
        lines=(ReferenceLine(label="model", value=0.0),),
    )


def _table(head: HeadFit, scope: Scope, suffix: str) -> TableFigure:
    rows = []
    top = min(float(head.observed_cps.max()), head.best.dead_time.largest_cps)
    for observed in np.linspace(0.0, top, TABLE_ROWS + 1)[1:]:
        found = corrected(head.best, float(observed))
        if found is not None:
            true, uncertainty = found
            loss = 100.0 * (1.0 - float(observed) / true)
            rows.append((float(observed), true, uncertainty, true / float(observed), loss))
    return TableFigure(
        name="correction" + suffix,
        title=f"Correction of an observed rate, {in_words(scope)}",
        columns=("observed (1/s)", "true (1/s)", "u (1/s)", "factor", "loss (%)"),
        rows=tuple(rows),
    )
