"""Spectra of a whole-body counter with known areas, and inputs of its tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Parameters,
    ReadingValue,
)
from photopeak_analyzers.counters.wbc_spectra import expected_fwhm_kev
from photopeak_analyzers.simulation.spectra import Analyser, SpectralLine

GE = Analyser(channels=8192, kev_per_channel=0.25, offset_kev=0.5, background=20.0)
NAI = Analyser(channels=1024, kev_per_channel=2.0, background=50.0)
A1 = (59.54, 88.03, 122.1, 320.1, 661.7, 834.84, 1173.2, 1332.5, 1836.1)
"""Lines of WS/T 584-2017 table A.1."""

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def lines(
    areas: Mapping[float, float] | Iterable[float], detector: str = "HPGe", *, compton: float = 0.0
) -> tuple[SpectralLine, ...]:
    """Return lines as wide as those of a detector, of given areas or of 50 000 counts each."""
    known = areas if isinstance(areas, Mapping) else dict.fromkeys(areas, 50_000.0)
    return tuple(
        SpectralLine(
            energy_kev=energy,
            counts=counts,
            resolution_percent=float(100.0 * expected_fwhm_kev(detector, energy) / energy),
            compton=compton,
        )
        for energy, counts in known.items()
    )


def inputs(
    roles: Mapping[str, Spectrum | None] | None = None,
    *,
    partial: bool = False,
    performed_at: datetime | None = None,
    **readings: Any,
) -> Inputs:
    """Return the inputs of a test: spectra by role, readings by name."""
    filled = {name: (spectrum,) for name, spectrum in (roles or {}).items() if spectrum is not None}
    return Inputs(
        roles=filled,
        readings={
            name: value if isinstance(value, ReadingValue) else ReadingValue(value=value)
            for name, value in readings.items()
        },
        variant="wst584",
        partial=partial,
        performed_at=performed_at,
    )


def analyze(analyzer: Analyzer, given: Inputs, parameters: Parameters | None = None) -> Analysis:
    """Perform a test."""
    return analyzer.analyze(given, parameters)


def found(analysis: Analysis, metric: str, **scope: Any) -> Measurement:
    """Return one measurement."""
    (one,) = [
        each
        for each in analysis.measurements
        if each.metric == metric and all(each.scope.get(k) == v for k, v in scope.items())
    ]
    return one


def value(analysis: Analysis, metric: str, **scope: Any) -> float:
    """Return the value of one measurement."""
    return found(analysis, metric, **scope).value


def bent(spectrum: Spectrum, kev: float) -> Spectrum:
    """Return a spectrum whose channels lie off a straight line, by `kev` at most, in its middle."""
    assert spectrum.energy_kev is not None
    across = np.linspace(-1.0, 1.0, spectrum.counts.size)
    true = spectrum.energy_kev + kev * (1.0 - across**2)
    moved = np.interp(spectrum.energy_kev, true, spectrum.counts)
    return Spectrum(
        counts=moved, energy_kev=spectrum.energy_kev, live_s=spectrum.live_s, real_s=spectrum.real_s
    )
