"""Two heads, or two systems: compared day by day, and as wholes."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from datetime import date, tzinfo

from photopeak.model.trends import Comparison, PairedDay, TrendPoint
from photopeak.trends.distributions import f_two_sided, t_two_sided
from photopeak.trends.ranks import signed_ranks

FEWEST_DAYS = 3
"""Days that both were measured on, below which differences have no statistics."""

DAYS_IN_A_ROW = 3
APART = 2.0
"""Standard deviations of the differences beyond which two differ, on so many days in a row."""

_AGREEMENT = 1.96


def compare(
    first: Sequence[TrendPoint], second: Sequence[TrendPoint], *, zone: tzinfo
) -> Comparison:
    """Compare the points of two series that count.

    Days are those of `zone`; of several points of a day the last stands for it. Differences are of
    the same day; the ratio of the medians and the F test of the spreads are of all points.

    References
    ----------
    J. M. Bland and D. G. Altman, The Lancet 327 (1986) 307.
    """
    here, there = _by_day(first, zone), _by_day(second, zone)
    days = sorted(here.keys() & there.keys())
    differences = [here[day] - there[day] for day in days]
    enough = len(days) >= FEWEST_DAYS
    mean = statistics.fmean(differences) if enough else None
    spread = statistics.stdev(differences) if enough else None
    t = t_p = lower = upper = None
    if mean is not None and spread:
        t = mean / (spread / math.sqrt(len(days)))
        t_p = t_two_sided(t, len(days) - 1)
        lower, upper = mean - _AGREEMENT * spread, mean + _AGREEMENT * spread
    wilcoxon, wilcoxon_p = signed_ranks(differences) if enough else (None, None)
    flags = _flags(differences, spread)
    f, f_p = _spreads(first, second)
    return Comparison(
        days=tuple(
            PairedDay(
                day=day,
                first=here[day],
                second=there[day],
                difference=difference,
                flagged=flagged,
            )
            for day, difference, flagged in zip(days, differences, flags, strict=True)
        ),
        mean=mean,
        spread=spread,
        t=t,
        t_p_value=t_p,
        wilcoxon=wilcoxon,
        wilcoxon_p_value=wilcoxon_p,
        agreement_lower=lower,
        agreement_upper=upper,
        median_ratio=_ratio(first, second),
        f=f,
        f_p_value=f_p,
        count_first=len(_values(first)),
        count_second=len(_values(second)),
    )


def _by_day(points: Sequence[TrendPoint], zone: tzinfo) -> dict[date, float]:
    ordered = sorted((p for p in points if p.counts), key=lambda p: (p.at, p.result_id))
    return {p.at.astimezone(zone).date(): p.value for p in ordered}


def _flags(differences: Sequence[float], spread: float | None) -> list[bool]:
    """Tell of each day whether it is at least the third in a row on which the two differ."""
    flags = []
    run = 0
    for difference in differences:
        apart = bool(spread) and abs(difference) > APART * (spread or 0.0)
        run = run + 1 if apart else 0
        flags.append(run >= DAYS_IN_A_ROW)
    return flags


def _ratio(first: Sequence[TrendPoint], second: Sequence[TrendPoint]) -> float | None:
    here, there = _values(first), _values(second)
    if not here or not there:
        return None
    below = statistics.median(there)
    return statistics.median(here) / below if below else None


def _spreads(
    first: Sequence[TrendPoint], second: Sequence[TrendPoint]
) -> tuple[float, float] | tuple[None, None]:
    here, there = _values(first), _values(second)
    if min(len(here), len(there)) < FEWEST_DAYS:
        return None, None
    below = statistics.variance(there)
    if not below > 0.0:
        return None, None
    f = statistics.variance(here) / below
    return f, f_two_sided(f, len(here) - 1, len(there) - 1)


def _values(points: Sequence[TrendPoint]) -> list[float]:
    return [p.value for p in points if p.counts]
