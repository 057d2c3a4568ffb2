"""Daily check of the energy calibration of a whole-body counter, by a line at either end of its region.

WS/T 584-2017 5.2.3: on days of measurement at least two lines, one near the low and one near the high end
of the calibrated region. The calibration stays in use while the peaks keep their places; it has to be done
again when one moved by more than 1 keV (HPGe) or by more than half of its FWHM (NaI).

The shift is the energy at which the calibration in use puts the peak, less that of the line. A straight
line through both shifts gives the drift of the gain and of the zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Parameters,
    PreconditionCode,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.counters.wbc_figures import peak_figure
from photopeak_analyzers.counters.wbc_lines import Line, found_lines
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
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.given import one
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.peak_groups import MeasuredPeak
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "WS/T 584-2017 5.2.3"

LEAST_COUNTS = 400.0
"""Practice: the middle of a peak of 400 counts is known to a fiftieth of its FWHM."""

SPECTRUM = spectrum_role(
    "spectrum", "Spectrum of the check sources", "Such as Am-241 with Co-60 or Cs-137."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WbcEnergyCheckParameters(Parameters):
    """Lines of the check sources."""

    low_kev: float = parameter(
        59.54,
        doc="line near the low end, that of Am-241",
        unit="keV",
        clause="WS/T 584-2017 table A.1",
        minimum=10.0,
        maximum=1000.0,
    )
    high_kev: float = parameter(
        1332.5,
        doc="line near the high end, that of Co-60; 661.7 for Cs-137",
        unit="keV",
        clause="WS/T 584-2017 table A.1",
        minimum=100.0,
        maximum=10_000.0,
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        if not self.low_kev < self.high_kev:
            raise ParameterError(
                f"low_kev is {self.low_kev:g} keV, needs less than high_kev, {self.high_kev:g} keV",
                quantity="low_kev",
                value=self.low_kev,
                bound=self.high_kev,
            )


def measure(inputs: Inputs, parameters: WbcEnergyCheckParameters) -> Analysis:
    """Find both lines and how far they moved."""
    detector = detector_of(inputs)
    given = spectrum_of(one(inputs, SPECTRUM, Spectrum), inputs)
    wanted = tuple(
        Line(energy_kev=energy, nuclide=None, emission=None, source="")
        for energy in (parameters.low_kev, parameters.high_kev)
    )
    pairs, missing = found_lines(given, wanted, detector)
    if missing:
        raise UnsuitableAcquisitionError(
            f"the line {missing[0].energy_kev:g} keV has no peak in the spectrum, needs one within"
            " 1.5 FWHM or 2 % of its energy",
            quantity="peak",
            value=missing[0].energy_kev,
        )
    (low, low_peak), (high, high_peak) = pairs
    low_shift, high_shift = _shift(given, low, low_peak), _shift(given, high, high_peak)
    span = high.energy_kev - low.energy_kev
    gain = (high_shift.value - low_shift.value) / span
    of_gain = math.hypot(high_shift.uncertainty, low_shift.uncertainty) / span
    of_offset = math.hypot(
        high.energy_kev * low_shift.uncertainty, low.energy_kev * high_shift.uncertainty
    )
    scope = Scope.of(detector_type=detector)
    widths = [
        peak.fwhm.value * given.kev_per_channel(peak.position.value)
        for peak in (low_peak, high_peak)
    ]
    found = measurements(
        scope,
        [
            ("shift_low_kev", low_shift.value, low_shift.uncertainty),
            ("shift_high_kev", high_shift.value, high_shift.uncertainty),
            ("shift_low_fwhm", low_shift.value / widths[0], low_shift.uncertainty / widths[0]),
            ("shift_high_fwhm", high_shift.value / widths[1], high_shift.uncertainty / widths[1]),
            ("gain_drift_pct", 100.0 * gain, 100.0 * of_gain),
            ("offset_drift_kev", low_shift.value - gain * low.energy_kev, of_offset / span),
            ("fwhm_low_kev", widths[0], None),
            ("fwhm_high_kev", widths[1], None),
        ],
    )
    counts = [
        bounded(
            PreconditionCode.COUNTS,
            f"counts of the peak of {line.energy_kev:g} keV",
            peak.area.value,
            lower=LEAST_COUNTS,
            unit="{counts}",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        )
        for line, peak in pairs
    ]
    return Analysis(
        measurements=tuple(found),
        preconditions=(*spectrum_conditions(given, CLAUSE, timed=False), *counts),
        figures=tuple(
            peak_figure(
                given,
                peak.group.window,
                peak.group.fit,
                name=name,
                title=f"Peak of {line.energy_kev:g} keV",
            )
            for name, (line, peak) in zip(("low_peak", "high_peak"), pairs, strict=True)
        ),
    )


def _shift(given: WbcSpectrum, line: Line, peak: MeasuredPeak) -> Estimate:
    place = peak.position
    return Estimate(
        value=given.kev(place.value) - line.energy_kev,
        uncertainty=place.uncertainty * given.kev_per_channel(place.value),
    )


ANALYZER = Analyzer(
    id="wbc_energy_check",
    title="Energy check of the whole-body counter",
    title_zh="全身计数器能量核查",
    version="1",
    variants=(Variant(name="wst584", title="WS/T 584-2017", clause=CLAUSE),),
    roles=(SPECTRUM,),
    readings=(DETECTOR_TYPE, OFFSET, GAIN),
    metrics=metrics(
        CLAUSE,
        ("shift_low_kev", "keV", "dE_low", "Shift of the low line", "低能峰位移", 3),
        ("shift_high_kev", "keV", "dE_high", "Shift of the high line", "高能峰位移", 3),
        ("shift_low_fwhm", "1", "dE_low/FWHM", "Shift of the low line over its width", "低能峰位移与半高宽之比", 3),
        ("shift_high_fwhm", "1", "dE_high/FWHM", "Shift of the high line over its width", "高能峰位移与半高宽之比", 3),
        ("gain_drift_pct", "%", "db/b", "Drift of the gain", "增益漂移", 3),
        ("offset_drift_kev", "keV", "da", "Drift of the zero", "零点漂移", 3),
        ("fwhm_low_kev", "keV", "FWHM_low", "Width of the low line", "低能峰半高宽", 2),
        ("fwhm_high_kev", "keV", "FWHM_high", "Width of the high line", "高能峰半高宽", 2),
    ),
    parameters=WbcEnergyCheckParameters,
    measure=measure,
    figures=("low_peak", "high_peak"),
)  # fmt: skip
"""The test, as registered."""
