"""A data set: values by keyword, whatever their VR, padding and number.

Nothing here raises because a value is odd. An absent value, an empty one and one that cannot be
what it should be are the same to those who ask: None, or nothing in a tuple.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from photopeak.reading.errors import UnreadableError
from photopeak.reading.structure import (
    SHORT_VRS,
    Budget,
    Element,
    StructureBrokenError,
    Table,
    encoding_inside,
    parse_items,
)
from photopeak.reading.tags import TAGS
from photopeak.reading.text import Decoded, charsets_of, decode

MAXIMUM_VALUES = 65_536
"""Most values of one element; a vector has one for each frame."""
LARGEST_INTEGER = 2**32 - 1
"""IS and UL hold no larger ones."""

_SPECIFIC_CHARACTER_SET = 0x00080005
_BINARY = {
    b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"UV": "Q", b"SV": "q",
    b"FL": "f", b"FD": "d", b"AT": "HH", b"OW": "H", b"OF": "f", b"OD": "d", b"OL": "I",
}  # fmt: skip
_TEXT = frozenset({b"LO", b"SH", b"PN", b"LT", b"ST", b"UT", b"UC"})
_SINGLE = frozenset({b"LT", b"ST", b"UT"})
_TRUSTED_VRS = SHORT_VRS | _TEXT


class DataSet:
    """The elements of a data set or item.

    Parameters
    ----------
    table
        Its elements.
    budget
        What may still be parsed of the object.
    parent
        The data set that this item stands in, for the character set.
    """

    __slots__ = ("_blocks", "_budget", "_charsets", "_elements", "_items", "_parent", "_table")

    def __init__(self, table: Table, budget: Budget, parent: DataSet | None = None) -> None:
        self._table = table
        self._elements = table.elements
        self._budget = budget
        self._parent = parent
        self._charsets: tuple[str, ...] | None = None
        self._items: dict[int, tuple[DataSet, ...]] = {}
        self._blocks: list[tuple[int, str, int]] | None = None

    def __contains__(self, keyword: str) -> bool:
        return TAGS[keyword][0] in self._elements

    @property
    def charsets(self) -> tuple[str, ...]:
        """Values of SpecificCharacterSet that hold here."""
        if self._charsets is None:
            own = self._elements.get(_SPECIFIC_CHARACTER_SET)
            if own is not None:
                self._charsets = charsets_of(own.value)
            else:
                self._charsets = self._parent.charsets if self._parent else ()
        return self._charsets

    def decoded(self, keyword: str) -> tuple[Decoded, ...]:
        """Return the values of a text element with the character set each was in."""
        tag, vr = TAGS[keyword]
        return self._decoded(tag, vr.encode())

    def words(self, keyword: str) -> tuple[str, ...]:
        """Return the values of an element as text without padding; empty ones stay empty."""
        return tuple(value.text for value in self.decoded(keyword))

    def text(self, keyword: str) -> str:
        """Return the first value of an element as text; empty when absent."""
        values = self.decoded(keyword)
        return values[0].text if values else ""

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Return the values that are finite numbers."""
        tag, vr = TAGS[keyword]
        return tuple(n for n in self._numbers(tag, vr.encode()) if n is not None)

    def number(self, keyword: str) -> float | None:
        """Return the first value, or None when it is no finite number."""
        tag, vr = TAGS[keyword]
        values = self._numbers(tag, vr.encode())
        return values[0] if values else None

    def integers(self, keyword: str) -> tuple[int, ...] | None:
        """Return the values as integers; None when absent, empty, or one of them is none."""
        tag, vr = TAGS[keyword]
        values = self._numbers(tag, vr.encode())
        if not values or any(v is None or not _whole(v) for v in values):
            return None
        return tuple(int(v) for v in values if v is not None)

    def integer(self, keyword: str) -> int | None:
        """Return the first value as an integer, or None."""
        value = self.number(keyword)
        return int(value) if value is not None and _whole(value) else None

    def items(self, keyword: str) -> tuple[DataSet, ...]:
        """Return the items of a sequence; none when it is absent or empty.

        Raises
        ------
        UnreadableError
            If its bytes are no items.
        """
        tag = TAGS[keyword][0]
        if tag not in self._elements:
            return ()
        if tag not in self._items:
            tables = self._tables(keyword, self._elements[tag])
            self._items[tag] = tuple(DataSet(table, self._budget, self) for table in tables)
        return self._items[tag]

    def item(self, keyword: str) -> DataSet:
        """Return the first item of a sequence, or an empty one."""
        found = self.items(keyword)
        return found[0] if found else DataSet(Table(self._table.depth + 1), self._budget, self)

    def private_text(self, group: int, creator: str, element: int) -> str:
        """Return the first value of a private element of one creator as text."""
        tag = self._private(group, creator, element)
        values = self._decoded(tag, b"LO") if tag is not None else ()
        return values[0].text if values else ""

    def private_number(self, group: int, creator: str, element: int, vr: str) -> float | None:
        """Return the first value of a private element; `vr` holds where none is written."""
        values = self.private_numbers(group, creator, element, vr)
        return values[0] if values else None

    def private_numbers(self, group: int, creator: str, element: int, vr: str) -> tuple[float, ...]:
        """Return the values of a private element; none unless all are finite numbers."""
        tag = self._private(group, creator, element)
        values = self._numbers(tag, vr.encode()) if tag is not None else ()
        return tuple(v for v in values if v is not None) if None not in values else ()

    def has_private_block(self, group: int, creator: str) -> bool:
        """Tell whether a creator has reserved a block of a private group (PS3.5 7.8.1)."""
        return any((g, c) == (group, creator) for g, c, _ in self._private_blocks())

    def value(self, tag: int) -> bytes | None:
        """Return the bytes of an element; None when it is absent, a sequence, or in fragments."""
        element = self._elements.get(tag)
        return None if element is None or element.items is not None else element.value

    def tags(self) -> Iterator[int]:
        """Return the tags that are present."""
        return iter(self._elements)

    def _tables(self, keyword: str, element: Element) -> tuple[Table, ...]:
        if element.items is not None:
            return element.items
        value, encoding = element.value, encoding_inside(element.vr, element.encoding)
        depth = self._table.depth + 1
        try:
            return parse_items(value, 0, len(value), encoding, self._budget, depth)[0]
        except StructureBrokenError as error:
            raise UnreadableError(f"{keyword} is broken: {error}") from error

    def _private(self, group: int, creator: str, element: int) -> int | None:
        """Return the tag of a private element (PS3.5 7.8.1), wherever its creator has its block."""
        for own_group, own_creator, block in self._private_blocks():
            if own_group == group and own_creator == creator:
                tag = group << 16 | block << 8 | element
                if tag in self._elements:
                    return tag
        return None

    def _private_blocks(self) -> list[tuple[int, str, int]]:
        if self._blocks is None:
            self._blocks = [
                (tag >> 16, found.value.rstrip(b" \0").decode("latin-1"), tag & 0xFF)
                for tag, found in self._elements.items()
                if tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF
            ]
        return self._blocks

    def _decoded(self, tag: int, vr: bytes) -> tuple[Decoded, ...]:
        element = self._elements.get(tag)
        if element is None or not element.value:
            return ()
        vr = element.vr if element.vr in _TRUSTED_VRS else vr
        if vr in _BINARY:
            return tuple(Decoded("" if n is None else f"{n:g}", "") for n in self._numbers(tag, vr))
        charsets = self.charsets if vr in _TEXT else ()
        return decode(element.value, charsets, single=vr in _SINGLE)

    def _numbers(self, tag: int, vr: bytes) -> tuple[float | None, ...]:
        element = self._elements.get(tag)
        if element is None or not element.value:
            return ()
        vr = element.vr if element.vr and element.vr != b"UN" else vr
        if vr in _BINARY:
            values = _unpack(element.encoding.order, _BINARY[vr], element.value)
            if vr == b"AT":
                return tuple(
                    65536.0 * a + b for a, b in zip(values[::2], values[1::2], strict=True)
                )
            return tuple(float(v) if math.isfinite(v) else None for v in values)
        text = element.value[: 16 * MAXIMUM_VALUES].decode("latin-1").rstrip(" \0")
        return tuple(_number(part) for part in text.split("\\")) if text else ()


def _unpack(order: str, code: str, value: bytes) -> tuple[float, ...]:
    count = min(len(value) // struct.calcsize(f"={code}"), MAXIMUM_VALUES) * len(code)
    return struct.unpack_from(f"{order}{count}{code[0]}", value)


def _whole(value: float) -> bool:
    return value.is_integer() and abs(value) <= LARGEST_INTEGER


def _number(text: str) -> float | None:
    """Return what a decimal or integer string means; a decimal comma occurs."""
    try:
        value = float(text.strip(" \0").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
