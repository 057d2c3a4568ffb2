"""Balls in a volume: the voxels about a point, the share of each in a ball, centroid, rigid pattern.

Positions are (slice, row, column) in mm from the centre of the first voxel.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Box = tuple[slice, slice, slice]
"""Part of a volume."""

Sides = tuple[float, float, float]
"""(slice, row, column) spacing in mm."""

MARGIN_MM = 5.0
"""By how much the region of a centroid exceeds its ball: blurring spreads it."""

ITERATIONS = 8

SETTLED_MM = 1e-3
"""A centroid that moves by less has arrived."""

SUBDIVIDED = 5
"""Points along each side of a voxel, to tell its share in a ball."""


def near(
    shape: tuple[int, ...], voxel_mm: Sides, centre_mm: Floats, reach_mm: float
) -> tuple[Box, Floats]:
    """Return the box of voxels about a point, and the distance of each from it."""
    boxes, offsets = [], []
    for c, side, n in zip(centre_mm, voxel_mm, shape, strict=True):
        first = min(max(math.ceil((c - reach_mm) / side), 0), n)
        last = max(min(math.floor((c + reach_mm) / side) + 1, n), first)
        boxes.append(slice(first, last))
        offsets.append(np.arange(first, last) * side - c)
    z, y, x = offsets
    distance = np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2)
    return (boxes[0], boxes[1], boxes[2]), distance


def shares(box: Box, voxel_mm: Sides, centre_mm: Floats, diameter_mm: float) -> Floats:
    """Return the share of each voxel of a box that lies in a ball, by points inside of it."""
    points = (np.arange(SUBDIVIDED) + 0.5) / SUBDIVIDED - 0.5
    squares = []
    for part, side, c in zip(box, voxel_mm, centre_mm, strict=True):
        places = (np.arange(part.start, part.stop)[:, None] + points) * side - c
        squares.append(places.ravel() ** 2)
    z, y, x = squares
    inside = z[:, None, None] + y[:, None] + x <= (diameter_mm / 2.0) ** 2
    shape = [n for part in box for n in (part.stop - part.start, SUBDIVIDED)]
    return np.asarray(inside.reshape(shape).mean(axis=(1, 3, 5)))


def centroid(values: Floats, voxel_mm: Sides, start_mm: Floats, diameter_mm: float) -> Floats:
    """Return the centroid of what exceeds the values around a ball, followed from a start.

    Around is what lies within :data:`MARGIN_MM` outside of it; its median is taken off. A cold ball
    is followed in the negative of the values. Where nothing exceeds, the start comes back.
    """
    reach = diameter_mm / 2.0 + MARGIN_MM
    centre = start_mm
    for _ in range(ITERATIONS):
        box, distance = near(values.shape, voxel_mm, centre, reach)
        inside = distance <= reach
        if not inside.any():
            return start_mm
        part = values[box]
        shell = part[inside & (distance > diameter_mm / 2.0)]
        weights = np.where(inside, part - (float(np.median(shell)) if shell.size else 0.0), 0.0)
        weights = np.maximum(weights, 0.0)
        total = float(weights.sum())
        if total <= 0.0:
            return start_mm
        z, y, x = (np.arange(b.start, b.stop) * s for b, s in zip(box, voxel_mm, strict=True))
        plane = weights.sum(axis=0)
        sums = (weights.sum(axis=(1, 2)) @ z, plane.sum(axis=1) @ y, plane.sum(axis=0) @ x)
        moved = np.array(sums) / total
        settled = float(np.abs(moved - centre).max()) < SETTLED_MM
        centre = moved
        if settled:
            break
    return centre


def rigidly_moved(pattern: Floats, some: Floats, onto: Floats) -> Floats:
    """Return a pattern turned and shifted so that some of its points come closest to others."""
    middle, target = some.mean(axis=0), onto.mean(axis=0)
    left, _, right = np.linalg.svd((some - middle).T @ (onto - target))
    flip = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(left @ right)))])
    return np.asarray((pattern - middle) @ left @ flip @ right + target)
