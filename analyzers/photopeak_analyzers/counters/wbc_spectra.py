"""The spectra of a whole-body counter: energies, expected widths, times, and what has to hold of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.acquisition import AcquisitionKind, Spectrum
from photopeak_analyzers.conditions import bounded, known
from photopeak_analyzers.contract import (
    Inputs,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Role,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError

HPGE, NAI = "HPGe", "NaI"

LARGEST_DEAD_TIME_PERCENT = 10.0
"""Practice: above, pile-up takes counts out of peaks that the live time does not give back."""

LEAST_DEAD_TIME_PERCENT = -0.1
"""Live time is no longer than real time, but for how a file rounds them; else they are exchanged."""

FEWEST_CHANNELS = 16
"""Channels that the search for peaks needs."""

MOST_CHANNELS = 1 << 16
"""More than any analyser has; beyond, peaks are so many channels wide that their fits take minutes."""

MOST_ALIKE = 2
"""Channels next to each other that may hold the highest count: noise does not make three alike."""

KINDS = frozenset({AcquisitionKind.SPECTRUM})

DETECTOR_TYPE = Reading(
    name="detector_type",
    label="Type of detector",
    label_zh="探测器类型",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=(HPGE, NAI),
    hint="The crystal belongs to the device: its entry in devices.toml can say it once, as a reading.",
)

OFFSET = Reading(
    name="offset_kev",
    label="Energy of channel 0",
    label_zh="0道能量",
    unit="keV",
    minimum=-500.0,
    maximum=500.0,
    required=False,
    hint="Of the energy calibration in use, where the file of the spectrum does not hold it.",
)

GAIN = Reading(
    name="gain_kev_per_channel",
    label="Energy per channel",
    label_zh="每道能量",
    unit="keV",
    minimum=0.001,
    maximum=100.0,
    required=False,
    hint=OFFSET.hint,
)

Floats = NDArray[np.float64]


def spectrum_role(name: str, label: str, hint: str = "", *, minimum: int = 1) -> Role:
    """Return a role that takes one spectrum."""
    return Role(name=name, kinds=KINDS, minimum=minimum, maximum=1, label=label, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WbcSpectrum:
    """One spectrum; `energy_kev` is that of the middle of each channel, None when not known."""

    counts: Floats
    energy_kev: Floats | None
    acquisition: Spectrum

    @property
    def live_s(self) -> float:
        """Live time in s.

        Raises
        ------
        UnsuitableAcquisitionError
            If the file does not tell it.
        """
        live = self.acquisition.live_s
        if live is None or not (math.isfinite(live) and live > 0.0):
            raise UnsuitableAcquisitionError(
                "the live time of the spectrum is not known, needs more than 0 s",
                quantity="live time",
                value=live,
                bound=0.0,
            )
        return live

    def calibrated(self) -> Floats:
        """Return the energies.

        Raises
        ------
        UnsuitableAcquisitionError
            If there are none.
        """
        if self.energy_kev is None:
            raise UnsuitableAcquisitionError(
                "the spectrum has no valid energy calibration; give offset_kev and"
                " gain_kev_per_channel of the calibration in use",
                quantity="energy calibration",
            )
        return self.energy_kev

    def channel(self, energy_kev: float) -> float:
        """Return where an energy lies, in channels.

        Raises
        ------
        UnsuitableAcquisitionError
            If it is outside of the spectrum.
        """
        energies = self.calibrated()
        if not energies[0] <= energy_kev <= energies[-1]:
            raise UnsuitableAcquisitionError(
                f"the energy {energy_kev:g} keV is outside of the spectrum, which reaches from"
                f" {energies[0]:.4g} to {energies[-1]:.6g} keV",
                quantity="energy",
                value=energy_kev,
                bound=f"{energies[0]:.4g} to {energies[-1]:.6g}",
            )
        return float(np.interp(energy_kev, energies, np.arange(energies.size)))

    def kev(self, channel: float) -> float:
        """Return the energy of a place in channels."""
        energies = self.calibrated()
        return float(np.interp(channel, np.arange(energies.size), energies))

    def kev_per_channel(self, channel: float) -> float:
        """Return how much energy one channel is there."""
        energies = self.calibrated()
        low = min(max(int(channel), 0), energies.size - 2)
        return float(energies[low + 1] - energies[low])

    def fwhm_channels(self, detector: str) -> Floats:
        """Return the width that a peak is expected to have at each channel, in channels."""
        energies = self.calibrated()
        return np.clip(
            expected_fwhm_kev(detector, energies) / np.gradient(energies), 1.0, energies.size / 4.0
        )

    def guessed_fwhm_channels(self, detector: str, full_scale_kev: float) -> Floats:
        """Return the width to be expected at each channel without energies, by those of the last one."""
        step = full_scale_kev / self.counts.size
        widths = expected_fwhm_kev(detector, step * np.arange(self.counts.size)) / step
        return np.clip(widths, 1.0, self.counts.size / 4.0)


def full_scale() -> Any:
    """Declare ``full_scale_kev: float`` for :meth:`WbcSpectrum.guessed_fwhm_channels`."""
    return parameter(
        2000.0,
        doc="energy of the last channel, by which widths of peaks are expected in a file without energies",
        unit="keV",
        minimum=100.0,
        maximum=20_000.0,
    )


def expected_fwhm_kev(detector: str, energy_kev: ArrayLike) -> Floats:
    """Return the FWHM that peaks of a usual detector have; a fit finds that of this one.

    Germanium: 0.9 keV of noise and 1.8 keV at 1332.5 keV. Sodium iodide: 7.5 % at 661.7 keV and by the
    root of the energy.
    """
    energy = np.maximum(np.asarray(energy_kev, dtype=np.float64), 20.0)
    if detector == HPGE:
        return np.sqrt(0.81 + 0.0018 * energy)
    return np.asarray(0.075 * 661.7 * np.sqrt(energy / 661.7))


def spectrum_of(acquisition: Spectrum, inputs: Inputs) -> WbcSpectrum:
    """Return a spectrum with the energies of its file, else those of the calibration in use."""
    counts = np.array(acquisition.counts, dtype=np.float64)
    if not (np.isfinite(counts).all() and float(counts.min()) >= 0.0 and float(counts.sum()) > 0.0):
        raise UnsuitableAcquisitionError(
            "the spectrum is empty, or holds channels below 0",
            quantity="counts",
            value=float(np.nan_to_num(counts).sum()),
            bound=1.0,
        )
    if counts.size < FEWEST_CHANNELS:
        raise UnsuitableAcquisitionError(
            f"the spectrum has {counts.size} channels, needs at least {FEWEST_CHANNELS}",
            quantity="channels",
            value=counts.size,
            bound=FEWEST_CHANNELS,
        )
    if counts.size > MOST_CHANNELS:
        raise UnsuitableAcquisitionError(
            f"the spectrum has {counts.size} channels, needs at most {MOST_CHANNELS}",
            quantity="channels",
            value=counts.size,
            bound=MOST_CHANNELS,
        )
    energies = acquisition.energy_kev
    given = [reading.name in inputs.readings for reading in (OFFSET, GAIN)]
    if any(given) and not all(given):
        missing = GAIN.name if given[0] else OFFSET.name
        raise MissingReadingError(f"the reading {missing} is missing", quantity=missing)
    if energies is None and all(given):
        steps = np.arange(counts.size, dtype=np.float64)
        energies = np.asarray(inputs.number(OFFSET.name) + inputs.number(GAIN.name) * steps)
    if energies is not None and not (
        np.isfinite(energies).all() and (np.diff(energies) > 0.0).all()
    ):
        raise UnsuitableAcquisitionError(
            "the energies of the spectrum are no numbers or do not rise from channel to channel",
            quantity="energy axis",
        )
    return WbcSpectrum(
        counts=counts,
        energy_kev=None if energies is None else np.array(energies, dtype=np.float64),
        acquisition=acquisition,
    )


def detector_of(inputs: Inputs) -> str:
    """Return the type of the detector.

    Raises
    ------
    MissingReadingError
        If it was not told.
    """
    given = inputs.readings.get(DETECTOR_TYPE.name)
    if given is None or given.value not in DETECTOR_TYPE.choices:
        raise MissingReadingError(
            f"the reading {DETECTOR_TYPE.name} is missing, needs {HPGE} or {NAI}",
            quantity=DETECTOR_TYPE.name,
        )
    return str(given.value)


def spectrum_conditions(
    given: WbcSpectrum, clause: str, *, what: str = "", timed: bool = True
) -> list[Precondition]:
    """Ask for a live time, little dead time, and no channel that is cut off at the top."""
    scope = Scope.of(spectrum=what or None)
    live, real = given.acquisition.live_s, given.acquisition.real_s
    dead = None
    if live is not None and real is not None and real > 0.0:
        dead = 100.0 * (1.0 - live / real)
    checked = [
        bounded(
            PreconditionCode.OVERFLOW,
            "channels next to each other that hold the highest count",
            float(_alike(given.counts)),
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
            lower=LEAST_DEAD_TIME_PERCENT,
            upper=LARGEST_DEAD_TIME_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
    ]
    if timed:
        checked.append(
            known(
                PreconditionCode.DURATION,
                "live time",
                live,
                unit="s",
                severity=Severity.HARD,
                scope=scope,
                clause=clause,
            )
        )
    return checked


def _alike(counts: Floats) -> int:
    """Return the longest run of channels that hold the highest count; of few counts any may."""
    top = float(counts.max())
    if top < 100.0:
        return 1
    edges = np.flatnonzero(np.diff(np.concatenate([[0], counts == top, [0]])))
    return int((edges[1::2] - edges[::2]).max())
