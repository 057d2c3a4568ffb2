"""Slits of a mask found in an image, the millimetres that they give, and the fields they stand in.

Nothing is measured here. The distance of the slits is known, so that millimetres do not come from the
header. Arrays are turned so that the slits run down the rows; positions are 0-based pixel centres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.field_of_view import AREA_TOLERANCE, FieldOfView
from photopeak_analyzers.numerics.line_places import LinePlaces, find_lines

FEWEST_SLITS = 3
"""Lines in an image from which on they are a mask: line sources are one or two."""

OTHER_PITCH = 0.25
"""Share by which the distance of the lines may differ from the pitch, by the header: headers are
wrong by several percent, another mask by more."""

DARK = 0.5
"""Share of the counts on the lines from which on what is between them is no lead: the texture of a
flood has lines too."""

PROBED_MM = 30.0
"""Length of the lines, in their middle, in which they are compared with what is between them."""

BORDER_PIXELS = 0.5
"""By how much a slit may stand beyond the border of a field, in pixels across."""

BLOCK_MM = 6.4
"""Side of the pixels to which slits are smeared where their field has to be guessed."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slits:
    """Slits in an image.

    Attributes
    ----------
    counts
        Turned so that the slits run down the rows.
    across_mm, along_mm
        Side of a pixel by the pitch of the mask, and the other one in the header's proportion.
    pitch
        Median distance of the slits, in pixels.
    header_mm
        Side of a pixel across the slits in the header.
    """

    counts: Counts
    places: LinePlaces
    across_mm: float
    along_mm: float
    pitch: float
    header_mm: float

    @property
    def direction(self) -> str:
        """``x`` for a profile that runs along X, across slits that run along Y."""
        return "x" if self.places.upright else "y"

    @property
    def middle(self) -> tuple[float, float]:
        """Centre of the matrix, (along, across)."""
        return ((self.counts.shape[0] - 1) / 2.0, (self.counts.shape[1] - 1) / 2.0)

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """Side of a pixel along a column and along a row of the image, by the mask."""
        upright = self.places.upright
        return (self.along_mm, self.across_mm) if upright else (self.across_mm, self.along_mm)

    def span(self, field: FieldOfView) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the first pixel with its middle in a field, and the one behind, along and across."""
        sides_mm: tuple[float, float] = (field.height_mm, field.width_mm)
        offsets_mm = field.centre_offset_mm
        if not self.places.upright:
            sides_mm, offsets_mm = sides_mm[::-1], offsets_mm[::-1]
        found = []
        for axis, mm in enumerate((self.along_mm, self.across_mm)):
            centre = self.middle[axis] + offsets_mm[axis] / mm
            half = sides_mm[axis] / mm / 2.0 * (1.0 + AREA_TOLERANCE)
            first, behind = math.ceil(centre - half), math.floor(centre + half) + 1
            found.append((max(first, 0), min(behind, self.counts.shape[axis])))
        return found[0], found[1]

    def whole(
        self, ufov: FieldOfView, field: FieldOfView, height: int, along: Floats, across: Floats
    ) -> NDArray[np.bool_]:
        """Tell which slits lie in a field over a whole strip, and with half a pitch in the UFOV.

        Parameters
        ----------
        height
            Rows of a strip.
        along, across
            Middle of the strip, and place of the slit by the grid, in pixels: chosen by their measured
            places, those at the border would be the ones that are displaced inwards.
        """
        inside = np.ones(along.shape, dtype=bool)
        for end in (-(height - 1) / 2.0, (height - 1) / 2.0):
            inside &= self._holds(field, along + end, across)
            for side in (-self.pitch / 2.0, self.pitch / 2.0):
                inside &= self._holds(ufov, along + end, across + side)
        return inside

    def _holds(self, field: FieldOfView, along: Floats, across: Floats) -> NDArray[np.bool_]:
        v_mm = (along - self.middle[0]) * self.along_mm
        # A slit on the very border stands in the field, along all of its length.
        off = across - self.middle[1]
        u_mm = np.sign(off) * np.maximum(np.abs(off) - BORDER_PIXELS, 0.0) * self.across_mm
        return field.holds(v_mm, u_mm) if self.places.upright else field.holds(u_mm, v_mm)


def find_slits(counts: Counts, spacing_mm: tuple[float, float], pitch_mm: float) -> Slits:
    """Find the slits in an image.

    Parameters
    ----------
    counts
        One image, shape ``(rows, columns)``.
    spacing_mm
        (row, column) spacing of the pixels in the header.

    Raises
    ------
    UnsuitableAcquisitionError
        If the image shows no slits, or lines at another distance.
    """
    places = find_lines(counts)
    count = len(places.places)
    if count < FEWEST_SLITS:
        raise UnsuitableAcquisitionError(
            f"the image shows {count} lines, needs at least {FEWEST_SLITS} slits of a mask",
            quantity="lines",
            value=float(count),
            bound=float(FEWEST_SLITS),
        )
    pitch = float(np.median([after - before for before, after in pairwise(places.places)]))
    along_mm, across_mm = spacing_mm if places.upright else spacing_mm[::-1]
    apart_mm = pitch * across_mm
    if abs(apart_mm / pitch_mm - 1.0) > OTHER_PITCH:
        raise UnsuitableAcquisitionError(
            f"the lines are {apart_mm:.1f} mm apart, needs the {pitch_mm:g} mm of a slit mask",
            quantity="distance of the lines in mm",
            value=apart_mm,
            bound=pitch_mm,
        )
    turned = counts if places.upright else counts.T
    _refuse_light_between(turned, places, pitch, along_mm)
    scale = pitch_mm / apart_mm
    return Slits(
        counts=turned,
        places=places,
        across_mm=across_mm * scale,
        along_mm=along_mm * scale,
        pitch=pitch,
        header_mm=across_mm,
    )


def _refuse_light_between(
    turned: Counts, places: LinePlaces, pitch: float, along_mm: float
) -> None:
    """Refuse an image in which the lines are hardly brighter than what is between them."""
    middle, half = sum(places.extent) / 2.0, max(PROBED_MM / along_mm / 2.0, 0.5)
    rows = turned[max(math.floor(middle - half), 0) : math.ceil(middle + half)]
    profile = rows.sum(axis=0, dtype=np.float64)
    at = np.arange(profile.size)
    place = np.array(places.places)
    distance = np.abs(at[:, None] - place).min(axis=1)
    within = (at >= place[0]) & (at <= place[-1])
    on = float(profile[distance <= max(pitch / 12.0, 0.5)].mean())
    between = float(profile[within & (distance >= pitch / 3.0)].mean())
    if not between < DARK * on:
        share = between / on if on > 0.0 else math.inf
        raise UnsuitableAcquisitionError(
            f"between the lines are {100.0 * share:.0f} % of the counts on them, needs less than"
            f" {100.0 * DARK:.0f} %: no mask",
            quantity="counts between the lines over those on them",
            value=share,
            bound=DARK,
        )


def as_flood(slits: Slits) -> tuple[Counts, tuple[float, float], tuple[float, float]]:
    """Smear slits over their pitch, so that the lit field shows as in a flood.

    Returns
    -------
    tuple
        Counts in pixels of about 6.4 mm, not turned; their (row, column) size in mm by the mask;
        and the (row, column) of the centre of the acquired matrix in them.
    """
    turned = slits.counts
    along = _blocks(turned.shape[0], slits.along_mm)
    across = _blocks(turned.shape[1], slits.across_mm)
    rows = turned[along.first : along.first + along.count * along.size]
    strips = rows.reshape(along.count, along.size, -1).sum(axis=1, dtype=np.float64)
    running = np.pad(np.cumsum(strips, axis=1), ((0, 0), (1, 0)))
    centres = across.first + across.size * (np.arange(across.count) + 0.5)
    low = np.clip(np.rint(centres - slits.pitch / 2.0).astype(int), 0, turned.shape[1])
    high = np.clip(np.rint(centres + slits.pitch / 2.0).astype(int), 0, turned.shape[1])
    smeared = running[:, high] - running[:, low]
    mm = (along.size * slits.along_mm, across.size * slits.across_mm)
    middle = (along.place(slits.middle[0]), across.place(slits.middle[1]))
    if slits.places.upright:
        return smeared, mm, middle
    return smeared.T, mm[::-1], middle[::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blocks:
    """Blocks of pixels along one axis: how many, of which size, from which pixel on."""

    count: int
    size: int
    first: int

    def place(self, pixel: float) -> float:
        """Return a place in blocks."""
        return (pixel - self.first - (self.size - 1) / 2.0) / self.size


def _blocks(pixels: int, mm: float) -> _Blocks:
    size = min(max(round(BLOCK_MM / mm), 1), pixels)
    count = pixels // size
    return _Blocks(count=count, size=size, first=(pixels - count * size) // 2)
