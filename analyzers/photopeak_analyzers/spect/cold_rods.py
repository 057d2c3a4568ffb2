"""Sectors of cold rods in a cylinder: where they are, how well they are told apart.

The rods of a sector have one diameter and stand on a triangular lattice of twice that, in rows across the
bisector of the sector, every second row with a rod on it. The sectors follow each other in the order of
their diameters. Which way the first one points, and how far from the axis the rows of each begin, is
found by matching.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.numerics.polar_match import PolarSlices, sampled
from photopeak_analyzers.numerics.rod_lattice import lattice, starts, turned
from photopeak_analyzers.numerics.rod_sectors import match_sectors, sector_patterns
from photopeak_analyzers.spect.reconstruction import Floats, Reconstruction

INNER_SHARE, OUTER_SHARE = 0.25, 0.93
"""Shares of the radius between which rods are judged: towards the axis makers differ, and the wall
is blurred into the outermost."""

LEAST_CONTRAST = 0.02
"""Contrast of the rods of the clearest sector below which no rods are there."""

LEAST_RODS = 3
"""Of a sector; fewer tell no modulation."""

MARGIN_MM = 8.0
"""Of the section that is left out at either end, where the rods end in the blur."""

DISC_POINTS_SHARE = 0.3
"""Distance from its middle, in diameters, of the six other points that stand for a disc."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RodSector:
    """Rods of one diameter.

    Attributes
    ----------
    rods, between
        (y, x) from the axis in mm, of the rods and of the places between three of them.
    rod_values, between_values
        Mean in a disc of the diameter at each.
    """

    diameter_mm: float
    angle_deg: float
    rods: Floats
    between: Floats
    rod_values: Floats
    between_values: Floats

    @property
    def difference(self) -> float:
        """Mean between the rods less mean of the rods."""
        return float(self.between_values.mean() - self.rod_values.mean())

    @property
    def modulation(self) -> float:
        """Difference of the two means over their sum."""
        return self.difference / float(self.between_values.mean() + self.rod_values.mean())

    @property
    def difference_uncertainty(self) -> float:
        """Of the difference, from the scatter of the rods and of the places between."""
        return math.hypot(
            *(
                float(v.std(ddof=1)) / math.sqrt(v.size)
                for v in (self.rod_values, self.between_values)
            )
        )

    @property
    def modulation_uncertainty(self) -> float:
        """Of the modulation; that of the sum is small beside that of the difference."""
        total = float(self.between_values.mean() + self.rod_values.mean())
        return self.difference_uncertainty / total

    @property
    def significance(self) -> float | None:
        """Difference over its uncertainty; None without scatter."""
        uncertainty = self.difference_uncertainty
        return self.difference / uncertainty if uncertainty > 0.0 else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RodSection:
    """Slices (first, beyond the last) of the rods, their mean, and the sectors."""

    slices: tuple[int, int]
    image: Floats
    sectors: tuple[RodSector, ...]


def find_rods(
    reconstruction: Reconstruction,
    polar: PolarSlices,
    cylinder: Cylinder,
    diameters_mm: tuple[float, ...],
) -> RodSection | None:
    """Return the rods of these diameters, in this order; None where nothing looks like them."""
    half = math.pi / len(diameters_mm)
    inner, outer = INNER_SHARE * cylinder.radius_mm, OUTER_SHARE * cylinder.radius_mm
    match = match_sectors(polar, sector_patterns(polar, diameters_mm, inner, outer))
    if match is None or match.contrast < LEAST_CONTRAST:
        return None
    run = match.run
    margin = math.ceil(MARGIN_MM / cylinder.slice_mm)
    if run[1] - run[0] <= 2 * margin:
        return None
    slices = (run[0] + margin, run[1] - margin)
    image = reconstruction.values[slices[0] : slices[1]].mean(axis=0)
    sectors = []
    for diameter, angle in zip(diameters_mm, match.angles_deg, strict=True):
        sector = _sector(
            image,
            cylinder,
            reconstruction.pixel_mm,
            diameter,
            math.radians(angle),
            partial(lattice, diameter, half=half, inner=inner, outer=outer),
        )
        if sector is not None:
            sectors.append(sector)
    return RodSection(slices=slices, image=image, sectors=tuple(sectors)) if sectors else None


def _sector(
    image: Floats,
    cylinder: Cylinder,
    pixel_mm: tuple[float, float],
    diameter: float,
    angle: float,
    places_from: partial[tuple[Floats, Floats]],
) -> RodSector | None:
    """Measure a sector where its rows begin so that the difference is largest."""
    best: RodSector | None = None
    for start in starts(diameter).tolist():
        rods, between = (turned(places, angle) for places in places_from(start))
        if len(rods) < LEAST_RODS or len(between) < LEAST_RODS:
            continue
        found = RodSector(
            diameter_mm=diameter,
            angle_deg=math.degrees(angle) % 360.0,
            rods=rods,
            between=between,
            rod_values=_in_discs(image, rods, diameter, cylinder, pixel_mm),
            between_values=_in_discs(image, between, diameter, cylinder, pixel_mm),
        )
        if best is None or found.difference > best.difference:
            best = found
    return best


def _in_discs(
    image: Floats,
    places: NDArray[np.float64],
    diameter: float,
    cylinder: Cylinder,
    pixel_mm: tuple[float, float],
) -> Floats:
    """Return the mean of seven points in a disc about each place."""
    around = np.arange(6) * (math.pi / 3.0)
    reach = DISC_POINTS_SHARE * diameter
    y = places[:, :1] + np.concatenate([[0.0], reach * np.sin(around)])
    x = places[:, 1:] + np.concatenate([[0.0], reach * np.cos(around)])
    values = sampled(
        image, cylinder.centre[0] + y / pixel_mm[0], cylinder.centre[1] + x / pixel_mm[1]
    )
    return np.asarray(values.mean(axis=1))
