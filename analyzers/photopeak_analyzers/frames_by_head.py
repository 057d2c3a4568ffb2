"""The frames of an acquisition, put together by the head and the energy window they belong to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from photopeak_analyzers.acquisition import Counts, Dynamic, FrameStack
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
    MissingReadingError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.shorthand import in_words

Key = tuple[int | None, int | None]
"""Detector and energy window."""

F = TypeVar("F")
T = TypeVar("T")

SHORTEST_S, LONGEST_S = 1e-3, 1e7
"""Durations of a frame that are believed: from the unit of the header to months."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadCounts:
    """What one head counted in one energy window, all its frames together.

    Attributes
    ----------
    counts
        Sum of the frames, shape ``(rows, columns)``; a single frame as it was stored.
    highest_pixel
        Largest pixel of any single frame.
    duration_s
        Sum of the durations; None when one of them is not known.
    frames
        How many were summed.
    """

    detector: int | None
    energy_window: int | None
    counts: Counts
    highest_pixel: float
    duration_s: float | None
    frames: int

    @property
    def scope(self) -> Scope:
        """Detector and energy window."""
        return Scope.of(detector=self.detector, energy_window=self.energy_window)

    @property
    def subject(self) -> str:
        """The scope in words."""
        return in_words(self.scope)

    @property
    def total(self) -> float:
        """Sum of `counts`."""
        integral = np.issubdtype(self.counts.dtype, np.integer)
        return float(self.counts.sum(dtype=np.int64 if integral else np.float64))

    @property
    def rate_cps(self) -> float | None:
        """Counts per second of the whole image; None without a duration."""
        return None if self.duration_s is None else self.total / self.duration_s


Refusal = tuple[HeadCounts, AnalysisError]
"""A head, and why it cannot be measured."""


def frames_by_head(acquisition: FrameStack) -> dict[Key, list[int]]:
    """Return the positions of the frames of each head and window, in their order.

    A detector or window that the frame does not name is the only one that the header lists, if it
    lists one.
    """
    groups: dict[Key, list[int]] = {}
    for position, frame in enumerate(acquisition.frames):
        detector, window = frame.detector, frame.energy_window
        if detector is None and len(acquisition.detectors) == 1:
            detector = acquisition.detectors[0].number
        if window is None and len(acquisition.energy_windows) == 1:
            window = acquisition.energy_windows[0].number
        groups.setdefault((detector, window), []).append(position)
    return {key: groups[key] for key in sorted(groups, key=lambda k: (k[0] or 0, k[1] or 0))}


def head_counts(acquisition: FrameStack) -> tuple[HeadCounts, ...]:
    """Return the frames of each head and window, summed.

    Raises
    ------
    UnsuitableAcquisitionError
        If a pixel is negative or no number.
    """
    found = []
    for (detector, window), positions in frames_by_head(acquisition).items():
        highest = 0.0
        for position in positions:
            refuse_impossible(acquisition.counts[position])
            highest = max(highest, float(acquisition.counts[position].max()))
        durations = [acquisition.frames[p].duration_s for p in positions]
        known = [d for d in durations if d is not None and math.isfinite(d) and d > 0.0]
        found.append(
            HeadCounts(
                detector=detector,
                energy_window=window,
                counts=_summed(acquisition.counts, positions),
                highest_pixel=highest,
                duration_s=sum(known) if len(known) == len(durations) else None,
                frames=len(positions),
            )
        )
    return tuple(found)


def single_frames(acquisition: FrameStack) -> tuple[HeadCounts, ...]:
    """Return the one frame of each head and window; those of a dynamic acquisition are summed.

    Two static frames of the same head and window are refused: one of the two labels is wrong.

    Raises
    ------
    UnsuitableAcquisitionError
        If static frames share detector and window, or a pixel is negative or no number.
    """
    for (detector, window), positions in frames_by_head(acquisition).items():
        if len(positions) > 1 and not isinstance(acquisition, Dynamic):
            raise UnsuitableAcquisitionError(
                f"{len(positions)} static frames are of"
                f" detector {'unknown' if detector is None else detector},"
                f" energy window {'unknown' if window is None else window}, needs 1",
                quantity="frames of one detector and energy window",
                value=len(positions),
                bound=1,
            )
    return head_counts(acquisition)


def seen_by_heads(
    heads: Iterable[HeadCounts], measure: Callable[[HeadCounts], T], *, code: str
) -> tuple[list[tuple[HeadCounts, T]], list[Note]]:
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
    seen: list[tuple[HeadCounts, T]] = []
    refusals: list[Refusal] = []
    for head in heads:
        try:
            seen.append((head, measure(head)))
        except MissingReadingError:
            raise
        except AnalysisError as refusal:
            refusals.append((head, refusal))
    if not seen:
        _refuse_first(refusals)
    return seen, _left_out(refusals, code)


def shown_by_heads(
    heads: Iterable[HeadCounts],
    find: Callable[[HeadCounts], F],
    measure: Callable[[HeadCounts, F], T],
    *,
    code: str,
    clause: str,
    direction: str,
) -> tuple[list[T], list[Note], list[Precondition]]:
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
    measured: list[T] = []
    onlookers: list[Refusal] = []
    faults: list[Refusal] = []
    for head in heads:
        try:
            found = find(head)
        except AnalysisError as refusal:
            onlookers.append((head, refusal))
            continue
        try:
            measured.append(measure(head, found))
        except AnalysisError as refusal:
            faults.append((head, refusal))
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
    return measured, _left_out([*onlookers, *faults], code), voided


def _refuse_first(refusals: list[Refusal]) -> None:
    for head, reason in refusals:
        raise UnsuitableAcquisitionError(
            f"{head.subject}: {reason}",
            quantity=reason.quantity,
            value=reason.value,
            bound=reason.bound,
        ) from reason


def _left_out(refusals: list[Refusal], code: str) -> list[Note]:
    return [
        Note(code=code, message=f"{head.subject} is left out: {reason}", scope=head.scope)
        for head, reason in refusals
    ]


def frame_duration_s(acquisition: FrameStack, position: int) -> float:
    """Return how long a frame took, where nothing can be measured without it.

    Raises
    ------
    UnsuitableAcquisitionError
        If it does not say so, or says what cannot be.
    """
    duration_s = acquisition.frames[position].duration_s
    if duration_s is None or not SHORTEST_S <= duration_s <= LONGEST_S:
        shown = "no duration" if duration_s is None else f"a duration of {duration_s:g} s"
        raise UnsuitableAcquisitionError(
            f"frame {position + 1} has {shown}, needs {SHORTEST_S:g} to {LONGEST_S:g} s",
            quantity="duration",
            value=duration_s,
            bound=SHORTEST_S,
        )
    return duration_s


def refuse_impossible(counts: Counts) -> None:
    """Refuse pixels that are negative or no numbers.

    Raises
    ------
    UnsuitableAcquisitionError
        If there is one.
    """
    if np.issubdtype(counts.dtype, np.unsignedinteger):
        return
    # Both extremes are finite numbers only if all pixels are.
    lowest, highest = float(counts.min()), float(counts.max())
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        raise UnsuitableAcquisitionError(
            "the image holds pixels that are no numbers", quantity="counts per pixel"
        )
    if lowest < 0.0:
        raise UnsuitableAcquisitionError(
            f"the image holds a pixel of {lowest:g} counts, needs at least 0",
            quantity="counts per pixel",
            value=lowest,
            bound=0.0,
        )


def _summed(counts: Counts, positions: list[int]) -> Counts:
    first: Counts = counts[positions[0]]
    if len(positions) == 1:
        return first
    kind = np.int64 if np.issubdtype(counts.dtype, np.integer) else np.float64
    summed: Counts = first.astype(kind)
    # One frame after the other: a long sequence is never converted as a whole.
    for position in positions[1:]:
        summed += counts[position]
    return summed
