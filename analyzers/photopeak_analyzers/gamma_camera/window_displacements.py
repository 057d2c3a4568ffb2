"""Displacements between the images of a point in several windows, and what counting does to them.

A largest difference is no smooth function of what it is taken from: its uncertainty is the spread of
simulated repetitions, every centroid moved by its own uncertainty, and its floor the mean of what
windows that agree perfectly would give with the same counts.
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
    repeated = _largest(displacements({line: places[line] + noise[line] for line in places}, pairs))
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


def _largest(found: Floats) -> Floats:
    """Return the largest size along y and x, shape ``(..., 2)``."""
    return np.asarray(np.nanmax(np.abs(found), axis=(-3, -2)))
