"""Where every rod of an insert is: axis, angle and scale fitted to its mean slice, and where rows begin.

The pose is that in which rods and the middles between two neighbours differ most, over all sectors
together: large rods, which are clearest, lead. It is looked for on a grid of axes and angles first,
and then refined, each time with the rows of each sector beginning where they fit best.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.numerics.polar_match import sampled
from photopeak_analyzers.numerics.rod_lattice import lattice, neighbours, starts, turned

Floats = NDArray[np.float64]

INNER_SHARE, OUTER_SHARE = 0.25, 0.88
"""Shares of the radius between which rods are judged: towards the axis and towards the wall makers
differ, and the wall is blurred into the outermost."""

LEAST_PAIRS = 3
"""Neighbouring rods of a sector; fewer tell no modulation."""

COARSE_STARTS, FINE_STARTS = 3, 12
"""Steps per diameter in which the beginning of the rows is looked for, at first and then."""

LARGEST_SHIFT_MM, LARGEST_TURN_DEG, LARGEST_SCALE = 5.0, 4.0, 0.03
"""How far an insert may lie from what the outline and the match of whole degrees say."""

SHIFTS = (-0.6, -0.3, 0.0, 0.3, 0.6)
TURNS = (-0.5, -0.25, 0.0, 0.25, 0.5)
"""Of the grid, as shares of the largest ones."""

SIMPLEX_SIZES = (0.15, 0.1, 0.05)
"""Of the fits that follow each other, each with the rows as the one before made them begin."""

FIT_STEPS = 150
"""Poses that each fit looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rods:
    """What the phantom is: diameters in the order of the sectors, pitch in diameters."""

    diameters_mm: tuple[float, ...]
    pitch_diameters: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Rods as they were matched: the angle of each sector, and whether they are hot."""

    rods: Rods
    angles_deg: tuple[float, ...]
    hot: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Axis (row, column) of an insert, how far it is turned from the match, and its scale."""

    centre: tuple[float, float]
    turn_deg: float
    scale: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sector:
    """Rods of one diameter.

    Attributes
    ----------
    rods, valleys
        (row, column) of the rods, and of the middles between the two rods of each pair.
    pairs
        Numbers of the two rods of each pair.
    rows
        Distance of each rod along the bisector, in mm: rods of a row share it.
    """

    diameter_mm: float
    angle_deg: float
    rods: Floats
    valleys: Floats
    pairs: NDArray[np.intp]
    rows: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidate:
    """A sector whose rows begin at one distance: rods and valleys as (y, x) in mm about the axis."""

    diameter_mm: float
    angle_deg: float
    rods: Floats
    valleys: Floats
    pairs: NDArray[np.intp]
    rows: Floats


def fitted(
    image: Floats, pixel_mm: tuple[float, float], phantom: Cylinder, layout: Layout
) -> tuple[Pose, list[Sector]]:
    """Return the pose that tells rods from the places between them best, and the sectors in it."""
    from scipy import optimize  # not at import: the catalogue of tests is read without it

    sign = 1.0 if layout.hot else -1.0

    def pose_of(steps: Floats) -> Pose:
        dy, dx, turn, scale = np.clip(steps, -1.0, 1.0).tolist()
        return Pose(
            centre=(
                phantom.centre[0] + LARGEST_SHIFT_MM * dy / pixel_mm[0],
                phantom.centre[1] + LARGEST_SHIFT_MM * dx / pixel_mm[1],
            ),
            turn_deg=LARGEST_TURN_DEG * turn,
            scale=1.0 + LARGEST_SCALE * scale,
        )

    def differences(table: _Table, steps: Floats) -> Floats:
        at = _placed(table.places, pose_of(steps), pixel_mm)
        return sign * table.differences(sampled(image, at[:, 0], at[:, 1]))

    coarse = _Table(_candidates(phantom, layout, COARSE_STARTS))
    if not coarse.candidates:
        return pose_of(np.zeros(4)), []
    grid = [np.array([*point, 0.0]) for point in itertools.product(SHIFTS, SHIFTS, TURNS)]
    steps = max(grid, key=lambda point: coarse.best(differences(coarse, point))[0])
    table = coarse
    fine = _Table(_candidates(phantom, layout, FINE_STARTS))
    for size in SIMPLEX_SIZES:
        _, chosen = table.best(differences(table, steps))
        alone = _Table([table.candidates[i] for i in chosen])
        found = optimize.minimize(
            lambda x, alone=alone: -float(differences(alone, x).sum()),
            steps,
            method="Nelder-Mead",
            options={
                "maxfev": FIT_STEPS,
                "initial_simplex": np.vstack([steps, steps + size * np.eye(4)]),
                "xatol": 1e-3,
                "fatol": 0.0,
            },
        )
        steps, table = np.clip(found.x, -1.0, 1.0), fine
    pose = pose_of(steps)
    _, chosen = fine.best(differences(fine, steps))
    return pose, [_sector(fine.candidates[i], pose, pixel_mm) for i in chosen]


class _Table:
    """Candidates with all their places in one array, so that an image is sampled once for all."""

    def __init__(self, candidates: list[_Candidate]) -> None:
        self.candidates = candidates
        parts = [part for c in candidates for part in (c.rods, c.valleys)]
        self.places = np.concatenate(parts) if parts else np.zeros((0, 2))
        counts = np.array([len(part) for part in parts], dtype=np.intp)
        self._counts = counts
        self._begin = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)
        self._diameters = np.array([c.diameter_mm for c in candidates])

    def differences(self, values: Floats) -> Floats:
        """Return mean of the rods less mean of the valleys of each candidate."""
        means = np.add.reduceat(values, self._begin) / self._counts
        return np.asarray(means[::2] - means[1::2])

    def best(self, differences: Floats) -> tuple[float, list[int]]:
        """Return the sum over the diameters of the largest difference, and which ones they are."""
        chosen = []
        for diameter in dict.fromkeys(self._diameters.tolist()):
            own = np.flatnonzero(self._diameters == diameter)
            chosen.append(int(own[differences[own].argmax()]))
        return float(differences[chosen].sum()), chosen


def _candidates(phantom: Cylinder, layout: Layout, per_diameter: int) -> list[_Candidate]:
    """Return every sector with every beginning of its rows that leaves enough pairs."""
    rods_of, found = layout.rods, []
    half = math.pi / len(rods_of.diameters_mm)
    for diameter, angle in zip(rods_of.diameters_mm, layout.angles_deg, strict=True):
        for start in starts(diameter, rods_of.pitch_diameters, per_diameter).tolist():
            rods, _ = lattice(
                diameter,
                start,
                half=half,
                inner=INNER_SHARE * phantom.radius_mm,
                outer=OUTER_SHARE * phantom.radius_mm,
                pitch_diameters=rods_of.pitch_diameters,
            )
            pairs = neighbours(rods, rods_of.pitch_diameters * diameter)
            if len(pairs) < LEAST_PAIRS:
                continue
            found.append(
                _Candidate(
                    diameter_mm=diameter,
                    angle_deg=angle,
                    rods=turned(rods, math.radians(angle)),
                    valleys=turned(rods[pairs].mean(axis=1), math.radians(angle)),
                    pairs=pairs,
                    rows=rods[:, 1],
                )
            )
    return found


def _placed(places: Floats, pose: Pose, pixel_mm: tuple[float, float]) -> Floats:
    """Return (row, column) of places about the axis in mm."""
    there = pose.scale * turned(places, math.radians(pose.turn_deg))
    return np.asarray(there / pixel_mm + pose.centre)


def _sector(candidate: _Candidate, pose: Pose, pixel_mm: tuple[float, float]) -> Sector:
    return Sector(
        diameter_mm=candidate.diameter_mm,
        angle_deg=(candidate.angle_deg + pose.turn_deg) % 360.0,
        rods=_placed(candidate.rods, pose, pixel_mm),
        valleys=_placed(candidate.valleys, pose, pixel_mm),
        pairs=candidate.pairs,
        rows=candidate.rows,
    )
