"""Line sources and their images, short enough to say in a test what matters to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import Planar
from photopeak_analyzers.simulation.lines import Direction, Line, line_image
from photopeak_analyzers.simulation.planar import Matrix, noisy, still

MATRIX = Matrix(rows=512, columns=512, pixel_mm=0.6)
"""307 mm of 0.6 mm, a twelfth of the resolution of a low-energy collimator."""

PERPENDICULAR = {"y": Direction.X, "x": Direction.Y}
"""Direction of the profile of lines that run along an axis."""


def lines(
    along: str = "y",
    *,
    apart_mm: float | None = 30.0,
    counts_per_mm: float = 20_000.0,
    middle_mm: float = 0.4,
    **line: Any,
) -> tuple[Line, ...]:
    """Return two lines that run along an axis, or one with `apart_mm` None."""
    places = (0.0,) if apart_mm is None else (-apart_mm / 2.0, apart_mm / 2.0)
    return tuple(
        Line(
            direction=PERPENDICULAR[along],
            across_mm=middle_mm + place,
            counts_per_mm=counts_per_mm,
            **line,
        )
        for place in places
    )


def picture(
    along: str = "y",
    *,
    fwhm_mm: float = 7.5,
    matrix: Matrix = MATRIX,
    seed: int | None = None,
    background: float = 0.0,
    **how: Any,
) -> Any:
    """Return the counts of line sources, expected ones without a seed."""
    image = line_image(matrix, lines(along, **how), fwhm_mm=fwhm_mm, background=background)
    return image if seed is None else noisy(image, np.random.default_rng(seed))


def acquire(images: Any, *, matrix: Matrix = MATRIX, **header: Any) -> Planar:
    """Return an acquisition of one image of detector 1, or of images by (detector, window)."""
    frames = images if isinstance(images, dict) else {(1, 1): images}
    header.setdefault("duration_s", 3000.0)
    return still(frames, matrix.pixel_mm, **header)
