"""What is seen of the count-rate noise of a PET scanner: the curves by activity, and their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, ReferenceLine, TableFigure
from photopeak_analyzers.pet.noise_equivalent import DELAYED, SMOOTH, Peak, RateCurve


def curves_figure(curve: RateCurve, peaks: Sequence[Peak]) -> CurveFigure:
    """Show the rates by activity, and where the first of the peaks is."""
    named = (
        (
            "noise equivalent, randoms without noise",
            curve.noise_equivalent(SMOOTH),
            CurveStyle.LINE,
        ),
        ("noise equivalent, randoms counted", curve.noise_equivalent(DELAYED), CurveStyle.LINE),
        ("true", curve.trues, CurveStyle.POINTS),
        ("random", curve.randoms, CurveStyle.DASHED),
        ("scattered", curve.scatter, CurveStyle.DASHED),
    )
    place = peaks[0].activity.value
    return CurveFigure(
        name="curves",
        title="Count rates by activity",
        x_label="activity concentration",
        x_unit="kBq/mL",
        y_label="rate",
        y_unit="{counts}/s",
        curves=tuple(
            Curve(label=label, x=curve.activity, y=y, style=style) for label, y, style in named
        ),
        lines=(ReferenceLine(label=f"peak at {place:.3g} kBq/mL", value=place, axis="x"),),
    )


def rates_table(curve: RateCurve) -> TableFigure:
    """Show the numbers of the curves."""
    columns = (
        curve.activity,
        curve.prompts,
        curve.randoms,
        100.0 * curve.randoms / curve.prompts,
        curve.scatter,
        curve.trues,
        curve.noise_equivalent(SMOOTH),
        curve.noise_equivalent(DELAYED),
    )
    return TableFigure(
        name="rates",
        title="Rates by activity",
        columns=(
            "activity (kBq/mL)",
            "prompts (/s)",
            "randoms (/s)",
            "randoms (%)",
            "scatter (/s)",
            "trues (/s)",
            "NECR, k = 1 (/s)",
            "NECR, k = 2 (/s)",
        ),
        rows=tuple(tuple(float(cell) for cell in row) for row in zip(*columns, strict=True)),
    )
