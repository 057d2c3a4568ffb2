"""The path of a point source through the views of one head, and the sines fitted to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.centroids import Centroids, point_centroids
from photopeak_analyzers.numerics.sinusoid import Sinusoid, fit_sinusoid
from photopeak_analyzers.shorthand import in_words
from photopeak_analyzers.spect.rotation_views import Views


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RotationFit:
    """Path of the source through the views of one head, and what was fitted to it.

    Attributes
    ----------
    transaxial, axial
        Sines of the column and of the row, in pixels from the middle of the matrix.
    x_px, y_px
        Position in each view, in pixels from the middle of the matrix.
    pixel_mm
        (row, column) spacing in mm.
    opposed_px
        Mean position of each pair of opposed views, in pixels from the middle of the matrix.
    """

    views: Views
    centroids: Centroids
    transaxial: Sinusoid
    axial: Sinusoid
    x_px: NDArray[np.float64]
    y_px: NDArray[np.float64]
    pixel_mm: tuple[float, float]
    opposed_px: NDArray[np.float64]

    @property
    def radius_mm(self) -> float:
        """Distance of the source from the axis."""
        return self.transaxial.amplitude * self.pixel_mm[1]

    @property
    def fwhm_mm(self) -> float:
        """Width of the source, over both directions."""
        row, column = self.centroids.fwhm
        return math.sqrt(row * self.pixel_mm[0] * column * self.pixel_mm[1])

    @property
    def axial_tilt_deg(self) -> float:
        """Angle between the rows of the image and the plane of rotation."""
        return math.degrees(
            math.atan2(self.axial.amplitude * self.pixel_mm[0], max(self.radius_mm, 1e-9))
        )


def fit_rotation(frames: Counts, views: Views, pixel_mm: tuple[float, float]) -> RotationFit:
    """Find the source in every view and fit its path.

    Raises
    ------
    UnsuitableAcquisitionError
        If a view shows no source, or several are seen.
    FitError
        If the angles do not determine a sine.
    """
    centroids = point_centroids(frames)
    if centroids.sources > 1:
        raise UnsuitableAcquisitionError(
            f"{centroids.sources} sources are seen by {in_words(views.scope)}, needs 1;"
            " several sources are for multi_head_registration",
            quantity="sources",
            value=float(centroids.sources),
            bound=1.0,
        )
    rows, columns = frames.shape[1:]
    y = centroids.positions[:, 0] - (rows - 1) / 2.0
    x = centroids.positions[:, 1] - (columns - 1) / 2.0
    u_y, u_x = centroids.uncertainties.T
    pairs = views.opposed_pairs()
    return RotationFit(
        views=views,
        centroids=centroids,
        transaxial=fit_sinusoid(views.angles_deg, x, u_x),
        axial=fit_sinusoid(views.angles_deg, y, u_y),
        x_px=x,
        y_px=y,
        pixel_mm=pixel_mm,
        opposed_px=np.array([(x[i] + x[j]) / 2.0 for i, j in pairs], dtype=np.float64),
    )
