"""Width of the photopeak of Tc-99m on the scale of two photopeaks: the arithmetic of both texts.

``E_ch = (E1 - E2) / (N1 - N2)`` and ``ER = 100 dN E_ch / E1`` (GB/T 18989-2013 (13), (14), E.3.4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.errors import FitError, MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.spectra import GivenSpectrum
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.photopeaks import (
    LEAST_TOP,
    Photopeak,
    last_photopeak,
    photopeak,
)

REGION = 0.15
"""Half width of the region about a photopeak, over its position: more than 1.5 FWHM of NaI."""

APART_FWHM = 0.5
"""FWHM by which the two photopeaks lie apart at least; 18.4 keV are 1.4 FWHM of NaI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Energies of the two photopeaks as a text prints them."""

    source_kev: float
    reference_kev: float
    clause: str

    @property
    def apart_kev(self) -> float:
        """Distance between the photopeaks."""
        return self.source_kev - self.reference_kev


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resolution:
    """The resolution of one spectrum with what it was made of.

    Attributes
    ----------
    spectrum, reference_spectrum
        Of Tc-99m and of Co-57; the latter None where the axis was calibrated before.
    source, reference
        Their photopeaks as counted, in channels.
    source_at, reference_at
        Their positions on the axis of the spectrum: its channel numbers, or keV.
    kev_per_unit
        keV per unit of the axis: 1 when the axis is taken as it is.
    percent, net_percent
        Resolution of the peak as counted, and above the straight line under it.
    """

    spectrum: GivenSpectrum
    reference_spectrum: GivenSpectrum | None
    source: Photopeak
    reference: Photopeak | None
    source_at: Estimate
    reference_at: Estimate | None
    kev_per_unit: Estimate
    kev_per_channel: Estimate
    fwhm_kev: Estimate
    percent: Estimate
    net_percent: Estimate | None

    @property
    def scope(self) -> Scope:
        """Detector, and how the spectrum came."""
        return Scope.of(**dict(self.spectrum.scope.items), method=self.spectrum.came_as)

    def zero_kev(self, text: Text) -> float:
        """Return the energy of the zero of the axis, by the scale and the peak of Tc-99m."""
        return text.source_kev - self.kev_per_unit.value * self.source_at.value


def resolution(spectrum: GivenSpectrum, reference: GivenSpectrum | None, text: Text) -> Resolution:
    """Return the resolution of a spectrum of Tc-99m.

    Raises
    ------
    MissingReadingError
        If the axis holds channels and there is no spectrum of Co-57.
    UnsuitableAcquisitionError
        If the photopeak of Co-57 does not lie below that of Tc-99m.
    FitError
        If there is no photopeak.
    """
    if reference is None and spectrum.energy_kev is None:
        raise MissingReadingError(
            "the spectrum of Tc-99m has channels without energies and there is none of Co-57 with"
            " channels, needs one",
            quantity="spectra of Co-57",
            value=0,
            bound=1,
        )
    peak = _peak(spectrum, text.source_kev)
    at = _on_axis(spectrum, peak)
    width = _width(spectrum, peak)
    other = other_at = None
    scale = Estimate(value=1.0, uncertainty=0.0)
    if reference is not None:
        other = _peak(reference, text.reference_kev)
        other_at = _on_axis(reference, other)
        apart = at.value - other_at.value
        if apart < APART_FWHM * width.value:
            raise UnsuitableAcquisitionError(
                f"the photopeak of Tc-99m lies {apart:.1f} above that of Co-57 on the axis, needs"
                f" {APART_FWHM * width.value:.1f}",
                quantity="distance between the photopeaks",
                value=apart,
                bound=APART_FWHM * width.value,
            )
        per_unit = text.apart_kev / apart
        scale = Estimate(
            value=per_unit,
            uncertainty=per_unit * math.hypot(at.uncertainty, other_at.uncertainty) / apart,
        )
    fwhm = _times(width, scale)
    step = spectrum.slope(peak.position.value)
    return Resolution(
        spectrum=spectrum,
        reference_spectrum=reference,
        source=peak,
        reference=other,
        source_at=at,
        reference_at=other_at,
        kev_per_unit=scale,
        kev_per_channel=Estimate(value=step * scale.value, uncertainty=step * scale.uncertainty),
        fwhm_kev=fwhm,
        percent=_percent(fwhm, text),
        net_percent=_net_percent(spectrum, peak, scale, text),
    )


def _peak(spectrum: GivenSpectrum, nominal_kev: float) -> Photopeak:
    """Return the photopeak as counted: near its energy where energies are known, else the last."""
    if spectrum.energy_kev is None:
        top = last_photopeak(spectrum.counts)
        near = _region(spectrum, float(spectrum.channels[top]))
    else:
        near = _region(spectrum, nominal_kev)
        # What lies in the region may be the slope of another peak: the top is inside of it.
        inside = spectrum.counts[near[0] : near[1]]
        if inside.size < LEAST_TOP or int(inside.argmax()) in (0, inside.size - 1):
            raise FitError(
                f"the spectrum has no photopeak within 15 % of {nominal_kev:g} keV",
                quantity="photopeak",
                bound=nominal_kev,
            )
    return photopeak(spectrum.counts, near)


def _net_percent(
    spectrum: GivenSpectrum, peak: Photopeak, scale: Estimate, text: Text
) -> Estimate | None:
    around = _region(spectrum, spectrum.axis(peak.position.value))
    try:
        net = photopeak(spectrum.counts, around, less_continuum=True)
    except FitError:
        return None
    return _percent(_times(_width(spectrum, net), scale), text)


def _region(spectrum: GivenSpectrum, middle: float) -> tuple[int, int]:
    """Return the channels within 15 % of a value of the axis."""
    low, high = ((1.0 + side * REGION) * middle for side in (-1.0, 1.0))
    first, last = np.searchsorted(spectrum.channels, (low, high))
    return int(first), int(last)


def _on_axis(spectrum: GivenSpectrum, peak: Photopeak) -> Estimate:
    step = spectrum.slope(peak.position.value)
    return Estimate(
        value=spectrum.axis(peak.position.value), uncertainty=step * peak.position.uncertainty
    )


def _width(spectrum: GivenSpectrum, peak: Photopeak) -> Estimate:
    return Estimate(
        value=spectrum.axis(peak.right) - spectrum.axis(peak.left),
        uncertainty=spectrum.slope(peak.position.value) * peak.fwhm.uncertainty,
    )


def _times(width: Estimate, scale: Estimate) -> Estimate:
    return Estimate(
        value=width.value * scale.value,
        uncertainty=math.hypot(width.uncertainty * scale.value, width.value * scale.uncertainty),
    )


def _percent(fwhm_kev: Estimate, text: Text) -> Estimate:
    share = 100.0 / text.source_kev
    return Estimate(value=share * fwhm_kev.value, uncertainty=share * fwhm_kev.uncertainty)
