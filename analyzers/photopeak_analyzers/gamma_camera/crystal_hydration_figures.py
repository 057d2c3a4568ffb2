"""Pictures of the hydration test: both floods and their asymmetry, spots circled, and a table."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.figures import (
    Colormap,
    ImageFigure,
    Overlay,
    OverlayKind,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.hydration_images import FloodPair
from photopeak_analyzers.gamma_camera.hydration_spots import Asymmetry
from photopeak_analyzers.numerics.smoothing import smooth
from photopeak_analyzers.numerics.spots import Spot
from photopeak_analyzers.shorthand import in_words

CORNERS = 24
"""Of the polygon that is drawn for a circle."""

LEAST_SCALE_PERCENT = 2.0
"""Pictures are shown to at least this deviation."""

MOST_CIRCLES = 60
"""Spots that are drawn."""


def asymmetry_figure(pair: FloodPair, found: Asymmetry, suffix: str) -> ImageFigure:
    """Return the smoothed asymmetry with its spots."""
    percent = 100.0 * smooth(found.image, pair.ufov)
    overlays = [_circle(s.spot, pair, f"{n + 1}") for n, s in enumerate(found.spots)]
    overlays += [_circle(s.spot, pair, "reversed") for s in found.reversed_spots]
    return _picture(f"asymmetry{suffix}", "Asymmetry (L - H) / (L + H)", percent, pair, overlays)


def flood_figures(pair: FloodPair, found: Asymmetry, suffix: str) -> tuple[ImageFigure, ...]:
    """Return both floods, smoothed, relative to what is large in them, with the spots."""
    overlays = [_circle(s.spot, pair, f"{n + 1}") for n, s in enumerate(found.spots)]
    overlays += [_circle(spot, pair, "in both") for spot in found.common]
    return tuple(
        _picture(
            f"{name}{suffix}",
            f"{half.window.lower_kev:g} to {half.window.upper_kev:g} keV, less the median",
            100.0 * smooth(image, pair.ufov),
            pair,
            overlays,
        )
        for name, half, image in (
            ("low", pair.low, found.low),
            ("high", pair.high, found.high),
        )
    )


def spots_figure(pair: FloodPair, found: Asymmetry, suffix: str) -> TableFigure:
    """Return all spots of the signs of hydration."""
    return TableFigure(
        name=f"spots{suffix}",
        title=f"Spots, {in_words(pair.scope, 'one detector')}",
        columns=(
            "spot",
            "x (mm)",
            "y (mm)",
            "FWHM (mm)",
            "contrast (%)",
            "strength (sigma)",
            "below the peak (%)",
            "above the peak (%)",
        ),
        rows=tuple(
            (
                n + 1,
                (each.spot.at[1] - pair.centre[1]) * pair.pixel_mm,
                (each.spot.at[0] - pair.centre[0]) * pair.pixel_mm,
                each.spot.fwhm_mm,
                100.0 * each.spot.amplitude,
                each.spot.z,
                each.low_percent,
                each.high_percent,
            )
            for n, each in enumerate(found.spots)
        ),
    )


def _picture(
    name: str,
    title: str,
    percent: NDArray[np.float64],
    pair: FloodPair,
    overlays: list[Overlay],
) -> ImageFigure:
    scale = max(LEAST_SCALE_PERCENT, float(np.quantile(np.abs(percent[pair.ufov]), 0.999)))
    field = pair.chosen.field
    outline = Overlay(
        kind=OverlayKind.FIELD_OF_VIEW,
        label="UFOV",
        points=field.outline((pair.pixel_mm, pair.pixel_mm), pair.centre),
    )
    return ImageFigure(
        name=name,
        title=f"{title}, {in_words(pair.scope, 'one detector')}",
        image=percent,
        pixel_spacing_mm=(pair.pixel_mm, pair.pixel_mm),
        low=-scale,
        high=scale,
        unit="%",
        colormap=Colormap.DIVERGING,
        overlays=(outline, *overlays[:MOST_CIRCLES]),
    )


def _circle(spot: Spot, pair: FloodPair, label: str) -> Overlay:
    radius = 1.5 * spot.fwhm_mm / pair.pixel_mm
    angles = [2.0 * math.pi * n / CORNERS for n in range(CORNERS)]
    return Overlay(
        kind=OverlayKind.REGION,
        label=label,
        points=tuple(
            (spot.at[0] + radius * math.sin(a), spot.at[1] + radius * math.cos(a)) for a in angles
        ),
    )
