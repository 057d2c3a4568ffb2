"""All peaks of a spectrum: searched, put into groups, fitted and summed in a window side by side.

Peaks nearer to each other than three FWHM overlap in their windows or baselines and are fitted together.
The window of a group, from 1.25 FWHM before its first peak to as much behind its last one, has a net
area by baseline channels (WS/T 584-2017 (3)); the fit put through the same window has one too. Their
difference over the uncertainty of the window tells whether the two ways agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.peak_area import HALF_WINDOW_FWHM, PeakArea, peak_area
from photopeak_analyzers.numerics.peak_fit import MOST_PEAKS, PeakFit, fit_peaks
from photopeak_analyzers.numerics.peak_search import SIGNIFICANT, FoundPeak, search_peaks

TOGETHER_FWHM = 3.0
"""FWHM within which two peaks belong to one group."""

SAME_FWHM = 0.6
"""FWHM within which a line that was named is the peak that was found."""

SEEN = 3.0
"""Standard uncertainties that the area of a line has to have which was named and not found."""

FEWEST_SIDES = 3
"""Channels of baseline on each side at least."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeakGroup:
    """Peaks that were fitted together.

    Attributes
    ----------
    fit
        Positions, widths and areas, in the order of the channels.
    window
        Net area of the window of the whole group.
    deviation
        Net area of the window less that of the fit in the same window, over the uncertainty of the
        window.
    """

    fit: PeakFit
    window: PeakArea
    deviation: float

    @property
    def single(self) -> bool:
        """Tell whether there is one peak, whose area the window is."""
        return self.fit.peaks == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPeak:
    """One peak: its place in channels, its width, its area by fit; `number` is that in its group."""

    position: Estimate
    fwhm: Estimate
    area: Estimate
    group: PeakGroup
    number: int


def measure_peaks(
    counts: ArrayLike,
    fwhm: ArrayLike,
    *,
    known: Iterable[float] = (),
    significance: float = SIGNIFICANT,
    sides_fwhm: float = 0.5,
    half_window: float = HALF_WINDOW_FWHM,
) -> tuple[tuple[MeasuredPeak, ...], tuple[str, ...]]:
    """Return the peaks of a spectrum, and of what could not be fitted why.

    Parameters
    ----------
    fwhm
        Expected FWHM in channels, one number or one for each channel.
    known
        Places of lines that are fitted even where no peak was found, in channels; one that has no area
        then is left out again.
    sides_fwhm
        Channels of baseline on each side, in FWHM.
    """
    spectrum = np.asarray(counts, dtype=np.float64)
    widths = np.array(np.broadcast_to(np.asarray(fwhm, dtype=np.float64), spectrum.shape))
    found = list(search_peaks(spectrum, widths, significance=significance))
    for place in known:
        if not 0.0 <= place <= spectrum.size - 1:
            continue
        width = float(widths[round(place)])
        if all(abs(place - peak.position) > SAME_FWHM * width for peak in found):
            found.append(FoundPeak(position=place, significance=0.0, fwhm=width))
    found.sort(key=lambda peak: peak.position)
    measured: list[MeasuredPeak] = []
    failed: list[str] = []
    for group in _groups(found):
        try:
            measured += _measured(spectrum, group, sides_fwhm, half_window)
        except FitError as error:
            failed.append(f"channel {group[0].position:.0f}: {error}")
    return tuple(measured), tuple(failed)


def _groups(found: list[FoundPeak]) -> list[list[FoundPeak]]:
    groups: list[list[FoundPeak]] = []
    for peak in found:
        last = groups[-1][-1] if groups else None
        near = last is not None and peak.position - last.position < TOGETHER_FWHM * peak.fwhm
        if near and len(groups[-1]) < MOST_PEAKS:
            groups[-1].append(peak)
        else:
            groups.append([peak])
    return groups


def _fitted(spectrum: Floats, group: list[FoundPeak]) -> PeakFit:
    """Fit a group; a line that was named and is not there goes, the weakest one first."""
    kept = list(group)
    while True:
        fit = fit_peaks(spectrum, [p.position for p in kept], [p.fwhm for p in kept])
        seen = [fit.area(n).value / max(fit.area(n).uncertainty, 1e-9) for n in range(fit.peaks)]
        named = [n for n, peak in enumerate(kept) if peak.significance == 0.0 and seen[n] < SEEN]
        if not named:
            return fit
        kept.pop(min(named, key=lambda n: seen[n]))
        if not kept:
            raise FitError(
                f"the line has an area of {seen[0]:.1f} standard uncertainties, needs {SEEN:g}",
                quantity="area of the peak",
                value=seen[0],
                bound=SEEN,
            )


def _measured(
    spectrum: Floats, group: list[FoundPeak], sides_fwhm: float, half_window: float
) -> list[MeasuredPeak]:
    fit = _fitted(spectrum, group)
    places = [fit.position(number).value for number in range(fit.peaks)]
    widths = [fit.fwhm(number).value for number in range(fit.peaks)]
    first = round(min(p - half_window * w for p, w in zip(places, widths, strict=True)))
    last = round(max(p + half_window * w for p, w in zip(places, widths, strict=True)))
    sides = max(FEWEST_SIDES, round(sides_fwhm * max(widths)))
    window = peak_area(spectrum, first, last, sides=sides)
    shown = np.arange(first - sides, last + sides + 1)
    modelled = peak_area(np.maximum(fit.at(shown), 0.0), sides, sides + last - first, sides=sides)
    together = PeakGroup(
        fit=fit,
        window=window,
        deviation=(window.net.value - modelled.net.value) / window.net.uncertainty,
    )
    return [
        MeasuredPeak(
            position=fit.position(number),
            fwhm=fit.fwhm(number),
            area=fit.area(number),
            group=together,
            number=number,
        )
        for number in range(fit.peaks)
    ]
