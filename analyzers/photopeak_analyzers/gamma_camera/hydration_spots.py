"""Asymmetry between the two halves of a photopeak, and the small spots in it: arrays alone.

``a = (L - H) / (L + H)`` with both floods divided by their means over the CFOV. Where the crystal gives
less light, the photopeak moves down: more counts below, fewer above, and a is positive. What a tube or
the correction maps do has the size of a tube; hydration has 3 to 15 mm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.smoothing import NOISE_FACTOR, smooth
from photopeak_analyzers.numerics.spots import (
    Answers,
    Spot,
    amid_structure,
    answers,
    bright_spots,
    less_large,
)

SIGMAS_MM = (1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0)
"""Widths of the spots looked for; the last but one is 15 mm FWHM, the last tells what is wider."""

MEDIAN_MM = 40.0
"""Diameter over which a median is what a tube makes: spots are smaller, tubes have 50 to 75 mm."""

SAME_PLACE_MM = 3.0
"""Within which a spot stands in both floods."""

SEEN_SIGMA = 2.0
"""Standard deviations of a spot in each flood, if it is one in their asymmetry."""

APART_MM = 6.0
"""Between two spots."""

MOST_SPOTS = 200
"""As many are told apart; a crystal with more is beyond counting."""

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class HydrationSpot:
    """A spot of the asymmetry with what both floods show there, in percent of their surroundings."""

    spot: Spot
    low_percent: float
    high_percent: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asymmetry:
    """What the two floods of a head say.

    Attributes
    ----------
    image
        a in every pixel, 0 outside of the field.
    low, high
        Both floods less what is large in them, relative to their means.
    spots
        Hot below the photopeak and cold above it: of less light.
    reversed_spots
        The other way round.
    common
        Hot in both, as contamination is, and cold in both, as an absorber is.
    wide
        Of the signs of hydration, but as wide as a tube.
    rms, rms_uncertainty
        Of the structure in a, what counting makes taken off.
    largest
        Largest absolute value of a, smoothed once with nine points.
    large_rms
        Of the medians of a: what has the size of a tube.
    noise_ratio
        Variance between neighbouring pixels of a, over that of counting.
    """

    image: Floats
    low: Floats
    high: Floats
    spots: tuple[HydrationSpot, ...]
    reversed_spots: tuple[HydrationSpot, ...]
    common: tuple[Spot, ...]
    wide: int
    rms: float
    rms_uncertainty: float
    largest: float
    large_rms: float
    noise_ratio: float


def asymmetry(
    counts: NDArray[np.generic], ufov: Mask, cfov: Mask, pixel_mm: float, *, threshold: float
) -> Asymmetry:
    """Return the asymmetry of two floods and the spots in it.

    Parameters
    ----------
    counts
        Below and above the photopeak, shape ``(2, rows, columns)``.
    threshold
        Standard deviations above which a spot stands out.

    Raises
    ------
    UnsuitableAcquisitionError
        If the field holds pixels without counts.
    """
    low, high = np.asarray(counts, dtype=np.float64)
    if not (ufov & cfov).any() or min(low[ufov].min(), high[ufov].min()) <= 0.0:
        raise UnsuitableAcquisitionError(
            "the field holds pixels without counts, needs a flood",
            quantity="counts per pixel",
            value=0.0,
            bound=1.0,
        )
    inside = np.where(ufov, 1.0, 0.0)
    safe_low, safe_high = np.where(ufov, low, 1.0), np.where(ufov, high, 1.0)
    relative_low = safe_low / low[cfov].mean()
    relative_high = safe_high / high[cfov].mean()
    both = relative_low + relative_high
    image = inside * (relative_low - relative_high) / both
    # With l = L / <L>: da = 2 (h dl - l dh) / (l + h)^2, dl / l = 1 / sqrt(L).
    variance = (
        inside
        * (2.0 * relative_low * relative_high / both**2) ** 2
        * (1.0 / safe_low + 1.0 / safe_high)
    )
    diameter = round(MEDIAN_MM / pixel_mm)
    small, large = less_large(image, ufov, diameter)
    small_low, _ = less_large(relative_low, ufov, diameter)
    small_high, _ = less_large(relative_high, ufov, diameter)
    of_low, of_high, seen = (
        amid_structure(answers(part, noise_of, pixel_mm, SIGMAS_MM), ufov)
        for part, noise_of in (
            (small_low, inside * relative_low**2 / safe_low),
            (small_high, inside * relative_high**2 / safe_high),
            (small, variance),
        )
    )
    found, wide = _hydration(seen, of_low, of_high, ufov, pixel_mm, threshold)
    turned, _ = _hydration(_negative(seen), of_high, of_low, ufov, pixel_mm, threshold)
    noise = float(variance[ufov].mean())
    values = image[ufov]
    structure = float(values.var()) - noise
    return Asymmetry(
        image=image,
        low=small_low,
        high=small_high,
        spots=found,
        # There the first flood of each is the upper one.
        reversed_spots=tuple(
            HydrationSpot(spot=s.spot, low_percent=s.high_percent, high_percent=s.low_percent)
            for s in turned
        ),
        common=_common(of_low, of_high, ufov, pixel_mm, threshold),
        wide=wide,
        rms=float(np.sqrt(max(structure, 0.0))),
        rms_uncertainty=_of_rms(structure, noise, values.size),
        largest=float(np.abs(smooth(image, ufov)[ufov]).max()),
        large_rms=float(np.sqrt(large[ufov].var())),
        noise_ratio=_noise_ratio(image, variance, ufov),
    )


def _noise_ratio(image: Floats, variance: Floats, mask: Mask) -> float:
    """Return the variance between neighbours in a row over what their own noise makes.

    1 for independent pixels; 0 for two floods that are one, less than 1 for smoothed ones.
    """
    both = mask[:, 1:] & mask[:, :-1]
    found = float(((image[:, 1:] - image[:, :-1])[both] ** 2).sum())
    expected = float((variance[:, 1:] + variance[:, :-1])[both].sum())
    return found / expected if expected > 0.0 else 0.0


def largest_by_noise(counts: NDArray[np.generic], ufov: Mask) -> float:
    """Return what counting alone makes of the largest smoothed asymmetry, about."""
    low, high = (float(np.asarray(each, dtype=np.float64)[ufov].mean()) for each in counts)
    spread = NOISE_FACTOR * 0.5 * math.sqrt(1.0 / low + 1.0 / high)
    # The largest of n normal numbers lies near sqrt(2 ln n), of 2 n signs taken together.
    return spread * math.sqrt(2.0 * math.log(2.0 * float(ufov.sum())))


def _hydration(
    seen: Answers, hot: Answers, cold: Answers, mask: Mask, pixel_mm: float, threshold: float
) -> tuple[tuple[HydrationSpot, ...], int]:
    """Return the small spots that are hot in one flood and cold in the other, and how many are wide."""
    found, wide = [], 0
    for spot in bright_spots(
        seen, mask, pixel_mm, threshold=threshold, apart_mm=APART_MM, most=MOST_SPOTS
    ):
        if not spot.small:
            wide += 1
            continue
        scale = _scale(seen, spot)
        near = _near(spot, mask.shape, pixel_mm)
        if hot.z[scale][near].max() < SEEN_SIGMA or cold.z[scale][near].min() > -SEEN_SIGMA:
            continue
        found.append(
            HydrationSpot(
                spot=spot,
                low_percent=200.0 * float(hot.values[scale][near].max()),
                high_percent=200.0 * float(cold.values[scale][near].min()),
            )
        )
    return tuple(found), wide


def _common(
    low: Answers, high: Answers, mask: Mask, pixel_mm: float, threshold: float
) -> tuple[Spot, ...]:
    """Return the small spots of the same sign in both floods."""
    found = []
    for sign in (1.0, -1.0):
        together = amid_structure(
            Answers(
                sigmas_mm=low.sigmas_mm,
                values=sign * (low.values + high.values) / 2.0,
                noise=np.hypot(low.noise, high.noise) / 2.0,
            ),
            mask,
        )
        for spot in bright_spots(
            together, mask, pixel_mm, threshold=threshold, apart_mm=APART_MM, most=MOST_SPOTS
        ):
            near = _near(spot, mask.shape, pixel_mm)
            scale = _scale(together, spot)
            if spot.small and all(
                (sign * each.z[scale][near]).max() > SEEN_SIGMA for each in (low, high)
            ):
                found.append(spot)
    return tuple(found)


def _negative(found: Answers) -> Answers:
    return Answers(sigmas_mm=found.sigmas_mm, values=-found.values, noise=found.noise)


def _scale(found: Answers, spot: Spot) -> int:
    strongest = found.values[:, spot.row, spot.column]
    return int(np.abs(strongest).argmax())


def _near(spot: Spot, shape: tuple[int, ...], pixel_mm: float) -> tuple[slice, slice]:
    reach = max(round(SAME_PLACE_MM / pixel_mm), 1)
    return (
        slice(max(spot.row - reach, 0), min(spot.row + reach + 1, shape[0])),
        slice(max(spot.column - reach, 0), min(spot.column + reach + 1, shape[1])),
    )


def _of_rms(structure: float, noise: float, pixels: int) -> float:
    """Return the uncertainty of the root of a variance of which the noise was taken off."""
    of_variance = float(np.sqrt(2.0 / pixels)) * (max(structure, 0.0) + noise)
    # Near zero the root of the uncertainty is what could hide there.
    return of_variance / float(2.0 * np.sqrt(max(structure, of_variance)))
