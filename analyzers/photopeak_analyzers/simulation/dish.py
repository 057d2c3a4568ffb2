"""A flat dish of activity before a camera: planar sensitivity and septal penetration.

::

    dish = Dish(activity_mbq=40.0, at=nine_o_clock)
    frame = dish.acquire(matrix, started_at=ten_past_nine, duration_s=300.0, rng=rng)

The sensitivity at the distance D is ``c0 + c1 exp(-c2 D)`` counts/s/MBq, the form that NEMA NU 1-2007
2.11 (GB/T 18989-2013 E.11) fits; what c1 adds is penetration and is spread over the image as the dish is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Planar
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import decay_factor, mean_decay
from photopeak_analyzers.simulation.blur import LEHR, Resolution, disc
from photopeak_analyzers.simulation.planar import Matrix, still

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dish:
    """The dish, its activity, and what the camera makes of it.

    Attributes
    ----------
    activity_mbq, at
        Net activity and the moment that it refers to.
    profile
        Whose half-life the decay follows.
    c0, c1, c2_per_mm
        Sensitivity by distance, in counts/s/MBq and 1/mm.
    background_cps
        Rate of the whole image without the dish.
    """

    activity_mbq: float
    at: datetime
    nuclide: str = "Tc-99m"
    profile: str = "nema"
    diameter_mm: float = 150.0
    c0: float = 90.0
    c1: float = 0.0
    c2_per_mm: float = 0.01
    background_cps: float = 0.0
    resolution: Resolution = LEHR

    def sensitivity(self, distance_mm: float) -> float:
        """Return counts/s/MBq at a distance, without background."""
        return self.c0 + self.c1 * math.exp(-self.c2_per_mm * distance_mm)

    def penetration_fraction(self, distance_mm: float = 100.0) -> float:
        """Return the share of c1 at a distance (E.11)."""
        return 1.0 - self.c0 / self.sensitivity(distance_mm)

    def counts(self, started_at: datetime, duration_s: float, distance_mm: float = 100.0) -> float:
        """Return the expected counts of the dish, decay during the acquisition included."""
        life_s = half_life(self.nuclide, self.profile).seconds
        left = decay_factor((started_at - self.at).total_seconds(), life_s)
        mean = self.activity_mbq * left * mean_decay(duration_s, life_s)
        return self.sensitivity(distance_mm) * mean * duration_s

    def expected(
        self, matrix: Matrix, started_at: datetime, duration_s: float, distance_mm: float = 100.0
    ) -> Floats:
        """Return the expected counts, shape ``(rows, columns)``, background included."""
        y, x = matrix.coordinates()
        sigma = self.resolution.sigma_mm(distance_mm)
        shape = disc(np.hypot(y, x), self.diameter_mm / 2.0, sigma)
        source = self.counts(started_at, duration_s, distance_mm) * shape / shape.sum()
        return np.asarray(source + self.background_cps * duration_s / shape.size)

    def acquire(
        self,
        matrix: Matrix,
        *,
        started_at: datetime,
        duration_s: float,
        rng: np.random.Generator | None = None,
        distance_mm: float = 100.0,
        detectors: tuple[int, ...] = (1,),
    ) -> Planar:
        """Return one frame per detector; without a generator the expected counts."""
        expected = self.expected(matrix, started_at, duration_s, distance_mm)
        return still(
            {(d, 1): expected if rng is None else rng.poisson(expected) for d in detectors},
            matrix.pixel_mm,
            duration_s=duration_s,
            nuclide=self.nuclide,
            started_at=started_at,
            text={"distance_mm": f"{distance_mm:g}"},
            exact=rng is None,
        )
