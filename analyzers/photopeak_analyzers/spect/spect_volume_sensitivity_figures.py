"""What is seen of the volume sensitivity: the summed views, their counts by angle, the budget."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.common_figures import budget_table
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
)
from photopeak_analyzers.shorthand import as_suffix
from photopeak_analyzers.spect.cylinder_views import Views
from photopeak_analyzers.spect.spect_volume_sensitivity_conditions import (
    VolumeSensitivityParameters,
)
from photopeak_analyzers.uncertainty import Budget


def figures_of(
    views: tuple[Views, ...],
    pixel_mm: tuple[float, float],
    parameters: VolumeSensitivityParameters,
    budget: Budget,
    *,
    measured: bool,
) -> tuple[Figure, ...]:
    """Show the summed views of each head, the counts of single views, and what limits the result."""
    images = []
    for each in views:
        image = np.asarray(each.head.counts, dtype=np.float32)
        images.append(
            ImageFigure(
                name="views" + (as_suffix(each.head.scope) if len(views) > 1 else ""),
                title=f"Sum of the views, {each.head.subject}",
                image=image,
                pixel_spacing_mm=pixel_mm,
                low=0.0,
                high=max(float(image.max()), 1.0),
                unit="{counts}",
                overlays=(_outline(image.shape, pixel_mm, parameters),),
            )
        )
    return (
        *images,
        CurveFigure(
            name="rates",
            title="Counts of the views",
            x_label="Angle",
            x_unit="deg",
            y_label="Counts of a view",
            y_unit="{counts}",
            curves=tuple(
                Curve(
                    label=each.head.subject,
                    x=each.angles_deg,
                    y=each.totals,
                    style=CurveStyle.POINTS,
                )
                for each in views
            ),
        ),
        budget_table(budget, measured, "Uncertainty of the volume sensitivity"),
    )


def _outline(
    shape: tuple[int, ...], pixel_mm: tuple[float, float], parameters: VolumeSensitivityParameters
) -> Overlay:
    """Return the nominal outline of the cylinder about the middle of the matrix."""
    middle = [(n - 1) / 2.0 for n in shape]
    half = (
        parameters.length_mm / 2.0 / pixel_mm[0],
        parameters.diameter_mm / 2.0 / pixel_mm[1],
    )
    return Overlay(
        kind=OverlayKind.REGION,
        label="nominal size",
        points=tuple(
            (middle[0] + row * half[0], middle[1] + column * half[1])
            for row, column in ((-1, -1), (-1, 1), (1, 1), (1, -1))
        ),
    )
