"""What is seen of a head that turns: counts and uniformity over the angle, the sum of the views."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
)
from photopeak_analyzers.shorthand import in_words
from photopeak_analyzers.spect.view_series import ViewSeries

DRAWN_POINTS = 181
"""Points by which the sine is drawn."""


def figures_of(series: ViewSeries, suffix: str) -> tuple[Figure, ...]:
    """Show one head in one energy window."""
    subject = in_words(series.views.scope)
    angles = series.views.angles_deg
    drawn = np.linspace(float(angles[0]), float(angles[-1]), DRAWN_POINTS)
    percent = 100.0 * (series.relative - 1.0)
    uncertainty = 200.0 * float(series.uncertainty.mean())
    # The centre of the field in binned pixels is that of the mask, which the figure is drawn on.
    rows, columns = np.nonzero(series.mask)
    box = (rows.min() - 0.5, rows.max() + 0.5, columns.min() - 0.5, columns.max() + 0.5)
    return (
        CurveFigure(
            name="sensitivity" + suffix,
            title=f"Counts of the views, {subject}",
            x_label="Angle of the view",
            x_unit="deg",
            y_label="Deviation from the mean",
            y_unit="%",
            curves=(
                Curve(label="counts", x=angles, y=percent, style=CurveStyle.POINTS),
                Curve(label="sine", x=drawn, y=100.0 * (series.course.at(drawn) - 1.0)),
            ),
            lines=(
                ReferenceLine(label="", value=0.0),
                ReferenceLine(label="two uncertainties", value=uncertainty),
                ReferenceLine(label="", value=-uncertainty),
            ),
        ),
        CurveFigure(
            name="uniformity" + suffix,
            title=f"Integral uniformity of the views, {subject}",
            x_label="Angle of the view",
            x_unit="deg",
            y_label="Integral uniformity",
            y_unit="%",
            curves=(Curve(label="view", x=angles, y=series.iu_percent, style=CurveStyle.POINTS),),
        ),
        ImageFigure(
            name="sum" + suffix,
            title=f"All views together, {subject}",
            image=series.summed,
            pixel_spacing_mm=series.pixel_mm,
            low=0.0,
            high=float(series.summed.max()),
            unit="{counts}",
            overlays=(
                Overlay(
                    kind=OverlayKind.FIELD_OF_VIEW,
                    label="box of the UFOV",
                    points=tuple(
                        (float(box[i]), float(box[j])) for i, j in ((0, 2), (0, 3), (1, 3), (1, 2))
                    ),
                ),
            ),
        ),
    )
