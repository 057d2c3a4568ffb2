"""Lines of calibration sources: declared by a person, with what the table of nuclides knows of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.contract import Column, Inputs, Reading, ReadingKind, Row
from photopeak_analyzers.counters.wbc_spectra import WbcSpectrum
from photopeak_analyzers.errors import AnalysisError, FitError, ParameterError
from photopeak_analyzers.nuclides import canonical_name, find
from photopeak_analyzers.numerics.peak_groups import MeasuredPeak, measure_peaks
from photopeak_analyzers.numerics.peak_match import match_lines
from photopeak_analyzers.numerics.peak_search import search_peaks

Floats = NDArray[np.float64]

SAME_LINE_KEV = 1.0
"""Within which a stated energy is a line of the table."""

NEAREST_FWHM = 1.5
"""FWHM, and :data:`NEAREST_SHARE` of the energy, within which a peak is taken for the line."""

NEAREST_SHARE = 0.02

NEAREST_KEV, NEAREST_WIDTH = 1.0, 0.5
"""keV or FWHM, the larger of both, within which a peak is that of a line whose counts are asked for: farther
off the energy calibration is to be done again. WS/T 584-2017 5.2.3."""

LINE_COLUMNS = (
    Column("energy_kev", "keV", label="Energy", label_zh="能量", minimum=10.0, maximum=10_000.0),
    Column("nuclide", kind=ReadingKind.TEXT, required=False, label="Nuclide", label_zh="核素"),
)
"""Columns that name a line."""

LINES = Reading(
    name="lines",
    label="Lines of the sources",
    label_zh="刻度源γ射线",
    unit="keV",
    kind=ReadingKind.TABLE,
    columns=(
        *LINE_COLUMNS,
        Column(
            "channel",
            "1",
            required=False,
            minimum=0.0,
            maximum=262_144.0,
            label="Channel, about",
            label_zh="道址(近似)",
        ),
    ),
    maximum_rows=24,
    hint="Energies as the certificate or WS/T 584-2017 table A.1 has them; channels only where the"
    " file has no energies and the lines are not found by themselves.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line: its energy, whose it is, and photons per decay where that is known.

    `emission_relative` is the relative standard uncertainty of these; 0 where the source gives none.
    """

    energy_kev: float
    nuclide: str | None
    emission: float | None
    source: str
    channel: float | None = None
    emission_relative: float = 0.0


def line_of(row: Row) -> Line:
    """Return the line of a row, with the emission probability of the table where it knows one."""
    energy = row.number("energy_kev")
    named = row.text("nuclide") if row.has("nuclide") else ""
    nuclide = canonical_name(named) if named else None
    if named and nuclide is None:
        raise ParameterError(
            f"nuclide in row {row.position} of {row.table} names none, needs one such as Cs-137",
            quantity=f"nuclide in row {row.position} of {row.table}",
        )
    emission, relative, source = emission_of(nuclide, energy)
    return Line(
        energy_kev=energy,
        nuclide=nuclide,
        emission=emission,
        emission_relative=relative,
        source=source,
        channel=row.number("channel") if row.has("channel") else None,
    )


def emission_of(nuclide: str | None, energy_kev: float) -> tuple[float | None, float, str]:
    """Return photons per decay of the line nearest to an energy, their uncertainty, and their source.

    The uncertainty is a relative standard one; 0 where the source gives none.
    """
    if nuclide is None:
        return None, 0.0, ""
    try:
        lines = find(nuclide).lines
    except AnalysisError:
        return None, 0.0, ""
    near = [
        line
        for line in lines
        if line.intensity_percent is not None and abs(line.energy_kev - energy_kev) <= SAME_LINE_KEV
    ]
    if not near:
        return None, 0.0, ""
    line = min(near, key=lambda line: abs(line.energy_kev - energy_kev))
    percent = line.intensity_percent or 0.0
    relative = (line.uncertainty_percent or 0.0) / percent if percent else 0.0
    return percent / 100.0, relative, line.source


def lines_of(inputs: Inputs, reading: Reading = LINES) -> tuple[Line, ...]:
    """Return the declared lines by energy.

    Raises
    ------
    ParameterError
        If one is named twice.
    """
    lines = sorted((line_of(row) for row in inputs.rows(reading)), key=lambda line: line.energy_kev)
    for before, after in itertools.pairwise(lines):
        if after.energy_kev - before.energy_kev < 0.01:
            raise ParameterError(
                f"the line {after.energy_kev:g} keV is named twice in {reading.name}, needs each once",
                quantity="energy_kev",
                value=after.energy_kev,
            )
    return tuple(lines)


def found_lines(
    given: WbcSpectrum, lines: tuple[Line, ...], detector: str, *, drifted: bool = True
) -> tuple[list[tuple[Line, MeasuredPeak]], list[Line]]:
    """Return each line with its peak, and those that have none, in a spectrum with energies.

    With `drifted` the strongest peak far about is taken, which is right where the drift is looked for and
    the sources are known; without, the nearest one no farther off than the energies may be.
    """
    widths = given.fwhm_channels(detector)
    energies = given.calibrated()
    inside = [line for line in lines if energies[0] < line.energy_kev < energies[-1]]
    places = [peak.position for peak in search_peaks(given.counts, widths)]
    known = [
        given.channel(line.energy_kev)
        for line in inside
        if not any(
            abs(place - given.channel(line.energy_kev)) <= _reach(given, line, widths, drifted)
            for place in places
        )
    ]
    peaks, _ = measure_peaks(given.counts, widths, known=known)
    pairs, missing = [], [line for line in lines if line not in inside]
    for line in inside:
        place = given.channel(line.energy_kev)
        reach = _reach(given, line, widths, drifted)
        near = [peak for peak in peaks if abs(peak.position.value - place) <= reach and _seen(peak)]
        if drifted:
            # The strongest one near by: a line of another nuclide may be nearer to a drifted place.
            best = max(near, key=lambda peak: peak.area.value, default=None)
        else:
            best = min(near, key=lambda peak: abs(peak.position.value - place), default=None)
        if best is None:
            missing.append(line)
        else:
            pairs.append((line, best))
    return pairs, missing


def placed_lines(
    given: WbcSpectrum, lines: tuple[Line, ...], widths: Floats
) -> list[tuple[Line, MeasuredPeak]]:
    """Return each line with its peak, in a spectrum without energies.

    Places are those of the rows, where all have one; else the lines are put by a straight line.

    Raises
    ------
    FitError
        If a line has no peak.
    """
    found = search_peaks(given.counts, widths)
    if all(line.channel is not None for line in lines):
        places = [float(line.channel or 0.0) for line in lines]
    else:
        chosen = match_lines(
            [peak.position for peak in found],
            [peak.fwhm for peak in found],
            [peak.significance for peak in found],
            [line.energy_kev for line in lines],
            channels=given.counts.size,
        )
        places = [found[index].position for index in chosen]
    peaks, _ = measure_peaks(given.counts, widths, known=places)
    pairs = []
    for line, place in zip(lines, places, strict=True):
        reach = NEAREST_FWHM * float(widths[min(max(round(place), 0), widths.size - 1)])
        near = [peak for peak in peaks if abs(peak.position.value - place) <= reach and _seen(peak)]
        if not near:
            raise FitError(
                f"the line {line.energy_kev:g} keV has no peak near channel {place:.0f}",
                quantity="peak",
                value=line.energy_kev,
                bound=place,
            )
        pairs.append((line, min(near, key=lambda peak: abs(peak.position.value - place))))
    return pairs


def _reach(given: WbcSpectrum, line: Line, widths: Floats, drifted: bool) -> float:
    """Return how far from its place the peak of a line may be, in channels."""
    place = given.channel(line.energy_kev)
    if not drifted:
        width = float(widths[round(place)])
        return max(NEAREST_WIDTH * width, NEAREST_KEV / given.kev_per_channel(place))
    share = NEAREST_SHARE * line.energy_kev / given.kev_per_channel(place)
    return max(NEAREST_FWHM * float(widths[round(place)]), share)


def _seen(peak: MeasuredPeak) -> bool:
    """Tell whether a peak has an area that is no chance."""
    return peak.area.value > 3.0 * peak.area.uncertainty
