"""Matching patterns of cold or hot spots with the slices of a cylinder, at all angles at once.

Slices are resampled on circles about the axis. There a pattern that is turned is one that is
shifted, and a correlation over all angles costs one Fourier transform. What a circle has in
common on all sides (cupping, rings, the wall) is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ANGLES = 360
"""Points on a circle: one for each degree."""

CIRCLES_PER_PIXEL = 1.5

SLICES_AT_ONCE = 32
"""Larger products are spread over threads, which costs more than it gains."""

LEAST_ENERGY = 1e-9
"""Of a pattern: one that lies outside of all circles matches nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PolarSlices:
    """What lacks in each slice relative to its mean, on circles about the axis.

    Attributes
    ----------
    first
        Number of the first slice.
    radius_mm
        Of each circle.
    spectrum
        Fourier transform over the angle, shape ``(slices, circles, frequencies)``.
    """

    first: int
    radius_mm: Floats
    spectrum: NDArray[np.complex128]

    def cartesian(self) -> tuple[Floats, Floats]:
        """Return (y, x) in mm of the points, each of shape ``(circles, angles)``."""
        angle = np.arange(ANGLES) * (2.0 * math.pi / ANGLES)
        return self.radius_mm[:, None] * np.sin(angle), self.radius_mm[:, None] * np.cos(angle)

    def without(self, begin: float, end: float) -> PolarSlices:
        """Return the same with nothing lacking in the slices from `begin` to `end`."""
        number = self.first + np.arange(self.spectrum.shape[0])
        spectrum = np.where(
            ((number >= begin) & (number <= end))[:, None, None], 0.0, self.spectrum
        )
        return PolarSlices(first=self.first, radius_mm=self.radius_mm, spectrum=spectrum)

    def match(self, patterns: Floats) -> Matches:
        """Correlate every slice with patterns, shape ``(patterns, circles, angles)``, at all angles."""
        weighted = patterns - patterns.mean(axis=-1, keepdims=True)
        energy = (weighted**2 * self.radius_mm[:, None]).sum(axis=(1, 2))
        weighted *= self.radius_mm[:, None]
        transformed = np.conj(np.fft.rfft(weighted, axis=-1))
        slices, spectra = self.spectrum.transpose(2, 0, 1), transformed.transpose(2, 1, 0)
        product = np.concatenate(
            [
                slices[:, first : first + SLICES_AT_ONCE] @ spectra
                for first in range(0, slices.shape[1], SLICES_AT_ONCE)
            ],
            axis=1,
        )
        correlation = np.fft.irfft(product, n=ANGLES, axis=0).transpose(1, 2, 0)
        return Matches(correlation=correlation, energy=energy)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matches:
    """Correlation by slice, pattern and angle in degrees, and the energy of each pattern."""

    correlation: Floats
    energy: Floats

    @property
    def contrast(self) -> Floats:
        """What lacks where the pattern is 1, as a share of the mean."""
        return self.correlation / np.maximum(self.energy, LEAST_ENERGY)[:, None]

    @property
    def score(self) -> Floats:
        """Correlation with the pattern brought to unit energy: its noise is that of all patterns."""
        return self.correlation / np.sqrt(np.maximum(self.energy, LEAST_ENERGY))[:, None]


def polar_slices(
    values: Floats,
    slices: tuple[int, int],
    centre: tuple[float, float],
    pixel_mm: tuple[float, float],
    radius_mm: float,
) -> PolarSlices:
    """Resample the slices (first, beyond the last) of a volume up to a radius."""
    radii, rows, columns = _circles(centre, pixel_mm, radius_mm)
    return _polar(sampled(values[slices[0] : slices[1]], rows, columns), slices[0], radii)


def polar_of_each(
    slice_of: Callable[[int], Floats],
    slices: tuple[int, int],
    centre: tuple[float, float],
    pixel_mm: tuple[float, float],
    radius_mm: float,
) -> PolarSlices:
    """Resample slices (first, beyond the last) up to a radius, asking for one at a time."""
    radii, rows, columns = _circles(centre, pixel_mm, radius_mm)
    image = np.stack([sampled(slice_of(number), rows, columns) for number in range(*slices)])
    return _polar(image, slices[0], radii)


def _circles(
    centre: tuple[float, float], pixel_mm: tuple[float, float], radius_mm: float
) -> tuple[Floats, Floats, Floats]:
    """Return radii in mm, and rows and columns of the points on their circles."""
    step = math.sqrt(pixel_mm[0] * pixel_mm[1]) / CIRCLES_PER_PIXEL
    radii = np.arange(step, radius_mm, step)
    angle = np.arange(ANGLES) * (2.0 * math.pi / ANGLES)
    rows = centre[0] + radii[:, None] * np.sin(angle) / pixel_mm[0]
    columns = centre[1] + radii[:, None] * np.cos(angle) / pixel_mm[1]
    return radii, rows, columns


def _polar(image: Floats, first: int, radii: Floats) -> PolarSlices:
    mean = np.average(image.mean(axis=-1), axis=-1, weights=radii)
    lacking = 1.0 - image / np.maximum(mean, 1e-9 * float(mean.max()))[:, None, None]
    lacking -= lacking.mean(axis=-1, keepdims=True)
    return PolarSlices(first=first, radius_mm=radii, spectrum=np.fft.rfft(lacking, axis=-1))


def sampled(images: Floats, rows: Floats, columns: Floats) -> Floats:
    """Return images, shape ``(..., rows, columns)``, at points between pixels, linearly."""
    last_row, last_column = images.shape[-2] - 2, images.shape[-1] - 2
    top = np.clip(np.floor(rows).astype(np.intp), 0, last_row)
    left = np.clip(np.floor(columns).astype(np.intp), 0, last_column)
    down = np.clip(rows - top, 0.0, 1.0)
    right = np.clip(columns - left, 0.0, 1.0)
    found = images[..., top, left] * ((1.0 - down) * (1.0 - right))
    found += images[..., top, left + 1] * ((1.0 - down) * right)
    found += images[..., top + 1, left] * (down * (1.0 - right))
    found += images[..., top + 1, left + 1] * (down * right)
    return found


def spots(
    y: Floats,
    x: Floats,
    centres: NDArray[np.float64],
    radius_mm: NDArray[np.float64],
    soft_mm: float,
) -> Floats:
    """Return 1 inside discs about centres, shape ``(n, 2)`` as (y, x), 0 outside, soft at the rim."""
    found = np.zeros_like(y)
    for (row, column), radius in zip(centres, radius_mm, strict=True):
        distance = np.hypot(y - row, x - column)
        np.maximum(found, np.clip((radius - distance) / soft_mm + 0.5, 0.0, 1.0), out=found)
    return found
