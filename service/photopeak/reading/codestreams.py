"""What a compressed frame claims, compared with the object before any decoder sees it.

Only markers are read, never the coded data. That is quick, and it is what the decoders lean on:
CharLS counts through all 32-bit numbers, some seconds long, when a JPEG-LS stream ends without
the marker that stops it; OpenJPEG allocates for every tile and precinct that a stream names.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from photopeak.reading import syntaxes
from photopeak.reading.errors import LossyError, PixelError

SMALLEST_TILE_PIXELS = 32 * 32
"""Smaller tiles of JPEG 2000 on average are refused: a decoder needs some kB for each."""
SMALLEST_PRECINCT_PIXELS = 8 * 8
"""The same for precincts; encoders use 128 x 128 and more."""
_END = b"\xff\xd9"
_JPEG_START = b"\xff\xd8"
_J2K_START = b"\xff\x4f\xff\x51"
_JP2_START = b"\0\0\0\x0cjP  "
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xF7})
_JPEG_SCAN, _JPEG_RESTART, _JPEG_LS_PARAMETERS = 0xDA, 0xDD, 0xF8
_J2K_TILE, _J2K_DATA, _J2K_CODING, _J2K_CODING_OF_COMPONENT = 0xFF90, 0xFF93, 0xFF52, 0xFF53
_J2K_TILE_PART = b"\xff\x90"
_J2K_REVERSIBLE = 1
_SIZE_OF_TILE_HEADER = 12
_MOST_TILE_PARTS = 65_535
_MARGIN_BYTES = 64 * 1024

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Segment:
    """One marker segment: its parameters, and where it ends."""

    marker: int
    content: bytes
    end: int


def check_frame(content: bytes, transfer_syntax_uid: str, shape: Shape, bits: int) -> bytes:
    """Compare a frame with the object that it belongs to; returns it without its padding.

    Parameters
    ----------
    content
        The bytes of the frame.
    shape, bits
        (rows, columns) and BitsAllocated of the object.

    Raises
    ------
    LossyError
        If it lost something, although its transfer syntax is a lossless one.
    PixelError
        If it is something else than the object says, or breaks off.
    """
    checks: Mapping[str, Callable[[bytes, Shape, int], bytes]] = {
        syntaxes.RLE: _check_rle,
        syntaxes.JPEG_LS_LOSSLESS: _check_jpeg_ls,
        syntaxes.JPEG_2000_LOSSLESS: _check_jpeg_2000,
        **dict.fromkeys(syntaxes.JPEG_LOSSLESS, _check_jpeg_lossless),
    }
    check = checks.get(transfer_syntax_uid)
    if check is None:
        raise PixelError(f"pixels in the transfer syntax {transfer_syntax_uid} are not decoded")
    # Lossless compression does not make images much larger; noise may grow by some percent.
    longest = 2 * shape[0] * shape[1] * bits // 8 + _MARGIN_BYTES
    if len(content) > longest:
        raise PixelError(
            f"a compressed frame has {len(content)} bytes, {shape[0]} x {shape[1]} pixels in {bits}"
            f" bits need at most {longest}"
        )
    return check(content, shape, bits)


def _check_rle(content: bytes, _: Shape, bits: int) -> bytes:
    """Check the header of RLE (PS3.5 G.5): one segment per byte of a pixel."""
    if len(content) < 64:
        raise PixelError("an RLE frame has no header")
    count, *offsets = struct.unpack_from("<16I", content)
    if count != bits // 8:
        raise PixelError(f"an RLE frame has {count} segments, needs {bits // 8}")
    bounds = [*offsets[:count], len(content)]
    if any(not 64 <= start <= end <= len(content) for start, end in itertools.pairwise(bounds)):
        raise PixelError("an RLE frame has segments that lie outside of it")
    return content


def _check_jpeg_lossless(content: bytes, shape: Shape, bits: int) -> bytes:
    stream, scan = _jpeg(content, 0xC3, shape, bits)
    predictor, _, transform = scan[-3:]
    if not 1 <= predictor <= 7:
        raise PixelError(f"a JPEG lossless frame uses predictor {predictor}, there are 1 to 7")
    if transform & 0x0F:
        raise LossyError(
            f"lossy: not analysable, a JPEG lossless frame leaves out {transform & 0x0F} bits"
        )
    return stream


def _check_jpeg_ls(content: bytes, shape: Shape, bits: int) -> bytes:
    stream, scan = _jpeg(content, 0xF7, shape, bits)
    near, _, transform = scan[-3:]
    if near or transform & 0x0F:
        raise LossyError(
            f"lossy: not analysable, a JPEG-LS frame is near-lossless (NEAR {near}, point transform"
            f" {transform & 0x0F})"
        )
    return stream


def _jpeg(content: bytes, process: int, shape: Shape, bits: int) -> tuple[bytes, bytes]:
    """Check a JPEG stream (ISO/IEC 10918-1 B, 14495-1 C); returns it and its scan header."""
    if not content.startswith(_JPEG_START):
        raise PixelError("a frame is no JPEG stream")
    framed = False
    for segment in _jpeg_segments(content):
        if segment.marker in _JPEG_FRAMES:
            if segment.marker != process or len(segment.content) < 9:
                raise PixelError(
                    f"a frame is a JPEG stream of another process (SOF {segment.marker:02X})"
                )
            precision, rows, columns, components = struct.unpack_from(">BHHB", segment.content)
            _compare((rows, columns), components, precision, shape, bits)
            framed = True
        elif segment.marker == _JPEG_RESTART and any(segment.content):
            raise PixelError("a frame is a JPEG stream with restart intervals, not decoded")
        elif segment.marker == _JPEG_LS_PARAMETERS and segment.content[:1] != b"\1":
            raise PixelError("a frame is a JPEG-LS stream with a mapping table, not decoded")
        elif segment.marker == _JPEG_SCAN:
            if not framed:
                break
            if len(segment.content) != 6 or segment.content[0] != 1:
                raise PixelError("a frame is a JPEG stream with a broken scan header")
            end = content.find(_END, segment.end)
            if end < 0:
                raise PixelError("a frame is a JPEG stream that breaks off: it has no end marker")
            return content[: end + len(_END)], segment.content
    if not framed:
        raise PixelError("a frame is a JPEG stream without a frame header")
    raise PixelError("a frame is a JPEG stream without a scan")


def _jpeg_segments(content: bytes) -> Iterator[_Segment]:
    """Yield the marker segments up to the first scan; what is none ends them."""
    at = len(_JPEG_START)
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if length < 2 or at + 2 + length > len(content):
            return
        yield _Segment(marker, content[at + 4 : at + 2 + length], at + 2 + length)
        if marker == _JPEG_SCAN:
            return
        at += 2 + length


def _check_jpeg_2000(content: bytes, shape: Shape, bits: int) -> bytes:
    """Check a JPEG 2000 code stream (ISO/IEC 15444-1 A), alone or in a JP2 file."""
    start = content.find(_J2K_START) if content.startswith(_JP2_START) else 0
    stream = content[start:].rstrip(b"\0") if start >= 0 else b""
    if stream[:4] != _J2K_START or len(stream) < 45:
        raise PixelError("a frame is no JPEG 2000 code stream")
    right, bottom, left, top, width, height = struct.unpack_from(">6I", stream, 8)
    (components, depth, across, down) = struct.unpack_from(">H3B", stream, 40)
    size = ((bottom - top), (right - left)) if (across, down) == (1, 1) else (0, 0)
    _compare(size, components, (depth & 0x7F) + 1, shape, bits)
    if min(width, shape[1]) * min(height, shape[0]) < min(
        SMALLEST_TILE_PIXELS, shape[0] * shape[1]
    ):
        raise PixelError(f"a JPEG 2000 frame is cut into tiles of {width} x {height} pixels")
    at = _check_coding(stream, 2, shape)
    for _ in range(_MOST_TILE_PARTS):
        if stream[at : at + 2] == _END:
            return stream[: at + len(_END)]
        at = _after_tile_part(stream, at, shape)
    raise PixelError(f"a JPEG 2000 frame has more than {_MOST_TILE_PARTS} tile parts")


def _after_tile_part(stream: bytes, at: int, shape: Shape) -> int:
    """Check one tile part; returns where the next one begins. Length 0 reaches to the end."""
    if at + _SIZE_OF_TILE_HEADER <= len(stream) and stream[at : at + 2] == _J2K_TILE_PART:
        (length,) = struct.unpack_from(">I", stream, at + 6)
        after = at + length if length else len(stream) - len(_END)
        if _check_coding(stream, at, shape) < after:
            return after
    raise PixelError("a frame is a JPEG 2000 code stream that breaks off")


def _check_coding(stream: bytes, at: int, shape: Shape) -> int:
    """Check how the pixels are coded, in the main header or that of a tile; returns its end."""
    first = at
    while at + 4 <= len(stream):
        marker, length = struct.unpack_from(">HH", stream, at)
        if marker == _J2K_DATA or (marker == _J2K_TILE and at != first):
            return at
        if marker < 0xFF4F or length < 2 or at + 2 + length > len(stream):
            break
        content = stream[at + 4 : at + 2 + length]
        if marker == _J2K_CODING and len(content) >= 10:
            _check_style(content[0], content[5:], shape)
        elif marker == _J2K_CODING_OF_COMPONENT and len(content) >= 7:
            _check_style(content[1], content[2:], shape)
        at += 2 + length
    raise PixelError("a frame is a JPEG 2000 code stream with a broken header")


def _check_style(style: int, content: bytes, shape: Shape) -> None:
    """Check SPcod: levels, size and style of code blocks, transformation, precincts."""
    levels, transformation, precincts = content[0], content[4], content[5:]
    if transformation != _J2K_REVERSIBLE:
        raise LossyError(
            "lossy: not analysable, a JPEG 2000 frame uses the irreversible transformation"
        )
    if not style & 1:
        return
    for level, size in enumerate(precincts[: levels + 1]):
        # At the coarsest resolutions a precinct may be larger than the image, and never matters.
        shrink = min(levels - level, 31)
        rows, columns = (-(-extent >> shrink) for extent in shape)
        height, width = min(1 << (size >> 4), rows), min(1 << (size & 15), columns)
        if height * width < min(SMALLEST_PRECINCT_PIXELS, rows * columns):
            raise PixelError(f"a JPEG 2000 frame is cut into precincts of {width} x {height}")


def _compare(size: Shape, components: int, precision: int, shape: Shape, bits: int) -> None:
    if size != shape or components != 1:
        raise PixelError(
            f"a compressed frame has {size[0]} x {size[1]} pixels of {components} components,"
            f" the header says {shape[0]} x {shape[1]} of 1"
        )
    if not 1 <= precision <= bits:
        raise PixelError(
            f"a compressed frame has pixels of {precision} bits, the header says {bits}"
        )
