"""A bar phantom: four quadrants of lead bars, each as wide as its gaps.

The depth of the pattern is known: over a long quadrant the counts are
``mean * (1 + 4/pi sum((-1)**k M(v_k) cos(2 pi v_k x) / (2 k + 1)))`` with ``v_k = (2 k + 1) / (2 w)``
for bars of width w, the MTF of the camera ``exp(-2 (pi sigma v)**2)`` and that of the pixel,
``sin(pi v p) / (pi v p)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import edge_integral
from photopeak_analyzers.simulation.lines import Direction
from photopeak_analyzers.simulation.planar import Matrix

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class BarPhantom:
    """Four quadrants: top left, top right, bottom left, bottom right.

    Attributes
    ----------
    widths_mm
        Width of the bars, and of the gaps, in each quadrant.
    directions
        Axis along which each pattern is measured; neighbours differ, as in commercial phantoms.
    side_mm
        Of the whole phantom; beyond it nothing is lit.
    quarter_turns
        Anticlockwise turns of the whole phantom by 90 degrees.
    open_counts
        Counts per pixel where no bar is, before blurring.
    lead
        Share that the bars let through.
    """

    widths_mm: tuple[float, float, float, float] = (2.0, 2.5, 3.0, 3.5)
    directions: tuple[Direction, Direction, Direction, Direction] = (
        Direction.X,
        Direction.Y,
        Direction.Y,
        Direction.X,
    )
    side_mm: float = 400.0
    quarter_turns: int = 0
    open_counts: float = 200.0
    lead: float = 0.0

    def image(self, matrix: Matrix, fwhm_mm: float) -> Floats:
        """Return the expected counts; blurred across the bars, sharp at the borders of quadrants.

        The matrix has to be square when the phantom is turned.
        """
        image = np.zeros(matrix.shape)
        y_borders, x_borders = matrix.borders()
        half = self.side_mm / 2.0
        for index, (width, direction) in enumerate(
            zip(self.widths_mm, self.directions, strict=True)
        ):
            top, left = (-half, 0.0)[index // 2], (-half, 0.0)[index % 2]
            rows = _overlap(y_borders, top, top + half)
            columns = _overlap(x_borders, left, left + half)
            sigma = fwhm_mm / FWHM_PER_SIGMA
            upright = direction is Direction.X
            wave = self._wave(x_borders if upright else y_borders, width, sigma)
            pattern = wave[None, :] if upright else wave[:, None]
            image += self.open_counts * np.outer(rows, columns) * pattern
        return np.asarray(np.rot90(image, self.quarter_turns))

    def modulation(self, width_mm: float, fwhm_mm: float, pixel_mm: float) -> float:
        """Return the first harmonic of a pattern over its mean: ``4/pi M(1/(2 w))``."""
        frequency = 0.5 / width_mm
        camera = math.exp(-2.0 * (math.pi * fwhm_mm / FWHM_PER_SIGMA * frequency) ** 2)
        pixel = float(np.sinc(frequency * pixel_mm))
        depth = (1.0 - self.lead) / (1.0 + self.lead)
        return 4.0 / math.pi * camera * pixel * depth

    def _wave(self, borders: Floats, width: float, sigma: float) -> Floats:
        """Return the mean transmission of each pixel, bars and gaps going on beyond the phantom."""
        reach = self.side_mm / 2.0 + 10.0 * sigma
        first, last = math.floor(-reach / width / 2.0), math.ceil(reach / width / 2.0)
        # Gaps from 2 k w to (2 k + 1) w: the sum of two blurred steps each.
        open_share = np.zeros(borders.size - 1)
        for k in range(first, last + 1):
            start = 2.0 * k * width
            integral = edge_integral(borders - start, sigma) - edge_integral(
                borders - start - width, sigma
            )
            open_share += np.diff(integral) / np.diff(borders)
        return np.asarray(self.lead + (1.0 - self.lead) * open_share)


def _overlap(borders: Floats, lower: float, upper: float) -> Floats:
    """Return the share of each pixel between two places."""
    inside = np.minimum(borders[1:], upper) - np.maximum(borders[:-1], lower)
    return np.asarray(np.maximum(inside, 0.0) / np.diff(borders))
