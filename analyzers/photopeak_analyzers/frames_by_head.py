"""The frames of an acquisition, put together by the head and the energy window they belong to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Counts, Dynamic, FrameStack
from photopeak_analyzers.contract import Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.shorthand import in_words

Key = tuple[int | None, int | None]
"""Detector and energy window."""

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
