"""Tests of order: Mann-Kendall for a trend, Wilcoxon's signed ranks for paired differences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache

from photopeak.trends.distributions import normal_two_sided

_EXACT_KENDALL = 10
"""Points up to which Mann-Kendall is exact, as in its tables; above, the normal serves."""

_EXACT_WILCOXON = 50


def mann_kendall(values: Sequence[float]) -> tuple[int, float]:
    """Return the statistic S of Mann-Kendall and its two-sided p-value.

    Exact for up to ten values without ties; otherwise the normal approximation with a correction
    for continuity, and with the variance that ties leave.

    References
    ----------
    M. G. Kendall, Rank Correlation Methods, 4th ed., 1970; R. O. Gilbert, Statistical Methods for
    Environmental Pollution Monitoring, 1987, 16.4.
    """
    n = len(values)
    s = sum(
        (later > earlier) - (later < earlier)
        for i, earlier in enumerate(values)
        for later in values[i + 1 :]
    )
    ties = [count for count in Counter(values).values() if count > 1]
    if n <= _EXACT_KENDALL and not ties:
        return s, _kendall_exact(n, abs(s))
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18.0
    if variance <= 0.0:
        return s, 1.0
    return s, normal_two_sided(max(0, abs(s) - 1) / math.sqrt(variance))


def signed_ranks(differences: Sequence[float]) -> tuple[float, float]:
    """Return Wilcoxon's statistic, the smaller of the two sums of ranks, and its two-sided p-value.

    Differences of 0 are left out. Exact for up to 50 differences without ties, otherwise the normal
    approximation with the variance that ties leave.

    References
    ----------
    F. Wilcoxon, Biometrics Bulletin 1 (1945) 80.
    """
    sizes = sorted(abs(d) for d in differences if d != 0.0)
    n = len(sizes)
    if not n:
        return 0.0, 1.0
    ranks: dict[float, float] = {}
    ties = 0
    start = 0
    while start < n:
        end = start
        while end < n and sizes[end] == sizes[start]:
            end += 1
        ranks[sizes[start]] = 0.5 * (start + 1 + end)
        ties += (end - start) ** 3 - (end - start)
        start = end
    up = sum(ranks[abs(d)] for d in differences if d > 0.0)
    smaller = min(up, 0.5 * n * (n + 1) - up)
    if not ties and n <= _EXACT_WILCOXON:
        ways = _wilcoxon_ways(n)
        return smaller, min(1.0, 2.0 * sum(ways[: int(smaller) + 1]) / 2.0**n)
    variance = n * (n + 1) * (2 * n + 1) / 24.0 - ties / 48.0
    return smaller, normal_two_sided((smaller - 0.25 * n * (n + 1)) / math.sqrt(variance))


@cache
def _kendall_exact(n: int, s: int) -> float:
    """Return the share of the orders of `n` values whose S is at least so far from 0."""
    ways = [1]
    for length in range(2, n + 1):
        wider = [0] * (len(ways) + length - 1)
        for inversions, count in enumerate(ways):
            for more in range(length):
                wider[inversions + more] += count
        ways = wider
    pairs = n * (n - 1) // 2
    beyond = sum(count for i, count in enumerate(ways) if abs(pairs - 2 * i) >= s)
    return beyond / math.factorial(n)


@cache
def _wilcoxon_ways(n: int) -> tuple[int, ...]:
    """Return in how many ways the ranks 1 to `n` with either sign give each sum of the positive."""
    ways = [1] + [0] * (n * (n + 1) // 2)
    for rank in range(1, n + 1):
        for total in range(len(ways) - 1, rank - 1, -1):
            ways[total] += ways[total - rank]
    return tuple(ways)
