"""Pictures of the comparison of heads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.head_matching_images import HeadImage
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.shorthand import as_suffix


def comparison_figures(
    heads: Sequence[HeadImage], rates: dict[int, Estimate], suffix: str
) -> list[Figure]:
    """Return the picture of each head, the rates side by side, and every number."""
    found: list[Figure] = []
    for image in heads:
        end = (
            as_suffix(image.scope) if suffix else as_suffix(Scope.of(detector=image.head.detector))
        )
        found.append(
            ImageFigure(
                name="head" + end,
                title=f"Source before {image.head.subject}",
                image=image.head.counts,
                pixel_spacing_mm=image.pixel_mm,
                low=0.0,
                high=max(float(image.head.counts.max()), 1.0),
                unit="{counts}",
            )
        )
    mean = sum(rate.value for rate in rates.values()) / max(len(rates), 1)
    if rates:
        found.append(
            CurveFigure(
                name="rates" + suffix,
                title="Count rate of each head over the mean",
                x_label="Head",
                x_unit="1",
                y_label="Rate over the mean",
                y_unit="1",
                curves=(
                    Curve(
                        label="net rate",
                        x=np.array([float(number) for number in rates]),
                        y=np.array([rate.value / mean for rate in rates.values()]),
                        style=CurveStyle.POINTS,
                    ),
                ),
                lines=(ReferenceLine(label="mean", value=1.0),),
            )
        )
    rows = []
    for image in heads:
        net = rates.get(image.head.detector or 0)
        below = image.background
        rows.append(
            (
                image.head.detector,
                image.head.total,
                image.head.duration_s,
                None if below is None else round(below.value, 2),
                None if net is None else round(net.value, 2),
                None if net is None else round(net.uncertainty, 2),
                round(image.extent_mm, 1),
            )
        )
    columns = (
        "Head",
        "Counts",
        "Duration (s)",
        "Background (/s)",
        "Net rate (/s)",
        "u (/s)",
        "Extent (mm)",
    )
    found.append(
        TableFigure(name="table" + suffix, title="Heads", columns=columns, rows=tuple(rows))
    )
    return found
