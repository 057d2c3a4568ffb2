r"""Taking the dome out of a flood whose point source stood nearer than five fields of view.

A point source at distance D in front of :math:`(x_0, y_0)` gives

.. math:: C = A \left(1 + \frac{(x - x_0)^2 + (y - y_0)^2}{D^2}\right)^{-3/2}

Raised to the power -2/3 this is a paraboloid, linear in four coefficients: one weighted least
squares, no starting values, no iteration. A flood so corrected is no measurement of the clause.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.field_of_view import PixelMask


@dataclass(frozen=True, slots=True, kw_only=True)
class Dome:
    """The fitted point source: its distance, and where it stands over the image, in mm.

    `x_mm` and `y_mm` count from the centre of the matrix, to the right and down.
    """

    distance_mm: float
    x_mm: float
    y_mm: float


def fit_dome(
    counts: Counts,
    mask: PixelMask,
    pixel_mm: tuple[float, float],
    matrix_centre: tuple[float, float],
) -> Dome:
    """Fit the dome to the pixels of a mask; edge packing has to be outside it.

    Raises
    ------
    FitError
        If the counts do not fall off from a point as they do under a source.
    """
    rows, columns = np.nonzero(mask & (counts > 0))
    if rows.size < 16:
        raise FitError(
            f"{rows.size} pixels with counts are too few for the fit of the dome, needs 16",
            quantity="pixels with counts",
            value=int(rows.size),
            bound=16,
        )
    values = counts[rows, columns].astype(np.float64)
    y = (rows - matrix_centre[0]) * pixel_mm[0]
    x = (columns - matrix_centre[1]) * pixel_mm[1]
    extent = max(float(np.abs(x).max()), float(np.abs(y).max()))
    x, y = x / extent, y / extent
    mean = values.mean()
    target = (values / mean) ** (-2.0 / 3.0)
    # u(C^(-2/3)) = 2/3 C^(-7/6) for Poisson counts.
    weights = (values / mean) ** (7.0 / 6.0)
    design = np.column_stack([np.ones_like(x), x, y, x * x + y * y]) * weights[:, None]
    (level, tilt_x, tilt_y, curvature), *_ = np.linalg.lstsq(design, target * weights, rcond=None)
    # level + tilt . r + curvature r^2 = A^(-2/3) (1 + |r - r0|^2 / D^2)
    x0, y0 = (
        -tilt / (2.0 * curvature) if curvature > 0.0 else math.inf for tilt in (tilt_x, tilt_y)
    )
    height = level - curvature * (x0 * x0 + y0 * y0) if math.isfinite(x0) else 0.0
    if not height > 0.0:
        raise FitError(
            "the flood does not fall off like the field of a point source", quantity="dome"
        )
    return Dome(
        distance_mm=float(math.sqrt(height / curvature) * extent),
        x_mm=float(x0 * extent),
        y_mm=float(y0 * extent),
    )


def without_dome(
    counts: Counts,
    dome: Dome,
    pixel_mm: tuple[float, float],
    matrix_centre: tuple[float, float],
    reference: PixelMask,
) -> NDArray[np.float64]:
    """Divide by the dome; the total over `reference` stays, so that counts keep their meaning."""
    y = (np.arange(counts.shape[0]) - matrix_centre[0]) * pixel_mm[0] - dome.y_mm
    x = (np.arange(counts.shape[1]) - matrix_centre[1]) * pixel_mm[1] - dome.x_mm
    flat = counts * (1.0 + (y[:, None] ** 2 + x**2) / dome.distance_mm**2) ** 1.5
    return np.asarray(flat * (counts[reference].sum() / flat[reference].sum()))
