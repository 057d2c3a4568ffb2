"""Tail probabilities and quantiles of Student's t and of F, from the incomplete beta function."""

from __future__ import annotations

import math

_TINY = 1e-300
_STEPS = 300
_BISECTIONS = 200


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b).

    By its continued fraction (Abramowitz and Stegun 26.5.8), evaluated by Lentz's method on the
    side where it converges fast.
    """
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    c, d = 1.0, 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    fraction = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / _away_from_zero(1.0 + even * d)
        c = _away_from_zero(1.0 + even / c)
        fraction *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / _away_from_zero(1.0 + odd * d)
        c = _away_from_zero(1.0 + odd / c)
        fraction *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return min(1.0, front * fraction / a)


def normal_two_sided(z: float) -> float:
    """Return the probability that a standard normal number is at least so far from 0."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def normal_cdf(z: float) -> float:
    """Return the probability that a standard normal number is at most `z`."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def t_two_sided(t: float, freedom: float) -> float:
    """Return the probability that Student's t is at least so far from 0."""
    return incomplete_beta(0.5 * freedom, 0.5, freedom / (freedom + t * t))


def t_quantile(probability: float, freedom: float) -> float:
    """Return what Student's t is at most with a probability of one half or more.

    Raises
    ------
    ValueError
        If the probability is below one half, or not below 1.
    """
    if not 0.5 <= probability < 1.0:
        raise ValueError(f"a probability of {probability} has no quantile here")
    tails = 2.0 * (1.0 - probability)
    low, high = 0.0, 1.0
    while t_two_sided(high, freedom) > tails:
        low, high = high, 2.0 * high
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if t_two_sided(middle, freedom) > tails:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def f_two_sided(f: float, first: float, second: float) -> float:
    """Return the probability that two equal spreads give a ratio of variances as uneven as `f`.

    `first` and `second` are the degrees of freedom of numerator and denominator.
    """
    below = incomplete_beta(0.5 * first, 0.5 * second, first * f / (first * f + second))
    return min(1.0, 2.0 * min(below, 1.0 - below))


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
