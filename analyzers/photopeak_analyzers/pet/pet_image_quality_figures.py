"""Pictures of the image-quality phantom: five slices with their circles, contrast, variability, lung."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_figures import circle_overlay, unit_of_values
from photopeak_analyzers.contract import Measurement, ScopeValue
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
from photopeak_analyzers.pet.background_regions import PLANES_MM, BackgroundPlaces
from photopeak_analyzers.pet.body_phantom import BodyPhantom, Floats, physical_part
from photopeak_analyzers.pet.image_quality_values import LUNG_DIAMETER_MM, ImageQuality
from photopeak_analyzers.pet.sphere_pattern import Spheres

REFERENCE = {
    10.0: (30.0, 11.0),
    13.0: (40.0, 9.0),
    17.0: (50.0, 7.0),
    22.0: (60.0, 6.0),
    28.0: (60.0, 5.0),
    37.0: (70.0, 4.0),
}
"""Least contrast and largest variability in % by diameter, for reference. JJF draft, table 1."""

LUNG_REFERENCE_PERCENT = 20.0
"""Largest residual of the lung, for reference. JJF draft, table 1."""

NAMES = ("spheres", *(f"background_{n}" for n in range(1, 6)), "contrast", "variability", "lung", "table")  # fmt: skip

HEADROOM = 1.05


def figures_of(
    volume: Volume,
    body: BodyPhantom,
    spheres: Spheres,
    places: BackgroundPlaces,
    quality: ImageQuality,
    lung: Floats,
    results: tuple[Measurement, ...],
    variant: str,
) -> tuple[Figure, ...]:
    """Show what was found and what was measured in it."""
    by_key = {(m.metric, m.scope.get("sphere_mm")): m.value for m in results}
    with_reference = variant == "jjf"
    side = volume.voxel_spacing_mm[0]
    top = HEADROOM * max(max(each.mean, each.background) for each in quality.spheres)
    circles = _of_background(volume, body, spheres, places)
    middle = quality.planes[len(PLANES_MM) // 2]
    slices: list[Figure] = [
        _slice(
            volume, body, middle, "spheres", "Slice through the spheres", top,
            (*_of_spheres(volume, body, spheres), *circles, _contour(volume, body, middle * side),
             _of_lung(volume, body, middle * side)),
        )
    ]  # fmt: skip
    for number, (plane, offset) in enumerate(zip(quality.planes, PLANES_MM, strict=True), start=1):
        slices.append(
            _slice(
                volume, body, plane, f"background_{number}",
                f"Background, {(plane - middle) * side:+.1f} mm from the slice of the spheres"
                f" ({offset:+g} mm)",
                2.0 * quality.spheres[0].background,
                (*circles, _contour(volume, body, plane * side), _of_lung(volume, body, plane * side)),
            )
        )  # fmt: skip
    hot = [s.diameter_mm for s in quality.spheres if ("contrast_j", s.diameter_mm) in by_key]
    cold = [s.diameter_mm for s in quality.spheres if s.cold]
    every = [s.diameter_mm for s in quality.spheres]
    return (
        *slices,
        _by_diameter(
            "contrast", "Contrast by diameter", "Contrast",
            [("hot", "contrast_j", hot), ("cold", "cold_contrast_j", cold)], by_key,
            0 if with_reference and hot else None, hot,
        ),
        _by_diameter(
            "variability", "Variability of the background", "Variability",
            [("measured", "variability_j", every)], by_key, 1 if with_reference else None, every,
        ),
        CurveFigure(
            name="lung",
            title="Residual in the lung insert",
            x_label="Distance from the spheres",
            x_unit="mm",
            y_label="Lung insert over background",
            y_unit="%",
            curves=(
                Curve(label="", x=quality.lung.positions_mm - spheres.position_mm, y=lung,
                      style=CurveStyle.POINTS),
            ),
            lines=(
                ReferenceLine(label="mean", value=float(lung.mean())),
                *([ReferenceLine(label="reference", value=LUNG_REFERENCE_PERCENT)]
                  if with_reference else []),
            ),
        ),
        TableFigure(
            name="table",
            title="Spheres and background",
            columns=("diameter (mm)", "filled", "mean", "background", "SD of 60", "contrast (%)",
                     "variability (%)"),
            rows=tuple(
                (
                    s.diameter_mm, "cold" if s.cold else "hot", s.mean, s.background, s.deviation,
                    by_key.get(("cold_contrast_j" if s.cold else "contrast_j", s.diameter_mm)),
                    by_key[("variability_j", s.diameter_mm)],
                )
                for s in quality.spheres
            ),
        ),
    )  # fmt: skip


def _slice(
    volume: Volume,
    body: BodyPhantom,
    plane: int,
    name: str,
    title: str,
    high: float,
    overlays: tuple[Overlay, ...],
) -> ImageFigure:
    image = physical_part(volume, slice(plane, plane + 1), body.rows, body.columns)[0]
    return ImageFigure(
        name=name,
        title=title,
        image=image,
        pixel_spacing_mm=volume.voxel_spacing_mm[1:],
        low=0.0,
        high=max(high, 1e-12),
        unit=unit_of_values(volume),
        overlays=overlays,
    )


def _pixel(volume: Volume, body: BodyPhantom, place_mm: Floats) -> tuple[float, float]:
    """Return a place as (row, column) of the part of a slice that is shown."""
    pixel = volume.voxel_spacing_mm[1:]
    return (
        float(place_mm[0] / pixel[0]) - body.rows.start,
        float(place_mm[1] / pixel[1]) - body.columns.start,
    )


def _of_spheres(volume: Volume, body: BodyPhantom, spheres: Spheres) -> list[Overlay]:
    return [
        circle_overlay(
            _pixel(volume, body, centre[1:]), diameter / 2.0, volume.voxel_spacing_mm[1:],
            f"{diameter:g} mm",
        )
        for centre, diameter in zip(spheres.centres_mm, spheres.diameters_mm, strict=True)
    ]  # fmt: skip


def _of_background(
    volume: Volume, body: BodyPhantom, spheres: Spheres, places: BackgroundPlaces
) -> list[Overlay]:
    radius = max(spheres.diameters_mm) / 2.0
    return [
        circle_overlay(
            _pixel(volume, body, place), radius, volume.voxel_spacing_mm[1:], str(number)
        )
        for number, place in enumerate(places.centres_mm, start=1)
    ]


def _contour(volume: Volume, body: BodyPhantom, position_mm: float) -> Overlay:
    first = (body.rows.start, body.columns.start)
    contour = body.contour_mm + body.shifted_mm(position_mm)
    places = contour / np.array(volume.voxel_spacing_mm[1:]) - np.array(first)
    return Overlay(
        kind=OverlayKind.FIELD_OF_VIEW,
        label="inside of the phantom",
        points=tuple((row, column) for row, column in places.tolist()),
    )


def _of_lung(volume: Volume, body: BodyPhantom, position_mm: float) -> Overlay:
    return circle_overlay(
        _pixel(volume, body, body.lung_at(position_mm)),
        LUNG_DIAMETER_MM / 2.0,
        volume.voxel_spacing_mm[1:],
        "lung",
    )


def _by_diameter(
    name: str,
    title: str,
    label: str,
    kinds: list[tuple[str, str, list[float]]],
    by_key: Mapping[tuple[str, ScopeValue | None], float],
    reference: int | None,
    of: list[float],
) -> CurveFigure:
    curves = [
        Curve(
            label=word,
            x=np.array(diameters),
            y=np.array([by_key[(key, d)] for d in diameters]),
            style=CurveStyle.POINTS,
        )
        for word, key, diameters in kinds
        if diameters
    ]
    known = sorted(d for d in of if d in REFERENCE)
    if reference is not None and known:
        curves.append(
            Curve(
                label="least, for reference" if reference == 0 else "largest, for reference",
                x=np.array(known),
                y=np.array([REFERENCE[d][reference] for d in known]),
                style=CurveStyle.DASHED,
            )
        )
    return CurveFigure(
        name=name,
        title=title,
        x_label="Inner diameter of the sphere",
        x_unit="mm",
        y_label=label,
        y_unit="%",
        curves=tuple(curves),
    )
