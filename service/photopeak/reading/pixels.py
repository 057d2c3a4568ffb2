"""The pixels of an object: checked against their description, then decoded without loss.

Whatever the description says is compared with the bytes that are there *before* anything is
allocated, and again with the header of each compressed frame before a decoder sees it.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from photopeak.reading import syntaxes
from photopeak.reading.codecs import decode_frame
from photopeak.reading.codestreams import check_frame
from photopeak.reading.errors import LossyError, PixelError
from photopeak.reading.files import PixelLocation, StoredObject

MAXIMUM_PIXEL_BYTES = 1024 * 1024 * 1024
"""Most bytes of pixels of one acquisition; 600 slices of 400 x 400 have 192 MB."""
MAXIMUM_FRAMES = 65_536
FRAGMENTS_PER_FRAME = 64
SPARE_FRAGMENTS = 4096
"""A compressed object may have so many fragments for each frame, and so many more."""
_PIXEL_DATA = 0x7FE00010
_ITEM = b"\xfe\xff\x00\xe0"
_SEQUENCE_END = b"\xfe\xff\xdd\xe0"


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelFormat:
    """What the header says of the pixels, found possible.

    `location` is where they stand; `saturation_level` the largest value that can be stored.
    """

    frames: int
    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    big_endian: bool
    location: PixelLocation
    transfer_syntax_uid: str

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels in memory."""
        return np.dtype(f"{'i' if self.signed else 'u'}{self.bits_allocated // 8}")

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame in memory."""
        return self.rows * self.columns * self.bits_allocated // 8

    @property
    def saturation_level(self) -> int:
        """Largest value that BitsStored can hold."""
        return (1 << (self.bits_stored - int(self.signed))) - 1


def pixel_format(stored: StoredObject) -> PixelFormat:
    """Return how the pixels of an object are laid out.

    Raises
    ------
    LossyError
        If they went through lossy compression.
    PixelError
        If there are none, or they cannot be what the header says.
    """
    data_set, location = stored.data_set, stored.pixels
    if location is None or location.tag != _PIXEL_DATA:
        raise PixelError("the object has no PixelData")
    if syntaxes.is_lossy(stored.transfer_syntax_uid, data_set):
        raise LossyError("lossy: not analysable, the counts went through lossy compression")
    samples = data_set.integer("SamplesPerPixel")
    if samples not in {None, 1}:
        raise PixelError(f"SamplesPerPixel is {samples}: colour, not counts")
    numbers = {}
    for keyword, low, high in (
        ("Rows", 1, 65_535),
        ("Columns", 1, 65_535),
        ("BitsAllocated", 8, 32),
        ("BitsStored", 1, 32),
    ):
        value = data_set.integer(keyword)
        if value is None or not low <= value <= high:
            raise PixelError(f"{keyword} is {value}, needs {low} to {high}")
        numbers[keyword] = value
    allocated, bits = numbers["BitsAllocated"], numbers["BitsStored"]
    high_bit = data_set.integer("HighBit")
    high_bit = bits - 1 if high_bit is None else high_bit
    if allocated not in {8, 16, 32} or bits > allocated or not bits - 1 <= high_bit < allocated:
        raise PixelError(f"{bits} bits up to bit {high_bit} in words of {allocated} cannot be")
    frames = data_set.integer("NumberOfFrames")
    if "NumberOfFrames" in data_set and data_set.words("NumberOfFrames") and frames is None:
        raise PixelError("NumberOfFrames is no number")
    frames = 1 if frames is None else frames
    if not 1 <= frames <= MAXIMUM_FRAMES:
        raise PixelError(f"NumberOfFrames is {frames}, needs 1 to {MAXIMUM_FRAMES}")
    found = PixelFormat(
        frames=frames,
        rows=numbers["Rows"],
        columns=numbers["Columns"],
        bits_allocated=allocated,
        bits_stored=bits,
        high_bit=high_bit,
        signed=data_set.integer("PixelRepresentation") == 1,
        big_endian=stored.big_endian,
        location=location,
        transfer_syntax_uid=stored.transfer_syntax_uid,
    )
    _check_size(found, stored)
    return found


def _check_size(found: PixelFormat, stored: StoredObject) -> None:
    needed = found.frames * found.frame_bytes
    if needed > MAXIMUM_PIXEL_BYTES:
        raise PixelError(f"the pixels need {needed} bytes, at most {MAXIMUM_PIXEL_BYTES} are read")
    length = found.location.length
    if length is None:
        if found.transfer_syntax_uid in syntaxes.NATIVE:
            raise PixelError("the pixels have no length, and are not compressed")
        with stored.path.open("rb") as file:
            file.seek(found.location.offset)
            fragments = sum(1 for _ in _fragments(file, found, keep=False)) - 1
        if fragments < found.frames:
            raise PixelError(f"{fragments} fragments cannot hold {found.frames} frames")
        return
    if found.transfer_syntax_uid not in syntaxes.NATIVE:
        raise PixelError("the pixels are not in fragments, as compressed pixels have to be")
    there = stored.path.stat().st_size - found.location.offset
    if there < min(length, needed):
        raise PixelError(f"the file ends {needed - there} bytes before its pixels do")
    # A byte or so of padding is common; a whole frame more means that NumberOfFrames is wrong.
    if not needed <= length < needed + max(found.frame_bytes, 2):
        raise PixelError(
            f"PixelData has {length} bytes, {found.frames} frames of {found.rows} x"
            f" {found.columns} pixels in {found.bits_allocated} bits need {needed}"
        )


def read_pixels(stored: StoredObject, found: PixelFormat, out: NDArray[Any]) -> None:
    """Decode the pixels of an object into `out`, of shape (frames, rows, columns).

    Raises
    ------
    PixelError
        If they cannot be decoded.
    """
    with stored.path.open("rb") as file:
        file.seek(found.location.offset)
        if found.location.length is not None:
            _read_native(file, found, out)
        else:
            _read_fragments(file, found, out)
    _sign_and_mask(found, out)


def _read_native(file: BinaryIO, found: PixelFormat, out: NDArray[Any]) -> None:
    buffer = memoryview(out.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    if file.readinto(buffer) < len(buffer):  # type: ignore[attr-defined]
        raise PixelError("the file ends before its pixels do")
    if found.big_endian and found.bits_allocated > 8:
        out.byteswap(inplace=True)


def _read_fragments(file: BinaryIO, found: PixelFormat, out: NDArray[Any]) -> None:
    fragments = list(_fragments(file, found))
    if not fragments:
        raise PixelError("the pixels have no fragments")
    table = fragments.pop(0)
    frames = _frames(table, fragments, found.frames)
    del fragments
    syntax, shape = found.transfer_syntax_uid, (found.rows, found.columns)
    # All frames are looked at before the first one is decoded: what is broken is told at once.
    for index, content in enumerate(frames):
        frames[index] = check_frame(content, syntax, shape, found.bits_allocated)
    # Each is let go once it is decoded, so what is compressed shrinks as `out` is filled.
    while frames:
        content = frames.pop()
        out[len(frames)] = decode_frame(content, syntax, shape, out.dtype)


def _fragments(file: BinaryIO, found: PixelFormat, *, keep: bool = True) -> Iterator[bytes]:
    """Yield the offset table and the fragments (PS3.5 A.4), empty ones unless `keep`."""
    # Lossless compression does not make images much larger; noise may grow by some percent.
    left = 2 * found.frames * found.frame_bytes + 1024 * 1024
    most = FRAGMENTS_PER_FRAME * found.frames + SPARE_FRAGMENTS
    for _ in range(most):
        head = file.read(8)
        if len(head) < 8:
            raise PixelError("the file ends before its fragments do")
        if head[:4] == _SEQUENCE_END:
            return
        (length,) = struct.unpack_from("<I", head, 4)
        left -= length + 8
        if head[:4] != _ITEM or left < 0:
            raise PixelError("the fragments of the pixels are broken")
        if not keep:
            file.seek(length, 1)
            yield b""
            continue
        content = file.read(length)
        if len(content) < length:
            raise PixelError("the file ends inside of a fragment")
        yield content
    raise PixelError(f"the pixels of {found.frames} frames are in more than {most} fragments")


def _frames(table: bytes, fragments: list[bytes], frames: int) -> list[bytes]:
    """Put fragments together to frames."""
    if len(fragments) == frames:
        return fragments
    if frames == 1:
        return [b"".join(fragments)]
    offsets = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])
    if len(offsets) != frames:
        raise PixelError(f"{len(fragments)} fragments for {frames} frames, and no offset table")
    starts = [0]
    for fragment in fragments:
        starts.append(starts[-1] + len(fragment) + 8)
    places = {start: index for index, start in enumerate(starts[:-1])}
    if any(offset not in places for offset in offsets) or list(offsets) != sorted(set(offsets)):
        raise PixelError("the offset table points beside the fragments")
    bounds = [places[offset] for offset in offsets] + [len(fragments)]
    return [b"".join(fragments[a:b]) for a, b in itertools.pairwise(bounds)]


def _sign_and_mask(found: PixelFormat, out: NDArray[Any]) -> None:
    """Keep the bits that are pixels: others may hold overlays (PS3.5 8.1.1, retired)."""
    shift_up = found.bits_allocated - 1 - found.high_bit
    shift_down = found.bits_allocated - found.bits_stored
    if shift_down == 0:
        return
    if shift_up:
        np.left_shift(out, shift_up, out=out)
    np.right_shift(out, shift_down, out=out)
