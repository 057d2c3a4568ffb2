"""Where the rods of a sector stand: a triangular lattice, cut by the sector.

Middles of neighbouring rods are twice their diameter apart unless said otherwise: then what is between
two rods is as wide as a rod.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STARTS_PER_DIAMETER = 3
"""Steps, per diameter, in which the beginning of the rows is looked for."""


PITCH_DIAMETERS = 2.0
"""Distance between the middles of neighbouring rods, in diameters."""

SAME_DISTANCE = 1e-6
"""Relative difference up to which two distances are those of neighbours."""


def starts(
    diameter: float,
    pitch_diameters: float = PITCH_DIAMETERS,
    per_diameter: int = STARTS_PER_DIAMETER,
) -> Floats:
    """Return distances at which rows with a rod on the bisector may begin: one period of two rows."""
    period = math.sqrt(3.0) * pitch_diameters * diameter
    count = math.ceil(period / diameter * per_diameter)
    return np.asarray(np.arange(count) * (period / count), dtype=np.float64)


def lattice(
    diameter: float,
    start: float,
    *,
    half: float,
    inner: float,
    outer: float,
    pitch_diameters: float = PITCH_DIAMETERS,
) -> tuple[Floats, Floats]:
    """Return (y, x) of the rods of a sector about x, and of the places between three of them."""
    pitch = pitch_diameters * diameter
    row_step = pitch * math.sqrt(3.0) / 2.0
    rows = np.arange(-math.ceil(start / row_step), math.ceil(outer / row_step) + 1)
    places = np.arange(-math.ceil(outer / pitch) - 1, math.ceil(outer / pitch) + 2)
    out = start + rows[:, None] * row_step + 0.0 * places
    aside = (places + 0.5 * (rows[:, None] % 2)) * pitch
    rods = _inside(out, aside, diameter, half, inner, outer)
    # The middle of a triangle lies a third of a row beyond the two rods of its base.
    between = np.concatenate(
        [
            _inside(out + row_step / 3.0, aside + pitch / 2.0, diameter, half, inner, outer),
            _inside(out - row_step / 3.0, aside + pitch / 2.0, diameter, half, inner, outer),
        ]
    )
    return rods, between


def neighbours(rods: Floats, pitch: float) -> NDArray[np.intp]:
    """Return the pairs of rods, shape ``(pairs, 2)``, whose middles are one pitch apart."""
    distance = np.hypot(*(rods[:, None, axis] - rods[:, axis] for axis in (0, 1)))
    first, second = np.nonzero(np.abs(distance - pitch) <= SAME_DISTANCE * pitch)
    return np.stack([first, second], axis=1)[first < second]


def turned(places: Floats, angle: float) -> Floats:
    """Return (y, x) places turned by an angle in radians, from x towards y."""
    y, x = places.T
    return np.stack(
        [x * math.sin(angle) + y * math.cos(angle), x * math.cos(angle) - y * math.sin(angle)],
        axis=1,
    )


def _inside(
    out: Floats, aside: Floats, diameter: float, half: float, inner: float, outer: float
) -> Floats:
    """Return as (y, x) the places whose disc lies wholly in the sector."""
    distance = np.hypot(out, aside)
    margin = out * math.sin(half) - np.abs(aside) * math.cos(half)
    kept = (
        (out > 0.0)
        & (margin >= diameter / 2.0)
        & (distance - diameter / 2.0 >= inner)
        & (distance + diameter / 2.0 <= outer)
    )
    return np.stack([aside[kept], out[kept]], axis=1)
