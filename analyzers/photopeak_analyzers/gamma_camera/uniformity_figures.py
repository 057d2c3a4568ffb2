"""What a physicist wants to see of a flood: the image, its deviations, profiles, a histogram."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.figures import (
    Colormap,
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
)
from photopeak_analyzers.gamma_camera.uniformity import (
    DEVIATION_LEVELS_PERCENT,
    DifferentialUniformity,
    Extremes,
    Group,
    PreparedFlood,
)
from photopeak_analyzers.numerics.field_of_view import FieldOfView, PixelMask

FIGURES = ("flood", "deviation", "profiles", "histogram")
"""Names of the figures; with several detectors or windows each carries its own as a suffix."""

FLOOD_CONTRAST = 0.10
"""The flood is shown from the mean - 10 % to the mean + 10 %."""

BIN_PERCENT = 0.25
"""Width of a bin of the histogram, in percent of the mean."""

Pixel = tuple[float, float]


def flood_figure(
    name: str,
    title: str,
    image: Counts,
    *,
    pixel_mm: tuple[float, float],
    magnification: int,
    fields: tuple[tuple[str, FieldOfView], ...],
    matrix_centre: Pixel,
    prepared: PreparedFlood,
    extremes: Extremes,
    differential: DifferentialUniformity,
) -> ImageFigure:
    """Show the flood with its fields of view, extremes and worst groups of five pixels.

    Parameters
    ----------
    image, pixel_mm
        The picture to show, and the spacing of its pixels.
    magnification
        Pixels of the picture per pixel of the analysis.
    fields
        UFOV and CFOV by their labels.
    matrix_centre
        Centre of the matrix, in pixels of the analysis.
    """

    def place(row: float, column: float) -> Pixel:
        shift = (magnification - 1) / 2.0
        return (row * magnification + shift, column * magnification + shift)

    analysed_mm = (pixel_mm[0] * magnification, pixel_mm[1] * magnification)
    outlines = tuple(
        Overlay(
            kind=OverlayKind.FIELD_OF_VIEW,
            label=label,
            points=tuple(place(*p) for p in field.outline(analysed_mm, matrix_centre)),
        )
        for label, field in fields
    )
    marks = tuple(
        Overlay(kind=kind, label=f"{word} {value:.0f}", points=(place(*at),), closed=False)
        for kind, word, value, at in (
            (OverlayKind.MAXIMUM, "max", extremes.maximum, extremes.at_maximum),
            (OverlayKind.MINIMUM, "min", extremes.minimum, extremes.at_minimum),
        )
    )
    boxes = tuple(
        Overlay(
            kind=OverlayKind.REGION,
            label=f"DU {group.direction} {group.percent:.2f} %",
            points=tuple(place(*corner) for corner in _corners(group)),
        )
        for group in (differential.x, differential.y)
    )
    per_pixel = float(prepared.counts[prepared.ufov].mean()) / magnification**2
    return ImageFigure(
        name=name,
        title=title,
        image=image,
        pixel_spacing_mm=pixel_mm,
        low=per_pixel * (1.0 - FLOOD_CONTRAST),
        high=per_pixel * (1.0 + FLOOD_CONTRAST),
        unit="{counts}",
        overlays=(*outlines, *marks, *boxes),
    )


def analysed_figures(
    suffix: str, subject: str, prepared: PreparedFlood, pixel_mm: tuple[float, float], centre: Pixel
) -> tuple[Figure, ...]:
    """Show the smoothed flood: map of deviations, central profiles, and histogram.

    `centre` is the centre of the field of view, in pixels of the analysis.
    """
    ufov, cfov = prepared.ufov, prepared.cfov
    mean = float(prepared.smoothed[ufov].mean())
    deviation = np.where(ufov, 100.0 * (prepared.smoothed / mean - 1.0), 0.0)
    limit = max(math.ceil(float(np.abs(deviation).max())), DEVIATION_LEVELS_PERCENT[1])
    return (
        ImageFigure(
            name="deviation" + suffix,
            title=f"Deviation from the mean of the UFOV, smoothed, {subject}",
            image=deviation.astype(np.float32),
            pixel_spacing_mm=pixel_mm,
            low=-float(limit),
            high=float(limit),
            unit="%",
            colormap=Colormap.DIVERGING,
        ),
        CurveFigure(
            name="profiles" + suffix,
            title=f"Central profiles of the smoothed flood, {subject}",
            x_label="Position",
            x_unit="mm",
            y_label="Counts per pixel",
            y_unit="{counts}",
            curves=_profiles(prepared, pixel_mm, centre),
            lines=(ReferenceLine(label="mean", value=mean),),
        ),
        CurveFigure(
            name="histogram" + suffix,
            title=f"Deviations from the mean, smoothed, {subject}",
            x_label="Deviation from the mean",
            x_unit="%",
            y_label="Pixels",
            y_unit="{pixels}",
            curves=tuple(
                _histogram(label, prepared.smoothed, mask)
                for label, mask in (("UFOV", ufov), ("CFOV", cfov))
            ),
            lines=tuple(
                ReferenceLine(label=f"{sign * level:+g} %", value=sign * level, axis="x")
                for level in DEVIATION_LEVELS_PERCENT
                for sign in (-1.0, 1.0)
            ),
        ),
    )


def _corners(group: Group) -> tuple[Pixel, ...]:
    (top, left), (bottom, right) = group.first, group.last
    half = 0.5
    return (
        (top - half, left - half),
        (top - half, right + half),
        (bottom + half, right + half),
        (bottom + half, left - half),
    )


def _profiles(
    prepared: PreparedFlood, pixel_mm: tuple[float, float], centre: Pixel
) -> tuple[Curve, ...]:
    rows, columns = prepared.ufov.shape
    row = min(max(math.floor(centre[0] + 0.5), 0), rows - 1)
    column = min(max(math.floor(centre[1] + 0.5), 0), columns - 1)
    curves = []
    for label, values, inside, middle, spacing in (
        ("X", prepared.smoothed[row], prepared.ufov[row], centre[1], pixel_mm[1]),
        ("Y", prepared.smoothed[:, column], prepared.ufov[:, column], centre[0], pixel_mm[0]),
    ):
        where = np.flatnonzero(inside)
        curves.append(
            Curve(
                label=label,
                x=np.asarray((where - middle) * spacing),
                y=values[where],
                style=CurveStyle.STEP,
            )
        )
    return tuple(curves)


def _histogram(label: str, smoothed: NDArray[np.float64], mask: PixelMask) -> Curve:
    values = smoothed[mask]
    deviation = 100.0 * (values / values.mean() - 1.0)
    # Bins are centred on whole multiples; a hundred times their number is beyond any real flood.
    reach = min(math.ceil(float(np.abs(deviation).max()) / BIN_PERCENT), 400)
    index = np.clip(np.rint(deviation / BIN_PERCENT), -reach, reach).astype(np.intp) + reach
    counted = np.bincount(index, minlength=2 * reach + 1)
    return Curve(
        label=label,
        x=np.asarray((np.arange(2 * reach + 1) - reach) * BIN_PERCENT),
        y=counted.astype(np.float64),
        style=CurveStyle.STEP,
    )
