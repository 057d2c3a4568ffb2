"""Drift: a robust line through the latest points, whether it rises at all, and where it leads."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.trends import Drift, TrendPoint
from photopeak.trends.ranks import mann_kendall

WINDOW = 60
"""Points that the line goes through: the present slope, and a bounded number of pairs (1770)."""

FEWEST = 8
"""Points below which no line is drawn."""

SIGNIFICANT = 0.01
"""Largest p-value of a drift. Every result is another test, so one in twenty would be too many."""

_TWO_SIDED_95 = 1.959964
_DAY_S = 86400.0
_JUDGING = (Status.PASS, Status.WARN, Status.FAIL)


def theil_sen(times: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return the median slope of all pairs of points, and the median intercept at time 0.

    References
    ----------
    P. K. Sen, Journal of the American Statistical Association 63 (1968) 1379.
    """
    slopes = list(_slopes(times, values))
    slope = statistics.median(slopes) if slopes else 0.0
    level = statistics.median(v - slope * t for t, v in zip(times, values, strict=True))
    return slope, level


def slope_bounds(times: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return the least and the largest slope that the points allow, with a confidence of 95 %.

    References
    ----------
    P. K. Sen, Journal of the American Statistical Association 63 (1968) 1379.
    """
    slopes = sorted(_slopes(times, values))
    if not slopes:
        return 0.0, 0.0
    n, pairs = len(values), len(slopes)
    ties = [k for each in (times, values) for k in Counter(each).values() if k > 1]
    variance = (n * (n - 1) * (2 * n + 5) - sum(k * (k - 1) * (2 * k + 5) for k in ties)) / 18.0
    reach = _TWO_SIDED_95 * math.sqrt(max(variance, 0.0))
    low = max(round((pairs - reach) / 2.0) - 1, 0)
    high = min(round((pairs + reach) / 2.0), pairs - 1)
    return slopes[low], slopes[high]


def drift(points: Sequence[TrendPoint], *, since: datetime | None = None) -> Drift | None:
    """Return the drift at the last of the points, in order of time; None for too few.

    The line goes through the last `WINDOW` points. The limit is the nearest that judges the last
    point in the direction of the slope: where results fail, and where nothing fails, where they
    warn.

    Parameters
    ----------
    since
        When the numbers began to be off their baseline: the line goes through what came since, when
        that is enough. The steady days before would make its slope too small, and a step look like
        a slope.
    """
    chosen = points[-WINDOW:]
    if since is not None:
        latest = [p for p in chosen if p.at >= since]
        chosen = latest if len(latest) >= FEWEST else chosen
    if len(chosen) < FEWEST:
        return None
    last = chosen[-1]
    times = [(p.at - last.at).total_seconds() / _DAY_S for p in chosen]
    values = [p.value for p in chosen]
    slope, level = theil_sen(times, values)
    _, p_value = mann_kendall(values)
    noise = _within_noise(slope * (times[-1] - times[0]), chosen)
    limit = limit_ahead(last.verdicts, slope)
    days = None
    if limit is not None:
        days = max(0.0, (limit - level) / slope)
    slowest, steepest = slope_bounds(times, values)
    return Drift(
        slope_per_day=slope,
        slope_lower=slowest,
        slope_upper=steepest,
        level=level,
        p_value=p_value,
        count=len(chosen),
        since=chosen[0].at,
        until=last.at,
        significant=p_value < SIGNIFICANT and not noise,
        noise=noise,
        limit=limit,
        days=days,
    )


def _slopes(times: Sequence[float], values: Sequence[float]) -> Iterator[float]:
    for i in range(len(times)):
        for j in range(i + 1, len(times)):
            if times[j] > times[i]:
                yield (values[j] - values[i]) / (times[j] - times[i])


def limit_ahead(verdicts: Sequence[Verdict], slope: float) -> float | None:
    """Return the nearest bound of what judges a number, on the side to which it moves."""
    judging = [v for v in verdicts if v.kind is not LimitKind.INFORMATIVE and v.status in _JUDGING]
    if slope > 0.0:
        upper = [v.upper for v in judging if v.upper is not None]
        upper = upper or [v.warn_upper for v in judging if v.warn_upper is not None]
        return min(upper, default=None)
    if slope < 0.0:
        lower = [v.lower for v in judging if v.lower is not None]
        lower = lower or [v.warn_lower for v in judging if v.warn_lower is not None]
        return max(lower, default=None)
    return None


def _within_noise(change: float, points: Sequence[TrendPoint]) -> bool:
    """Tell whether a change along a line is within two combined uncertainties.

    The ends of a line through n points with uncertainties u differ with an uncertainty of
    u sqrt(12 / n). Unknown uncertainties hold nothing up.
    """
    known = [p.uncertainty for p in points if p.uncertainty is not None]
    if not known:
        return False
    combined = statistics.median(known) * math.sqrt(12.0 / len(points))
    return abs(change) <= 2.0 * combined
