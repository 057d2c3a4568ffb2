"""What a hot sphere shows: mean, mean above half, highest voxel, highest millilitre, and the noise.

The noise of a voxel is that of the background with its correlation, growing with the root of the value as
counts do (:mod:`~photopeak_analyzers.numerics.voxel_noise`). It is carried through means as it is, and drawn
anew for the highest voxel and the mean above half, where the choice of the voxels depends on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.spheres import Floats, Sides, near, shares
from photopeak_analyzers.numerics.voxel_noise import VoxelNoise

BEYOND_MM = 5.0
"""How far beyond a sphere its highest voxel is looked for."""

PEAK_DIAMETER_MM = 2.0 * (3.0 * 1000.0 / (4.0 * math.pi)) ** (1.0 / 3.0)
"""Diameter of a sphere of 1 mL."""

HALF = 0.5
"""Share of highest voxel plus background from which on a voxel counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SphereValues:
    """Values of one sphere in the unit of the volume."""

    diameter_mm: float
    mean: Estimate
    a50: Estimate
    highest: Estimate
    peak: Estimate


def values_of(
    values: Floats,
    voxel_mm: Sides,
    spheres: Iterable[tuple[Floats, float]],
    noise: VoxelNoise,
    rng: np.random.Generator,
    draws: int,
) -> tuple[SphereValues, ...]:
    """Return what each sphere shows.

    Parameters
    ----------
    values
        Shape ``(slices, rows, columns)``.
    spheres
        Centre, (slice, row, column) in mm from that of the first voxel, and diameter of each.
    noise
        Of the background; its level is what the mean above half is taken against.
    draws
        How often the noise is drawn anew.
    """
    return tuple(
        _values(values, voxel_mm, centre, diameter, noise, rng, draws)
        for centre, diameter in spheres
    )


def _values(
    values: Floats,
    voxel_mm: Sides,
    centre: Floats,
    diameter: float,
    background: VoxelNoise,
    rng: np.random.Generator,
    draws: int,
) -> SphereValues:
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    reach = diameter / 2.0 + BEYOND_MM
    box, distance = near(values.shape, voxel_mm, centre, reach + PEAK_DIAMETER_MM / 2.0)
    part = values[box]
    searched = distance <= reach
    noise = background.at(part)
    weights = shares(box, voxel_mm, centre, diameter)
    kernel = _millilitre(voxel_mm)
    peaks = ndimage.convolve(part, kernel, mode="nearest")
    top = np.unravel_index(int(np.where(searched, peaks, -np.inf).argmax()), part.shape)
    drawn = np.stack(
        [(part + noise * background.draw(rng, part.shape))[searched] for _ in range(draws)]
    )
    return SphereValues(
        diameter_mm=diameter,
        mean=Estimate(
            value=float((weights * part).sum() / weights.sum()),
            uncertainty=background.of_sum(weights * noise) / float(weights.sum()),
        ),
        a50=Estimate(
            value=_above_half(part[searched], background.level),
            uncertainty=float(
                np.std([_above_half(each, background.level) for each in drawn], ddof=1)
            ),
        ),
        highest=Estimate(
            value=float(part[searched].max()),
            uncertainty=float(drawn.max(axis=1).std(ddof=1)),
        ),
        peak=Estimate(
            value=float(peaks[top]), uncertainty=background.of_sum(kernel * float(noise[top]))
        ),
    )


def _above_half(values: Floats, background: float) -> float:
    highest = float(values.max())
    # A place that is colder than the background has nothing above half: its highest voxel is left.
    level = min(HALF * (highest + background), highest)
    return float(values[values >= level].mean())


def _millilitre(voxel_mm: tuple[float, float, float]) -> Floats:
    """Return the shares of voxels in a sphere of 1 mL about a voxel, adding up to 1."""
    halves = [math.ceil(PEAK_DIAMETER_MM / 2.0 / side) for side in voxel_mm]
    box = (slice(-halves[0], halves[0] + 1), slice(-halves[1], halves[1] + 1),
           slice(-halves[2], halves[2] + 1))  # fmt: skip
    weights = shares(box, voxel_mm, np.zeros(3), PEAK_DIAMETER_MM)
    return np.asarray(weights / weights.sum())
