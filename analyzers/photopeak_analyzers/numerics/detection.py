"""Decision thresholds and detection limits of counting, WS/T 584-2017 Annex D.

A threshold is what is exceeded by chance with the probability alpha where nothing is there; a limit is what
stays below the threshold with the probability beta. `k` is the one-sided quantile for alpha = beta, 1.645
for 5 %. All numbers here are counts; divided by efficiency and time they are activities.
"""

from __future__ import annotations

import math

from photopeak_analyzers.errors import ParameterError

K_5_PERCENT = 1.645
"""One-sided quantile of 5 %, as WS/T 584-2017 D.2 rounds it."""


def threshold_counts(
    background_cps: float, subject_s: float, background_s: float, *, k: float = K_5_PERCENT
) -> float:
    """Return the decision threshold (D.1), ``k sqrt(n_B t_S (1 + t_S / t_B))``.

    For ``t_B = t_S`` it is that of (D.2), ``k sqrt(2 N_B)``.

    >>> round(threshold_counts(0.05, 600.0, 1800.0), 3)
    10.404
    """
    rate = _not_negative("background rate", background_cps)
    subject, background = _positive("time of the subject", subject_s), background_s
    _positive("time of the background", background)
    return _positive("k", k) * math.sqrt(rate * subject * (1.0 + subject / background))


def limit_counts(threshold: float, *, k: float = K_5_PERCENT) -> float:
    """Return the detection limit (D.4), ``k**2 + 2 N_DT``; (D.5) leaves ``k**2`` out.

    >>> round(limit_counts(10.404), 3)
    23.514
    """
    return _positive("k", k) ** 2 + 2.0 * _not_negative("decision threshold", threshold)


def peak_threshold_counts(
    ratio: float,
    baseline: float,
    *,
    interference: float = 0.0,
    interference_variance: float = 0.0,
    k: float = K_5_PERCENT,
) -> float:
    """Return the threshold of a peak on its baseline (D.8), with an interfering peak where there is one.

    ``k sqrt((p / 2m) (p / 2m + 1) sum(B) + P + s_P**2)``, of which (D.8) has the first term and the root
    in (D.9) all three.

    Parameters
    ----------
    ratio
        ``p / (2 m)``.
    baseline
        Counts of the baseline's channels on both sides.
    interference, interference_variance
        Net area of the peak of the background at this place, and its variance.
    """
    spread = _positive("p / 2m", ratio) * (ratio + 1.0) * _not_negative("baseline", baseline)
    peak = max(interference, 0.0)
    return _positive("k", k) * math.sqrt(
        spread + peak + _not_negative("variance of the interfering peak", interference_variance)
    )


def _positive(quantity: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0.0):
        raise ParameterError(
            f"the {quantity} is {value:g}, needs more than 0",
            quantity=quantity,
            value=value,
            bound=0.0,
        )
    return value


def _not_negative(quantity: str, value: float) -> float:
    if not (math.isfinite(value) and value >= 0.0):
        raise ParameterError(
            f"the {quantity} is {value:g}, needs at least 0",
            quantity=quantity,
            value=value,
            bound=0.0,
        )
    return value
