"""Efficiency calibration of a whole-body counter: counts of the peak per photon, by energy.

WS/T 584-2017 5.1.2, 5.3, 5.4: at least seven lines between 40 and 2000 keV, two or three of them below 200
keV, of sources below 1000 kBq in a phantom whose activity is known to better than 5 %. The efficiency of a
line is ``N / (A p gamma t)`` (p the decay since the certificate, gamma the emission probability), and
``ln eps = sum(a_k (ln E)**k)`` is fitted with the weights of its uncertainties.

5.1.2 asks for a total uncertainty below 5 % without a coverage factor, B.3.5 for one below 5 % at 99.7 %: the
expanded uncertainty is judged as the certificate states it, and with three standard uncertainties beside.

The lines of one source share the uncertainty of its activity, those of one nuclide that of its half-life: the
fit has their covariance, and the budget names what the curve is uncertain by. The efficiency of germanium
turns over below about 100 keV; there the curve has a branch of its own where the lines carry one.
Energies that are asked for beyond the lines are extrapolations and warn.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Column,
    Inputs,
    Note,
    Parameters,
    Reading,
    ReadingKind,
    Row,
    Scope,
    ScopeValue,
    Variant,
    parameter,
)
from photopeak_analyzers.counters.calibrator_readings import used_half_life
from photopeak_analyzers.counters.wbc_counts import LineCounts, background_of, counts_of_lines
from photopeak_analyzers.counters.wbc_efficiency_curve import (
    CLAUSE,
    CROSSOVER_KEV,
    FEWEST_BELOW,
    PERCENT,
    SPARE_OF_BRANCH,
    USUAL_DEGREE,
    CalibrationLine,
    EfficiencyCurve,
    branch_below,
    curve_conditions,
    fit_efficiencies,
    wanted_condition,
)
from photopeak_analyzers.counters.wbc_efficiency_figures import curve_figures
from photopeak_analyzers.counters.wbc_lines import LINE_COLUMNS, Line, line_of
from photopeak_analyzers.counters.wbc_readings import GEOMETRY
from photopeak_analyzers.counters.wbc_spectra import (
    DETECTOR_TYPE,
    GAIN,
    HPGE,
    OFFSET,
    WbcSpectrum,
    detector_of,
    spectrum_conditions,
    spectrum_of,
    spectrum_role,
)
from photopeak_analyzers.counters.wbc_subject import words_of
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.given import one
from photopeak_analyzers.nuclide_table import TABLE_VERSION, HalfLife
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import LN2, decay_factor, mean_decay
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.uncertainty import COVERAGE_FACTOR

SPECTRUM = spectrum_role("spectrum", "Spectrum of the phantom with the calibration sources")
BACKGROUND = spectrum_role("background", "Background of the empty chamber", minimum=0)

SOURCES = Reading(
    name="sources",
    label="Lines of the certified sources",
    label_zh="刻度源γ射线与活度",
    unit="Bq",
    kind=ReadingKind.TABLE,
    columns=(
        LINE_COLUMNS[0],
        Column("nuclide", kind=ReadingKind.TEXT, label="Nuclide", label_zh="核素"),
        Column("activity_bq", "Bq", minimum=1e-3, maximum=1e10, label="Activity", label_zh="活度"),
        Column("reference", kind=ReadingKind.TIME, label="Reference time", label_zh="参考时间"),
        Column("uncertainty_pct", "%", minimum=0.0, maximum=50.0,
               label="Relative uncertainty of the certificate", label_zh="证书相对不确定度"),
        Column("k", "1", required=False, minimum=1.0, maximum=4.0,
               label="Its coverage factor, 2 if empty", label_zh="包含因子(缺省为2)"),
        Column("emission_pct", "%", required=False, minimum=1e-4, maximum=200.0,
               label="Photons per 100 decays, of the table if empty", label_zh="发射概率(缺省用核素表)"),
    ),
    maximum_rows=60,
    hint="One row for each line; k and emission_pct may be empty.",
)  # fmt: skip


MUCH_SCATTER = 2.0
"""Chi-square per degree of freedom above which the scatter is remarked."""

OF_A_SOURCE = ("activity_bq", "reference", "uncertainty_pct", "k")
"""Columns that are the same for all lines of a source."""

WANTED = Reading(
    name="wanted",
    label="Energies at which the efficiency is wanted",
    label_zh="需给出效率的能量",
    unit="keV",
    kind=ReadingKind.TABLE,
    columns=(LINE_COLUMNS[0],),
    required=False,
    maximum_rows=60,
    hint="Such as 364.5 for I-131; beyond the lines of the sources it is an extrapolation.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WbcEfficiencyCalibrationParameters(Parameters):
    """Parameters of the fit."""

    degree: int = parameter(
        USUAL_DEGREE,
        doc="largest power of ln E; above 3 it takes four lines more than that",
        minimum=1,
        maximum=6,
    )
    crossover_kev: float = parameter(
        CROSSOVER_KEV,
        doc="energy below which germanium has a branch of its own; 0 for none",
        unit="keV",
        minimum=0.0,
        maximum=300.0,
    )


def measure(inputs: Inputs, parameters: WbcEfficiencyCalibrationParameters) -> Analysis:
    """Measure the efficiency of every line and fit the curve."""
    detector = detector_of(inputs)
    given = spectrum_of(one(inputs, SPECTRUM, Spectrum), inputs)
    background = background_of(inputs, BACKGROUND)
    start = given.acquisition.started_at or inputs.performed_at
    if start is None:
        raise MissingReadingError(
            "the spectrum does not tell when it was counted, say when it was measured",
            quantity="start",
        )
    rows = _rows(inputs)
    counted = counts_of_lines(given, tuple(line for line, _ in rows), detector, background)
    lives = {
        name: used_half_life(name, "wst584")
        for name in dict.fromkeys(line.nuclide or "" for line, _ in rows)
    }
    lines = [
        _efficiency(line, row, counts, given, start, lives[line.nuclide or ""][0])
        for (line, row), counts in zip(rows, counted, strict=True)
    ]
    seen = [
        line
        for line, counts in zip(lines, counted, strict=True)
        # Of a peak that lies beside its line the window would hold a part.
        if counts.beside_kev is None and line.efficiency.value > 3.0 * line.efficiency.uncertainty
    ]
    energies = [line.line.energy_kev for line in seen]
    crossover = branch_below(detector, energies, parameters.degree, parameters.crossover_kev)
    curve = fit_efficiencies(seen, parameters.degree, crossover)
    found = measurements(
        Scope(),
        [
            ("largest_residual_pct", float(np.abs(curve.residuals_percent).max()), None),
            ("reduced_chi_square", curve.fit.reduced_chi_square, None),
            ("n_lines", float(len(seen)), None),
        ],
    )
    for order in range(curve.fit.values.size):
        estimate = curve.fit.estimate(order)
        branch = order > curve.degree
        found += measurements(
            Scope() if branch else Scope.of(order=order),
            [
                (
                    "branch_coefficient" if branch else "efficiency_coefficient",
                    estimate.value,
                    estimate.uncertainty,
                )
            ],
        )
    for line, residual in zip(seen, curve.residuals_percent, strict=True):
        found += measurements(
            Scope.of(energy_kev=line.line.energy_kev),
            [
                ("line_efficiency", line.efficiency.value, line.efficiency.uncertainty),
                ("curve_efficiency", *_pair(curve, line.line.energy_kev)),
                ("line_residual_pct", float(residual), None),
            ],
        )
    wanted = sorted({row.number("energy_kev") for row in inputs.rows(WANTED)} - set(energies))
    for energy in wanted:
        found += measurements(
            Scope.of(energy_kev=energy), [("curve_efficiency", *_pair(curve, energy))]
        )
    return Analysis(
        measurements=tuple(found),
        preconditions=(
            *spectrum_conditions(given, CLAUSE),
            *curve_conditions(seen),
            *(wanted_condition(energy, energies) for energy in wanted),
        ),
        figures=curve_figures(seen, curve),
        notes=(
            *(note for _, note in lives.values()),
            *_curve_notes(curve, detector, parameters),
            *_notes(inputs, lines, seen, background),
        ),
    )


def _pair(curve: EfficiencyCurve, energy_kev: float) -> tuple[float, float]:
    at = curve.at(energy_kev)
    return at.value, at.uncertainty


def _rows(inputs: Inputs) -> list[tuple[Line, Row]]:
    rows = sorted(
        ((line_of(row), row) for row in inputs.rows(SOURCES)), key=lambda pair: pair[0].energy_kev
    )
    for (before, _), (after, row) in itertools.pairwise(rows):
        if after.energy_kev - before.energy_kev < 0.01:
            raise ParameterError(
                f"the line {after.energy_kev:g} keV is named twice in {SOURCES.name}, needs each once",
                quantity=f"energy_kev in row {row.position} of {SOURCES.name}",
                value=after.energy_kev,
            )
    return rows


def _efficiency(
    line: Line,
    row: Row,
    counts: LineCounts,
    given: WbcSpectrum,
    start: datetime,
    life: HalfLife,
) -> CalibrationLine:
    """Return ``N / (A p gamma t)`` with the decay during the acquisition."""
    stated = row.has("emission_pct")
    emission = row.number("emission_pct") / PERCENT if stated else line.emission
    if emission is None:
        raise MissingReadingError(
            f"emission_pct is missing in row {row.position} of {SOURCES.name}: the table has no line of"
            f" {line.nuclide} near {line.energy_kev:g} keV",
            quantity=f"emission_pct in row {row.position} of {SOURCES.name}",
        )
    elapsed = (start - row.moment("reference")).total_seconds()
    activity = row.number("activity_bq") * decay_factor(elapsed, life.seconds)
    live = given.live_s
    lasted = given.acquisition.real_s or live
    photons = activity * mean_decay(lasted, life.seconds) * emission * live
    net = counts.less_background
    k = row.number("k") if row.has("k") else COVERAGE_FACTOR
    of_source = row.number("uncertainty_pct") / PERCENT / k
    decays = LN2 * (elapsed + lasted / 2.0) / life.seconds
    of_life = decays * (life.uncertainty_s or 0.0) / life.seconds
    of_emission = 0.0 if stated else line.emission_relative
    value = net.value / photons
    shared = value * math.hypot(of_source, of_life, of_emission)
    return CalibrationLine(
        line=line,
        efficiency=Estimate(value=value, uncertainty=math.hypot(net.uncertainty / photons, shared)),
        activity_bq=activity,
        # The same nuclide, activity and day are the same source.
        source=(line.nuclide, *(row.cells.get(name) for name in OF_A_SOURCE)),
        stated_percent=row.number("uncertainty_pct"),
        standard_percent=PERCENT * of_source,
        counting=net.uncertainty / net.value if net.value > 0.0 else 0.0,
        emission=of_emission,
        life=of_life,
    )


def _curve_notes(
    curve: EfficiencyCurve, detector: str, parameters: WbcEfficiencyCalibrationParameters
) -> list[Note]:
    """Say whether germanium has its branch, and whether lines scatter more than they should."""
    notes = []
    if curve.crossover_kev is not None:
        message = (
            f"below {curve.crossover_kev:g} keV the curve has a branch of its own:"
            f" b (ln E - ln {curve.crossover_kev:g})^2 is added"
        )
        values: dict[str, ScopeValue] = {"crossover_kev": curve.crossover_kev}
        notes.append(Note(code="LOW_BRANCH", message=message, values=values))
    elif detector == HPGE and parameters.crossover_kev > 0.0:
        message = (
            f"the lines are too few for a branch below {parameters.crossover_kev:g} keV, where the"
            f" efficiency of germanium turns over: it takes {FEWEST_BELOW} lines there and"
            f" {parameters.degree + 2 + SPARE_OF_BRANCH} in all; one polynomial goes through all lines"
        )
        notes.append(Note(code="NO_LOW_BRANCH", message=message))
    if curve.scatter > MUCH_SCATTER:
        message = (
            f"the lines scatter about the curve {math.sqrt(curve.scatter):.2g} times as much as their"
            " uncertainties tell; those of counts and emission probabilities are enlarged by it"
        )
        notes.append(Note(code="SCATTER", message=message, values={"scatter": curve.scatter}))
    return notes


def _notes(
    inputs: Inputs,
    lines: list[CalibrationLine],
    seen: list[CalibrationLine],
    background: WbcSpectrum | None,
) -> list[Note]:
    notes = [
        Note(
            code="PER_PHOTON",
            message="the efficiencies are per photon; times the emission probability they are per decay."
            f" Half-lives and emission probabilities of table {TABLE_VERSION}, WS/T 584-2017 A.1 first",
            values={"table": TABLE_VERSION},
        )
    ]
    notes += [
        Note(
            code="LINE_NOT_SEEN",
            message=f"the line {line.line.energy_kev:g} keV has no peak at its place and is left out",
            values={"energy_kev": line.line.energy_kev},
        )
        for line in lines
        if line not in seen
    ]
    if background is None:
        notes.append(
            Note(
                code="NO_BACKGROUND", message="no background is given, no peaks of it are taken off"
            )
        )
    geometry = words_of(inputs, GEOMETRY)
    if geometry:
        notes.append(Note(code="GEOMETRY", message=f"geometry: {geometry}"))
    return notes


ANALYZER = Analyzer(
    id="wbc_efficiency_calibration",
    title="Efficiency calibration of the whole-body counter",
    title_zh="全身计数器效率刻度",
    version="1",
    variants=(Variant(name="wst584", title="WS/T 584-2017", clause=CLAUSE),),
    roles=(SPECTRUM, BACKGROUND),
    readings=(DETECTOR_TYPE, SOURCES, WANTED, GEOMETRY, OFFSET, GAIN),
    metrics=metrics(
        CLAUSE,
        ("largest_residual_pct", "%", "d_max", "Largest deviation of a line from the curve", "最大拟合偏差", 1),
        ("reduced_chi_square", "1", "chi^2/nu", "Reduced chi-square", "约化卡方", 2),
        ("n_lines", "1", "n", "Lines", "谱线数", 0),
        ("efficiency_coefficient", "1", "a_k", "Coefficient of the curve", "效率曲线系数", 4),
        ("branch_coefficient", "1", "b", "Coefficient of the branch of low energies", "低能分支系数", 4),
        ("line_efficiency", "1", "eps_i", "Efficiency of the line, per photon", "谱线效率(每光子)", 6),
        ("curve_efficiency", "1", "eps(E)", "Efficiency of the curve, per photon", "曲线效率(每光子)", 6),
        ("line_residual_pct", "%", "d", "Deviation of the line from the curve", "谱线拟合偏差", 2),
    ),
    parameters=WbcEfficiencyCalibrationParameters,
    measure=measure,
    figures=("efficiency", "residuals", "covariance", "uncertainty"),
    days=2,
)  # fmt: skip
"""The test, as registered. The background is often counted in the night before."""
