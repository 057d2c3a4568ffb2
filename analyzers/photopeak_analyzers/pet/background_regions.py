"""Twelve circles in the background of the body phantom, clear of its edge and of what is in it.

In every direction from the lung insert the outermost place is taken that keeps the distance from the
contour, the spheres and the insert; along these places twelve are spread as evenly as it goes. No
circle comes nearer than 15 mm to edge or sphere: the JJF draft prints "must not exceed 15 mm", which
turns the sense round. NEMA NU 2-2018 7.4.1; JJF draft 7.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.pet.body_phantom import BodyPhantom, Floats
from photopeak_analyzers.pet.sphere_pattern import Spheres

REGIONS = 12
"""In one slice. NEMA NU 2-2018 7.4.1; JJF draft 7.3."""

PLANES_MM = (-20.0, -10.0, 0.0, 10.0, 20.0)
"""Slices of the background, from that of the spheres. NEMA NU 2-2018 7.4.1; JJF draft 7.3."""

CLEAR_MM = 15.0
"""From a circle to the edge of the phantom and to any sphere. NEMA NU 2-2018 7.4.1; JJF draft 7.3."""

LUNG_RADIUS_MM = 25.0
"""Outside of the lung insert, 50 mm +- 2 mm across. JJF draft, Annex B."""

DIRECTIONS = 240
"""In which a place is looked for: 2 mm apart and less."""

HALVINGS = 14
"""Of the interval in which the largest spacing is sought: to 0.01 mm."""

LEAST_SPACING_MM = 18.5
"""Distance of two circles at which half of one of them lies in the other's diameter."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BackgroundPlaces:
    """Centres of the circles, (row, column) in mm, and the smallest distance of two of them."""

    centres_mm: Floats
    spacing_mm: float


def place_background(body: BodyPhantom, spheres: Spheres, diameter_mm: float) -> BackgroundPlaces:
    """Return twelve places for circles of a diameter.

    Raises
    ------
    UnsuitableAcquisitionError
        If there is no room for twelve.
    """
    places = _outermost(body, spheres, diameter_mm / 2.0)
    count = len(places)
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    low, high, best = 0.0, float(apart.max()) if count else 0.0, None
    if count >= REGIONS:
        ahead = apart[
            np.arange(count)[:, None], (np.arange(count)[:, None] + np.arange(1, count)) % count
        ]
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            tried = _spread(ahead, apart, middle)
            low, high, best = (low, middle, best) if tried is None else (middle, high, tried)
    if best is None or low < LEAST_SPACING_MM:
        raise UnsuitableAcquisitionError(
            f"twelve circles of {diameter_mm:g} mm that keep {CLEAR_MM:g} mm from edge and spheres"
            f" would lie {low:.0f} mm apart, needs {LEAST_SPACING_MM:g} mm: there is no room for them",
            quantity="distance of background regions",
            value=low,
            bound=LEAST_SPACING_MM,
        )
    chosen = apart[np.ix_(best, best)] + np.diag(np.full(REGIONS, np.inf))
    return BackgroundPlaces(centres_mm=places[best], spacing_mm=float(chosen.min()))


def _outermost(body: BodyPhantom, spheres: Spheres, radius_mm: float) -> Floats:
    """Return in each direction the outermost place that keeps clear; a direction may have none."""
    centre = body.lung_at(spheres.position_mm)
    angles = np.arange(DIRECTIONS) * 2.0 * math.pi / DIRECTIONS
    turned = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    # The same places serve all slices, in which a tilted phantom lies otherwise: the ends decide.
    reach = np.min(
        [
            body.reach_mm(centre, turned, radius_mm + CLEAR_MM, spheres.position_mm + away)
            for away in (min(PLANES_MM), max(PLANES_MM))
        ],
        axis=0,
    )
    towards = (spheres.centres_mm[:, 1:] - centre) @ turned.T
    beside = np.square(spheres.centres_mm[:, 1:] - centre).sum(axis=1)[:, None] - towards**2
    kept = radius_mm + CLEAR_MM + np.array(spheres.diameters_mm)[:, None] / 2.0
    half = np.sqrt(np.maximum(kept**2 - beside, 0.0))
    # A place within reach of a sphere moves in to where it is clear of it, which may be near another.
    for _ in spheres.diameters_mm:
        near = np.abs(reach - towards) < half * (1.0 - 1e-12)
        reach = np.where(near, towards - half, reach).min(axis=0)
    near = (np.abs(reach - towards) < half * (1.0 - 1e-9)).any(axis=0)
    some = ~near & (reach >= LUNG_RADIUS_MM + CLEAR_MM + radius_mm)
    return np.asarray(centre + turned[some] * reach[some, None])


def _spread(ahead: Floats, closing: Floats, spacing: float) -> list[int] | None:
    """Return twelve places around the circle, each at least `spacing` from the next; None if none.

    `ahead` are the distances of each place from those further round, `closing` of all from all.
    """
    count = len(closing)
    far = ahead >= spacing
    # From each place the first one further round that is far enough, on a circle that goes on.
    step = np.where(far.any(axis=1), far.argmax(axis=1) + 1, count)
    starts = np.arange(count)
    gone = np.zeros(count, dtype=np.intp)
    visited = [starts]
    for _ in range(REGIONS - 1):
        gone = gone + step[visited[-1]]
        visited.append((starts + gone) % count)
    closed = (gone < count) & (closing[visited[-1], starts] >= spacing)
    if not closed.any():
        return None
    start = int(closed.argmax())
    return [int(each[start]) for each in visited]
