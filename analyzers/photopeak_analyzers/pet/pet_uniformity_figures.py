"""What is seen of the uniformity of PET: slab, worst slice, axial profile, evenness by slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.common_figures import circle_overlay, unit_of_values
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
from photopeak_analyzers.pet.grid_of_squares import Evenness, Floats, Grid
from photopeak_analyzers.pet.scaled_slices import ScaledSlices

SHOWN_SPREAD = 0.3
"""Pictures run from 30 % below the mean to 30 % above it, so that 10 % is seen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slices:
    """What was found in each slice, the first of them being slice `first` of the volume, from 0.

    `ends` slices at either end are end slices; the slab runs from slice to before slice `slab`.
    """

    first: int
    ends: int
    means: Floats
    relative: Floats
    evenness: Evenness
    slab: tuple[int, int]


def figures_of(
    slices: ScaledSlices, cylinder: Cylinder, grid: Grid, found: Slices
) -> tuple[Figure, ...]:
    """Show where the cylinder was found, its worst slice, and every slice along the axis."""
    evenness = found.evenness
    worst = int(np.maximum(evenness.plus, evenness.minus).argmax())
    number = found.first + worst
    slab = slices.mean_image(*found.slab)
    first, last = found.slab
    return (
        _picture(
            slices, cylinder, grid, slab, "slab", f"Mean of slices {first + 1} to {last}", None
        ),
        _picture(
            slices,
            cylinder,
            grid,
            slices.volume.physical(number),
            "worst_slice",
            f"Worst slice, {number + 1}: {100.0 * evenness.plus[worst]:+.1f} %,"
            f" {-100.0 * evenness.minus[worst]:+.1f} %",
            found.relative[worst],
        ),
        _axial(slices, found),
        _evenness(slices, found),
        TableFigure(
            name="slices",
            title="Slices",
            columns=("slice", "position (mm)", "mean", "NU+ (%)", "NU- (%)", "COV (%)"),
            rows=tuple(
                (
                    found.first + k + 1,
                    (found.first + k) * slices.voxel_mm[0],
                    float(found.means[k]),
                    100.0 * float(evenness.plus[k]),
                    100.0 * float(evenness.minus[k]),
                    100.0 * float(evenness.variation[k]),
                )
                for k in range(len(found.means))
            ),
        ),
    )


def _picture(
    slices: ScaledSlices,
    cylinder: Cylinder,
    grid: Grid,
    image: Floats,
    name: str,
    title: str,
    relative: Floats | None,
) -> ImageFigure:
    pixel_mm = slices.pixel_mm
    level = float(grid.means(image).mean())
    radius_mm = grid.reach_mm
    overlays = [
        circle_overlay(cylinder.centre, cylinder.radius_mm, pixel_mm, "contour"),
        circle_overlay(cylinder.centre, radius_mm, pixel_mm, "squares within"),
    ]
    if relative is not None:
        overlays += [
            Overlay(kind=kind, label=label, points=grid.outline(index, cylinder.centre, pixel_mm))
            for kind, label, index in (
                (OverlayKind.MAXIMUM, "highest", int(relative.argmax())),
                (OverlayKind.MINIMUM, "lowest", int(relative.argmin())),
            )
        ]
    return ImageFigure(
        name=name,
        title=title,
        image=image,
        pixel_spacing_mm=pixel_mm,
        low=(1.0 - SHOWN_SPREAD) * level,
        high=(1.0 + SHOWN_SPREAD) * level,
        unit=unit_of_values(slices.volume),
        overlays=tuple(overlays),
    )


def _places(slices: ScaledSlices, found: Slices) -> Floats:
    return np.asarray((found.first + np.arange(len(found.means))) * slices.voxel_mm[0])


def _borders(slices: ScaledSlices, found: Slices) -> tuple[ReferenceLine, ...]:
    if not found.ends:
        return ()
    inner = (found.first + found.ends, found.first + len(found.means) - found.ends)
    return tuple(
        ReferenceLine(label=label, value=(place - 0.5) * slices.voxel_mm[0], axis="x")
        for label, place in zip(("inner slices from", "to"), inner, strict=True)
    )


def _axial(slices: ScaledSlices, found: Slices) -> CurveFigure:
    return CurveFigure(
        name="axial_profile",
        title="Means of the slices",
        x_label="Position along the axis",
        x_unit="mm",
        y_label="Mean of the squares over that of all slices",
        y_unit="%",
        curves=(
            Curve(
                label="slices",
                x=_places(slices, found),
                y=100.0 * found.means / found.means.mean(),
                style=CurveStyle.STEP,
            ),
        ),
        lines=(ReferenceLine(label="mean", value=100.0), *_borders(slices, found)),
    )


def _evenness(slices: ScaledSlices, found: Slices) -> CurveFigure:
    places = _places(slices, found)
    return CurveFigure(
        name="evenness",
        title="Squares of each slice",
        x_label="Position along the axis",
        x_unit="mm",
        y_label="Deviation from the mean of the slice",
        y_unit="%",
        curves=tuple(
            Curve(label=label, x=places, y=100.0 * y, style=CurveStyle.STEP)
            for label, y in (
                ("highest, NU+", found.evenness.plus),
                ("lowest, -NU-", -found.evenness.minus),
                ("variation", found.evenness.variation),
            )
        ),
        lines=_borders(slices, found),
    )
