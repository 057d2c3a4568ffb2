"""Figures of the efficiency calibration: the curve, what is left of the lines, covariance and budget."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.counters.wbc_efficiency_curve import (
    PERCENT,
    CalibrationLine,
    EfficiencyCurve,
)
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    Scale,
    TableFigure,
)
from photopeak_analyzers.uncertainty import COVERAGE_FACTOR


def curve_figures(lines: Sequence[CalibrationLine], curve: EfficiencyCurve) -> tuple[Figure, ...]:
    """Show the lines on the curve, what is left of them, and the covariance."""
    energies = np.array([line.line.energy_kev for line in lines])
    values = np.array([line.efficiency.value for line in lines])
    across = np.geomspace(float(energies.min()), float(energies.max()), 200)
    names = [f"a_{order}" for order in range(curve.degree + 1)]
    if curve.crossover_kev is not None:
        names.append(f"b, below {curve.crossover_kev:g} keV")
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
            columns=("", "coefficient", *(f"covariance with {name}" for name in names)),
            rows=tuple(
                (name, float(curve.fit.values[at]), *map(float, curve.fit.covariance[at]))
                for at, name in enumerate(names)
            ),
        ),
        _budget(lines, curve),
    )


def _budget(lines: Sequence[CalibrationLine], curve: EfficiencyCurve) -> TableFigure:
    """Show what the curve is uncertain by at each line, cause by cause."""
    rows: list[tuple[float | int | str | None, ...]] = []
    for line in lines:
        energy = line.line.energy_kev
        whole = curve.at(energy)
        shares = [PERCENT * share for share in curve.shares(energy).values()]
        rows.append(
            (
                energy,
                line.line.nuclide,
                PERCENT * line.efficiency.relative,
                *shares,
                PERCENT * whole.relative,
                COVERAGE_FACTOR * PERCENT * whole.relative,
            )
        )
    return TableFigure(
        name="uncertainty",
        title="Relative standard uncertainty of the curve at each line, by its causes",
        columns=(
            "line (keV)",
            "nuclide",
            "line alone (%)",
            *(f"curve: {name} (%)" for name in curve.parts),
            "curve (%)",
            f"curve, expanded, k = {COVERAGE_FACTOR:g} (%)",
        ),
        rows=tuple(rows),
    )
