"""What is seen of a phantom with cold spheres and rods: three panels, contrast and modulation."""

from __future__ import annotations

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
)
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.spect.cold_rods import RodSection
from photopeak_analyzers.spect.cold_spheres import Sphere
from photopeak_analyzers.spect.reconstruction import Floats, Reconstruction
from photopeak_analyzers.spect.uniform_part import UniformPart

ROD_POINTS = 16
"""Points of the outline of a rod: there are a hundred."""

PANEL_PERCENTILE = 99.5
"""Share of pixels below the brightest that is drawn: a single hot one darkens no panel."""


def figures_of(
    reconstruction: Reconstruction,
    cylinder: Cylinder,
    uniform: UniformPart,
    rods: RodSection | None,
    spheres: tuple[Sphere, ...],
    contrast: tuple[tuple[float, float], ...],
) -> tuple[Figure, ...]:
    """Show the three parts with their regions, and what was found over the diameter.

    `contrast` is that of the mean in each of the spheres, with its uncertainty, in percent.
    """
    pixel_mm = reconstruction.pixel_mm
    middle = round(float(np.median([each.place[0] for each in spheres])))
    middle = min(max(middle, 1), max(reconstruction.values.shape[0] - 2, 1))
    figures: list[Figure] = [
        _panel(
            "uniform_part",
            f"Uniform part, mean of slices {uniform.slices[0] + 1} to {uniform.slices[1]}",
            uniform.values.mean(axis=0),
            pixel_mm,
            (
                circle_overlay(
                    cylinder.centre, cylinder.radius_mm, pixel_mm, "wall", OverlayKind.FIELD_OF_VIEW
                ),
            ),
        ),
        _panel(
            "spheres",
            f"Spheres, mean of slices {middle} to {middle + 2}",
            reconstruction.values[middle - 1 : middle + 2].mean(axis=0),
            pixel_mm,
            tuple(
                circle_overlay(
                    each.place[1:], each.diameter_mm / 2.0, pixel_mm, f"{each.diameter_mm:g} mm"
                )
                for each in spheres
            ),
        ),
    ]
    if rods is not None:
        figures.append(
            _panel(
                "rods",
                f"Rods, mean of slices {rods.slices[0] + 1} to {rods.slices[1]}",
                rods.image,
                pixel_mm,
                tuple(
                    circle_overlay(
                        (
                            cylinder.centre[0] + y / pixel_mm[0],
                            cylinder.centre[1] + x / pixel_mm[1],
                        ),
                        each.diameter_mm / 2.0,
                        pixel_mm,
                        f"{each.diameter_mm:g} mm" if first else "",
                        points=ROD_POINTS,
                    )
                    for each in rods.sectors
                    for first, (y, x) in zip(
                        (True,) + (False,) * (len(each.rods) - 1), each.rods.tolist(), strict=True
                    )
                ),
            )
        )
    figures.append(
        _over_diameter(
            "contrast",
            "Contrast of the spheres",
            ("Mean contrast", "%"),
            [each.diameter_mm for each in spheres],
            contrast,
        )
    )
    if rods is not None:
        sectors = sorted(rods.sectors, key=lambda each: -each.diameter_mm)
        figures.append(
            _over_diameter(
                "modulation",
                "Modulation of the rods",
                ("Modulation", "1"),
                [each.diameter_mm for each in sectors],
                tuple((each.modulation, each.modulation_uncertainty) for each in sectors),
            )
        )
    return tuple(figures)


def _panel(
    name: str,
    title: str,
    image: Floats,
    pixel_mm: tuple[float, float],
    overlays: tuple[Overlay, ...],
) -> ImageFigure:
    return ImageFigure(
        name=name,
        title=title,
        image=image,
        pixel_spacing_mm=pixel_mm,
        low=0.0,
        high=float(np.percentile(image, PANEL_PERCENTILE)),
        unit="1",
        overlays=overlays,
    )


def _over_diameter(
    name: str,
    title: str,
    y: tuple[str, str],
    diameters_mm: list[float],
    values: tuple[tuple[float, float], ...],
) -> CurveFigure:
    x = np.array(diameters_mm)
    found, spread = np.array(values, dtype=np.float64).reshape(-1, 2).T
    return CurveFigure(
        name=name,
        title=title,
        x_label="Diameter",
        x_unit="mm",
        y_label=y[0],
        y_unit=y[1],
        curves=(
            Curve(label="found", x=x, y=found, style=CurveStyle.POINTS),
            *(
                Curve(label=label, x=x, y=found + sign * 2.0 * spread, style=CurveStyle.DASHED)
                for label, sign in (("two uncertainties above", 1.0), ("and below", -1.0))
            ),
        ),
    )
