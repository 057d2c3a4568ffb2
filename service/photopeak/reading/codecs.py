"""Decoders of compressed frames that :mod:`photopeak.reading.codestreams` let pass: lossless only.

RLE needs numpy alone; the others come with the extra ``photopeak[jpeg]``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak.reading import syntaxes
from photopeak.reading.errors import PixelError
from photopeak.reading.jpeg_lossless import check_used_up

Shape = tuple[int, ...]
_EXTRA = "install the extra photopeak[jpeg] to decode"


def decode_frame(
    content: bytes, transfer_syntax_uid: str, shape: Shape, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return one frame.

    Parameters
    ----------
    content
        Its bytes, as `check_frame` returned them.
    shape, dtype
        What the header of the object says; a frame that says otherwise is refused.

    Raises
    ------
    PixelError
        If it cannot be decoded, turns out as something else, or the decoder is not installed.
    """
    decoders: dict[str, Callable[[bytes, Shape, np.dtype[Any]], NDArray[Any]]] = {
        syntaxes.RLE: _rle,
        syntaxes.JPEG_LS_LOSSLESS: _jpeg_ls,
        syntaxes.JPEG_2000_LOSSLESS: _jpeg_2000,
        **dict.fromkeys(syntaxes.JPEG_LOSSLESS, _jpeg_lossless),
    }
    frame = decoders[transfer_syntax_uid](content, shape, dtype)
    if frame.shape != shape:
        raise PixelError(f"a frame has the shape {frame.shape}, the header says {shape}")
    if frame.dtype.itemsize > dtype.itemsize:
        raise PixelError(f"a frame has pixels of {frame.dtype}, the header says {dtype}")
    return frame.astype(dtype, copy=False)


def _rle(content: bytes, shape: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Decode RLE (PS3.5 G): one segment per byte of a pixel, most significant first."""
    count, *offsets = struct.unpack_from("<16I", content)
    bounds = [*offsets[:count], len(content)]
    pixels = shape[0] * shape[1]
    frame = np.empty((pixels, count), np.uint8)
    for index in range(count):
        start, end = bounds[index], bounds[index + 1]
        frame[:, count - 1 - index] = np.frombuffer(
            _unpacked(content, start, end, pixels), np.uint8
        )
    return frame.reshape(-1).view(f"<u{count}").reshape(shape).view(dtype)


def _unpacked(content: bytes, at: int, end: int, pixels: int) -> bytearray:
    """Undo PackBits; stops at the number of pixels, so it cannot grow beyond."""
    out = bytearray()
    while at < end and len(out) < pixels:
        control = content[at]
        if control < 128:
            out += content[at + 1 : min(at + 2 + control, end)]
            at += 2 + control
        elif control > 128:
            out += content[at + 1 : at + 2] * (257 - control)
            at += 2
        else:
            at += 1
    if len(out) < pixels:
        raise PixelError(f"an RLE segment has {len(out)} bytes, needs {pixels}")
    return out[:pixels]


def _jpeg_lossless(content: bytes, shape: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        from imagecodecs import ljpeg_decode
    except ImportError as error:
        raise PixelError(f"{_EXTRA} JPEG lossless") from error
    frame = _decoded(lambda: ljpeg_decode(content), "JPEG lossless", dtype)
    if frame.shape == shape:
        check_used_up(content, frame.view(f"u{frame.dtype.itemsize}"))
    return frame


def _jpeg_ls(content: bytes, _: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        import jpeg_ls
    except ImportError as error:
        raise PixelError(f"{_EXTRA} JPEG-LS") from error
    return _decoded(lambda: jpeg_ls.decode(np.frombuffer(content, np.uint8)), "JPEG-LS", dtype)


def _jpeg_2000(content: bytes, _: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        from openjpeg.utils import decode
    except ImportError as error:
        raise PixelError(f"{_EXTRA} JPEG 2000") from error
    return _decoded(lambda: decode(content), "JPEG 2000", dtype)


def _decoded(decoder: Callable[[], Any], what: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        frame = np.asarray(decoder())
    except MemoryError:
        raise
    except Exception as error:  # decoders raise what they please
        raise PixelError(f"a frame cannot be decoded as {what}: {error}") from error
    if frame.dtype.kind in "ui" and frame.dtype.itemsize == dtype.itemsize:
        return frame.view(dtype)
    return frame
