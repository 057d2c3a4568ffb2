"""One flat source in an image: where it lies, how large it is, and whether it is one disc at all.

The source is what exceeds half of its own level. The diameter is that of the circle of equal area,
which blur and a background below half of the level leave as they are. A disc of the area A has the
second moment ``A / (2 pi)`` about its centre, and every other shape has more: their quotient is 1
for a disc, 1.05 for a square, and 2 and more for bars, for several sources or for a body.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.binning import crop_to_blocks, sum_blocks
from photopeak_analyzers.numerics.smoothing import smooth

BLOCK_MM = 6.4
"""Side of the blocks in which the outline is looked for: noise of single pixels does not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedSource:
    """A source that fills many pixels.

    Attributes
    ----------
    centre
        (row, column) of its middle, in pixels of the image.
    diameter_mm
        Of the circle of equal area.
    spread
        Second moment relative to that of a disc of the same area; 1 for a disc.
    """

    centre: tuple[float, float]
    diameter_mm: float
    spread: float


def extended_source(image: Counts, pixel_mm: tuple[float, float]) -> ExtendedSource:
    """Return the outline of what an image shows.

    Parameters
    ----------
    image
        Counts of shape ``(rows, columns)``.
    pixel_mm
        (row, column) spacing.

    Raises
    ------
    UnsuitableAcquisitionError
        If the image has no counts, or is smaller than one block of pixels.
    """
    block = max(1, round(BLOCK_MM / math.sqrt(pixel_mm[0] * pixel_mm[1])))
    coarse = sum_blocks(crop_to_blocks(image, block), block).astype(np.float64)
    smoothed = smooth(coarse, np.ones(coarse.shape, dtype=bool))
    highest = float(smoothed.max())
    if not highest > 0.0:
        raise UnsuitableAcquisitionError(
            "the image has no counts", quantity="counts", value=0.0, bound=1.0
        )
    level = float(np.median(smoothed[smoothed > highest / 2.0]))
    rows, columns = np.nonzero(smoothed > level / 2.0)
    side = (pixel_mm[0] * block, pixel_mm[1] * block)
    area = rows.size * side[0] * side[1]
    # A twelfth of its area is what each block has about its own middle.
    second = float(rows.var()) * side[0] ** 2 + float(columns.var()) * side[1] ** 2
    second += (side[0] ** 2 + side[1] ** 2) / 12.0
    top, left = ((size % block) // 2 + (block - 1) / 2.0 for size in image.shape)
    return ExtendedSource(
        centre=(
            float(rows.mean()) * block + top,
            float(columns.mean()) * block + left,
        ),
        diameter_mm=2.0 * math.sqrt(area / math.pi),
        spread=2.0 * math.pi * second / area,
    )
