"""Pulse-height spectra: full-energy peaks, the Compton continuum below them, a flat background.

Counts are integrated over each channel, so that areas are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import edge, edge_integral

Floats = NDArray[np.float64]

ELECTRON_KEV = 510.99895
"""Rest energy of the electron."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralLine:
    """One gamma line.

    Attributes
    ----------
    counts
        Area of the full-energy peak.
    resolution_percent
        FWHM over the energy.
    compton
        Counts of the continuum below the Compton edge, over the area of the peak.
    """

    energy_kev: float
    counts: float = 100_000.0
    resolution_percent: float = 9.5
    compton: float = 0.0

    @property
    def fwhm_kev(self) -> float:
        """Full width at half maximum."""
        return self.energy_kev * self.resolution_percent / 100.0

    @property
    def compton_edge_kev(self) -> float:
        """Largest energy that one scattering leaves: ``E / (1 + m c**2 / (2 E))``."""
        return self.energy_kev / (1.0 + ELECTRON_KEV / (2.0 * self.energy_kev))


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyser:
    """A multichannel analyser: channel i holds ``offset + kev_per_channel * (i +- 0.5)``.

    `calibrated` tells whether the spectrum knows its energies.
    """

    channels: int = 1024
    kev_per_channel: float = 0.5
    offset_kev: float = 0.0
    background: float = 0.0
    calibrated: bool = True

    def energy_kev(self) -> Floats:
        """Return the energy of the middle of each channel."""
        return np.asarray(self.offset_kev + self.kev_per_channel * np.arange(self.channels))

    def channel(self, energy_kev: float) -> float:
        """Return where an energy lies, in channels."""
        return (energy_kev - self.offset_kev) / self.kev_per_channel

    def expected(self, lines: tuple[SpectralLine, ...]) -> Floats:
        """Return the expected counts per channel."""
        borders = self.energy_kev()[0] + self.kev_per_channel * (np.arange(self.channels + 1) - 0.5)
        counts = np.full(self.channels, float(self.background))
        for line in lines:
            sigma = line.fwhm_kev / FWHM_PER_SIGMA
            counts += line.counts * np.diff(edge(borders - line.energy_kev, sigma))
            # Flat up to the edge and blurred there; it begins at 0 keV.
            end = line.compton_edge_kev
            below = np.maximum(borders, 0.0) - edge_integral(borders - end, sigma)
            counts += line.counts * line.compton / end * np.maximum(np.diff(below), 0.0)
        return counts

    def acquire(
        self,
        lines: tuple[SpectralLine, ...],
        *,
        rng: np.random.Generator | None = None,
        nuclide: str | None = None,
        live_s: float | None = 100.0,
        real_s: float | None = 100.0,
    ) -> Spectrum:
        """Return the spectrum; without a generator the expected counts."""
        expected = self.expected(lines)
        return Spectrum(
            nuclide=nuclide,
            counts=expected if rng is None else rng.poisson(expected),
            energy_kev=self.energy_kev() if self.calibrated else None,
            live_s=live_s,
            real_s=real_s,
        )
