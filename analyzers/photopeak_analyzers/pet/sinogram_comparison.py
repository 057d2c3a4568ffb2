"""A sinogram against the reference taken after the last normalisation: arrays alone.

With S counts in a bin, R in the same bin of the reference, and k the counts expected for each of the
reference (times and decay), ``z**2 = (S - k R)**2 / (k (S + R))`` has the mean 1 whatever the counts
are, because S among S + R is binomial with k / (1 + k). Its mean over the bins is the average
variance; a wrong efficiency makes it larger.

In a sinogram of a ring without gaps the line of angle ``theta`` and bin b, counted from the centre,
joins the places ``theta +- (pi / 2 + pi b / D)`` of a ring of D crystals, D being twice the number of
angles before mashing. Fan sums are the counts of all lines that end in a block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums of a sinogram: over the planes, by plane, by angle, and its total."""

    image: Floats
    planes: Floats
    highest: float
    lowest: float
    finite: bool

    @property
    def angles(self) -> Floats:
        """Counts of each angle."""
        return np.asarray(self.image.sum(axis=1))

    @property
    def total(self) -> float:
        """Counts of all bins."""
        return float(self.planes.sum())


@dataclass(frozen=True, slots=True)
class Variance:
    """Mean of z squared over the bins with counts, its standard uncertainty, and their number."""

    value: float
    uncertainty: float
    bins: int


def sums_of(counts: Counts) -> Sums:
    """Return the sums of a sinogram, plane by plane so that it is never copied as a whole."""
    image = np.zeros(counts.shape[1:])
    planes = np.empty(counts.shape[0])
    highest, lowest, finite = 0.0, 0.0, True
    for index, plane in enumerate(counts):
        as_float = plane.astype(np.float64)
        planes[index] = as_float.sum()
        finite = finite and bool(np.isfinite(planes[index]))
        highest = max(highest, float(as_float.max()))
        lowest = min(lowest, float(as_float.min()))
        image += as_float
    return Sums(image, planes, highest, lowest, finite)


def average_variance(counts: Counts, reference: Counts, expected_ratio: float) -> Variance | None:
    """Return the average variance; None when no bin has a count.

    Parameters
    ----------
    counts, reference
        Sinograms of the same shape ``(planes, angles, bins)``, in counts.
    expected_ratio
        Counts expected for each count of the reference; positive.
    """
    total, spread, bins = 0.0, 0.0, 0
    k = expected_ratio
    pq = k / (1.0 + k) ** 2
    for plane, other in zip(counts, reference, strict=True):
        s, r = plane.astype(np.float64), other.astype(np.float64)
        n = s + r
        seen = n > 0.0
        s, r, n = s[seen], r[seen], n[seen]
        total += float(((s - k * r) ** 2 / (k * n)).sum())
        # Fourth moment of a binomial number: 3 + (1 - 6 p q) / (n p q), less the square of 1.
        spread += float((2.0 + (1.0 - 6.0 * pq) / (n * pq)).sum())
        bins += int(n.size)
    if not bins:
        return None
    return Variance(total / bins, math.sqrt(max(spread, 0.0)) / bins, bins)


def differences(image: Floats, reference: Floats, expected_ratio: float) -> Floats:
    """Return z of the sum over the planes, shape ``(angles, bins)``; 0 where nothing was counted."""
    n = image + reference
    scale = np.sqrt(expected_ratio * np.maximum(n, 1.0))
    z: Floats = np.where(n > 0.0, (image - expected_ratio * reference) / scale, 0.0)
    return z


def fan_sums(image: Floats, blocks: int, mashing: int) -> Floats:
    """Return the counts of the lines that end in each block of the ring.

    Parameters
    ----------
    image
        Counts by angle (over 180 degrees) and radial bin.
    blocks
        Blocks in the ring; block 0 begins at the place of angle 0.
    mashing
        Angles of the scanner that were summed to one of the sinogram.
    """
    angles, bins = image.shape
    crystals = 2 * angles * mashing
    # In crystals: multiples of a quarter, so that what lies on the border of a block is exact.
    along = (np.arange(angles)[:, None] + 0.5) * mashing
    across = crystals / 4.0 + (np.arange(bins)[None, :] - (bins - 1) / 2.0) / 2.0
    sums = np.zeros(blocks)
    for place in (along + across, along - across):
        index = np.floor_divide(place * blocks, crystals).astype(np.int64) % blocks
        sums += np.bincount(index.ravel(), weights=image.ravel(), minlength=blocks)
    return sums


def relative_percent(sums: Floats, reference: Floats | None = None) -> tuple[Floats, Floats]:
    """Return sums, over those of a reference where there is one, in percent of their mean.

    Returns
    -------
    tuple
        The values and their standard uncertainties from counting; 0 for what has no reference.
    """
    if reference is None:
        values, variance = sums, 1.0 / np.maximum(sums, 1.0)
    else:
        values = np.divide(sums, reference, out=np.zeros_like(sums), where=reference > 0.0)
        variance = 1.0 / np.maximum(sums, 1.0) + 1.0 / np.maximum(reference, 1.0)
    mean = float(values.mean())
    percent = 100.0 * values / mean if mean > 0.0 else np.zeros_like(values)
    return percent, np.maximum(percent, 1.0) * np.sqrt(variance)
