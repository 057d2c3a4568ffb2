"""The curve of efficiency by energy: fit, what has to hold of its lines, and its figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.counters.wbc_lines import Line
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    Scale,
    TableFigure,
)
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

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationLine:
    """One line: its efficiency per photon, the activity at the start, what the certificate states."""

    line: Line
    efficiency: Estimate
    activity_bq: float
    stated_percent: float
    standard_percent: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EfficiencyCurve:
    """``ln eps = sum(a_k (ln E)**k)`` with its covariance."""

    fit: LinearFit
    residuals_percent: Floats

    def at(self, energy_kev: float) -> Estimate:
        """Return the efficiency at an energy, with the uncertainty of the curve."""
        row = math.log(energy_kev) ** np.arange(self.fit.values.size)
        value = math.exp(float(row @ self.fit.values))
        variance = max(float(row @ self.fit.covariance @ row), 0.0)
        return Estimate(value=value, uncertainty=value * math.sqrt(variance))


def fit_efficiencies(lines: Sequence[CalibrationLine], degree: int) -> EfficiencyCurve:
    """Fit the curve, with the relative uncertainties of the lines as weights.

    Raises
    ------
    UnsuitableAcquisitionError
        If there are fewer lines than the curve takes with one to spare.
    """
    if len(lines) < degree + 2:
        raise UnsuitableAcquisitionError(
            f"{len(lines)} lines have an area in the spectrum, needs {degree + 2} for a curve of degree"
            f" {degree}",
            quantity="lines",
            value=len(lines),
            bound=degree + 2,
        )
    across = np.log([line.line.energy_kev for line in lines])
    value = np.log([line.efficiency.value for line in lines])
    relative = [max(line.efficiency.relative, 1e-9) for line in lines]
    fit = fit_linear(
        across[:, None] ** np.arange(degree + 1),
        value,
        relative,
        what="the curve of efficiency",
        worst_condition=WORST_CONDITION,
    )
    return EfficiencyCurve(fit=fit, residuals_percent=100.0 * (np.exp(fit.residuals) - 1.0))


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


def curve_figures(lines: Sequence[CalibrationLine], curve: EfficiencyCurve) -> tuple[Figure, ...]:
    """Show the lines on the curve, what is left of them, and the covariance."""
    energies = np.array([line.line.energy_kev for line in lines])
    values = np.array([line.efficiency.value for line in lines])
    across = np.geomspace(float(energies.min()), float(energies.max()), 200)
    orders = range(curve.fit.values.size)
    return (
        CurveFigure(
            name="efficiency",
            title="Efficiency per photon",
            x_label="Energy",
            x_unit="keV",
            y_label="Efficiency",
            y_unit="1",
            x_scale=Scale.LOG,
            y_scale=Scale.LOG,
            curves=(
                Curve(label="lines", x=energies, y=values, style=CurveStyle.POINTS),
                Curve(
                    label="curve", x=across, y=np.array([curve.at(float(e)).value for e in across])
                ),
            ),
        ),
        CurveFigure(
            name="residuals",
            title="Deviation of the lines from the curve",
            x_label="Energy",
            x_unit="keV",
            y_label="Deviation",
            y_unit="%",
            x_scale=Scale.LOG,
            curves=(
                Curve(
                    label="lines", x=energies, y=curve.residuals_percent, style=CurveStyle.POINTS
                ),
            ),
        ),
        TableFigure(
            name="covariance",
            title="Coefficients of ln E and their covariance",
            columns=("power", "coefficient", *(f"covariance with a_{order}" for order in orders)),
            rows=tuple(
                (order, float(curve.fit.values[order]), *map(float, curve.fit.covariance[order]))
                for order in orders
            ),
        ),
    )
