"""What has to hold of a photopeak, so that its width is one."""

from __future__ import annotations

from photopeak_analyzers.conditions import bounded, graded, known
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.counters.photopeak_width import PhotopeakWidth
from photopeak_analyzers.counters.wbc_spectra import LARGEST_DEAD_TIME_PERCENT, MOST_ALIKE

FEW_CHANNELS, TOO_FEW_CHANNELS = 10.0, 3.0
"""Channels of a FWHM: below the first interpolation adds 1 %, below the second there is no width."""

CAPACITY = 255.0
"""The smallest capacity of a channel; with fewer counts neighbours are alike by chance."""

LEAST_SIGNAL = 5.0
"""Net counts over their uncertainty below which there is no peak."""

UNCERTAIN_WARNS, UNCERTAIN_VOIDS = 5.0, 20.0
"""Relative standard uncertainty of the FWHM, in percent."""


def resolution_conditions(
    found: PhotopeakWidth, nuclide: str, minimum_counts: float, clause: str, scope: Scope
) -> tuple[Precondition, ...]:
    """Check the source, the counts, the channels, the top of the peak and the dead time.

    Another nuclide, a top that is cut off, too few channels, and a width that is not known to
    20 % void, and so does what is no peak above the counts beside it; the rest warns.
    """
    acquisition = found.spectrum.acquisition
    live, real = acquisition.live_s, acquisition.real_s
    dead = None
    if live is not None and real is not None and real > 0.0:
        dead = 100.0 * (1.0 - live / real)
    energies = found.spectrum.energy_kev
    named = acquisition.nuclide
    return (
        Precondition(
            code=PreconditionCode.NUCLIDE,
            severity=Severity.HARD,
            outcome=Outcome.MET if named in (None, nuclide) else Outcome.NOT_MET,
            scope=scope,
            quantity="nuclide of the spectrum",
            value=named or nuclide,
            expected=nuclide,
            clause=clause,
        ),
        bounded(
            PreconditionCode.COUNTS,
            "net counts of the photopeak",
            None if found.area is None else found.area.net.value,
            lower=minimum_counts,
            unit="{counts}",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.COUNTS,
            "net counts over their uncertainty",
            None if found.area is None else found.area.net.value / found.area.net.uncertainty,
            lower=LEAST_SIGNAL,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.COUNTS,
            "relative uncertainty of the width",
            100.0 * found.fwhm.relative,
            soft=(None, UNCERTAIN_WARNS),
            hard=(None, UNCERTAIN_VOIDS),
            unit="%",
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.PIXEL,
            "channels of the FWHM",
            found.peak.fwhm.value,
            soft=(FEW_CHANNELS, None),
            hard=(TOO_FEW_CHANNELS, None),
            unit="1",
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.OVERFLOW,
            "channels next to each other that hold the highest count of the peak",
            float(_alike(found)),
            upper=float(MOST_ALIKE),
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.RATE,
            "dead time",
            dead,
            upper=LARGEST_DEAD_TIME_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        known(
            PreconditionCode.WINDOW,
            "energy calibration",
            None if energies is None else f"{energies[0]:.4g} to {energies[-1]:.6g} keV",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
    )


def _alike(found: PhotopeakWidth) -> int:
    """Return how many channels around the highest one of the peak hold as much as it."""
    counts, top = found.spectrum.counts, found.peak.channel
    inside = range(max(round(found.peak.left), 0), min(round(found.peak.right) + 1, counts.size))
    top = max(inside, key=lambda k: float(counts[k]), default=top)
    if counts[top] < CAPACITY:
        return 1
    first = last = top
    while first > 0 and counts[first - 1] == counts[top]:
        first -= 1
    while last < counts.size - 1 and counts[last + 1] == counts[top]:
        last += 1
    return last - first + 1
