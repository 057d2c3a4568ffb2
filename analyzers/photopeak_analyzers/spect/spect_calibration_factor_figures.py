"""What is seen of a calibration: the cylinder with its region, the slices, the budget."""

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
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.spect.reconstruction import Reconstruction
from photopeak_analyzers.spect.slab_noise import Slab
from photopeak_analyzers.uncertainty import Budget


def figures_of(
    slab: Slab,
    cylinder: Cylinder,
    reconstruction: Reconstruction,
    inner_mm: float,
    slices: tuple[int, int],
    budget: Budget,
    measured: bool,
) -> tuple[Figure, ...]:
    """Show where the values were taken, how even they are along the axis, and what limits them."""
    pixel_mm = reconstruction.pixel_mm
    axial = cylinder.axial
    return (
        ImageFigure(
            name="slab",
            title=f"Mean of {slab.slices} slices",
            image=slab.mean,
            pixel_spacing_mm=pixel_mm,
            low=0.0,
            high=1.2 * float(slab.smoothed.max()),
            unit="1",
            overlays=(
                circle_overlay(cylinder.centre, inner_mm, pixel_mm, "inner region"),
                circle_overlay(cylinder.centre, cylinder.radius_mm, pixel_mm, "contour"),
            ),
        ),
        CurveFigure(
            name="slices",
            title="Means of the slices",
            x_label="Position along the axis",
            x_unit="mm",
            y_label="Mean inside the contour",
            y_unit="1",
            curves=(
                Curve(
                    label="slices",
                    x=np.arange(axial.size, dtype=np.float64) * cylinder.slice_mm,
                    y=axial,
                    style=CurveStyle.STEP,
                ),
            ),
            lines=tuple(
                ReferenceLine(label=label, value=(place - 0.5) * cylinder.slice_mm, axis="x")
                for label, place in zip(("inner region from", "to"), slices, strict=True)
            ),
        ),
        budget_table(budget, measured, "Uncertainty of the result"),
    )
