"""Sinograms of a cylinder in a ring of crystals whose efficiencies are known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.sinogram import Sinogram

Floats = NDArray[np.float64]


def crystals(angles: int, bins: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which two crystals of a ring of ``2 * angles`` each bin joins, shape ``(angles, bins)``."""
    ring = 2 * angles
    along = np.arange(angles)[:, None] + 0.5
    across = ring / 4.0 + (np.arange(bins)[None, :] - (bins - 1) / 2.0) / 2.0
    first = np.floor(along + across).astype(np.int64) % ring
    second = np.floor(along - across).astype(np.int64) % ring
    return first, second


def cylinder_sinogram(
    *,
    planes: int = 9,
    angles: int = 96,
    bins: int = 81,
    counts_per_plane: float = 1e6,
    radius_share: float = 0.45,
    efficiencies: Sequence[float] | Floats | None = None,
    plane_factors: Sequence[float] | Floats | None = None,
    angle_factors: Sequence[float] | Floats | None = None,
) -> Floats:
    """Return the counts that are expected of a centred cylinder, shape ``(planes, angles, bins)``.

    Parameters
    ----------
    counts_per_plane
        Counts of a plane while every crystal has the efficiency 1.
    radius_share
        Radius of the cylinder as a share of the width of the sinogram.
    efficiencies
        One per crystal of the ring, ``2 * angles`` of them.
    plane_factors, angle_factors
        What each plane and each angle counts of what it should.
    """
    across = np.arange(bins) - (bins - 1) / 2.0
    chord = np.sqrt(np.maximum((radius_share * bins) ** 2 - across**2, 0.0))
    plane = np.broadcast_to(chord, (angles, bins)) * (counts_per_plane / (angles * chord.sum()))
    if efficiencies is not None:
        given = np.asarray(efficiencies, dtype=np.float64)
        first, second = crystals(angles, bins)
        plane = plane * given[first] * given[second]
    if angle_factors is not None:
        plane = plane * np.asarray(angle_factors, dtype=np.float64)[:, None]
    factors = np.ones(planes) if plane_factors is None else np.asarray(plane_factors, dtype=float)
    return np.asarray(factors[:, None, None] * plane[None, :, :])


def acquire(
    expected: Floats,
    *,
    rng: np.random.Generator,
    started_at: datetime | None = None,
    duration_s: float | None = 300.0,
    nuclide: str | None = "Ge-68",
) -> Sinogram:
    """Return a measured sinogram, each bin drawn by chance."""
    return Sinogram(
        counts=rng.poisson(expected).astype(np.uint32),
        started_at=started_at,
        duration_s=duration_s,
        nuclide=nuclide,
    )
