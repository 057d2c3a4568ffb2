"""Radioactive decay: of an activity between two moments, and during an acquisition.

Times are in s, and every half-life is given by the caller: which one is used belongs to the
result (:func:`photopeak_analyzers.nuclides.half_life`). With the decay constant
``l = ln 2 / T_half``:

* activity after `dt`: ``A exp(-l dt)``
* counts C in an acquisition of duration T become the rate at its start:
  ``C l / (1 - exp(-l T))``

IEC 60789 / GB/T 18989-2013 3.1.1.3, 3.7.3.2; NEMA NU 1-2007 2.6, 2.11 (E.9, E.12); JJF (1).
"""

from __future__ import annotations

import math

from photopeak_analyzers.errors import ParameterError

LN2 = math.log(2.0)

FARTHEST_HALF_LIVES = 100.0
"""Farther apart, nothing is left of any source: a date or a nuclide is wrong."""


def decay_factor(elapsed_s: float, half_life_s: float) -> float:
    """Return the share of an activity that is left; above 1 for a time before.

    >>> decay_factor(21672.0, 21672.0)
    0.5
    """
    decays = _decays(elapsed_s, half_life_s)
    if abs(decays) > FARTHEST_HALF_LIVES * LN2:
        raise ParameterError(
            f"the times are {abs(decays) / LN2:.0f} half-lives apart,"
            f" needs at most {FARTHEST_HALF_LIVES:g}",
            quantity="half-lives between the times",
            value=abs(decays) / LN2,
            bound=FARTHEST_HALF_LIVES,
        )
    return math.exp(-decays)


def activity_at(activity: float, elapsed_s: float, half_life_s: float) -> float:
    """Return the activity after a time, in the unit of the activity."""
    return activity * decay_factor(elapsed_s, half_life_s)


def net_activity(
    before: float,
    before_s: float,
    residue: float,
    residue_s: float,
    half_life_s: float,
    *,
    reference_s: float = 0.0,
) -> float:
    """Return what was dispensed: the syringe before minus its residue, both at one moment.

    Leaving out the decay between the two readings costs 0.19 % of the residue per minute with
    Tc-99m. NEMA NU 1-2007 2.11 (GB/T 18989-2013 E.11.3); IEC 60789 (A.1) neglects it.

    Parameters
    ----------
    before, before_s
        Reading of the full syringe and its time, in s on any clock.
    residue, residue_s
        Reading of the empty syringe and its time on the same clock.
    reference_s
        The moment that the result refers to, on the same clock.

    Raises
    ------
    ParameterError
        If the residue exceeds what was there.
    """
    full = activity_at(before, reference_s - before_s, half_life_s)
    empty = activity_at(residue, reference_s - residue_s, half_life_s)
    if empty > full:
        raise ParameterError(
            f"the residue is {empty:g} of {full:g} at the reference time, needs at most as much",
            quantity="residue",
            value=empty,
            bound=full,
        )
    return full - empty


def rate_at_start(counts: float, duration_s: float, half_life_s: float) -> float:
    """Return the count rate at the start of an acquisition during which the source decays."""
    if not (math.isfinite(duration_s) and duration_s > 0.0):
        raise ParameterError(
            f"the duration is {duration_s:g} s, needs more than 0 s",
            quantity="duration",
            value=duration_s,
            bound=0.0,
        )
    return counts / duration_s / mean_decay(duration_s, half_life_s)


def rate_at_reference(
    counts: float, start_after_s: float, duration_s: float, half_life_s: float
) -> float:
    """Return the count rate that an acquisition would have had at a reference time.

    Parameters
    ----------
    counts
        Counts of the acquisition, background subtracted.
    start_after_s
        Start of the acquisition after the reference time; negative for one before it.
    """
    return rate_at_start(counts, duration_s, half_life_s) / decay_factor(start_after_s, half_life_s)


def rate_at_reference_by_mid_time(
    counts: float, start_after_s: float, duration_s: float, half_life_s: float
) -> float:
    """Return the same as :func:`rate_at_reference`, with the decay at the middle of the time.

    The approximation of IEC 60789 / GB/T 18989-2013 3.1.1.3; it is ``(l T)**2 / 24`` too high.
    """
    middle_s = start_after_s + duration_s / 2.0
    return counts / duration_s / decay_factor(middle_s, half_life_s)


def mean_decay(duration_s: float, half_life_s: float) -> float:
    """Return the mean of the decay factor over an acquisition that starts at 1.

    ``(1 - exp(-l T)) / (l T)``, and 1 for no duration.
    """
    decays = _decays(duration_s, half_life_s)
    # expm1 keeps every digit where 1 - exp(-x) would cancel.
    return -math.expm1(-decays) / decays if decays else 1.0


def _decays(elapsed_s: float, half_life_s: float) -> float:
    """Return ``l dt``, refusing what is no half-life or no time."""
    if not (math.isfinite(half_life_s) and half_life_s > 0.0):
        raise ParameterError(
            f"the half-life is {half_life_s:g} s, needs more than 0 s",
            quantity="half-life",
            value=half_life_s,
            bound=0.0,
        )
    if not math.isfinite(elapsed_s):
        raise ParameterError(
            f"the time is {elapsed_s:g} s, needs a finite number", quantity="elapsed time"
        )
    return LN2 * elapsed_s / half_life_s
