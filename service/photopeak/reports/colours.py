"""Colour maps of images, and drawings of counts seen in another one: bytes in, bytes out.

The pixels of a drawing are indices into a palette, so another map is another palette. Differences
stay as they are drawn: their map says which side of zero a value lies on.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from functools import lru_cache

OF_COUNTS = ("grey", "cividis")
"""The maps that an image of counts may be seen in."""

# By the names that analyzers give them; web processes know no analyzer.
_STOPS = {
    "grey": ("000000", "ffffff"),
    # Nuñez, Anderton, Renslow 2018: cividis, ten stops of it.
    "cividis": (
        "00224e", "123570", "3b496c", "575d6d", "707173",
        "8a8678", "a59c74", "c3b369", "e1cc55", "fee838",
    ),
    # ColorBrewer 2.0 (Brewer, Harrower): diverging PuOr of eleven classes.
    "puor": (
        "7f3b08", "b35806", "e08214", "fdb863", "fee0b6", "f7f7f7",
        "d8daeb", "b2abd2", "8073ac", "542788", "2d004b",
    ),
}  # fmt: skip
_COLOURS = 256
BAR_STOPS = 11
"""Colours that a colour bar is drawn from."""

_PNG_START = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES = 25
_PLACE = len(_PNG_START) + _HEADER_BYTES
"""Where the palette begins in our PNG files: right behind the header."""

_HEAD_BYTES = _PLACE + 12 + 3 * _COLOURS
_EMBEDDED = b"data:image/png;base64,"
_HEAD_TEXT = _HEAD_BYTES // 3 * 4
"""Characters of base64 that hold the start of a PNG file up to the end of its palette."""

_STOP = re.compile(rb'stop-color="(#[0-9a-f]{6})"')


@lru_cache(maxsize=8)
def palette(colormap: str) -> bytes:
    """Return the 256 colours of a map, three bytes each."""
    stops = [bytes.fromhex(stop) for stop in _STOPS[colormap]]
    table = bytearray()
    for number in range(_COLOURS):
        where = number * (len(stops) - 1) / (_COLOURS - 1)
        left = min(int(where), len(stops) - 2)
        share = where - left
        table += bytes(
            round(a + share * (b - a)) for a, b in zip(stops[left], stops[left + 1], strict=True)
        )
    return bytes(table)


def hex_colours(colormap: str, count: int) -> tuple[str, ...]:
    """Return `count` colours along a map as ``#rrggbb``."""
    table = palette(colormap)
    picks = (round(n * (_COLOURS - 1) / max(count - 1, 1)) for n in range(count))
    return tuple(f"#{table[3 * pick : 3 * pick + 3].hex()}" for pick in picks)


def palette_chunk(colormap: str) -> bytes:
    """Return the palette of a map as a chunk of a PNG file."""
    body = b"PLTE" + palette(colormap)
    return struct.pack(">I", 3 * _COLOURS) + body + struct.pack(">I", zlib.crc32(body))


def map_of(content: bytes) -> str:
    """Return the map that an image of counts is drawn in; empty for every other drawing."""
    head = content[:_HEAD_BYTES]
    if not head.startswith(_PNG_START):
        begin = content.find(_EMBEDDED)
        if begin < 0:
            return ""
        text = content[begin + len(_EMBEDDED) :][:_HEAD_TEXT]
        try:
            head = base64.b64decode(text, validate=True)
        except ValueError:
            return ""
    return next((known for known in OF_COUNTS if head[_PLACE:] == palette_chunk(known)), "")


def recoloured(content: bytes, wanted: str) -> bytes:
    """Return a drawing of counts, PNG or SVG, seen in a map; any other drawing as it is."""
    drawn = map_of(content)
    if not drawn or drawn == wanted or wanted not in OF_COUNTS:
        return content
    if content.startswith(_PNG_START):
        return content[:_PLACE] + palette_chunk(wanted) + content[_HEAD_BYTES:]
    begin = content.index(_EMBEDDED) + len(_EMBEDDED)
    head = base64.b64decode(content[begin : begin + _HEAD_TEXT])
    changed = base64.b64encode(head[:_PLACE] + palette_chunk(wanted))
    before, behind = content[:begin], content[begin + _HEAD_TEXT :]
    # The colour bar: every stop is one of the old map, and has its fellow in the new one.
    old, new = (hex_colours(each, BAR_STOPS) for each in (drawn, wanted))
    fellows = {a.encode(): b.encode() for a, b in zip(old, new, strict=True)}

    def stop(found: re.Match[bytes]) -> bytes:
        return b'stop-color="%s"' % fellows.get(found[1], found[1])

    return _STOP.sub(stop, before) + changed + _STOP.sub(stop, behind)
