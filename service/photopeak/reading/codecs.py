"""Decoders of compressed frames: lossless only, and only after a look at what a frame claims.

RLE needs numpy alone; the others come with the extra ``photopeak[jpeg]``. A damaged JPEG-LS stream
can keep CharLS, the decoder behind every package for it, counting for some seconds before it gives
up; nothing can be seen of that beforehand, so only the time limit of the process bounds it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak.reading import syntaxes
from photopeak.reading.errors import PixelError

Shape = tuple[int, ...]
_EXTRA = "install the extra photopeak[jpeg] to decode"
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xF7})
_JPEG_START = b"\xff\xd8"
_J2K_START = b"\xff\x4f\xff\x51"
_JP2_START = b"\0\0\0\x0cjP  "


def decode_frame(
    content: bytes, transfer_syntax_uid: str, shape: Shape, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return one frame.

    Parameters
    ----------
    content
        Its bytes.
    shape, dtype
        What the header of the object says; a frame that says otherwise is refused.

    Raises
    ------
    PixelError
        If it cannot be decoded, is something else, or the decoder is not installed.
    """
    decoders: dict[str, Callable[[bytes, Shape, np.dtype[Any]], NDArray[Any]]] = {
        syntaxes.RLE: _rle,
        syntaxes.JPEG_LS_LOSSLESS: _jpeg_ls,
        syntaxes.JPEG_2000_LOSSLESS: _jpeg_2000,
        **dict.fromkeys(syntaxes.JPEG_LOSSLESS, _jpeg_lossless),
    }
    decoder = decoders.get(transfer_syntax_uid)
    if decoder is None:
        raise PixelError(f"pixels in the transfer syntax {transfer_syntax_uid} are not decoded")
    frame = decoder(content, shape, dtype)
    if frame.shape != shape:
        raise PixelError(f"a frame has the shape {frame.shape}, the header says {shape}")
    if frame.dtype.itemsize > dtype.itemsize:
        raise PixelError(f"a frame has pixels of {frame.dtype}, the header says {dtype}")
    return frame.astype(dtype, copy=False)


def _rle(content: bytes, shape: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Decode RLE (PS3.5 G): one segment per byte of a pixel, most significant first."""
    if len(content) < 64:
        raise PixelError("an RLE frame has no header")
    count, *offsets = struct.unpack_from("<16I", content)
    if count != dtype.itemsize:
        raise PixelError(f"an RLE frame has {count} segments, needs {dtype.itemsize}")
    bounds = [*offsets[:count], len(content)]
    pixels = shape[0] * shape[1]
    frame = np.empty((pixels, count), np.uint8)
    for index in range(count):
        start, end = bounds[index], bounds[index + 1]
        if not 64 <= start <= end <= len(content):
            raise PixelError("an RLE frame has segments that lie outside of it")
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
    _check_jpeg(content, shape, lossless=frozenset({0xC3}))
    try:
        from imagecodecs import ljpeg_decode
    except ImportError as error:
        raise PixelError(f"{_EXTRA} JPEG lossless") from error
    return _decoded(lambda: ljpeg_decode(content), "JPEG lossless", dtype)


def _jpeg_ls(content: bytes, shape: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    _check_jpeg(content, shape, lossless=frozenset({0xF7}))
    try:
        import jpeg_ls
    except ImportError as error:
        raise PixelError(f"{_EXTRA} JPEG-LS") from error
    return _decoded(lambda: jpeg_ls.decode(np.frombuffer(content, np.uint8)), "JPEG-LS", dtype)


def _jpeg_2000(content: bytes, shape: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    start = content.find(_J2K_START) if content.startswith(_JP2_START) else 0
    if start < 0 or content[start : start + 4] != _J2K_START or len(content) < start + 42:
        raise PixelError("a frame is no JPEG 2000 code stream")
    right, bottom, left, top = struct.unpack_from(">4I", content, start + 8)
    (components,) = struct.unpack_from(">H", content, start + 40)
    _compare((bottom - top, right - left), components, shape)
    try:
        from openjpeg.utils import decode
    except ImportError as error:
        raise PixelError(f"{_EXTRA} JPEG 2000") from error
    return _decoded(lambda: decode(content), "JPEG 2000", dtype)


def _check_jpeg(content: bytes, shape: Shape, *, lossless: frozenset[int]) -> None:
    """Compare the frame header of a JPEG stream with what the object says."""
    at = 2
    if not content.startswith(_JPEG_START):
        raise PixelError("a frame is no JPEG stream")
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            break
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if marker in _JPEG_FRAMES:
            if marker not in lossless or at + 10 > len(content):
                raise PixelError(f"a frame is a JPEG stream of another process (SOF {marker:02X})")
            height, width, components = struct.unpack_from(">HHB", content, at + 5)
            _compare((height, width), components, shape)
            return
        at += 2 + length
    raise PixelError("a frame is a JPEG stream without a frame header")


def _compare(size: Shape, components: int, shape: Shape) -> None:
    if size != shape or components != 1:
        raise PixelError(
            f"a compressed frame has {size[0]} x {size[1]} pixels of {components} components,"
            f" the header says {shape[0]} x {shape[1]} of 1"
        )


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
