"""Whether a decoded JPEG lossless frame used up its coded data (ISO/IEC 10918-1 H).

The decoder goes on with whatever it finds when bytes are missing, so that a damaged frame comes
out as numbers that nobody counted. The frame itself tells how many bits it takes to code it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak.reading.errors import PixelError

PADDING_BYTES = 1
"""Most bytes after the last pixel that are taken as padding; an encoder of DNG files writes one."""
_HUFFMAN_TABLES, _SCAN, _FRAME = 0xC4, 0xDA, 0xC3
_LARGEST_CATEGORY = 16


def check_used_up(stream: bytes, frame: NDArray[Any]) -> None:
    """Compare the coded data of a frame with what its pixels take.

    Parameters
    ----------
    stream
        A checked stream of one component without restart intervals, up to its end marker.
    frame
        What was decoded from it, shape (rows, columns).

    Raises
    ------
    PixelError
        If bytes are missing, or too many.
    """
    tables: dict[int, Mapping[int, int]] = {}
    precision, at = 16, 2
    while stream[at + 1] != _SCAN:
        if stream[at + 1] == 0xFF:
            at += 1
            continue
        end = at + 2 + int.from_bytes(stream[at + 2 : at + 4])
        if stream[at + 1] == _HUFFMAN_TABLES:
            tables |= _code_lengths(stream[at + 4 : end])
        elif stream[at + 1] == _FRAME:
            precision = stream[at + 4]
        at = end
    table, predictor = stream[at + 6] >> 4, stream[at + 7]
    coded = stream[at + 2 + int.from_bytes(stream[at + 2 : at + 4]) : -2].replace(
        b"\xff\0", b"\xff"
    )
    needed = _bits(_differences(frame, predictor, precision), tables.get(table, {}))
    if needed is None or not 0 <= 8 * len(coded) - needed < 8 * (PADDING_BYTES + 1):
        raise PixelError(
            f"a JPEG lossless frame is damaged: its pixels take {needed or 'other codes'} bits,"
            f" {8 * len(coded)} are there"
        )


def _code_lengths(content: bytes) -> dict[int, Mapping[int, int]]:
    """Return the length of the code of each category, by the number of its table (B.2.4.2)."""
    tables: dict[int, Mapping[int, int]] = {}
    while len(content) >= 17:
        counts = content[1:17]
        lengths = [length for length, count in enumerate(counts, 1) for _ in range(count)]
        tables[content[0]] = dict(zip(content[17 : 17 + len(lengths)], lengths, strict=False))
        content = content[17 + len(lengths) :]
    return tables


def _differences(frame: NDArray[Any], predictor: int, precision: int) -> NDArray[np.int32]:
    """Return the differences of all pixels from their prediction, modulo 2**16 (H.1.2.1)."""
    pixels = frame.astype(np.int32)
    left, above, corner = pixels[1:, :-1], pixels[:-1, 1:], pixels[:-1, :-1]
    predicted = np.empty_like(pixels)
    predicted[0, 0] = 1 << (precision - 1)
    predicted[0, 1:] = pixels[0, :-1]
    predicted[1:, 0] = pixels[:-1, 0]
    match predictor:
        case 1:
            predicted[1:, 1:] = left
        case 2:
            predicted[1:, 1:] = above
        case 3:
            predicted[1:, 1:] = corner
        case 4:
            predicted[1:, 1:] = left + above - corner
        case 5:
            predicted[1:, 1:] = left + ((above - corner) >> 1)
        case 6:
            predicted[1:, 1:] = above + ((left - corner) >> 1)
        case _:
            predicted[1:, 1:] = (left + above) >> 1
    return ((pixels - predicted + 0x8000) & 0xFFFF) - 0x8000


def _bits(differences: NDArray[np.int32], lengths: Mapping[int, int]) -> int | None:
    """Return how many bits code the differences; None if one of them has no code."""
    categories = np.frexp(np.abs(differences).astype(np.float64))[1]
    counted = np.bincount(categories.ravel(), minlength=_LARGEST_CATEGORY + 1)
    total = 0
    for category, count in enumerate(counted.tolist()):
        if count and category not in lengths:
            return None
        # The largest category has one value only, and no bits that tell it from others (H.1.2.2).
        own = category if category < _LARGEST_CATEGORY else 0
        total += count * (lengths.get(category, 0) + own)
    return total
