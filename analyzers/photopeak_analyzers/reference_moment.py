"""Which moment the values of a reconstruction refer to: as corrected for decay, or as counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import known
from photopeak_analyzers.contract import Note, Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.errors import UnsuitableAcquisitionError


class DecayReference(StrEnum):
    """To which moment values were corrected for decay; HEADER leaves it to the header."""

    HEADER = "header"
    START = "start"
    ADMINISTRATION = "administration"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What values refer to: the activity at `at`, or its mean over `duration_s` from there."""

    at: datetime
    duration_s: float
    words: str
    told: bool


def stated_reference(volume: Volume) -> DecayReference | None:
    """Return to which moment the header says that values were corrected; None when it does not."""
    words = {
        "START": DecayReference.START,
        "ADMIN": DecayReference.ADMINISTRATION,
        "NONE": DecayReference.NONE,
    }
    written = volume.decay_correction.upper()
    if written in words:
        return words[written]
    if volume.corrections is None:
        return None
    return DecayReference.START if "DECY" in volume.corrections else DecayReference.NONE


def administered(volume: Volume) -> datetime:
    """Return the time of the administration.

    Raises
    ------
    UnsuitableAcquisitionError
        If the header does not tell it.
    """
    written = volume.header.get("RadiopharmaceuticalStartDateTime")
    try:
        at = datetime.fromisoformat(str(written))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UnsuitableAcquisitionError(
            "the values refer to the administration, and the header does not tell its time",
            quantity="time of the administration",
        )
    return at


def moment_note(moment: Moment) -> Note:
    """Say what the activity was decayed to."""
    told = "" if moment.told else ", which the header does not tell"
    return Note(
        code="REFERENCE_TIME",
        message=f"the values are taken to refer to {moment.words}{told}",
        values={"reference": moment.words, "told": "yes" if moment.told else "no"},
    )


def decay_correction_is_known(moment: Moment, clause: str) -> Precondition:
    """Check, as a warning, that somebody tells which moment the values refer to."""
    return known(
        PreconditionCode.TIME,
        "moment that the values refer to",
        moment.words if moment.told else None,
        severity=Severity.SOFT,
        scope=Scope(),
        clause=clause,
        expected="a stated correction for decay",
    )
