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
from photopeak_analyzers.gamma_camera.slit_figures import line_overlay, region_overlay, slit_figure
from photopeak_analyzers.gamma_camera.slit_images import UFOV, SlitField
from photopeak_analyzers.gamma_camera.slit_sets import Found, Measured
from photopeak_analyzers.numerics.line_spread import HALF, TENTH, LineSpread
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
    """Return the image with the borders of the strips of the UFOV, and the slit that is shown."""
    field, slits = measured.image.fields[UFOV], measured.image.slits
    half_strip, half_pitch = field.strip_rows / 2.0, slits.pitch / 2.0
    middles = np.unique(field.points.along)
    borders = np.union1d(middles - half_strip, middles + half_strip)
    ends = np.array([field.position.min() - half_pitch, field.position.max() + half_pitch])
    overlays = [
        line_overlay(
            measured,
            f"strips of {field.strip_rows * slits.along_mm:.1f} mm" if first else "",
            np.stack([np.full(2, border), ends], axis=1),
        )
        for first, border in ((border == borders[0], border) for border in borders)
    ]
    shown = _median(field)
    corners = np.array(
        [
            [shown.along + v * half_strip, shown.position + u * half_pitch]
            for v, u in ((-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0))
        ]
    )
    overlays.append(region_overlay(measured, "shown as a curve", corners))
    return slit_figure("slits", "Slits and strips", measured, overlays)


def _median(field: SlitField) -> LineSpread:
    """Return the line-spread function of median width."""
    return field.spreads[int(np.argsort(field.half, kind="stable")[field.half.size // 2])]


def _spread(measured: Measured) -> Figure:
    """Return the line-spread function of median width, with the places where its widths are taken."""
    field, slits = measured.image.fields[UFOV], measured.image.slits
    spread = _median(field)
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
