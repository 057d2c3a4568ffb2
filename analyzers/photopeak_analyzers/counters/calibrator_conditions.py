"""What has to hold of readings of a radionuclide calibrator."""

from __future__ import annotations

from collections.abc import Sequence

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Inputs,
    Note,
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.counters.calibrator_readings import BACKGROUND, MeterReading
from photopeak_analyzers.nuclide_table import HalfLife

OVER_BACKGROUND = 20.0
"""Readings below so many times the background are not judged. Practice."""

SLOW_HALF_LIFE_S = 30.0 * 86_400.0
"""From here on, the decay within a working day, 0.9 %, needs no time of each reading."""

MOST_HALF_LIVES = 5.0
"""Later, impurities that live longer and the half-life itself begin to count. Practice."""

CONTAINER_DEPENDENT = frozenset(
    {"Am-241", "Cd-109", "Ho-166", "I-123", "I-125", "In-111", "Tb-161", "Tl-201", "Xe-133", "Y-90"}
)
"""Much of the response comes from soft X-rays or bremsstrahlung. Practice."""

WHOLE = Scope()


def number_condition(found: int, wanted: int, clause: str, scope: Scope = WHOLE) -> Precondition:
    """Ask for so many readings; fewer warn."""
    return bounded(
        PreconditionCode.COUNTS,
        "readings",
        found,
        lower=wanted,
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
    )


def background_condition(
    smallest_mbq: float, background: float | None, clause: str, scope: Scope = WHOLE
) -> Precondition:
    """Ask that the smallest reading is well above the background; not known without one."""
    return bounded(
        PreconditionCode.BACKGROUND,
        "smallest reading",
        None if background is None else smallest_mbq,
        lower=None if background is None else OVER_BACKGROUND * abs(background),
        unit="MBq",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
        expected=f"{OVER_BACKGROUND:g} times the background",
    )


def time_condition(
    readings: Sequence[MeterReading], life: HalfLife, clause: str, scope: Scope = WHOLE
) -> Precondition:
    """Ask for the times of readings of a source that decays while it is read."""
    timed = sum(each.at is not None for each in readings)
    slow = life.seconds >= SLOW_HALF_LIFE_S
    return bounded(
        PreconditionCode.TIME,
        "readings with a time",
        None if timed < len(readings) and not slow else float(timed),
        lower=None if slow else float(len(readings)),
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
        expected="a source that lives long" if slow else "a time with each reading",
    )


def setting_condition(
    nuclide: str, setting: str, clause: str, scope: Scope = WHOLE
) -> Precondition:
    """Refuse an activity that was read on the setting of another nuclide."""
    return Precondition(
        code=PreconditionCode.NUCLIDE,
        severity=Severity.HARD,
        outcome=Outcome.MET if setting == nuclide else Outcome.NOT_MET,
        scope=scope,
        quantity="setting of the calibrator",
        value=setting,
        expected=nuclide,
        clause=clause,
    )


def well_above_background(
    read: Sequence[MeterReading], inputs: Inputs, clause: str, scope: Scope = WHOLE
) -> Precondition:
    """Ask the same of readings each of which may have a background of its own."""
    told = BACKGROUND.name in inputs.readings or all(each.background_mbq for each in read)
    weakest = min(
        read, key=lambda each: each.gross_mbq - OVER_BACKGROUND * abs(each.background_mbq)
    )
    return background_condition(
        weakest.gross_mbq, weakest.background_mbq if told else None, clause, scope
    )


def age_condition(
    elapsed_s: float, life: HalfLife, clause: str, scope: Scope = WHOLE
) -> Precondition:
    """Ask that a reference is not older than some half-lives, and not from the future."""
    return bounded(
        PreconditionCode.CALIBRATION_EXPIRED,
        "half-lives since the reference",
        elapsed_s / life.seconds,
        lower=0.0,
        upper=MOST_HALF_LIVES,
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
    )


def container_notes(nuclide: str, scope: Scope = WHOLE) -> list[Note]:
    """Remark a nuclide of which a calibrator sees much by soft radiation or bremsstrahlung."""
    if nuclide not in CONTAINER_DEPENDENT:
        return []
    return [
        Note(
            code="CONTAINER_DEPENDENT",
            message=f"what a calibrator shows of {nuclide} depends on the container: its setting has"
            " to be that of the container in use",
            scope=scope,
            values={"nuclide": nuclide},
        )
    ]
