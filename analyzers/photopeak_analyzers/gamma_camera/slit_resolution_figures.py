"""Pictures of the intrinsic resolution: strips, one line-spread function, a map, a table."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.contract import Measurement
from photopeak_analyzers.figures import (
    Colormap,
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.slit_figures import line_overlay, slit_figure
from photopeak_analyzers.gamma_camera.slit_images import UFOV
from photopeak_analyzers.gamma_camera.slit_sets import Found, Measured
from photopeak_analyzers.numerics.line_spread import HALF, TENTH
from photopeak_analyzers.shorthand import as_suffix, in_words

FIGURES = ("slits", "line_spread", "width_map", "table")


def resolution_figures(found: Found, numbers: tuple[Measurement, ...]) -> tuple[Figure, ...]:
    """Return the pictures of a set."""
    figures: list[Figure] = []
    for images in found.values():
        for measured in images.values():
            figures += [_slits(measured), _spread(measured), _width_map(measured)]
    figures.append(_table(numbers))
    return tuple(figures)


def _slits(measured: Measured) -> Figure:
    """Return the image with the middle of every slit in every strip of the UFOV."""
    field = measured.image.fields[UFOV]
    half = (field.strip_rows - 1) / 2.0
    return slit_figure(
        "slits",
        "Slits and strips",
        measured,
        [
            line_overlay(
                measured,
                f"slit {s.line + 1}, strip {s.strip + 1}",
                np.array([[s.along - half, s.position], [s.along + half, s.position]]),
            )
            for s in field.spreads
        ],
    )


def _spread(measured: Measured) -> Figure:
    """Return the line-spread function of median width, with the places where its widths are taken."""
    field, slits = measured.image.fields[UFOV], measured.image.slits
    index = int(np.argsort(field.half, kind="stable")[field.half.size // 2])
    spread = field.spreads[index]
    first = round(spread.along - (field.strip_rows - 1) / 2.0)
    profile = slits.counts[first : first + field.strip_rows].sum(axis=0, dtype=np.float64)
    reach = int(slits.pitch / 2.0)
    low = max(round(spread.position) - reach, 0)
    window = profile[low : round(spread.position) + reach + 1]
    mm = field.mm_per_pixel.value
    top = spread.peak.height
    widths = [("half maximum", spread.half, HALF)]
    if spread.tenth is not None:
        widths.append(("tenth maximum", spread.tenth, TENTH))
    return CurveFigure(
        name="line_spread" + as_suffix(measured.scope),
        title=f"A line-spread function of median width, {in_words(measured.scope)}",
        x_label="distance from the middle",
        x_unit="mm",
        y_label="counts of the strip",
        y_unit="{counts}",
        curves=(
            Curve(
                label=f"slit {spread.line + 1}, strip {spread.strip + 1}",
                x=(low + np.arange(window.size) - spread.position) * mm,
                y=window,
            ),
            *(
                Curve(
                    label=f"{label}: {width * mm:.2f} mm",
                    x=np.array([-0.5, 0.5]) * width * mm,
                    y=np.full(2, share * top),
                    style=CurveStyle.POINTS,
                )
                for label, width, share in widths
            ),
        ),
        lines=tuple(ReferenceLine(label=label, value=share * top) for label, _, share in widths),
    )


def _width_map(measured: Measured) -> Figure:
    """Return FWHM over the UFOV: one pixel per slit and strip, 0 where nothing was measured."""
    field, slits = measured.image.fields[UFOV], measured.image.slits
    strip, line = field.points.strip, field.points.line
    widths = field.half * field.mm_per_pixel.value
    image = np.zeros((int(strip.max()) + 1, int(line.max()) + 1), dtype=np.float32)
    image[strip, line] = widths
    strip_mm = field.strip_rows * slits.along_mm
    pitch_mm = field.grid.pitch * field.mm_per_pixel.value
    upright = slits.places.upright
    low, high = float(widths.min()), float(widths.max())
    return ImageFigure(
        name="width_map" + as_suffix(measured.scope),
        title=f"FWHM in the UFOV, {in_words(measured.scope)}",
        image=image if upright else image.T,
        pixel_spacing_mm=(strip_mm, pitch_mm) if upright else (pitch_mm, strip_mm),
        low=low,
        high=high if high > low else low + 1e-3,
        unit="mm",
        colormap=Colormap.CIVIDIS,
    )


def _table(numbers: tuple[Measurement, ...]) -> Figure:
    """Return the widths of every head, field and direction."""
    rows = []
    for measurement in numbers:
        name, _, rest = measurement.metric.partition("_")
        if name not in {"fwhm", "fwtm", "ew"}:
            continue
        rows.append(
            (
                in_words(measurement.scope),
                name.upper(),
                rest.removeprefix("axis_").upper(),
                round(measurement.value, 3),
                None if measurement.uncertainty is None else round(measurement.uncertainty, 3),
            )
        )
    return TableFigure(
        name="table",
        title="Intrinsic spatial resolution",
        columns=("part", "width", "field", "mm", "u, mm"),
        rows=tuple(rows),
    )
