"""Contrast of a cold sphere to the ring of the uniform part at its radius, with uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.spect.cold_spheres import Sphere
from photopeak_analyzers.spect.uniform_part import Background


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SphereContrast:
    """A sphere, its background, and what follows from both.

    `places` tells among how many places that do not overlap it was the coldest.
    """

    sphere: Sphere
    background: Background
    minimum_uncertainty: float
    places: float

    @property
    def scope(self) -> Scope:
        """The diameter."""
        return Scope.of(sphere_mm=self.sphere.diameter_mm)

    @property
    def contrast(self) -> tuple[float, float]:
        """Contrast of the lowest voxel and its uncertainty, in percent."""
        return self._contrast(self.sphere.minimum, self.minimum_uncertainty)

    @property
    def mean_contrast(self) -> tuple[float, float]:
        """Contrast of the mean and its uncertainty, in percent."""
        return self._contrast(self.sphere.mean, self.mean_uncertainty)

    @property
    def mean_uncertainty(self) -> float:
        """Of the mean in the sphere."""
        noise = self.background.correlation * self.background.voxel_noise
        return noise / math.sqrt(self.sphere.voxels.size)

    @property
    def cnr(self) -> float | None:
        """Difference to the background over the noise of a voxel; None without noise."""
        noise = self.background.voxel_noise
        return (self.background.mean - self.sphere.mean) / noise if noise > 0.0 else None

    @property
    def significance(self) -> float:
        """Difference to the background over its uncertainty, less what a search finds in noise.

        The coldest of n places without a sphere lacks about ``sqrt(2 ln n)`` uncertainties.
        """
        uncertainty = math.hypot(self.mean_uncertainty, self.background.mean_uncertainty)
        difference = self.background.mean - self.sphere.mean
        if not uncertainty > 0.0:
            return math.copysign(1e9, difference)
        beyond = (difference / uncertainty) ** 2 - 2.0 * math.log(self.places)
        return math.sqrt(beyond) if difference > 0.0 and beyond > 0.0 else 0.0

    def _contrast(self, value: float, uncertainty: float) -> tuple[float, float]:
        background = self.background
        ratio = value / background.mean
        spread = math.hypot(uncertainty, ratio * background.mean_uncertainty) / background.mean
        return 100.0 * (1.0 - ratio), 100.0 * spread
