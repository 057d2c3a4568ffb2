"""Efficiency calibration of a whole-body counter: counts of the peak per photon, by energy.

WS/T 584-2017 5.1.2, 5.3, 5.4: at least seven lines between 40 and 2000 keV, two or three of them below 200
keV, of sources below 1000 kBq in a phantom whose activity is known to better than 5 %. The efficiency of a
line is ``N / (A p gamma t)`` (p the decay since the certificate, gamma the emission probability), and
``ln eps = sum(a_k (ln E)**k)`` is fitted with the weights of its uncertainties.

5.1.2 asks for a total uncertainty below 5 % without a coverage factor, B.3.5 for one below 5 % at 99.7 %: the
expanded uncertainty is judged as the certificate states it, and with three standard uncertainties beside.
The lines of one source share the uncertainty of its activity; the fit takes them as independent.
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
    Variant,
    parameter,
)
from photopeak_analyzers.counters.wbc_counts import LineCounts, background_of, counts_of_lines
from photopeak_analyzers.counters.wbc_efficiency_curve import (
    CLAUSE,
    CalibrationLine,
    EfficiencyCurve,
    curve_conditions,
    curve_figures,
    fit_efficiencies,
)
from photopeak_analyzers.counters.wbc_lines import LINE_COLUMNS, Line, line_of
from photopeak_analyzers.counters.wbc_readings import GEOMETRY
from photopeak_analyzers.counters.wbc_spectra import (
    DETECTOR_TYPE,
    GAIN,
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
from photopeak_analyzers.nuclide_table import TABLE_VERSION
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import decay_factor, mean_decay
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WbcEfficiencyCalibrationParameters(Parameters):
    """Parameters of the fit."""

    degree: int = parameter(
        3, doc="largest power of ln E, at most the lines less two", minimum=1, maximum=6
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
    lines = [
        _efficiency(line, row, counts, given, start)
        for (line, row), counts in zip(rows, counted, strict=True)
    ]
    seen = [
        line
        for line, counts in zip(lines, counted, strict=True)
        # Of a peak that lies beside its line the window would hold a part.
        if counts.beside_kev is None and line.efficiency.value > 3.0 * line.efficiency.uncertainty
    ]
    curve = fit_efficiencies(seen, parameters.degree)
    found = measurements(
        Scope(),
        [
            ("largest_residual_pct", float(np.abs(curve.residuals_percent).max()), None),
            ("reduced_chi_square", curve.fit.reduced_chi_square, None),
            ("n_lines", float(len(seen)), None),
        ],
    )
    for order, value in enumerate(curve.fit.values):
        found += measurements(
            Scope.of(order=order),
            [
                (
                    "efficiency_coefficient",
                    float(value),
                    math.sqrt(max(float(curve.fit.covariance[order, order]), 0.0)),
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
    return Analysis(
        measurements=tuple(found),
        preconditions=(*spectrum_conditions(given, CLAUSE), *curve_conditions(seen)),
        figures=curve_figures(seen, curve),
        notes=tuple(_notes(inputs, lines, seen, background)),
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
    line: Line, row: Row, counts: LineCounts, given: WbcSpectrum, start: datetime
) -> CalibrationLine:
    """Return ``N / (A p gamma t)`` with the decay during the acquisition."""
    emission = row.number("emission_pct") / 100.0 if row.has("emission_pct") else line.emission
    if emission is None:
        raise MissingReadingError(
            f"emission_pct is missing in row {row.position} of {SOURCES.name}: the table has no line of"
            f" {line.nuclide} near {line.energy_kev:g} keV",
            quantity=f"emission_pct in row {row.position} of {SOURCES.name}",
        )
    lasted = half_life(line.nuclide or "", "wst584").seconds
    elapsed = (start - row.moment("reference")).total_seconds()
    activity = row.number("activity_bq") * decay_factor(elapsed, lasted)
    live = given.live_s
    photons = activity * mean_decay(given.acquisition.real_s or live, lasted) * emission * live
    net = counts.less_background
    k = row.number("k") if row.has("k") else COVERAGE_FACTOR
    of_source = row.number("uncertainty_pct") / 100.0 / k
    value = net.value / photons
    return CalibrationLine(
        line=line,
        efficiency=Estimate(
            value=value, uncertainty=math.hypot(net.uncertainty / photons, value * of_source)
        ),
        activity_bq=activity,
        stated_percent=row.number("uncertainty_pct"),
        standard_percent=100.0 * of_source,
    )


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
    readings=(DETECTOR_TYPE, SOURCES, GEOMETRY, OFFSET, GAIN),
    metrics=metrics(
        CLAUSE,
        ("largest_residual_pct", "%", "d_max", "Largest deviation of a line from the curve", "最大拟合偏差", 1),
        ("reduced_chi_square", "1", "chi^2/nu", "Reduced chi-square", "约化卡方", 2),
        ("n_lines", "1", "n", "Lines", "谱线数", 0),
        ("efficiency_coefficient", "1", "a_k", "Coefficient of the curve", "效率曲线系数", 4),
        ("line_efficiency", "1", "eps_i", "Efficiency of the line, per photon", "谱线效率(每光子)", 6),
        ("curve_efficiency", "1", "eps(E)", "Efficiency of the curve, per photon", "曲线效率(每光子)", 6),
        ("line_residual_pct", "%", "d", "Deviation of the line from the curve", "谱线拟合偏差", 2),
    ),
    parameters=WbcEfficiencyCalibrationParameters,
    measure=measure,
    figures=("efficiency", "residuals", "covariance"),
    days=2,
)  # fmt: skip
"""The test, as registered. The background is often counted in the night before."""
