"""Points and lines as a reconstruction shows them: Gaussians with known widths.

::

    phantom = SourcesInAir(sources=three_points())
    volume = phantom.acquire(rng=np.random.default_rng(1), noise=2.0)

A source has one width along the radius through it, one across, and one along the axis; a line runs
along the axis and has two. Values are sampled at the centres of the voxels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import edge
from photopeak_analyzers.simulation.volumes import volume_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructedSource:
    """A point at (z, y, x) in mm from the centre of the volume, or a line along z through it.

    `length_mm` above 0 makes it a line; `height` is the value at its centre.
    """

    centre_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    radial_fwhm_mm: float = 10.0
    tangential_fwhm_mm: float = 10.0
    axial_fwhm_mm: float = 10.0
    length_mm: float = 0.0
    height: float = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesInAir:
    """A volume with sources in it, on a `background`."""

    sources: tuple[ReconstructedSource, ...]
    shape: tuple[int, int, int] = (80, 100, 100)
    voxel_mm: tuple[float, float, float] = (2.0, 2.0, 2.0)
    background: float = 0.0

    def expected(self) -> Floats:
        """Return the values, shape ``(slices, rows, columns)``."""
        z, y, x = (
            (np.arange(n, dtype=np.float64) - (n - 1) / 2.0) * side
            for n, side in zip(self.shape, self.voxel_mm, strict=True)
        )
        values = np.full(self.shape, self.background)
        for each in self.sources:
            across_y, across_x = (y - each.centre_mm[1])[:, None], x - each.centre_mm[2]
            radius = math.hypot(*each.centre_mm[1:])
            up, right = (
                (each.centre_mm[1] / radius, each.centre_mm[2] / radius) if radius else (0, 1)
            )
            radial = across_x * right + across_y * up
            tangential = across_y * right - across_x * up
            plane = _gaussian(radial, each.radial_fwhm_mm) * _gaussian(
                tangential, each.tangential_fwhm_mm
            )
            along = z - each.centre_mm[0]
            if each.length_mm > 0.0:
                sigma, half = each.axial_fwhm_mm / FWHM_PER_SIGMA, each.length_mm / 2.0
                axial = edge(along + half, sigma) - edge(along - half, sigma)
            else:
                axial = _gaussian(along, each.axial_fwhm_mm)
            values += each.height * axial[:, None, None] * plane
        return values

    def acquire(
        self,
        *,
        rng: np.random.Generator | None = None,
        noise: float = 0.0,
        nuclide: str | None = "Tc-99m",
    ) -> Volume:
        """Return the volume, with Gaussian noise of the standard deviation `noise` in each voxel."""
        values = self.expected()
        if rng is not None:
            values = values + rng.normal(0.0, noise, values.shape)
        return volume_of(values, self.voxel_mm, nuclide=nuclide)


def three_points(**changes: float) -> tuple[ReconstructedSource, ...]:
    """Return a point on the axis and two at 75 mm, one right of it and one below, at three heights."""
    places = ((0.0, 0.0, 0.0), (-30.0, 0.0, 75.0), (30.0, 75.0, 0.0))
    return tuple(ReconstructedSource(centre_mm=place, **changes) for place in places)


def three_lines(length_mm: float = 120.0, **changes: float) -> tuple[ReconstructedSource, ...]:
    """Return a line on the axis and two at 75 mm, one right of it and one below."""
    places = ((0.0, 0.0, 0.0), (0.0, 0.0, 75.0), (0.0, 75.0, 0.0))
    return tuple(
        ReconstructedSource(centre_mm=place, length_mm=length_mm, **changes) for place in places
    )


def _gaussian(offset: Floats, fwhm_mm: float) -> Floats:
    return np.asarray(np.exp(-0.5 * (offset * FWHM_PER_SIGMA / fwhm_mm) ** 2))
