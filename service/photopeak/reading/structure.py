"""The structure of a data set (PS3.5 7): elements and sequences out of bytes that nobody vouches for.

Only headers of elements are looked at; what the values mean is :mod:`photopeak.reading.dataset`'s
business. Two bounds hold for every input: the depth of sequences, and the number of elements. A
general DICOM library parses more than is asked for and recurses as deep as its input wishes, which
takes seconds on an object made for that; here every object is answered in a fraction of one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

MAXIMUM_DEPTH = 32
"""Deepest nesting of sequences; real objects have fewer than ten levels."""
MAXIMUM_ELEMENTS = 150_000
"""Most elements and items of one object; an enhanced series of 1000 slices has some 50 000."""

UNDEFINED = 0xFFFFFFFF
ITEM = 0xFFFEE000
ITEM_END = 0xFFFEE00D
SEQUENCE_END = 0xFFFEE0DD
SHORT_VRS = frozenset(
    {
        b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT",
        b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
    }
)  # fmt: skip
"""Value representations with a length of two bytes (PS3.5 7.1.2)."""
LONG_VRS = frozenset(
    {
        b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV",
    }
)  # fmt: skip
"""Those with a length of four bytes, after two that are reserved."""
NO_VR = b""


class StructureBrokenError(Exception):
    """The bytes are no data set; the message says what is wrong."""


class EndsTooSoonError(StructureBrokenError):
    """The bytes end inside of an element: more of them may help."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Byte order and whether value representations are written."""

    order: str
    explicit: bool
    header: struct.Struct
    long: struct.Struct

    @staticmethod
    def of(order: str, *, explicit: bool) -> Encoding:
        """Return the encoding of a byte order (``<`` or ``>``), with or without VRs."""
        return Encoding(order, explicit, struct.Struct(f"{order}HH2sH"), struct.Struct(f"{order}I"))


IMPLICIT = Encoding.of("<", explicit=False)
EXPLICIT = Encoding.of("<", explicit=True)
EXPLICIT_BIG = Encoding.of(">", explicit=True)


@dataclass(slots=True)
class Budget:
    """What is left of the number of elements, shared by all parts of one object."""

    left: int = MAXIMUM_ELEMENTS


class Element(NamedTuple):
    """One element: the VR as written (empty in implicit VR) and the bytes of its value.

    `items` holds the items of a sequence of undefined length, which had to be parsed to find its
    end; `encoding` is that of the element itself.
    """

    vr: bytes
    value: bytes
    encoding: Encoding
    items: tuple[Table, ...] | None = None


Header = tuple[int, bytes, int, int]
"""Tag, VR, length, and where the value begins."""


@dataclass(slots=True)
class Table:
    """The elements of a data set or item, by tag, and the depth at which it stands."""

    depth: int = 0
    elements: dict[int, Element] = field(default_factory=dict)


def parse_element(
    data: bytes, at: int, encoding: Encoding, budget: Budget, depth: int
) -> tuple[int, Element, int]:
    """Return tag and content of the element that begins at `at`, and where the next one begins."""
    header = parse_header(data, at, encoding)
    element, end = parse_value(data, header, encoding, budget, depth)
    return header[0], element, end


def parse_value(
    data: bytes, header: Header, encoding: Encoding, budget: Budget, depth: int
) -> tuple[Element, int]:
    """Return the element of a header that was read, and where the next one begins."""
    tag, vr, length, start = header
    budget.left -= 1
    if budget.left < 0:
        raise StructureBrokenError(f"there are more than {MAXIMUM_ELEMENTS} elements")
    if length == UNDEFINED:
        return _undefined(data, tag, vr, start, encoding, budget, depth)
    end = start + length
    if end > len(data):
        raise EndsTooSoonError(f"{name(tag)} has {length} bytes, {len(data) - start} follow")
    return Element(vr, data[start:end], encoding), end


def parse_header(data: bytes, at: int, encoding: Encoding) -> Header:
    """Return what stands before a value."""
    if at + 8 > len(data):
        raise EndsTooSoonError("the data set ends inside of an element")
    group, element, vr, length = encoding.header.unpack_from(data, at)
    tag = group << 16 | element
    if encoding.explicit and group != 0xFFFE:
        if vr in SHORT_VRS:
            return tag, vr, length, at + 8
        if vr in LONG_VRS or (vr.isalpha() and vr.isupper()):
            if at + 12 > len(data):
                raise EndsTooSoonError("the data set ends inside of an element")
            return tag, vr, encoding.long.unpack_from(data, at + 8)[0], at + 12
        # Items without VRs inside of an explicit data set occur; they can be told by the letters.
    return tag, NO_VR, encoding.long.unpack_from(data, at + 4)[0], at + 8


def parse_items(
    data: bytes, at: int, end: int | None, encoding: Encoding, budget: Budget, depth: int
) -> tuple[tuple[Table, ...], int]:
    """Return the items of a sequence and where it ends; an `end` of None stands for a delimiter."""
    if depth > MAXIMUM_DEPTH:
        raise StructureBrokenError(f"sequences are nested more than {MAXIMUM_DEPTH} deep")
    items: list[Table] = []
    while end is None or at < end:
        tag, _, length, at = parse_header(data, at, encoding)
        budget.left -= 1
        if budget.left < 0:
            raise StructureBrokenError(f"there are more than {MAXIMUM_ELEMENTS} elements")
        if tag == SEQUENCE_END:
            break
        if tag != ITEM:
            raise StructureBrokenError(f"{name(tag)} stands where an item belongs")
        table = Table(depth)
        if length == UNDEFINED:
            at = _fill(table, data, at, None, encoding, budget)
        else:
            if at + length > len(data):
                raise EndsTooSoonError(f"an item has {length} bytes, {len(data) - at} follow")
            at = _fill(table, data, at, at + length, encoding, budget)
        items.append(table)
    return tuple(items), at


def _fill(
    table: Table, data: bytes, at: int, end: int | None, encoding: Encoding, budget: Budget
) -> int:
    """Parse the elements of an item; returns where it ends."""
    while end is None or at < end:
        if data[at : at + 4] in _DELIMITERS:
            tag, _, _, after = parse_header(data, at, encoding)
            if tag == ITEM_END:
                return after
            if tag == SEQUENCE_END:  # of a sequence whose last item was left open
                return at
        tag, element, at = parse_element(data, at, encoding, budget, table.depth)
        table.elements[tag] = element
    if at > end:
        raise StructureBrokenError("an element reaches beyond the end of its item")
    return at


_DELIMITERS = frozenset(
    struct.pack(f"{order}HH", 0xFFFE, number) for order in "<>" for number in (0xE00D, 0xE0DD)
)


def _undefined(
    data: bytes,
    tag: int,
    vr: bytes,
    at: int,
    encoding: Encoding,
    budget: Budget,
    depth: int,
) -> tuple[Element, int]:
    """Return an element of undefined length: a sequence, or fragments of pixels (PS3.5 A.4)."""
    if vr in {b"OB", b"OW"}:
        end = _after_fragments(data, at, encoding, budget)
        return Element(vr, data[at:end], encoding), end
    if vr not in {b"SQ", b"UN", NO_VR}:
        raise StructureBrokenError(f"{name(tag)} has no length")
    inside = encoding_inside(vr, encoding)
    items, end = parse_items(data, at, None, inside, budget, depth + 1)
    return Element(vr, b"", encoding, items), end


def _after_fragments(data: bytes, at: int, encoding: Encoding, budget: Budget) -> int:
    while True:
        tag, _, length, at = parse_header(data, at, encoding)
        budget.left -= 1
        if tag == SEQUENCE_END:
            return at
        if tag != ITEM or length == UNDEFINED or budget.left < 0:
            raise StructureBrokenError("fragments of pixels have no end")
        at += length


def encoding_inside(vr: bytes, encoding: Encoding) -> Encoding:
    """Return how the items of a sequence are written: UN holds implicit VR (PS3.5 6.2.2)."""
    return encoding if vr == b"SQ" else IMPLICIT


def name(tag: int) -> str:
    """Return a tag as people write it."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
