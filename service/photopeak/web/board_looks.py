"""How the states of tests and the words for devices look on boards.

Severity is carried by luminance: only ACTION is a solid field. READY has no colour but its icon, and
what is not known never looks like a pass.
"""

from collections.abc import Mapping
from typing import Any

from photopeak.model.schedule import CellState, Readiness
from photopeak.web.looks import Look
from photopeak.web.words import Words

CELL = {
    CellState.ACTION: Look("act", "act", "Action", "A value is outside its limit."),
    CellState.NO_RESULT: Look("question", "warn", "No result", "It could not be analysed."),
    CellState.OVERDUE: Look("late", "late", "Overdue", "It should have been here by now."),
    CellState.WARNING: Look("warn", "warn", "Warning", "Something needs a look."),
    CellState.DUE: Look("clock", "due", "Due", "It is to be done now."),
    CellState.PASS: Look("pass", "pass", "Pass", "Every judged value is inside its limits."),
    CellState.NOT_SCHEDULED: Look("dash", "none", "Not scheduled", "Nothing is expected."),
}
"""Look of a test of a device."""

READINESS = {
    Readiness.READY: Look("pass", "pass", "Ready", "Every required test of the day passed."),
    Readiness.CHECK: Look("warn", "warn", "Check", "Something needs a look before use."),
    Readiness.HOLD: Look("act", "act", "Hold", "Contact physics before use."),
    Readiness.NOT_RECEIVED: Look("late", "late", "QC not received", "A required test is missing."),
    Readiness.NOT_SCHEDULED: Look("dash", "none", "Not scheduled", "Nothing is expected today."),
}
"""Look of a device."""

WAITING = Look("clock", "due", "QC not received", "A required test is to be done now.")
"""Look of a device whose tests are missing and not late yet."""


def verdict_words(words: Words, own: Mapping[Any, str]) -> dict[Readiness, str]:
    """Return the word for each way a device may stand, the site's own where it has one."""
    return {
        readiness: own.get(readiness.value) or words(look.word)
        for readiness, look in READINESS.items()
    }


LEGEND = (
    CellState.PASS,
    CellState.WARNING,
    CellState.ACTION,
    CellState.DUE,
    CellState.OVERDUE,
    CellState.NO_RESULT,
)
"""States that a legend explains."""
