"""What is seen of a detection limit: the region, the windows as a table, the limit by time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.imaging_detection_images import HeadImages
from photopeak_analyzers.gamma_camera.imaging_detection_windows import (
    DetectionLimit,
    K,
    threshold_counts,
)
from photopeak_analyzers.shorthand import in_words

CORNERS, POINTS = 72, 100
"""Points of the circle and of a curve."""

LONGEST = 10.0
"""Times the stated time up to which the limit is drawn."""


def region_figure(head: HeadImages, region_mm: float, suffix: str) -> ImageFigure:
    """Show the source in all windows with the region about it."""
    row, column = head.outline.centre
    turns = [2.0 * math.pi * step / CORNERS for step in range(CORNERS)]
    height, width = (region_mm / 2.0 / side for side in head.pixel_mm)
    return ImageFigure(
        name="region" + suffix,
        title=f"Source in all windows, {in_words(head.scope)}",
        image=head.picture.astype(np.float32),
        pixel_spacing_mm=head.pixel_mm,
        low=0.0,
        high=max(float(head.picture.max()), 1.0),
        unit="{counts}",
        overlays=(
            Overlay(
                kind=OverlayKind.REGION,
                label="region",
                points=tuple(
                    (row + height * math.sin(t), column + width * math.cos(t)) for t in turns
                ),
            ),
        ),
    )


def windows_figure(head: HeadImages, limits: Sequence[DetectionLimit], suffix: str) -> TableFigure:
    """Show the windows and their sums, the best first."""
    ranked = sorted(limits, key=lambda limit: limit.limit_mbq)
    return TableFigure(
        name="windows" + suffix,
        title=f"Energy windows and their sums, {in_words(head.scope)}",
        columns=(
            "windows", "energies (keV)", "sensitivity (1/s/MBq)", "background (1/s)", "L_C", "L_D",
            "smallest activity (kBq)", "S^2/b",
        ),
        rows=tuple(
            (
                limit.channel.name,
                ", ".join(f"{low:g}-{high:g}" for low, high in sorted(limit.channel.bounds_kev)),
                limit.sensitivity,
                limit.channel.background_cps,
                limit.threshold_counts,
                limit.limit_counts,
                1e3 * limit.limit_mbq,
                limit.merit,
            )
            for limit in ranked
        ),
    )  # fmt: skip


def time_figure(head: HeadImages, limits: Sequence[DetectionLimit], suffix: str) -> CurveFigure:
    """Show the smallest activity by the time of the image."""
    stated = limits[0].imaging_s
    times = np.geomspace(stated / LONGEST, stated * LONGEST, POINTS)
    curves = []
    for limit in limits:
        channel = limit.channel
        counts = [
            K**2 + 2.0 * threshold_counts(channel.background_cps, float(t), channel.background_s)
            for t in times
        ]
        curves.append(
            Curve(
                label=f"window {limit.channel.name}",
                x=times,
                y=1e3 * np.array(counts) / (limit.sensitivity * times),
            )
        )
    return CurveFigure(
        name="limit_by_time" + suffix,
        title=f"Smallest activity by the time of the image, {in_words(head.scope)}",
        x_label="time of the image",
        x_unit="s",
        y_label="smallest activity that is seen",
        y_unit="kBq",
        curves=tuple(curves),
        lines=(ReferenceLine(label="stated time", value=stated, axis="x"),),
    )
