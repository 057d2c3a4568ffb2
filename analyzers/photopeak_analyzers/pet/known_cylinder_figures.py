"""What is seen of a cylinder of known activity: where it was found, its slices, the budget."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.common_figures import budget_table, circle_overlay
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    ReferenceLine,
)
from photopeak_analyzers.pet.known_cylinder import KnownCylinder
from photopeak_analyzers.uncertainty import Budget


def figures_of(
    found: KnownCylinder,
    scale: float,
    label: str,
    unit: str,
    expected: float | None,
    budget: Budget,
    measured: bool,
) -> tuple[Figure, ...]:
    """Show the slab with its region, the slices along the axis, and what limits the result.

    Parameters
    ----------
    scale
        By which a value of the header becomes one of `unit`.
    expected
        What the slices should show, in `unit`; None where that is not known.
    measured
        Whether the uncertainty of the activity is known.
    """
    region, cylinder, slices = found.region, found.cylinder, found.slices
    pixel_mm, slice_mm = slices.pixel_mm, slices.voxel_mm[0]
    slab = slices.mean_image(region.first, region.last) * scale
    places = np.arange(cylinder.axial.size, dtype=np.float64) * slice_mm
    inner = places[region.first : region.last]
    lines = [
        ReferenceLine(label=words, value=(place - 0.5) * slice_mm, axis="x")
        for words, place in (("region from", region.first), ("to", region.last))
    ]
    if expected is not None:
        lines.append(ReferenceLine(label="expected", value=expected))
    return (
        ImageFigure(
            name="slab",
            title=f"Mean of slices {region.first + 1} to {region.last}",
            image=slab,
            pixel_spacing_mm=pixel_mm,
            low=0.0,
            high=1.2 * region.mean * scale,
            unit=unit,
            overlays=(
                circle_overlay(cylinder.centre, region.radius_mm, pixel_mm, "region"),
                circle_overlay(cylinder.centre, cylinder.radius_mm, pixel_mm, "contour"),
            ),
        ),
        CurveFigure(
            name="slices",
            title=f"{label} of the slices",
            x_label="Position along the axis",
            x_unit="mm",
            y_label=label,
            y_unit=unit,
            curves=(
                Curve(
                    label="inside 0.7 of the radius",
                    x=places,
                    y=cylinder.axial * scale,
                    style=CurveStyle.DASHED,
                ),
                Curve(label="region", x=inner, y=region.each * scale, style=CurveStyle.STEP),
            ),
            lines=tuple(lines),
        ),
        budget_table(budget, measured, "Uncertainty of the result"),
    )
