"""The patient guard: an object that may show a patient is put aside, never analysed.

What it says never contains a name, an identifier or a date of a person. The names of study and
series are not looked at: makers file quality control under clinical names and the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from photopeak.model.header import InstanceHeader, PatientIdentity
from photopeak.model.routing import Step
from photopeak.routing.conditions import Pattern
from photopeak.routing.text import normalise
from photopeak.settings import GuardSettings

PLACEHOLDER_BIRTH_DATES = frozenset(
    {date(1900, 1, 1), date(1901, 1, 1), date(1970, 1, 1), date(2000, 1, 1), date(1111, 11, 11)}
)
"""Dates that people and programs write when there is none."""
OLDEST_PATIENT = timedelta(days=120 * 366)


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """Whether the object may be quality control, with the reason when not."""

    passed: bool
    reason: str
    steps: tuple[Step, ...]


def check_patient(headers: Sequence[InstanceHeader], settings: GuardSettings) -> GuardVerdict:
    """Tell whether a series may be quality control, by who is named as its patient.

    One object that looks like a patient is enough to put the whole series aside. For each:

    - the object declares itself as quality control (QualityControlSubject or
      QualityControlImage YES): passed;
    - name and identifier both match a pattern of `settings`: passed;
    - one of them matches: passed, unless there is a birth date that may be real or the object
      declares that its subject is none of quality control;
    - neither name nor identifier, no birth date and no accession number: it names nobody; passed;
    - everything else looks like a patient.
    """
    patterns = [Pattern.compile(source) for source in settings.qc_patient]
    steps: list[Step] = []
    seen: set[tuple[PatientIdentity, str, date | None]] = set()
    for header in headers:
        acquired = header.acquired_at.date() if header.acquired_at else None
        key = (header.patient, _declared(header), acquired)
        if key in seen:
            continue
        seen.add(key)
        passed, message = _check(header.patient, key[1], acquired, patterns)
        step = Step(
            stage="guard",
            subject="patient",
            effect="passed" if passed else "rejected",
            message=message,
        )
        if step not in steps:
            steps.append(step)
        if not passed:
            return GuardVerdict(False, f"looks like a patient: {message}", tuple(steps))
    return GuardVerdict(True, "", tuple(steps))


def _declared(header: InstanceHeader) -> str:
    """Return YES or NO as the object says of itself, or nothing."""
    for keyword in ("QualityControlSubject", "QualityControlImage"):
        for value in header.elements.get(keyword, ()):
            word = str(value).strip().upper()
            if word in {"YES", "BOTH"}:
                return "YES"
            if word == "NO":
                return "NO"
    return ""


def _check(
    patient: PatientIdentity, declared: str, acquired: date | None, patterns: Sequence[Pattern]
) -> tuple[bool, str]:
    if declared == "YES":
        return True, "the object declares itself as quality control"
    born = plausible_birth_date(patient.birth_date, acquired)
    name, identifier = _matches(patient.name, patterns), _matches(patient.patient_id, patterns)
    if name and identifier:
        return True, "name and identifier are those of a phantom"
    if name or identifier:
        which = "name" if name else "identifier"
        if born:
            return False, f"the {which} is that of a phantom, but the birth date may be real"
        if declared == "NO":
            return False, f"the {which} is that of a phantom, but the object declares a patient"
        return True, f"the {which} is that of a phantom"
    named = normalise(patient.name).strip("^ ") or normalise(patient.patient_id)
    if not named and not born and not patient.accession_present and declared != "NO":
        return True, "the object names nobody"
    signs = [
        sign
        for sign, present in (
            ("neither name nor identifier is that of a phantom", bool(named)),
            ("no name of a phantom", not named),
            ("a birth date that may be real", born),
            ("an accession number", patient.accession_present),
        )
        if present
    ]
    return False, ", ".join(signs)


def _matches(text: str, patterns: Sequence[Pattern]) -> bool:
    """Search the patterns; one that does not come to an end recognises nothing."""
    normal = normalise(text)
    if not normal:
        return False
    for pattern in patterns:
        try:
            if pattern.search(normal):
                return True
        except TimeoutError:
            continue
    return False


def plausible_birth_date(birth_date: str, acquired: date | None) -> bool:
    """Tell whether a date (``YYYYMMDD``) may be that of a person's birth.

    A date that is none, a well-known placeholder, the day of the acquisition itself (consoles ask
    for one, and people type today's) or one that makes the person older than anybody is not.
    """
    digits = "".join(birth_date.strip().split("."))
    if len(digits) != 8 or not digits.isdigit() or not digits.isascii():
        return False
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    if born in PLACEHOLDER_BIRTH_DATES or born.year < 1850:
        return False
    if acquired is None:
        return True
    return timedelta(days=0) < acquired - born < OLDEST_PATIENT
