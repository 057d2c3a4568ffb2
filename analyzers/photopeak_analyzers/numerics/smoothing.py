"""The nine-point smoothing of the uniformity clauses, with weight 0 outside the analysed pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

KERNEL = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]])
"""Weights of the nine points. NEMA NU 1-2007 2.4 (GB/T 18989-2013 E.4.4.1, 3.3.1.1.3 a 3)."""

NOISE_FACTOR = 0.375
"""Standard deviation of a smoothed pixel relative to that of a pixel: sqrt(36) / 16."""

Image = NDArray[Any]
"""Array of float32 or float64, which the result keeps."""


def smooth(image: Image, mask: NDArray[np.bool_]) -> Image:
    """Smooth once with the nine-point kernel over the pixels of a mask.

    ``out = conv(mask * image) / conv(mask)`` inside the mask and 0 outside: a pixel outside has
    weight 0, and the divisor is the sum of the weights used. Nothing is reflected at a border.

    Parameters
    ----------
    image
        Shape ``(..., rows, columns)``; the leading axes are smoothed one by one.
    mask
        Analysed pixels, shape ``(rows, columns)``.
    """
    return convolve(np.where(mask, image, image.dtype.type(0))) * reciprocal_weights(
        mask, image.dtype
    )


def reciprocal_weights(mask: NDArray[np.bool_], dtype: np.dtype[Any], step: int = 1) -> Image:
    """Return 1 / (sum of the weights used) inside the mask and 0 outside.

    A pixel of the mask uses its own weight of 4 at least, so that nothing is divided by zero.
    """
    weights = convolve(mask.astype(dtype), step)
    reciprocal: Image = np.zeros_like(weights)
    np.divide(1.0, weights, out=reciprocal, where=mask)
    return reciprocal


def convolve(image: Image, step: int = 1) -> Image:
    """Return the convolution with the kernel (sum 16), with zeros beyond the borders.

    With a `step` of 2 or more the nine points lie that many pixels apart.
    """
    # The kernel is the product of (1, 2, 1) along the rows and along the columns.
    along_rows = image + image
    along_rows[..., step:, :] += image[..., :-step, :]
    along_rows[..., :-step, :] += image[..., step:, :]
    both: Image = along_rows + along_rows
    both[..., step:] += along_rows[..., :-step]
    both[..., :-step] += along_rows[..., step:]
    return both
