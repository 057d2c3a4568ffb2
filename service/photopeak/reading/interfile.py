"""Sinograms as Interfile 3.3 in one file: text with a key in each line, then the numbers.

The header has a fixed length that it states itself, as ``!data offset in bytes`` or as a number of
blocks of 2048 bytes (``!data starting block``). A header that points to another file is refused:
nothing of a file from outside becomes a path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from photopeak.reading.errors import UnreadableError
from photopeak.reading.times import combine

LARGEST_HEADER_BYTES = 65_536
LARGEST_BYTES = 512 * 1024 * 1024
"""Largest file: a sinogram of 621 planes of 336 angles and 336 bins has 140 MB."""
BLOCK_BYTES = 2048
MOST_BINS = 256 * 1024 * 1024

_MAGIC = re.compile(rb"\s*!?\s*interfile\s*:?=", re.IGNORECASE)
_TYPES = {
    ("unsigned integer", 1): "u1",
    ("signed integer", 1): "i1",
    ("unsigned integer", 2): "u2",
    ("signed integer", 2): "i2",
    ("unsigned integer", 4): "u4",
    ("signed integer", 4): "i4",
    ("short float", 4): "f4",
    ("float", 4): "f4",
    ("long float", 8): "f8",
}
_SYNONYMS = {
    "image duration": "duration",
    "image duration (sec)": "duration",
    "study duration (sec)": "duration",
    "study duration": "duration",
    "isotope name": "nuclide",
    "image start time": "study time",
    "patient id": "",
    "patient name": "",
}
_LAYOUT = ("data", "matrix size", "number format", "number of bytes", "imagedata byte order")
"""Beginnings of the keys that tell where the numbers are, and how they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinogramHeader:
    """What the header says; `shape` is (planes, angles, bins), `dtype` as NumPy writes it."""

    shape: tuple[int, int, int]
    dtype: str
    data_at: int
    duration_s: float | None
    nuclide: str
    started_at: datetime | None
    title: str
    system: str


def is_interfile(head: bytes) -> bool:
    """Tell whether a file begins like Interfile."""
    return _MAGIC.match(head[:256]) is not None


def read_header(head: bytes, size: int, zone: tzinfo) -> SinogramHeader:
    """Read the header of a file.

    Parameters
    ----------
    head
        Its first `LARGEST_HEADER_BYTES` bytes.
    size
        Bytes of the whole file.
    zone
        Time zone of the site: Interfile knows none.

    Raises
    ------
    UnreadableError
        If it is none, or does not describe the numbers that follow.
    """
    keys = _keys(head)
    data_at = _whole(keys, "data offset in bytes", 0)
    if not data_at:
        data_at = BLOCK_BYTES * _whole(keys, "data starting block", 0)
    if not 0 < data_at < min(size, LARGEST_HEADER_BYTES):
        raise UnreadableError(
            "the Interfile header does not say where in this file its numbers begin"
            " (data offset in bytes); header and numbers have to be one file"
        )
    keys = _keys(head[:data_at])
    shape = (_length(keys, 3), _length(keys, 2), _length(keys, 1))
    form = keys.get("number format", "").lower()
    width = _whole(keys, "number of bytes per pixel", 0)
    code = _TYPES.get((form, width))
    if code is None:
        raise UnreadableError(f"numbers of the form {form[:32]!r} with {width} bytes are not read")
    order = ">" if "big" in keys.get("imagedata byte order", "bigendian").lower() else "<"
    wanted = shape[0] * shape[1] * shape[2] * width
    if shape[0] * shape[1] * shape[2] > MOST_BINS or data_at + wanted != size:
        raise UnreadableError(
            f"{shape[0]} x {shape[1]} x {shape[2]} numbers of {width} bytes from byte {data_at} on"
            f" do not make a file of {size} bytes"
        )
    duration = keys.get("duration", "")
    return SinogramHeader(
        shape=shape,
        dtype=code if width == 1 else f"{order}{code}",
        data_at=data_at,
        duration_s=_number(duration),
        nuclide=keys.get("nuclide", "")[:32],
        started_at=_moment(keys, zone),
        title=keys.get("study id", "")[:64],
        system=keys.get("originating system", "")[:64],
    )


def _keys(head: bytes) -> dict[str, str]:
    text = head[:LARGEST_HEADER_BYTES].decode("latin-1")
    if not is_interfile(head):
        raise UnreadableError("the file does not begin with !INTERFILE")
    keys: dict[str, str] = {}
    contradicted = set()
    for line in text.splitlines():
        name, equals, value = line.partition(";")[0].partition("=")
        if not equals:
            continue
        name, bracket, index = name.rstrip(" :").strip(" !\t").lower().partition("[")
        name = " ".join(name.split())
        name = _SYNONYMS.get(name, name)
        key = f"{name} {index.strip(' ]')}" if bracket and name == "matrix size" else name
        if name and keys.setdefault(key, value.strip()).lower() != value.strip().lower():
            contradicted.add(key)
        if name == "end of interfile":
            break
    layout = sorted(key for key in contradicted if key.startswith(_LAYOUT))
    if layout:
        raise UnreadableError(f"the Interfile header says {layout[0]} twice, and not the same")
    # What else it says twice it leaves open: of several frames, which duration is meant?
    return {key: value for key, value in keys.items() if key not in contradicted}


def _whole(keys: dict[str, str], name: str, default: int) -> int:
    value = keys.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else default


def _length(keys: dict[str, str], axis: int) -> int:
    length = _whole(keys, f"matrix size {axis}", 0)
    if not 0 < length <= 65_535:
        raise UnreadableError(f"matrix size [{axis}] of the sinogram is missing or impossible")
    return length


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if 0.0 < value < 1e7 else None


def _moment(keys: dict[str, str], zone: tzinfo) -> datetime | None:
    day = keys.get("study date", "").replace(":", "").replace("/", "")
    clock = keys.get("study time", "").partition(" ")[0]
    return combine(day, clock, zone) if day and clock else None
