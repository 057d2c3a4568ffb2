"""Stripes of a bar phantom in an image: how wide, how deep and how straight each pattern is.

The depth is the modulation of Hander: bars and gaps of equal width give, over a whole number of
periods, the variance ``V = m**2 M**2 / 2`` of a sine of amplitude ``M m`` about the mean m, and the
noise of Poisson counts adds m to it, so ``M = sqrt(2 (s**2 - m)) / m`` from the variance s**2 of
the pixels. What varies slowly over a quadrant is taken out first, as a surface of second order.

The uncertainty is that of counting: for a Poisson count n about the mean ``a = m + d`` the variance
of ``(n - m)**2 - n`` is ``2 a**2 + 4 d**2 a``, which is averaged over a symmetric pattern.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate

THINNEST_BAR_MM, WIDEST_BAR_MM = 0.5, 8.0
"""Bars of four-quadrant phantoms are 2 to 6.4 mm wide; slower waves are no bars."""

LEAST_POWER = 20.0
"""Power of a stripe over that of the noise: the highest of 20 000 noise waves has about 10."""

LEAST_AMPLITUDE = 0.02
"""Amplitude of a stripe over the mean: floods with many counts have weaker waves of their own."""

PARTS = 4
"""A region is looked at in so many parts per side to tell whether it lies inside of a quadrant."""

Floats = NDArray[np.float64]
Place = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The stripes of one quadrant.

    Attributes
    ----------
    quadrant
        1 top left, 2 top right, 3 bottom left, 4 bottom right.
    rows, columns
        The region that was measured, in pixels.
    modulation
        M of Hander with its standard uncertainty; 0 where the variance is less than the noise.
    seen
        True when one wave stands out of the noise.
    width_mm
        Half its period: width of a bar; of no use where nothing is seen.
    across
        ``x`` when the counts change along a row, which is the direction that is resolved.
    tilt_deg
        Of the bars against the rows or columns.
    frequency
        (row, column) of the wave, in 1/mm.
    mean
        Counts per pixel.
    unevenness
        Largest deviation of a sixteenth of the region from its mean, as a share.
    """

    quadrant: int
    rows: slice
    columns: slice
    modulation: Estimate
    seen: bool
    width_mm: float
    across: str
    tilt_deg: float
    frequency: Place
    mean: float
    unevenness: float


def patterns(
    image: Counts, pixel_mm: Place, centre: Place, *, margin_mm: float, side_mm: float
) -> tuple[Pattern, ...]:
    """Measure the four quadrants about a centre, each in a square beside it.

    Parameters
    ----------
    margin_mm
        Distance of the squares from the lines on which the quadrants meet.
    side_mm
        Side of the squares.

    Raises
    ------
    UnsuitableAcquisitionError
        If a square leaves the image, or holds no counts.
    """
    found = []
    for quadrant in (1, 2, 3, 4):
        down, right = (-1 if quadrant <= 2 else 1), (-1 if quadrant % 2 else 1)
        spans = [
            _span(c, sign, margin_mm / p, side_mm / p)
            for c, sign, p in zip(centre, (down, right), pixel_mm, strict=True)
        ]
        for span, length in zip(spans, image.shape, strict=True):
            if span.start < 0 or span.stop > length or span.stop - span.start < 2 * PARTS:
                raise UnsuitableAcquisitionError(
                    f"quadrant {quadrant} of the bar phantom needs the pixels {span.start} to"
                    f" {span.stop - 1}, the image has 0 to {length - 1}",
                    quantity="region of a quadrant in pixels",
                    value=span.stop,
                    bound=length,
                )
        found.append(_pattern(image, quadrant, spans[0], spans[1], pixel_mm))
    return tuple(found)


def _pattern(image: Counts, quadrant: int, rows: slice, columns: slice, pixel_mm: Place) -> Pattern:
    part = np.asarray(image[rows, columns], dtype=np.float64)
    mean = float(part.mean())
    if not mean > 0.0:
        raise UnsuitableAcquisitionError(
            f"quadrant {quadrant} of the bar phantom has no counts",
            quantity="counts of a quadrant",
            value=mean,
            bound=0.0,
        )
    trend = np.maximum(_surface(part), 0.1 * mean)
    flat = part * (mean / trend)
    noise = float(np.mean(part * (mean / trend) ** 2))
    frequency, power, amplitude = _strongest(flat - mean, noise, pixel_mm)
    length = math.hypot(*frequency)
    minor, major = sorted(map(abs, frequency))
    return Pattern(
        quadrant=quadrant,
        rows=rows,
        columns=columns,
        modulation=_modulation(float(flat.var(ddof=1)) - noise, mean, part.size),
        seen=power >= LEAST_POWER and amplitude >= LEAST_AMPLITUDE * mean,
        width_mm=0.5 / length,
        across="x" if abs(frequency[1]) >= abs(frequency[0]) else "y",
        tilt_deg=math.degrees(math.atan2(minor, major)),
        frequency=frequency,
        mean=mean,
        unevenness=_unevenness(part, mean),
    )


def _modulation(variance: float, mean: float, pixels: int) -> Estimate:
    """Return ``sqrt(2 V) / m`` and its uncertainty, which stays finite where V is nothing."""
    positive = max(variance, 0.0)
    spread = math.sqrt((2.0 * (mean * mean + positive) + 4.0 * mean * positive) / pixels)
    square, uncertainty = 2.0 * positive / mean**2, 2.0 * spread / mean**2
    value = math.sqrt(square)
    return Estimate(value=value, uncertainty=math.sqrt(square + uncertainty) - value)


def _strongest(part: Floats, noise: float, pixel_mm: Place) -> tuple[Place, float, float]:
    """Return the strongest wave: frequency in 1/mm, power over that of the noise, amplitude."""
    window = np.outer(np.hanning(part.shape[0]), np.hanning(part.shape[1]))
    shown = part * window
    power = np.abs(np.fft.rfft2(shown)) ** 2
    fy = np.fft.fftfreq(part.shape[0], pixel_mm[0])
    fx = np.fft.rfftfreq(part.shape[1], pixel_mm[1])
    power[np.hypot(fy[:, None], fx) < 0.5 / WIDEST_BAR_MM] = 0.0
    row, column = np.unravel_index(int(power.argmax()), power.shape)
    frequency = (float(fy[row]), float(fx[column]))
    y, x = (np.arange(n) * p for n, p in zip(part.shape, pixel_mm, strict=True))
    reach = [1.0 / (n * p) for n, p in zip(part.shape, pixel_mm, strict=True)]
    highest = 0.0
    # Between the frequencies of the transform: twice a finer grid about the best.
    for _ in range(2):
        tried = [f + r * np.linspace(-1.0, 1.0, 17) for f, r in zip(frequency, reach, strict=True)]
        waves = [
            np.exp(-2j * math.pi * np.outer(f, place))
            for f, place in zip(tried, (y, x), strict=True)
        ]
        fine = np.abs(waves[0] @ shown @ waves[1].T) ** 2
        row, column = np.unravel_index(int(fine.argmax()), fine.shape)
        frequency = (float(tried[0][row]), float(tried[1][column]))
        highest = float(fine.max())
        reach = [r / 8.0 for r in reach]
    amplitude = 2.0 * math.sqrt(highest) / float(window.sum())
    return frequency, highest / (noise * float((window**2).sum())), amplitude


def _span(centre: float, sign: int, margin: float, side: float) -> slice:
    """Return the pixels from `margin` to `margin` + `side` beside a place."""
    inner, outer = centre + sign * margin, centre + sign * (margin + side)
    first = round(min(inner, outer) + 0.5)
    return slice(first, first + round(side))


def _surface(part: Floats) -> Floats:
    """Return the surface of second order through an image, by least squares."""
    y, x = (np.linspace(-1.0, 1.0, n) for n in part.shape)
    # Legendre polynomials of the two axes; on a grid they are orthogonal but for 1/n.
    basis = [np.stack([np.ones_like(t), t, 1.5 * t * t - 0.5]) for t in (y, x)]
    duals = [np.linalg.pinv(b) for b in basis]
    weights = duals[0].T @ part @ duals[1]
    weights[1:, 2] = weights[2, 1:] = 0.0
    return np.asarray(basis[0].T @ weights @ basis[1])


def _unevenness(part: Floats, mean: float) -> float:
    height, width = (n // PARTS for n in part.shape)
    blocks = part[: height * PARTS, : width * PARTS].reshape(PARTS, height, PARTS, width)
    return float(np.abs(blocks.mean(axis=(1, 3)) / mean - 1.0).max())
