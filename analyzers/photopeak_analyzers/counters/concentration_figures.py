"""What is seen of the concentration of samples."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.counters.sample_concentration import Concentration
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, ReferenceLine, TableFigure

FIGURES = ("samples", "table", "budget")


def samples_figure(found: Concentration) -> CurveFigure:
    """Draw the samples about their mean."""
    return CurveFigure(
        name="samples",
        title="Concentration of the samples",
        x_label="Row of the table",
        x_unit="1",
        y_label="Concentration",
        y_unit="Bq/mL",
        curves=(
            Curve(
                label="samples",
                x=np.array([float(each.count.position) for each in found.samples]),
                y=np.array([each.bq_per_ml for each in found.samples]),
                style=CurveStyle.POINTS,
            ),
        ),
        lines=(ReferenceLine(label="mean", value=found.mean),),
    )


def samples_table(found: Concentration) -> TableFigure:
    """List the samples."""
    return TableFigure(
        name="table",
        title="Samples",
        columns=(
            "row", "sample", "net rate (1/s)", "volume (mL)", "activity (Bq)",
            "concentration (Bq/mL)", "u (Bq/mL)",
        ),
        rows=tuple(
            (
                each.count.position,
                each.name,
                each.net.value,
                each.volume_ml,
                each.bq,
                each.bq_per_ml,
                found.of_sample(each),
            )
            for each in found.samples
        ),
    )  # fmt: skip
