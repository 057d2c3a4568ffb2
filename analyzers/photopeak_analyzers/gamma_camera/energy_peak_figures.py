"""Pictures of the energy peak: a spectrum with its peak, and a table of all that was found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.energy_peaks import FoundPeak
from photopeak_analyzers.shorthand import in_words

SHOWN_SHARE = 0.5
"""Of the nominal energy, how much of a spectrum is drawn below and above it."""


def spectrum_figure(peak: FoundPeak, suffix: str) -> CurveFigure:
    """Return a spectrum about the photopeak with the line under it, half heights and energies."""
    spectrum, found = peak.spectrum, peak.peak
    if spectrum is None or found is None:
        raise TypeError("a peak that was not found in a spectrum has no picture")
    energy = spectrum.channels
    drawn = np.abs(energy / peak.nominal_kev - 1.0) <= SHOWN_SHARE
    low, high = peak.region_kev or (energy[0], energy[-1])
    under = (energy >= low) & (energy <= high)
    half = np.array([spectrum.axis(found.left), spectrum.axis(found.right)])
    level = found.height / 2.0 + np.interp(
        [found.left, found.right], np.arange(energy.size), found.continuum
    )
    return CurveFigure(
        name=f"spectrum{suffix}",
        title=f"Spectrum of {peak.nuclide}, {in_words(spectrum.scope, 'one detector')}",
        x_label="Energy",
        x_unit="keV",
        y_label="Counts per channel",
        y_unit="{counts}",
        curves=(
            Curve(
                label="spectrum",
                x=energy[drawn],
                y=spectrum.counts[drawn],
                style=CurveStyle.STEP,
            ),
            Curve(
                label="continuum",
                x=energy[under],
                y=found.continuum[under],
                style=CurveStyle.DASHED,
            ),
            Curve(label="half height", x=half, y=level, style=CurveStyle.POINTS),
        ),
        lines=(
            ReferenceLine(label="peak", value=peak.peak_kev.value, axis="x"),
            ReferenceLine(label="nominal", value=peak.nominal_kev, axis="x"),
        ),
    )


def peaks_figure(peaks: Sequence[FoundPeak]) -> TableFigure:
    """Return what was found, by which method."""
    return TableFigure(
        name="peaks",
        title="Energy peaks",
        columns=(
            "source",
            "nuclide",
            "lower limit (keV)",
            "upper limit (keV)",
            "peak (keV)",
            "nominal (keV)",
            "shift (keV)",
        ),
        rows=tuple(
            (
                in_words(peak.scope),
                peak.nuclide,
                None if peak.window is None else peak.window.lower_kev,
                None if peak.window is None else peak.window.upper_kev,
                peak.peak_kev.value,
                peak.nominal_kev,
                peak.peak_kev.value - peak.nominal_kev,
            )
            for peak in peaks
        ),
    )
