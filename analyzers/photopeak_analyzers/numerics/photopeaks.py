"""Full-energy peaks of a pulse-height spectrum: which one it is, where it lies, how wide it is.

Position and width are those of the standards, the middle and the distance of the two places where
linear interpolation between channels crosses half of the height (NEMA NU 1-2007 2.3, GB/T 18989-2013
E.3.4; IEC 60789 / GB/T 18989-2013 3.4.3). The highest channel of a noisy peak is higher than the
peak. The height is that of the parabola fitted to the logarithms of the counts around the top, which
is exact for a Gaussian, and has the noise of the whole top.

Positions are 0-based channels and may lie between two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.profiles import crossing

TOP_SHARE = 0.75
"""Channels above this share of the highest one belong to the top; a Gaussian has 0.64 FWHM there."""

LEAST_TOP = 3
"""Channels that a parabola takes; with fewer the highest one is the height."""

MOST_SMOOTHING = 4096
"""Of the channels of a spectrum, the most that are looked at for its peaks; more are put together."""

AREA_SHARE = 0.2
"""A peak holds at least this share of what the largest one holds."""

LOW_END = 0.04
"""Of the range of a spectrum; peaks there are noise of the electronics and soft X-rays."""

SIGNIFICANT = 5.0
"""Standard deviations by which a peak rises above its surroundings."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Photopeak:
    """One full-energy peak.

    Attributes
    ----------
    position, fwhm
        Middle and distance of the two half heights, in channels.
    left, right
        Where the half heights lie.
    height
        Of the peak above the continuum, in counts per channel.
    counts
        Of the highest channel as it was counted, continuum included.
    channel
        That channel.
    continuum
        Counts per channel that were taken off, one for each channel of the spectrum; zeros if
        nothing was.
    """

    position: Estimate
    fwhm: Estimate
    left: float
    right: float
    height: float
    counts: float
    channel: int
    continuum: Floats


def last_photopeak(counts: ArrayLike) -> int:
    """Return the channel of the peak of the highest energy that is not a small one.

    Backscatter, X-rays of lead and escape lie below the photopeak and may hold more counts per
    channel; sums of two photons lie above it and hold few. What lies in the lowest 4 % is left out.

    Raises
    ------
    FitError
        If nothing rises above its surroundings.
    """
    from scipy import ndimage, signal  # not at import: the catalogue of tests is read without it

    spectrum = _spectrum(counts)
    together = max(1, math.ceil(spectrum.size / MOST_SMOOTHING))
    whole = spectrum.size // together * together
    coarse = spectrum[:whole].reshape(-1, together).sum(axis=1)
    # A hundredth of the range: narrow for any photopeak, wide for the noise of a channel.
    sigma = max(coarse.size / 400.0, 1.0)
    smooth = np.asarray(ndimage.gaussian_filter1d(coarse, sigma, mode="nearest"))
    noise = np.sqrt(np.maximum(smooth, 1.0) / (2.0 * math.sqrt(math.pi) * sigma))
    tops, found = signal.find_peaks(smooth, prominence=0.0, width=0.0)
    risen = (found["prominences"] > SIGNIFICANT * noise[tops]) & (tops >= LOW_END * coarse.size)
    if not risen.any():
        raise FitError(
            "nothing in the spectrum rises above its surroundings by"
            f" {SIGNIFICANT:g} standard deviations, there is no photopeak",
            quantity="height of the peak",
            bound=SIGNIFICANT,
        )
    areas = (found["prominences"] * found["widths"])[risen]
    last = tops[risen][areas >= AREA_SHARE * areas.max()][-1]
    near = slice(int(last) * together, (int(last) + 1) * together)
    return near.start + int(spectrum[near].argmax())


def photopeak(
    counts: ArrayLike, around: tuple[int, int], *, less_continuum: bool = False
) -> Photopeak:
    """Return the peak of a range of channels.

    Parameters
    ----------
    counts
        As they were counted, so that their noise is known.
    around
        First channel and the one behind the last; the highest channel between them is the top.
    less_continuum
        Whether the straight line between the ends of the range is taken off first.

    Raises
    ------
    FitError
        If there is no peak in the range, or it does not fall to its half on both sides.
    """
    spectrum = _spectrum(counts)
    first, last = max(around[0], 0), min(around[1], spectrum.size)
    if last - first < LEAST_TOP:
        raise FitError(
            f"the range of the peak holds {max(last - first, 0)} channels, needs {LEAST_TOP}",
            quantity="channels",
            value=float(max(last - first, 0)),
            bound=float(LEAST_TOP),
        )
    continuum = np.zeros(spectrum.size)
    if less_continuum:
        continuum = _line_between_ends(spectrum, first, last)
    net = spectrum - continuum
    channel = first + int(net[first:last].argmax())
    height, of_height = _height(spectrum, net, channel, (first, last))
    if not height > 0.0:
        raise FitError(
            f"the peak is {height:g} counts high, needs more than 0",
            quantity="height of the peak",
            value=height,
            bound=0.0,
        )
    sides = []
    for step in (-1, 1):
        at = crossing(net, channel, height / 2.0, step)
        if at is None or (less_continuum and not first <= at <= last - 1):
            raise FitError(
                "the spectrum does not fall to half of its peak on the"
                f" {'low' if step < 0 else 'high'} side",
                quantity="half of the peak",
                bound=height / 2.0,
            )
        sides.append((at, *_crossing_noise(spectrum, net, at, step)))
    (left, left_variance, left_fall), (right, right_variance, right_fall) = sides
    # The height moves both crossings: outwards where it is low, by half of itself over the fall.
    both = left_variance + right_variance
    apart = 0.5 * of_height * (1.0 / left_fall + 1.0 / right_fall)
    aside = 0.5 * of_height * (1.0 / left_fall - 1.0 / right_fall) / 2.0
    return Photopeak(
        position=Estimate(
            value=(left + right) / 2.0, uncertainty=math.hypot(math.sqrt(both) / 2.0, aside)
        ),
        fwhm=Estimate(value=right - left, uncertainty=math.hypot(math.sqrt(both), apart)),
        left=left,
        right=right,
        height=height,
        counts=float(spectrum[channel]),
        channel=channel,
        continuum=continuum,
    )


def _line_between_ends(spectrum: Floats, first: int, last: int) -> Floats:
    """Return the straight line through the means of the outer tenths of a range."""
    margin = max(1, (last - first) // 10)
    low, high = spectrum[first : first + margin].mean(), spectrum[last - margin : last].mean()
    start, end = first + (margin - 1) / 2.0, last - 1 - (margin - 1) / 2.0
    channels = np.arange(spectrum.size)
    return np.asarray(low + (high - low) * (channels - start) / (end - start))


def _height(
    spectrum: Floats, net: Floats, channel: int, around: tuple[int, int]
) -> tuple[float, float]:
    """Return the height of a peak and its standard uncertainty."""
    top = float(net[channel])
    if top <= 0.0:
        return top, 0.0
    begin = end = channel
    while begin > around[0] and net[begin - 1] > TOP_SHARE * top:
        begin -= 1
    while end < around[1] - 1 and net[end + 1] > TOP_SHARE * top:
        end += 1
    if end - begin + 1 < LEAST_TOP:
        return top, math.sqrt(max(float(spectrum[channel]), 1.0))
    values = net[begin : end + 1]
    across = (np.arange(values.size) - (values.size - 1) / 2.0) / values.size
    model = np.stack([np.ones_like(across), across, across**2], axis=1)
    # u(ln n) = sqrt(N) / n: the weight of a channel is n / sqrt(N).
    weights = values / np.sqrt(np.maximum(spectrum[begin : end + 1], 1.0))
    normal = (model * weights[:, None]).T @ (model * weights[:, None])
    covariance = np.linalg.inv(normal)
    constant, slope, bend = covariance @ (model.T @ (weights**2 * np.log(values)))
    at = 0.0 if bend >= 0.0 else -slope / (2.0 * bend)
    if bend >= 0.0 or not across[0] <= at <= across[-1]:
        return top, math.sqrt(max(float(spectrum[channel]), 1.0))
    height = math.exp(constant + slope * at + bend * at**2)
    towards = np.array([1.0, at, at**2])
    return height, height * math.sqrt(float(towards @ covariance @ towards))


def _crossing_noise(spectrum: Floats, net: Floats, at: float, step: int) -> tuple[float, float]:
    """Return the variance of a crossing by the noise of its two channels, and the fall there."""
    inner = math.floor(at) if step > 0 else math.ceil(at)
    outer = min(max(inner + step, 0), spectrum.size - 1)
    share = abs(at - inner)
    fall = float(net[inner] - net[outer])
    if fall <= 0.0:
        # The crossing is on a channel, and the spectrum is level there: one channel either way.
        return 1.0, math.inf
    noise = (1.0 - share) ** 2 * spectrum[inner] + share**2 * spectrum[outer]
    return float(noise) / fall**2, fall


def _spectrum(counts: ArrayLike) -> Floats:
    spectrum = np.asarray(counts, dtype=np.float64)
    if spectrum.ndim != 1 or spectrum.size < LEAST_TOP:
        raise FitError(
            f"a spectrum has the shape {spectrum.shape}, needs {LEAST_TOP} channels or more",
            quantity="channels",
            bound=float(LEAST_TOP),
        )
    if not np.isfinite(spectrum).all() or spectrum.min() < 0.0:
        raise FitError(
            "the spectrum holds channels that are negative or no numbers",
            quantity="counts per channel",
            bound=0.0,
        )
    return spectrum
