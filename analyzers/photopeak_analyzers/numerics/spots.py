"""Small spots in a noisy image: where they are, how wide, and how many standard deviations strong.

The Laplacian of a Gaussian of width s answers to a spot of the same width. Scaled by ``-s**2`` the answer
of a Gaussian spot of the amplitude A is largest for s equal to its own sigma, and is A / 2 there; so the
scale at which an answer is largest tells the width, and twice the answer the amplitude. What still
grows at the widest scale is no small spot. The noise of an answer follows from the variance of the pixels
(independent ones) and the squares of the kernel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA

SMALLEST_SIGMA_PX = 0.8
"""Of a scale; a narrower Gaussian falls between the pixels."""

SHOULDER_FWHM, SHOULDER_SHARE = 1.6, 0.5
"""Within so many FWHM of a spot, noise on its shoulder makes tops of less than this share of it."""

NORMAL_PER_MEDIAN = 1.4826
"""Standard deviation of normal numbers over the median of their absolute values."""

AMPLITUDE_PER_ANSWER = 2.0
"""Of a Gaussian spot, at the scale of its own width."""

RING_MM = 24.0
"""From the middle of a dark spot, how far its ring is looked for."""

RING_SHARE = 0.5
"""Of a dark spot; what is weaker than that beside it belongs to its ring."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One spot that is brighter than its surroundings.

    Attributes
    ----------
    row, column
        Of the pixel in which it is strongest.
    at
        (row, column) of the top between the pixels.
    fwhm_mm
        As far as the scales tell it.
    amplitude, uncertainty
        Of a Gaussian spot of this width, in the unit of the image.
    z
        Amplitude over its standard uncertainty.
    small
        False when it is as wide as the widest scale, or wider.
    """

    row: int
    column: int
    at: tuple[float, float]
    fwhm_mm: float
    amplitude: float
    uncertainty: float
    z: float
    small: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """Answers of all scales, shape ``(scales, rows, columns)``, and their standard deviations."""

    sigmas_mm: tuple[float, ...]
    values: Floats
    noise: Floats

    @property
    def z(self) -> Floats:
        """Answers over their standard deviations; 0 where there is no noise."""
        return np.divide(
            self.values, self.noise, out=np.zeros_like(self.values), where=self.noise > 0.0
        )


def answers(
    image: Floats, variance: Floats, pixel_mm: float, sigmas_mm: Sequence[float]
) -> Answers:
    """Return what the scales answer to an image.

    Parameters
    ----------
    image
        Less whatever is large in it, 0 outside of what is looked at.
    variance
        Of each pixel; 0 outside.
    sigmas_mm
        Rising; those below 0.8 pixel are left out.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    kept = tuple(s for s in sigmas_mm if s >= SMALLEST_SIGMA_PX * pixel_mm)
    shape = (len(kept), *image.shape)
    values, noise = np.zeros(shape), np.zeros(shape)
    for index, sigma_mm in enumerate(kept):
        sigma = sigma_mm / pixel_mm
        values[index] = _answer(image, sigma)
        # The squares of the kernel fall off like a Gaussian of sigma over the root of 2.
        around = ndimage.gaussian_filter(variance, sigma / math.sqrt(2.0), mode="constant")
        noise[index] = np.sqrt(np.maximum(around, 0.0) * _sum_of_squares(sigma))
    return Answers(sigmas_mm=kept, values=values, noise=noise)


def bright_spots(
    found: Answers,
    mask: NDArray[np.bool_],
    pixel_mm: float,
    *,
    threshold: float,
    apart_mm: float,
    most: int,
) -> tuple[Spot, ...]:
    """Return the spots of a mask that stand out, the strongest first.

    Parameters
    ----------
    threshold
        Standard deviations above which a spot stands out.
    apart_mm
        Of two spots nearer than this, the stronger counts.
    most
        As many are returned at most.
    """
    from scipy import ndimage  # as above

    if not found.sigmas_mm:
        return ()
    z = found.z
    # Around a dark spot lies a ring of the other sign, an eighth as strong.
    reach = math.ceil(RING_MM / pixel_mm)
    darkest = ndimage.maximum_filter(-found.values.min(axis=0), size=2 * reach + 1)
    highest = ndimage.maximum_filter(found.values, size=3, mode="nearest")
    tops = (found.values == highest) & (z > threshold) & mask
    tops &= RING_SHARE * darkest < found.values
    scales, rows, columns = np.nonzero(tops)
    order = np.argsort(-z[scales, rows, columns], kind="stable")
    spots: list[Spot] = []
    for index in order:
        scale, row, column = int(scales[index]), int(rows[index]), int(columns[index])
        value = AMPLITUDE_PER_ANSWER * float(found.values[scale, row, column])
        if any(_belongs(row, column, value, spot, pixel_mm, apart_mm) for spot in spots):
            continue
        at, top = _between_pixels(found.values[scale], row, column)
        noise = float(found.noise[scale, row, column])
        spots.append(
            Spot(
                row=row,
                column=column,
                at=at,
                fwhm_mm=FWHM_PER_SIGMA * found.sigmas_mm[scale],
                amplitude=AMPLITUDE_PER_ANSWER * top,
                uncertainty=AMPLITUDE_PER_ANSWER * noise,
                z=top / noise,
                small=scale < len(found.sigmas_mm) - 1,
            )
        )
        if len(spots) == most:
            break
    return tuple(spots)


def _belongs(
    row: int, column: int, amplitude: float, other: Spot, pixel_mm: float, apart_mm: float
) -> bool:
    """Tell whether a top is another, stronger spot once more: near it, or weak on its shoulder."""
    distance = math.hypot(row - other.row, column - other.column) * pixel_mm
    on_shoulder = distance < SHOULDER_FWHM * other.fwhm_mm
    return distance < apart_mm or (on_shoulder and amplitude < SHOULDER_SHARE * other.amplitude)


def amid_structure(found: Answers, mask: NDArray[np.bool_]) -> Answers:
    """Return the same answers with at least the noise that they have in the mask as a whole.

    Where an image has more structure than counting makes, what is no more than that structure does
    not stand out. The spread is taken from the median, which some spots do not move.
    """
    noise = found.noise.copy()
    for index, z in enumerate(found.z):
        spread = NORMAL_PER_MEDIAN * float(np.median(np.abs(z[mask]))) if mask.any() else 1.0
        noise[index] *= max(spread, 1.0)
    return Answers(sigmas_mm=found.sigmas_mm, values=found.values, noise=noise)


def less_large(image: Floats, mask: NDArray[np.bool_], diameter_px: int) -> tuple[Floats, Floats]:
    """Return an image less its median over a disc, and that median; both 0 outside of the mask.

    What lies outside of the mask is replaced by the nearest pixel of it, so that its border is none
    of the image.
    """
    from scipy import ndimage  # as above

    nearest = ndimage.distance_transform_edt(~mask, return_distances=False, return_indices=True)
    filled = image[tuple(nearest)]
    half = max(diameter_px // 2, 1)
    steps = np.arange(-half, half + 1)
    disc = np.hypot(steps[:, None], steps) <= half + 0.5
    median = np.asarray(ndimage.median_filter(filled, footprint=disc, mode="nearest"))
    return (
        np.asarray(np.where(mask, image - median, 0.0)),
        np.asarray(np.where(mask, median, 0.0)),
    )


def _between_pixels(image: Floats, row: int, column: int) -> tuple[tuple[float, float], float]:
    """Return the top of the parabolas through a highest pixel and its neighbours, and its height."""
    at, height = [float(row), float(column)], float(image[row, column])
    middle = height
    for axis, (index, size) in enumerate(zip((row, column), image.shape, strict=True)):
        if not 0 < index < size - 1:
            continue
        line = image[:, column] if axis == 0 else image[row]
        before, after = float(line[index - 1]), float(line[index + 1])
        bend = before - 2.0 * middle + after
        if bend < 0.0:
            at[axis] += (before - after) / (2.0 * bend)
            height -= (after - before) ** 2 / (8.0 * bend)
    return (at[0], at[1]), height


def _answer(image: Floats, sigma: float) -> Floats:
    """Return the scaled Laplacian, which answers A / 2 to a spot of its own width."""
    from scipy import ndimage  # as above

    return np.asarray(-(sigma**2) * ndimage.gaussian_laplace(image, sigma, mode="constant"))


def _sum_of_squares(sigma: float) -> float:
    """Return the sum of the squares of the kernel, from what it makes of a single pixel."""
    half = math.ceil(4.0 * sigma) + 1
    single = np.zeros((2 * half + 1, 2 * half + 1))
    single[half, half] = 1.0
    return float((_answer(single, sigma) ** 2).sum())
