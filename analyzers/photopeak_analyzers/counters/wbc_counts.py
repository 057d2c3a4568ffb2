"""Counts of a line: net area of its peak, less the peak that the empty chamber has at the same place.

Where a peak is found the window lies about its own middle; where none is, about the energy of the line
with the width that the detector is expected to have. An area may then be negative, which is an answer.
Peaks that overlap have the areas of a common fit.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.contract import Inputs, Role
from photopeak_analyzers.counters.wbc_lines import Line, found_lines
from photopeak_analyzers.counters.wbc_spectra import WbcSpectrum, spectrum_of
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import every
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.peak_area import PeakArea, peak_area, peak_window
from photopeak_analyzers.numerics.peak_groups import FEWEST_SIDES, MeasuredPeak

SIDES_FWHM = 0.5
"""Channels of baseline on each side, in FWHM."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineCounts:
    """Counts of one line in one spectrum.

    Attributes
    ----------
    net
        Counts above the baseline: of the window, of the fit where peaks overlap.
    window
        The window with its baseline.
    peak
        The peak that was found; None where there is none.
    background
        Net counts of the same window in the empty chamber, scaled to the live time of the spectrum; None
        without a background.
    background_window
        That window as it was counted.
    scale
        Live time of the spectrum over that of the background.
    beside_kev
        Energy of a peak near by that is too far off to be the line, where the line has none; None without.
    """

    net: Estimate
    window: PeakArea
    peak: MeasuredPeak | None
    background: Estimate | None
    background_window: PeakArea | None
    scale: float
    beside_kev: float | None = None

    @property
    def less_background(self) -> Estimate:
        """Return the counts less those of the empty chamber."""
        if self.background is None:
            return self.net
        return Estimate(
            value=self.net.value - self.background.value,
            uncertainty=math.hypot(self.net.uncertainty, self.background.uncertainty),
        )


def background_of(inputs: Inputs, role: Role) -> WbcSpectrum | None:
    """Return the spectrum of the empty chamber, or None when it was not given."""
    given = every(inputs, role, Spectrum)
    return spectrum_of(given[0], inputs) if given else None


def counts_of_lines(
    given: WbcSpectrum, lines: tuple[Line, ...], detector: str, background: WbcSpectrum | None
) -> tuple[LineCounts, ...]:
    """Return the counts of lines, in their order.

    Raises
    ------
    UnsuitableAcquisitionError
        If a line or its baseline lies outside of the spectrum.
    """
    pairs, missing = found_lines(given, lines, detector, drifted=False)
    others, _ = found_lines(given, tuple(missing), detector) if missing else ([], [])
    beside = {line.energy_kev: given.kev(peak.position.value) for line, peak in others}
    peaks = {line.energy_kev: peak for line, peak in pairs}
    widths = given.fwhm_channels(detector)
    found = []
    for line in lines:
        peak = peaks.get(line.energy_kev)
        if peak is None:
            place = given.channel(line.energy_kev)
            window = _window_at(given, place, float(widths[round(place)]))
            net = window.net
        elif peak.group.single:
            window = peak.group.window
            net = window.net
        else:
            window = _window_at(given, peak.position.value, peak.fwhm.value)
            net = peak.area
        counts = _with_background(given, background, window, net, peak)
        found.append(dataclasses.replace(counts, beside_kev=beside.get(line.energy_kev)))
    return tuple(found)


def _with_background(
    given: WbcSpectrum,
    background: WbcSpectrum | None,
    window: PeakArea,
    net: Estimate,
    peak: MeasuredPeak | None,
) -> LineCounts:
    same = None if background is None else window_like(background, given, window)
    scale = 1.0 if background is None else given.live_s / background.live_s
    scaled = None
    if same is not None:
        scaled = Estimate(value=scale * same.net.value, uncertainty=scale * same.net.uncertainty)
    return LineCounts(
        net=net,
        window=window,
        peak=peak,
        background=scaled,
        background_window=same,
        scale=scale,
    )


def window_like(other: WbcSpectrum, given: WbcSpectrum, window: PeakArea) -> PeakArea:
    """Return the window of the same energies in another spectrum.

    Raises
    ------
    UnsuitableAcquisitionError
        If that has no energies, or not these.
    """
    if given.energy_kev is None or other.energy_kev is None:
        if given.counts.size != other.counts.size:
            raise UnsuitableAcquisitionError(
                f"the background has {other.counts.size} channels and no energies, needs"
                f" {given.counts.size} as the spectrum has",
                quantity="channels of the background",
                value=other.counts.size,
                bound=given.counts.size,
            )
        return peak_area(other.counts, window.first, window.last, sides=window.sides)
    first = round(other.channel(given.kev(window.first)))
    last = round(other.channel(given.kev(window.last)))
    step = given.kev_per_channel(window.first) / other.kev_per_channel(first)
    return peak_area(other.counts, first, last, sides=max(1, round(window.sides * step)))


def _window_at(given: WbcSpectrum, place: float, width: float) -> PeakArea:
    first, last = peak_window(place, width)
    return peak_area(given.counts, first, last, sides=max(FEWEST_SIDES, round(SIDES_FWHM * width)))
