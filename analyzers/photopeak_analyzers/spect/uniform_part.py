"""The uniform part of a cylinder with other parts: its slices, its rings as background, its noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.cylinder import Cylinder, distance_mm
from photopeak_analyzers.numerics.polar_match import sampled
from photopeak_analyzers.spect.reconstruction import Floats, Reconstruction

PLATEAU = 0.96
"""Share of the high slices that a slice reaches which is not at an end of the cylinder."""

LEAST_SLICES = 2
"""The noise is found from differences between slices."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """A ring of the uniform part.

    Attributes
    ----------
    mean, voxel_noise
        Mean, and standard deviation of a voxel.
    correlation
        Standard deviation of the mean of a disc over that of as many independent voxels.
    voxels
        Voxels of the ring, all slices.
    """

    mean: float
    voxel_noise: float
    correlation: float
    voxels: int

    @property
    def mean_uncertainty(self) -> float:
        """Of the mean, from the noise."""
        return self.correlation * self.voxel_noise / math.sqrt(self.voxels)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UniformPart:
    """Slices (first, beyond the last) between the others, with their values."""

    slices: tuple[int, int]
    values: Floats
    cylinder: Cylinder
    pixel_mm: tuple[float, float]

    def ring(self, radius_mm: float, width_mm: float) -> Background:
        """Return the background on a ring about the axis."""
        distance = distance_mm(self.values.shape[1:], self.cylinder.centre, self.pixel_mm)
        ring = np.abs(distance - radius_mm) <= max(width_mm / 2.0, *self.pixel_mm)
        inside = self.values[:, ring]
        # What all slices have in common is structure, and one slice may hold more than another.
        rest = inside - inside.mean(axis=0) - inside.mean(axis=1, keepdims=True) + inside.mean()
        # The two means took away this share of the freedom.
        free = (1.0 - 1.0 / inside.shape[0]) * (1.0 - 1.0 / inside.shape[1])
        noise = math.sqrt(float(np.mean(rest**2)) / free)
        return Background(
            mean=float(inside.mean()),
            voxel_noise=noise,
            correlation=self._correlation(radius_mm, width_mm, noise),
            voxels=inside.size,
        )

    def _correlation(self, radius_mm: float, width_mm: float, noise: float) -> float:
        """Return by how much means of discs vary more than those of independent voxels."""
        count = int(2.0 * math.pi * radius_mm / width_mm)
        side = math.sqrt(self.pixel_mm[0] * self.pixel_mm[1])
        offsets = np.arange(
            -math.floor(width_mm / 2.0 / side), math.floor(width_mm / 2.0 / side) + 1
        )
        y, x = np.meshgrid(offsets * side, offsets * side, indexing="ij")
        inside = np.hypot(y, x) <= width_mm / 2.0
        if noise <= 0.0 or inside.sum() < 2:
            return 1.0
        angle = np.arange(count) * (2.0 * math.pi / count)
        rows = np.rint(self.cylinder.centre[0] + radius_mm * np.sin(angle) / self.pixel_mm[0])
        columns = np.rint(self.cylinder.centre[1] + radius_mm * np.cos(angle) / self.pixel_mm[1])
        steps_y, steps_x = y[inside] / self.pixel_mm[0], x[inside] / self.pixel_mm[1]
        values = sampled(
            self.values, np.rint(rows[:, None] + steps_y), np.rint(columns[:, None] + steps_x)
        ).mean(axis=-1)
        rest = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
        free = (1.0 - 1.0 / values.shape[0]) * (1.0 - 1.0 / values.shape[1])
        spread = math.sqrt(float(np.mean(rest**2)) / free)
        return max(spread * math.sqrt(int(inside.sum())) / noise, 1.0)


def uniform_part(
    reconstruction: Reconstruction,
    cylinder: Cylinder,
    others: tuple[tuple[float, float], ...],
) -> UniformPart:
    """Return the longest run of slices of the cylinder outside of the other parts.

    Parameters
    ----------
    others
        (from, to) in slices of each part that is not uniform, margins included.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing is left.
    """
    slices = np.arange(cylinder.axial.size)
    free = cylinder.axial >= PLATEAU * float(np.percentile(cylinder.axial, 90.0))
    for begin, end in others:
        free &= (slices < begin) | (slices > end)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]])))
    starts, stops = edges[::2], edges[1::2]
    longest = int((stops - starts).max()) if starts.size else 0
    if longest < LEAST_SLICES:
        raise UnsuitableAcquisitionError(
            f"{longest} slices are left outside of spheres and rods, needs {LEAST_SLICES}"
            " that are uniform",
            quantity="slices of the uniform part",
            value=longest,
            bound=LEAST_SLICES,
        )
    first = int(starts[int((stops - starts).argmax())])
    return UniformPart(
        slices=(first, first + longest),
        values=reconstruction.values[first : first + longest],
        cylinder=cylinder,
        pixel_mm=reconstruction.pixel_mm,
    )
