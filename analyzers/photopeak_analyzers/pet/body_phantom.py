"""The IEC body phantom in a reconstruction: contour, ends, and the axis of its lung insert.

It is looked for in a few voxels of the whole volume, then measured in the slices that matter: the
contour at half of the background in the mean of some slices, the lung insert as the cold disc in the
middle of three such means, from which its tilt follows. Nothing is converted as a whole: slices carry
their own scale. Positions are (row, column) or (slice, row, column) in mm from the centre of the first
voxel. NEMA NU 2-2018 7.3; JJF draft, Annex B.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.pet.body_search import PAD_MM, Box, search_body

Floats = NDArray[np.float64]

WIDTH_MM, HEIGHT_MM = 294.0, 224.0
"""Inside of the phantom: half a circle of 147 mm above, corners of 77 mm below. NEMA NU 2-2018, fig. 7-1."""

SIZE_TOLERANCE_MM = 20.0
"""By how much a body may be larger or smaller: phantoms of several makers differ by some millimetres."""

CLIPPED = 3.0
"""Values above so many backgrounds count as that many where the ends are sought: a line source beyond."""

MEAN_SLICES = 10
"""Slices in each of the three means."""

END_SHARE = 0.15
"""Of the length of the phantom that the means leave out at either end."""

CONTOUR_SIGMA_MM = 1.5
"""By which a mean is smoothed before its contour is followed."""

RAYS, FACETS = 180, 90
"""Directions in which the contour is sought; straight edges that it is described by."""

RAY_STEP_MM = 1.0

LUNG_SEARCH_MM, LUNG_SIGMA_MM, LUNG_REACH_MM = 40.0, 8.0, 35.0
"""Lung insert: how far from the middle, smoothed by how much; reach of its centroid."""

LUNG_CORE_MM = 15.0
"""Radius in which it has to be cold."""

LEAST_COLD = 0.7
"""Value of the lung insert over background that it must not reach."""

LUNG_STEPS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyPhantom:
    """The phantom without its spheres.

    Attributes
    ----------
    level
        Value of the background.
    rows, columns
        Part of a slice around the body.
    facets_mm
        Distance of the straight edges of the contour from `middle_mm`, one for each of
        :data:`FACETS` directions that start at +row and turn towards +column.
    contour_mm
        (row, column) of the contour, shape ``(RAYS, 2)``.
    seen_at_mm
        Slice position at which `middle_mm` and `contour_mm` lie: both follow the axis of the lung
        insert, see :meth:`shifted_mm`.
    ends_mm
        Where the inside begins and ends along the slices; None where the volume ends before it.
    lung_mm, lung_slope
        (row, column) of the axis of the lung insert at slice position 0, and per mm of position.
    """

    level: float
    rows: slice
    columns: slice
    middle_mm: tuple[float, float]
    facets_mm: Floats
    contour_mm: Floats
    seen_at_mm: float
    ends_mm: tuple[float | None, float | None]
    lung_mm: Floats
    lung_slope: Floats

    @property
    def widths_mm(self) -> tuple[float, float]:
        """Smallest and largest distance of two parallel edges."""
        across = self.facets_mm + np.roll(self.facets_mm, FACETS // 2)
        return float(across.min()), float(across.max())

    @property
    def tilt_deg(self) -> float:
        """Angle of the lung insert against the normal of the slices."""
        return math.degrees(math.atan(float(np.hypot(*self.lung_slope))))

    def lung_at(self, position_mm: float) -> Floats:
        """Return (row, column) of the axis of the lung insert at a position along the slices."""
        return np.asarray(self.lung_mm + self.lung_slope * position_mm)

    def shifted_mm(self, position_mm: float) -> Floats:
        """Return by how much (row, column) of the contour is shifted at a position: a tilted one is."""
        return np.asarray(self.lung_slope * (position_mm - self.seen_at_mm))

    def depth_mm(self, places_mm: Floats, position_mm: float) -> Floats:
        """Return how far inside the contour places of shape ``(..., 2)`` lie at a slice position."""
        middle = np.array(self.middle_mm) + self.shifted_mm(position_mm)
        beyond = (places_mm - middle) @ _directions().T
        return np.asarray((self.facets_mm - beyond).min(axis=-1))

    def reach_mm(
        self, start_mm: Floats, turned: Floats, depth_mm: float, position_mm: float
    ) -> Floats:
        """Return how far a place inside may move in directions to be still as deep as that."""
        directions = _directions()
        middle = np.array(self.middle_mm) + self.shifted_mm(position_mm)
        room = self.facets_mm - depth_mm - (start_mm - middle) @ directions.T
        towards = turned @ directions.T
        ratio = np.where(towards > 1e-9, room / np.maximum(towards, 1e-9), np.inf)
        return np.asarray(ratio.min(axis=1))


def physical_part(volume: Volume, slices: slice, rows: slice, columns: slice) -> Floats:
    """Return a part of a volume in physical units."""
    part = volume.values[slices, rows, columns].astype(np.float64)
    part *= volume.slope[slices, None, None]
    part += volume.intercept[slices, None, None]
    return np.asarray(part)


def find_body(volume: Volume) -> BodyPhantom:
    """Return the phantom.

    Raises
    ------
    UnsuitableAcquisitionError
        If the volume is empty, of impossible voxels or not of transverse slices, or shows no whole
        body of the size of the phantom with a cold insert in its middle.
    """
    level, box = search_body(volume)
    inner = _inner_slices(box[0])
    images = [
        _mean_image(volume, part, box[1], box[2])
        for part in np.array_split(np.arange(inner.start, inner.stop), 3)
    ]
    image = np.mean(images, axis=0)
    inside = image[image > 0.5 * level]
    level = float(np.median(inside)) if inside.size else level
    pixel = volume.voxel_spacing_mm[1:]
    origin = np.array([box[1].start * pixel[0], box[2].start * pixel[1]])
    contour = _contour(image, pixel, level) + origin
    middle = contour.mean(axis=0)
    facets = ((contour - middle) @ _directions().T).max(axis=0)
    start = _coldest(image, pixel, middle - origin)
    positions = [
        float(part.mean()) * volume.voxel_spacing_mm[0]
        for part in np.array_split(np.arange(inner.start, inner.stop), 3)
    ]
    lungs = np.array([_lung_centre(each, pixel, start, level) + origin for each in images])
    slope, at_zero = np.polynomial.polynomial.polyfit(positions, lungs, 1)[::-1]
    body = BodyPhantom(
        level=level,
        rows=box[1],
        columns=box[2],
        middle_mm=(float(middle[0]), float(middle[1])),
        facets_mm=facets,
        contour_mm=contour,
        seen_at_mm=float(np.mean(positions)),
        ends_mm=_ends(volume, box, image > 0.5 * level, level),
        lung_mm=at_zero,
        lung_slope=slope,
    )
    _refuse_other_size(body)
    _refuse_without_lung(image, pixel, lungs.mean(axis=0) - origin, level)
    return body


def _inner_slices(slices: slice) -> slice:
    """Return the slices without the ends; a slice for each of three means at least."""
    count = slices.stop - slices.start
    if count < 9:
        raise UnsuitableAcquisitionError(
            f"the body is seen in {count} slices, needs 9",
            quantity="slices of the phantom",
            value=count,
            bound=9,
        )
    left_out = round(END_SHARE * count)
    return slice(slices.start + left_out, slices.stop - left_out)


def _mean_image(volume: Volume, part: NDArray[np.int_], rows: slice, columns: slice) -> Floats:
    """Return the mean of some of the slices of a part."""
    chosen = part[:: max(1, len(part) // MEAN_SLICES)]
    total = np.zeros((rows.stop - rows.start, columns.stop - columns.start))
    for index in chosen:
        total += volume.values[index, rows, columns] * volume.slope[index]
    return np.asarray(total / len(chosen) + volume.intercept[chosen].mean())


def _directions() -> Floats:
    angles = np.arange(FACETS) * 2.0 * math.pi / FACETS
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _contour(image: Floats, pixel: tuple[float, float], level: float) -> Floats:
    """Return where rays from the middle of the body cross half of the background last."""
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    smooth = ndimage.gaussian_filter(image, [CONTOUR_SIGMA_MM / side for side in pixel])
    half = 0.5 * level
    centre = np.array(
        [
            np.average(np.arange(n), weights=(smooth > half).sum(axis=axis))
            for n, axis in zip(smooth.shape, (1, 0), strict=True)
        ]
    )
    reach = math.hypot(*(n * side for n, side in zip(smooth.shape, pixel, strict=True)))
    radii = np.arange(0.0, reach, RAY_STEP_MM)
    angles = np.arange(RAYS) * 2.0 * math.pi / RAYS
    turned = np.stack([np.cos(angles), np.sin(angles)])
    places = centre[:, None, None] + turned[:, :, None] * radii / np.array(pixel)[:, None, None]
    seen = ndimage.map_coordinates(smooth, places, order=1, mode="constant", cval=-np.inf)
    above = seen >= half
    last = radii.size - 1 - above[:, ::-1].argmax(axis=1)
    rays = np.arange(RAYS)
    after = np.minimum(last + 1, radii.size - 1)
    cut = int((~np.isfinite(seen[rays, after])).sum())
    if cut or not above.any(axis=1).all():
        raise UnsuitableAcquisitionError(
            f"the body reaches beyond the image in {cut} of {RAYS} directions, needs 0: it is cut",
            quantity="directions in which the body is cut",
            value=cut,
            bound=0,
        )
    inner, outer = seen[rays, last], seen[rays, after]
    crossing = radii[last] + RAY_STEP_MM * (inner - half) / np.maximum(inner - outer, 1e-300)
    return np.asarray((centre * np.array(pixel))[None] + turned.T * crossing[:, None])


def _coldest(image: Floats, pixel: tuple[float, float], middle: Floats) -> Floats:
    """Return the coldest place near the middle of the body."""
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    smooth = ndimage.gaussian_filter(image, [LUNG_SIGMA_MM / side for side in pixel])
    y = np.arange(smooth.shape[0]) * pixel[0] - middle[0]
    x = np.arange(smooth.shape[1]) * pixel[1] - middle[1]
    away = np.hypot(y[:, None], x) > LUNG_SEARCH_MM
    row, column = np.unravel_index(int(np.where(away, np.inf, smooth).argmin()), smooth.shape)
    return np.array([row * pixel[0], column * pixel[1]])


def _lung_centre(image: Floats, pixel: tuple[float, float], start: Floats, level: float) -> Floats:
    """Return the centroid of what is missing to the background about a start."""
    room = LUNG_REACH_MM + LUNG_SIGMA_MM
    rows, columns = (
        slice(max(math.floor((c - room) / side), 0), math.ceil((c + room) / side) + 1)
        for c, side in zip(start, pixel, strict=True)
    )
    part = image[rows, columns]
    deficit = np.maximum(0.9 * level - part, 0.0)
    y = (np.arange(part.shape[0]) + rows.start) * pixel[0]
    x = (np.arange(part.shape[1]) + columns.start) * pixel[1]
    centre = start
    for _ in range(LUNG_STEPS):
        near = np.hypot((y - centre[0])[:, None], x - centre[1]) <= LUNG_REACH_MM
        weights = np.where(near, deficit, 0.0)
        total = float(weights.sum())
        if total <= 0.0:
            return start
        centre = np.array([weights.sum(axis=1) @ y, weights.sum(axis=0) @ x]) / total
    return centre


def _ends(
    volume: Volume, box: Box, inside: NDArray[np.bool_], level: float
) -> tuple[float | None, float | None]:
    """Return where the mean in the contour crosses half of what it is in the middle."""
    side = volume.voxel_spacing_mm[0]
    rows, columns = np.nonzero(inside)
    thin = slice(None, None, max(1, rows.size // 1000))
    rows, columns = rows[thin] + box[1].start, columns[thin] + box[2].start
    room = math.ceil(PAD_MM / side)
    first = max(box[0].start - room, 0)
    stop = min(box[0].stop + room, volume.values.shape[0])
    seen = volume.values[first:stop, rows, columns] * volume.slope[first:stop, None]
    seen += volume.intercept[first:stop, None]
    profile = np.minimum(seen, CLIPPED * level).mean(axis=1)
    half = 0.5 * float(np.median(profile[box[0].start - first : box[0].stop - first]))
    above = np.flatnonzero(profile >= half)
    low, high = int(above[0]), int(above[-1])

    def crossing(inner: int, outer: int) -> float | None:
        if not 0 <= outer < profile.size:
            return None
        share = (profile[inner] - half) / (profile[inner] - profile[outer])
        return float((first + inner + (outer - inner) * share) * side)

    return crossing(low, low - 1), crossing(high, high + 1)


def _refuse_other_size(body: BodyPhantom) -> None:
    for name, found, wanted in zip(
        ("height", "width"), body.widths_mm, (HEIGHT_MM, WIDTH_MM), strict=True
    ):
        if abs(found - wanted) > SIZE_TOLERANCE_MM:
            raise UnsuitableAcquisitionError(
                f"the {name} of the body is {found:.0f} mm, needs {wanted:g} mm"
                f" +- {SIZE_TOLERANCE_MM:g} mm: it is no IEC body phantom",
                quantity=f"{name} of the body",
                value=found,
                bound=f"{wanted:g} mm +- {SIZE_TOLERANCE_MM:g} mm",
            )


def _refuse_without_lung(
    image: Floats, pixel: tuple[float, float], centre: Floats, level: float
) -> None:
    y = np.arange(image.shape[0]) * pixel[0] - centre[0]
    x = np.arange(image.shape[1]) * pixel[1] - centre[1]
    core = image[np.hypot(y[:, None], x) <= LUNG_CORE_MM]
    share = float(core.mean()) / level if core.size else 1.0
    if not share < LEAST_COLD:
        raise UnsuitableAcquisitionError(
            f"the middle of the body has {share:.2f} of the background, needs less than"
            f" {LEAST_COLD:g}: the lung insert is not found",
            quantity="middle of the body over background",
            value=share,
            bound=LEAST_COLD,
        )
