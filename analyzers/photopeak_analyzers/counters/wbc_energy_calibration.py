"""Energy calibration of a whole-body counter: a straight line of energy by channel, and how straight it is.

WS/T 584-2017 5.2.1, 5.2.2: at least four lines spread over the region to be calibrated (usually 40 to
2000 keV) of sources that emit several; energy and peak position are fitted by a straight line, and the
non-linearity has to be below 0.5 %. The clause does not define it; it is taken here as the largest
deviation of a line from the fit over the range of the lines, and given by line over its own energy too.

Positions are the middles of Gaussians on a straight baseline. A spectrum without energies has its lines
put by themselves: those of the declared lines that fit to peaks by one straight line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    Variant,
)
from photopeak_analyzers.counters.wbc_figures import line_figures
from photopeak_analyzers.counters.wbc_lines import (
    LINES,
    Line,
    found_lines,
    lines_of,
    placed_lines,
)
from photopeak_analyzers.counters.wbc_spectra import (
    DETECTOR_TYPE,
    GAIN,
    OFFSET,
    WbcSpectrum,
    detector_of,
    full_scale,
    spectrum_conditions,
    spectrum_of,
    spectrum_role,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import one
from photopeak_analyzers.numerics.peak_groups import MeasuredPeak
from photopeak_analyzers.numerics.regression import Line as FittedLine
from photopeak_analyzers.numerics.regression import fit_line
from photopeak_analyzers.numerics.width_curve import WidthCurve, fit_widths
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "WS/T 584-2017 5.2.1, 5.2.2"

Floats = NDArray[np.float64]

FEWEST_LINES = 4
"""WS/T 584-2017 5.2.1."""

LOWEST_KEV, HIGHEST_KEV = 40.0, 2000.0
"""The region that is usually calibrated. WS/T 584-2017 5.2.1."""

LOW_LINE_KEV, HIGH_LINE_KEV = 100.0, 1000.0
"""One line at least below and one above, so that lines are spread over the region."""

WIDEST_GAP_PERCENT = 70.0
"""Of the range of the lines, between two that follow each other; evenly spread ones have 33 % of four."""

NOT_A_LINE = 3
"""Lines of which a straight line goes through any two."""

SPECTRUM = spectrum_role(
    "spectrum", "Spectrum of the calibration sources", "Of a mixed source, 40 to 2000 keV."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WbcEnergyCalibrationParameters(Parameters):
    """Parameters of the energy calibration."""

    full_scale_kev: float = full_scale()


def measure(inputs: Inputs, parameters: WbcEnergyCalibrationParameters) -> Analysis:
    """Fit a straight line through the lines."""
    detector = detector_of(inputs)
    given = spectrum_of(one(inputs, SPECTRUM, Spectrum), inputs)
    pairs, missing, notes = _pairs(given, lines_of(inputs), detector, parameters)
    if len(pairs) < NOT_A_LINE:
        raise UnsuitableAcquisitionError(
            f"{len(pairs)} of the declared lines have a peak in the spectrum, needs {FEWEST_LINES}",
            quantity="lines with a peak",
            value=len(pairs),
            bound=FEWEST_LINES,
        )
    energies = np.array([line.energy_kev for line, _ in pairs])
    places = np.array([peak.position.value for _, peak in pairs])
    noise = np.array([peak.position.uncertainty for _, peak in pairs])
    gain = float(np.polyfit(places, energies, 1)[0])
    line = fit_line(places, energies, noise * abs(gain))
    residuals = line.fit.residuals
    widths = np.array([peak.fwhm.value for _, peak in pairs]) * abs(gain)
    of_widths = np.array([peak.fwhm.uncertainty for _, peak in pairs]) * abs(gain)
    curve = fit_widths(energies, widths, np.maximum(of_widths, 1e-6 * widths))
    notes += [_missing(each) for each in missing]
    return Analysis(
        measurements=tuple(_numbers(pairs, line, residuals, widths, of_widths)),
        preconditions=(
            *spectrum_conditions(given, CLAUSE, timed=False),
            *_conditions(energies, len(missing)),
        ),
        figures=line_figures(places, energies, line, residuals, curve, widths),
        notes=(*notes, _width_note(curve)),
    )


def _pairs(
    given: WbcSpectrum,
    lines: tuple[Line, ...],
    detector: str,
    parameters: WbcEnergyCalibrationParameters,
) -> tuple[list[tuple[Line, MeasuredPeak]], list[Line], list[Note]]:
    if given.energy_kev is not None:
        pairs, missing = found_lines(given, lines, detector)
        return pairs, missing, []
    widths = given.guessed_fwhm_channels(detector, parameters.full_scale_kev)
    pairs = placed_lines(given, lines, widths)
    note = Note(
        code="NO_ENERGIES",
        message="the file holds no valid energies: the lines were put to peaks by a straight line",
        values={"lines": len(pairs)},
    )
    return pairs, [], [note]


def _numbers(
    pairs: list[tuple[Line, MeasuredPeak]],
    line: FittedLine,
    residuals: Floats,
    widths: Floats,
    of_widths: Floats,
) -> list[Measurement]:
    energies = np.array([each.energy_kev for each, _ in pairs])
    span = float(energies[-1] - energies[0])
    worst = int(np.abs(residuals).argmax())
    gain = line.slope
    found = measurements(
        Scope(),
        [
            (
                "nonlinearity_pct",
                100.0 * float(np.abs(residuals).max()) / span,
                100.0 * gain.value * pairs[worst][1].position.uncertainty / span,
            ),
            ("gain_kev_per_channel", gain.value, gain.uncertainty),
            ("offset_kev", line.intercept.value, line.intercept.uncertainty),
            (
                "largest_line_deviation_pct",
                100.0 * float(np.abs(residuals / energies).max()),
                None,
            ),
            ("n_lines", float(len(pairs)), None),
        ],
    )
    for index, (each, peak) in enumerate(pairs):
        found += measurements(
            Scope.of(energy_kev=each.energy_kev),
            [
                ("line_channel", peak.position.value, peak.position.uncertainty),
                (
                    "line_deviation_kev",
                    -float(residuals[index]),
                    gain.value * peak.position.uncertainty,
                ),
                ("line_fwhm_kev", float(widths[index]), float(of_widths[index])),
            ],
        )
    return found


def _conditions(energies: Floats, missing: int) -> list[Precondition]:
    span = float(energies[-1] - energies[0])
    rows = (
        (PreconditionCode.FRAMES, "lines with a peak", float(energies.size), (FEWEST_LINES, None), "1", Severity.HARD),
        # What is bent the most is far from where its energy should be: left out it would look straight.
        (PreconditionCode.FRAMES, "declared lines without a peak", float(missing), (None, 0.0), "1", Severity.SOFT),
        (PreconditionCode.WINDOW, "lowest line", float(energies[0]), (LOWEST_KEV, LOW_LINE_KEV), "keV", Severity.SOFT),
        (PreconditionCode.WINDOW, "highest line", float(energies[-1]), (HIGH_LINE_KEV, HIGHEST_KEV), "keV", Severity.SOFT),
        (PreconditionCode.WINDOW, "widest gap between lines over their range",
         100.0 * float(np.diff(energies).max()) / span, (None, WIDEST_GAP_PERCENT), "%", Severity.SOFT),
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


def _missing(line: Line) -> Note:
    return Note(
        code="LINE_NOT_SEEN",
        message=f"the line {line.energy_kev:g} keV has no peak in the spectrum and is left out",
        values={"energy_kev": line.energy_kev},
    )


def _width_note(curve: WidthCurve) -> Note:
    terms = " + ".join(
        f"{value:.4g}" + ("" if power == 0 else " E" if power == 1 else f" E^{power}")
        for power, value in zip(curve.powers, curve.fit.values, strict=True)
    )
    return Note(
        code="WIDTHS",
        message=f"FWHM^2 = {terms} keV^2, E in keV",
        values={
            f"coefficient_{p}": float(v)
            for p, v in zip(curve.powers, curve.fit.values, strict=True)
        },
    )


ANALYZER = Analyzer(
    id="wbc_energy_calibration",
    title="Energy calibration of the whole-body counter",
    title_zh="全身计数器能量刻度",
    version="1",
    variants=(Variant(name="wst584", title="WS/T 584-2017", clause=CLAUSE),),
    roles=(SPECTRUM,),
    readings=(DETECTOR_TYPE, LINES, OFFSET, GAIN),
    metrics=metrics(
        CLAUSE,
        ("nonlinearity_pct", "%", "dE/(E_max - E_min)", "Non-linearity over the range of the lines", "非线性", 3),
        ("gain_kev_per_channel", "keV", "b", "Energy per channel", "每道能量", 5),
        ("offset_kev", "keV", "a", "Energy of channel 0", "零道能量", 2),
        ("largest_line_deviation_pct", "%", "dE/E", "Largest deviation of a line over its energy", "谱线最大相对偏差", 3),
        ("n_lines", "1", "n", "Lines with a peak", "谱线数", 0),
        ("line_channel", "1", "ch", "Channel of the line", "峰位道址", 2),
        ("line_deviation_kev", "keV", "dE", "Deviation of the line", "谱线偏差", 3),
        ("line_fwhm_kev", "keV", "FWHM", "Width of the line", "谱线半高宽", 2),
    ),
    parameters=WbcEnergyCalibrationParameters,
    measure=measure,
    figures=("calibration", "residuals", "widths"),
)  # fmt: skip
"""The test, as registered."""
