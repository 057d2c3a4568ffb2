r"""The mathematics of a count-rate characteristic, on arrays alone.

The input rate follows from the last, slowest point by decay alone. NEMA NU 1-2007 (GB/T 18989-2013
E.6.4), with times of the starts:

.. math:: OCR_i = \frac{(C_i - R_b \Delta t_i) \lambda}{1 - e^{-\lambda \Delta t_i}}, \quad
          ICR_i = OCR_n e^{\lambda (t_n - t_i)}

IEC 60789 (GB/T 18989-2013 3.7.3) takes plain rates :math:`C_j = (N_j - N_b) / \Delta t_j` at the
middle of each measurement. The point of 20 % loss is where the curve crosses 0.8 of the input rate:
by a straight line between its two neighbours (E.8), in IEC on logarithmic axes. Coming from the
slow end the first crossing counts.

Points are the last axis and run in the order of time, so that a measured series and hundreds of
simulated ones go through the same lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.dead_time import DeadTime, paralysing_from_20_percent
from photopeak_analyzers.numerics.decay import LN2

KEPT = 0.8
"""Observed over input rate at a loss of 20 %. E.8, 3.7.3.3 c."""

MOST_ROUNDS = 50
"""Of the correction of the last point; each changes the next by a few per cent of itself."""

Floats = NDArray[np.float64]


class Text(StrEnum):
    """Which of the two texts the mathematics follows."""

    NEMA = "nema"
    IEC = "iec"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """What was counted of a decaying source, in the order of time.

    Attributes
    ----------
    starts_s, durations_s, counts
        Of each point; counts with background.
    background
        Rate without the source.
    half_life_s
        Of the nuclide.
    """

    starts_s: Floats
    durations_s: Floats
    counts: Floats
    background: Estimate
    half_life_s: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateCurve:
    """A count-rate characteristic.

    Attributes
    ----------
    input_cps, observed_cps
        Of each point.
    u_observed_cps
        Standard uncertainty of the observed rate by counting and background.
    input_20, observed_20
        At a loss of 20 %; None when none of the points loses so much.
    largest
        Index of the point with the largest observed rate; None when the first points are the
        largest, because then nothing shows that it is a maximum.
    input_max, observed_max
        Of this point.
    fitted_max
        Vertex of the parabola through this point and its neighbours, over the logarithm of the
        input rate; None without a maximum.
    observed_20_loss_free
        As `observed_20`, with the input rates raised by the loss of the last point.
    last_loss
        Share that the last point itself has lost, after a paralysable dead time.
    """

    input_cps: Floats
    observed_cps: Floats
    u_observed_cps: Floats
    input_20: Estimate | None
    observed_20: Estimate | None
    largest: int | None
    input_max: Estimate | None
    observed_max: Estimate | None
    fitted_max: float | None
    observed_20_loss_free: float | None
    last_loss: float | None


def rate_curve(points: Points, text: Text, *, draws: int, rng: np.random.Generator) -> RateCurve:
    """Return the characteristic, with uncertainties by simulated counting.

    Each of the draws deals the counts and the background anew. The point of the maximum and the
    neighbours of the crossing are chosen in each of them, which no linear propagation could tell.
    """
    simulated = rng.poisson(points.counts, (draws, points.counts.size)).astype(np.float64)
    background = rng.normal(points.background.value, points.background.uncertainty, (draws, 1))
    input_cps, observed_cps = _rates(points, points.counts, points.background.value, text)
    inputs, observed = _rates(points, simulated, background, text)
    input_20 = float(crossing(input_cps, observed_cps, text))
    largest = int(observed_cps.argmax())
    risen = largest > 0
    maxima = observed.argmax(axis=-1)[:, None]
    loss_free, last_loss = _loss_free(input_cps, observed_cps, input_20, text)
    return RateCurve(
        input_cps=input_cps,
        observed_cps=observed_cps,
        u_observed_cps=observed.std(axis=0, ddof=1),
        input_20=_estimate(input_20, crossing(inputs, observed, text)),
        observed_20=_estimate(KEPT * input_20, KEPT * crossing(inputs, observed, text)),
        largest=largest if risen else None,
        input_max=_estimate(input_cps[largest], np.take_along_axis(inputs, maxima, -1))
        if risen
        else None,
        observed_max=_estimate(observed_cps[largest], np.take_along_axis(observed, maxima, -1))
        if risen
        else None,
        fitted_max=_vertex(input_cps, observed_cps, largest) if risen else None,
        observed_20_loss_free=loss_free,
        last_loss=last_loss,
    )


def observed_at_middle(points: Points) -> tuple[Floats, Floats, Floats]:
    """Return shares of the source, net rates and their uncertainties, at the middle of each point.

    Where the observed rate does not follow the source any more, the mean of a point is that of its
    middle to second order, which the rate at its start by (E.6) is not.
    """
    middles_s = points.starts_s + points.durations_s / 2.0
    net = points.counts - points.background.value * points.durations_s
    uncertainty = np.hypot(
        np.sqrt(np.maximum(points.counts, 1.0)), points.background.uncertainty * points.durations_s
    )
    shares = np.exp(-LN2 / points.half_life_s * middles_s)
    return shares, net / points.durations_s, uncertainty / points.durations_s


def _rates(
    points: Points, counts: Floats, background_cps: Floats | float, text: Text
) -> tuple[Floats, Floats]:
    decay = LN2 / points.half_life_s
    duration_s = points.durations_s
    net = counts - background_cps * duration_s
    if text is Text.NEMA:
        observed = net * decay / -np.expm1(-decay * duration_s)
        at_s = points.starts_s
    else:
        observed = net / duration_s
        at_s = points.starts_s + duration_s / 2.0
    return observed[..., -1:] * np.exp(decay * (at_s[-1] - at_s)), observed


def crossing(input_cps: Floats, observed_cps: Floats, text: Text) -> Floats:
    """Return the input rate at 20 % loss, of each series; NaN where no point loses so much."""
    below = observed_cps < KEPT * input_cps
    size = below.shape[-1]
    # The last point has no loss by definition, so that a neighbour on its side always exists.
    place = size - 1 - below[..., ::-1].argmax(axis=-1)[..., None]
    place = np.minimum(place, size - 2)
    ends = [
        [np.take_along_axis(each, place + step, -1)[..., 0] for step in (0, 1)]
        for each in (input_cps, observed_cps)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        if text is Text.IEC:
            (i0, i1), (o0, o1) = [[np.log(end) for end in pair] for pair in ends]
            g0, g1 = o0 - i0 - np.log(KEPT), o1 - i1 - np.log(KEPT)
            found = np.exp(i0 + (i1 - i0) * g0 / (g0 - g1))
        else:
            (i0, i1), (o0, o1) = ends
            g0, g1 = o0 - KEPT * i0, o1 - KEPT * i1
            found = i0 + (i1 - i0) * g0 / (g0 - g1)
    return np.asarray(np.where(below.any(axis=-1), found, np.nan))


def _loss_free(
    input_cps: Floats, observed_cps: Floats, input_20: float, text: Text
) -> tuple[float | None, float | None]:
    """Return the observed rate at 20 % loss, and the loss of the last point that it takes out."""
    if not np.isfinite(input_20):
        return None, None
    last = float(observed_cps[-1])
    raised, found = 1.0, input_20
    for _ in range(MOST_ROUNDS):
        dead = DeadTime(paralysing_s=paralysing_from_20_percent(found))
        if last >= dead.largest_cps:
            return None, None
        before, raised = raised, dead.true(last) / last
        found = float(crossing(raised * input_cps, observed_cps, text))
        if not np.isfinite(found):
            return None, None
        if abs(raised - before) <= 1e-12:
            break
    return KEPT * found, 1.0 - 1.0 / raised


def _vertex(input_cps: Floats, observed_cps: Floats, largest: int) -> float | None:
    """Return the top of the parabola through a point and its neighbours."""
    if largest + 1 >= input_cps.size:
        return None
    near = slice(largest - 1, largest + 2)
    x = np.log(input_cps[near] / input_cps[largest])
    a, b, c = np.polyfit(x, observed_cps[near], 2)
    return float(c - b * b / (4.0 * a)) if a < 0.0 else None


def _estimate(value: float, simulated: Floats) -> Estimate | None:
    if not np.isfinite(value):
        return None
    found = simulated[np.isfinite(simulated)]
    spread = float(found.std(ddof=1)) if found.size > 1 else 0.0
    return Estimate(value=float(value), uncertainty=spread)
