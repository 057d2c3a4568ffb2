"""Energy resolution of a gamma counter, and where its photopeak lies.

Practice: a spectrum of Cs-137; a straight line under the photopeak of 661.7 keV is taken off, and the
distance of the two half heights, FWHM, is divided by the position of the peak, ``100 FWHM / E``. Where the
spectrum knows its energies (of its file, or of gain and offset in use) the shift of the peak against the
energy of the line is given; without them the axis is taken to begin at 0 keV, as counters are adjusted,
and the position stands in channels.

The spectrum is a file of a multichannel analyser, or a table. The uncertainties are those of counting.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Note,
    Parameters,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.counters.calibrator_readings import nuclide_of
from photopeak_analyzers.counters.energy_resolution_conditions import resolution_conditions
from photopeak_analyzers.counters.energy_resolution_figures import FIGURES, resolution_figures
from photopeak_analyzers.counters.photopeak_width import PhotopeakWidth, photopeak_width
from photopeak_analyzers.counters.spectrum_readings import (
    EXPECTED,
    NUCLIDE,
    SPECTRUM,
    TABLE,
    line_of,
    spectrum_given,
)
from photopeak_analyzers.counters.wbc_spectra import GAIN, OFFSET, spectrum_of
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics

CLAUSE = "practice: gamma counter, energy resolution and photopeak"


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaCounterResolutionParameters(Parameters):
    """What is asked of the photopeak."""

    minimum_counts: float = parameter(
        10_000.0,
        doc="Net counts of the photopeak; fewer is a warning.",
        unit="{counts}",
        minimum=0.0,
        maximum=1e10,
    )
    line_kev: float | None = parameter(
        None,
        doc="Energy of the line; without it the strongest one of the nuclide.",
        unit="keV",
        minimum=5.0,
        maximum=5000.0,
    )


def measure(inputs: Inputs, parameters: GammaCounterResolutionParameters) -> Analysis:
    """Measure width and position of the photopeak."""
    nuclide = nuclide_of(inputs)
    line_kev = line_of(nuclide) if parameters.line_kev is None else parameters.line_kev
    acquisition: Spectrum = spectrum_given(inputs)
    expected = inputs.number(EXPECTED.name) if EXPECTED.name in inputs.readings else None
    found = photopeak_width(spectrum_of(acquisition, inputs), line_kev, expected)
    scope = Scope.of(nuclide=nuclide)
    return Analysis(
        measurements=tuple(measurements(scope, _numbers(found, line_kev))),
        preconditions=resolution_conditions(
            found, nuclide, parameters.minimum_counts, CLAUSE, scope
        ),
        figures=resolution_figures(found, nuclide, line_kev),
        notes=tuple(_remarks(found)),
    )


def _numbers(found: PhotopeakWidth, line_kev: float) -> list[NumberRow]:
    peak, percent = found.peak, found.percent
    rows: list[NumberRow] = [
        ("energy_resolution", percent.value, percent.uncertainty),
        ("peak_channel", peak.position.value, peak.position.uncertainty),
        ("fwhm_channels", peak.fwhm.value, peak.fwhm.uncertainty),
        ("peak_counts", peak.counts, None),
    ]
    if found.area is not None:
        rows.append(("net_counts", found.area.net.value, found.area.net.uncertainty))
    if found.spectrum.energy_kev is not None:
        share, at = 100.0 / line_kev, found.position
        rows += [
            ("peak_shift_pct", share * (at.value - line_kev), share * at.uncertainty),
            ("peak_kev", at.value, at.uncertainty),
            ("fwhm_kev", found.fwhm.value, found.fwhm.uncertainty),
        ]
    return rows


def _remarks(found: PhotopeakWidth) -> list[Note]:
    if found.spectrum.energy_kev is not None:
        return []
    return [
        Note(
            code="AXIS_IN_CHANNELS",
            message="the spectrum has no valid energy calibration: its axis is taken to begin at 0 keV"
            " in channel 0, and no shift of the peak is given",
            values={"peak_channel": found.peak.position.value},
        )
    ]


ANALYZER = Analyzer(
    id="gamma_counter_energy_resolution",
    title="Energy resolution of the gamma counter",
    title_zh="γ计数器能量分辨率与峰位",
    version="1",
    variants=(Variant(name="local", title="Photopeak above its continuum", clause=CLAUSE),),
    roles=(SPECTRUM,),
    readings=(NUCLIDE, TABLE, OFFSET, GAIN, EXPECTED),
    metrics=metrics(
        CLAUSE,
        ("energy_resolution", "%", "FWHM/E", "Energy resolution", "能量分辨率", 2),
        ("peak_shift_pct", "%", "dE/E", "Shift of the photopeak", "峰位偏移", 2),
        ("peak_kev", "keV", "E", "Position of the photopeak", "峰位能量", 1),
        ("fwhm_kev", "keV", "FWHM", "Width of the photopeak", "光电峰半高宽", 1),
        ("peak_channel", "1", "N", "Position of the photopeak in channels", "峰位(道)", 1),
        ("fwhm_channels", "1", "dN", "Width of the photopeak in channels", "光电峰半高宽(道)", 1),
        ("net_counts", "{counts}", "N_net", "Net counts of the photopeak", "光电峰净计数", 0),
        ("peak_counts", "{counts}", "N_p", "Counts of the peak channel", "峰道计数", 0),
    ),
    parameters=GammaCounterResolutionParameters,
    measure=measure,
    figures=FIGURES,
)  # fmt: skip
"""The test, as registered."""
