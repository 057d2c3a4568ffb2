"""Pictures of the straightness of bars: the bars as followed, the worst one, every quadrant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
from photopeak_analyzers.gamma_camera.bar_traces import Traces

MAGNIFIED = 10.0
"""Deviations are drawn so many times as large as they are."""

Followed = Sequence[tuple[BarImage, Sequence[Traces]]]
"""Images with their bars."""


def bars_figure(image: BarImage, traces: Sequence[Traces], suffix: str) -> ImageFigure:
    """Return the image with every bar as it was followed, its deviations magnified.

    Of each quadrant the bar that deviates most is named.
    """
    overlays = []
    for each in traces:
        across_mm = image.pixel_mm[1 if each.pattern.across == "x" else 0]
        shown = each.across + (MAGNIFIED - 1.0) * each.residuals_mm / across_mm
        largest = np.abs(each.residuals_mm).max(axis=1)
        for number, bar in enumerate(shown):
            places = zip(bar.tolist(), each.along.tolist(), strict=True)
            overlays.append(
                Overlay(
                    kind=OverlayKind.LINE,
                    label=f"{each.pattern.width_mm:.2f} mm bars: {largest[number]:.2f} mm off"
                    if number == largest.argmax()
                    else "",
                    points=tuple(
                        (b, a) if each.pattern.across == "y" else (a, b) for b, a in places
                    ),
                    closed=False,
                )
            )
    return ImageFigure(
        name="bars" + suffix,
        title=f"Bars, {image.subject}, deviations x {MAGNIFIED:g}",
        image=image.head.counts,
        pixel_spacing_mm=image.pixel_mm,
        low=0.0,
        high=max(2.5 * max(pattern.mean for pattern in image.patterns), 1.0),
        unit="{counts}",
        overlays=tuple(overlays),
    )


def worst_figure(followed: Followed, suffix: str) -> CurveFigure:
    """Return the bar that leaves its line farthest, of each image."""
    curves = []
    for image, traces in followed:
        worst = max(traces, key=lambda each: float(np.abs(each.residuals_mm).max()))
        bar = int(np.abs(worst.residuals_mm).max(axis=1).argmax())
        along_mm = image.pixel_mm[0 if worst.pattern.across == "x" else 1]
        curves.append(
            Curve(
                label=f"image {image.number}, quadrant {worst.pattern.quadrant},"
                f" across {worst.pattern.across}",
                x=(worst.along - worst.along.mean()) * along_mm,
                y=worst.residuals_mm[bar],
                style=CurveStyle.LINE,
            )
        )
    return CurveFigure(
        name="worst" + suffix,
        title="The least straight bar of each image",
        x_label="Along the bar",
        x_unit="mm",
        y_label="Deviation from its line",
        y_unit="mm",
        curves=tuple(curves),
        lines=(ReferenceLine(label="straight", value=0.0),),
    )


def table_figure(followed: Followed, suffix: str) -> TableFigure:
    """Return what was found in every quadrant."""
    return TableFigure(
        name="quadrants" + suffix,
        title="Bars that were followed",
        columns=(
            "Image",
            "Quadrant",
            "Bars (mm)",
            "Across",
            "Bars followed",
            "Strips",
            "Largest deviation (mm)",
            "RMS (mm)",
            "u of a place (mm)",
        ),
        rows=tuple(
            (
                image.number,
                each.pattern.quadrant,
                round(each.pattern.width_mm, 3),
                each.pattern.across,
                *each.residuals_mm.shape,
                round(float(np.abs(each.residuals_mm).max()), 3),
                round(float(np.sqrt(np.mean(each.residuals_mm**2))), 3),
                round(each.uncertainty_mm, 3),
            )
            for image, traces in followed
            for each in traces
        ),
    )
