"""The frames of an acquisition, put together by the head and the energy window they belong to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Counts, FrameStack
from photopeak_analyzers.contract import Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError

Key = tuple[int | None, int | None]
"""Detector and energy window."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadCounts:
    """What one head counted in one energy window, all its frames together.

    Attributes
    ----------
    counts
        Sum of the frames, shape ``(rows, columns)``.
    total
        Sum of `counts`.
    highest_pixel
        Largest pixel of any single frame.
    duration_s
        Sum of the durations; None when one of them is not known.
    """

    detector: int | None
    energy_window: int | None
    counts: Counts
    total: float
    highest_pixel: float
    duration_s: float | None

    @property
    def scope(self) -> Scope:
        """Detector and energy window."""
        return Scope.of(detector=self.detector, energy_window=self.energy_window)

    @property
    def subject(self) -> str:
        """The scope in words."""
        words = [f"{name.replace('_', ' ')} {value}" for name, value in self.scope.items]
        return ", ".join(words) or "the only head"

    @property
    def suffix(self) -> str:
        """The scope as it ends the name of a figure."""
        return "".join(f"_{name}_{value}" for name, value in self.scope.items)


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
    """Return the summed frames of each head and window.

    Raises
    ------
    UnsuitableAcquisitionError
        If a pixel is negative or no number.
    """
    found = []
    for (detector, window), positions in frames_by_head(acquisition).items():
        highest, summed = 0.0, None
        # One frame after the other: a long sequence is never converted as a whole.
        for position in positions:
            frame = acquisition.counts[position]
            lowest, peak = float(frame.min()), float(frame.max())
            if not (math.isfinite(lowest) and math.isfinite(peak) and lowest >= 0.0):
                raise UnsuitableAcquisitionError(
                    f"the image holds a pixel of {lowest:g} counts, needs at least 0",
                    quantity="counts per pixel",
                    value=lowest,
                    bound=0.0,
                )
            highest = max(highest, peak)
            if summed is None:
                kind = np.int64 if np.issubdtype(frame.dtype, np.integer) else np.float64
                summed = frame.astype(kind)
            else:
                summed += frame
        if summed is None:
            continue
        durations = [acquisition.frames[p].duration_s for p in positions]
        known = [d for d in durations if d is not None and math.isfinite(d) and d > 0.0]
        found.append(
            HeadCounts(
                detector=detector,
                energy_window=window,
                counts=summed,
                total=float(summed.sum()),
                highest_pixel=highest,
                duration_s=sum(known) if len(known) == len(durations) else None,
            )
        )
    return tuple(found)
