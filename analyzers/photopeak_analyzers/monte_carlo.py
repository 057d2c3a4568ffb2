"""Uncertainty by simulation, where a model is not linear (GUM Supplement 1, JJF 1059.2).

::

    x = Quantity(name="x", value=0.0, standard=1.0)
    simulated = simulate(lambda v: v[0] ** 2, [x])
    simulated.interval          of a probability of 95 %, the shortest one

The inputs are drawn from their distributions: normal, or Student's t where a normal one has few degrees
of freedom (6.4.9), rectangular, triangular; correlated ones must be normal (6.4.8). The draws come
from a seed: the same seed gives the same interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.correlations import Correlation, correlation_matrix
from photopeak_analyzers.errors import FitError, ParameterError
from photopeak_analyzers.propagation import Quantity
from photopeak_analyzers.uncertainty import RECTANGULAR_DIVISOR, TRIANGULAR_DIVISOR, Distribution

Floats = NDArray[np.float64]

DRAWS = 100_000
"""The standard deviation to 0.2 % and the ends of a 95 % interval to about 1 % of it."""

FEWEST_DRAWS, MOST_DRAWS = 1_000, 1_000_000
"""A 95 % interval needs tens of draws beyond its ends; more than a million tell no more."""

PROBABILITY = 0.95
"""Coverage probability that k = 2 stands for."""

DECIMAL_BASE = 10.0


class Interval(StrEnum):
    """Which of the intervals with one probability (GUM S1 5.3.3, 5.3.4)."""

    SHORTEST = "shortest"
    SYMMETRIC = "symmetric"
    """As much beyond one end as beyond the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What simulation tells of a result.

    Attributes
    ----------
    mean, standard
        Mean and standard deviation of the results.
    interval
        Its two ends.
    kind, probability, draws, seed
        How it was found.
    """

    mean: float
    standard: float
    interval: tuple[float, float]
    kind: Interval
    probability: float
    draws: int
    seed: int

    def agrees(self, value: float, expanded: float, *, digits: int = 2) -> bool:
        """Tell whether ``value +- expanded`` has the same ends (GUM S1 8.1).

        They may be apart by half a unit in the last of the `digits` significant digits of the
        standard uncertainty.
        """
        tolerance = numerical_tolerance(self.standard, digits)
        low, high = self.interval
        return (
            abs(value - expanded - low) <= tolerance and abs(value + expanded - high) <= tolerance
        )


def numerical_tolerance(standard: float, digits: int = 2) -> float:
    """Return half a unit in the last significant digit of an uncertainty (GUM S1 7.9.2).

    >>> numerical_tolerance(0.0352), numerical_tolerance(0.0352, 1)
    (0.0005, 0.005)
    """
    if standard == 0.0:
        return 0.0
    exponent = math.floor(math.log10(standard))
    # 0.00996 becomes 0.010 when rounded to two digits.
    if round(standard / DECIMAL_BASE**exponent, digits - 1) >= DECIMAL_BASE:
        exponent += 1
    return float(f"5e{exponent - digits}")


def simulate(
    model: Callable[[Floats], Floats],
    quantities: Sequence[Quantity],
    correlations: Sequence[Correlation] = (),
    *,
    draws: int = DRAWS,
    seed: int = 0,
    kind: Interval = Interval.SHORTEST,
    probability: float = PROBABILITY,
) -> Simulated:
    """Return what a model makes of the distributions of its inputs.

    Parameters
    ----------
    model
        Function of all draws at once: an array of shape ``(inputs, draws)`` becomes one of shape
        ``(draws,)``.

    Raises
    ------
    FitError
        If the model gives no finite number for a draw: its inputs reach where it is not defined.
    ParameterError
        If the number of draws or the probability is out of bounds, or correlated inputs are not
        normal.
    """
    if not FEWEST_DRAWS <= draws <= MOST_DRAWS:
        raise ParameterError(
            f"there are {draws} draws, needs {FEWEST_DRAWS} to {MOST_DRAWS}",
            quantity="draws",
            value=draws,
            bound=FEWEST_DRAWS if draws < FEWEST_DRAWS else MOST_DRAWS,
        )
    results = np.asarray(
        model(drawn(quantities, correlations, draws=draws, rng=np.random.default_rng(seed))),
        dtype=np.float64,
    )
    if results.shape != (draws,):
        raise ParameterError(
            f"the model gives an array of shape {results.shape} for {draws} draws",
            quantity="results of the model",
            value=results.size,
            bound=draws,
        )
    finite = int(np.count_nonzero(np.isfinite(results)))
    if finite < draws:
        raise FitError(
            f"the model is not defined for {draws - finite} of {draws} draws of its inputs",
            quantity="draws without a result",
            value=draws - finite,
            bound=0,
        )
    return Simulated(
        mean=float(results.mean()),
        standard=float(results.std(ddof=1)),
        interval=coverage_interval(results, probability, kind),
        kind=kind,
        probability=probability,
        draws=draws,
        seed=seed,
    )


def drawn(
    quantities: Sequence[Quantity],
    correlations: Sequence[Correlation] = (),
    *,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Return draws of the inputs, shape ``(inputs, draws)``."""
    matrix = correlation_matrix([each.name for each in quantities], correlations)
    tied = {name for pair in correlations for name in (pair.first, pair.second)}
    standard = np.empty((len(quantities), draws))
    for index, each in enumerate(quantities):
        if each.name in tied and (
            each.distribution is not Distribution.NORMAL or math.isfinite(each.degrees_of_freedom)
        ):
            raise ParameterError(
                f"{each.name} is correlated and not normal, its draws are not determined",
                quantity=f"distribution of {each.name}",
                value=str(each.distribution),
                bound=str(Distribution.NORMAL),
            )
        standard[index] = _standard_draws(each, draws, rng)
    if tied:
        # A root by eigenvalues exists where inputs depend on each other wholly; Cholesky's does not.
        values, vectors = np.linalg.eigh(matrix)
        mixed = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T @ standard
        rows = [index for index, each in enumerate(quantities) if each.name in tied]
        standard[rows] = mixed[rows]
    centre = np.array([each.value for each in quantities])
    spread = np.array([each.standard for each in quantities])
    return centre[:, None] + spread[:, None] * standard


def coverage_interval(
    results: Floats, probability: float = PROBABILITY, kind: Interval = Interval.SHORTEST
) -> tuple[float, float]:
    """Return the ends of the interval that holds this share of the results (GUM S1 7.7)."""
    if not 0.0 < probability < 1.0:
        raise ParameterError(
            f"the probability is {probability:g}, needs to lie between 0 and 1",
            quantity="coverage probability",
            value=probability,
        )
    ordered = np.sort(results)
    span = min(math.floor(probability * ordered.size + 0.5), ordered.size - 1)
    if kind is Interval.SYMMETRIC:
        start = (ordered.size - span) // 2
    else:
        start = int(np.argmin(ordered[span:] - ordered[: ordered.size - span]))
    start = min(start, ordered.size - 1 - span)
    return float(ordered[start]), float(ordered[start + span])


def _standard_draws(quantity: Quantity, draws: int, rng: np.random.Generator) -> Floats:
    """Return draws about 0 in units of the standard uncertainty that was stated."""
    if quantity.distribution is Distribution.RECTANGULAR:
        return rng.uniform(-RECTANGULAR_DIVISOR, RECTANGULAR_DIVISOR, draws)
    if quantity.distribution is Distribution.TRIANGULAR:
        return rng.triangular(-TRIANGULAR_DIVISOR, 0.0, TRIANGULAR_DIVISOR, draws)
    if math.isfinite(quantity.degrees_of_freedom):
        return rng.standard_t(quantity.degrees_of_freedom, draws)
    return rng.standard_normal(draws)
