"""Pictures of the intrinsic linearity: deviations ten times enlarged, how they are spread, a table."""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    Overlay,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.slit_figures import (
    line_overlay,
    maximum_overlay,
    slit_figure,
)
from photopeak_analyzers.gamma_camera.slit_images import UFOV, SlitField
from photopeak_analyzers.gamma_camera.slit_sets import Found, Measured
from photopeak_analyzers.shorthand import in_words

ENLARGED = 10.0
"""How many times deviations are drawn."""

BIN_MM = 0.02
"""Width of the bins of the histogram."""

MOST_BINS = 200

FIGURES = ("deviations", "histogram", "table")


def linearity_figures(found: Found) -> tuple[Figure, ...]:
    """Return the pictures of a set."""
    every = [measured for images in found.values() for measured in images.values()]
    return (*(_deviations(measured) for measured in every), _histogram(every), _table(every))


def _deviations(measured: Measured) -> Figure:
    """Return the image with each slit of the UFOV at ten times its deviation from the grid."""
    field = measured.image.fields[UFOV]
    points, residuals = field.points, field.grid.residuals
    drawn = field.position + (ENLARGED - 1.0) * residuals
    overlays: list[Overlay] = []
    for line in np.unique(points.line):
        of_line = np.flatnonzero(points.line == line)
        of_line = of_line[np.argsort(points.along[of_line], kind="stable")]
        places = np.stack([points.along[of_line], drawn[of_line]], axis=1)
        # One name for all: the first slit has it.
        label = "" if overlays else f"deviations x {ENLARGED:g}"
        overlays.append(line_overlay(measured, label, places))
    worst = int(np.abs(residuals).argmax())
    overlays.append(
        maximum_overlay(
            measured,
            f"largest: {residuals[worst] * field.mm_per_pixel.value:.2f} mm",
            np.array([[points.along[worst], drawn[worst]]]),
        )
    )
    return slit_figure(
        "deviations", "Deviations from the grid, ten times enlarged", measured, overlays
    )


def _histogram(every: list[Measured]) -> Figure:
    """Return how many places deviate by how much, by head, direction and field."""
    labelled = [
        (f"{in_words(measured.scope)}, {name.upper()}", _deviation_mm(field))
        for measured in every
        for name, field in measured.image.fields.items()
    ]
    largest = max(float(np.abs(deviation).max()) for _, deviation in labelled)
    width = max(BIN_MM, 2.0 * largest / MOST_BINS)
    bins = math.floor(largest / width) + 1
    edges = width * np.arange(-bins, bins + 1)
    return CurveFigure(
        name="histogram",
        title="Deviations from the grid",
        x_label="deviation",
        x_unit="mm",
        y_label="places",
        y_unit="1",
        curves=tuple(
            Curve(
                label=label,
                x=np.asarray(edges[:-1] + width / 2.0, dtype=np.float64),
                y=np.histogram(deviation, edges)[0].astype(np.float64),
                style=CurveStyle.STEP,
            )
            for label, deviation in labelled
        ),
    )


def _deviation_mm(field: SlitField) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(field.grid.residuals * field.mm_per_pixel.value)


def _table(every: list[Measured]) -> Figure:
    """Return the largest deviation of every image and field, and where it is."""
    rows = []
    for measured in every:
        slits = measured.image.slits
        for name, field in measured.image.fields.items():
            deviation = _deviation_mm(field)
            worst = int(np.abs(deviation).argmax())
            v_mm = (field.points.along[worst] - slits.middle[0]) * slits.along_mm
            u_mm = (field.position[worst] - slits.middle[1]) * slits.across_mm
            x_mm, y_mm = (u_mm, v_mm) if slits.places.upright else (v_mm, u_mm)
            rows.append(
                (
                    in_words(measured.scope),
                    name.upper(),
                    field.position.size,
                    round(float(deviation[worst]), 3),
                    round(float(x_mm), 1),
                    round(float(y_mm), 1),
                )
            )
    return TableFigure(
        name="table",
        title="Largest deviations from the grid",
        columns=("part", "field", "n", "mm", "x, mm", "y, mm"),
        rows=tuple(rows),
    )
