"""Pictures of the bar phantom: the image with its regions, a profile and a number of each set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.bar_images import BarImage
from photopeak_analyzers.gamma_camera.bar_patterns import Pattern
from photopeak_analyzers.gamma_camera.bar_sets import BarSet


def image_figure(image: BarImage, sets: Mapping[int, Pattern], suffix: str) -> ImageFigure:
    """Return the image with the regions that were measured."""
    numbers = {pattern.quadrant: number for number, pattern in sets.items()}
    counts = image.head.counts
    return ImageFigure(
        name="bars" + suffix,
        title=f"Bars, {image.subject}",
        image=counts,
        pixel_spacing_mm=image.pixel_mm,
        low=0.0,
        high=max(2.5 * max(pattern.mean for pattern in image.patterns), 1.0),
        unit="{counts}",
        overlays=tuple(
            Overlay(
                kind=OverlayKind.REGION,
                label=_label(pattern, numbers.get(pattern.quadrant)),
                points=_corners(pattern),
            )
            for pattern in image.patterns
        ),
    )


def profiles(
    images: Sequence[BarImage],
    sets: Sequence[Mapping[int, Pattern]],
    widths_mm: Sequence[float],
    suffix: str,
) -> CurveFigure:
    """Return the counts across the bars of each set, summed along them, in the first image."""
    curves = []
    for number, width in enumerate(widths_mm, 1):
        shown = [(i, s[number]) for i, s in zip(images, sets, strict=True) if number in s]
        if shown:
            place, share = _profile(*shown[0])
            curves.append(
                Curve(
                    label=f"set {number}, {width:.2f} mm, along {shown[0][1].across}",
                    x=place,
                    y=share,
                )
            )
    return CurveFigure(
        name="profiles" + suffix,
        title="Profiles across the bars",
        x_label="Distance",
        x_unit="mm",
        y_label="Counts over their mean",
        y_unit="1",
        curves=tuple(curves),
    )


def modulations(
    along: Mapping[str, Sequence[BarSet]], threshold: float, suffix: str
) -> CurveFigure:
    """Return the modulation over the width of the bars, and the threshold."""
    return CurveFigure(
        name="modulations" + suffix,
        title="Modulation of each set of bars",
        x_label="Width of the bars",
        x_unit="mm",
        y_label="Modulation",
        y_unit="1",
        curves=tuple(
            Curve(
                label=f"along {direction}",
                x=np.array([each.width_mm for each in sets]),
                y=np.array([each.modulation.value for each in sets]),
                style=CurveStyle.POINTS,
            )
            for direction, sets in along.items()
            if sets
        ),
        lines=(ReferenceLine(label="resolved above", value=threshold),),
    )


def table(
    images: Sequence[BarImage], sets: Sequence[Mapping[int, Pattern]], suffix: str
) -> TableFigure:
    """Return what each quadrant of each image shows."""
    rows = []
    for image, found in zip(images, sets, strict=True):
        numbers = {pattern.quadrant: number for number, pattern in found.items()}
        rows += [
            (
                image.number,
                pattern.quadrant,
                numbers.get(pattern.quadrant),
                round(pattern.width_mm, 3) if pattern.seen else None,
                pattern.across if pattern.seen else None,
                round(pattern.tilt_deg, 2) if pattern.seen else None,
                round(pattern.modulation.value, 4),
                round(pattern.modulation.uncertainty, 4),
                round(pattern.mean, 2),
            )
            for pattern in image.patterns
        ]
    return TableFigure(
        name="quadrants" + suffix,
        title="Quadrants of the bar phantom",
        columns=(
            "Image",
            "Quadrant",
            "Set",
            "Bars (mm)",
            "Along",
            "Tilt (deg)",
            "Modulation",
            "Uncertainty",
            "Counts per pixel",
        ),
        rows=tuple(rows),
    )


def _profile(image: BarImage, pattern: Pattern) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    part = np.asarray(image.head.counts[pattern.rows, pattern.columns], dtype=np.float64)
    axis = 0 if pattern.across == "x" else 1
    profile = part.mean(axis=axis) / pattern.mean
    return np.arange(profile.size) * image.pixel_mm[1 - axis], np.asarray(profile)


def _label(pattern: Pattern, number: int | None) -> str:
    name = "" if number is None else f"set {number}: "
    if not pattern.seen:
        return f"{name}no bars seen"
    return f"{name}{pattern.width_mm:.2f} mm, M {pattern.modulation.value:.2f}"


def _corners(pattern: Pattern) -> tuple[tuple[float, float], ...]:
    top, bottom = pattern.rows.start - 0.5, pattern.rows.stop - 0.5
    left, right = pattern.columns.start - 0.5, pattern.columns.stop - 0.5
    return ((top, left), (top, right), (bottom, right), (bottom, left))
