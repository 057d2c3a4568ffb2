"""What is seen of an energy resolution: the spectrum, and its photopeak above the continuum."""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.counters.photopeak_width import HALF_RANGE_FWHM, PhotopeakWidth
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, Figure, ReferenceLine

FIGURES = ("spectrum", "photopeak")

MOST_POINTS = 4096
"""Of a spectrum that is drawn; of more channels every so many."""


def resolution_figures(found: PhotopeakWidth, nuclide: str, line_kev: float) -> tuple[Figure, ...]:
    """Return both figures."""
    spectrum, peak = found.spectrum, found.peak
    known = spectrum.energy_kev is not None
    axis = np.arange(spectrum.counts.size, dtype=np.float64)
    if spectrum.energy_kev is not None:
        axis = spectrum.energy_kev
    label, unit = ("Energy", "keV") if known else ("Channel", "1")
    middle, half = found.position.value, found.fwhm.value / 2.0
    marks = [
        ReferenceLine(label="peak", value=middle, axis="x"),
        ReferenceLine(label="half height", value=middle - half, axis="x"),
        ReferenceLine(label="half height", value=middle + half, axis="x"),
    ]
    if known:
        marks.append(ReferenceLine(label=f"{line_kev:g} keV", value=line_kev, axis="x"))
    reach = 1.5 * HALF_RANGE_FWHM * peak.fwhm.value
    near = slice(max(int(peak.position.value - reach), 0), int(peak.position.value + reach) + 2)
    every = max(1, -(-spectrum.counts.size // MOST_POINTS))
    shown = slice(
        max(int(peak.position.value - HALF_RANGE_FWHM * peak.fwhm.value), 0),
        int(peak.position.value + HALF_RANGE_FWHM * peak.fwhm.value) + 2,
    )
    return (
        CurveFigure(
            name="spectrum",
            title=f"Spectrum of {nuclide}",
            x_label=label,
            x_unit=unit,
            y_label="Counts per channel",
            y_unit="{counts}",
            curves=(
                Curve(
                    label=nuclide,
                    x=axis[::every],
                    y=spectrum.counts[::every],
                    style=CurveStyle.STEP,
                ),
            ),
            lines=tuple(marks[:1] + marks[3:]),
        ),
        CurveFigure(
            name="photopeak",
            title=f"Photopeak of {nuclide}",
            x_label=label,
            x_unit=unit,
            y_label="Counts per channel",
            y_unit="{counts}",
            curves=(
                Curve(
                    label="counted", x=axis[near], y=spectrum.counts[near], style=CurveStyle.STEP
                ),
                Curve(
                    label="continuum",
                    x=axis[shown],
                    y=peak.continuum[shown],
                    style=CurveStyle.DASHED,
                ),
            ),
            lines=tuple(marks),
        ),
    )
