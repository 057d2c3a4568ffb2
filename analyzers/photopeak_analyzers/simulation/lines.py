"""Lines in an image: slit masks, line sources, capillaries, straight, tilted or bent.

::

    mask = SlitMask(direction=Direction.X, tilt_deg=0.4)
    image = line_image(Matrix(rows=512, columns=512, pixel_mm=0.6), mask.lines(), fwhm_mm=3.8)
    truth = slit_width(0.5, 1.0, 3.8 / FWHM_PER_SIGMA)

Counts are exact across a line: the Gaussian, or the slit that it blurs, is integrated over each
pixel. Along a line they are sampled at a few places per pixel, which matters for steep tilts only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import edge, slit
from photopeak_analyzers.simulation.planar import Matrix

Floats = NDArray[np.float64]

SAMPLES_PER_PIXEL = 4
"""Places along a line at which its profile is taken, per pixel."""

REACH_SIGMA = 9.0
"""A line is drawn out to this many standard deviations."""

Bend = Callable[[Floats, float], Floats]
"""Displacement across, in mm, at places along a line and its place across, both in mm."""


class Direction(StrEnum):
    """Along which axis a line is measured: its profile runs along X, so the line runs along Y."""

    X = "x"
    Y = "y"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line.

    Attributes
    ----------
    direction
        Axis along which its profile is measured.
    across_mm, along_mm
        Place of its middle: for `Direction.X` these are x and y.
    tilt_deg
        Turns it about its middle; positive moves it towards larger `across` with larger `along`.
    length_mm
        None for a line that leaves the image on both sides.
    width_mm
        Of a slit; 0 for a line.
    counts_per_mm
        Counts in the image per mm of its length.
    bend
        Displacement of the true line by a distorted camera.
    """

    direction: Direction = Direction.X
    across_mm: float = 0.0
    along_mm: float = 0.0
    tilt_deg: float = 0.0
    length_mm: float | None = None
    width_mm: float = 0.0
    counts_per_mm: float = 1000.0
    bend: Bend | None = None

    def place(self, along_mm: Floats) -> Floats:
        """Return the true place across at places along, in mm."""
        slope = math.tan(math.radians(self.tilt_deg))
        across = self.across_mm + (along_mm - self.along_mm) * slope
        return across if self.bend is None else across + self.bend(along_mm, self.across_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlitMask:
    """Parallel slits at equal distances, as in the masks of both standards: 1 mm every 30 mm.

    Attributes
    ----------
    size_mm
        Extent (along the profile, along the slits) in which there are slits and light.
    offset_mm
        Place of the slit nearest to the centre.
    """

    direction: Direction = Direction.X
    pitch_mm: float = 30.0
    width_mm: float = 1.0
    size_mm: tuple[float, float] = (540.0, 390.0)
    offset_mm: float = 0.0
    tilt_deg: float = 0.0
    counts_per_mm: float = 1000.0
    bend: Bend | None = None

    def places_mm(self) -> Floats:
        """Return where the slits cross the middle of the image."""
        half = self.size_mm[0] / 2.0
        first = math.ceil((-half - self.offset_mm) / self.pitch_mm)
        last = math.floor((half - self.offset_mm) / self.pitch_mm)
        return np.asarray(self.offset_mm + self.pitch_mm * np.arange(first, last + 1))

    def lines(self) -> tuple[Line, ...]:
        """Return the slits."""
        # Tilted as a whole, the distance along a row grows by 1 / cos(tilt).
        stretch = 1.0 / math.cos(math.radians(self.tilt_deg))
        return tuple(
            Line(
                direction=self.direction,
                across_mm=float(place) * stretch,
                tilt_deg=self.tilt_deg,
                length_mm=self.size_mm[1],
                width_mm=self.width_mm,
                counts_per_mm=self.counts_per_mm,
                bend=self.bend,
            )
            for place in self.places_mm()
        )


def line_image(
    matrix: Matrix, lines: Iterable[Line], *, fwhm_mm: float, background: float = 0.0
) -> Floats:
    """Return the expected counts of lines seen with this resolution, shape ``(rows, columns)``.

    `background` is in counts per pixel.
    """
    sigma = fwhm_mm / FWHM_PER_SIGMA
    image = np.full(matrix.shape, float(background))
    for line in lines:
        upright = line.direction is Direction.X
        _add(image if upright else image.T, line, matrix.pixel_mm, sigma)
    return image


def _add(image: Floats, line: Line, pixel_mm: float, sigma: float) -> None:
    """Add a line that runs down the rows."""
    rows, columns = image.shape
    samples = (np.arange(rows * SAMPLES_PER_PIXEL) + 0.5) / SAMPLES_PER_PIXEL
    along = (samples - rows / 2.0) * pixel_mm
    place = line.place(along)
    lean = math.cos(math.radians(line.tilt_deg))
    # A row cuts a tilted line obliquely: profile and slit are wider along the row.
    wide, slot = sigma / lean, line.width_mm / lean
    weight = np.full(along.shape, line.counts_per_mm * pixel_mm / SAMPLES_PER_PIXEL / lean)
    if line.length_mm is not None:
        from_middle = (along - line.along_mm) / lean
        half = line.length_mm / 2.0
        weight *= edge(from_middle + half, sigma) - edge(from_middle - half, sigma)
    reach = REACH_SIGMA * wide + slot
    middle = columns / 2.0
    first = max(math.floor((float(place.min()) - reach) / pixel_mm + middle), 0)
    last = min(math.ceil((float(place.max()) + reach) / pixel_mm + middle), columns)
    if first >= last:
        return
    borders = (np.arange(first, last + 1) - middle) * pixel_mm
    # Far from a line the difference of two integrals may round to less than nothing.
    counts = weight[:, None] * np.maximum(slit(borders - place[:, None], slot, wide), 0.0)
    image[:, first:last] += counts.reshape(rows, SAMPLES_PER_PIXEL, -1).sum(axis=1)
