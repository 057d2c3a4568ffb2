"""Circles about the axis of a cylinder, drawn into its slices."""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.figures import Overlay, OverlayKind

CIRCLE_POINTS = 72


def circle_overlay(
    centre: tuple[float, float],
    radius_mm: float,
    pixel_mm: tuple[float, float],
    label: str,
    kind: OverlayKind = OverlayKind.REGION,
    points: int = CIRCLE_POINTS,
) -> Overlay:
    """Return a circle as an outline in pixels."""
    angles = np.linspace(0.0, 2.0 * math.pi, points, endpoint=False)
    return Overlay(
        kind=kind,
        label=label,
        points=tuple(
            (
                centre[0] + radius_mm / pixel_mm[0] * math.sin(angle),
                centre[1] + radius_mm / pixel_mm[1] * math.cos(angle),
            )
            for angle in angles.tolist()
        ),
    )
