"""A DICOM file opened for reading, up to its pixels (PS3.10 7, and the same without any meta)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from photopeak.reading.dataset import DataSet
from photopeak.reading.errors import UnreadableError
from photopeak.reading.structure import (
    EXPLICIT,
    EXPLICIT_BIG,
    IMPLICIT,
    LONG_VRS,
    SHORT_VRS,
    UNDEFINED,
    Budget,
    Encoding,
    EndsTooSoonError,
    StructureBrokenError,
    Table,
    name,
    parse_element,
    parse_header,
    parse_value,
)
from photopeak.reading.tags import SEQUENCES

LARGEST_HEADER_BYTES = 64 * 1024 * 1024
"""Most bytes in one piece before the pixels; an enhanced series of 1000 slices has about 3 MB."""
SMALLEST_SKIPPED_BYTES = 1024 * 1024
"""From this size on, a value that is no sequence is stepped over and not read."""
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = frozenset({"1.2.840.10008.1.2.1.99"})

_WINDOW = 64 * 1024
_PREAMBLE = 128
_PREFIX = b"DICM"
_TRANSFER_SYNTAX = 0x00020010
_FIRST_PIXEL_TAG = 0x7FE00008
_PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_BULK_VRS = frozenset({b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN", b"UT", b""})
_VRS = SHORT_VRS | LONG_VRS


@dataclass(frozen=True, slots=True)
class PixelLocation:
    """Where the pixels stand in their file; a `length` of None means that they are in fragments."""

    tag: int
    offset: int
    length: int | None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A file, read up to its pixels.

    `skipped` tells where large values stand that were stepped over: (offset, length) by tag.
    """

    path: Path
    transfer_syntax_uid: str
    data_set: DataSet
    pixels: PixelLocation | None
    big_endian: bool
    skipped: Mapping[int, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))


def open_object(path: Path) -> StoredObject:
    """Read a DICOM file up to its pixels.

    Raises
    ------
    UnreadableError
        If it is no data set, or a broken one.
    """
    try:
        with path.open("rb") as file:
            return _Reader(path, file, path.stat().st_size).run()
    except StructureBrokenError as error:
        raise UnreadableError(str(error)) from error


class _Reader:
    """Reads one file once, in windows that grow with what is found."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self._path = path
        self._file = file
        self._size = size
        self._budget = Budget()
        self._start = 0
        self._skipped: dict[int, tuple[int, int]] = {}
        self._data = file.read(_WINDOW)

    def run(self) -> StoredObject:
        """Read meta information and data set."""
        if not self._data:
            raise UnreadableError("the file is empty")
        at, syntax = self._meta()
        if syntax in DEFLATED:
            raise UnreadableError("the data set is deflated, which is not accepted")
        encoding = _encoding_of(self._data[at : at + 8], syntax)
        if not syntax:
            syntax = {IMPLICIT: IMPLICIT_LITTLE_ENDIAN, EXPLICIT: EXPLICIT_LITTLE_ENDIAN}.get(
                encoding, EXPLICIT_BIG_ENDIAN
            )
        table = Table()
        pixels = self._elements(table, at, encoding)
        if not table.elements:
            raise UnreadableError("the data set is empty")
        data_set = DataSet(table, self._budget)
        return StoredObject(
            self._path, syntax, data_set, pixels, encoding is EXPLICIT_BIG, self._skipped
        )

    def _meta(self) -> tuple[int, str]:
        """Return where the data set begins, and its transfer syntax where the file tells."""
        data = self._data
        at = 0
        if data[_PREAMBLE : _PREAMBLE + 4] == _PREFIX:
            at = _PREAMBLE + 4
        elif data[:4] == _PREFIX:
            at = 4
        elif data[:2] not in {b"\x02\0", b"\x08\0", b"\0\x08"}:
            raise UnreadableError("the file is not DICOM")
        syntax = ""
        while data[at : at + 2] == b"\x02\0":
            tag, element, at = parse_element(data, at, EXPLICIT, self._budget, 0)
            if tag == _TRANSFER_SYNTAX:
                syntax = element.value.rstrip(b" \0").decode("latin-1")
        return at, syntax

    def _elements(self, table: Table, at: int, encoding: Encoding) -> PixelLocation | None:
        """Read elements into `table` until the pixels; returns where these are."""
        while at < self._size:
            left = self._budget.left
            try:
                header = parse_header(self._data, at - self._start, encoding)
                tag, vr, length, start = header
                if tag >= _FIRST_PIXEL_TAG:
                    if tag not in _PIXEL_TAGS:
                        return None
                    known = None if length == UNDEFINED else length
                    return PixelLocation(tag, start + self._start, known)
                if length != UNDEFINED and start + self._start + length > self._size:
                    raise StructureBrokenError(
                        f"{name(tag)} has {length} bytes, the file ends before"
                    )
                if length >= SMALLEST_SKIPPED_BYTES and length != UNDEFINED and _is_bulk(tag, vr):
                    self._skipped[tag] = (start + self._start, length)
                    at = start + self._start + length
                    self._load(at, _WINDOW)
                    continue
                element, end = parse_value(self._data, header, encoding, self._budget, 0)
            except EndsTooSoonError:
                self._grow(at)
                self._budget.left = left
                continue
            table.elements[tag] = element
            at = end + self._start
        return None

    def _grow(self, at: int) -> None:
        """Have more bytes of what begins at `at` than before."""
        have = len(self._data) - (at - self._start)
        if at + have >= self._size:
            raise StructureBrokenError("the data set ends inside of an element")
        if have >= LARGEST_HEADER_BYTES:
            raise StructureBrokenError(
                f"an element has more than {LARGEST_HEADER_BYTES} bytes before the pixels"
            )
        self._load(at, max(_WINDOW, 8 * have))

    def _load(self, at: int, length: int) -> None:
        self._file.seek(at)
        self._start = at
        self._data = self._file.read(min(length, LARGEST_HEADER_BYTES))


def _encoding_of(head: bytes, syntax: str) -> Encoding:
    """Return the encoding that the first element really has; meta information may be wrong."""
    explicit = head[4:6] in _VRS
    if syntax == EXPLICIT_BIG_ENDIAN or (not syntax and head[:2] == b"\0\x08"):
        return EXPLICIT_BIG
    return EXPLICIT if explicit else IMPLICIT


def _is_bulk(tag: int, vr: bytes) -> bool:
    """Tell whether a large value is of no interest: bytes, not a sequence."""
    return vr in _BULK_VRS and tag not in SEQUENCES
