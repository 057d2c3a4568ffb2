"""PNG files, from the standard library and numpy alone."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak.reports.colours import palette_chunk
from photopeak_analyzers.figures import ImageFigure

LARGEST_SIDE = 1024
"""Longer sides are averaged in blocks: a figure is to be seen, the pixels are in the DICOM file."""


def indices(figure: ImageFigure) -> NDArray[np.uint8]:
    """Return the image as indices of its palette: `low` is 0, `high` is 255; no number is `low`."""
    image = np.asarray(figure.image, dtype=np.float32)
    step = -(-max(image.shape) // LARGEST_SIDE)
    if step > 1:
        rows, columns = (n // step * step for n in image.shape)
        blocks = image[:rows, :columns].reshape(rows // step, step, columns // step, step)
        image = blocks.mean(axis=(1, 3))
    span = figure.high - figure.low
    scale = 255.0 / span if span > 0.0 else 0.0
    scaled = (image - np.float32(figure.low)) * np.float32(scale)
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    np.clip(scaled, 0.0, 255.0, out=scaled)
    return (scaled + 0.5).astype(np.uint8)


def render_png(figure: ImageFigure) -> bytes:
    """Return the image of a figure as a PNG with the palette of its colour map; no overlays.

    One byte per pixel stays an index into the palette, so that another map is another palette.
    """
    pixels = indices(figure)
    rows, columns = pixels.shape
    lines = np.zeros((rows, columns + 1), np.uint8)
    lines[:, 1:] = pixels
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            palette_chunk(figure.colormap),
            _chunk(b"IDAT", zlib.compress(_buffer(lines), level=1)),
            _chunk(b"IEND", b""),
        )
    )


def _buffer(array: NDArray[Any]) -> bytes:
    return array.tobytes()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
