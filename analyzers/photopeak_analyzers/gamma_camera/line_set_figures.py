"""Pictures of a set of line-source images: strips, spread, modulation, width over distance, table."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, Figure, TableFigure
from photopeak_analyzers.gamma_camera.line_figures import (
    image_figure,
    modulation_curve,
    modulation_figure,
    spread_curve,
    spread_figure,
)
from photopeak_analyzers.gamma_camera.line_sets import Found, Place, combined
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.regression import fit_line
from photopeak_analyzers.shorthand import as_suffix, in_words


def set_figures(found: Found) -> tuple[Figure, ...]:
    """Return the pictures of a set."""
    figures: list[Figure] = []
    for place, images in found.items():
        for direction, measured in images.items():
            first = measured[0]
            scope = place.scope(direction)
            figures.append(
                image_figure(
                    "lines" + as_suffix(scope).replace(".", "_"),
                    f"Lines and strips, {in_words(scope)}",
                    first.head.counts,
                    first.image,
                    first.pixel_mm,
                )
            )
    labelled = [
        (in_words(place.scope(direction)), measured[0])
        for place, images in found.items()
        for direction, measured in images.items()
    ]
    figures += [
        spread_figure(
            "line_spread",
            "Line-spread functions",
            tuple(spread_curve(label, m.image) for label, m in labelled),
        ),
        modulation_figure(
            "mtf",
            "Modulation transfer functions",
            tuple(
                modulation_curve(label, m.modulation, m.image.mm_per_pixel.value)
                for label, m in labelled
            ),
        ),
        *_over_distance(found),
        _table(found),
    ]
    return tuple(figures)


def _widths(found: Found, place: Place) -> tuple[Estimate | None, Estimate | None, Estimate | None]:
    """Return FWHM, FWTM and equivalent width of a place, mean of the directions measured."""
    images = [m.image for measured in found[place].values() for m in measured]
    return (
        combined(i.half for i in images),
        combined(i.tenth for i in images),
        combined(i.equivalent for i in images),
    )


def _over_distance(found: Found) -> list[Figure]:
    """Return FWHM over distance with the straight line through it, of every head and window."""
    groups: dict[tuple[int, int, str], list[tuple[float, Estimate]]] = {}
    for place in found:
        half, _, _ = _widths(found, place)
        if place.distance_mm >= 0.0 and half is not None:
            key = (place.detector, place.energy_window, place.scatter)
            groups.setdefault(key, []).append((place.distance_mm, half))
    curves = []
    for (detector, window, scatter), points in groups.items():
        if len(points) < 2:
            continue
        first = Place(detector=detector, energy_window=window, distance_mm=-1.0, scatter=scatter)
        label = in_words(first.scope())
        x = np.array([distance for distance, _ in points])
        y = np.array([half.value for _, half in points])
        line = fit_line(x, y)
        curves += [
            Curve(label=label, x=x, y=y, style=CurveStyle.POINTS),
            Curve(
                label=f"{label}: {line.intercept.value:.2f} mm"
                f" + {line.slope.value:.4f} times the distance",
                x=x,
                y=line.intercept.value + line.slope.value * x,
                style=CurveStyle.DASHED,
            ),
        ]
    if not curves:
        return []
    return [
        CurveFigure(
            name="distance",
            title="FWHM over distance",
            x_label="distance from the collimator",
            x_unit="mm",
            y_label="FWHM",
            y_unit="mm",
            curves=tuple(curves),
        )
    ]


def _table(found: Found) -> TableFigure:
    """Return the table of the text: one row per place of the source."""
    rows = []
    for place in found:
        widths = _widths(found, place)
        rows.append(
            (
                in_words(place.scope()),
                place.distance_mm if place.distance_mm >= 0.0 else None,
                *(None if w is None else round(w.value, 2) for w in widths),
            )
        )
    return TableFigure(
        name="table",
        title="System spatial resolution in the CFOV",
        columns=("source", "distance, mm", "FWHM, mm", "FWTM, mm", "EW, mm"),
        rows=tuple(rows),
    )
