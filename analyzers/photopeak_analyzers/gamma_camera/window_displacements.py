"""Displacements between the images of a point in several windows, and what counting does to them.

A largest difference is no smooth function of what it is taken from: its uncertainty is the spread of
simulated repetitions, every centroid moved by its own uncertainty, and its floor the mean of what
windows that agree perfectly would give with the same counts. The repetitions start where the windows
are likely to lie, not where they were seen: what was seen is spread by counting once already, and
spread a second time one place would stand out that does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.gamma_camera.window_points import HeadPoints, PointImage
from photopeak_analyzers.numerics.counting import Estimate

Floats = NDArray[np.float64]

Pair = tuple[float, float]
"""Two photopeaks in keV, the higher one first: its position less that of the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Largest:
    """Largest displacement along X, along Y and along either, in mm.

    `floor` is the mean that counting alone gives along either axis.
    """

    x: Estimate
    y: Estimate
    either: Estimate
    floor: float


def pairs_of_all(lines_kev: Sequence[float]) -> tuple[Pair, ...]:
    """Return every pair of windows. NEMA NU 1-2007 2.5 (GB/T 18989-2013 E.5.4, (E.4))."""
    return tuple((high, low) for low, high in combinations(sorted(lines_kev), 2))


def pairs_with_lowest(lines_kev: Sequence[float]) -> tuple[Pair, ...]:
    """Return the pairs with the window of the lowest energy.

    IEC 60789 / GB/T 18989-2013 3.5.3.2.
    """
    ordered = sorted(lines_kev)
    return tuple((line, ordered[0]) for line in ordered[1:])


def positions(
    head: HeadPoints, of: Callable[[PointImage], tuple[float, float]]
) -> dict[float, Floats]:
    """Return (y, x) in mm by window, shape ``(places, 2)``; NaN where an image is missing."""
    return {
        line: np.array(
            [of(place[line]) if line in place else (np.nan, np.nan) for place in head.places]
        )
        for line in head.lines_kev
    }


def displacements(by_line: dict[float, Floats], pairs: Sequence[Pair]) -> Floats:
    """Return (y, x) in mm, shape ``(..., pairs, places, 2)``."""
    return np.stack([by_line[high] - by_line[low] for high, low in pairs], axis=-3)


def largest(head: HeadPoints, pairs: Sequence[Pair], *, draws: int, seed: int) -> Largest:
    """Return the largest displacement over all places and pairs.

    Parameters
    ----------
    pairs
        At least one; some place must have both images of one.
    draws, seed
        Repetitions that are simulated, and their seed.
    """
    places = positions(head, lambda image: image.position_mm)
    spread = positions(head, lambda image: image.uncertainty_mm)
    measured = _largest(displacements(places, pairs))
    rng = np.random.default_rng(seed)
    noise = {line: u * rng.standard_normal((draws, *u.shape)) for line, u in sorted(spread.items())}
    likely = _likely(places, spread)
    repeated = _largest(displacements({line: likely[line] + noise[line] for line in places}, pairs))
    chance = _largest(displacements(noise, pairs))
    y, x = (
        Estimate(value=float(measured[axis]), uncertainty=float(repeated[:, axis].std(ddof=1)))
        for axis in (0, 1)
    )
    either = Estimate(
        value=float(measured.max()), uncertainty=float(repeated.max(axis=1).std(ddof=1))
    )
    return Largest(x=x, y=y, either=either, floor=float(chance.max(axis=1).mean()))


def largest_net_mm(head: HeadPoints, pairs: Sequence[Pair]) -> float:
    """Return the largest displacement along either axis with the background taken off."""
    places = positions(head, lambda image: image.net_position_mm)
    return float(_largest(displacements(places, pairs)).max())


def _likely(places: dict[float, Floats], spread: dict[float, Floats]) -> dict[float, Floats]:
    """Return the places with the part of their differences taken back that counting explains.

    A window differs from the mean of the windows by a constant and by what varies from place to
    place; of the latter as much is kept as has the variance beyond that of counting.
    """
    seen = np.stack(list(places.values()))
    variance = np.stack([spread[line] for line in places]) ** 2
    windows = np.isfinite(seen).sum(axis=0)
    mean = np.nanmean(seen, axis=0)
    own = seen - mean
    constant = np.nanmean(own, axis=1, keepdims=True)
    varies = own - constant
    # Of the difference from a mean of n windows, of which this one is one.
    by_counting = variance * (1.0 - 2.0 / windows) + np.nansum(variance, axis=0) / windows**2
    count = np.isfinite(own).sum(axis=1, keepdims=True)
    expected = np.nanmean(by_counting, axis=1, keepdims=True) * (count - 1.0) / count
    found = np.nanmean(varies**2, axis=1, keepdims=True)
    kept = np.sqrt(np.clip(1.0 - expected / np.maximum(found, 1e-30), 0.0, 1.0))
    return dict(zip(places, mean + constant + kept * varies, strict=True))


def _largest(found: Floats) -> Floats:
    """Return the largest size along y and x, shape ``(..., 2)``."""
    return np.asarray(np.nanmax(np.abs(found), axis=(-3, -2)))
