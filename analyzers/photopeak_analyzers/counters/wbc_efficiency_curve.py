"""The curve of efficiency by energy: fit, what has to hold of its lines, and its figures."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.counters.wbc_lines import Line
from photopeak_analyzers.counters.wbc_spectra import HPGE
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.regression import LinearFit, fit_linear

CLAUSE = "WS/T 584-2017 5.1.2, 5.3, 5.4"

FEWEST_LINES = 7
"""WS/T 584-2017 5.3.2."""

FEWEST_LOW_LINES = 2
"""Between 40 and 200 keV. WS/T 584-2017 5.3.2."""

LOWEST_KEV, LOW_END_KEV, HIGHEST_KEV = 40.0, 200.0, 2000.0

LARGEST_ACTIVITY_KBQ = 1000.0
"""WS/T 584-2017 5.3.2."""

LARGEST_UNCERTAINTY_PERCENT = 5.0
"""WS/T 584-2017 5.1.2, B.3.5."""

WORST_CONDITION = 1e10
"""Powers of ln E from 0 to 6 are far from independent; doubles have 16 digits."""

USUAL_DEGREE = 3
"""Largest power of ln E that seven lines carry."""

CROSSOVER_KEV = 100.0
"""Below, dead layer and window of germanium make the efficiency turn over. Practice."""

FEWEST_BELOW, SPARE_OF_BRANCH = 2, 3
"""Lines below the crossover that a branch takes, and lines to spare then: as seven of a third degree have."""

COUNTING, EMISSION = "counts", "emission probabilities"
ACTIVITY = "activities, shared by the lines of a source"
LIFE = "half-lives, shared by the lines of a nuclide"

PERCENT = 100.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationLine:
    """One line: its efficiency per photon, and what it is uncertain by.

    Attributes
    ----------
    efficiency
        With its whole standard uncertainty.
    activity_bq
        At the start of the count.
    source
        What tells the source from others: all its lines share the uncertainty of its activity.
    stated_percent, standard_percent
        Uncertainty of the certificate, as stated and as a standard one.
    counting, emission, life
        Relative standard uncertainties of net counts, emission probability, and of the decay by the
        half-life, which all lines of a nuclide share; the last one has the sign of the time elapsed.
    """

    line: Line
    efficiency: Estimate
    activity_bq: float
    source: tuple[object, ...]
    stated_percent: float
    standard_percent: float
    counting: float
    emission: float
    life: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EfficiencyCurve:
    """``ln eps = sum(a_k (ln E)**k)`` with its covariance.

    Below `crossover_kev`, where that is not None, ``b (ln E - ln E_c)**2`` is added: a branch of its own
    that joins the other one with the same value and slope. `b` is the last one of the values.

    Attributes
    ----------
    estimator
        What makes the values out of the logarithms of the efficiencies.
    parts
        Covariance of these logarithms by what causes it, counts and emission with the scatter.
    scatter
        By how much the variances of counts and emission were enlarged: chi-square per degree of
        freedom where that exceeds 1. What lines share cannot show in it.
    """

    fit: LinearFit
    degree: int
    crossover_kev: float | None
    estimator: Floats
    parts: Mapping[str, Floats]
    residuals_percent: Floats
    scatter: float

    def at(self, energy_kev: float) -> Estimate:
        """Return the efficiency at an energy, with the uncertainty of the curve."""
        row = _design([energy_kev], self.degree, self.crossover_kev)[0]
        value = math.exp(float(row @ self.fit.values))
        variance = max(float(row @ self.fit.covariance @ row), 0.0)
        return Estimate(value=value, uncertainty=value * math.sqrt(variance))

    def shares(self, energy_kev: float) -> dict[str, float]:
        """Return by cause the relative standard uncertainty of the curve at an energy."""
        weights = _design([energy_kev], self.degree, self.crossover_kev)[0] @ self.estimator
        return {
            name: math.sqrt(max(float(weights @ part @ weights), 0.0))
            for name, part in self.parts.items()
        }


def fewest_lines(degree: int) -> int:
    """Return how many lines a polynomial takes: one to spare, and three above the third degree.

    Seven lines, the least of the clause, carry the third degree and no higher one.
    """
    return degree + (2 if degree <= USUAL_DEGREE else 4)


def fit_efficiencies(
    lines: Sequence[CalibrationLine], degree: int, crossover_kev: float | None = None
) -> EfficiencyCurve:
    """Fit the curve, with the covariance of the lines.

    Lines of one source share the uncertainty of its activity, those of one nuclide that of its
    half-life; their counts and emission probabilities are independent.

    Raises
    ------
    UnsuitableAcquisitionError
        If there are fewer lines than the curve takes.
    """
    needed = fewest_lines(degree)
    if len(lines) < needed:
        raise UnsuitableAcquisitionError(
            f"{len(lines)} lines have an area in the spectrum, needs {needed} for a curve of degree"
            f" {degree}",
            quantity="lines",
            value=len(lines),
            bound=needed,
        )
    energies = [line.line.energy_kev for line in lines]
    design = _design(energies, degree, crossover_kev)
    value = np.log([line.efficiency.value for line in lines])
    parts = _parts(lines)
    root = np.linalg.cholesky(sum(parts.values(), np.zeros((len(lines), len(lines)))))
    white = np.linalg.solve(root, design)
    fit = fit_linear(
        white,
        np.linalg.solve(root, value),
        np.ones(len(lines)),
        what="the curve of efficiency",
        worst_condition=WORST_CONDITION,
    )
    length = np.linalg.norm(white, axis=0)
    estimator = (np.linalg.pinv(white / length) / length[:, None]) @ np.linalg.inv(root)
    scatter = max(fit.reduced_chi_square, 1.0)
    parts = {
        name: part * (scatter if name in (COUNTING, EMISSION) else 1.0)
        for name, part in parts.items()
    }
    covariance = sum(
        (estimator @ part @ estimator.T for part in parts.values()), np.zeros((white.shape[1],) * 2)
    )
    residuals = value - design @ fit.values
    return EfficiencyCurve(
        fit=dataclasses.replace(fit, covariance=covariance, residuals=residuals),
        degree=degree,
        crossover_kev=crossover_kev,
        estimator=estimator,
        parts=parts,
        residuals_percent=100.0 * (np.exp(residuals) - 1.0),
        scatter=scatter,
    )


def branch_below(
    detector: str, energies: Sequence[float], degree: int, crossover_kev: float
) -> float | None:
    """Return where germanium has a branch of its own, or None where the lines do not carry one."""
    below = sum(LOWEST_KEV <= energy < crossover_kev for energy in energies)
    spare = len(energies) - degree - 2
    fits = below >= FEWEST_BELOW and len(energies) - below > degree and spare >= SPARE_OF_BRANCH
    return crossover_kev if detector == HPGE and fits else None


def _parts(lines: Sequence[CalibrationLine]) -> dict[str, Floats]:
    """Return the covariance of the logarithms by what causes it."""
    activity = np.array([line.standard_percent for line in lines]) / PERCENT
    life = np.array([line.life for line in lines])
    alike = np.array([[a.source == b.source for b in lines] for a in lines])
    same = np.array([[a.line.nuclide == b.line.nuclide for b in lines] for a in lines])
    return {
        # Counts without noise, as simulations have them, still weigh.
        COUNTING: np.diag([max(line.counting, 1e-9) ** 2 for line in lines]),
        EMISSION: np.diag([line.emission**2 for line in lines]),
        ACTIVITY: np.where(alike, np.outer(activity, activity), 0.0),
        LIFE: np.where(same, np.outer(life, life), 0.0),
    }


def _design(energies: Sequence[float], degree: int, crossover_kev: float | None) -> Floats:
    across = np.log(np.asarray(energies, dtype=np.float64))
    columns = across[:, None] ** np.arange(degree + 1)
    if crossover_kev is None:
        return np.asarray(columns)
    below = np.minimum(across - math.log(crossover_kev), 0.0) ** 2
    return np.column_stack([columns, below])


def curve_conditions(lines: Sequence[CalibrationLine]) -> list[Precondition]:
    """Ask for as many lines, in as wide a region, of such sources as the clauses do."""
    energies = [line.line.energy_kev for line in lines]
    low = sum(LOWEST_KEV <= energy <= LOW_END_KEV for energy in energies)
    stated = max(line.stated_percent for line in lines)
    rows = (
        (PreconditionCode.FRAMES, "lines with an area", float(len(lines)), (FEWEST_LINES, None), "1", Severity.HARD),
        (PreconditionCode.FRAMES, "lines between 40 and 200 keV", float(low), (FEWEST_LOW_LINES, None), "1", Severity.HARD),
        (PreconditionCode.WINDOW, "lowest line", min(energies), (LOWEST_KEV, None), "keV", Severity.SOFT),
        (PreconditionCode.WINDOW, "highest line", max(energies), (None, HIGHEST_KEV), "keV", Severity.SOFT),
        (PreconditionCode.RATE, "largest activity of a source", max(line.activity_bq for line in lines) / 1e3,
         (None, LARGEST_ACTIVITY_KBQ), "kBq", Severity.SOFT),
        (PreconditionCode.CALIBRATION_EXPIRED, "largest uncertainty of a certificate, as stated", stated,
         (None, LARGEST_UNCERTAINTY_PERCENT), "%", Severity.HARD),
        (PreconditionCode.CALIBRATION_EXPIRED, "largest uncertainty of a certificate, at 99.7 %",
         3.0 * max(line.standard_percent for line in lines), (None, LARGEST_UNCERTAINTY_PERCENT), "%", Severity.SOFT),
    )  # fmt: skip
    return [
        bounded(
            code,
            quantity,
            value,
            lower=bounds[0],
            upper=bounds[1],
            unit=unit,
            severity=severity,
            scope=Scope(),
            clause=CLAUSE,
        )
        for code, quantity, value, bounds, unit, severity in rows
    ]


def wanted_condition(energy_kev: float, energies: Sequence[float]) -> Precondition:
    """Ask for an energy within those of the lines: beyond, the curve is an extrapolation."""
    return bounded(
        PreconditionCode.WINDOW,
        f"energy of the efficiency at {energy_kev:g} keV, against those of the lines",
        energy_kev,
        lower=min(energies),
        upper=max(energies),
        unit="keV",
        severity=Severity.SOFT,
        scope=Scope.of(energy_kev=energy_kev),
        clause=CLAUSE,
    )
