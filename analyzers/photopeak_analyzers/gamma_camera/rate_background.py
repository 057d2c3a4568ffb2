"""What a head counts without the source, before and after its decay was followed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from photopeak_analyzers.acquisition import FrameStack
from photopeak_analyzers.frames_by_head import Key, head_counts
from photopeak_analyzers.numerics.counting import Estimate, rate
from photopeak_analyzers.uncertainty import rectangular


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What one head counted without the source.

    Attributes
    ----------
    rate
        All counts over all the time; the uncertainty holds counting and, of several acquisitions,
        half the difference of the extremes as the bound of a drift.
    acquisitions
        How many there are.
    least_counts, least_s
        Counts and duration of the one with the fewest counts.
    """

    rate: Estimate
    acquisitions: int
    least_counts: float
    least_s: float


def backgrounds_by_head(acquisitions: Sequence[FrameStack]) -> dict[Key, Background]:
    """Return the background of each head and window, all its acquisitions together."""
    counted: dict[Key, list[tuple[float, float]]] = {}
    for acquisition in acquisitions:
        for head in head_counts(acquisition):
            if head.duration_s is not None:
                key = (head.detector, head.energy_window)
                counted.setdefault(key, []).append((head.total, head.duration_s))
    found = {}
    for key, rows in counted.items():
        together = rate(sum(n for n, _ in rows), sum(t for _, t in rows))
        rates = [n / t for n, t in rows]
        drift = rectangular((max(rates) - min(rates)) / 2.0)
        fewest = min(rows)
        found[key] = Background(
            rate=Estimate(
                value=together.value, uncertainty=math.hypot(together.uncertainty, drift)
            ),
            acquisitions=len(rows),
            least_counts=fewest[0],
            least_s=fewest[1],
        )
    return found
