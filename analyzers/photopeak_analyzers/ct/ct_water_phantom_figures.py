"""Pictures of a water phantom: the slice with its regions, the CT number along the slices, a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_figures import circle_overlay
from photopeak_analyzers.ct.water_slices import WaterSlices
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    OverlayKind,
    ReferenceLine,
    TableFigure,
)

EDGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "12 o'clock": (-1.0, 0.0),
        "3 o'clock": (0.0, 1.0),
        "6 o'clock": (1.0, 0.0),
        "9 o'clock": (0.0, -1.0),
    }
)
"""Where the regions at the edge lie: (down, right), in radii."""

WINDOW_HU = (-100.0, 100.0)
"""Values from black to white: water is in the middle, air is black."""

_TITLES = {"ct_number": "CT number", "noise": "noise", "centre": "centre"}


@dataclass(frozen=True, slots=True)
class Circle:
    """A region: its name, (row, column) of its middle, its radius in mm."""

    name: str
    centre: tuple[float, float]
    radius_mm: float


def figures_of(
    ct: Volume,
    pixel_mm: tuple[float, float],
    found: WaterSlices,
    places: tuple[Circle, ...],
    means: Mapping[str, float],
    deviations: Mapping[str, float],
) -> tuple[Figure, ...]:
    """Show what was measured where."""
    surface = circle_overlay(
        found.outline.centre,
        found.outline.radius_mm,
        pixel_mm,
        f"phantom {2.0 * found.outline.radius_mm:.0f} mm",
        OverlayKind.FIELD_OF_VIEW,
    )
    regions = tuple(
        circle_overlay(c.centre, c.radius_mm, pixel_mm, _TITLES.get(c.name, c.name)) for c in places
    )
    figures: list[Figure] = [
        ImageFigure(
            name="slice",
            title=f"Slice {found.index + 1} with the phantom and the regions",
            image=found.image.astype(np.float32),
            pixel_spacing_mm=pixel_mm,
            low=WINDOW_HU[0],
            high=WINDOW_HU[1],
            unit="[hnsf'U]",
            overlays=(surface, *regions),
        ),
        TableFigure(
            name="regions",
            title="Regions",
            columns=("region", "diameter (mm)", "mean (HU)", "standard deviation (HU)"),
            rows=tuple(
                (_TITLES.get(c.name, c.name), 2.0 * c.radius_mm, means[c.name], deviations[c.name])
                for c in places
            ),
        ),
    ]
    if len(found.looked_at) > 1:
        figures.insert(1, _along(ct, found))
    return tuple(figures)


def _along(ct: Volume, found: WaterSlices) -> CurveFigure:
    side = ct.voxel_spacing_mm[0]
    return CurveFigure(
        name="slices",
        title="CT number of the slices that show water alone",
        x_label="Position from the first slice",
        x_unit="mm",
        y_label="CT number",
        y_unit="[hnsf'U]",
        curves=(
            Curve(
                label="mean of two fifths of the area",
                x=np.array(found.looked_at, dtype=np.float64) * side,
                y=found.means,
                style=CurveStyle.POINTS,
            ),
        ),
        lines=(ReferenceLine(label="measured slice", value=found.index * side, axis="x"),),
    )
