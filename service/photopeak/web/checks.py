"""Conditions of a test as a page shows them: what was not met apart from what was."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak.model.judgement import Status
from photopeak.model.results import PreconditionRecord, ResultRecord
from photopeak.reports.text import capitalised, number_text, unit_text
from photopeak.web.looks import STATUS, Look
from photopeak.web.numbers import silent_scopes
from photopeak.web.values import scope_text
from photopeak.web.words import Words


@dataclass(frozen=True, slots=True)
class Check:
    """One condition as shown, for all detectors for which it came out alike.

    `found` holds what was found and where: (``detector 1``, ``7899 counts``); `measured` tells that
    the first of it is a number.
    """

    look: Look
    name: str
    need: str
    found: tuple[tuple[str, str], ...]
    clause: str
    met: bool
    required: bool
    measured: bool

    @property
    def text(self) -> str:
        """The condition in one line: ``count rate – ≤ 20 000 counts/s``."""
        return f"{self.name} – {self.need}" if self.need else self.name

    @property
    def alike(self) -> str:
        """What was found, where that is the same on several detectors; else empty."""
        values = {value for _, value in self.found}
        return values.pop() if len(self.found) > 1 and len(values) == 1 else ""


def checks(result: ResultRecord, words: Words) -> tuple[tuple[Check, ...], tuple[Check, ...]]:
    """Return the conditions that are not known to be met, the hard ones first, and the rest."""
    silent = silent_scopes(result)
    order = {"not_met": 0, "unknown": 1, "met": 2}
    ordered = sorted(result.preconditions, key=lambda p: (order[p.outcome], p.severity != "hard"))
    found: dict[tuple[str, ...], Check] = {}
    for condition in ordered:
        shown = _check(condition, words, silent)
        key = (shown.look.icon, shown.look.colour, shown.name, shown.need, str(shown.required))
        before = found.get(key)
        if before is not None:
            shown = _merged(before, shown)
        found[key] = shown
    return (
        tuple(c for c in found.values() if not c.met),
        tuple(c for c in found.values() if c.met),
    )


def _check(condition: PreconditionRecord, words: Words, silent: frozenset[str]) -> Check:
    if condition.met:
        look = STATUS[Status.PASS]
    elif condition.outcome == "unknown":
        look = STATUS[Status.ERROR]
    else:
        look = STATUS[Status.FAIL if condition.severity == "hard" else Status.WARN]
    unit = unit_text(condition.unit)
    where = scope_text(condition.scope, words, without=silent)
    return Check(
        look=look,
        name=capitalised(words.told(condition.quantity)) or condition.code,
        need=words.told(condition.expected) or _bounds_text(condition, unit),
        found=((where, _found(condition, unit, words)),),
        clause=words.told(condition.clause),
        met=condition.met,
        required=condition.severity == "hard",
        measured=isinstance(condition.value, int | float),
    )


def _merged(before: Check, other: Check) -> Check:
    return Check(
        look=before.look,
        name=before.name,
        need=before.need,
        found=(*before.found, *other.found),
        clause=before.clause,
        met=before.met,
        required=before.required,
        measured=before.measured,
    )


def _bounds_text(condition: PreconditionRecord, unit: str) -> str:
    lower = None if condition.lower is None else number_text(condition.lower)
    upper = None if condition.upper is None else number_text(condition.upper)
    if condition.lower is not None and condition.upper is not None:
        if condition.lower == condition.upper:
            return f"{upper} {unit}".rstrip()
        if condition.lower == -condition.upper:
            return f"± {upper} {unit}".rstrip()
        return f"{lower} … {upper} {unit}".rstrip()
    if upper is not None:
        return f"≤ {upper} {unit}".rstrip()
    return "" if lower is None else f"≥ {lower} {unit}".rstrip()


def _found(condition: PreconditionRecord, unit: str, words: Words) -> str:
    if condition.value is None:
        return words("not known") if condition.outcome == "unknown" else ""
    if isinstance(condition.value, str):
        return words.told(condition.value)
    return f"{number_text(float(condition.value))} {unit}".rstrip()
