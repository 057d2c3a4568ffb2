"""Position of a point source in one image, as the standards take it: a square around the maximum.

Nothing is taken off; what lies in the square decides, so that a flat background pulls the position
towards the centre of the square. :mod:`~photopeak_analyzers.numerics.centroids` does better where a
standard leaves the choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.profiles import fwhm, highest_channel


@dataclass(frozen=True, slots=True, kw_only=True)
class PointPosition:
    """A point source in one image; positions are 0-based (row, column) of pixel centres.

    Attributes
    ----------
    position, uncertainty
        Centroid in pixels, with the standard uncertainty of counting.
    counts
        Counts in the square.
    highest
        Counts of the highest pixel.
    side
        Pixels per side of the square.
    cut
        True when the border of the image cuts the square off.
    """

    position: tuple[float, float]
    uncertainty: tuple[float, float]
    counts: float
    highest: float
    side: int
    cut: bool


def square_centroid(image: Counts, side: int) -> PointPosition:
    """Return the centroid of a square about the highest pixel, one axis after the other.

    Parameters
    ----------
    image
        Counts of shape ``(rows, columns)``.
    side
        Pixels per side, odd; about 4 FWHM (:func:`odd_side`).

    Raises
    ------
    UnsuitableAcquisitionError
        If the image holds no counts, or `side` is even.

    References
    ----------
    NEMA NU 1-2007 2.5 (GB/T 18989-2013 E.5, formula E.3); IEC 60789 / GB/T 18989-2013 3.5 (15).
    """
    if side < 1 or side % 2 == 0:
        raise UnsuitableAcquisitionError(
            f"the square is {side} pixels wide, needs an odd number",
            quantity="side of the square",
            value=float(side),
            bound=1.0,
        )
    row, column = (int(i) for i in np.unravel_index(int(image.argmax()), image.shape))
    highest = float(image[row, column])
    if not highest > 0.0:
        raise UnsuitableAcquisitionError(
            f"the highest pixel has {highest:g} counts, needs more than 0",
            quantity="highest pixel",
            value=highest,
            bound=0.0,
        )
    half = side // 2
    top, left = max(row - half, 0), max(column - half, 0)
    square = np.asarray(image[top : row + half + 1, left : column + half + 1], dtype=np.float64)
    total = float(square.sum())
    position, uncertainty = [], []
    for first, axis in ((top, 0), (left, 1)):
        profile = square.sum(axis=1 - axis)
        places = first + np.arange(profile.size)
        centre = float(profile @ places) / total
        # Poisson: u**2 = sum(N (i - c)**2) / N**2; in a single pixel it may lie anywhere, 1 / 12.
        spread = max(float(profile @ (places - centre) ** 2), total / 12.0)
        position.append(centre)
        uncertainty.append(math.sqrt(spread) / total)
    return PointPosition(
        position=(position[0], position[1]),
        uncertainty=(uncertainty[0], uncertainty[1]),
        counts=total,
        highest=highest,
        side=side,
        cut=square.shape != (side, side),
    )


def odd_side(image: Counts, widths: float = 4.0) -> int:
    """Return the side of the square in pixels: so many FWHM of the source, rounded to odd.

    The width is the larger of the two through the highest pixel.

    Raises
    ------
    FitError
        If the source does not fall to half its height on both sides.
    """
    row, column = (int(i) for i in np.unravel_index(int(image.argmax()), image.shape))
    through = [np.asarray(line, dtype=np.float64) for line in (image[:, column], image[row])]
    width = max(fwhm(profile, highest_channel(profile)) for profile in through)
    return 2 * max(round((widths * width - 1.0) / 2.0), 1) + 1
