"""What a physicist wants to see of a rotation: the path with its sine, the residuals, the sinogram."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
)
from photopeak_analyzers.numerics.centroids import ROI_RADIUS_FWHM
from photopeak_analyzers.spect.rotation_fit import RotationFit

DRAWN_POINTS = 181
"""Points by which the fitted sine is drawn."""


def figures_of(fit: RotationFit, frames: Counts, suffix: str, subject: str) -> tuple[Figure, ...]:
    """Show one head in one energy window."""
    angles, (row_mm, column_mm) = fit.views.angles_deg, fit.pixel_mm
    offset_mm = fit.transaxial.constant * column_mm
    drawn = np.linspace(float(angles[0]), float(angles[-1]), DRAWN_POINTS)
    return (
        CurveFigure(
            name="position" + suffix,
            title=f"Transaxial position of the source, {subject}",
            x_label="Angle of the view",
            x_unit="deg",
            y_label="Distance from the middle of the matrix",
            y_unit="mm",
            curves=(
                Curve(label="found", x=angles, y=fit.x_px * column_mm, style=CurveStyle.POINTS),
                Curve(label="sine", x=drawn, y=fit.transaxial.at(drawn) * column_mm),
            ),
            lines=(
                # The two lie too close for a label each.
                ReferenceLine(label="", value=0.0),
                ReferenceLine(
                    label=f"axis of rotation, {offset_mm:+.2f} mm from the middle",
                    value=offset_mm,
                ),
            ),
        ),
        CurveFigure(
            name="residuals" + suffix,
            title=f"Residuals about the sine, {subject}",
            x_label="Angle of the view",
            x_unit="deg",
            y_label="Position minus sine",
            y_unit="mm",
            curves=(
                Curve(label="transaxial", x=angles, y=fit.transaxial.residuals * column_mm),
                Curve(
                    label="axial",
                    x=angles,
                    y=fit.axial.residuals * row_mm,
                    style=CurveStyle.DASHED,
                ),
            ),
            lines=(ReferenceLine(label="", value=0.0),),
        ),
        _sinogram(fit, frames, suffix, subject),
    )


def _sinogram(fit: RotationFit, frames: Counts, suffix: str, subject: str) -> ImageFigure:
    """Sum the rows around the source in each view, in the order of the angles."""
    reach = ROI_RADIUS_FWHM * fit.centroids.fwhm[0]
    rows, columns = frames.shape[1:]
    image = np.zeros((len(frames), columns), dtype=np.float32)
    for line, frame, row in zip(image, frames, fit.centroids.positions[:, 0], strict=True):
        first = max(int(row - reach), 0)
        line[:] = frame[first : min(int(row + reach) + 2, rows)].sum(axis=0, dtype=np.float32)
    middle = (columns - 1) / 2.0
    last = float(len(frames) - 1)
    path = fit.transaxial.at(fit.views.angles_deg) + middle
    axis = fit.transaxial.constant + middle
    return ImageFigure(
        name="sinogram" + suffix,
        title=f"Sinogram, {subject}",
        image=image,
        pixel_spacing_mm=(fit.pixel_mm[1], fit.pixel_mm[1]),
        low=0.0,
        high=float(image.max()),
        unit="{counts}",
        overlays=(
            Overlay(
                kind=OverlayKind.LINE,
                label="sine",
                points=tuple((float(i), float(column)) for i, column in enumerate(path)),
                closed=False,
            ),
            Overlay(
                kind=OverlayKind.LINE,
                label="axis of rotation",
                points=((0.0, axis), (last, axis)),
                closed=False,
            ),
        ),
    )
