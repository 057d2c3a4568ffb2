"""Pictures of line sources: the image with its strips, line-spread functions, modulation."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
)
from photopeak_analyzers.gamma_camera.line_images import LineImage
from photopeak_analyzers.numerics.modulation import Modulation


def image_figure(
    name: str, title: str, counts: Counts, image: LineImage, pixel_mm: tuple[float, float]
) -> ImageFigure:
    """Return the image with the place of every line in every strip; each line is named once."""
    overlays = []
    named: set[int] = set()
    half_strip = (image.strip_rows - 1) / 2.0
    for spread in image.spreads:
        ends = (
            (spread.along - half_strip, spread.position),
            (spread.along + half_strip, spread.position),
        )
        overlays.append(
            Overlay(
                kind=OverlayKind.LINE,
                label="" if spread.line in named else f"line {spread.line + 1}",
                points=ends if image.places.upright else tuple((x, y) for y, x in ends),
                closed=False,
            )
        )  # fmt: skip
        named.add(spread.line)
    return ImageFigure(
        name=name,
        title=title,
        image=np.asarray(counts, dtype=np.float32),
        pixel_spacing_mm=pixel_mm,
        low=0.0,
        high=max(float(counts.max()), 1.0),
        unit="{counts}",
        overlays=tuple(overlays),
    )


def spread_curve(label: str, image: LineImage, style: CurveStyle = CurveStyle.LINE) -> Curve:
    """Return all strips of an image as one line-spread function, its highest point at 1."""
    order = np.argsort(image.distances.ravel(), kind="stable")
    share = image.windows / np.array([s.peak.height for s in image.spreads])[:, None]
    x, y = image.distances.ravel()[order], share.ravel()[order]
    # As many points as one strip has channels in each quarter of a pixel: the mean of those near by.
    bins = np.round(4.0 * x).astype(np.int64)
    first = int(bins.min())
    count = np.bincount(bins - first)
    filled = count > 0
    mean_x = np.bincount(bins - first, weights=x)[filled] / count[filled]
    mean_y = np.bincount(bins - first, weights=y)[filled] / count[filled]
    return Curve(label=label, x=mean_x * image.mm_per_pixel.value, y=mean_y, style=style)


def spread_figure(name: str, title: str, curves: tuple[Curve, ...]) -> CurveFigure:
    """Return line-spread functions with the levels at which their widths are taken."""
    return CurveFigure(
        name=name,
        title=title,
        x_label="distance from the line",
        x_unit="mm",
        y_label="line-spread function",
        y_unit="1",
        curves=curves,
        lines=(
            ReferenceLine(label="half maximum", value=0.5),
            ReferenceLine(label="tenth maximum", value=0.1),
        ),
    )


def modulation_curve(label: str, found: Modulation, mm_per_pixel: float) -> Curve:
    """Return a modulation transfer function over cycles per cm."""
    return Curve(label=label, x=found.frequency * 10.0 / mm_per_pixel, y=found.value)


def modulation_figure(name: str, title: str, curves: tuple[Curve, ...]) -> CurveFigure:
    """Return modulation transfer functions with the levels that are read off."""
    return CurveFigure(
        name=name,
        title=title,
        x_label="spatial frequency",
        x_unit="/cm",
        y_label="modulation",
        y_unit="1",
        curves=curves,
        lines=(
            ReferenceLine(label="50 %", value=0.5),
            ReferenceLine(label="10 %", value=0.1),
        ),
    )
