"""The noise of voxels in a reconstruction, which neighbours share.

It is looked at where the phantom is uniform: standard deviation, and along each axis the correlation of
neighbours. Noise so correlated is what a Gaussian makes of white noise,
``rho_k = exp(-(k / 2 sigma)**2)``; a mean of many voxels is then less sure than that of as many
independent ones, by the product of ``(sum g)**2 / sum g**2`` of the three Gaussians.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_CORRELATION = 0.05
"""Below it neighbours are taken for independent: so much is chance."""

MOST_CORRELATION = 0.98
"""Above it a Gaussian is seven voxels wide, and what varies is no noise."""

REACH = 4.0
"""Standard deviations after which a Gaussian ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoxelNoise:
    """Standard deviation of a voxel where the mean is `level`, and Gaussians (slice, row, column)."""

    level: float
    deviation: float
    voxels: int
    sigmas: tuple[float, float, float]

    @property
    def excess(self) -> float:
        """By how much the variance of a mean of many voxels exceeds that of independent ones."""
        return math.prod(1.0 / _squares(sigma) for sigma in self.sigmas)

    @property
    def of_mean(self) -> float:
        """Standard uncertainty of `level`."""
        return self.deviation * math.sqrt(min(self.excess / self.voxels, 1.0))

    @property
    def of_mean_relative(self) -> float | None:
        """Relative standard uncertainty of `level`; None where nothing is."""
        return self.of_mean / self.level if self.level > 0.0 else None

    def at(self, values: Floats) -> Floats:
        """Return the deviation of voxels, growing with the root of the value as counts do.

        Where nothing is, the noise itself is the least value that it can be told from.
        """
        level = max(self.level, self.deviation)
        if level <= 0.0:
            return np.zeros(values.shape)
        return np.asarray(self.deviation * np.sqrt(np.maximum(values, level) / level))

    def of_sum(self, deviations: Floats) -> float:
        """Return the deviation of a sum of voxels, each with its own times its weight."""
        from scipy import ndimage  # not at import: the catalogue of tests is read without it

        room = [math.ceil(REACH * sigma) for sigma in self.sigmas]
        padded = np.pad(deviations, [(n, n) for n in room])
        spread = ndimage.gaussian_filter(padded, self.sigmas, mode="constant", truncate=REACH)
        return math.sqrt(float(np.square(spread).sum()) * self.excess)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Return noise of a standard deviation of 1."""
        from scipy import ndimage  # not at import: the catalogue of tests is read without it

        white = rng.standard_normal(shape)
        made = ndimage.gaussian_filter(white, self.sigmas, mode="wrap", truncate=REACH)
        return np.asarray(made * math.sqrt(self.excess))


def noise_of(values: Floats, where: NDArray[np.bool_]) -> VoxelNoise:
    """Return the noise of some voxels of a volume, two at least."""
    inside = values[where]
    level, deviation = float(inside.mean()), float(inside.std(ddof=1))
    off = np.where(where, values - level, 0.0)
    sigmas = [_sigma(off, where, axis, deviation**2) for axis in range(3)]
    return VoxelNoise(
        level=level,
        deviation=deviation,
        voxels=int(inside.size),
        sigmas=(sigmas[0], sigmas[1], sigmas[2]),
    )


def _sigma(off: Floats, where: NDArray[np.bool_], axis: int, variance: float) -> float:
    """Return the Gaussian that makes neighbours along an axis as alike as they are."""
    off, where = np.moveaxis(off, axis, 0), np.moveaxis(where, axis, 0)
    pairs = int((where[1:] & where[:-1]).sum())
    if not pairs or variance <= 0.0:
        return 0.0
    # Voxels that are not looked at are 0 in `off`.
    correlation = min(float((off[1:] * off[:-1]).sum()) / pairs / variance, MOST_CORRELATION)
    if correlation < LEAST_CORRELATION:
        return 0.0
    return 0.5 / math.sqrt(-math.log(correlation))


def _squares(sigma: float) -> float:
    """Return the sum of the squares of a Gaussian that adds up to 1, as it is applied."""
    if sigma <= 0.0:
        return 1.0
    reach = int(REACH * sigma + 0.5)
    weights = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / sigma))
    weights /= weights.sum()
    return float(np.square(weights).sum())
