"""What is seen of a reconstructed cylinder: the slab, the profile over the radius, the columns."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.common_figures import circle_overlay
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    OverlayKind,
    ReferenceLine,
)
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.shorthand import in_words
from photopeak_analyzers.spect.projection_columns import Columns
from photopeak_analyzers.spect.rings import INNERMOST, Rings
from photopeak_analyzers.spect.slab_noise import Slab


def figures_of(
    slab: Slab,
    rings: Rings,
    cylinder: Cylinder,
    pixel_mm: tuple[float, float],
    columns: tuple[Columns, ...],
    analysed_mm: float,
) -> tuple[Figure, ...]:
    """Show the slab with the ring that stands out most, the rings, and the columns."""
    mean = float(slab.mean[slab.mask].mean())
    percent = 100.0 * rings.mean / mean
    deviations = np.abs(rings.deviations()[INNERMOST:])
    worst = INNERMOST + int(deviations.argmax()) if deviations.size else 0
    radius = float(rings.radius_mm[worst])
    figures: list[Figure] = [
        ImageFigure(
            name="slab",
            title=f"Mean of {slab.slices} slices",
            image=slab.mean,
            pixel_spacing_mm=pixel_mm,
            low=0.0,
            high=1.2 * float(slab.smoothed.max()),
            unit="1",
            overlays=(
                circle_overlay(
                    cylinder.centre,
                    analysed_mm,
                    pixel_mm,
                    "analysed",
                    OverlayKind.FIELD_OF_VIEW,
                ),
                circle_overlay(cylinder.centre, radius, pixel_mm, f"ring at {radius:.0f} mm"),
            ),
        ),
        CurveFigure(
            name="radial_profile",
            title="Means of rings about the axis",
            x_label="Distance from the axis",
            x_unit="mm",
            y_label="Mean of the ring relative to that of the slab",
            y_unit="%",
            curves=(
                Curve(label="rings", x=rings.radius_mm, y=percent, style=CurveStyle.STEP),
                *(
                    Curve(
                        label=label,
                        x=rings.radius_mm,
                        y=percent + sign * 200.0 * rings.uncertainty / mean,
                        style=CurveStyle.DASHED,
                    )
                    for label, sign in (("two uncertainties above", 1.0), ("and below", -1.0))
                ),
            ),
            lines=(
                ReferenceLine(label="", value=100.0),
                ReferenceLine(label="ring that stands out most", value=radius, axis="x"),
            ),
        ),
    ]
    if columns:
        figures.append(
            CurveFigure(
                name="columns",
                title="Columns of the summed projections",
                x_label="Distance from the middle of the matrix",
                x_unit="mm",
                y_label="Deviation from its neighbours",
                y_unit="%",
                curves=tuple(
                    Curve(label=in_words(each.scope), x=each.offset_mm, y=each.deviation_pct)
                    for each in columns
                ),
                lines=(ReferenceLine(label="", value=0.0),),
            )
        )
    return tuple(figures)
