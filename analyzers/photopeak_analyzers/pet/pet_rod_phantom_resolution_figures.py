"""What is seen of a phantom with rods: each insert with its sectors, profiles, modulation, a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.common_figures import circle_overlay
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.pet.rod_inserts import Insert
from photopeak_analyzers.pet.rod_values import SectorValues, at_points

ROD_POINTS = 12
"""Points of the outline of a rod: there are hundreds."""

PROFILE_STEPS = 12
"""Points of a profile between neighbouring rods."""

HIGHEST_PERCENTILE = 99.8
"""Share of pixels below the brightest that is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """An insert with its values, its series, the outline of the phantom there, and the unit of the image."""

    insert: Insert
    values: tuple[SectorValues, ...]
    phantom: Cylinder
    pixel_mm: tuple[float, float]
    series: int
    unit: str

    @property
    def name(self) -> str:
        """``hot`` or ``cold``."""
        return "hot" if self.insert.hot else "cold"


def figures_of(shown: Sequence[Shown], resolved_modulation: float) -> tuple[Figure, ...]:
    """Show each insert and its profiles, and the modulation of all by diameter."""
    figures: list[Figure] = []
    for each in shown:
        figures += [_picture(each), _profiles(each)]
    return (*figures, _modulation(shown, resolved_modulation), _table(shown))


def _picture(shown: Shown) -> ImageFigure:
    insert, pixel_mm = shown.insert, shown.pixel_mm
    overlays = [
        circle_overlay(
            shown.phantom.centre,
            shown.phantom.radius_mm,
            pixel_mm,
            "outline",
            OverlayKind.FIELD_OF_VIEW,
        )
    ]
    for sector in insert.sectors:
        overlays.append(_border(shown, sector.angle_deg))
        for number, (row, column) in enumerate(sector.rods.tolist()):
            overlays.append(
                circle_overlay(
                    (row, column),
                    sector.diameter_mm / 2.0,
                    pixel_mm,
                    "" if number else f"{sector.diameter_mm:g} mm",
                    points=ROD_POINTS,
                )
            )
    return ImageFigure(
        name=f"rods_{shown.name}",
        title=f"{shown.name.capitalize()} rods, mean of slices {insert.slices[0] + 1} to"
        f" {insert.slices[1]} of series {shown.series}",
        image=insert.image,
        pixel_spacing_mm=pixel_mm,
        low=min(float(insert.image.min()), 0.0),
        high=float(np.percentile(insert.image, HIGHEST_PERCENTILE)),
        unit=shown.unit,
        overlays=tuple(overlays),
    )


def _border(shown: Shown, angle_deg: float) -> Overlay:
    """Return the border between a sector and the next one, from the axis to the outline."""
    angle = math.radians(angle_deg + 180.0 / len(shown.insert.sectors))
    centre, reach = shown.insert.pose.centre, shown.phantom.radius_mm
    return Overlay(
        kind=OverlayKind.LINE,
        label="",
        points=(
            centre,
            (
                centre[0] + reach * math.sin(angle) / shown.pixel_mm[0],
                centre[1] + reach * math.cos(angle) / shown.pixel_mm[1],
            ),
        ),
        closed=False,
    )


def _profiles(shown: Shown) -> CurveFigure:
    """Return the profile along the row with most rods of each sector."""
    curves = []
    scale = max(each.peak for each in shown.values)
    for each in shown.values:
        rows = np.round(each.sector.rows, 3)
        kinds, counts = np.unique(rows, return_counts=True)
        row = each.sector.rods[rows == kinds[counts.argmax()]]
        away = (row - row.mean(axis=0)) * shown.pixel_mm
        order = np.argsort(away @ (away[np.hypot(*away.T).argmax()]))
        ends = row[order[0]], row[order[-1]]
        steps = PROFILE_STEPS * max(len(row) - 1, 1)
        along = np.linspace(0.0, 1.0, steps + 1)[:, None]
        places = ends[0] + along * (ends[1] - ends[0])
        length = float(np.hypot(*((ends[1] - ends[0]) * shown.pixel_mm)))
        curves.append(
            Curve(
                label=f"{each.sector.diameter_mm:g} mm",
                x=(along[:, 0] - 0.5) * length,
                y=at_points(shown.insert.image, places) / scale,
            )
        )
    return CurveFigure(
        name=f"profiles_{shown.name}",
        title=f"Profiles along a row of {shown.name} rods of each sector",
        x_label="Distance from the middle of the row",
        x_unit="mm",
        y_label="Value relative to the highest peak",
        y_unit="1",
        curves=tuple(curves),
    )


def _modulation(shown: Sequence[Shown], resolved_modulation: float) -> CurveFigure:
    return CurveFigure(
        name="modulation",
        title="Modulation of the rods",
        x_label="Diameter",
        x_unit="mm",
        y_label="Modulation",
        y_unit="1",
        curves=tuple(
            Curve(
                label=each.name,
                x=np.array([v.sector.diameter_mm for v in each.values]),
                y=np.array([v.modulation.value for v in each.values]),
                style=CurveStyle.POINTS,
            )
            for each in shown
        ),
        lines=(ReferenceLine(label="resolved from here", value=resolved_modulation),),
    )


def _table(shown: Sequence[Shown]) -> TableFigure:
    return TableFigure(
        name="sectors",
        title="Sectors of rods",
        columns=(
            "Insert", "d (mm)", "Rods", "Pairs", "Peak", "Valley", "M", "V/P", "CNR", "Rayleigh (%)",
        ),
        rows=tuple(
            (
                each.name,
                v.sector.diameter_mm,
                len(v.sector.rods),
                len(v.sector.pairs),
                float(f"{v.peak:.4g}"),
                float(f"{v.valley:.4g}"),
                round(v.modulation.value, 3),
                round(v.valley_to_peak.value, 3),
                None if v.cnr is None else round(v.cnr, 1),
                round(100.0 * v.rayleigh_share.value, 1),
            )
            for each in shown
            for v in each.values
        ),
    )  # fmt: skip
