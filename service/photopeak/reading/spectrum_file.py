"""A spectrum as a file holds it, whatever its form: counts, times, how channels become energies.

Plain values; an array is made of them where one is analysed. The energy of a channel is that of its
middle. An energy calibration that cannot be (all zero, not rising) does not stop the reading: it is said,
and the axis is that of the channels.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from photopeak.reading.errors import UnreadableError
from photopeak_analyzers.subject import looks_like_a_name

LARGEST_BYTES = 16 * 1024 * 1024
MOST_CHANNELS = 1 << 18
FEWEST_CHANNELS = 16
MOST_COUNTS = 2.0**48
"""In one channel; an analyser has 32 bits, sums of many acquisitions some more."""

LARGEST_KEV = 1e5
LONGEST_S = 1e8
"""Three years."""

MOST_COEFFICIENTS = 8

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_KEV_PER = {"kev": 1.0, "mev": 1000.0, "ev": 0.001}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumFile:
    """What a file says of one spectrum.

    Attributes
    ----------
    counts
        One for each channel.
    energies_kev
        Of the middle of each channel, rising; None when the channel axis is what there is.
    live_s, real_s
        Duration without and with the dead time; None where the file does not tell.
    title
        What the operator called it; left out where it looks like the name of a person.
    warnings
        What was odd, one sentence each.
    """

    counts: tuple[float, ...]
    energies_kev: tuple[float, ...] | None = None
    live_s: float | None = None
    real_s: float | None = None
    started_at: datetime | None = None
    title: str = ""
    manufacturer: str = ""
    model: str = ""
    serial_number: str = ""
    warnings: tuple[str, ...] = ()


def number(text: str, what: str) -> float:
    """Return a number as spectrum files write it.

    Raises
    ------
    UnreadableError
        If it is none; words such as ``nan`` and ``inf`` are none either.
    """
    if len(text) > 32 or _NUMBER.fullmatch(text) is None:
        raise UnreadableError(f"{what} is {text[:32]!r}, needs a number")
    value = float(text)
    if not math.isfinite(value):
        raise UnreadableError(f"{what} is {text[:32]!r}, needs a finite number")
    return value


def checked_counts(counts: Sequence[float]) -> tuple[float, ...]:
    """Return counts that a spectrum may have.

    Raises
    ------
    UnreadableError
        If there are too few or too many channels, or one holds what cannot be counted.
    """
    if not FEWEST_CHANNELS <= len(counts) <= MOST_CHANNELS:
        raise UnreadableError(
            f"the spectrum has {len(counts)} channels, needs {FEWEST_CHANNELS} to {MOST_CHANNELS}"
        )
    for channel, value in enumerate(counts):
        if not 0.0 <= value <= MOST_COUNTS:
            raise UnreadableError(
                f"channel {channel} holds {value:g} counts, needs 0 to {MOST_COUNTS:g}"
            )
    return tuple(counts)


def checked_time(value: float | None, what: str) -> tuple[float | None, tuple[str, ...]]:
    """Return a duration in s if it can be one, and what is wrong with it otherwise."""
    if value is None:
        return None, (f"the file does not tell the {what}",)
    if not 0.0 < value <= LONGEST_S:
        return None, (f"the {what} is {value:g} s, which is none",)
    return value, ()


def checked_times(
    live: float | None, real: float | None
) -> tuple[float | None, float | None, tuple[str, ...]]:
    """Return live and real time, with what is odd about them."""
    live_s, of_live = checked_time(live, "live time")
    real_s, of_real = checked_time(real, "real time")
    if live_s is not None and real_s is not None and live_s > 1.001 * real_s:
        return live_s, real_s, (f"the live time {live_s:g} s exceeds the real time {real_s:g} s",)
    return live_s, real_s, of_live + of_real


def kev_per(unit: str) -> float | None:
    """Return keV per unit, of ``keV``, ``MeV`` or ``eV``; None for any other word."""
    return _KEV_PER.get(unit.strip().lower())


def polynomial_energies(
    coefficients: Sequence[float], channels: int, *, first: int = 0
) -> tuple[tuple[float, ...] | None, tuple[str, ...]]:
    """Return the energies in keV of channels numbered from `first` on, and why there are none."""
    if not coefficients:
        return None, ("the file has no energy calibration, the axis is that of the channels",)
    if len(coefficients) > MOST_COEFFICIENTS:
        return None, (
            (
                f"the energy calibration has {len(coefficients)} coefficients, at most"
                f" {MOST_COEFFICIENTS} are read; the axis is that of the channels"
            ),
        )
    energies = []
    for channel in range(first, first + channels):
        energy = 0.0
        for coefficient in reversed(coefficients):
            energy = energy * channel + coefficient
        energies.append(energy)
    said = " ".join(f"{coefficient:g}" for coefficient in coefficients)
    return checked_energies(energies, said)


def checked_energies(
    energies: Sequence[float], said: str
) -> tuple[tuple[float, ...] | None, tuple[str, ...]]:
    """Return energies that rise from channel to channel and can be, else None and why."""
    wrong = (
        (
            f"the energy calibration ({said[:80]}) is not valid: energies have to rise from channel to"
            f" channel and to stay below {LARGEST_KEV:g} keV; the axis is that of the channels"
        ),
    )
    if not all(math.isfinite(energy) for energy in energies):
        return None, wrong
    if not -LARGEST_KEV <= energies[0] <= energies[-1] <= LARGEST_KEV:
        return None, wrong
    if any(after <= before for before, after in itertools.pairwise(energies)):
        return None, wrong
    return tuple(energies), ()


def safe_title(words: str) -> tuple[str, tuple[str, ...]]:
    """Return a title, or none and a warning where it looks like the name of a person."""
    title = " ".join(words.split())[:64]
    if looks_like_a_name(title):
        return "", (
            "the description looks like the name of a person and is left out; use a pseudonym",
        )
    return title, ()
