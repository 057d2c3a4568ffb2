"""What both texts ask of the spectra of an energy resolution, and what voids it.

HARD, because the number would be another one: the nuclides, a collimator (its scatter and its X-rays
lie under the peak), a frame or a channel that overflowed, counts below half of what is asked, channels so wide that they
widen the peak by a hundredth, photopeaks far from their energies, and a scale whose zero lies far from
0 keV (another pair of nuclides). IEC
bounds the rate; NEMA lets a higher one be reported apart, so there it warns.
"""

from __future__ import annotations

from typing import Protocol

from photopeak_analyzers.acquisition import Acquisition, CollimatorType, FrameStack
from photopeak_analyzers.conditions import graded
from photopeak_analyzers.contract import (
    Note,
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.frame_conditions import (
    collimator_is,
    enough_counts,
    holds_counts,
    rate_within,
)
from photopeak_analyzers.gamma_camera.energy_resolution import Resolution, Text
from photopeak_analyzers.gamma_camera.spectra import not_cut_off
from photopeak_analyzers.source_conditions import OTHER_PEAK_PERCENT, WINDOW_CENTRE_PERCENT

WIDE_CHANNEL_PERCENT = 20.0
"""Of the FWHM; a channel of this width widens a Gaussian by 0.9 %."""

ZERO_WARNS, ZERO_VOIDS = 0.1, 0.3
"""Distance of the zero of the axis from 0 keV, over the energy of Tc-99m."""


class Asked(Protocol):
    """Parameters that say what is asked of a spectrum."""

    @property
    def counts_asked(self) -> float:
        """Of the peak channel."""

    @property
    def counts_invalid_below(self) -> float:
        """Of the peak channel."""

    @property
    def maximum_rate_cps(self) -> float:
        """Of all channels."""

    @property
    def channel_percent(self) -> float:
        """Of the FWHM."""


def image_conditions(
    image: Acquisition, nuclide: str, role: str, clause: str
) -> list[Precondition]:
    """Check an acquisition: its nuclide, that it was counted, and without a collimator."""
    outcome = Outcome.UNKNOWN
    if image.nuclide is not None:
        outcome = Outcome.MET if image.nuclide == nuclide else Outcome.NOT_MET
    found = [
        Precondition(
            code=PreconditionCode.NUCLIDE,
            # The role was filled by name; a header that is silent does not contradict it.
            severity=Severity.SOFT if outcome is Outcome.UNKNOWN else Severity.HARD,
            outcome=outcome,
            quantity=f"nuclide of the {role}",
            value=image.nuclide,
            expected=nuclide,
            clause=clause,
        )
    ]
    if isinstance(image, FrameStack):
        found.append(holds_counts(float(image.counts.max()), scope=Scope(), clause=clause))
        found += [
            collimator_is(
                CollimatorType.NONE,
                detector,
                scope=Scope.of(detector=detector.number),
                clause=clause,
            )
            for detector in image.detectors
        ]
    return found


def resolution_conditions(
    found: Resolution, text: Text, asked: Asked, *, strict_rate: bool
) -> list[Precondition]:
    """Check what a resolution was made of."""
    scope, clause = found.scope, text.clause
    spectra = [("Tc-99m", found.spectrum, found.source, text.source_kev)]
    if found.reference_spectrum is not None and found.reference is not None:
        spectra.append(("Co-57", found.reference_spectrum, found.reference, text.reference_kev))
    conditions = []
    for nuclide, spectrum, peak, line_kev in spectra:
        if spectrum.energy_kev is not None:
            seen_kev = spectrum.axis(peak.position.value)
            conditions.append(
                graded(
                    PreconditionCode.WINDOW,
                    f"offset of the photopeak of {nuclide} from its energy",
                    100.0 * (seen_kev / line_kev - 1.0),
                    soft=(-WINDOW_CENTRE_PERCENT, WINDOW_CENTRE_PERCENT),
                    hard=(-OTHER_PEAK_PERCENT, OTHER_PEAK_PERCENT),
                    unit="%",
                    scope=scope,
                    clause=clause,
                    expected=f"{line_kev:g} keV",
                )
            )
        conditions += [
            *spectrum.conditions,
            not_cut_off(spectrum, peak.channel, scope=scope, clause=clause),
            enough_counts(
                f"counts of the peak channel of {nuclide}",
                peak.counts,
                asked=asked.counts_asked,
                invalid_below=asked.counts_invalid_below,
                scope=scope,
                clause=clause,
            ),
            rate_within(
                spectrum.rate_cps,
                upper=asked.maximum_rate_cps,
                severity=Severity.HARD if strict_rate else Severity.SOFT,
                scope=scope,
                clause=clause,
            ),
        ]
    conditions.append(
        graded(
            PreconditionCode.WINDOW,
            "width of a channel, relative to the FWHM",
            100.0 / found.source.fwhm.value,
            soft=(None, asked.channel_percent),
            hard=(None, WIDE_CHANNEL_PERCENT),
            unit="%",
            scope=scope,
            clause=clause,
        )
    )
    if found.reference is not None:
        conditions.append(
            graded(
                PreconditionCode.NUCLIDE,
                "energy of the zero of the axis, by the scale of the two photopeaks",
                found.zero_kev(text),
                soft=(-ZERO_WARNS * text.source_kev, ZERO_WARNS * text.source_kev),
                hard=(-ZERO_VOIDS * text.source_kev, ZERO_VOIDS * text.source_kev),
                unit="keV",
                scope=scope,
                clause=clause,
                expected="Tc-99m and Co-57",
            )
        )
    return conditions


def resolution_notes(found: Resolution, text: Text) -> list[Note]:
    """Say which scale was used, and what the width was taken from."""
    calibrated = found.reference is not None
    scale = (
        f"{text.apart_kev:.1f} keV between the photopeaks of Tc-99m and Co-57"
        if calibrated
        else "the energies of the axis as they were supplied, without Co-57"
    )
    return [
        Note(
            code="ENERGY_SCALE",
            message=f"the energy of a channel is that of {scale}",
            scope=found.scope,
            values={"calibration": "two photopeaks" if calibrated else "vendor"},
        ),
        Note(
            code="NO_CONTINUUM_TAKEN_OFF",
            message="position and FWHM are interpolated at half of the peak as it was counted;"
            " energy_resolution_net is that above the straight line under the peak",
            scope=found.scope,
        ),
    ]
