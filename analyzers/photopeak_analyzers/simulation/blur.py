"""Shapes blurred by a Gaussian, in closed form: edges, slits, discs and balls.

What a camera with a Gaussian response sees of a sharp object, before it is counted in pixels.
Lengths are in any one unit; `sigma` is the standard deviation of the response, positive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA

Floats = NDArray[np.float64]

TABLE_STEP = 0.05
"""Spacing of the table of a disc, in sigma: linear interpolation is then good to 3e-4."""

NODES_PER_SIGMA = 8
"""Points of the integral over a disc."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Width of a point source by its distance from the collimator, as FWHM in mm.

    ``sqrt(intrinsic**2 + (at_face + per_mm * distance)**2)``; without a collimator `at_face` and
    `per_mm` are 0.
    """

    intrinsic_mm: float = 3.8
    at_face_mm: float = 0.0
    per_mm: float = 0.0

    def fwhm_mm(self, distance_mm: float = 0.0) -> float:
        """Return the FWHM at a distance."""
        return math.hypot(self.intrinsic_mm, self.at_face_mm + self.per_mm * distance_mm)

    def sigma_mm(self, distance_mm: float = 0.0) -> float:
        """Return the standard deviation at a distance."""
        return self.fwhm_mm(distance_mm) / FWHM_PER_SIGMA


LEHR = Resolution(intrinsic_mm=3.8, at_face_mm=1.8, per_mm=0.045)
"""Like a low-energy high-resolution collimator: 7.4 mm at 100 mm."""


def edge(x: ArrayLike, sigma: float) -> Floats:
    """Return a step from 0 to 1 at 0."""
    from scipy import special  # not at import: the catalogue of tests is read without it

    return np.asarray(special.ndtr(np.asarray(x, dtype=np.float64) / sigma))


def edge_integral(x: ArrayLike, sigma: float) -> Floats:
    """Return the integral of :func:`edge` from minus infinity: ``x F(x) + sigma**2 f(x)``."""
    across = np.asarray(x, dtype=np.float64)
    density = np.exp(-0.5 * (across / sigma) ** 2) / (sigma * math.sqrt(2.0 * math.pi))
    return np.asarray(across * edge(across, sigma) + sigma * sigma * density)


def slit(edges: ArrayLike, width: float, sigma: float) -> Floats:
    """Return the share of a slit about 0 in each bin; `edges` are the borders of the bins.

    The slit is `width` wide, 0 for a line; its shares add up to 1 over all of x.
    """
    borders = np.asarray(edges, dtype=np.float64)
    if width == 0.0:
        return np.asarray(np.diff(edge(borders, sigma), axis=-1))
    half = width / 2.0
    below = (edge_integral(borders + half, sigma) - edge_integral(borders - half, sigma)) / width
    return np.asarray(np.diff(below, axis=-1))


def slit_width(share: float, width: float, sigma: float) -> float:
    """Return the true width of a blurred slit at a share of its height: 0.5 for FWHM.

    Of the continuous profile; pixels make it wider.
    """
    if width == 0.0:
        return 2.0 * sigma * math.sqrt(-2.0 * math.log(share))

    def height(x: float) -> float:
        return float(edge(x + width / 2.0, sigma) - edge(x - width / 2.0, sigma))

    low, high = 0.0, width + 10.0 * sigma
    level = share * height(0.0)
    for _ in range(200):
        middle = (low + high) / 2.0
        low, high = (middle, high) if height(middle) > level else (low, middle)
    return low + high


def disc(r: ArrayLike, radius: float, sigma: float) -> Floats:
    """Return a disc of height 1 at the distances r from its centre.

    ``1 - exp(-radius**2 / (2 sigma**2))`` at the centre.
    """
    from scipy import special  # as above

    distance = np.asarray(r, dtype=np.float64)
    table = np.arange(0.0, radius + 8.0 * sigma, TABLE_STEP * sigma)
    count = max(64, math.ceil(NODES_PER_SIGMA * radius / sigma))
    nodes, weights = np.polynomial.legendre.leggauss(count)
    s = (nodes + 1.0) * radius / 2.0
    # The Bessel function is taken without its exponential, which belongs to (r - s)**2.
    kernel = np.exp(-0.5 * ((table[:, None] - s) / sigma) ** 2)
    kernel *= special.ive(0, table[:, None] * s / sigma**2)
    values = kernel @ (weights * radius / 2.0 * s / sigma**2)
    return np.asarray(np.interp(distance, table, values, right=0.0))


def ball(r: ArrayLike, radius: float, sigma: float) -> Floats:
    """Return a ball of height 1 at the distances r from its centre.

    At the centre ``erf(a) - 2 a exp(-a**2) / sqrt(pi)`` with ``a = radius / (sqrt(2) sigma)``:
    the recovery of a hot sphere by its central voxel.
    """
    distance = np.maximum(np.asarray(r, dtype=np.float64), 1e-6 * sigma)
    near, far = radius - distance, radius + distance
    inside = edge(far, sigma) - edge(-near, sigma)
    tails = np.exp(-0.5 * (near / sigma) ** 2) - np.exp(-0.5 * (far / sigma) ** 2)
    return np.asarray(inside - sigma / (distance * math.sqrt(2.0 * math.pi)) * tails)
