"""Pictures of an energy resolution: both spectra with their half heights, and all numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.contract import Measurement
from photopeak_analyzers.figures import (
    Curve,
    CurveFigure,
    CurveStyle,
    ReferenceLine,
    TableFigure,
)
from photopeak_analyzers.gamma_camera.energy_resolution import Resolution, Text
from photopeak_analyzers.gamma_camera.spectra import GivenSpectrum
from photopeak_analyzers.numerics.photopeaks import Photopeak
from photopeak_analyzers.shorthand import in_words

WINDOW = 0.1
"""Half width of the window that is drawn, over the energy."""

SHOWN_SHARE = 0.6
"""Of the energy of Tc-99m, how much of the spectra is drawn below and above it."""


def spectra_figure(found: Resolution, text: Text, suffix: str) -> CurveFigure:
    """Return both spectra over energy, each over the height of its peak."""
    curves = _of_one("Tc-99m", found.spectrum, found.source, found, text)
    if found.reference_spectrum is not None and found.reference is not None:
        curves += _of_one("Co-57", found.reference_spectrum, found.reference, found, text)
    return CurveFigure(
        name=f"spectra{suffix}",
        title=f"Energy spectra, {in_words(found.scope)}",
        x_label="Energy",
        x_unit="keV",
        y_label="Counts over the height of the peak",
        y_unit="1",
        curves=tuple(curves),
        lines=(
            ReferenceLine(label="-10 %", value=(1.0 - WINDOW) * text.source_kev, axis="x"),
            ReferenceLine(label="+10 %", value=(1.0 + WINDOW) * text.source_kev, axis="x"),
            ReferenceLine(label="half of the peak", value=0.5),
        ),
    )


def _of_one(
    label: str, spectrum: GivenSpectrum, peak: Photopeak, found: Resolution, text: Text
) -> list[Curve]:
    scale = found.kev_per_unit.value
    # The scale goes through the peak of Tc-99m where there are two, and is as supplied otherwise.
    zero = 0.0 if found.reference is None else found.zero_kev(text)
    energy = zero + scale * spectrum.channels
    drawn = np.abs(energy / text.source_kev - 1.0) <= SHOWN_SHARE
    ends = np.array([peak.left, peak.right])
    return [
        Curve(
            label=label,
            x=energy[drawn],
            y=spectrum.counts[drawn] / peak.height,
            style=CurveStyle.STEP,
        ),
        Curve(
            label=f"half height of {label}",
            x=np.interp(ends, np.arange(energy.size), energy),
            y=np.full(2, 0.5),
            style=CurveStyle.POINTS,
        ),
    ]


def table_figure(found: Sequence[Resolution], numbers: Sequence[Measurement]) -> TableFigure:
    """Return the resolutions with what they were made of."""
    rows: list[tuple[float | int | str | None, ...]] = [
        (
            in_words(each.scope),
            each.source_at.value,
            None if each.reference_at is None else each.reference_at.value,
            each.kev_per_channel.value,
            each.source.fwhm.value,
            each.fwhm_kev.value,
            each.percent.value,
        )
        for each in found
    ]
    rows += [
        (in_words(number.scope), None, None, None, None, None, number.value)
        for number in numbers
        if number.scope.get("method") == "reported"
    ]
    return TableFigure(
        name="table",
        title="Energy resolution",
        columns=(
            "spectrum",
            "peak of Tc-99m",
            "peak of Co-57",
            "keV per channel",
            "FWHM (channels)",
            "FWHM (keV)",
            "resolution (%)",
        ),
        rows=tuple(rows),
    )
