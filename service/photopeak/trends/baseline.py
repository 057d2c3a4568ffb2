"""Baselines: what a set of results says of mean and spread, and how far it can be relied on."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from photopeak.model.trends import BaselineProposal, Doubt, SeriesKey, TrendPoint
from photopeak.trends.distributions import normal_cdf, t_quantile

FULL_SET = 10
"""Results of a baseline whose spread is taken as known."""

SMALLEST_SET = 5
"""Results of the smallest baseline that control limits can be made of."""

MOVING_RANGE_FACTOR = 1.128
"""Mean range of two normal numbers in standard deviations (d2 of Shewhart's tables, n = 2)."""

_OUTER = 3.0
"""Standard deviations from the mean to the limits of action."""

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
def inflation(count: int) -> float:
    """Return by how much limits are wider for a baseline of few results.

    The limit at three standard deviations becomes the bound that the next value stays within with
    the same probability, when mean and spread are known from `count` results only: t sqrt(1 + 1 / n)
    in place of 3, with the t quantile of n - 1 degrees of freedom. All limits widen alike, which is
    more than the inner ones need. From ten results on the spread is taken as known.
    """
    if count >= FULL_SET:
        return 1.0
    quantile = t_quantile(normal_cdf(_OUTER), count - 1)
    return quantile * math.sqrt(1.0 + 1.0 / count) / _OUTER


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
