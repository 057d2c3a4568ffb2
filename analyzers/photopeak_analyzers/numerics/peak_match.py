"""Which peak is which line when the energies of the channels are not known.

A straight line through two peaks and two lines predicts where the others are; that which puts a peak to
every line is the calibration. Two that do so and put another peak to a line make it ambiguous.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import FitError

MOST_PEAKS = 24
"""That are tried, the most significant ones."""

MOST_LINES = 24

LARGEST_OFFSET = 0.06
"""Energy of the first channel over that of the last one, either way."""

Floats = NDArray[np.float64]


def match_lines(
    positions: Sequence[float],
    widths: Sequence[float],
    significances: Sequence[float],
    energies: Sequence[float],
    *,
    channels: int,
) -> tuple[int, ...]:
    """Return which peak belongs to each line, as indices of `positions`.

    Parameters
    ----------
    positions, widths, significances
        Of the peaks that were found, in channels.
    energies
        Of the lines, rising.
    channels
        Of the spectrum.

    Raises
    ------
    FitError
        If not every line finds a peak, or several ways of putting them are equally good.
    """
    lines = np.asarray(energies, dtype=np.float64)
    if not 3 <= lines.size <= MOST_LINES:
        raise FitError(
            f"{lines.size} lines are to be found without energies, needs 3 to {MOST_LINES}",
            quantity="lines",
            value=float(lines.size),
            bound=f"3 to {MOST_LINES}",
        )
    strongest = np.argsort(-np.asarray(significances, dtype=np.float64))[:MOST_PEAKS]
    order = np.sort(strongest)
    places = np.asarray(positions, dtype=np.float64)[order]
    fwhm = np.asarray(widths, dtype=np.float64)[order]
    best: tuple[int, float, tuple[int, ...]] | None = None
    others: list[tuple[int, ...]] = []
    for low in range(places.size):
        for high in range(low + 1, places.size):
            for found in _through(places, fwhm, lines, low, high, channels):
                matched, misfit, chosen = found
                if matched < lines.size:
                    if best is None or matched > best[0]:
                        best = found
                    continue
                others.append(chosen)
                if best is None or best[0] < lines.size or misfit < best[1]:
                    best = found
    if best is None or best[0] < lines.size:
        raise FitError(
            f"{best[0] if best else 0} of {lines.size} lines have a peak where a straight line of"
            " energies puts them, needs all",
            quantity="lines with a peak",
            value=float(best[0] if best else 0),
            bound=float(lines.size),
        )
    unlike = {chosen for chosen in others if chosen != best[2]}
    if any(sum(a != b for a, b in zip(chosen, best[2], strict=True)) > 1 for chosen in unlike):
        raise FitError(
            "the lines fit to the peaks in several ways; name more lines, or the energies of channels",
            quantity="ways to put the lines",
            value=float(len(unlike) + 1),
            bound=1.0,
        )
    return tuple(int(order[index]) for index in best[2])


def _through(
    places: Floats, fwhm: Floats, lines: Floats, low: int, high: int, channels: int
) -> list[tuple[int, float, tuple[int, ...]]]:
    """Return the matches of all pairs of lines to one pair of peaks: how many, misfit, which."""
    first, second = np.triu_indices(lines.size, k=1)
    gain = (lines[second] - lines[first]) / (places[high] - places[low])
    offset = lines[first] - gain * places[low]
    sound = np.abs(offset) <= LARGEST_OFFSET * gain * channels
    found = []
    for slope, start in zip(gain[sound], offset[sound], strict=True):
        expected = (lines - start) / slope
        apart = np.abs(expected[:, None] - places[None, :]) / fwhm[None, :]
        nearest = apart.argmin(axis=1)
        misfit = apart[np.arange(lines.size), nearest]
        inside = misfit <= 1.0
        if np.unique(nearest[inside]).size < int(inside.sum()):
            continue
        found.append(
            (
                int(inside.sum()),
                float(np.sum(misfit[inside] ** 2)),
                tuple(int(index) for index in nearest),
            )
        )
    return found
