"""A water phantom as CT shows it: a disc of water in a wall, on a table, in air.

::

    phantom = WaterPhantom(hu=2.0, cupping_hu=3.0)
    volume = phantom.acquire(rng=np.random.default_rng(1), noise_hu=5.0)

The CT number of the water is ``hu + cupping_hu (r / R)**2`` with R the inner radius; means over circles
follow in closed form (:meth:`WaterPhantom.mean_hu`). Edges are blurred by a Gaussian. Coordinates are
mm from the middle of the slices, y down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Origin, Volume
from photopeak_analyzers.simulation.blur import edge

Floats = NDArray[np.float64]

AIR_HU = -1000.0
STORED_OFFSET = 1024
"""What is added to a value before it is stored as a whole number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterPhantom:
    """A cylinder along the slices.

    Attributes
    ----------
    diameter_mm, wall_mm, wall_hu
        Outer diameter; thickness and CT number of the wall.
    centre_mm
        (y, x) of the axis.
    length_mm
        Along the slices; None for all of them.
    tilt_hu
        Difference of the CT number from the left to the right edge of the water.
    table_mm
        Thickness of a table of `table_hu` that the phantom lies on; 0 for none.
    """

    shape: tuple[int, int, int] = (9, 256, 256)
    voxel_mm: tuple[float, float, float] = (5.0, 1.0, 1.0)
    diameter_mm: float = 200.0
    wall_mm: float = 5.0
    wall_hu: float = 120.0
    hu: float = 0.0
    cupping_hu: float = 0.0
    tilt_hu: float = 0.0
    centre_mm: tuple[float, float] = (0.0, 0.0)
    length_mm: float | None = None
    table_mm: float = 12.0
    table_hu: float = -300.0
    blur_mm: float = 0.6

    @property
    def water_radius_mm(self) -> float:
        """Inner radius."""
        return self.diameter_mm / 2.0 - self.wall_mm

    def mean_hu(self, at_mm: tuple[float, float], radius_mm: float) -> float:
        """Return the mean over a circle in the water about (y, x) from the axis."""
        distance = math.hypot(*at_mm)
        # The mean of r**2 over a circle of radius a about a point at d is d**2 + a**2 / 2.
        share = (distance**2 + radius_mm**2 / 2.0) / self.water_radius_mm**2
        return (
            self.hu
            + self.cupping_hu * share
            + self.tilt_hu * at_mm[1] / (2.0 * self.water_radius_mm)
        )

    def expected(self) -> Floats:
        """Return the CT numbers, shape ``(slices, rows, columns)``."""
        z, y, x = (
            (np.arange(n, dtype=np.float64) - (n - 1) / 2.0) * side
            for n, side in zip(self.shape, self.voxel_mm, strict=True)
        )
        down, right = (y - self.centre_mm[0])[:, None], x - self.centre_mm[1]
        r = np.hypot(down, right)
        water = self.hu + self.cupping_hu * (r / self.water_radius_mm) ** 2
        water = water + self.tilt_hu * right / (2.0 * self.water_radius_mm)
        # The radius is a hundred times the blur: a bent edge is blurred as a straight one.
        outer = edge(self.diameter_mm / 2.0 - r, self.blur_mm)
        inner = edge(self.water_radius_mm - r, self.blur_mm)
        filled = (self.wall_hu - AIR_HU) * (outer - inner) + (water - AIR_HU) * inner
        plane = np.zeros(r.shape)
        if self.table_mm > 0.0:
            top = self.diameter_mm / 2.0
            plate = edge(down - top, self.blur_mm) - edge(down - top - self.table_mm, self.blur_mm)
            plane = (self.table_hu - AIR_HU) * plate * (np.abs(x) < 150.0)
        shown = np.ones(z.size)
        if self.length_mm is not None:
            shown = (np.abs(z) <= self.length_mm / 2.0).astype(np.float64)
        return np.asarray(AIR_HU + plane + filled * shown[:, None, None])

    def acquire(
        self,
        *,
        rng: np.random.Generator | None = None,
        noise_hu: float = 0.0,
        grain_mm: float = 0.0,
        header: dict[str, str | float | None] | None = None,
    ) -> Volume:
        """Return the volume, stored as whole numbers.

        Parameters
        ----------
        noise_hu
            Standard deviation of the noise of a voxel, before `grain_mm` as after it.
        grain_mm
            Standard deviation of the Gaussian that neighbours of a slice share their noise by.
        """
        from scipy import ndimage  # not at import: the catalogue of tests is read without it

        values = self.expected()
        if rng is not None:
            noise = rng.standard_normal(values.shape)
            if grain_mm > 0.0:
                sigma = (0.0, grain_mm / self.voxel_mm[1], grain_mm / self.voxel_mm[2])
                noise = ndimage.gaussian_filter(noise, sigma, mode="wrap")
                noise /= noise.std()
            values = values + noise_hu * noise
        slices = values.shape[0]
        affine = np.zeros((4, 4))
        for axis, (row, side, size) in enumerate(
            zip((2, 1, 0), self.voxel_mm, values.shape, strict=True)
        ):
            affine[row, axis], affine[row, 3] = side, -(size - 1) / 2.0 * side
        affine[3, 3] = 1.0
        told: dict[str, str | float | None] = {
            "KVP": 120.0,
            "ConvolutionKernel": "H30s",
            "SliceThickness": self.voxel_mm[0],
            **(header or {}),
        }
        return Volume(
            origin=Origin(manufacturer="Simulated"),
            values=np.clip(np.round(values + STORED_OFFSET), 0, 4095).astype(np.int16),
            slope=np.ones(slices),
            intercept=np.full(slices, -float(STORED_OFFSET)),
            affine=affine,
            modality="CT",
            units="HU",
            header=MappingProxyType({k: v for k, v in told.items() if v is not None}),
        )
