"""The course of bars in an image: where each one runs, and how far it leaves a straight line.

A bar is followed in strips across it. In a strip its place is the phase of the wave of its pattern
within one period to both sides, weighted by a Hann window: the middle between the two edges of the
bar, which a blur does not move. A straight line is fitted to each bar by least squares; what is
left is its deviation. A mask that lies askew, or a wrong pixel size, bends no bar and adds nothing.

For a pattern of modulation M on m counts per pixel the phase in a window w has the variance
``2 sum(w**2) / (m M**2 sum(w)**2)``, which is the uncertainty of a place by ``1 / (2 pi f)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.bar_patterns import Pattern, Place

LEAST_STRIPS = 4
"""Places of a bar, of which a straight line takes two."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traces:
    """The bars of one quadrant.

    Attributes
    ----------
    pattern
        What they belong to.
    across, along
        Places in pixels of the image: across the bars, shape ``(bars, strips)``, and along them.
    residuals_mm
        Deviation from the straight line of each bar, shape ``(bars, strips)``.
    uncertainty_mm
        Of a place, from counting.
    """

    pattern: Pattern
    across: Floats
    along: Floats
    residuals_mm: Floats
    uncertainty_mm: float


def trace(image: Counts, pattern: Pattern, pixel_mm: Place, strip_mm: float) -> Traces:
    """Follow every bar of a quadrant.

    Parameters
    ----------
    strip_mm
        Height of a strip, along the bars.

    Raises
    ------
    UnsuitableAcquisitionError
        If the region holds fewer than four strips or no whole bar.
    """
    rows, columns = pattern.rows, pattern.columns
    part = np.asarray(image[rows, columns], dtype=np.float64)
    (along_mm, across_mm), (slow, fast) = pixel_mm, pattern.frequency
    origin = (rows.start, columns.start)
    if pattern.across == "y":
        part, origin = part.T, (origin[1], origin[0])
        (along_mm, across_mm), (slow, fast) = (across_mm, along_mm), (fast, slow)
    if fast < 0.0:
        slow, fast = -slow, -fast
    height = max(1, round(strip_mm / along_mm))
    count = part.shape[0] // height
    reach = math.floor(1.0 / fast / across_mm)
    middles = _bars(part.shape[1], reach, fast * across_mm)
    if count < LEAST_STRIPS or not middles.size:
        raise UnsuitableAcquisitionError(
            f"quadrant {pattern.quadrant} holds {count} strips of {height} rows and"
            f" {middles.size} whole bars, needs {LEAST_STRIPS} and 1",
            quantity="strips of a quadrant",
            value=count,
            bound=LEAST_STRIPS,
        )
    top = (part.shape[0] - count * height) // 2
    strips = part[top : top + count * height].reshape(count, height, -1)
    # The tilt of the wave within a strip is taken out row by row.
    offsets = (np.arange(height) - (height - 1) / 2.0) * along_mm
    turned = np.einsum("shc,h->sc", strips, np.exp(-2j * math.pi * slow * offsets))
    places = top + height * np.arange(count) + (height - 1) / 2.0
    phases, window = _phases(turned, middles, reach, fast * across_mm)
    shift = -np.unwrap(phases, axis=1) / (2.0 * math.pi * fast)
    positions = middles[:, None] + (shift - shift.mean(axis=1, keepdims=True)) / across_mm
    depth = max(pattern.modulation.value, 1e-9)
    spread = 2.0 * float((window**2).sum()) / float(window.sum()) ** 2 / height
    phase_sd = math.sqrt(spread / pattern.mean) / depth
    return Traces(
        pattern=pattern,
        across=positions + origin[1],
        along=places + origin[0],
        residuals_mm=off_lines(shift),
        uncertainty_mm=phase_sd / (2.0 * math.pi * fast),
    )


def off_lines(places: Floats) -> Floats:
    """Return how far each row leaves the straight line through it, by least squares."""
    t = np.arange(places.shape[1]) - (places.shape[1] - 1) / 2.0
    slope = places @ t / float(t @ t)
    return np.asarray(places - places.mean(axis=1, keepdims=True) - slope[:, None] * t)


def _bars(size: int, reach: int, frequency: float) -> Floats:
    """Return columns one period apart whose windows lie inside, symmetric about the middle."""
    period = 1.0 / frequency
    half = (size - 1) / 2.0
    bars = math.floor((half - reach - 1.0) / period)
    if bars < 0:
        return np.zeros(0)
    return np.asarray(half + period * np.arange(-bars, bars + 1))


def _phases(
    strips: NDArray[np.complex128], middles: Floats, reach: int, frequency: float
) -> tuple[Floats, Floats]:
    """Return the phase of the wave at each bar in each strip, and the window it was taken with."""
    offsets = np.arange(-reach, reach + 1)
    found = np.empty((middles.size, strips.shape[0]))
    window = 0.5 + 0.5 * np.cos(math.pi * offsets * frequency)
    for bar, middle in enumerate(middles):
        near = round(float(middle))
        distance = near + offsets - middle
        weights = np.maximum(0.5 + 0.5 * np.cos(math.pi * distance * frequency), 0.0)
        cut = strips[:, near - reach : near + reach + 1]
        level = (cut * weights).sum(axis=1, keepdims=True) / weights.sum()
        wave = weights * np.exp(-2j * math.pi * frequency * distance)
        found[bar] = np.angle(((cut - level) * wave).sum(axis=1))
    return found, window
