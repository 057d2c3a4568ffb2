"""Heads that are measured each for itself: one that cannot be does not stop the others.

The source of many tests stands before one head, while the other counts as well: such an onlooker is
left out with a note. A head that saw the source and cannot be measured is voided by a condition,
because the others alone must not look like a pass of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from photopeak_analyzers.contract import (
    Note,
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import AnalysisError, FitError, UnsuitableAcquisitionError
from photopeak_analyzers.shorthand import in_words


class OfAHead(Protocol):
    """Anything that belongs to one head and window."""

    @property
    def scope(self) -> Scope:
        """What it belongs to."""


P = TypeVar("P", bound=OfAHead)
R = TypeVar("R")


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
    found: list[tuple[P, R]] = []
    refusals: list[tuple[P, AnalysisError]] = []
    for head in heads:
        try:
            found.append((head, measure(head)))
        except (UnsuitableAcquisitionError, FitError) as refusal:
            refusals.append((head, refusal))
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


def left_out(refusal: AnalysisError, scope: Scope) -> Note:
    """Say that a head is left out, and why."""
    return Note(
        code="HEAD_LEFT_OUT",
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
