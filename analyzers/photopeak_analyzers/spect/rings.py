"""Means of a slab in rings about the axis of a cylinder, and rings that stand out of their neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.spect.reconstruction import Floats

NEIGHBOURS = 2
"""Rings to both sides that a ring is compared with: the median of five."""

INNERMOST = 2
"""Rings nearer to the axis have too few pixels to be one; the centre is judged by itself."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rings:
    """Rings of one pixel each.

    Attributes
    ----------
    radius_mm, mean, pixels
        Mean radius, mean value and number of pixels.
    uncertainty
        Of the mean, from the noise of a pixel.
    """

    radius_mm: Floats
    mean: Floats
    pixels: Floats
    uncertainty: Floats

    def deviations(self) -> Floats:
        """Return each ring less the median of itself and up to two rings to each side.

        Towards both ends the median takes fewer rings, equally many to each side, so that a slope
        makes no deviation.
        """
        return deviations_of(self.mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstRing:
    """The ring that stands out most: deviation in percent of the mean, and in its uncertainty.

    `sigma` is None without noise.
    """

    index: int
    radius_mm: float
    percent: float
    sigma: float | None
    uncertainty_percent: float


def rings_of(
    image: Floats, distance_mm: Floats, radius_mm: float, width_mm: float, noise: float
) -> Rings:
    """Return the rings up to a radius.

    Parameters
    ----------
    image
        Values of a slab, shape ``(rows, columns)``.
    distance_mm
        Distance of each pixel from the axis.
    width_mm
        Of a ring; one pixel.
    noise
        Standard deviation of a pixel of `image`.
    """
    inside = distance_mm < radius_mm
    number = (distance_mm[inside] / width_mm).astype(np.intp)
    pixels = np.bincount(number).astype(np.float64)
    some = pixels > 0
    with_pixels = pixels[some]
    return Rings(
        radius_mm=np.bincount(number, distance_mm[inside])[some] / with_pixels,
        mean=np.bincount(number, image[inside])[some] / with_pixels,
        pixels=with_pixels,
        uncertainty=noise / np.sqrt(with_pixels),
    )


def deviations_of(values: Floats) -> Floats:
    """Return values less the median of their neighbourhood, along the last axis."""
    found = np.zeros_like(values)
    last = values.shape[-1] - 1
    for index in range(last + 1):
        reach = min(NEIGHBOURS, index, last - index)
        near = values[..., index - reach : index + reach + 1]
        found[..., index] = values[..., index] - np.median(near, axis=-1)
    return found


def worst_ring(rings: Rings, mean: float, rng: np.random.Generator, draws: int) -> WorstRing | None:
    """Return the ring with the largest deviation; None if there are too few rings.

    The uncertainty is the spread of the largest deviation when the means are drawn anew.
    """
    if rings.mean.size <= INNERMOST + 2 * NEIGHBOURS:
        return None
    deviations = rings.deviations()[INNERMOST:]
    index = int(np.abs(deviations).argmax())
    drawn = rng.normal(rings.mean, rings.uncertainty, (draws, rings.mean.size))
    largest = np.abs(deviations_of(drawn)[:, INNERMOST:]).max(axis=1)
    uncertainty = float(rings.uncertainty[INNERMOST + index])
    deviation = abs(float(deviations[index]))
    return WorstRing(
        index=INNERMOST + index,
        radius_mm=float(rings.radius_mm[INNERMOST + index]),
        percent=100.0 * deviation / mean,
        sigma=deviation / uncertainty if uncertainty > 0.0 else None,
        uncertainty_percent=100.0 * float(largest.std(ddof=1)) / mean,
    )
