"""Which way sectors of rods point, and in which slices they are, by matching at all angles.

The sectors follow each other in the order of their diameters, either way round. Which way the first
one points, and how far from the axis the rows of each begin, is what fits best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.polar_match import ANGLES, PolarSlices, spots
from photopeak_analyzers.numerics.rod_lattice import PITCH_DIAMETERS, lattice, starts

Floats = NDArray[np.float64]

LEAST_SIGNIFICANCE = 6.0
"""Match of all sectors over the usual match of anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorMatch:
    """What fits best.

    Attributes
    ----------
    angles_deg
        Of the bisector of each sector, from x towards y.
    run
        Slices (first, beyond the last) in which the rods are seen.
    contrast
        Mean over those slices of what the rods of the clearest sector differ by, as a share of the mean.
    strength
        Sum of the squares of the matches of all sectors.
    """

    angles_deg: tuple[float, ...]
    run: tuple[int, int]
    contrast: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SectorPatterns:
    """What sectors of each diameter look like on circles, with the first bisector along x.

    `patterns` has one array for each diameter, of shape ``(beginnings of the rows, circles, angles)``.
    """

    patterns: tuple[Floats, ...]


def sector_patterns(
    polar: PolarSlices,
    diameters_mm: tuple[float, ...],
    inner: float,
    outer: float,
    *,
    pitch_diameters: float = PITCH_DIAMETERS,
) -> SectorPatterns:
    """Draw sectors of these diameters.

    Parameters
    ----------
    inner, outer
        Distances from the axis, in mm, between which whole rods are matched.
    """
    half = math.pi / len(diameters_mm)
    fan, y, x = _fan(polar, half)
    found = []
    for diameter in diameters_mm:
        patterns = []
        for start in starts(diameter, pitch_diameters).tolist():
            rods, _ = lattice(
                diameter,
                start,
                half=half,
                inner=inner,
                outer=outer,
                pitch_diameters=pitch_diameters,
            )
            pattern = np.zeros((polar.radius_mm.size, ANGLES))
            drawn = _drawn(polar.radius_mm, y, x, rods, diameter / 2.0)
            pattern[:, fan] = _less_its_mean(drawn, np.hypot(y, x), inner, outer)
            patterns.append(pattern)
        found.append(np.stack(patterns))
    return SectorPatterns(patterns=tuple(found))


def match_sectors(
    polar: PolarSlices, sectors: SectorPatterns, *, hot: bool = False
) -> SectorMatch | None:
    """Return how sectors lie; None where nothing looks like them.

    Parameters
    ----------
    hot
        Whether the rods hold more than what is between them.
    """
    sign, count = -1.0 if hot else 1.0, len(sectors.patterns)
    matches = [polar.match(patterns) for patterns in sectors.patterns]
    best_of = [sign * each.score for each in matches]
    contrasts = [sign * each.contrast for each in matches]
    turn = _best_turn([s.sum(axis=0).max(axis=0) for s in best_of])
    if turn is None:
        return None
    first, sense, strength = turn
    angles = [first + sense * ANGLES // count * k for k in range(count)]
    # Weighted by its own match: sectors that are not resolved add nothing but noise.
    profile = np.zeros(polar.spectrum.shape[0])
    chosen = []
    for score, contrast, angle in zip(best_of, contrasts, angles, strict=True):
        at = score[:, :, angle % ANGLES]
        start = int(at.sum(axis=0).argmax())
        profile += at[:, start] * max(float(at[:, start].sum()), 0.0)
        chosen.append(contrast[:, start, angle % ANGLES])
    run = _run(profile)
    if run[1] <= run[0]:
        return None
    return SectorMatch(
        angles_deg=tuple(360.0 / ANGLES * angle for angle in angles),
        run=(polar.first + run[0], polar.first + run[1]),
        contrast=max(float(each[run[0] : run[1]].mean()) for each in chosen),
        strength=strength,
    )


def _fan(polar: PolarSlices, half: float) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return which angles lie in a sector about x, and (y, x) in mm of their points."""
    y, x = polar.cartesian()
    angle = np.arctan2(y[-1], x[-1])
    fan = np.flatnonzero(np.abs(angle) < half)
    return fan, y[:, fan], x[:, fan]


def _drawn(circles_mm: Floats, y: Floats, x: Floats, rods: Floats, radius_mm: float) -> Floats:
    """Draw rods, each on the circles that it touches alone."""
    soft = float(circles_mm[1] - circles_mm[0])
    drawn = np.zeros_like(y)
    for rod in rods:
        away, reach = float(np.hypot(*rod)), radius_mm + soft
        first, last = np.searchsorted(circles_mm, [away - reach, away + reach])
        near = slice(int(first), int(last))
        one = spots(y[near], x[near], rod[None], np.array([radius_mm]), soft)
        np.maximum(drawn[near], one, out=drawn[near])
    return drawn


def _less_its_mean(drawn: Floats, distance: Floats, inner: float, outer: float) -> Floats:
    """Return a pattern less its mean between two radii, 0 outside of them."""
    where = (distance > inner) & (distance < outer)
    mean = np.average(drawn[where], weights=distance[where])
    return np.asarray(np.where(where, drawn - mean, 0.0), dtype=np.float64)


def _best_turn(scores: list[Floats]) -> tuple[int, int, float] | None:
    """Return angle of the first sector, sense of the others and strength; None without a match.

    `scores` are the best match of each diameter at each angle. What a sector adds to the likelihood
    is the square of its match.
    """
    step = ANGLES // len(scores)
    totals = np.stack(
        [
            sum(np.maximum(np.roll(s, -sense * step * k), 0.0) ** 2 for k, s in enumerate(scores))
            for sense in (1, -1)
        ]
    )
    sense, angle = np.unravel_index(int(totals.argmax()), totals.shape)
    usual = float(np.median(totals))
    spread = 1.4826 * float(np.median(np.abs(totals - usual)))
    if float(totals.max()) - usual <= LEAST_SIGNIFICANCE * spread:
        return None
    return int(angle), (1, -1)[int(sense)], float(totals.max())


def _run(profile: Floats) -> tuple[int, int]:
    """Return the longest run (first, beyond the last) above half of the high values of a profile."""
    smoothed = np.convolve(profile, np.full(3, 1.0 / 3.0), mode="same")
    above = np.concatenate(
        [[False], smoothed > 0.5 * float(np.percentile(smoothed, 90.0)), [False]]
    )
    edges = np.flatnonzero(np.diff(above))
    starts_at, stops = edges[::2], edges[1::2]
    if not starts_at.size:
        return (0, 0)
    longest = int((stops - starts_at).argmax())
    return int(starts_at[longest]), int(stops[longest])
