"""What is seen of point sources: where they lie, their profiles with the crossings, a table of widths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_figures import unit_of_values
from photopeak_analyzers.contract import Scope
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    TableFigure,
)
from photopeak_analyzers.pet.point_widths import PointWidths
from photopeak_analyzers.shorthand import as_suffix

SLICES_BESIDE = 2
"""Slices to both sides of the highest voxel of a source that the map shows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """A source with its name: its scope among the results, and the number of its series."""

    scope: Scope
    series: int
    source: PointWidths

    @property
    def label(self) -> str:
        """The position in words, such as ``100 mm, centre, right``."""
        words = (self.scope.get("plane"), self.scope.get("side"))
        named = ", ".join(str(word).replace("_", " ") for word in words if word is not None)
        return f"{self.scope.get('radius_mm')} mm, {named}"


def figures_of(volumes: Sequence[Volume], placed: Sequence[Placed]) -> tuple[Figure, ...]:
    """Show every series from above, every source in profile, and all widths."""
    maps = (
        _map(volume, [p for p in placed if p.series == number], number)
        for number, volume in enumerate(volumes, start=1)
    )
    return (*maps, *(_profiles(each) for each in placed), _table(placed))


def _map(volume: Volume, placed: Sequence[Placed], number: int) -> ImageFigure:
    shown = sorted(
        {
            z + step
            for z in (p.source.place.voxel[0] for p in placed)
            for step in range(-SLICES_BESIDE, SLICES_BESIDE + 1)
            if 0 <= z + step < volume.values.shape[0]
        }
    )
    image = volume.physical(shown[0])
    for z in shown[1:]:
        np.maximum(image, volume.physical(z), out=image)
    overlays = [
        Overlay(
            kind=OverlayKind.POINT,
            label=p.label,
            points=((float(p.source.place.voxel[1]), float(p.source.place.voxel[2])),),
            closed=False,
        )
        for p in placed
    ]
    return ImageFigure(
        name=f"map_{number}",
        title=f"Highest voxel of the slices of the sources, series {number}",
        image=image,
        pixel_spacing_mm=volume.voxel_spacing_mm[1:],
        low=min(float(image.min()), 0.0),
        high=float(image.max()),
        unit=unit_of_values(volume),
        overlays=tuple(overlays),
    )


def _profiles(placed: Placed) -> CurveFigure:
    curves, at, heights = [], [], []
    for direction, width in placed.source.found.items():
        middle = (width.left_mm + width.right_mm) / 2.0
        top = float(width.profile.max())
        curves.append(
            Curve(
                label=f"{direction}, FWHM {width.fwhm.value:.2f} mm",
                x=width.offset_mm - middle,
                y=width.profile / top,
            )
        )
        at += [width.left_mm - middle, width.right_mm - middle]
        heights += [width.half / top] * 2
    curves.append(
        Curve(
            label="half of the peak",
            x=np.array(at),
            y=np.array(heights),
            style=CurveStyle.POINTS,
        )
    )
    return CurveFigure(
        name="profiles" + as_suffix(placed.scope),
        title=f"Profiles through the source at {placed.label}",
        x_label="Distance from the middle of the half heights",
        x_unit="mm",
        y_label="Value relative to the highest",
        y_unit="1",
        curves=tuple(curves),
    )


def _table(placed: Sequence[Placed]) -> TableFigure:
    rows = []
    for each in placed:
        place = each.source.place
        for direction, width in each.source.found.items():
            rows.append(
                (
                    each.label,
                    each.series,
                    round(place.right_mm, 1),
                    round(place.down_mm, 1),
                    round(place.axial_mm, 1),
                    direction,
                    round(width.fwhm.value, 2),
                    round(width.fwhm.uncertainty, 3),
                    None if width.fwtm is None else round(width.fwtm.value, 2),
                )
            )
    return TableFigure(
        name="widths",
        title="Widths by position and direction",
        columns=(
            "Position", "Series", "x (mm)", "y (mm)", "z (mm)", "Direction", "FWHM (mm)", "u (mm)",
            "FWTM (mm)",
        ),
        rows=tuple(rows),
    )  # fmt: skip
