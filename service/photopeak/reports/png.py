"""Colour maps and PNG files, from the standard library and numpy alone."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.figures import Colormap, ImageFigure

LARGEST_SIDE = 1024
"""Longer sides are averaged in blocks: a figure is to be seen, the pixels are in the DICOM file."""

_STOPS = {
    Colormap.GREY: ("000000", "ffffff"),
    # Nuñez, Anderton, Renslow 2018: cividis, ten stops of it.
    Colormap.CIVIDIS: (
        "00224e", "123570", "3b496c", "575d6d", "707173",
        "8a8678", "a59c74", "c3b369", "e1cc55", "fee838",
    ),
    # ColorBrewer 2.0 (Brewer, Harrower): diverging PuOr of eleven classes.
    Colormap.DIVERGING: (
        "7f3b08", "b35806", "e08214", "fdb863", "fee0b6", "f7f7f7",
        "d8daeb", "b2abd2", "8073ac", "542788", "2d004b",
    ),
}  # fmt: skip


@lru_cache(maxsize=8)
def palette(colormap: Colormap) -> NDArray[np.uint8]:
    """Return the 256 colours of a map, of shape ``(256, 3)``."""
    stops = np.array([[int(s[i : i + 2], 16) for i in (0, 2, 4)] for s in _STOPS[colormap]], float)
    where = np.linspace(0.0, len(stops) - 1.0, 256)
    channels = [np.interp(where, np.arange(len(stops)), stops[:, c]) for c in range(3)]
    table: NDArray[np.uint8] = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    table.flags.writeable = False
    return table


def hex_colours(colormap: Colormap, count: int) -> tuple[str, ...]:
    """Return `count` colours along a map as ``#rrggbb``."""
    table = palette(colormap)
    picks = np.rint(np.linspace(0, 255, count)).astype(int)
    return tuple("#{:02x}{:02x}{:02x}".format(*table[i]) for i in picks)


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
            _chunk(b"PLTE", palette(figure.colormap).tobytes()),
            _chunk(b"IDAT", zlib.compress(_buffer(lines), level=1)),
            _chunk(b"IEND", b""),
        )
    )


def _buffer(array: NDArray[Any]) -> bytes:
    return array.tobytes()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
