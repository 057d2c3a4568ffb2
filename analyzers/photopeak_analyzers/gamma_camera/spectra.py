"""Spectra as they reach a test: as such, as a table that a person supplies, or as a sweep of windows.

A multichannel analyser gives a spectrum, as an acquisition of its own or as a table of energy or
channel and counts. An image holds one when its energy windows follow each other in narrow steps: the
counts of a head in each window, over the middles of the windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Acquisition, EnergyWindow, FrameStack, Spectrum
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Column,
    Inputs,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.frame_conditions import no_overflow
from photopeak_analyzers.frames_by_head import single_frames
from photopeak_analyzers.nuclides import canonical_name, imaged_lines_kev

LEAST_STEPS = 12
"""Windows that make a sweep; scatter corrections have up to six, at most nine."""

WIDEST_STEP_PERCENT = 5.0
"""Of its middle, the width of a window of a sweep; windows of images have 10 % and more."""

EVEN_PERCENT = 5.0
"""Percent by which the steps of a sweep may differ from each other: limits are rounded to 0.1 keV."""

MOST_ALIKE = 2
"""Channels next to each other that may hold the highest count: noise does not make three alike."""

LEAST_ROWS, MOST_ROWS = 16, 65_536
"""Of a table; a spectrum has some hundred channels."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GivenSpectrum:
    """One spectrum.

    Attributes
    ----------
    counts
        Per channel, as counted.
    energy_kev
        Of the middle of each channel; None when only channels are known.
    channels
        Numbers of the channels on the axis of whoever counted; equal to the energies when known.
    came_as
        ``spectrum``, ``table`` or ``sweep``.
    nuclide
        Of the source; None when nothing tells.
    rate_cps
        Of all channels together; None without a duration.
    conditions
        What was found wrong or right with the object that held it.
    """

    counts: Floats
    energy_kev: Floats | None
    channels: Floats
    came_as: str
    scope: Scope
    nuclide: str | None
    rate_cps: float | None
    conditions: tuple[Precondition, ...] = ()

    def axis(self, position: float) -> float:
        """Return where a position in channels lies on the axis: in keV, or in channel numbers."""
        return float(np.interp(position, np.arange(self.channels.size), self.channels))

    def slope(self, position: float) -> float:
        """Return units of the axis per channel at a position."""
        last = self.channels.size - 1
        low = min(max(int(position), 0), last - 1)
        return float(self.channels[low + 1] - self.channels[low])

    def index(self, value: float) -> float:
        """Return where a value of the axis lies, in channels; beyond the ends the end."""
        return float(np.interp(value, self.channels, np.arange(self.channels.size)))


def table_reading(name: str, label: str, *, energies: bool) -> Reading:
    """Declare a spectrum as a table, of energies in keV or of channels."""
    first = Column("energy", "keV") if energies else Column("channel")
    return Reading(
        name=name,
        label=label,
        unit="{counts}",
        kind=ReadingKind.TABLE,
        columns=(first, Column("counts", "{counts}")),
        required=False,
        hint="One row per channel, in rising order, as the multichannel analyser exports it.",
    )


def from_table(
    inputs: Inputs, name: str, *, energies: bool, nuclide: str | None
) -> GivenSpectrum | None:
    """Return the spectrum of a table; None when it was not supplied.

    Raises
    ------
    ParameterError
        If it is no spectrum.
    """
    reading = inputs.readings.get(name)
    if reading is None:
        return None
    rows = np.asarray(reading.value if isinstance(reading.value, tuple) else [], dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != 2 or not LEAST_ROWS <= rows.shape[0] <= MOST_ROWS:
        raise ParameterError(
            f"{name} has {rows.shape[0] if rows.ndim == 2 else 0} rows,"
            f" needs {LEAST_ROWS} to {MOST_ROWS} of two numbers",
            quantity=name,
            value=float(rows.shape[0]),
            bound=f"{LEAST_ROWS} to {MOST_ROWS}",
        )
    axis, counts = np.array(rows[:, 0]), np.array(rows[:, 1])
    if not counts.min() >= 0.0:
        raise ParameterError(
            f"{name} holds counts down to {counts.min():g}, needs at least 0",
            quantity=f"counts of {name}",
            value=float(counts.min()),
            bound=0.0,
        )
    if not (np.isfinite(rows).all() and (np.diff(axis) > 0.0).all()):
        raise ParameterError(
            f"the first column of {name} has steps down to {np.diff(axis).min():g}, needs a column"
            " that rises",
            quantity=f"first column of {name}",
            value=float(np.diff(axis).min()),
            bound=0.0,
        )
    return GivenSpectrum(
        counts=counts,
        energy_kev=axis if energies else None,
        channels=axis,
        came_as="table",
        scope=Scope(),
        nuclide=nuclide,
        rate_cps=None,
    )


def not_cut_off(spectrum: GivenSpectrum, peak: int, *, scope: Scope, clause: str) -> Precondition:
    """Check that the top of a peak was not cut off where a counter or a file holds no more.

    Parameters
    ----------
    peak
        The highest channel of the peak.
    """
    first = last = peak
    while first > 0 and spectrum.counts[first - 1] == spectrum.counts[peak]:
        first -= 1
    while last < spectrum.counts.size - 1 and spectrum.counts[last + 1] == spectrum.counts[peak]:
        last += 1
    return bounded(
        PreconditionCode.OVERFLOW,
        "channels next to each other that hold the highest count of the peak",
        float(last - first + 1),
        upper=float(MOST_ALIKE),
        unit="1",
        severity=Severity.HARD,
        scope=scope,
        clause=clause,
    )


def spectra_of(acquisition: Acquisition, clause: str) -> tuple[GivenSpectrum, ...]:
    """Return the spectra that an acquisition holds: its own, or one of each head of a sweep.

    An image whose windows do not follow each other holds none.
    """
    if isinstance(acquisition, Spectrum):
        return (_own(acquisition),)
    if isinstance(acquisition, FrameStack) and (steps := sweep(acquisition)):
        return _of_heads(acquisition, steps, clause)
    return ()


def sweep(acquisition: FrameStack) -> tuple[EnergyWindow, ...]:
    """Return the windows of an image in the order of energy if they are the steps of a sweep.

    Steps are narrow, alike, and each begins where the one before ends.
    """
    steps = sorted(acquisition.energy_windows, key=lambda w: w.lower_kev)
    if len(steps) < LEAST_STEPS:
        return ()
    widths = np.array([w.upper_kev - w.lower_kev for w in steps])
    joins = np.array([b.lower_kev - a.upper_kev for a, b in pairwise(steps)])
    mean = float(widths.mean())
    even = np.abs(widths - mean).max() <= EVEN_PERCENT / 100.0 * mean
    joined = np.abs(joins).max() <= EVEN_PERCENT / 100.0 * mean
    narrow = mean <= WIDEST_STEP_PERCENT / 100.0 * steps[-1].centre_kev
    return tuple(steps) if even and joined and narrow else ()


def nuclide_of(acquisition: Acquisition, stated: str | None) -> str | None:
    """Return the nuclide: as stated, else of the header, else the one a window is named after."""
    if stated is not None:
        return canonical_name(stated) or stated
    if acquisition.nuclide is not None:
        return acquisition.nuclide
    named = {canonical_name(window.name) for window in acquisition.energy_windows} - {None}
    return named.pop() if len(named) == 1 else None


def principal_line_kev(nuclide: str) -> float | None:
    """Return the first photopeak on which windows are set for a nuclide."""
    return next(iter(imaged_lines_kev(nuclide)), None)


def _own(acquisition: Spectrum) -> GivenSpectrum:
    counts = np.asarray(acquisition.counts, dtype=np.float64)
    energy = acquisition.energy_kev
    if energy is not None and not (np.isfinite(energy).all() and (np.diff(energy) > 0.0).all()):
        raise UnsuitableAcquisitionError(
            "the energies of the spectrum do not rise from channel to channel",
            quantity="energy axis",
        )
    live = acquisition.live_s
    return GivenSpectrum(
        counts=counts,
        energy_kev=energy,
        channels=np.arange(counts.size, dtype=np.float64) if energy is None else energy,
        came_as="spectrum",
        scope=_only_detector(acquisition),
        nuclide=acquisition.nuclide,
        rate_cps=float(counts.sum()) / live if live is not None and live > 0.0 else None,
    )


def _of_heads(
    acquisition: FrameStack, steps: tuple[EnergyWindow, ...], clause: str
) -> tuple[GivenSpectrum, ...]:
    heads = single_frames(acquisition)
    middles = np.array([step.centre_kev for step in steps])
    found = []
    for detector in sorted({head.detector for head in heads}, key=lambda d: d or 0):
        parts = {head.energy_window: head for head in heads if head.detector == detector}
        missing = [step.number for step in steps if step.number not in parts]
        if missing:
            raise UnsuitableAcquisitionError(
                f"{len(missing)} of {len(steps)} windows of the sweep have no frame",
                quantity="frames of a sweep",
                value=len(steps) - len(missing),
                bound=len(steps),
            )
        inside = [parts[step.number] for step in steps]
        durations = {part.duration_s for part in inside}
        if len(durations) > 1:
            raise UnsuitableAcquisitionError(
                "the windows of the sweep were counted for different durations, needs equal ones",
                quantity="duration",
            )
        scope = Scope.of(detector=detector)
        duration = durations.pop()
        counts = np.array([part.total for part in inside])
        found.append(
            GivenSpectrum(
                counts=counts,
                energy_kev=middles,
                channels=middles,
                came_as="sweep",
                scope=scope,
                nuclide=acquisition.nuclide,
                rate_cps=None if duration is None else float(counts.sum()) / duration,
                conditions=(
                    no_overflow(
                        acquisition,
                        max(part.highest_pixel for part in inside),
                        scope=scope,
                        clause=clause,
                    ),
                ),
            )
        )
    return tuple(found)


def _only_detector(acquisition: Acquisition) -> Scope:
    detectors = acquisition.detectors
    return Scope.of(detector=detectors[0].number if len(detectors) == 1 else None)
