"""Heads that are measured each for itself: one that cannot be does not stop the others.

The source of many tests stands before one head, while the other counts as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from photopeak_analyzers.contract import Note, Scope
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
    heads: Iterable[P], measure: Callable[[P], R]
) -> tuple[list[tuple[P, R]], list[Note]]:
    """Measure each head that can be measured.

    Parameters
    ----------
    measure
        Measures one head, and refuses what it cannot measure.

    Returns
    -------
    tuple
        The heads with what was measured, and a note for each that is left out.

    Raises
    ------
    UnsuitableAcquisitionError, FitError
        If no head can be measured: why the first one cannot.
    """
    found: list[tuple[P, R]] = []
    refusals: list[tuple[Scope, AnalysisError]] = []
    for head in heads:
        try:
            found.append((head, measure(head)))
        except (UnsuitableAcquisitionError, FitError) as refusal:
            refusals.append((head.scope, refusal))
    if refusals and not found:
        raise refusals[0][1]
    return found, [
        Note(
            code="HEAD_LEFT_OUT",
            message=f"{in_words(scope)} is left out: {refusal}",
            scope=scope,
        )
        for scope, refusal in refusals
    ]
