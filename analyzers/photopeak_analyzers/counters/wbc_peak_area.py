"""Peaks of a spectrum of a whole-body counter: search, net areas, overlapping peaks, less the background.

WS/T 584-2017 4.8, 7.1 and (3): the net area of a peak is the sum of its channels less ``p / 2m`` times that of
the baseline's channels on both sides. Peaks that overlap are fitted together by Gaussians on a straight
baseline; the fit, put through the same window, has to agree with the window within two standard
uncertainties. Where a background of the empty chamber is given, the net area of the same energies in it
is taken off, scaled by the live times.
"""

from __future__ import annotations

import dataclasses
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
    parameter,
)
from photopeak_analyzers.counters.wbc_counts import background_of, window_like
from photopeak_analyzers.counters.wbc_figures import peak_figure, spectrum_figure
from photopeak_analyzers.counters.wbc_lines import LINES, lines_of
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
from photopeak_analyzers.figures import Figure, ReferenceLine
from photopeak_analyzers.given import one
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.peak_groups import MeasuredPeak, measure_peaks
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "WS/T 584-2017 4.8, 7.1, 7.2 (3)"

LARGEST_DEVIATION = 2.0
"""Standard uncertainties by which fit and window may differ."""

MOST_DRAWN = 12
"""Peaks that have a figure of their own, the largest ones."""

SPECTRUM = spectrum_role("spectrum", "Spectrum")
BACKGROUND = spectrum_role(
    "background", "Background of the empty chamber", "Counted longer than the spectrum.", minimum=0
)
NAMED = dataclasses.replace(
    LINES,
    required=False,
    label="Lines to be fitted",
    label_zh="指定拟合的谱线",
    hint="Only for lines that a larger peak hides; the others are found by themselves.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WbcPeakAreaParameters(Parameters):
    """Parameters of the search and of the windows."""

    significance: float = parameter(
        5.0,
        doc="standard deviations of the filter that a peak has to reach",
        minimum=3.0,
        maximum=50.0,
    )
    half_window_fwhm: float = parameter(
        1.25, doc="FWHM of a window on each side of its peak", minimum=0.5, maximum=3.0
    )
    baseline_fwhm: float = parameter(
        0.5, doc="FWHM of the baseline on each side", minimum=0.1, maximum=2.0
    )
    full_scale_kev: float = full_scale()


def measure(inputs: Inputs, parameters: WbcPeakAreaParameters) -> Analysis:
    """Find the peaks and measure their areas both ways."""
    detector = detector_of(inputs)
    given = spectrum_of(one(inputs, SPECTRUM, Spectrum), inputs)
    background = background_of(inputs, BACKGROUND)
    named = lines_of(inputs, NAMED)
    known = [given.channel(line.energy_kev) for line in named]
    peaks, failed = measure_peaks(
        given.counts,
        _widths(given, detector, parameters),
        known=known,
        significance=parameters.significance,
        sides_fwhm=parameters.baseline_fwhm,
        half_window=parameters.half_window_fwhm,
    )
    if not peaks:
        raise UnsuitableAcquisitionError(
            "the spectrum has no peak that rises above its surroundings by"
            f" {parameters.significance:g} standard deviations",
            quantity="peaks",
            value=0,
            bound=1,
        )
    found = measurements(Scope(), [("n_peaks", float(len(peaks)), None)])
    checked = spectrum_conditions(given, CLAUSE)
    for peak in peaks:
        found += _numbers(given, peak, background)
    groups = {id(peak.group): peak for peak in reversed(peaks)}
    checked += [_agreement(given, peak) for peak in reversed(groups.values())]
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(checked),
        figures=_figures(given, peaks),
        notes=tuple(
            Note(code="PEAK_NOT_FITTED", message=f"a peak could not be measured: {why}")
            for why in failed
        ),
    )


def _widths(
    given: WbcSpectrum, detector: str, parameters: WbcPeakAreaParameters
) -> NDArray[np.float64]:
    if given.energy_kev is not None:
        return given.fwhm_channels(detector)
    return given.guessed_fwhm_channels(detector, parameters.full_scale_kev)


def _scope(given: WbcSpectrum, peak: MeasuredPeak) -> Scope:
    if given.energy_kev is None:
        return Scope.of(channel=round(peak.position.value, 1))
    return Scope.of(energy_kev=round(given.kev(peak.position.value), 1))


def _numbers(
    given: WbcSpectrum, peak: MeasuredPeak, background: WbcSpectrum | None
) -> list[Measurement]:
    net = peak.group.window.net if peak.group.single else peak.area
    width = peak.fwhm.value
    known = given.energy_kev is not None
    step = given.kev_per_channel(peak.position.value) if known else 1.0
    live = given.acquisition.live_s
    rows = [
        ("net_area", net.value, net.uncertainty),
        ("fit_area", peak.area.value, peak.area.uncertainty),
        ("fwhm_kev", step * width if known else None, step * peak.fwhm.uncertainty),
        ("fwhm_channels", width, peak.fwhm.uncertainty),
        ("peak_channel", peak.position.value, peak.position.uncertainty),
        ("agreement_sigma", peak.group.deviation, None),
        ("peaks_together", float(peak.group.fit.peaks), None),
        (
            "net_rate_cps",
            None if not live else net.value / live,
            None if not live else net.uncertainty / live,
        ),
    ]
    if background is not None:
        scale = given.live_s / background.live_s
        same = window_like(background, given, peak.group.window).net
        # Overlapping peaks share what the empty chamber has there by their areas.
        share = 1.0 if peak.group.single else _share(peak)
        beside = Estimate(
            value=share * scale * same.value, uncertainty=share * scale * same.uncertainty
        )
        rows += [
            ("background_area", beside.value, beside.uncertainty),
            (
                "area_less_background",
                net.value - beside.value,
                float(np.hypot(net.uncertainty, beside.uncertainty)),
            ),
        ]
    return measurements(_scope(given, peak), rows)


def _share(peak: MeasuredPeak) -> float:
    areas = [max(peak.group.fit.area(n).value, 0.0) for n in range(peak.group.fit.peaks)]
    return areas[peak.number] / max(sum(areas), 1e-300)


def _agreement(given: WbcSpectrum, peak: MeasuredPeak) -> Precondition:
    return bounded(
        PreconditionCode.COUNTS,
        "area by window less area by fit, over its uncertainty",
        abs(peak.group.deviation),
        upper=LARGEST_DEVIATION,
        unit="1",
        severity=Severity.SOFT,
        scope=_scope(given, peak),
        clause=CLAUSE,
    )


def _figures(given: WbcSpectrum, peaks: tuple[MeasuredPeak, ...]) -> tuple[Figure, ...]:
    known = given.energy_kev is not None
    marks = tuple(
        ReferenceLine(
            label=_name(given, peak),
            value=given.kev(peak.position.value) if known else peak.position.value,
            axis="x",
        )
        for peak in peaks
    )
    largest = sorted({id(p.group): p for p in peaks}.values(), key=lambda p: -p.area.value)
    drawn = sorted(largest[:MOST_DRAWN], key=lambda p: p.position.value)
    return (
        spectrum_figure(given, marks=marks),
        *(
            peak_figure(
                given,
                peak.group.window,
                peak.group.fit,
                name=f"peak_{number}",
                title=f"Peak at {_name(given, peak)}",
            )
            for number, peak in enumerate(drawn, 1)
        ),
    )


def _name(given: WbcSpectrum, peak: MeasuredPeak) -> str:
    if given.energy_kev is None:
        return f"channel {peak.position.value:.1f}"
    return f"{given.kev(peak.position.value):.1f} keV"


ANALYZER = Analyzer(
    id="wbc_peak_area",
    title="Peak areas of the whole-body counter",
    title_zh="全身计数器峰面积",
    version="1",
    variants=(Variant(name="wst584", title="WS/T 584-2017", clause=CLAUSE),),
    roles=(SPECTRUM, BACKGROUND),
    readings=(DETECTOR_TYPE, NAMED, OFFSET, GAIN),
    metrics=metrics(
        CLAUSE,
        ("n_peaks", "1", "n", "Peaks", "峰数", 0),
        ("net_area", "{counts}", "N", "Net area of the peak", "净峰面积", 0),
        ("fit_area", "{counts}", "N_fit", "Area by fit", "拟合峰面积", 0),
        ("fwhm_kev", "keV", "FWHM", "Width", "半高宽", 2),
        ("fwhm_channels", "1", "FWHM", "Width in channels", "半高宽(道)", 2),
        ("peak_channel", "1", "C", "Middle of the peak in channels", "峰位(道)", 2),
        ("agreement_sigma", "1", "d/u", "Window less fit, over its uncertainty", "窗法与拟合法之差/不确定度", 2),
        ("peaks_together", "1", "n", "Peaks fitted together", "共同拟合峰数", 0),
        ("net_rate_cps", "{counts}/s", "n", "Net rate", "净计数率", 4),
        ("background_area", "{counts}", "N_b t_s/t_b", "Net area of the background at the same energies", "本底峰面积", 0),
        ("area_less_background", "{counts}", "N - N_b", "Net area less background", "扣除本底净峰面积", 0),
    ),
    parameters=WbcPeakAreaParameters,
    measure=measure,
    figures=("spectrum", "peak"),
    days=2,
)  # fmt: skip
"""The test, as registered. The background is often counted in the night before."""
