"""What is seen of a planar sensitivity: the source in the image, the budget, the course by distance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.figures import (
    Colormap,
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.dish_images import DishImage
from photopeak_analyzers.gamma_camera.sensitivity_budget import Sensitivity
from photopeak_analyzers.shorthand import in_words
from photopeak_analyzers.uncertainty import COVERAGE_FACTOR

CORNERS = 72
"""Points of a circle that is drawn."""


def circle_overlay(image: DishImage, diameter_mm: float, label: str) -> tuple[Overlay, ...]:
    """Return a circle about the middle of the source; nothing when there is none."""
    if image.outline is None:
        return ()
    row, column = image.outline.centre
    turns = [2.0 * math.pi * step / CORNERS for step in range(CORNERS)]
    height, width = (diameter_mm / 2.0 / side for side in image.pixel_mm)
    return (
        Overlay(
            kind=OverlayKind.REGION,
            label=label,
            points=tuple((row + height * math.sin(t), column + width * math.cos(t)) for t in turns),
        ),
    )


def dish_figure(
    image: DishImage, suffix: str, *, diameter_mm: float, label: str = "nominal size"
) -> ImageFigure:
    """Show the image of the source with a circle about its middle."""
    counts = image.head.counts
    at = "" if image.distance_mm is None else f" at {image.distance_mm:g} mm"
    return ImageFigure(
        name="dish" + suffix,
        title=f"Flat source{at}, {image.head.subject}",
        image=counts.astype(np.float32),
        pixel_spacing_mm=image.pixel_mm,
        low=0.0,
        high=max(float(counts.max()), 1.0),
        unit="{counts}",
        colormap=Colormap.GREY,
        overlays=circle_overlay(image, diameter_mm, label),
    )


def budget_figure(image: DishImage, number: Sensitivity, suffix: str) -> TableFigure:
    """Show what the uncertainty of a sensitivity consists of."""
    rows: list[tuple[float | int | str | None, ...]] = [
        (c.name, str(c.evaluation), 100.0 * c.contribution, 100.0 * number.budget.share(c.name))
        for c in number.budget.components
    ]
    total = 100.0 * number.budget.standard if number.measured else None
    expanded = None if total is None else COVERAGE_FACTOR * total
    rows += [("combined", None, total, None), ("expanded, k = 2", None, expanded, None)]
    return TableFigure(
        name="budget" + suffix,
        title=f"Uncertainty of the sensitivity, {in_words(image.scope)}",
        columns=("component", "type", "relative (%)", "share of the variance (%)"),
        rows=tuple(rows),
    )


def course_figure(course: Sequence[tuple[DishImage, Sensitivity]]) -> list[Figure]:
    """Show the sensitivity by distance, one curve for each head and window."""
    by_head: dict[str, list[tuple[float, float]]] = {}
    for image, number in course:
        if image.distance_mm is not None:
            by_head.setdefault(image.head.subject, []).append((image.distance_mm, number.value))
    curves = []
    for subject, points in by_head.items():
        x, y = np.array(sorted(points)).T
        curves.append(Curve(label=subject, x=x, y=y, style=CurveStyle.POINTS))
    if not curves:
        return []
    return [
        CurveFigure(
            name="course",
            title="Sensitivity by distance from the collimator",
            x_label="distance",
            x_unit="mm",
            y_label="sensitivity",
            y_unit="{counts}/s/MBq",
            curves=tuple(curves),
        )
    ]
