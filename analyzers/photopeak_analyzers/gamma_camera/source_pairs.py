"""Two sources, or many parallel lines, a known distance apart: how large a pixel is.

Lines are measured as line sources are: in strips, where they cross half their height, the mean of
all distances of neighbours (``line_images``). Points are found by their centroids, each in its own
half of the image. The distance of tilted lines along a row is longer by the inverse cosine, and that
of two points is the longer side of a right-angled triangle; both are taken into account, with the
ratio of the sides of a pixel that the header has.

The uncertainty holds counting and the tolerance of the known distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.line_images import LineImage, LineTask, measure_lines
from photopeak_analyzers.numerics.centroids import point_centroids, refuse_at_border
from photopeak_analyzers.numerics.coarse_image import coarse_image
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.line_places import LinePlaces, find_lines
from photopeak_analyzers.uncertainty import rectangular

MOST_LINES = 60
"""Of a slit mask of 30 mm in a field of 600 mm, and as many again."""

LEAST_SLITS = 5
"""Parallel lines from which on they are a slit mask, whose pitch the standards fix."""

CLOSEST_FWHM = 6.0
"""Distance of two points in their FWHM, below which one pulls the centroid of the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelEstimate:
    """What one image says of its pixels along one axis.

    Attributes
    ----------
    direction
        ``x`` or ``y``: the axis along which the sources are apart.
    pixel_mm
        Side of a pixel along it.
    distance_mm
        Known distance that was used.
    separation_px
        Mean distance found along the axis, in pixels.
    tilt_deg
        Of the lines against the pixels, or of the pair of points against the axis.
    counts
        Lowest peak of a line in a strip, or counts of the weaker point.
    sources
        How many lines or points.
    places
        (row, column) of points; empty for lines.
    lines
        The lines as measured; None for points.
    """

    direction: str
    pixel_mm: Estimate
    distance_mm: float
    separation_px: float
    tilt_deg: float
    counts: float
    sources: int
    places: tuple[tuple[float, float], ...] = ()
    lines: LineImage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an image shows: lines with their places, or two points."""

    lines: LinePlaces | None
    points: tuple[tuple[float, float], ...]

    @property
    def is_mask(self) -> bool:
        """True for a slit mask."""
        return self.lines is not None and len(self.lines.places) >= LEAST_SLITS


def find_sources(counts: Counts) -> Found:
    """Tell whether an image shows parallel lines or two points.

    Raises
    ------
    UnsuitableAcquisitionError
        If it shows neither.
    """
    try:
        lines = find_lines(counts)
    except UnsuitableAcquisitionError as reason:
        if not float(counts.sum(dtype=np.float64)) > 0.0:
            raise
        coarse = coarse_image(counts[None])
        places = coarse.places(0, coarse.level())
        if len(places) != 2:
            raise UnsuitableAcquisitionError(
                f"the image shows neither lines nor two points: {len(places)} sources",
                quantity="sources",
                value=float(len(places)),
                bound=2.0,
            ) from reason
        return Found(lines=None, points=tuple((float(r), float(c)) for r, c in places))
    if len(lines.places) < 2:
        raise UnsuitableAcquisitionError(
            f"the image shows {len(lines.places)} lines, needs 2 or more",
            quantity="lines",
            value=float(len(lines.places)),
            bound=2.0,
        )
    return Found(lines=lines, points=())


def measure_pair(
    counts: Counts,
    found: Found,
    spacing_mm: tuple[float, float],
    *,
    distance_mm: float,
    tolerance_mm: float,
) -> PixelEstimate:
    """Measure a pixel by sources a known distance apart.

    Parameters
    ----------
    spacing_mm
        (row, column) spacing of the pixels in the header.
    distance_mm, tolerance_mm
        Distance of neighbouring sources, and by how much it may be wrong.
    """
    if found.lines is None:
        return _by_points(counts, found, spacing_mm, distance_mm, tolerance_mm)
    image = measure_lines(
        counts,
        spacing_mm,
        LineTask(distance_mm=distance_mm, tolerance_mm=tolerance_mm, most_lines=MOST_LINES),
    )
    if not image.calibrated:
        raise UnsuitableAcquisitionError(
            "no two neighbouring lines are seen in the same strip",
            quantity="pairs of lines",
            value=0.0,
            bound=1.0,
        )
    longer = 1.0 / math.cos(math.radians(image.tilt_deg))
    return PixelEstimate(
        direction=image.direction,
        pixel_mm=Estimate(
            value=image.mm_per_pixel.value * longer,
            uncertainty=image.mm_per_pixel.uncertainty * longer,
        ),
        distance_mm=distance_mm,
        separation_px=distance_mm / image.mm_per_pixel.value,
        tilt_deg=image.tilt_deg,
        counts=image.peak_counts,
        sources=image.lines,
        lines=image,
    )


def _by_points(
    counts: Counts,
    found: Found,
    spacing_mm: tuple[float, float],
    distance_mm: float,
    tolerance_mm: float,
) -> PixelEstimate:
    (row_a, column_a), (row_b, column_b) = found.points
    upright = abs(row_b - row_a) * spacing_mm[0] > abs(column_b - column_a) * spacing_mm[1]
    axis = 0 if upright else 1
    cut = math.ceil((row_a + row_b) / 2.0 if upright else (column_a + column_b) / 2.0)
    halves = (counts[:cut], counts[cut:]) if upright else (counts[:, :cut], counts[:, cut:])
    offsets = np.zeros((2, 2))
    offsets[1, axis] = cut
    places, variances, sums, widths = [], [], [], []
    for half, offset in zip(halves, offsets, strict=True):
        point = point_centroids(np.ascontiguousarray(half)[None])
        refuse_at_border(point)
        places.append(point.positions[0] + offset)
        variances.append(point.uncertainties[0] ** 2)
        sums.append(float(point.counts[0]))
        widths.append(max(point.fwhm))
    apart = places[1] - places[0]
    distance_px = float(np.hypot(*apart))
    if distance_px < CLOSEST_FWHM * max(widths):
        raise UnsuitableAcquisitionError(
            f"the two points are {distance_px:.1f} pixels apart and {max(widths):.1f} pixels wide,"
            f" needs {CLOSEST_FWHM:g} widths",
            quantity="distance of the points over their FWHM",
            value=distance_px / max(widths),
            bound=CLOSEST_FWHM,
        )
    # Along the axis and across it, in pixels of the axis.
    along = abs(float(apart[axis]))
    across = abs(float(apart[1 - axis])) * spacing_mm[1 - axis] / spacing_mm[axis]
    hypotenuse = math.hypot(along, across)
    variance = variances[0] + variances[1]
    u = math.sqrt(along**2 * variance[axis] + across**2 * variance[1 - axis]) / hypotenuse
    relative = math.hypot(u / hypotenuse, rectangular(tolerance_mm) / distance_mm)
    value = distance_mm / hypotenuse
    return PixelEstimate(
        direction="y" if upright else "x",
        pixel_mm=Estimate(value=value, uncertainty=value * relative),
        distance_mm=distance_mm,
        separation_px=along,
        tilt_deg=math.degrees(math.atan2(across, along)),
        counts=min(sums),
        sources=2,
        places=tuple((float(r), float(c)) for r, c in places),
    )
