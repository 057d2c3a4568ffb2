"""Two regions of a uniform cylinder: an inner one that no wall reaches, and the whole with a margin."""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.cylinder import Cylinder, distance_mm
from photopeak_analyzers.numerics.slice_scatter import correlated_excess, scatter_of_mean
from photopeak_analyzers.spect.reconstruction import Reconstruction
from photopeak_analyzers.spect.slab_noise import Slab, slab_of

LEAST_SLICES = 4
"""Fewer tell nothing of the noise."""

DEEPEST_HOLE = 0.5
"""Lowest smoothed pixel over the mean: lower is a sphere, a rod or a bubble."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regions:
    """What was found in the two regions.

    Attributes
    ----------
    mean, scatter
        Mean value inside, and the relative scatter of that mean by the slices.
    first, last
        Slices of the inner region, the last one beyond it.
    total
        Sum over the whole cylinder and its margin; None where that leaves the volume.
    """

    mean: float
    scatter: float
    inner_mm: float
    first: int
    last: int
    total: float | None
    slab: Slab


def regions_of(
    reconstruction: Reconstruction,
    cylinder: Cylinder,
    *,
    radius_share: float,
    length_share: float,
    margin_mm: float,
) -> Regions:
    """Return what the two regions of a uniform cylinder hold.

    Raises
    ------
    UnsuitableAcquisitionError
        If too few slices show it, or something lies in it.
    """
    values, pixel_mm = reconstruction.values, reconstruction.pixel_mm
    distance = distance_mm(values.shape[1:], cylinder.centre, pixel_mm)
    inner_mm = radius_share * cylinder.radius_mm
    mask = distance <= inner_mm
    aside = (1.0 - length_share) / 2.0
    first, last = cylinder.part(aside, 1.0 - aside)
    if last - first < LEAST_SLICES:
        raise UnsuitableAcquisitionError(
            f"{last - first} slices lie in the middle of the cylinder, needs {LEAST_SLICES}",
            quantity="slices",
            value=last - first,
            bound=LEAST_SLICES,
        )
    slab = slab_of(values[first:last], mask)
    inside = slab.smoothed[mask]
    lowest = float(inside.min() / inside.mean())
    if lowest < DEEPEST_HOLE:
        raise UnsuitableAcquisitionError(
            f"the lowest pixel of the slab is {lowest:.2f} of its mean, needs {DEEPEST_HOLE:g}:"
            " something lies in the cylinder",
            quantity="lowest pixel of the slab over its mean",
            value=lowest,
            bound=DEEPEST_HOLE,
        )
    each = values[first:last, mask].mean(axis=1)
    mean = float(each.mean())
    return Regions(
        mean=mean,
        scatter=scatter_of_mean(each, correlated_excess(values[first:last], mask)) / mean,
        inner_mm=inner_mm,
        first=first,
        last=last,
        total=_total(reconstruction, cylinder, margin_mm),
        slab=slab,
    )


def _total(reconstruction: Reconstruction, cylinder: Cylinder, margin_mm: float) -> float | None:
    """Return the sum over the cylinder and a margin; None where they leave the volume."""
    values, pixel_mm = reconstruction.values, reconstruction.pixel_mm
    distance = distance_mm(values.shape[1:], cylinder.centre, pixel_mm)
    reach = cylinder.radius_mm + margin_mm
    first = math.ceil(cylinder.first - margin_mm / cylinder.slice_mm)
    last = math.floor(cylinder.last + margin_mm / cylinder.slice_mm) + 1
    room = min(
        room
        for c, side, n in zip(cylinder.centre, pixel_mm, values.shape[1:], strict=True)
        for room in ((c + 0.5) * side, (n - 0.5 - c) * side)
    )
    if first < 0 or last > values.shape[0] or reach > room:
        return None
    return float(values[first:last, distance <= reach].sum())
