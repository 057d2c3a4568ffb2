"""When an acquisition ended, as far as its header tells."""

from __future__ import annotations

from datetime import datetime, timedelta

from photopeak_analyzers.acquisition import FrameStack
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import frames_by_head

LONGEST_S = 7.0 * 86_400.0
"""No acquisition takes longer."""


def lasted_s(image: FrameStack) -> float | None:
    """Return how long the head and window that took longest took; None when a frame does not tell.

    Raises
    ------
    UnsuitableAcquisitionError
        If it is longer than any acquisition takes.
    """
    durations = [frame.duration_s or 0.0 for frame in image.frames]
    if not all(duration > 0.0 for duration in durations):
        return None
    groups = frames_by_head(image).values()
    longest = max(sum(durations[position] for position in positions) for positions in groups)
    if not longest <= LONGEST_S:
        raise UnsuitableAcquisitionError(
            f"the acquisition took {longest:g} s, needs at most {LONGEST_S:g} s",
            quantity="duration",
            value=longest,
            bound=LONGEST_S,
        )
    return longest


def ended_at(image: FrameStack) -> datetime | None:
    """Return when the last frame ended at the earliest; None when the header does not tell."""
    lasted = lasted_s(image)
    ends = [] if image.started_at is None else [image.started_at + timedelta(seconds=lasted or 0.0)]
    ends += [
        frame.started_at + timedelta(seconds=0.0 if lasted is None else frame.duration_s or 0.0)
        for frame in image.frames
        if frame.started_at is not None
    ]
    return max(ends, default=None)
