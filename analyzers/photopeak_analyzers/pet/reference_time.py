"""The moment that the values of a PET series refer to, and whether the header contradicts itself.

Enhanced objects name the moment, DecayCorrectionDateTime. In others, values corrected to START refer
to the start of the series (PS3.3 C.8.9.1.1), which is not that of a series made later on: where it lies
after the first frame, the start of the scan counts, as GE keeps it in (0009,xx0D), else the moment that
FrameReferenceTime counts from, else the start of the first frame.
ADMIN refers to the administration. With NONE each value is the mean over its frame, decay included;
frames that were begun at different moments then have no common one and are refused.

The header says some of it twice: DecayFactor is what a value was multiplied by, and
FrameReferenceTime when its frame had its mean activity.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TypeGuard

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.known_activity import started
from photopeak_analyzers.numerics.decay import LN2, decay_factor, mean_decay
from photopeak_analyzers.reference_moment import (
    DecayReference,
    Moment,
    administered,
    stated_reference,
)

ALIKE_S = 60.0
"""Moments that differ by less are the same one."""

LONGEST_WAIT_S = 600.0
"""Longest time from the start of a series to that of its first frame that is common."""

DECAY_FACTOR_PERCENT = 1.0

LONGEST_BEFORE = timedelta(days=1)
"""A reference that lies farther before the first frame is a placeholder, such as the year 1."""


def moment_of(volume: Volume, half_life_s: float, stated: DecayReference) -> Moment:
    """Return what the values refer to.

    Raises
    ------
    UnsuitableAcquisitionError
        If the header does not tell a time that it takes, or no common moment exists.
    """
    reference = stated if stated is not DecayReference.HEADER else stated_reference(volume)
    told = reference is not None
    if reference is DecayReference.ADMINISTRATION:
        at = administered(volume)
        return Moment(at=at, duration_s=0.0, words="the administration", told=told)
    if reference is DecayReference.NONE:
        return _uncorrected(volume, told)
    at, words = _start(volume, half_life_s)
    return Moment(at=at, duration_s=0.0, words=words, told=told)


def agreement_conditions(
    volume: Volume, moment: Moment, half_life_s: float, clause: str
) -> tuple[Precondition, ...]:
    """Check, as warnings, what the header says of the reference in other places."""
    first, series = started(volume), _time(volume, "SeriesDateTime")
    found = [
        bounded(
            PreconditionCode.TIME,
            "start of the first frame after that of the series",
            None if series is None else (first - series).total_seconds(),
            lower=-ALIKE_S,
            upper=LONGEST_WAIT_S,
            unit="s",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=clause,
            expected="a series of the scan, not one made later on",
        )
    ]
    waited = administered_before_s(volume)
    if waited is not None:
        found.append(
            bounded(
                PreconditionCode.TIME,
                "start of the first frame after the administration",
                waited,
                lower=-ALIKE_S,
                unit="s",
                severity=Severity.SOFT,
                scope=Scope(),
                clause=clause,
            )
        )
    counted = _counted_from(volume, first, half_life_s)
    if counted is not None and moment.words != _ADMINISTRATION and not moment.duration_s:
        found.append(
            bounded(
                PreconditionCode.TIME,
                "reference less the moment that FrameReferenceTime counts from",
                (moment.at - counted).total_seconds(),
                lower=-ALIKE_S,
                upper=ALIKE_S,
                unit="s",
                severity=Severity.SOFT,
                scope=Scope(),
                clause=clause,
            )
        )
    factor, duration = _number(volume, "DecayFactor"), duration_s(volume)
    # A factor of 1 is what consoles write that do not fill it.
    if factor is not None and duration is not None and (factor != 1.0 or moment.duration_s):
        expected = 1.0
        if not moment.duration_s:
            elapsed = (first - moment.at).total_seconds()
            expected = 1.0 / (
                decay_factor(elapsed, half_life_s) * mean_decay(duration, half_life_s)
            )
        found.append(
            bounded(
                PreconditionCode.TIME,
                "decay factor of the header less that of its times",
                100.0 * (factor / expected - 1.0),
                lower=-DECAY_FACTOR_PERCENT,
                upper=DECAY_FACTOR_PERCENT,
                unit="%",
                severity=Severity.SOFT,
                scope=Scope(),
                clause=clause,
                expected=f"a factor of {expected:.4g}",
            )
        )
    return tuple(found)


def administered_before_s(volume: Volume) -> float | None:
    """Return the time from the administration to the first frame; None where the header tells none."""
    at = _time(volume, "RadiopharmaceuticalStartDateTime")
    return None if at is None else (started(volume) - at).total_seconds()


def duration_s(volume: Volume) -> float | None:
    """Return the duration of a frame; None where the header does not tell."""
    milliseconds = _number(volume, "ActualFrameDuration")
    return None if milliseconds is None or milliseconds <= 0.0 else milliseconds / 1e3


def refuse_unequal_durations(volume: Volume) -> None:
    """Refuse slices whose frames took different times.

    Raises
    ------
    UnsuitableAcquisitionError
        If the header tells of a shortest and a longest one.
    """
    shortest, longest = (
        _number(volume, f"{each}FrameDuration") for each in ("Shortest", "Longest")
    )
    if shortest is not None and longest is not None:
        raise UnsuitableAcquisitionError(
            f"the frames of the slices took {shortest / 1e3:g} to {longest / 1e3:g} s, needs the same"
            " time for all: their values are no measure of one activity",
            quantity="duration of a frame",
            value=longest / 1e3,
            bound=shortest / 1e3,
        )


_ADMINISTRATION = "the administration"


def _uncorrected(volume: Volume, told: bool) -> Moment:
    first, duration = started(volume), duration_s(volume)
    if duration is None:
        raise UnsuitableAcquisitionError(
            "the values are not corrected for decay, and the header does not tell how long a frame"
            " took",
            quantity="duration of a frame",
        )
    refuse_unequal_durations(volume)
    last = _time(volume, "LastAcquisitionDateTime") or first
    apart = (last - first).total_seconds()
    if apart > ALIKE_S:
        raise UnsuitableAcquisitionError(
            f"the values are not corrected for decay, and the slices were begun up to {apart:.0f} s"
            f" apart, needs at most {ALIKE_S:g} s: they refer to different moments",
            quantity="time between the frames",
            value=apart,
            bound=ALIKE_S,
        )
    return Moment(at=first, duration_s=duration, words="the mean over the frame", told=told)


def _start(volume: Volume, half_life_s: float) -> tuple[datetime, str]:
    first = started(volume)
    latest = first + timedelta(seconds=1)  # times of series are written in whole seconds

    def possible(moment: datetime | None) -> TypeGuard[datetime]:
        return moment is not None and first - LONGEST_BEFORE <= moment <= latest

    stated = _time(volume, "DecayCorrectionDateTime")
    if stated is not None:
        return stated, "the moment that the header names for it"
    series = _time(volume, "SeriesDateTime")
    if possible(series):
        return series, "the start of the series"
    scan = _time(volume, "GEScanDateTime")
    if series is not None and possible(scan):
        return scan, "the start of the scan, as GE keeps it"
    counted = _counted_from(volume, first, half_life_s)
    if series is not None and possible(counted):
        return counted, "the moment that FrameReferenceTime counts from"
    return first, "the start of the first frame"


def _counted_from(volume: Volume, first: datetime, half_life_s: float) -> datetime | None:
    """Return where FrameReferenceTime begins; 0 is what consoles write that do not fill it.

    It leads to the moment when the activity is the mean of the frame, ``t`` after its start with
    ``exp(-l t) = (1 - exp(-l T)) / (l T)``.
    """
    reference, duration = _number(volume, "FrameReferenceTime"), duration_s(volume)
    if reference is None or reference <= 0.0 or duration is None:
        return None
    middle = -math.log(mean_decay(duration, half_life_s)) * half_life_s / LN2
    return first + timedelta(seconds=middle - reference / 1e3)


def _number(volume: Volume, name: str) -> float | None:
    value = volume.header.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _time(volume: Volume, name: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(volume.header.get(name)))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
