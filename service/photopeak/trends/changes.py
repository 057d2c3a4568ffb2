"""Changes of the mean: found where nobody noted anything, and measured where somebody did."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise

from photopeak.model.trends import ChangePoint, EventStep, ServiceEvent, TrendPoint
from photopeak.trends.distributions import t_two_sided

SHORTEST = 5
"""Points of the shortest stretch between two changes."""

PENALTY = 3.0
"""Gain that a change must bring, in units of the variance times ln n: above that of chance."""

MOST_CHANGES = 20

AROUND_EVENT = 10
"""Points on either side of an event that are compared, at most."""

FEWEST_AROUND_EVENT = 3

_NORMAL_MEDIAN_STEP = 0.6744897501960817 * math.sqrt(2.0)
"""Median step from one normal number to the next, in standard deviations."""


def change_points(values: Sequence[float], *, floor: float = 0.0) -> tuple[int, ...]:
    """Return the places at which the mean changes: each the first value of what follows.

    By binary segmentation: the split that explains most is taken first, then each part is split in
    its turn, as long as it explains more than chance would. The variance is told by the median step
    from value to value, which a few changes leave as it is, but is at least that of `floor`.

    References
    ----------
    A. J. Scott and M. Knott, Biometrics 30 (1974) 507.
    """
    n = len(values)
    if n < 2 * SHORTEST:
        return ()
    step = statistics.median(abs(b - a) for a, b in pairwise(values)) / _NORMAL_MEDIAN_STEP
    spread = max(step, floor)
    if not spread > 0.0:
        return ()
    needed = PENALTY * math.log(n) * spread**2
    centre = statistics.fmean(values)
    sums = [0.0, *accumulate(value - centre for value in values)]
    parts = [(_best_split(sums, 0, n), 0, n)]
    found: list[int] = []
    while parts and len(found) < MOST_CHANGES:
        parts.sort()
        (gain, at), start, end = parts.pop()
        if gain <= needed:
            break
        found.append(at)
        parts.append((_best_split(sums, start, at), start, at))
        parts.append((_best_split(sums, at, end), at, end))
    return tuple(sorted(found))


def changes(
    points: Sequence[TrendPoint], events: Sequence[ServiceEvent], *, floor: float
) -> tuple[ChangePoint, ...]:
    """Return where the mean of points changes, with the event that falls between the points."""
    values = [p.value for p in points]
    places = change_points(values, floor=floor)
    bounds = [0, *places, len(values)]
    found = []
    for number, at in enumerate(places, start=1):
        between = [e for e in events if points[at - 1].at <= e.at < points[at].at]
        found.append(
            ChangePoint(
                at=points[at].at,
                result_id=points[at].result_id,
                before=statistics.fmean(values[bounds[number - 1] : at]),
                after=statistics.fmean(values[at : bounds[number + 1]]),
                event_id=between[-1].id if between else None,
            )
        )
    return tuple(found)


def steps(points: Sequence[TrendPoint], events: Sequence[ServiceEvent]) -> tuple[EventStep, ...]:
    """Compare the points before and after each event by Welch's t test.

    At most ten on either side, and no further than to the next event.
    """
    times = [p.at for p in points]
    places = [bisect_left(times, e.at) for e in events]
    found = []
    for event, at in zip(events, places, strict=True):
        first = max((p for p in places if p < at), default=0)
        last = min((p for p in places if p > at), default=len(points))
        before = [p.value for p in points[max(first, at - AROUND_EVENT) : at]]
        after = [p.value for p in points[at : min(last, at + AROUND_EVENT)]]
        if min(len(before), len(after)) < FEWEST_AROUND_EVENT:
            continue
        found.append(
            EventStep(
                event_id=event.id,
                before=statistics.fmean(before),
                after=statistics.fmean(after),
                count_before=len(before),
                count_after=len(after),
                p_value=welch(before, after),
            )
        )
    return tuple(found)


def welch(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided p-value of Welch's t test of two means.

    References
    ----------
    B. L. Welch, Biometrika 34 (1947) 28.
    """
    a = statistics.variance(first) / len(first)
    b = statistics.variance(second) / len(second)
    difference = statistics.fmean(first) - statistics.fmean(second)
    if a + b <= 0.0:
        return 1.0 if difference == 0.0 else 0.0
    freedom = (a + b) ** 2 / (a**2 / (len(first) - 1) + b**2 / (len(second) - 1))
    return t_two_sided(difference / math.sqrt(a + b), freedom)


def _best_split(sums: Sequence[float], start: int, end: int) -> tuple[float, int]:
    """Return how much the best split of a part explains, and its place."""
    base, total, length = sums[start], sums[end] - sums[start], end - start
    best, place = 0.0, start
    for at in range(start + SHORTEST, end - SHORTEST + 1):
        left = at - start
        # n1 n2 / n (mean1 - mean2)^2, written in the sums.
        deviation = (sums[at] - base) - total * left / length
        gain = deviation * deviation * length / (left * (length - left))
        if gain > best:
            best, place = gain, at
    return best, place
