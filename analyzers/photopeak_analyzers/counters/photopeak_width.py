"""The photopeak of a counter: which one it is, where it lies and how wide it is above its continuum.

Where energies are known it is the peak near the energy of the line, else the last one that is not small.
The straight line under it goes through the spectrum two FWHM to either side, so that a wide peak of
sodium iodide and a narrow one of germanium are treated alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

USUAL_SHARE, CHANNELS_OF_FWHM = 0.08, 20.0
"""FWHM of sodium iodide over its position, and the channels that it should have."""

FEW_CHANNELS = 8.0
"""Of a FWHM, below which fewer channels are put together."""

SIGNIFICANT = 5.0
"""Standard deviations by which the counts of a peak exceed the line under it."""

AREA_FWHM = 1.75
"""FWHM to either side that the area holds; beside it is the baseline."""

LEAST_SIDES = 3
"""Channels of baseline on each side of the area, at least."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhotopeakWidth:
    """One photopeak on the axis of its spectrum: keV where energies are known, else channels.

    Attributes
    ----------
    peak
        As found, in channels; counts and height for one of them.
    together
        Channels that were put together for it.
    position, fwhm
        On the axis.
    area
        Counts above the continuum; None where the spectrum ends too close.
    """

    spectrum: WbcSpectrum
    peak: Photopeak
    together: int
    position: Estimate
    fwhm: Estimate
    area: PeakArea | None

    @property
    def percent(self) -> Estimate:
        """FWHM over the position, in %."""
        value = 100.0 * self.fwhm.value / self.position.value
        relative = math.hypot(self.fwhm.relative, self.position.relative)
        return Estimate(value=value, uncertainty=value * relative)


def photopeak_width(
    spectrum: WbcSpectrum, line_kev: float, expected_channel: float | None = None
) -> PhotopeakWidth:
    """Return the photopeak of a line.

    Parameters
    ----------
    expected_channel
        Where the peak is looked for; without it near the energy of the line, and where no energies
        are known the last peak that is not small.

    Raises
    ------
    FitError
        If there is none, or it does not fall to its half on both sides.
    """
    first, last = _first_look(spectrum, line_kev, expected_channel)
    # Noise of narrow channels makes peaks of its own: so many of them are put together that sodium
    # iodide has some twenty in its FWHM; fewer where the peak turns out to be narrower.
    together = max(1, round(USUAL_SHARE * (first + last) / 2.0 / CHANNELS_OF_FWHM))
    peak = _peak(spectrum.counts, (first, last), together)
    while together > 1 and peak.fwhm.value / together < FEW_CHANNELS:
        together //= 2
        peak = _peak(spectrum.counts, (first, last), together)
    axis = spectrum.energy_kev
    if axis is None:
        axis = np.arange(spectrum.counts.size, dtype=np.float64)
    steps = np.arange(spectrum.counts.size)
    left, middle, right = (
        float(np.interp(at, steps, axis)) for at in (peak.left, peak.position.value, peak.right)
    )
    if not (peak.fwhm.value > 0.0 and left < right and middle > 0.0):
        raise FitError(
            f"what was taken for a photopeak lies at {middle:.4g} from {left:.4g} to {right:.4g}, needs"
            " a width and a place above 0",
            quantity="photopeak",
            value=right - left,
            bound=0.0,
        )
    per_channel = (right - left) / peak.fwhm.value
    return PhotopeakWidth(
        spectrum=spectrum,
        peak=peak,
        together=together,
        position=Estimate(value=middle, uncertainty=per_channel * peak.position.uncertainty),
        fwhm=Estimate(value=right - left, uncertainty=per_channel * peak.fwhm.uncertainty),
        area=_area(spectrum, peak),
    )


def _first_look(
    spectrum: WbcSpectrum, line_kev: float, expected_channel: float | None
) -> tuple[int, int]:
    """Return the channels in which the peak is looked for: the first, and the one behind the last."""
    counts, energies = spectrum.counts, spectrum.energy_kev
    where = f"within 15 % of {line_kev:g} keV"
    if expected_channel is not None or energies is None:
        middle = float(last_photopeak(counts)) if expected_channel is None else expected_channel
        where = f"within 15 % of channel {middle:.0f}"
        first = math.floor((1.0 - REGION) * middle)
        last = math.ceil((1.0 + REGION) * middle) + 1
    else:
        ends = np.searchsorted(energies, ((1.0 - REGION) * line_kev, (1.0 + REGION) * line_kev))
        first, last = (int(each) for each in ends)
    inside = counts[max(first, 0) : last]
    if inside.size >= LEAST_TOP:
        # What lies there may be the slope of another peak or of the Compton edge, or noise.
        net = inside - _line(inside)
        smooth = np.convolve(net, np.ones(max(1, inside.size // 20)), mode="same")
        inner = inside.size // 20 < int(smooth.argmax()) < inside.size - 1 - inside.size // 20
        if inner and float(net.sum()) > SIGNIFICANT * math.sqrt(float(inside.sum())):
            return max(first, 0), min(last, counts.size)
    raise FitError(f"the spectrum has no photopeak {where}", quantity="photopeak", bound=line_kev)


def _line(inside: Floats) -> Floats:
    """Return the straight line through the means of the outer tenths."""
    margin = max(1, inside.size // 10)
    return np.linspace(inside[:margin].mean(), inside[-margin:].mean(), inside.size)


def _peak(counts: Floats, near: tuple[int, int], together: int) -> Photopeak:
    """Return the peak of a range with so many channels put together, its places in channels."""
    whole = counts.size // together * together
    coarse = counts[:whole].reshape(-1, together).sum(axis=1)
    around = (near[0] // together, -(-near[1] // together))
    peak = photopeak(coarse, around, less_continuum=True)
    for _ in range(LOOKS):
        half = HALF_RANGE_FWHM * peak.fwhm.value
        middle = peak.position.value
        around = (math.floor(middle - half), math.ceil(middle + half) + 1)
        peak = photopeak(coarse, around, less_continuum=True)
    offset = (together - 1) / 2.0
    continuum = np.zeros(counts.size)
    continuum[:whole] = np.repeat(peak.continuum / together, together)
    return Photopeak(
        position=Estimate(
            value=together * peak.position.value + offset,
            uncertainty=together * peak.position.uncertainty,
        ),
        fwhm=Estimate(
            value=together * peak.fwhm.value, uncertainty=together * peak.fwhm.uncertainty
        ),
        left=together * peak.left + offset,
        right=together * peak.right + offset,
        height=peak.height / together,
        counts=peak.counts / together,
        channel=round(together * peak.channel + offset),
        continuum=continuum,
    )


def _area(spectrum: WbcSpectrum, peak: Photopeak) -> PeakArea | None:
    first, last = peak_window(peak.position.value, peak.fwhm.value, half_window=AREA_FWHM)
    sides = max(LEAST_SIDES, round(peak.fwhm.value / 2.0))
    if first - sides < 0 or last + sides >= spectrum.counts.size:
        return None
    return peak_area(spectrum.counts, first, last, sides=sides)
