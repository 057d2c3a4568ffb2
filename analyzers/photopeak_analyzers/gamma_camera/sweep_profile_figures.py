"""Pictures of the steadiness of a sweep: the part that was analysed, the profile along the motion."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
)
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.sweep_profile import Evenness, SweepProfile
from photopeak_analyzers.shorthand import as_suffix, in_words


def sweep_figures(
    head: HeadCounts, pixel_mm: tuple[float, float], profile: SweepProfile, found: Evenness
) -> list[Figure]:
    """Return the pictures of one head."""
    suffix, words = as_suffix(head.scope), in_words(head.scope)
    (top, bottom), (left, right) = profile.rows, profile.columns
    corners = ((top, left), (top, right), (bottom, right), (bottom, left))
    return [
        ImageFigure(
            name="sweep" + suffix,
            title=f"Sweep, {words}",
            image=np.asarray(head.counts, dtype=np.float32),
            pixel_spacing_mm=pixel_mm,
            low=0.0,
            high=max(float(head.counts.max()), 1.0),
            unit="{counts}",
            overlays=(
                Overlay(
                    kind=OverlayKind.REGION,
                    label="analysed",
                    points=tuple((row - 0.5, column - 0.5) for row, column in corners),
                ),
            ),
        ),
        CurveFigure(
            name="profile" + suffix,
            title=f"Counts along the motion, {words}",
            x_label="place along the motion",
            x_unit="mm",
            y_label="deviation from the median",
            y_unit="%",
            curves=(Curve(label="strips", x=profile.middles_mm, y=profile.deviations),),
            lines=(
                ReferenceLine(label="noise alone, highest", value=found.floor),
                ReferenceLine(label="median", value=0.0),
                ReferenceLine(label="noise alone, lowest", value=-found.floor),
            ),
        ),
    ]
