"""Where the rods of a sector stand: a triangular lattice of twice their diameter, cut by the sector."""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.spect.reconstruction import Floats

STARTS_PER_DIAMETER = 3
"""Steps, per diameter, in which the beginning of the rows is looked for."""


def starts(diameter: float) -> Floats:
    """Return distances at which rows with a rod on the bisector may begin: one period of two rows."""
    period = 2.0 * math.sqrt(3.0) * diameter
    count = math.ceil(period / diameter * STARTS_PER_DIAMETER)
    return np.asarray(np.arange(count) * (period / count), dtype=np.float64)


def lattice(
    diameter: float, start: float, *, half: float, inner: float, outer: float
) -> tuple[Floats, Floats]:
    """Return (y, x) of the rods of a sector about x, and of the places between three of them."""
    pitch = 2.0 * diameter
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
