"""Pictures of a point source on a grid: a map of the deviations, and their course in time."""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.figures import (
    Colormap,
    Curve,
    CurveFigure,
    CurveStyle,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
)
from photopeak_analyzers.gamma_camera.point_grid import PITCH_MM, PointGroup
from photopeak_analyzers.numerics.field_of_view import CFOV_SCALE, FieldOfView
from photopeak_analyzers.shorthand import in_words

CELL_MM = 2.5
"""Pixel of the map; a place is a disc of two thirds of the pitch."""

LEAST_SCALE_PERCENT = 1.0
"""The map is shown to at least this deviation: noise alone does not fill its colours."""


def map_figure(group: PointGroup, field: FieldOfView, suffix: str) -> ImageFigure:
    """Return a disc in the colour of its deviation for every place, with both fields."""
    y, x = group.positions()
    percent = _percent(group, field)
    low_y, low_x = float(y.min()) - PITCH_MM, float(x.min()) - PITCH_MM
    rows = math.ceil((float(y.max()) + PITCH_MM - low_y) / CELL_MM)
    columns = math.ceil((float(x.max()) + PITCH_MM - low_x) / CELL_MM)
    image = np.zeros((rows, columns))
    places_y, places_x = (y - low_y) / CELL_MM - 0.5, (x - low_x) / CELL_MM - 0.5
    across = math.ceil(PITCH_MM / 3.0 / CELL_MM)
    steps = np.arange(-across, across + 1)
    disc = np.hypot(steps[:, None], steps) <= PITCH_MM / 3.0 / CELL_MM
    offset_y, offset_x = np.nonzero(disc)
    at_y = np.rint(places_y)[:, None].astype(int) + offset_y - across
    at_x = np.rint(places_x)[:, None].astype(int) + offset_x - across
    image[at_y.clip(0, rows - 1), at_x.clip(0, columns - 1)] = percent[:, None]
    scale = max(float(np.abs(percent).max()), LEAST_SCALE_PERCENT)
    worst = int(np.where(group.inside(field), np.abs(percent), -1.0).argmax())
    return ImageFigure(
        name=f"map{suffix}",
        title=f"Deviation from the mean, {in_words(group.scope, 'one detector')}",
        image=image,
        pixel_spacing_mm=(CELL_MM, CELL_MM),
        low=-scale,
        high=scale,
        unit="%",
        colormap=Colormap.DIVERGING,
        overlays=(
            _outline("UFOV", field, low_y, low_x),
            _outline("CFOV", field.scaled(CFOV_SCALE), low_y, low_x),
            Overlay(
                kind=OverlayKind.MAXIMUM if percent[worst] > 0.0 else OverlayKind.MINIMUM,
                label=f"{percent[worst]:+.1f} %",
                points=((float(places_y[worst]), float(places_x[worst])),),
            ),
        ),
    )


def course_figure(group: PointGroup, field: FieldOfView, suffix: str) -> CurveFigure:
    """Return the deviations over the time at which they were counted: decay would be a slope."""
    minutes = np.array([place.start_s for place in group.places]) / 60.0
    return CurveFigure(
        name=f"course{suffix}",
        title=f"Deviation by time, {in_words(group.scope, 'one detector')}",
        x_label="Start after the first place",
        x_unit="min",
        y_label="Deviation from the mean",
        y_unit="%",
        curves=(
            Curve(
                label="corrected for decay",
                x=minutes,
                y=_percent(group, field),
                style=CurveStyle.POINTS,
            ),
        ),
        lines=(ReferenceLine(label="mean", value=0.0),),
    )


def _percent(group: PointGroup, field: FieldOfView) -> np.ndarray:
    """Return the deviations from the mean of the places in the UFOV, in percent."""
    mean = group.corrected[group.inside(field)].mean()
    return np.asarray(100.0 * (group.corrected / mean - 1.0))


def _outline(label: str, field: FieldOfView, low_y: float, low_x: float) -> Overlay:
    middle = (-low_y / CELL_MM - 0.5, -low_x / CELL_MM - 0.5)
    return Overlay(
        kind=OverlayKind.FIELD_OF_VIEW,
        label=label,
        points=field.outline((CELL_MM, CELL_MM), middle),
    )
