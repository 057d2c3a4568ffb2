"""Heads that are measured each for itself: one that cannot be does not stop the others.

The source of many tests stands before one head, while the other counts as well: such an onlooker is
left out with a note. A head that saw the source and cannot be measured is voided by a condition,
because the others alone must not look like a pass of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from photopeak_analyzers.contract import (
    Note,
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import (
    AnalysisError,
    FitError,
    MissingReadingError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.shorthand import in_words


class OfAHead(Protocol):
    """Anything that belongs to one head and window."""

    @property
    def scope(self) -> Scope:
        """What it belongs to."""


P = TypeVar("P", bound=OfAHead)
R = TypeVar("R")
F = TypeVar("F")


def heads_alone(
    heads: Iterable[P],
    measure: Callable[[P], R],
    *,
    looked_on: Callable[[P], bool],
    clause: str,
) -> tuple[list[tuple[P, R]], list[Note], list[Precondition]]:
    """Measure each head that can be measured.

    Parameters
    ----------
    measure
        Measures one head, and refuses what it cannot measure.
    looked_on
        Tells whether a head that cannot be measured saw nothing of the source.

    Returns
    -------
    tuple
        The heads with what was measured, a note for each that is left out, and a condition for each
        of those that saw the source.

    Raises
    ------
    UnsuitableAcquisitionError, FitError
        If no head can be measured: why the first one cannot.
    """
    found, refusals = _tried(heads, measure, (UnsuitableAcquisitionError, FitError))
    if refusals and not found:
        raise refusals[0][1]
    return (
        found,
        [left_out(refusal, head.scope) for head, refusal in refusals],
        [
            cannot_be_measured(refusal, head.scope, clause)
            for head, refusal in refusals
            if not looked_on(head)
        ],
    )


def seen_by_heads(
    heads: Iterable[P], measure: Callable[[P], R], *, code: str
) -> tuple[list[tuple[P, R]], list[Note]]:
    """Measure what every head sees; one that sees something else looked on and is left out.

    Parameters
    ----------
    measure
        Measures the frame of one head, and refuses what it cannot measure.
    code
        Of the note about a head that is left out.

    Raises
    ------
    UnsuitableAcquisitionError
        If no head sees what can be measured: the image is a wrong one.
    MissingReadingError
        As `measure` raises it: a person can supply what is missing.
    """
    seen, refusals = _tried(heads, measure, (AnalysisError,), passed_on=(MissingReadingError,))
    if not seen:
        _refuse_first(refusals)
    return seen, [left_out(reason, head.scope, code) for head, reason in refusals]


def shown_by_heads(
    heads: Iterable[P],
    find: Callable[[P], F],
    measure: Callable[[P, F], R],
    *,
    code: str,
    clause: str,
    direction: str,
) -> tuple[list[R], list[Note], list[Precondition]]:
    """Measure every head that shows a source; one that shows it and cannot be measured is voided.

    Parameters
    ----------
    find
        Finds the source of one head. A head on which it finds none looked on and is left out.
    measure
        Measures what was found. What it refuses is a hard precondition that is not met: the head
        has no numbers, which must not look like a pass of the others alone.
    direction
        Of the numbers that the images would give, for the scope of what is voided.

    Raises
    ------
    UnsuitableAcquisitionError
        If no head can be measured: the image is a wrong one.
    """
    shown, onlookers = _tried(heads, find, (AnalysisError,))
    places = dict(shown)
    measured, faults = _tried(places, lambda head: measure(head, places[head]), (AnalysisError,))
    if not measured:
        _refuse_first([*faults, *onlookers])
    voided = [
        Precondition(
            code=PreconditionCode.GEOMETRY,
            severity=Severity.HARD,
            outcome=Outcome.NOT_MET,
            scope=Scope.of(**dict(head.scope.items), direction=direction),
            quantity=reason.quantity,
            value=reason.value,
            expected="" if reason.bound is None else str(reason.bound),
            clause=clause,
        )
        for head, reason in faults
    ]
    notes = [left_out(reason, head.scope, code) for head, reason in (*onlookers, *faults)]
    return [result for _, result in measured], notes, voided


def _tried(
    heads: Iterable[P],
    measure: Callable[[P], R],
    refused: tuple[type[AnalysisError], ...],
    passed_on: tuple[type[AnalysisError], ...] = (),
) -> tuple[list[tuple[P, R]], list[tuple[P, AnalysisError]]]:
    """Return the heads with what was measured, and those for which `measure` refused with why."""
    found: list[tuple[P, R]] = []
    refusals: list[tuple[P, AnalysisError]] = []
    for head in heads:
        try:
            found.append((head, measure(head)))
        except passed_on:
            raise
        except refused as refusal:
            refusals.append((head, refusal))
    return found, refusals


def _refuse_first(refusals: Sequence[tuple[P, AnalysisError]]) -> None:
    for head, reason in refusals:
        raise UnsuitableAcquisitionError(
            f"{in_words(head.scope)}: {reason}",
            quantity=reason.quantity,
            value=reason.value,
            bound=reason.bound,
        ) from reason


def left_out(refusal: AnalysisError, scope: Scope, code: str = "HEAD_LEFT_OUT") -> Note:
    """Say that a head is left out, and why."""
    return Note(
        code=code,
        message=f"{in_words(scope)} is left out: {refusal}",
        scope=scope,
    )


def cannot_be_measured(refusal: AnalysisError, scope: Scope, clause: str) -> Precondition:
    """Return the condition that a head did not meet: it saw the source and has no numbers."""
    return Precondition(
        code=PreconditionCode.FRAMES,
        severity=Severity.HARD,
        outcome=Outcome.NOT_MET,
        scope=scope,
        quantity=refusal.quantity,
        value=refusal.value,
        expected="a head that can be measured",
        clause=clause,
    )
