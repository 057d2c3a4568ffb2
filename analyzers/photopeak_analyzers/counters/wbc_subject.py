"""What is told of the person who is measured: a number in place of a name, and what a report asks for.

WS/T 584-2017 8.1. A number that looks like a name is neither shown nor repeated in a message.
"""

from __future__ import annotations

from photopeak_analyzers.contract import Inputs, Note, Reading, ReadingKind
from photopeak_analyzers.subject import looks_like_a_name

SUBJECT_ID = Reading(
    name="subject_id",
    label="Number of the subject (pseudonym)",
    label_zh="受检者编号(化名)",
    unit="1",
    kind=ReadingKind.TEXT,
    hint="A code, never a name: who it is stays with the site.",
)
SEX = Reading(
    name="sex",
    label="Sex",
    label_zh="性别",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=("female", "male", "other"),
    required=False,
)
AGE = Reading(
    name="age_years",
    label="Age",
    label_zh="年龄",
    unit="a",
    minimum=0.0,
    maximum=120.0,
    required=False,
)
HISTORY = Reading(
    name="exposure_history",
    label="History of contamination",
    label_zh="放射性污染接触史",
    unit="1",
    kind=ReadingKind.TEXT,
    required=False,
)
STAFF = Reading(
    name="staff",
    label="Who measured (initials or number)",
    label_zh="检查工作人员",
    unit="1",
    kind=ReadingKind.TEXT,
    required=False,
)
PREPARED = Reading(
    name="prepared",
    label="Metal objects taken off, surface free of contamination",
    label_zh="已取下金属物件且无体表污染",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=("yes", "no"),
    required=False,
    hint="WS/T 584-2017 6.1, 6.2.",
)


def words_of(inputs: Inputs, reading: Reading) -> str | None:
    """Return a text or a word, or None when it was not given."""
    given = inputs.readings.get(reading.name)
    return str(given.value) if given is not None and isinstance(given.value, str) else None


def subject_of(inputs: Inputs) -> tuple[str | None, tuple[Note, ...]]:
    """Return the subject's number; withheld, with a warning, where it looks like a name."""
    number = words_of(inputs, SUBJECT_ID)
    if number is None or not looks_like_a_name(number):
        return number, ()
    return "(withheld)", (
        Note(
            code="SUBJECT_LOOKS_LIKE_A_NAME",
            message="the number of the subject looks like the name of a person and is not shown; use a"
            " pseudonym",
        ),
    )
