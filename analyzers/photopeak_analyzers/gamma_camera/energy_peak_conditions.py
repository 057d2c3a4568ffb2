"""What an energy peak needs before it is believed, and what voids it.

HARD: another nuclide than stated, an empty image, a spectrum of too few counts, whose top is cut off or
whose peak is that of another nuclide, a window so far beside the line that it is no peak. SOFT: fewer counts than a judged value needs, a Gaussian that disagrees, and
a window that may as well be the preset one.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Protocol

from photopeak_analyzers.acquisition import Acquisition, FrameStack
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Note,
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.frame_conditions import enough_counts, holds_counts
from photopeak_analyzers.gamma_camera.energy_peaks import FoundPeak
from photopeak_analyzers.gamma_camera.spectra import not_cut_off
from photopeak_analyzers.nuclides import canonical_name, imaged_lines_kev
from photopeak_analyzers.source_conditions import (
    ASIDE_PERCENT,
    OTHER_PEAK_PERCENT,
    WINDOW_CENTRE_PERCENT,
)

FIT_AGREES_KEV = 0.3
"""By which the Gaussian may differ from the middle of the half heights."""

OTHER_NUCLIDE_PERCENT = 10.0
"""Percent of the line beyond which the peak of a spectrum is another one: Co-57 and I-123 lie 13 %
below and above Tc-99m, and at the border of the region the line under the peak is none."""

PRESETS_KEV = MappingProxyType(
    {"Tc-99m": (140.0, 140.5, 140.511, 141.0), "Co-57": (122.0, 122.1, 122.06)}
)
"""Energies on which consoles centre their presets, beside those of the table of nuclides."""

SAME_KEV = 0.011
"""Within which a middle is a preset one: limits are written to 0.01 keV."""

CALIBRATION_NUCLIDES = ("Tc-99m", "Co-57", "I-123", "I-131", "In-111", "Tl-201", "Ga-67")
"""Nuclides that a window is held against when it does not fit its own."""


class CountsAsked(Protocol):
    """Parameters that say how many counts a peak needs."""

    @property
    def counts_asked(self) -> float:
        """For a number to be judged."""

    @property
    def counts_invalid_below(self) -> float:
        """Below which nothing is judged."""


def image_conditions(
    image: Acquisition, nuclide: str, stated: str | None, clause: str
) -> list[Precondition]:
    """Check the image itself: that it was counted, and of which nuclide."""
    contradicted = None not in (image.nuclide, stated) and image.nuclide != nuclide
    found = [
        Precondition(
            code=PreconditionCode.NUCLIDE,
            severity=Severity.HARD,
            outcome=Outcome.NOT_MET if contradicted else Outcome.MET,
            quantity="nuclide",
            value=image.nuclide or nuclide,
            expected=nuclide,
            clause=clause,
        )
    ]
    if isinstance(image, FrameStack):
        found.append(holds_counts(float(image.counts.max()), scope=Scope(), clause=clause))
    return found


def spectrum_conditions(peak: FoundPeak, asked: CountsAsked, clause: str) -> list[Precondition]:
    """Check a peak of a spectrum."""
    conditions = [] if peak.spectrum is None else list(peak.spectrum.conditions)
    difference = None if peak.fitted_kev is None else peak.fitted_kev.value - peak.peak_kev.value
    if peak.spectrum is not None and peak.peak is not None:
        conditions.append(
            not_cut_off(peak.spectrum, peak.peak.channel, scope=peak.scope, clause=clause)
        )
    return [
        *conditions,
        bounded(
            PreconditionCode.NUCLIDE,
            "offset of the peak from its line",
            100.0 * (peak.peak_kev.value / peak.nominal_kev - 1.0),
            lower=-OTHER_NUCLIDE_PERCENT,
            upper=OTHER_NUCLIDE_PERCENT,
            unit="%",
            severity=Severity.HARD,
            scope=peak.scope,
            clause=clause,
            expected=f"{peak.nominal_kev:g} keV",
        ),
        enough_counts(
            "counts of the peak channel",
            peak.counts,
            asked=asked.counts_asked,
            invalid_below=asked.counts_invalid_below,
            scope=peak.scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.WINDOW,
            "fitted Gaussian minus middle of the half heights",
            difference,
            lower=-FIT_AGREES_KEV,
            upper=FIT_AGREES_KEV,
            unit="keV",
            severity=Severity.SOFT,
            scope=peak.scope,
            clause=clause,
        ),
    ]


def spectrum_notes(peak: FoundPeak) -> list[Note]:
    """Say what the middle of the peak was taken from."""
    low, high = peak.region_kev or (0.0, 0.0)
    return [
        Note(
            code="PEAK_METHOD",
            message=f"the peak is the middle of its half heights, above the straight line between"
            f" {low:.1f} and {high:.1f} keV",
            scope=peak.scope,
            values={"lower_kev": low, "upper_kev": high},
        )
    ]


def window_conditions(peaks: Sequence[FoundPeak], clause: str) -> list[Precondition]:
    """Check that windows lie on a photopeak, and that they were tuned."""
    found = []
    for peak in peaks:
        value = peak.peak_kev.value
        found += [
            bounded(
                PreconditionCode.WINDOW,
                "offset of the window from the photopeak",
                100.0 * (value / peak.nominal_kev - 1.0),
                lower=-ASIDE_PERCENT,
                upper=ASIDE_PERCENT,
                unit="%",
                severity=Severity.HARD,
                scope=peak.scope,
                clause=clause,
                expected=f"{peak.nominal_kev:g} keV",
            ),
            Precondition(
                code=PreconditionCode.WINDOW,
                severity=Severity.SOFT,
                outcome=Outcome.UNKNOWN if may_be_preset(peak) else Outcome.MET,
                scope=peak.scope,
                quantity="middle of the window, as tuned",
                value=value,
                unit="keV",
                expected="a window that the camera tuned, not its preset",
                clause=clause,
            ),
        ]
    return found


def may_be_preset(peak: FoundPeak) -> bool:
    """Tell whether the middle of a window is a nominal energy to the last digit."""
    presets = (
        *PRESETS_KEV.get(peak.nuclide, ()),
        *imaged_lines_kev(peak.nuclide),
        peak.nominal_kev,
    )
    return any(abs(peak.peak_kev.value - preset) <= SAME_KEV for preset in presets)


def window_notes(image: FrameStack, peaks: Sequence[FoundPeak]) -> list[Note]:
    """Say which windows were left out, and which fit another nuclide."""
    used = {peak.window.number for peak in peaks if peak.window is not None}
    found = [
        Note(
            code="WINDOW_NOT_ANALYSED",
            message=f"energy window {window.number} lies on no line and is left out",
            scope=Scope.of(energy_window=window.number),
        )
        for window in image.energy_windows
        if window.number not in used
    ]
    for peak in peaks:
        other = _other_nuclide(peak)
        if other is not None:
            found.append(
                Note(
                    code="WINDOW_FITS_ANOTHER_NUCLIDE",
                    message=f"the window about {peak.peak_kev.value:.1f} keV fits {other},"
                    f" the nuclide is {peak.nuclide}",
                    scope=peak.scope,
                    values={"fits": other, "nuclide": peak.nuclide},
                )
            )
    return found


def _other_nuclide(peak: FoundPeak) -> str | None:
    value = peak.peak_kev.value
    if abs(value / peak.nominal_kev - 1.0) <= OTHER_PEAK_PERCENT / 100.0:
        return None
    named = None if peak.window is None else canonical_name(peak.window.name)
    for name in (*([named] if named else []), *CALIBRATION_NUCLIDES):
        lines = imaged_lines_kev(name)
        if name != peak.nuclide and any(
            abs(value / line - 1.0) <= WINDOW_CENTRE_PERCENT / 100.0 for line in lines
        ):
            return name
    return None
