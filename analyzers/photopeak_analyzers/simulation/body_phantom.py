"""The IEC body phantom as a PET scanner shows it, with a known answer.

::

    phantom = BodyPhantom(fwhm_mm=5.0, angle_deg=30.0, mirrored=True)
    volume = phantom.acquire(rng=rng)
    phantom.contrast_percent(10.0)

Spheres, their cold walls and the lung insert are blurred in closed form; the edge of the body is blurred as
if it were straight, which it nearly is. The phantom has its own axes: z along the lung insert from the
plane of the spheres, y down, x to the right. It is turned about z, tilted about x, and shifted.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import ball, disc, edge
from photopeak_analyzers.simulation.volumes import volume_of

Floats = NDArray[np.float64]

DIAMETERS_MM = (37.0, 28.0, 22.0, 17.0, 13.0, 10.0)
"""Inner diameters. NEMA NU 2-2018 7.3; JJF draft, Annex B."""

CIRCLE_MM = 57.2
"""Radius of the circle of the centres. NEMA NU 2-2018 7.3."""

UPPER_MM, CORNER_MM, BELOW_MM = 147.0, 77.0, 35.0
"""Radii of the upper half and of the lower corners; the middle of both lies below the lung insert."""

LUNG_DIAMETER_MM = 50.0

FRONT_MM = 70.0
"""From the plane of the spheres to the nearer end of the inside."""

SCANNED = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

LARGEST_STORED = 32_767
NODES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyPhantom:
    """A filled phantom in a volume.

    Attributes
    ----------
    value
        Of the background, in the units of the volume.
    ratio
        Of hot spheres over the background; those of `cold_mm` hold nothing.
    wall_mm
        Thickness of the walls of the spheres, without activity.
    lung_share
        What the lung insert shows of the background.
    shift_mm
        Of the middle of the spheres from the middle of the volume, (z, y, x).
    turn_deg, tilt_deg
        About z, from x towards y; about x.
    angle_deg, mirrored
        Direction of the first sphere in the phantom, from x towards y; the sense of the others.
    """

    shape: tuple[int, int, int] = (84, 132, 132)
    voxel_mm: tuple[float, float, float] = (2.5, 2.5, 2.5)
    fwhm_mm: float = 6.0
    value: float = 5300.0
    ratio: float = 4.0
    diameters_mm: tuple[float, ...] = DIAMETERS_MM
    cold_mm: tuple[float, ...] = ()
    circle_mm: float = CIRCLE_MM
    wall_mm: float = 0.0
    lung_share: float = 0.1
    length_mm: float = 194.0
    shift_mm: tuple[float, float, float] = (-27.0, 0.0, 0.0)
    turn_deg: float = 0.0
    tilt_deg: float = 0.0
    angle_deg: float = 0.0
    mirrored: bool = False
    scale: float = 1.0

    @property
    def sigma_mm(self) -> float:
        """Standard deviation of the response."""
        return self.fwhm_mm / FWHM_PER_SIGMA

    def places_mm(self) -> Floats:
        """Return the centres of the spheres, (z, y, x) from the middle of the volume."""
        sense = -1.0 if self.mirrored else 1.0
        turn = np.radians(self.angle_deg) + sense * 2.0 * math.pi / len(
            self.diameters_mm
        ) * np.arange(len(self.diameters_mm))
        own = np.stack([np.zeros(turn.size), np.sin(turn), np.cos(turn)], axis=1) * self.circle_mm
        return np.asarray(own @ self._axes() + np.array(self.shift_mm))

    def contrast_percent(self, diameter_mm: float, off_plane_mm: float = 0.0) -> float:
        """Return what a circle of the inner diameter shows of a sphere, as a contrast.

        The mean of the blurred ball over its central disc, less what the cold wall takes away.

        Parameters
        ----------
        off_plane_mm
            Distance of the disc from the centre of the ball.
        """
        radius = diameter_mm / 2.0
        across = (np.arange(NODES) + 0.5) / NODES * radius
        r = np.hypot(across, off_plane_mm)
        inner = ball(r, radius, self.sigma_mm)
        outer = ball(r, radius + self.wall_mm, self.sigma_mm)
        cold = diameter_mm in self.cold_mm
        value = (0.0 if cold else self.ratio) * inner - outer
        mean = float((value * across).sum() / across.sum())
        return -100.0 * mean if cold else 100.0 * mean / (self.ratio - 1.0)

    def expected(self) -> Floats:
        """Return the values, shape ``(slices, rows, columns)``."""
        z, y, x = self._own_coordinates()
        sigma = self.sigma_mm
        share = edge(self._depth(y, x), sigma)
        share *= edge(z + FRONT_MM, sigma) - edge(z + FRONT_MM - self.length_mm, sigma)
        share *= 1.0 - (1.0 - self.lung_share) * disc(np.hypot(y, x), LUNG_DIAMETER_MM / 2.0, sigma)
        values = np.asarray(share)
        turned = self._own(self.places_mm())
        for (cz, cy, cx), diameter in zip(turned, self.diameters_mm, strict=True):
            radius = diameter / 2.0 + self.wall_mm
            near = np.abs(z - cz) < radius + 6.0 * sigma
            near &= (np.abs(y - cy) < radius + 6.0 * sigma) & (
                np.abs(x - cx) < radius + 6.0 * sigma
            )
            r = np.sqrt((z[near] - cz) ** 2 + (y[near] - cy) ** 2 + (x[near] - cx) ** 2)
            inside = 0.0 if diameter in self.cold_mm else self.ratio
            values[near] += inside * ball(r, diameter / 2.0, sigma) - ball(r, radius, sigma)
        return np.asarray(values * self.value)

    def acquire(
        self,
        *,
        rng: np.random.Generator | None = None,
        counts_per_value: float = 0.01,
        units: str = "BQML",
        nuclide: str | None = "F-18",
        started_at: datetime | None = SCANNED,
    ) -> Volume:
        """Return the volume, corrected for everything, with its slices in the order of z.

        Parameters
        ----------
        rng
            Source of noise as of Poisson counts, each voxel for itself.
        counts_per_value
            Counts that a value of 1 stands for: the more, the less noise.
        """
        values = np.maximum(self.expected(), 0.0)
        if rng is not None:
            values = rng.poisson(values * counts_per_value) / counts_per_value
        made = volume_of(
            values,
            self.voxel_mm,
            modality="PT",
            units=units,
            nuclide=nuclide,
            started_at=started_at,
        )
        return dataclasses.replace(
            made,
            decay_correction="START",
            corrections=frozenset({"DECY", "ATTN", "SCAT", "RAN", "NORM"}),
            header=MappingProxyType({"ActualFrameDuration": 600_000.0}),
        )

    def _axes(self) -> Floats:
        """Return the axes of the phantom as rows, in (z, y, x) of the volume."""
        turn, tilt = math.radians(self.turn_deg), math.radians(self.tilt_deg)
        about_z = np.array(
            [
                [1.0, 0.0, 0.0],
                [0.0, math.cos(turn), -math.sin(turn)],
                [0.0, math.sin(turn), math.cos(turn)],
            ]
        )
        about_x = np.array(
            [
                [math.cos(tilt), math.sin(tilt), 0.0],
                [-math.sin(tilt), math.cos(tilt), 0.0],
                [0.0, 0.0, 1.0],
            ]
        )
        return np.asarray(about_z @ about_x)

    def _own(self, places: Floats) -> Floats:
        return np.asarray((places - np.array(self.shift_mm)) @ self._axes().T)

    def _own_coordinates(self) -> tuple[Floats, Floats, Floats]:
        grid = np.meshgrid(
            *(
                (np.arange(n) - (n - 1) / 2.0) * side
                for n, side in zip(self.shape, self.voxel_mm, strict=True)
            ),
            indexing="ij",
        )
        own = self._own(np.stack(grid, axis=-1))
        return own[..., 0], own[..., 1], own[..., 2]

    def _depth(self, y: Floats, x: Floats) -> Floats:
        """Return how far inside the edge of the body places lie; negative outside."""
        down, aside = y / self.scale - BELOW_MM, np.abs(x) / self.scale
        flat = UPPER_MM - CORNER_MM
        upper = UPPER_MM - np.hypot(down, aside)
        corner = CORNER_MM - np.hypot(down, np.maximum(aside - flat, 0.0))
        return np.asarray(np.where(down <= 0.0, upper, corner) * self.scale)


def stored(volume: Volume) -> Volume:
    """Return a volume as scanners store it: 16 bits, each slice scaled by its own highest value."""
    highest = volume.values.reshape(len(volume.values), -1).max(axis=1)
    slope = np.where(highest > 0.0, highest / LARGEST_STORED, 1.0)
    values = np.rint(volume.values / slope[:, None, None]).astype(np.int16)
    return dataclasses.replace(volume, values=values, slope=slope)
