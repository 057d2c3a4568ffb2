"""Pictures of the registration of windows: arrows in the field, displacements, every number."""

from __future__ import annotations

import math
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
from photopeak_analyzers.gamma_camera.window_displacements import (
    Pair,
    displacements,
    positions,
)
from photopeak_analyzers.gamma_camera.window_points import HeadPoints
from photopeak_analyzers.numerics.binning import crop_to_blocks, sum_blocks

MAGNIFIED = 20.0
"""Arrows are drawn so many times as long as they are."""

LONGEST_SIDE = 512
"""Pixels of the picture."""


def arrows_figure(head: HeadPoints, pairs: Sequence[Pair], suffix: str) -> ImageFigure:
    """Return the points of the lowest window, each with its displacements, magnified.

    The largest displacement of every pair of windows is named.
    """
    lowest = head.of_line(head.lines_kev[0])
    block = math.ceil(max(lowest[0].head.counts.shape) / LONGEST_SIDE)
    image = sum(sum_blocks(crop_to_blocks(each.head.counts, block), block) for each in lowest)
    shape, pixel_mm = lowest[0].head.counts.shape, lowest[0].pixel_mm
    offset = [(size % block) // 2 for size in shape]

    def shown(place_mm: Sequence[float]) -> tuple[float, float]:
        row, column = (
            ((mm / side + (size - 1) / 2.0) - first - (block - 1) / 2.0) / block
            for mm, side, size, first in zip(place_mm, pixel_mm, shape, offset, strict=True)
        )
        return (row, column)

    by_line = positions(head, lambda each: each.position_mm)
    moved = displacements(by_line, pairs)
    overlays = []
    for pair, of_pair in zip(pairs, moved, strict=True):
        sizes = [math.hypot(*each) for each in of_pair]
        largest = max((size for size in sizes if math.isfinite(size)), default=0.0)
        for start, size, (dy, dx) in zip(by_line[pair[1]], sizes, of_pair, strict=True):
            if math.isfinite(dy):
                end = (start[0] + MAGNIFIED * dy, start[1] + MAGNIFIED * dx)
                overlays.append(
                    Overlay(
                        kind=OverlayKind.LINE,
                        label=f"{_words(pair)} keV: x {dx:+.2f} mm, y {dy:+.2f} mm"
                        if size == largest
                        else "",
                        points=(shown(start), shown(end)),
                        closed=False,
                    )
                )
    return ImageFigure(
        name="arrows" + suffix,
        title=f"Points at {head.lines_kev[0]:g} keV, displacements x {MAGNIFIED:g}",
        image=np.asarray(image, dtype=np.float32),
        pixel_spacing_mm=(pixel_mm[0] * block, pixel_mm[1] * block),
        low=0.0,
        high=max(float(np.max(image)), 1.0),
        unit="{counts}",
        overlays=tuple(overlays),
    )


def displacement_figure(head: HeadPoints, pairs: Sequence[Pair], suffix: str) -> CurveFigure:
    """Return the displacement of every place along Y over that along X."""
    moved = displacements(positions(head, lambda each: each.position_mm), pairs)
    curves = []
    for pair, of_pair in zip(pairs, moved, strict=True):
        there = of_pair[np.isfinite(of_pair).all(axis=1)]
        if len(there):
            curves.append(
                Curve(label=_words(pair), x=there[:, 1], y=there[:, 0], style=CurveStyle.POINTS)
            )
    return CurveFigure(
        name="displacements" + suffix,
        title="Displacements between the windows",
        x_label="Displacement along X",
        x_unit="mm",
        y_label="Displacement along Y",
        y_unit="mm",
        curves=tuple(curves),
        lines=(
            ReferenceLine(label="no displacement", value=0.0),
            ReferenceLine(label="no displacement", value=0.0, axis="x"),
        ),
    )


def table_figure(head: HeadPoints, pairs: Sequence[Pair], suffix: str) -> TableFigure:
    """Return every displacement, with where it was found."""
    rows: list[tuple[float | int | str | None, ...]] = []
    for number, place in enumerate(head.places, 1):
        y, x = next(iter(place.values())).position_mm
        for high, low in pairs:
            if high not in place or low not in place:
                continue
            a, b = place[high], place[low]
            dy, dx = (p - q for p, q in zip(a.position_mm, b.position_mm, strict=True))
            uy, ux = (
                math.hypot(p, q) for p, q in zip(a.uncertainty_mm, b.uncertainty_mm, strict=True)
            )
            rows.append(
                (
                    number,
                    round(x, 1),
                    round(y, 1),
                    _words((high, low)),
                    round(dx, 3),
                    round(ux, 3),
                    round(dy, 3),
                    round(uy, 3),
                    round(min(a.point.counts, b.point.counts)),
                )
            )
    return TableFigure(
        name="table" + suffix,
        title="Displacement at each place",
        columns=(
            "Place",
            "x (mm)",
            "y (mm)",
            "Windows (keV)",
            "Along X (mm)",
            "u (mm)",
            "Along Y (mm)",
            "u (mm)",
            "Counts",
        ),
        rows=tuple(rows),
    )


def _words(pair: Pair) -> str:
    return f"{pair[0]:g} - {pair[1]:g}"
