"""A source moved before a bare head: the rate of each frame, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Frame, FrameStack
from photopeak_analyzers.contract import Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import (
    frame_duration_s,
    frames_by_head,
    refuse_impossible,
)
from photopeak_analyzers.shorthand import in_words

MEDIAN_FRAMES = 3
"""Consecutive frames of which the median is taken."""

FRAMES_BEFORE, FRAMES_AFTER = 1, 5
"""Slower frames that show a maximum."""

LEAST_FRAMES = FRAMES_BEFORE + 1 + FRAMES_AFTER

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep:
    """The rates of one head in one energy window, in the order of time.

    Attributes
    ----------
    counts, durations_s
        Of each frame.
    middles_s
        Middle of each frame after the start of the first one.
    highest_pixel
        Largest pixel of any frame.
    """

    detector: int | None
    energy_window: int | None
    counts: Floats
    durations_s: Floats
    middles_s: Floats
    highest_pixel: float

    @property
    def scope(self) -> Scope:
        """Detector and energy window."""
        return Scope.of(detector=self.detector, energy_window=self.energy_window)

    @property
    def rates_cps(self) -> Floats:
        """Observed rate of each frame."""
        return self.counts / self.durations_s


def moving_median(rates_cps: Floats) -> Floats:
    """Return the median of three consecutive frames; the first and the last have none.

    Frames are the last axis; it becomes shorter by two.
    """
    windows = np.lib.stride_tricks.sliding_window_view(rates_cps, MEDIAN_FRAMES, axis=-1)
    return np.asarray(np.median(windows, axis=-1))


def sweeps_of(acquisition: FrameStack) -> list[Sweep]:
    """Return the sweep of every head and window.

    Raises
    ------
    UnsuitableAcquisitionError
        If a frame does not say how long it took, or a pixel is negative or no number.
    """
    refuse_impossible(acquisition.counts)
    integral = np.issubdtype(acquisition.counts.dtype, np.integer)
    totals = acquisition.counts.sum(axis=(1, 2), dtype=np.int64 if integral else np.float64)
    found = []
    for (detector, window), unordered in frames_by_head(acquisition).items():
        positions = sorted(unordered, key=lambda p: _order(acquisition.frames[p]))
        durations_s = np.array([frame_duration_s(acquisition, position) for position in positions])
        found.append(
            Sweep(
                detector=detector,
                energy_window=window,
                counts=totals[positions].astype(np.float64),
                durations_s=durations_s,
                middles_s=np.cumsum(durations_s) - durations_s / 2.0,
                highest_pixel=max(float(acquisition.counts[p].max()) for p in positions),
            )
        )
    return found


def refuse_short(sweep: Sweep) -> None:
    """Refuse a sweep that cannot show a maximum.

    Raises
    ------
    UnsuitableAcquisitionError
        If it has too few frames or counted nothing.
    """
    if sweep.counts.size < LEAST_FRAMES:
        raise UnsuitableAcquisitionError(
            f"{in_words(sweep.scope)} has {sweep.counts.size} frames, needs at least {LEAST_FRAMES}",
            quantity="frames",
            value=sweep.counts.size,
            bound=LEAST_FRAMES,
        )
    if not sweep.counts.any():
        raise UnsuitableAcquisitionError(
            f"{in_words(sweep.scope)} has no counts: it did not count at all",
            quantity="counts",
            value=0.0,
            bound=1.0,
        )


def _order(frame: Frame) -> tuple[int, int]:
    return (frame.phase or 0, frame.time_slice or 0)
