"""What is to be seen of the tests of a whole-body counter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.counters.wbc_spectra import WbcSpectrum
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ReferenceLine,
    Scale,
)
from photopeak_analyzers.numerics.peak_area import PeakArea
from photopeak_analyzers.numerics.peak_fit import PeakFit
from photopeak_analyzers.numerics.regression import Line
from photopeak_analyzers.numerics.width_curve import WidthCurve

MOST_POINTS = 4096
"""Of a spectrum that is drawn; more channels are summed."""

NONLINEARITY_PERCENT = 0.5
"""WS/T 584-2017 5.2.2."""

Floats = NDArray[np.float64]


def line_figures(
    places: Floats,
    energies: Floats,
    line: Line,
    residuals: Floats,
    curve: WidthCurve,
    widths: Floats,
) -> tuple[Figure, ...]:
    """Show the lines on their straight line, what is left, and the widths."""
    ends = np.array([places.min(), places.max()])
    span = float(energies.max() - energies.min())
    bound = NONLINEARITY_PERCENT / 100.0 * span
    across = np.linspace(float(energies.min()), float(energies.max()), 200)
    return (
        CurveFigure(
            name="calibration",
            title="Energy by channel",
            x_label="Channel",
            x_unit="1",
            y_label="Energy",
            y_unit="keV",
            curves=(
                Curve(label="lines", x=places, y=energies, style=CurveStyle.POINTS),
                Curve(label="fit", x=ends, y=line.intercept.value + line.slope.value * ends),
            ),
        ),
        CurveFigure(
            name="residuals",
            title="Deviation of the lines from the fit",
            x_label="Energy",
            x_unit="keV",
            y_label="Deviation",
            y_unit="keV",
            curves=(Curve(label="lines", x=energies, y=-residuals, style=CurveStyle.POINTS),),
            lines=(
                ReferenceLine(label="+0.5 % of the range", value=bound),
                ReferenceLine(label="-0.5 % of the range", value=-bound),
            ),
        ),
        CurveFigure(
            name="widths",
            title="Width of the lines",
            x_label="Energy",
            x_unit="keV",
            y_label="FWHM",
            y_unit="keV",
            curves=(
                Curve(label="lines", x=energies, y=widths, style=CurveStyle.POINTS),
                Curve(label="fit", x=across, y=curve.at(across)),
            ),
        ),
    )


def spectrum_figure(
    given: WbcSpectrum,
    *,
    name: str = "spectrum",
    title: str = "Spectrum",
    marks: tuple[ReferenceLine, ...] = (),
) -> CurveFigure:
    """Show a whole spectrum; an empty channel has no place on a logarithmic axis."""
    together = max(1, -(-given.counts.size // MOST_POINTS))
    whole = given.counts.size // together * together
    counts = given.counts[:whole].reshape(-1, together).sum(axis=1)
    axis = np.arange(given.counts.size, dtype=np.float64)
    if given.energy_kev is not None:
        axis = given.energy_kev
    across = axis[:whole].reshape(-1, together).mean(axis=1)
    known = given.energy_kev is not None
    return CurveFigure(
        name=name,
        title=title,
        x_label="Energy" if known else "Channel",
        x_unit="keV" if known else "1",
        y_label="Counts" if together == 1 else f"Counts in {together} channels",
        y_unit="{counts}",
        y_scale=Scale.LOG,
        curves=(Curve(label="counts", x=across, y=counts, style=CurveStyle.STEP),),
        lines=marks,
    )


def peak_figure(
    given: WbcSpectrum, window: PeakArea, fit: PeakFit | None, *, name: str, title: str
) -> CurveFigure:
    """Show the channels of a peak with those of its baseline, as figure 1 of WS/T 584-2017 does."""
    first, last = window.first - 2 * window.sides, window.last + 2 * window.sides
    channels = np.arange(max(first, 0), min(last, given.counts.size - 1) + 1)
    known = given.energy_kev is not None
    axis = given.energy_kev if given.energy_kev is not None else np.arange(float(given.counts.size))
    level = [
        (range(window.first - window.sides, window.first), "left baseline"),
        (range(window.last + 1, window.last + 1 + window.sides), "right baseline"),
    ]
    curves = [
        Curve(label="counts", x=axis[channels], y=given.counts[channels], style=CurveStyle.STEP)
    ]
    if fit is not None:
        curves.append(Curve(label="fit", x=axis[channels], y=fit.at(channels)))
    for side, label in level:
        at = np.array(list(side))
        curves.append(Curve(label=label, x=axis[at], y=given.counts[at], style=CurveStyle.POINTS))
    return CurveFigure(
        name=name,
        title=title,
        x_label="Energy" if known else "Channel",
        x_unit="keV" if known else "1",
        y_label="Counts",
        y_unit="{counts}",
        curves=tuple(curves),
        lines=(
            ReferenceLine(label="first channel", value=float(axis[window.first]), axis="x"),
            ReferenceLine(label="last channel", value=float(axis[window.last]), axis="x"),
        ),
    )
