"""Guessing the UFOV from the flood itself, when neither the site nor the header declares it.

The UFOV is the maker's figure; a guess moves with the image it is to judge. It serves daily
constancy, is flagged wherever it is used, and never carries an acceptance or status test.
"""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.field_of_view import LARGEST_MM, SMALLEST_MM, FieldOfView, Shape

BACKGROUND_LEVEL = 0.10
"""Pixels below this share of the maximum do not count as illuminated."""

EDGE_LEVEL = 0.50
"""The field ends where the counts fall below this share of the median of the illuminated pixels."""

SHRINK = 0.95
"""Share of the illuminated box that is taken: its edge shows the packing of the crystal."""

CIRCLE_FILL = 0.82
"""A box filled less than this is round: a circle fills pi / 4 = 0.785."""

RECTANGLE_FILL = 0.985
"""A box filled more than this has no cut corners."""

ROUND_ASPECT = 1.06
"""A circle is at most this much longer than wide, after rounding to pixels."""


def estimate_field_of_view(
    counts: Counts, pixel_mm: tuple[float, float], matrix_centre: tuple[float, float]
) -> FieldOfView:
    """Return the bounding shape of the illuminated area, shrunk by 5 %.

    Threshold at half the median of the pixels above 10 % of the maximum, largest connected
    component, holes filled.

    Parameters
    ----------
    counts
        One frame, binned to the pixel of the analysis: at a few counts per pixel a threshold
        would cut noise, not the field.
    pixel_mm
        (row, column) spacing in mm.
    matrix_centre
        (row, column) of the centre of the acquired matrix, in pixels of `counts`.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing is illuminated, or what is illuminated cannot be a detector.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    highest = float(counts.max())
    if highest <= 0.0:
        raise UnsuitableAcquisitionError(
            "the image is empty, no field of view can be found in it",
            quantity="maximum counts per pixel",
            value=highest,
            bound=0.0,
        )
    level = EDGE_LEVEL * float(np.median(counts[counts > BACKGROUND_LEVEL * highest]))
    labels, _ = ndimage.label(counts >= level)
    largest = int(np.argmax(np.bincount(labels.ravel())[1:])) + 1
    field = ndimage.binary_fill_holes(labels == largest)
    rows = np.flatnonzero(field.any(axis=1))
    columns = np.flatnonzero(field.any(axis=0))
    height_pixels = int(rows[-1] - rows[0]) + 1
    width_pixels = int(columns[-1] - columns[0]) + 1
    fill = int(np.count_nonzero(field)) / (height_pixels * width_pixels)
    height_mm = height_pixels * pixel_mm[0] * SHRINK
    width_mm = width_pixels * pixel_mm[1] * SHRINK
    for length in (height_mm, width_mm):
        if not SMALLEST_MM <= length <= LARGEST_MM:
            raise UnsuitableAcquisitionError(
                f"the illuminated area is {width_mm:.3g} x {height_mm:.3g} mm,"
                f" a field of view has {SMALLEST_MM:g} to {LARGEST_MM:g} mm",
                quantity="illuminated length in mm",
                value=length,
                bound=SMALLEST_MM if length < SMALLEST_MM else LARGEST_MM,
            )
    offset_mm = (
        (float(rows[-1] + rows[0]) / 2.0 - matrix_centre[0]) * pixel_mm[0],
        (float(columns[-1] + columns[0]) / 2.0 - matrix_centre[1]) * pixel_mm[1],
    )
    aspect = max(height_mm, width_mm) / min(height_mm, width_mm)
    if fill < CIRCLE_FILL and aspect <= ROUND_ASPECT:
        diameter = (height_mm + width_mm) / 2.0
        return FieldOfView(
            shape=Shape.CIRCLE,
            width_mm=diameter,
            height_mm=diameter,
            centre_offset_mm=offset_mm,
        )
    if fill < RECTANGLE_FILL:
        # Four triangles of legs c are missing: 2 c^2 = (1 - fill) * area.
        cut = math.sqrt((1.0 - fill) * height_mm * width_mm / 2.0)
        return FieldOfView(
            shape=Shape.POLYGON,
            width_mm=width_mm,
            height_mm=height_mm,
            corner_cut_mm=min(cut, min(height_mm, width_mm) / 2.0),
            centre_offset_mm=offset_mm,
        )
    return FieldOfView(width_mm=width_mm, height_mm=height_mm, centre_offset_mm=offset_mm)
