"""What is seen of the septal penetration: rates by distance with their curve, as picture and table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.septal_penetration_curve import (
    NOMINAL_MM,
    Penetration,
    RatePoint,
)
from photopeak_analyzers.gamma_camera.system_planar_sensitivity_figures import circle_overlay
from photopeak_analyzers.shorthand import in_words

CURVE_POINTS = 200


def course_figure(
    points: Sequence[RatePoint], found: Penetration, scope: Scope, suffix: str
) -> CurveFigure:
    """Show rates by distance with the fitted curve, as E.11.5 asks."""
    x = np.array([point.distance_mm for point in points])
    y = np.array([point.rate.value for point in points])
    across = np.linspace(0.0, float(x.max()), CURVE_POINTS)
    lines: tuple[ReferenceLine, ...] = (ReferenceLine(label="100 mm", value=NOMINAL_MM, axis="x"),)
    label = "mean" if found.share is None else "c0 + c1 exp(-c2 D)"
    if found.share is not None:
        lines += (ReferenceLine(label="c0", value=float(found.fit.values[0])),)
    return CurveFigure(
        name="course" + suffix,
        title=f"Rate in the circle by distance, {in_words(scope)}",
        x_label="distance from the collimator",
        x_unit="mm",
        y_label="rate at the moment of the activity",
        y_unit="{counts}/s",
        curves=(
            Curve(label="measured", x=x, y=y, style=CurveStyle.POINTS),
            Curve(label=label, x=across, y=found.at(across)),
        ),
        lines=lines,
    )


def rates_figure(
    points: Sequence[RatePoint], found: Penetration, scope: Scope, suffix: str
) -> TableFigure:
    """Show the numbers behind the curve."""
    x = np.array([point.distance_mm for point in points])
    return TableFigure(
        name="rates" + suffix,
        title=f"Rates by distance, {in_words(scope)}",
        columns=("distance (mm)", "counts in the circle", "rate (1/s)", "u (1/s)", "curve (1/s)"),
        rows=tuple(
            (
                point.distance_mm,
                point.counts,
                point.rate.value,
                point.rate.uncertainty,
                float(curve),
            )
            for point, curve in zip(points, found.at(x), strict=True)
        ),
    )


def region_figure(points: Sequence[RatePoint], diameter_mm: float, suffix: str) -> Figure:
    """Show the circle in the image nearest to 100 mm."""
    image = min(points, key=lambda point: abs(point.distance_mm - NOMINAL_MM)).image
    counts = image.head.counts
    return ImageFigure(
        name="region" + suffix,
        title=f"Circle of 60 % in the image at {image.distance_mm:g} mm, {image.head.subject}",
        image=counts.astype(np.float32),
        pixel_spacing_mm=image.pixel_mm,
        low=0.0,
        high=max(float(counts.max()), 1.0),
        unit="{counts}",
        overlays=circle_overlay(image, diameter_mm, "60 % of the diameter"),
    )
