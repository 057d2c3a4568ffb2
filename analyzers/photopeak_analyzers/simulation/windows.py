"""Point sources seen in several energy windows that do not quite agree on where they are.

::

    camera = MisregisteredCamera(shift_mm={2: (0.0, 0.4), 3: (-0.3, 0.9)})
    for place in nema_places(ufov_mm=(540.0, 390.0)):
        frames = camera.acquire(place, rng=rng)

The misregistration between two windows is the difference of their shifts, at every place alike, plus
that of their magnification, which grows from the centre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow, Planar
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.planar import Matrix, still
from photopeak_analyzers.simulation.tomography import add_point

GA67_WINDOWS = (
    EnergyWindow(number=1, lower_kev=83.7, upper_kev=102.3, name="Ga-67 93"),
    EnergyWindow(number=2, lower_kev=165.6, upper_kev=202.4, name="Ga-67 184"),
    EnergyWindow(number=3, lower_kev=270.0, upper_kev=330.0, name="Ga-67 300"),
)
"""20 % about the three photopeaks of Ga-67."""

Place = tuple[float, float]
"""(y, x) in mm from the centre."""


def nema_places(ufov_mm: tuple[float, float]) -> tuple[Place, ...]:
    """Return the nine places at 0, +-0.4 and +-0.8 of half the UFOV (width, height), on both axes.

    NEMA NU 1-2007 2.5 (GB/T 18989-2013 E.5).
    """
    return _cross(ufov_mm, (0.4, 0.8))


def iec_places(ufov_mm: tuple[float, float]) -> tuple[Place, ...]:
    """Return the five places at 0 and +-0.75 of half the UFOV (width, height), on both axes.

    IEC 60789 / GB/T 18989-2013 3.5.
    """
    return _cross(ufov_mm, (0.75,))


@dataclass(frozen=True, slots=True, kw_only=True)
class MisregisteredCamera:
    """A camera whose windows are shifted and magnified against the first one.

    Attributes
    ----------
    shift_mm
        (y, x) of each window, by its number; windows that are left out are not shifted.
    magnification
        Of each window about the centre, by its number; 1 where left out.
    counts
        Of the source in each window, in the order of `windows`.
    background
        Counts per pixel.
    """

    matrix: Matrix = field(default_factory=Matrix)
    windows: tuple[EnergyWindow, ...] = GA67_WINDOWS
    shift_mm: Mapping[int, Place] = field(default_factory=lambda: MappingProxyType({}))
    magnification: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    fwhm_mm: float = 6.0
    counts: tuple[float, ...] = (50_000.0, 40_000.0, 30_000.0)
    background: float = 0.0

    def position_mm(self, place: Place, window: int) -> Place:
        """Return where a source appears in a window."""
        shift = self.shift_mm.get(window, (0.0, 0.0))
        scale = self.magnification.get(window, 1.0)
        return (place[0] * scale + shift[0], place[1] * scale + shift[1])

    def expected(self, place: Place, window: int) -> NDArray[np.float64]:
        """Return the expected counts of one window."""
        image = np.full(self.matrix.shape, float(self.background))
        index = [each.number for each in self.windows].index(window)
        add_point(
            image,
            *self.matrix.position(*self.position_mm(place, window)),
            self.fwhm_mm / FWHM_PER_SIGMA / self.matrix.pixel_mm,
            self.counts[index],
        )
        return image

    def acquire(
        self,
        place: Place,
        *,
        rng: np.random.Generator | None = None,
        detector: int = 1,
        duration_s: float = 60.0,
    ) -> Planar:
        """Return one frame per window; without a generator the expected counts."""
        images = {
            (detector, window.number): self.expected(place, window.number)
            for window in self.windows
        }
        return still(
            images if rng is None else {key: rng.poisson(each) for key, each in images.items()},
            self.matrix.pixel_mm,
            duration_s=duration_s,
            nuclide="Ga-67",
            windows=self.windows,
            collimator=CollimatorType.NONE,
            text={"position": f"{place[0]:g} {place[1]:g}"},
            exact=rng is None,
        )


def _cross(ufov_mm: tuple[float, float], shares: tuple[float, ...]) -> tuple[Place, ...]:
    signed = [sign * share / 2.0 for share in shares for sign in (-1.0, 1.0)]
    return (
        (0.0, 0.0),
        *((0.0, ufov_mm[0] * share) for share in signed),
        *((ufov_mm[1] * share, 0.0) for share in signed),
    )
