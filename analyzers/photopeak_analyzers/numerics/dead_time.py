r"""Losses by dead time: what is observed of a true rate, and the true rate of what was observed.

With the true rate n the observed one is

.. math:: m = n \, e^{-n t_p} / (1 + n t_n)

paralysable for :math:`t_n = 0`, non-paralysable for :math:`t_p = 0`, otherwise of both kinds in
line. A paralysable detector shows every rate below its largest one twice; the true rate meant is the
lower one, ``n = -W0(-m t_p) / t_p`` with the Lambert function. Rates are in counts/s, times in s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError, UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate

BISECTIONS = 200
"""Most halvings of an interval; about 60 use up all digits of a float."""

EVALUATIONS = 500
"""Bound of a fit."""

Floats = NDArray[np.float64]


class DeadTimeModel(StrEnum):
    """What an event during the dead time of another one does."""

    PARALYSABLE = "paralysable"
    NON_PARALYSABLE = "non_paralysable"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadTime:
    """Dead times of a detector, paralysing and not, in s; one or both are 0."""

    paralysing_s: float = 0.0
    blocking_s: float = 0.0

    def observed(self, true_cps: ArrayLike) -> Floats:
        """Return the observed rate of a true one."""
        n = np.asarray(true_cps, dtype=np.float64)
        return np.asarray(n * np.exp(-n * self.paralysing_s) / (1.0 + n * self.blocking_s))

    def slopes(self, true_cps: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the derivatives of the observed rate by true rate and by both dead times."""
        n, blocked = true_cps, 1.0 + true_cps * self.blocking_s
        kept = np.exp(-n * self.paralysing_s) / blocked
        by_true = kept * (1.0 - n * self.paralysing_s - n * self.blocking_s / blocked)
        return by_true, -n * n * kept, -n * n * kept / blocked

    @property
    def turning_cps(self) -> float:
        """True rate at which the largest one is observed; infinite if it only ever rises."""
        p, b = self.paralysing_s, self.blocking_s
        if p <= 0.0:
            return math.inf
        # 1 = n p + n**2 p b, written so that b may be 0.
        return 2.0 / (p + math.sqrt(p * p + 4.0 * p * b))

    @property
    def largest_cps(self) -> float:
        """Largest rate that can be observed."""
        if self.paralysing_s > 0.0:
            return float(self.observed(self.turning_cps))
        return 1.0 / self.blocking_s if self.blocking_s > 0.0 else math.inf

    @property
    def true_at_20_percent_cps(self) -> float:
        """True rate of which 20 % are lost; infinite without dead time."""
        if self.paralysing_s <= 0.0:
            return 0.25 / self.blocking_s if self.blocking_s > 0.0 else math.inf
        low, high = 0.0, math.log(1.25) / self.paralysing_s
        for _ in range(BISECTIONS):
            middle = (low + high) / 2.0
            if middle in (low, high):
                break
            lost = self._at(middle) < 0.8 * middle
            low, high = (low, middle) if lost else (middle, high)
        return high

    def true(self, observed_cps: float) -> float:
        """Return the true rate below the turning point.

        Raises
        ------
        UnsuitableAcquisitionError
            If no true rate is observed as so much.
        """
        largest = self.largest_cps
        beyond = observed_cps > largest * (1.0 + 1e-12)
        # Without paralysis the largest rate is approached and never reached.
        if beyond or (self.paralysing_s <= 0.0 and observed_cps >= largest):
            raise UnsuitableAcquisitionError(
                f"a rate of {observed_cps:.0f} /s is observed, with this dead time it is at most"
                f" {largest:.0f} /s",
                quantity="observed rate",
                value=observed_cps,
                bound=largest,
            )
        if observed_cps <= 0.0:
            return 0.0
        if self.paralysing_s <= 0.0:
            return observed_cps / (1.0 - observed_cps * self.blocking_s)
        if self.blocking_s <= 0.0:
            from scipy.special import lambertw

            # At the top itself the library function has no value.
            if observed_cps >= largest * (1.0 - 1e-14):
                return self.turning_cps
            product = observed_cps * self.paralysing_s
            return float(-lambertw(-product).real / self.paralysing_s)
        low, high = observed_cps, self.turning_cps
        for _ in range(BISECTIONS):
            middle = (low + high) / 2.0
            if middle in (low, high):
                break
            below = self._at(middle) < observed_cps
            low, high = (middle, high) if below else (low, middle)
        return high

    def _at(self, true_cps: float) -> float:
        """Return the observed rate of one true rate, without the cost of an array."""
        losses = math.exp(-true_cps * self.paralysing_s) / (1.0 + true_cps * self.blocking_s)
        return true_cps * losses


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeadTimeFit:
    """Dead times and the amplitude fitted to a decay.

    Attributes
    ----------
    values
        (true rate where the share is 1, then the dead times of the model in s; of the hybrid the
        paralysing one first).
    covariance
        Of the values, scaled by chi square per degree of freedom where that exceeds 1.
    chi_square, degrees_of_freedom
        Of the fit.
    residuals
        Points minus curve, in counts/s.
    """

    model: DeadTimeModel
    values: Floats
    covariance: Floats
    chi_square: float
    degrees_of_freedom: int
    residuals: Floats

    @property
    def dead_time(self) -> DeadTime:
        """The dead times."""
        return dead_time_of(self.model, self.values)

    @property
    def aic(self) -> float:
        """Akaike's criterion: chi square plus twice the number of values; the least is best."""
        return self.chi_square + 2.0 * self.values.size

    def estimate(self, index: int) -> Estimate:
        """Return one of the values with its standard uncertainty."""
        variance = max(float(self.covariance[index, index]), 0.0)
        return Estimate(value=float(self.values[index]), uncertainty=math.sqrt(variance))


def fit_dead_time(
    model: DeadTimeModel, shares: ArrayLike, observed_cps: ArrayLike, uncertainties: ArrayLike
) -> DeadTimeFit:
    """Fit dead times and the amplitude to a source that decays, weighted by the uncertainties.

    Parameters
    ----------
    shares
        Of the source at each point, such as ``exp(-l t)``; positive.
    observed_cps, uncertainties
        At each point, positive.

    Raises
    ------
    FitError
        If there are too few points, one is no number, or they do not determine the values.
    """
    share = np.asarray(shares, dtype=np.float64)
    rate = np.asarray(observed_cps, dtype=np.float64)
    sigma = np.asarray(uncertainties, dtype=np.float64)
    count = 3 if model is DeadTimeModel.HYBRID else 2
    _refuse_points(share, rate, sigma, count)
    from scipy.optimize import least_squares

    # The point with the least source has the least loss; the one with the most tells how much.
    low, high = int(share.argmin()), int(share.argmax())
    amplitude = float(rate[low] / share[low])
    lost = max(math.log(max(amplitude * share[high] / rate[high], 1.0)), 1e-3)
    scale_s = lost / (amplitude * share[high])

    def dead(x: Floats) -> DeadTime:
        return dead_time_of(model, np.concatenate([[1.0], x[1:] * scale_s]))

    def residual(x: Floats) -> Floats:
        return np.asarray((dead(x).observed(x[0] * amplitude * share) - rate) / sigma)

    def slopes(x: Floats) -> Floats:
        # By differences they are wrong at a dead time of 0, where the covariance needs them.
        by_true, by_paralysing, by_blocking = dead(x).slopes(x[0] * amplitude * share)
        times = {
            DeadTimeModel.PARALYSABLE: (by_paralysing,),
            DeadTimeModel.NON_PARALYSABLE: (by_blocking,),
            DeadTimeModel.HYBRID: (by_paralysing, by_blocking),
        }
        columns = (by_true * amplitude * share, *(each * scale_s for each in times[model]))
        return np.asarray(np.stack(columns, axis=-1) / sigma[:, None])

    start = np.array([1.0, *([1.0] if count == 2 else [0.5, 0.5])])
    best = least_squares(
        residual, start, slopes, bounds=(0.0, np.inf), x_scale=start, max_nfev=EVALUATIONS,
        ftol=1e-12, xtol=1e-12, gtol=1e-12,
    )  # fmt: skip
    unit = np.array([amplitude, *([scale_s] * (count - 1))])
    chi_square = float(2.0 * best.cost)
    freedom = rate.size - count
    return DeadTimeFit(
        model=model,
        values=best.x * unit,
        covariance=_covariance(best.jac, unit, model) * max(chi_square / freedom, 1.0),
        chi_square=chi_square,
        degrees_of_freedom=freedom,
        residuals=-np.asarray(best.fun) * sigma,
    )


def paralysing_from_20_percent(true_cps: float) -> float:
    """Return the dead time of a paralysable detector that loses 20 % of this true rate."""
    return math.log(1.25) / true_cps


def blocking_from_20_percent(true_cps: float) -> float:
    """Return the dead time of a non-paralysable detector that loses 20 % of this true rate."""
    return 0.25 / true_cps


def paralysing_from_largest(largest_cps: float) -> float:
    """Return the dead time of a paralysable detector with this largest observed rate."""
    return 1.0 / (math.e * largest_cps)


def from_two_sources(first_cps: float, second_cps: float, both_cps: float) -> float:
    """Return the dead time of a paralysable detector by the method of two sources.

    ``2 R12 / (R1 + R2)**2 * ln((R1 + R2) / R12)`` of net rates of each and of both together. It is
    of first order in the losses.

    Raises
    ------
    UnsuitableAcquisitionError
        If both together show more than their sum, or no more than one alone.
    """
    together = first_cps + second_cps
    if not max(first_cps, second_cps) < both_cps <= together:
        raise UnsuitableAcquisitionError(
            f"both sources together show {both_cps:g} /s, needs more than"
            f" {max(first_cps, second_cps):g} /s and at most {together:g} /s",
            quantity="rate of both sources",
            value=both_cps,
            bound=together,
        )
    return 2.0 * both_cps / together**2 * math.log(together / both_cps)


def dead_time_of(model: DeadTimeModel, values: Floats) -> DeadTime:
    """Return the dead times among the values of a fit."""
    if model is DeadTimeModel.PARALYSABLE:
        return DeadTime(paralysing_s=float(values[1]))
    if model is DeadTimeModel.NON_PARALYSABLE:
        return DeadTime(blocking_s=float(values[1]))
    return DeadTime(paralysing_s=float(values[1]), blocking_s=float(values[2]))


def _covariance(jacobian: Floats, unit: Floats, model: DeadTimeModel) -> Floats:
    length = np.linalg.norm(jacobian, axis=0)
    if not (length > 0.0).all():
        raise _undetermined(model)
    _, singular, vt = np.linalg.svd(jacobian / length, full_matrices=False)
    if singular[-1] < 1e-9 * singular[0]:
        raise _undetermined(model)
    return np.asarray(((vt.T / singular**2) @ vt) / np.outer(length / unit, length / unit))


def _undetermined(model: DeadTimeModel) -> FitError:
    return FitError(f"the points determine no {model} dead time", quantity="dead time")


def _refuse_points(share: Floats, rate: Floats, sigma: Floats, count: int) -> None:
    if not (share.ndim == 1 and share.shape == rate.shape == sigma.shape):
        raise FitError(
            f"{share.size} shares, {rate.size} rates and {sigma.size} uncertainties are given",
            quantity="points",
        )
    positive = all(np.isfinite(each).all() and (each > 0.0).all() for each in (share, rate, sigma))
    if not positive:
        raise FitError(
            "shares, rates and uncertainties need to be more than 0", quantity="points", bound=0.0
        )
    different = int(np.unique(share).size)
    if different <= count:
        raise FitError(
            f"{different} different shares are given, needs at least {count + 1}",
            quantity="points of the fit",
            value=different,
            bound=count + 1,
        )
