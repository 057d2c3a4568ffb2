"""Slit masks and their images, short enough to say in a test what matters to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import CollimatorType, Planar
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.simulation.lines import Direction, SlitMask, line_image
from photopeak_analyzers.simulation.planar import Matrix, noisy, still

MATRIX = Matrix(rows=512, columns=512, pixel_mm=0.6)
"""307 mm of 0.6 mm, a sixth of the resolution of a detector."""

LENGTHS_MM = {"x": 270.0, "y": 210.0}
"""Of the lit field, along X and Y."""

FIELD = {"ufov_width_mm": 270.0, "ufov_height_mm": 210.0}
"""The same as parameters: nine and seven strips of 30 mm."""

PROFILES = {"y": Direction.X, "x": Direction.Y}
"""Direction of the profile of slits that run along an axis."""


def picture(
    along: str = "y",
    *,
    fwhm_mm: float = 3.8,
    matrix: Matrix = MATRIX,
    seed: int | None = None,
    background: float = 0.0,
    **mask: Any,
) -> Any:
    """Return the counts of a slit mask, expected ones without a seed."""
    direction = PROFILES[along]
    across, length = LENGTHS_MM[direction.value], LENGTHS_MM[along]
    # Lit beyond the field on both sides: half a pitch for the slits, 12 mm along them.
    given = {
        "size_mm": (across + 30.0, length + 24.0),
        "counts_per_mm": 40_000.0,
        "offset_mm": 0.3,
    } | mask
    slits = SlitMask(direction=direction, **given).lines()
    image = line_image(matrix, slits, fwhm_mm=fwhm_mm, background=background)
    return image if seed is None else noisy(image, np.random.default_rng(seed))


def acquire(images: Any, *, matrix: Matrix = MATRIX, **header: Any) -> Planar:
    """Return an acquisition of one image of detector 1, or of images by (detector, window)."""
    frames = images if isinstance(images, dict) else {(1, 1): images}
    given: dict[str, Any] = {"duration_s": 6000.0, "collimator": CollimatorType.NONE} | header
    return still(frames, matrix.pixel_mm, **given)


def image(along: str = "y", header: dict[str, Any] | None = None, **how: Any) -> Planar:
    """Return the acquisition of a slit mask whose slits run along an axis."""
    matrix = {"matrix": how["matrix"]} if "matrix" in how else {}
    return acquire(picture(along, **how), **matrix, **(header or {}))


def inputs(x: Any = (), y: Any = (), variant: str = "nema") -> Inputs:
    """Return a set: images with slits along X, and along Y."""
    return Inputs(roles={"lines_x": tuple(x), "lines_y": tuple(y)}, variant=variant)
