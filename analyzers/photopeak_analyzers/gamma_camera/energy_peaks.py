"""The peak of a nuclide, out of a spectrum or out of the windows that a camera tuned."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import EnergyWindow, FrameStack
from photopeak_analyzers.contract import Scope
from photopeak_analyzers.errors import FitError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.spectra import GivenSpectrum
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.gaussian import Background, fit_gaussian
from photopeak_analyzers.numerics.photopeaks import Photopeak, photopeak
from photopeak_analyzers.source_conditions import OTHER_PEAK_PERCENT, nearest_line, offset_percent
from photopeak_analyzers.uncertainty import rectangular

LEAST_CHANNELS = 8
"""Channels of a region; a peak in fewer is not resolved."""

DIGITS = (1.0, 0.1, 0.01, 0.001)
"""Steps in which limits of a window are written, in keV."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundPeak:
    """Where a photopeak was found.

    Attributes
    ----------
    method
        ``spectrum``, ``window`` or ``shown``.
    counts
        Of the peak channel of a spectrum.
    fitted_kev
        The second opinion on a spectrum; None when no Gaussian settles.
    fwhm_kev
        Above the continuum.
    region_kev
        Of the spectrum that was looked at.
    """

    method: str
    scope: Scope
    nuclide: str
    nominal_kev: float
    peak_kev: Estimate
    counts: float | None = None
    fwhm_kev: Estimate | None = None
    fitted_kev: Estimate | None = None
    region_kev: tuple[float, float] | None = None
    spectrum: GivenSpectrum | None = None
    peak: Photopeak | None = None
    window: EnergyWindow | None = None


def peak_of_spectrum(
    spectrum: GivenSpectrum, nuclide: str, nominal_kev: float, region_percent: float
) -> FoundPeak:
    """Return the peak of a spectrum about a nominal energy.

    Raises
    ------
    UnsuitableAcquisitionError
        If the spectrum has no energies, does not cover the region, or its channels are too wide.
    FitError
        If there is no peak in the region.
    """
    energy = spectrum.energy_kev
    if energy is None:
        raise UnsuitableAcquisitionError(
            "the spectrum has no energies, needs a calibrated axis", quantity="energy axis"
        )
    low, high = (nominal_kev * (1.0 + side * region_percent / 100.0) for side in (-1.0, 1.0))
    if energy[0] > low or energy[-1] < high:
        raise UnsuitableAcquisitionError(
            f"the spectrum runs from {energy[0]:g} to {energy[-1]:g} keV, needs {low:g} to"
            f" {high:g} keV",
            quantity="energies of the spectrum",
            value=float(energy[0]),
            bound=low,
        )
    first, last = (int(n) for n in np.searchsorted(energy, (low, high)))
    if last - first < LEAST_CHANNELS:
        raise UnsuitableAcquisitionError(
            f"{last - first} channels lie between {low:g} and {high:g} keV, needs {LEAST_CHANNELS}",
            quantity="channels about the photopeak",
            value=last - first,
            bound=LEAST_CHANNELS,
        )
    found = photopeak(spectrum.counts, (first, last), less_continuum=True)
    step = spectrum.slope(found.position.value)
    position = Estimate(
        value=spectrum.axis(found.position.value), uncertainty=step * found.position.uncertainty
    )
    width = Estimate(
        value=spectrum.axis(found.right) - spectrum.axis(found.left),
        uncertainty=step * found.fwhm.uncertainty,
    )
    return FoundPeak(
        method="spectrum",
        scope=Scope.of(**dict(spectrum.scope.items), method=spectrum.came_as, nuclide=nuclide),
        nuclide=nuclide,
        nominal_kev=nominal_kev,
        peak_kev=position,
        counts=found.counts,
        fwhm_kev=width,
        fitted_kev=_fitted(spectrum, first, last, position.value, width.value),
        region_kev=(low, high),
        spectrum=spectrum,
        peak=found,
    )


def _fitted(
    spectrum: GivenSpectrum, first: int, last: int, middle: float, fwhm: float
) -> Estimate | None:
    """Return the centre of a Gaussian on a slope, fitted from one FWHM below to one above."""
    energy, counts = spectrum.channels[first:last], spectrum.counts[first:last]
    near = np.abs(energy - middle) <= fwhm
    x, y = energy[near], counts[near]
    try:
        fit = fit_gaussian(x, y, np.sqrt(np.maximum(y, 1.0)), background=Background.LINEAR)
    except FitError:
        return None
    return fit.centre


def peaks_of_windows(
    image: FrameStack,
    nuclide: str,
    lines_kev: tuple[float, ...],
    nominal_kev: Callable[[float], float],
) -> tuple[FoundPeak, ...]:
    """Return the middle of each window as the peak that it was tuned to.

    Parameters
    ----------
    lines_kev
        Photopeaks that a window may be tuned to.
    nominal_kev
        From the energy of a line to the one that it is compared with.

    Windows on no such line, like those that collect scatter, are left out if another one
    lies on a line; if none does, each is compared with the nearest line.
    """
    matched = [(window, nearest_line(window, lines_kev)) for window in image.energy_windows]
    close = [
        (window, line)
        for window, line in matched
        if abs(offset_percent(window, line)) <= OTHER_PEAK_PERCENT
    ]
    detector = image.detectors[0].number if len(image.detectors) == 1 else None
    return tuple(
        FoundPeak(
            method="window",
            scope=Scope.of(
                detector=detector, energy_window=window.number, method="window", nuclide=nuclide
            ),
            nuclide=nuclide,
            nominal_kev=nominal_kev(line),
            peak_kev=Estimate(value=window.centre_kev, uncertainty=_of_digits(window)),
            window=window,
        )
        for window, line in close or matched
    )


def _of_digits(window: EnergyWindow) -> float:
    """Return the uncertainty of the middle of a window that the digits of its limits leave."""
    limits = (window.lower_kev, window.upper_kev)
    step = next(
        (d for d in DIGITS if all(abs(limit / d - round(limit / d)) < 1e-6 for limit in limits)),
        DIGITS[-1],
    )
    # The mean of two limits, each rounded by half a step at most.
    return rectangular(step / 2.0) / math.sqrt(2.0)
