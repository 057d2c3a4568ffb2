"""Where a spectrum has peaks: a matched filter that does not see straight baselines.

The filter is the second derivative of a Gaussian as wide as a peak is at that energy, with the sign
turned and its sum exactly 0, so that neither a level nor a slope answers; what it gives over its own
noise is the significance. A step, such as a Compton edge, answers too; it has no valley on one side and
is left out, and so is the shoulder of a larger peak, which takes a fit of lines that are known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA

SIGNIFICANT = 5.0
"""Standard deviations of the filter; noise alone passes it once in about a million channels."""

MOST_CHANNELS = 1 << 18
"""Of a spectrum."""

MOST_PEAKS = 500
"""That are returned, the most significant ones."""

VALLEY_FWHM = 1.5
"""FWHM from the top within which a peak has its valleys."""

VALLEY_SIGNIFICANT = 2.0
"""Standard deviations by which the smoothed top rises above each of its valleys."""

NEAREST_FWHM = 0.5
"""FWHM between two peaks at least; nearer ones are one."""

_SCALE_STEP = 1.15
_MOST_SCALES = 40
_REACH_SIGMA = 5.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPeak:
    """A peak that was found: its place in channels, to be refined by a fit, and its significance."""

    position: float
    significance: float
    fwhm: float


def search_peaks(
    counts: ArrayLike, fwhm: ArrayLike, *, significance: float = SIGNIFICANT
) -> tuple[FoundPeak, ...]:
    """Return the peaks of a spectrum in the order of their channels.

    Parameters
    ----------
    counts
        As they were counted, so that their noise is known.
    fwhm
        FWHM that a peak is expected to have, in channels: one number, or one for each channel.
    significance
        Standard deviations of the filtered spectrum that a peak has to reach.

    Raises
    ------
    FitError
        If the spectrum or the widths cannot be.
    """
    from scipy import signal  # not at import: the catalogue of tests is read without it

    spectrum = np.asarray(counts, dtype=np.float64)
    widths = np.array(np.broadcast_to(np.asarray(fwhm, dtype=np.float64), spectrum.shape))
    _refuse(spectrum, widths)
    sigma = widths / FWHM_PER_SIGMA
    least, most = float(sigma.min()), float(sigma.max())
    steps = math.ceil(math.log(most / least) / math.log(_SCALE_STEP)) + 1
    scales = np.geomspace(least, most, min(steps, _MOST_SCALES))
    # Between two scales what they answer is mixed, so that nothing jumps from channel to channel.
    along = (
        np.log(sigma / least) / math.log(scales[1] / scales[0]) if scales.size > 1 else 0.0 * sigma
    )
    answers = np.zeros((3, spectrum.size))
    for number, scale in enumerate(scales):
        share = np.maximum(1.0 - np.abs(along - number), 0.0)
        answers += share * np.stack(_answers(spectrum, float(scale)))
    clear, smooth, noise = answers
    tops, _ = signal.find_peaks(clear, height=significance)
    found = []
    for top in tops:
        reach = VALLEY_FWHM * widths[top]
        low, high = math.floor(top - reach), math.ceil(top + reach)
        if low < 0 or high >= spectrum.size:
            continue
        # The top of the smoothed spectrum, which a slope moves off that of the filter.
        near = max(1, round(widths[top] / 4.0))
        crest = int(top) - near + int(smooth[top - near : top + near + 1].argmax())
        valleys = smooth[low : crest + 1].min(), smooth[crest : high + 1].min()
        rises = smooth[crest] - max(valleys)
        if rises > VALLEY_SIGNIFICANT * math.sqrt(2.0) * noise[top]:
            found.append(
                FoundPeak(
                    position=int(top) + _vertex(clear[top - 1 : top + 2]),
                    significance=float(clear[top]),
                    fwhm=float(widths[top]),
                )
            )
    kept: list[FoundPeak] = []
    for peak in sorted(found, key=lambda peak: -peak.significance):
        apart = [abs(peak.position - other.position) / peak.fwhm for other in kept]
        if len(kept) < MOST_PEAKS and min(apart, default=1.0) >= NEAREST_FWHM:
            kept.append(peak)
    return tuple(sorted(kept, key=lambda peak: peak.position))


def _answers(spectrum: Floats, sigma: float) -> tuple[Floats, Floats, Floats]:
    """Return significance, smoothed spectrum and the noise of that, for one width."""
    from scipy import signal

    half = math.ceil(_REACH_SIGMA * sigma)
    across = np.arange(-half, half + 1) / sigma
    bell = np.exp(-0.5 * across**2)
    hat = (1.0 - across**2) * bell
    hat -= bell * hat.sum() / bell.sum()
    bell /= bell.sum()
    padded = np.pad(spectrum, half, mode="edge")

    def through(kernel: Floats) -> Floats:
        return np.asarray(signal.oaconvolve(padded, kernel, mode="valid"))

    # One count is the smallest change that could be seen.
    of_hat = np.sqrt(np.maximum(through(hat**2), float(np.max(hat**2))))
    of_bell = np.sqrt(np.maximum(through(bell**2), float(np.max(bell**2))))
    return through(hat) / of_hat, through(bell), of_bell


def _vertex(three: Floats) -> float:
    """Return where a parabola through three neighbours is highest, from the middle one."""
    before, middle, after = (float(value) for value in three)
    bend = before - 2.0 * middle + after
    return 0.0 if bend >= 0.0 else 0.5 * (before - after) / bend


def _refuse(spectrum: Floats, widths: Floats) -> None:
    if spectrum.ndim != 1 or not 16 <= spectrum.size <= MOST_CHANNELS:
        raise FitError(
            f"a spectrum has {spectrum.size} channels, needs 16 to {MOST_CHANNELS}",
            quantity="channels",
            value=float(spectrum.size),
            bound=f"16 to {MOST_CHANNELS}",
        )
    if not np.isfinite(spectrum).all() or float(spectrum.min()) < 0.0:
        raise FitError(
            "the spectrum holds channels that are negative or no numbers",
            quantity="counts per channel",
            bound=0.0,
        )
    most = spectrum.size / 4.0
    if not (
        np.isfinite(widths).all() and 1.0 <= float(widths.min()) <= float(widths.max()) <= most
    ):
        raise FitError(
            f"peaks are expected with an FWHM of {float(widths.min()):g} to"
            f" {float(widths.max()):g} channels, needs 1 to {most:g}",
            quantity="FWHM",
            value=float(widths.min()),
            bound=f"1 to {most:g}",
        )
