"""Reconstructed volumes with a known answer: cylinders, rings, spheres and rods, hot or cold.

::

    phantom = CylinderPhantom(parts=cold_spheres((31.8, 25.4, 19.1), at_mm=60.0))
    volume = phantom.acquire(fwhm_mm=10.0, rng=rng)

Every part is blurred in closed form (:mod:`~photopeak_analyzers.simulation.blur`); nothing is
filtered on a grid. Values add up, so that a part carries the difference to what it displaces:
-1 times the background for a cold one, 3 for a hot one of 4:1. Coordinates are (z, y, x) in mm from
the centre of the volume, z along the slices, y down, x to the right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Origin, Volume
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import ball, disc, edge
from photopeak_analyzers.simulation.planar import TC99M_WINDOW

Floats = NDArray[np.float64]

REACH_SIGMA = 6.0
"""Beyond the surface of a sphere nothing is drawn farther out than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sphere:
    """A ball at (z, y, x); `contrast` is its value less that of the background, over it."""

    centre_mm: tuple[float, float, float]
    diameter_mm: float
    contrast: float = -1.0

    def recovery(self, fwhm_mm: float) -> float:
        """Return the share of its contrast that is left at its centre."""
        return float(ball(0.0, self.diameter_mm / 2.0, fwhm_mm / FWHM_PER_SIGMA))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rod:
    """A rod along z at (y, x), from z `from_mm` to `to_mm`; `contrast` as of a sphere."""

    centre_mm: tuple[float, float]
    diameter_mm: float
    from_mm: float
    to_mm: float
    contrast: float = -1.0


Part = Sphere | Rod


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """An artefact: the values at a radius are higher by `amplitude`, over `width_mm` (FWHM)."""

    radius_mm: float
    amplitude: float
    width_mm: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CylinderPhantom:
    """A cylinder along z and what is in it.

    Attributes
    ----------
    value
        Of the cylinder, in the units of the volume: counts per voxel, or Bq/mL.
    parts
        Spheres and rods in it.
    rings
        Artefacts about the axis; factors, after blurring.
    cupping
        Value at the axis less that at the wall, over the latter; negative is a cup.
    """

    shape: tuple[int, int, int] = (64, 64, 64)
    voxel_mm: tuple[float, float, float] = (4.0, 4.0, 4.0)
    diameter_mm: float = 216.0
    length_mm: float = 186.0
    value: float = 200.0
    parts: tuple[Part, ...] = ()
    rings: tuple[Ring, ...] = ()
    cupping: float = 0.0

    def coordinates(self) -> tuple[Floats, Floats, Floats]:
        """Return z, y, x of the voxel centres, in mm."""
        z, y, x = (
            np.asarray((np.arange(n, dtype=np.float64) - (n - 1) / 2.0) * side)
            for n, side in zip(self.shape, self.voxel_mm, strict=True)
        )
        return z, y, x

    def expected(self, fwhm_mm: float) -> Floats:
        """Return the values, shape ``(slices, rows, columns)``."""
        sigma = fwhm_mm / FWHM_PER_SIGMA
        z, y, x = self.coordinates()
        r = np.hypot(y[:, None], x)
        half = self.length_mm / 2.0
        along = edge(z + half, sigma) - edge(z - half, sigma)
        values = self.value * along[:, None, None] * disc(r, self.diameter_mm / 2.0, sigma)
        for part in self.parts:
            if isinstance(part, Sphere):
                _add_sphere(values, part, (z, y, x), sigma, self.value)
            else:
                _add_rod(values, part, (z, y, x), sigma, self.value)
        factor = 1.0 + self.cupping * (1.0 - np.minimum(2.0 * r / self.diameter_mm, 1.0) ** 2)
        for ring in self.rings:
            spread = ring.width_mm / FWHM_PER_SIGMA
            factor += ring.amplitude * np.exp(-0.5 * ((r - ring.radius_mm) / spread) ** 2)
        return np.asarray(values * factor)

    def acquire(
        self,
        *,
        fwhm_mm: float,
        rng: np.random.Generator | None = None,
        modality: str = "NM",
        units: str = "CNTS",
        counts_per_value: float = 1.0,
        nuclide: str | None = "Tc-99m",
        started_at: datetime | None = None,
    ) -> Volume:
        """Return the volume.

        Parameters
        ----------
        rng
            Source of noise as of Poisson counts, each voxel for itself; without it the expected
            values. Noise of a real reconstruction is correlated.
        counts_per_value
            Counts that a value of 1 stands for: the more, the less noise.
        """
        values = np.maximum(self.expected(fwhm_mm), 0.0)
        if rng is not None:
            values = rng.poisson(values * counts_per_value) / counts_per_value
        return volume_of(
            values,
            self.voxel_mm,
            modality=modality,
            units=units,
            nuclide=nuclide,
            started_at=started_at,
        )


def cold_spheres(
    diameters_mm: Sequence[float], *, at_mm: float, z_mm: float = 0.0, contrast: float = -1.0
) -> tuple[Sphere, ...]:
    """Return spheres evenly spread on a circle of the radius `at_mm`; hot with `contrast` > 0."""
    step = 2.0 * math.pi / len(diameters_mm)
    return tuple(
        Sphere(
            centre_mm=(z_mm, at_mm * math.sin(index * step), at_mm * math.cos(index * step)),
            diameter_mm=diameter,
            contrast=contrast,
        )
        for index, diameter in enumerate(diameters_mm)
    )


def rod_sectors(
    diameters_mm: Sequence[float],
    *,
    radius_mm: float,
    from_mm: float,
    to_mm: float,
    inner_mm: float = 15.0,
    contrast: float = -1.0,
) -> tuple[Rod, ...]:
    """Return sectors of rods, each on a triangular lattice of twice its diameter.

    Sector k of n lies about the angle ``2 pi k / n`` from x towards y; rods lie wholly in it, between
    `inner_mm` and `radius_mm` from the axis.
    """
    half_angle = math.pi / len(diameters_mm)
    rods = []
    for index, diameter in enumerate(diameters_mm):
        pitch, turn = 2.0 * diameter, 2.0 * index * half_angle
        count = math.ceil(radius_mm / pitch) + 1
        for row in range(count):
            out = inner_mm + diameter + row * pitch * math.sqrt(3.0) / 2.0
            for place in range(-count, count + 1):
                aside = (place + 0.5 * (row % 2)) * pitch
                distance = math.hypot(out, aside)
                # Distance from the border of the sector, which passes through the axis.
                margin = out * math.sin(half_angle) - abs(aside) * math.cos(half_angle)
                if distance + diameter / 2.0 > radius_mm or margin < diameter / 2.0:
                    continue
                rods.append(
                    Rod(
                        centre_mm=(
                            out * math.sin(turn) + aside * math.cos(turn),
                            out * math.cos(turn) - aside * math.sin(turn),
                        ),
                        diameter_mm=diameter,
                        from_mm=from_mm,
                        to_mm=to_mm,
                        contrast=contrast,
                    )
                )
    return tuple(rods)


def volume_of(
    values: Floats,
    voxel_mm: tuple[float, float, float],
    *,
    modality: str = "NM",
    units: str = "CNTS",
    nuclide: str | None = "Tc-99m",
    started_at: datetime | None = None,
) -> Volume:
    """Return a volume about the origin of the patient: columns along +x, rows +y, slices +z."""
    affine = np.zeros((4, 4))
    for axis, (row, side, size) in enumerate(zip((2, 1, 0), voxel_mm, values.shape, strict=True)):
        affine[row, axis] = side
        affine[row, 3] = -(size - 1) / 2.0 * side
    affine[3, 3] = 1.0
    return Volume(
        origin=Origin(manufacturer="Simulated"),
        started_at=started_at,
        nuclide=nuclide,
        energy_windows=(TC99M_WINDOW,) if nuclide == "Tc-99m" else (),
        values=values,
        slope=np.ones(values.shape[0]),
        intercept=np.zeros(values.shape[0]),
        affine=affine,
        modality=modality,
        units=units,
        header=MappingProxyType({}),
    )


Axes = tuple[Floats, Floats, Floats]


def _add_sphere(values: Floats, part: Sphere, axes: Axes, sigma: float, value: float) -> None:
    reach = part.diameter_mm / 2.0 + REACH_SIGMA * sigma
    boxes = [_near(axis, c, reach) for axis, c in zip(axes, part.centre_mm, strict=True)]
    z, y, x = (axis[box] - c for axis, box, c in zip(axes, boxes, part.centre_mm, strict=True))
    r = np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2)
    values[tuple(boxes)] += part.contrast * value * ball(r, part.diameter_mm / 2.0, sigma)


def _add_rod(values: Floats, part: Rod, axes: Axes, sigma: float, value: float) -> None:
    reach = part.diameter_mm / 2.0 + REACH_SIGMA * sigma
    rows, columns = (_near(a, c, reach) for a, c in zip(axes[1:], part.centre_mm, strict=True))
    y, x = axes[1][rows] - part.centre_mm[0], axes[2][columns] - part.centre_mm[1]
    across = disc(np.hypot(y[:, None], x), part.diameter_mm / 2.0, sigma)
    along = edge(axes[0] - part.from_mm, sigma) - edge(axes[0] - part.to_mm, sigma)
    values[:, rows, columns] += part.contrast * value * along[:, None, None] * across


def _near(axis: Floats, centre: float, reach: float) -> slice:
    first, last = np.searchsorted(axis, [centre - reach, centre + reach])
    return slice(int(first), int(last))
