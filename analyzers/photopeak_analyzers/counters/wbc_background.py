"""Background of a whole-body counter by regions of energy, its peaks, and the record of the high voltage.

WS/T 584-2017 4.3, 4.8 and 7.1.2: the background is followed from day to day, region by region; peaks tell what
it is made of. With a usual rate the difference is given over its standard uncertainty, counting alone.
The high voltage of the detector shall be steady to 0.01 %, a specification that is recorded where it was
measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Column,
    Inputs,
    Measurement,
    Parameters,
    PreconditionCode,
    Reading,
    ReadingKind,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.counters.wbc_figures import spectrum_figure
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
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.figures import ReferenceLine
from photopeak_analyzers.given import one
from photopeak_analyzers.numerics.counting import rate
from photopeak_analyzers.numerics.peak_groups import MeasuredPeak, measure_peaks
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "WS/T 584-2017 4.3, 7.1.2; practice: daily background"

BACKGROUND = spectrum_role("background", "Spectrum of the empty chamber")

REGIONS = Reading(
    name="regions",
    label="Regions of energy",
    label_zh="能区",
    unit="keV",
    kind=ReadingKind.TABLE,
    columns=(
        Column("name", kind=ReadingKind.TEXT, label="Name", label_zh="名称"),
        Column("low_kev", "keV", minimum=0.0, maximum=20_000.0, label="From", label_zh="下限"),
        Column("high_kev", "keV", minimum=1.0, maximum=20_000.0, label="To", label_zh="上限"),
        Column("usual_cps", "{counts}/s", required=False, minimum=0.0, maximum=1e7,
               label="Usual rate", label_zh="平常计数率"),
        Column("usual_u_cps", "{counts}/s", required=False, minimum=0.0, maximum=1e7,
               label="Its standard uncertainty", label_zh="其标准不确定度"),
    ),
    required=False,
    maximum_rows=40,
    hint="40 to 200 and 200 to 2000 keV without a table.",
)  # fmt: skip
VOLTAGE = Reading(
    name="high_voltage_v",
    label="High voltage",
    label_zh="高压",
    unit="V",
    minimum=-10_000.0,
    maximum=10_000.0,
    required=False,
)
RIPPLE = Reading(
    name="high_voltage_ripple_pct",
    label="Ripple or drift of the high voltage",
    label_zh="高压稳定度",
    unit="%",
    minimum=0.0,
    maximum=100.0,
    required=False,
    hint="At most 0.01 % (WS/T 584-2017 4.3).",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WbcBackgroundParameters(Parameters):
    """Parameters of the background."""

    least_live_s: float = parameter(
        600.0,
        doc="live time below which the background warns",
        unit="s",
        minimum=1.0,
        maximum=1e6,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Region:
    name: str
    low_kev: float
    high_kev: float
    usual: float | None = None
    of_usual: float = 0.0


USUAL_REGIONS = (
    _Region(name="40 to 200 keV", low_kev=40.0, high_kev=200.0),
    _Region(name="200 to 2000 keV", low_kev=200.0, high_kev=2000.0),
)
"""The low and the high part of the region of WS/T 584-2017 5.3.2."""


def measure(inputs: Inputs, parameters: WbcBackgroundParameters) -> Analysis:
    """Count the regions and find the peaks."""
    detector = detector_of(inputs)
    given = spectrum_of(one(inputs, BACKGROUND, Spectrum), inputs)
    total = rate(float(given.counts.sum()), given.live_s)
    found = measurements(
        Scope.of(region="all"), [("background_cps", total.value, total.uncertainty)]
    )
    peaks: tuple[MeasuredPeak, ...] = ()
    if given.energy_kev is not None:
        for region in _regions(inputs):
            found += _of_region(given, region)
        peaks, _ = measure_peaks(given.counts, given.fwhm_channels(detector))
        found += _of_peaks(given, peaks)
    found += measurements(
        Scope(),
        [
            (
                reading.name,
                inputs.number(reading.name) if reading.name in inputs.readings else None,
                None,
            )
            for reading in (VOLTAGE, RIPPLE)
        ],
    )
    marks = tuple(
        ReferenceLine(
            label=f"{given.kev(p.position.value):.1f} keV",
            value=given.kev(p.position.value),
            axis="x",
        )
        for p in peaks
    )
    return Analysis(
        measurements=tuple(found),
        preconditions=(
            *spectrum_conditions(given, CLAUSE),
            bounded(
                PreconditionCode.DURATION,
                "live time",
                given.live_s,
                lower=parameters.least_live_s,
                unit="s",
                severity=Severity.SOFT,
                scope=Scope(),
                clause=CLAUSE,
            ),
        ),
        figures=(spectrum_figure(given, title="Background", marks=marks),),
    )


def _regions(inputs: Inputs) -> tuple[_Region, ...]:
    rows = inputs.rows(REGIONS)
    for row in rows:
        if not row.number("low_kev") < row.number("high_kev"):
            raise ParameterError(
                f"low_kev in row {row.position} of {REGIONS.name} is {row.number('low_kev'):g} keV, needs less"
                f" than high_kev, {row.number('high_kev'):g} keV",
                quantity=f"low_kev in row {row.position} of {REGIONS.name}",
                value=row.number("low_kev"),
                bound=row.number("high_kev"),
            )
    names = [row.text("name") for row in rows]
    if len(set(names)) < len(names):
        raise ParameterError(
            f"{REGIONS.name} have {len(set(names))} names in {len(names)} rows, needs one for each",
            quantity="name",
            value=len(set(names)),
            bound=len(names),
        )
    return (
        tuple(
            _Region(
                name=row.text("name"),
                low_kev=row.number("low_kev"),
                high_kev=row.number("high_kev"),
                usual=row.number("usual_cps") if row.has("usual_cps") else None,
                of_usual=row.number("usual_u_cps") if row.has("usual_u_cps") else 0.0,
            )
            for row in rows
        )
        or USUAL_REGIONS
    )


def _of_region(given: WbcSpectrum, region: _Region) -> list[Measurement]:
    energies = given.calibrated()
    inside = (energies >= region.low_kev) & (energies < region.high_kev)
    if not inside.any():
        return []
    counted = rate(float(given.counts[inside].sum()), given.live_s)
    change = None
    if region.usual is not None:
        spread = math.hypot(counted.uncertainty, region.of_usual)
        change = (counted.value - region.usual) / spread
    return measurements(
        Scope.of(region=region.name),
        [
            ("background_cps", counted.value, counted.uncertainty),
            ("background_change_sigma", change, None),
        ],
    )


def _of_peaks(given: WbcSpectrum, peaks: tuple[MeasuredPeak, ...]) -> list[Measurement]:
    found = measurements(Scope(), [("n_peaks", float(len(peaks)), None)])
    for peak in peaks:
        net = peak.group.window.net if peak.group.single else peak.area
        found += measurements(
            Scope.of(energy_kev=float(np.round(given.kev(peak.position.value), 1))),
            [("peak_cps", net.value / given.live_s, net.uncertainty / given.live_s)],
        )
    return found


ANALYZER = Analyzer(
    id="wbc_background",
    title="Background of the whole-body counter",
    title_zh="全身计数器本底",
    version="1",
    variants=(Variant(name="wst584", title="WS/T 584-2017", clause=CLAUSE),),
    roles=(BACKGROUND,),
    readings=(DETECTOR_TYPE, REGIONS, VOLTAGE, RIPPLE, OFFSET, GAIN),
    metrics=metrics(
        CLAUSE,
        ("background_cps", "{counts}/s", "n_B", "Background rate", "本底计数率", 3),
        ("background_change_sigma", "1", "z", "Change against the usual rate", "与平常本底之差(标准差倍数)", 1),
        ("n_peaks", "1", "n", "Peaks of the background", "本底峰数", 0),
        ("peak_cps", "{counts}/s", "n_P", "Net rate of the peak", "本底峰净计数率", 5),
        (VOLTAGE.name, "V", "U", "High voltage", "高压", 1),
        (RIPPLE.name, "%", "dU/U", "Ripple or drift of the high voltage", "高压稳定度", 4),
    ),
    parameters=WbcBackgroundParameters,
    measure=measure,
    figures=("spectrum",),
)  # fmt: skip
"""The test, as registered."""
