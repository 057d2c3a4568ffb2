"""A source that decays before a camera with dead time: rates from saturation down to nothing.

With the true rate n and the dead time t the observed rate is ``n exp(-n t)`` for a paralysable
camera, ``n / (1 + n t)`` for one that is not. Of the first the largest observed rate is ``1 / (e t)``, and
20 % are lost where ``n t = -ln 0.8``, at an observed rate of ``0.17851 / t``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.acquisition import CollimatorType, Detector, Dynamic, Frame, Origin
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import LN2
from photopeak_analyzers.simulation.planar import TC99M_WINDOW, Matrix, stored

Floats = NDArray[np.float64]

LOST_20_PERCENT = -math.log(0.8)
"""True rate times dead time at which a paralysable camera loses 20 %."""

POINTS_PER_FRAME = 16
"""Of the Gauss-Legendre rule by which the observed rate is integrated over a frame."""


class DeadTime(StrEnum):
    """What an event during the dead time of another one does."""

    PARALYSABLE = "paralysable"
    NON_PARALYSABLE = "non_paralysable"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecayingSource:
    """A source and the camera that counts it.

    Attributes
    ----------
    first_cps
        True rate at the start of the series.
    dead_time_s
        0 for a perfect camera.
    background_cps
        True rate that does not decay.
    """

    first_cps: float = 400_000.0
    dead_time_s: float = 2e-6
    model: DeadTime = DeadTime.PARALYSABLE
    background_cps: float = 0.0
    nuclide: str = "Tc-99m"
    profile: str = "nema"

    def true_cps(self, after_s: ArrayLike) -> Floats:
        """Return the true rate of source and background some time after the start."""
        life_s = half_life(self.nuclide, self.profile).seconds
        decays = LN2 * np.asarray(after_s, dtype=np.float64) / life_s
        return np.asarray(self.first_cps * np.exp(-decays) + self.background_cps)

    def observed_cps(self, true_cps: ArrayLike) -> Floats:
        """Return the observed rate of a true one."""
        n = np.asarray(true_cps, dtype=np.float64)
        if self.model is DeadTime.PARALYSABLE:
            return np.asarray(n * np.exp(-n * self.dead_time_s))
        return np.asarray(n / (1.0 + n * self.dead_time_s))

    @property
    def largest_observed_cps(self) -> float:
        """The largest rate that can be observed, whatever the source."""
        factor = math.e if self.model is DeadTime.PARALYSABLE else 1.0
        return 1.0 / (factor * self.dead_time_s)

    @property
    def observed_at_20_percent_cps(self) -> float:
        """Observed rate at which 20 % of the events are lost."""
        paralysable = self.model is DeadTime.PARALYSABLE
        true_cps = (LOST_20_PERCENT if paralysable else 0.25) / self.dead_time_s
        return 0.8 * true_cps

    def expected(self, starts_s: Floats, duration_s: float) -> Floats:
        """Return the expected counts of frames that start so long after the first one."""
        nodes, weights = np.polynomial.legendre.leggauss(POINTS_PER_FRAME)
        at = starts_s[:, None] + (nodes + 1.0) * duration_s / 2.0
        return np.asarray(self.observed_cps(self.true_cps(at)) @ weights * duration_s / 2.0)

    def acquire(
        self,
        *,
        frames: int,
        every_s: float,
        duration_s: float,
        rng: np.random.Generator,
        matrix: Matrix | None = None,
        started_at: datetime = datetime(2024, 5, 2, 8, 0, tzinfo=UTC),
        detector: int = 1,
    ) -> Dynamic:
        """Return a series of frames, evenly lit.

        Parameters
        ----------
        every_s
            From the start of one frame to that of the next.
        matrix
            By default 16 x 16 pixels of 30 mm: the counts of a frame are what matters.
        """
        grid = Matrix(rows=16, columns=16, pixel_mm=30.0) if matrix is None else matrix
        starts_s = np.arange(frames, dtype=np.float64) * float(every_s)
        share = self.expected(starts_s, duration_s) / (grid.rows * grid.columns)
        counts = stored(rng.poisson(share[:, None, None], (frames, *grid.shape)))
        return Dynamic(
            origin=Origin(manufacturer="Simulated"),
            started_at=started_at,
            nuclide=self.nuclide,
            energy_windows=(TC99M_WINDOW,),
            detectors=(Detector(number=detector, collimator_type=CollimatorType.NONE, zoom=1.0),),
            counts=counts,
            frames=tuple(
                Frame(
                    detector=detector,
                    energy_window=1,
                    phase=1,
                    time_slice=index + 1,
                    duration_s=duration_s,
                    started_at=started_at + timedelta(seconds=float(start)),
                )
                for index, start in enumerate(starts_s)
            ),
            pixel_spacing_mm=(grid.pixel_mm, grid.pixel_mm),
            saturation_level=int(np.iinfo(counts.dtype).max),
        )
