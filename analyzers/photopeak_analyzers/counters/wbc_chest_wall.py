"""Chest wall above the lungs: its thickness as muscle, and the efficiency behind it.

WS/T 584-2017 5.5 and (1): photons below 100 keV take a correction for thickness and composition of the chest
wall, ``T_C = (X / mu_M) (mu_F F + mu_M (1 - F))``. 5.6: three calibrations or more on a phantom with overlays
give the efficiency by thickness, taken here as ``eps_0 exp(-k T)`` and fitted in its logarithm. Outside
of the measured thicknesses the number is an extrapolation and warns.
"""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Column,
    Inputs,
    Measurement,
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Scope,
    Severity,
    Variant,
)
from photopeak_analyzers.counters.wbc_readings import basis_of, basis_reading
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, ReferenceLine, Scale
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.regression import Line, fit_line
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "WS/T 584-2017 5.5 (1), 5.6"

FEWEST_THICKNESSES = 3
"""WS/T 584-2017 5.6."""

HIGHEST_KEV = 100.0
"""Above, the clauses ask for no correction. WS/T 584-2017 5.5."""


def _number(
    name: str, label: str, zh: str, unit: str, low: float, high: float, hint: str = ""
) -> Reading:
    return Reading(
        name=name, label=label, label_zh=zh, unit=unit, minimum=low, maximum=high, hint=hint
    )


ENERGY = _number("energy_kev", "Energy of the photons", "光子能量", "keV", 10.0, 3000.0)
THICKNESS = _number(
    "chest_wall_cm", "Measured thickness of the chest wall", "测量的胸壁厚度", "cm", 0.5, 15.0,
    "By ultrasound, the mean over the area of the detectors.",
)  # fmt: skip
FAT = _number("fat_fraction", "Fat in the chest wall, 0 to 1", "脂肪含量分数", "1", 0.0, 1.0)
MU_MUSCLE = _number(
    "mu_muscle_per_cm", "Attenuation coefficient of muscle", "肌肉线衰减系数", "/cm", 0.01, 20.0,
    "At the energy of the photons.",
)  # fmt: skip
MU_FAT = _number(
    "mu_fat_per_cm", "Attenuation coefficient of fat", "脂肪线衰减系数", "/cm", 0.01, 20.0,
    "At the energy of the photons.",
)  # fmt: skip
CALIBRATIONS = Reading(
    name="calibrations",
    label="Calibrations by thickness",
    label_zh="不同厚度的效率刻度",
    unit="1",
    kind=ReadingKind.TABLE,
    columns=(
        Column("thickness_cm", "cm", minimum=0.0, maximum=15.0, label="Thickness as muscle", label_zh="等效肌肉厚度"),
        Column("efficiency", "1", minimum=1e-9, maximum=1.0, label="Efficiency", label_zh="效率"),
        Column("uncertainty_pct", "%", minimum=0.001, maximum=50.0, required=False,
               label="Relative standard uncertainty", label_zh="相对标准不确定度"),
    ),
    minimum_rows=FEWEST_THICKNESSES,
    maximum_rows=100,
    hint="Of a phantom with overlays, thickness as that of muscle.",
)  # fmt: skip


def measure(inputs: Inputs, _: Parameters) -> Analysis:
    """Compute the thickness, fit the efficiencies, and read them off there."""
    basis = basis_of(inputs)
    thickness = muscle_equivalent(inputs)
    rows = inputs.rows(CALIBRATIONS)
    x = np.array([row.number("thickness_cm") for row in rows])
    y = np.array([row.number("efficiency") for row in rows])
    given = [row.has("uncertainty_pct") for row in rows]
    if any(given) and not all(given):
        raise ParameterError(
            f"uncertainty_pct is missing in row {given.index(False) + 1} of calibrations, needs all or"
            " none",
            quantity="uncertainty_pct",
        )
    if np.unique(x).size < FEWEST_THICKNESSES:
        raise ParameterError(
            f"calibrations have {np.unique(x).size} thicknesses, needs {FEWEST_THICKNESSES} that differ",
            quantity="thickness_cm",
            value=int(np.unique(x).size),
            bound=FEWEST_THICKNESSES,
        )
    u = [row.number("uncertainty_pct") / 100.0 for row in rows] if all(given) else None
    line = fit_line(x, np.log(y), u)
    at = line.at(thickness.value)
    efficiency = math.exp(at.value)
    # The thickness moves the efficiency by its slope.
    relative = math.hypot(at.uncertainty, line.slope.value * thickness.uncertainty)
    residuals = 100.0 * (np.exp(line.fit.residuals) - 1.0)
    found = measurements(
        Scope(),
        [
            ("muscle_thickness_cm", thickness.value, thickness.uncertainty),
            ("efficiency_at_thickness", efficiency, efficiency * relative),
            ("attenuation_per_cm", -line.slope.value, line.slope.uncertainty),
            (
                "efficiency_without_wall",
                math.exp(line.intercept.value),
                math.exp(line.intercept.value) * line.intercept.uncertainty,
            ),
            ("largest_residual_pct", float(np.abs(residuals).max()), None),
        ],
    )
    return Analysis(
        measurements=tuple(_with_basis(each, basis) for each in found),
        preconditions=_conditions(inputs, thickness.value, x, line),
        figures=(_figure(x, y, line, thickness.value),),
    )


def muscle_equivalent(inputs: Inputs) -> Estimate:
    """Return the thickness of muscle that attenuates as the chest wall does, in cm.

    ``X (1 - F + F mu_F / mu_M)``; its uncertainty holds those of the readings.
    """
    x, fat = inputs.number(THICKNESS.name), inputs.number(FAT.name)
    muscle, of_fat = inputs.number(MU_MUSCLE.name), inputs.number(MU_FAT.name)
    share = of_fat / muscle
    value = x / muscle * (of_fat * fat + muscle * (1.0 - fat))
    slopes = (
        (THICKNESS.name, 1.0 - fat + fat * share),
        (FAT.name, x * (share - 1.0)),
        (MU_FAT.name, x * fat / muscle),
        (MU_MUSCLE.name, -x * fat * share / muscle),
    )
    parts = [slope * (inputs.readings[name].uncertainty or 0.0) for name, slope in slopes]
    return Estimate(value=value, uncertainty=math.hypot(*parts))


def _with_basis(measurement: Measurement, basis: str) -> Measurement:
    if not measurement.metric.startswith("efficiency"):
        return measurement
    return Measurement(
        metric=measurement.metric,
        scope=Scope.of(efficiency_basis=basis),
        value=measurement.value,
        uncertainty=measurement.uncertainty,
    )


def _conditions(
    inputs: Inputs, thickness: float, x: np.ndarray, line: Line
) -> tuple[Precondition, ...]:
    return (
        bounded(
            PreconditionCode.GEOMETRY,
            "thickness as muscle, against those of the calibrations",
            thickness,
            lower=float(x.min()),
            upper=float(x.max()),
            unit="cm",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.WINDOW,
            "energy of the photons",
            inputs.number(ENERGY.name),
            upper=HIGHEST_KEV,
            unit="keV",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "efficiency lost per cm of muscle",
            -line.slope.value,
            lower=0.0,
            unit="/cm",
            severity=Severity.HARD,
            scope=Scope(),
            clause=CLAUSE,
        ),
    )


def _figure(x: np.ndarray, y: np.ndarray, line: Line, thickness: float) -> CurveFigure:
    across = np.linspace(0.0, max(float(x.max()), thickness) * 1.05, 100)
    return CurveFigure(
        name="efficiency",
        title="Efficiency by thickness",
        x_label="Thickness as muscle",
        x_unit="cm",
        y_label="Efficiency",
        y_unit="1",
        y_scale=Scale.LOG,
        curves=(
            Curve(label="calibrations", x=x, y=y, style=CurveStyle.POINTS),
            Curve(
                label="fit",
                x=across,
                y=np.exp(line.intercept.value + line.slope.value * across),
            ),
        ),
        lines=(ReferenceLine(label="subject", value=thickness, axis="x"),),
    )


ANALYZER = Analyzer(
    id="wbc_chest_wall",
    title="Chest wall correction of the whole-body counter",
    title_zh="全身计数器胸壁厚度校正",
    version="1",
    variants=(Variant(name="wst584", title="WS/T 584-2017", clause=CLAUSE),),
    roles=(),
    readings=(ENERGY, THICKNESS, FAT, MU_MUSCLE, MU_FAT, basis_reading(), CALIBRATIONS),
    metrics=metrics(
        CLAUSE,
        ("muscle_thickness_cm", "cm", "T_C", "Thickness of the chest wall as muscle", "肌肉等效胸壁厚度", 2),
        ("efficiency_at_thickness", "1", "eps(T_C)", "Efficiency behind this chest wall", "该胸壁厚度的效率", 6),
        ("attenuation_per_cm", "/cm", "k", "Efficiency lost per cm", "效率衰减系数", 3),
        ("efficiency_without_wall", "1", "eps_0", "Efficiency without a chest wall", "零厚度效率", 6),
        ("largest_residual_pct", "%", "d_max", "Largest deviation from the fit", "最大拟合偏差", 1),
    ),
    parameters=Parameters,
    measure=measure,
    figures=("efficiency",),
)  # fmt: skip
"""The test, as registered."""
