"""The photopeak of a counter: which one it is, where it lies and how wide it is above its continuum.

Where energies are known it is the peak near the energy of the line, else the last one that is not small.
The straight line under it goes through the spectrum two FWHM to either side, so that a wide peak of
sodium iodide and a narrow one of germanium are treated alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.counters.wbc_spectra import WbcSpectrum
from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.peak_area import PeakArea, peak_area, peak_window
from photopeak_analyzers.numerics.photopeaks import (
    LEAST_TOP,
    Photopeak,
    last_photopeak,
    photopeak,
)

REGION = 0.15
"""Half width of the first look about a line, over its energy; 2 FWHM of sodium iodide at 662 keV."""

HALF_RANGE_FWHM = 2.0
"""FWHM to either side of a peak where its continuum begins."""

LOOKS = 3
"""The range follows the width that is found; it settles at once."""

SIGNIFICANT = 5.0
"""Standard deviations by which the counts of a peak exceed the line under it."""

AREA_FWHM = 1.75
"""FWHM to either side that the area holds; beside it is the baseline."""

LEAST_SIDES = 3
"""Channels of baseline on each side of the area, at least."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhotopeakWidth:
    """One photopeak on the axis of its spectrum: keV where energies are known, else channels.

    Attributes
    ----------
    peak
        As found, in channels.
    position, fwhm
        On the axis.
    area
        Counts above the continuum; None where the spectrum ends too close.
    """

    spectrum: WbcSpectrum
    peak: Photopeak
    position: Estimate
    fwhm: Estimate
    area: PeakArea | None

    @property
    def percent(self) -> Estimate:
        """FWHM over the position, in %."""
        value = 100.0 * self.fwhm.value / self.position.value
        relative = math.hypot(self.fwhm.relative, self.position.relative)
        return Estimate(value=value, uncertainty=value * relative)


def photopeak_width(spectrum: WbcSpectrum, line_kev: float) -> PhotopeakWidth:
    """Return the photopeak of a line.

    Raises
    ------
    FitError
        If there is none, or it does not fall to its half on both sides.
    """
    counts = spectrum.counts
    near = _first_look(spectrum, line_kev)
    peak = photopeak(counts, near, less_continuum=True)
    for _ in range(LOOKS):
        half = HALF_RANGE_FWHM * peak.fwhm.value
        middle = peak.position.value
        near = (math.floor(middle - half), math.ceil(middle + half) + 1)
        peak = photopeak(counts, near, less_continuum=True)
    axis = spectrum.energy_kev
    if axis is None:
        axis = np.arange(counts.size, dtype=np.float64)
    steps = np.arange(counts.size)
    left, middle, right = (
        float(np.interp(at, steps, axis)) for at in (peak.left, peak.position.value, peak.right)
    )
    per_channel = (right - left) / peak.fwhm.value
    return PhotopeakWidth(
        spectrum=spectrum,
        peak=peak,
        position=Estimate(value=middle, uncertainty=per_channel * peak.position.uncertainty),
        fwhm=Estimate(value=right - left, uncertainty=per_channel * peak.fwhm.uncertainty),
        area=_area(spectrum, peak),
    )


def _first_look(spectrum: WbcSpectrum, line_kev: float) -> tuple[int, int]:
    """Return the channels in which the peak is looked for."""
    counts, energies = spectrum.counts, spectrum.energy_kev
    if energies is None:
        top = last_photopeak(counts)
        return math.floor((1.0 - REGION) * top), math.ceil((1.0 + REGION) * top) + 1
    low, high = np.searchsorted(energies, ((1.0 - REGION) * line_kev, (1.0 + REGION) * line_kev))
    first, last = int(low), int(high)
    inside = counts[first:last]
    if inside.size >= LEAST_TOP:
        margin = max(1, inside.size // 10)
        ends = inside[:margin].mean(), inside[-margin:].mean()
        net = inside - np.linspace(*ends, inside.size)
        # What lies there may be the slope of another peak or of the Compton edge, or noise.
        inner = 0 < int(net.argmax()) < inside.size - 1
        if inner and float(net.sum()) > SIGNIFICANT * math.sqrt(float(inside.sum())):
            return first, last
    raise FitError(
        f"the spectrum has no photopeak within 15 % of {line_kev:g} keV",
        quantity="photopeak",
        bound=line_kev,
    )


def _area(spectrum: WbcSpectrum, peak: Photopeak) -> PeakArea | None:
    first, last = peak_window(peak.position.value, peak.fwhm.value, half_window=AREA_FWHM)
    sides = max(LEAST_SIDES, round(peak.fwhm.value / 2.0))
    if first - sides < 0 or last + sides >= spectrum.counts.size:
        return None
    return peak_area(spectrum.counts, first, last, sides=sides)
