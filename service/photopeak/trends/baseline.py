"""Baselines: what a set of results says of mean and spread, and how far it can be relied on."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from photopeak.model.trends import BaselineProposal, Doubt, SeriesKey, TrendPoint
from photopeak.trends.charts import KNOWN, Bounds
from photopeak.trends.distributions import normal_cdf, t_quantile

FULL_SET = 20
"""Results of a baseline from which on more of them hardly draw the control limits closer."""

SMALLEST_SET = 5
"""Results of the smallest baseline that control limits can be made of."""

MOVING_RANGE_FACTOR = 1.128
"""Mean range of two normal numbers in standard deviations (d2 of Shewhart's tables, n = 2)."""

_UNEVEN = 1.5
"""Standard deviation over that of the moving range from which on a set is not steady."""


def resolution(decimals: int) -> float:
    """Return the smallest step that a metric is told in."""
    return 10.0**-decimals


def moving_range_spread(values: Sequence[float]) -> float | None:
    """Return the standard deviation as told by the steps from each value to the next.

    A slow drift makes it no larger. None for less than two values.
    """
    if len(values) < 2:
        return None
    return statistics.fmean(abs(b - a) for a, b in pairwise(values)) / MOVING_RANGE_FACTOR


@cache
def bounds(count: int) -> Bounds:
    """Return where the rules of control have their bounds, for a baseline of so many results.

    Mean and spread are known from those results only. So the bound at b standard deviations becomes
    the one that the next value stays within with the same probability: t sqrt(1 + 1 / n), with the
    quantile of Student's t of n - 1 degrees of freedom that is as probable as b. The distance of
    two values does not need the mean, the weighted mean of many does so all the more.
    """
    freedom = count - 1

    def quantile(bound: float) -> float:
        return t_quantile(normal_cdf(bound), freedom)

    one, two, three = (quantile(b) * math.sqrt(1.0 + 1.0 / count) for b in (1.0, 2.0, 3.0))
    return Bounds(
        one=one,
        two=two,
        three=three,
        apart=quantile(KNOWN.apart / math.sqrt(2.0)) * math.sqrt(2.0),
        ewma=quantile(KNOWN.ewma),
        variance_of_mean=1.0 / count,
    )


def inflation(count: int) -> float:
    """Return by how much the limits of action are wider for a baseline of so many results."""
    return bounds(count).three / KNOWN.three


def propose(key: SeriesKey, points: Sequence[TrendPoint]) -> BaselineProposal | None:
    """Return the baseline that some points would give; None when none of them counts."""
    chosen = sorted((p for p in points if p.counts), key=lambda p: (p.at, p.result_id))
    if not chosen:
        return None
    values = [p.value for p in chosen]
    spread = statistics.stdev(values) if len(values) > 1 else None
    moving = moving_range_spread(values)
    return BaselineProposal(
        key=key,
        value=statistics.fmean(values),
        spread=spread,
        spread_moving=moving,
        count=len(values),
        epoch_start=chosen[0].at,
        sources=tuple(p.result_id for p in chosen),
        doubts=tuple(_doubts(chosen, values, spread, moving)),
    )


def _doubts(
    points: Sequence[TrendPoint],
    values: Sequence[float],
    spread: float | None,
    moving: float | None,
) -> list[Doubt]:
    said: list[Doubt] = []

    def doubt(message: str, **places: str | int) -> None:
        said.append(Doubt(message=message, places=places))

    count = len(values)
    if count < SMALLEST_SET:
        doubt(
            "{count} results give no control limits; {needed} are needed",
            count=count,
            needed=SMALLEST_SET,
        )
    elif count < FULL_SET:
        doubt(
            "{count} results of {full}: control limits are {wider} times as wide",
            count=count,
            full=FULL_SET,
            wider=f"{inflation(count):.2f}",
        )
    if spread is not None and spread < resolution(points[-1].decimals):
        doubt(
            "the spread {spread} is below the resolution of the metric, which is used instead",
            spread=f"{spread:.2g}",
        )
    if spread and moving and count >= SMALLEST_SET and spread > _UNEVEN * moving:
        doubt(
            "the spread {spread} is {times} times that from point to point: the set drifts or steps",
            spread=f"{spread:.3g}",
            times=f"{spread / moving:.1f}",
        )
    undated = sum(not p.dated for p in points)
    if undated:
        doubt(
            "{undated} of {count} results do not tell when they were measured",
            undated=undated,
            count=count,
        )
    return said
