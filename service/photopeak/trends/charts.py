"""Control charts of standardised values: Westgard's rules on Shewhart's chart, EWMA, CUSUM.

A standardised value is its distance from the mean of the baseline in standard deviations of the
baseline. Mean and standard deviation are known from the results of the baseline only, so the bounds
of the rules are those of so many results.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from photopeak.model.trends import Side, Sides

R_4S = "R_4s"
EWMA = "EWMA"
CUSUM = "CUSUM"

EWMA_WEIGHT = 0.2
"""Weight of the newest value in the weighted mean."""

CUSUM_SLACK = 0.5
"""Standard deviations that are taken off every value: half the shift that is looked for."""

CUSUM_DECISION = 5.0
"""Sum at which a shift is told, in standard deviations: a false signal in 465 values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bounds of the rules in standard deviations; as they are, for a baseline that is known.

    Attributes
    ----------
    one, two, three
        Of the distance of a value from the mean.
    apart
        Of the distance of two values from one another.
    ewma
        Of the weighted mean, in its own standard deviations. With a weight of 0.2, 2.86 makes a
        false signal in 370 values, as of a Shewhart chart (Lucas and Saccucci, Technometrics 32
        (1990) 1).
    variance_of_mean
        Of the mean of the baseline, in the unit of that of a value.
    """

    one: float = 1.0
    two: float = 2.0
    three: float = 3.0
    apart: float = 4.0
    ewma: float = 2.86
    variance_of_mean: float = 0.0


KNOWN = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found: at which value, from which value on, and on which side."""

    rule: str
    index: int
    start: int
    side: Side


@dataclass(frozen=True, slots=True)
class EwmaPoint:
    """The weighted mean after a value, and how far from 0 its limits are."""

    value: float
    limit: float


@dataclass(frozen=True, slots=True)
class CusumPoint:
    """The two sums after a value, and since which value each of them has been above 0."""

    high: float
    low: float
    high_start: int
    low_start: int


def westgard(
    z: Sequence[float],
    *,
    sides: Sides = Sides.BOTH,
    run_length: int = 10,
    bounds: Bounds = KNOWN,
) -> Iterator[Finding]:
    """Yield what the rules of Westgard find at each value.

    1_3s: beyond three standard deviations; 1_2s: beyond two (and not three). 2_2s: two in a row
    beyond the same two. R_4s: two in a row more than four apart, the later of them off by more than
    one; that a number comes back to its baseline is no scatter. 4_1s: four in a row beyond the same
    one. 10_x (8_x, 12_x by `run_length`): so many in a row on one side.

    A metric that is watched on the high side only is never bad for being low: what ends low is left
    out.

    References
    ----------
    J. O. Westgard et al., Clinical Chemistry 27 (1981) 493.
    """
    runs = ((4, bounds.one, "4_1s"), (run_length, 0.0, f"{run_length}_x"))
    watched = (Side.HIGH,) if sides is Sides.HIGH else (Side.HIGH, Side.LOW)
    lengths = {(side, rule): 0 for side in watched for _, _, rule in runs}
    for i, value in enumerate(z):
        for side in watched:
            sign = 1.0 if side is Side.HIGH else -1.0
            here = sign * value
            before = sign * z[i - 1] if i else 0.0
            if here > bounds.three:
                yield Finding(rule="1_3s", index=i, start=i, side=side)
            elif here > bounds.two:
                yield Finding(rule="1_2s", index=i, start=i, side=side)
            if i and here > bounds.two and before > bounds.two:
                yield Finding(rule="2_2s", index=i, start=i - 1, side=side)
            if i and here > bounds.one and here - before > bounds.apart:
                yield Finding(rule=R_4S, index=i, start=i - 1, side=side)
            for length, bound, rule in runs:
                run = lengths[side, rule] + 1 if here > bound else 0
                lengths[side, rule] = run
                if run >= length:
                    yield Finding(rule=rule, index=i, start=i - run + 1, side=side)


def ewma(
    z: Sequence[float], *, weight: float = EWMA_WEIGHT, bounds: Bounds = KNOWN
) -> tuple[EwmaPoint, ...]:
    """Return the exponentially weighted mean after each value, begun at 0, with its limits.

    e_i = L z_i + (1 - L) e_(i-1), and limits k sqrt(L / (2 - L) (1 - (1 - L)^(2 i)) + 1 / n) that
    widen to their final width within some ten values. What the mean of a baseline of n results is
    off by, the weighted mean of any number of values is off by, too: hence 1 / n.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4.
    """
    found = []
    mean = 0.0
    remaining = 1.0
    for value in z:
        mean = weight * value + (1.0 - weight) * mean
        remaining *= (1.0 - weight) ** 2
        variance = weight / (2.0 - weight) * (1.0 - remaining) + bounds.variance_of_mean
        limit = bounds.ewma * math.sqrt(variance)
        found.append(EwmaPoint(mean, limit))
    return tuple(found)


def cusum(z: Sequence[float], *, slack: float = CUSUM_SLACK) -> tuple[CusumPoint, ...]:
    """Return the tabular cumulative sums after each value.

    C+ = max(0, z - K + C+) and C- = max(0, -z - K + C-). The value after the one where a sum was
    last 0 is where the shift that it tells of began.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.3.
    """
    found = []
    high = low = 0.0
    high_start = low_start = 0
    for i, value in enumerate(z):
        if high <= 0.0:
            high_start = i
        if low <= 0.0:
            low_start = i
        high = max(0.0, high + value - slack)
        low = max(0.0, low - value - slack)
        found.append(CusumPoint(high, low, high_start, low_start))
    return tuple(found)


def beyond_ewma(means: Sequence[EwmaPoint], *, sides: Sides = Sides.BOTH) -> Iterator[Finding]:
    """Yield where a weighted mean is outside its limits, and since when it is on that side."""
    start = {Side.HIGH: 0, Side.LOW: 0}
    for i, mean in enumerate(means):
        for side, value in ((Side.HIGH, mean.value), (Side.LOW, -mean.value)):
            if value <= 0.0:
                start[side] = i + 1
            elif value > mean.limit and (side is Side.HIGH or sides is Sides.BOTH):
                yield Finding(rule=EWMA, index=i, start=start[side], side=side)


def beyond_cusum(sums: Sequence[CusumPoint], *, sides: Sides = Sides.BOTH) -> Iterator[Finding]:
    """Yield where a cumulative sum has decided that there is a shift, and where it began."""
    for i, total in enumerate(sums):
        if total.high > CUSUM_DECISION:
            yield Finding(rule=CUSUM, index=i, start=total.high_start, side=Side.HIGH)
        if total.low > CUSUM_DECISION and sides is Sides.BOTH:
            yield Finding(rule=CUSUM, index=i, start=total.low_start, side=Side.LOW)
