"""Who an instance is, read from the bytes of its data set without decoding it.

A walk over the headers of the top-level elements (PS3.5 7): lengths are followed, values are
skipped, only the four identifying UIDs are looked at. The walk is iterative, bounded in depth and
in the number of elements, and reads windows of the file, so that a hostile data set costs
milliseconds and no memory.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from photopeak.model.identity import is_uid
from photopeak.model.reception import StoreStatus

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = frozenset(
    {"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"}
)
"""Transfer syntaxes whose data set has to be inflated before it can be read; never accepted."""

MAXIMUM_DEPTH = 32
"""Deepest nesting of sequences; real objects have fewer than ten levels."""

MAXIMUM_ELEMENTS = 250_000
"""Most element and item headers that are walked over."""

_WINDOW = 8192
_LARGE_WINDOW = 65_536
_UNDEFINED = 0xFFFFFFFF
_LONGEST_UID_VALUE = 66
_SOP_CLASS = 0x0008_0016
_SOP_INSTANCE = 0x0008_0018
_STUDY = 0x0020_000D
_SERIES = 0x0020_000E
_IDENTIFYING = frozenset({_SOP_CLASS, _SOP_INSTANCE, _STUDY, _SERIES})
_ITEM = 0xFFFE_E000
_ITEM_END = 0xFFFE_E00D
_SEQUENCE_END = 0xFFFE_E0DD
_PIXEL_DATA = 0x7FE0_0010
_SHORT_FORM = (b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT",
               b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US")  # fmt: skip

Reader = Callable[[int, int], bytes]


class DataSetError(Exception):
    """The data set is refused; `status` is what its sender is told."""

    def __init__(self, status: StoreStatus, comment: str) -> None:
        super().__init__(comment)
        self.status = status
        self.comment = comment


class LongWalkError(DataSetError):
    """The data set has more elements than may be walked over."""

    def __init__(self) -> None:
        super().__init__(StoreStatus.CANNOT_UNDERSTAND, "the data set has too many elements")


@dataclass(frozen=True, slots=True)
class Identity:
    """The identifying UIDs of a data set."""

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str


@dataclass(frozen=True, slots=True)
class _Encoding:
    """How headers of elements are written; `vrs` maps the two bytes, as a number, to the form."""

    order: str
    explicit: bool
    header: struct.Struct
    long_length: struct.Struct
    short: frozenset[int] = field(default_factory=frozenset)

    @staticmethod
    def of(order: str, *, explicit: bool) -> _Encoding:
        """Return the encoding of a byte order, with or without VRs."""
        number = struct.Struct(f"{order}H")
        return _Encoding(
            order=order,
            explicit=explicit,
            header=struct.Struct(f"{order}HHHH" if explicit else f"{order}HHI"),
            long_length=struct.Struct(f"{order}I"),
            short=frozenset(number.unpack(vr)[0] for vr in _SHORT_FORM),
        )


_IMPLICIT = _Encoding.of("<", explicit=False)
_EXPLICIT = _Encoding.of("<", explicit=True)
_EXPLICIT_BIG = _Encoding.of(">", explicit=True)
_ENCODINGS = {IMPLICIT_LITTLE_ENDIAN: _IMPLICIT, EXPLICIT_BIG_ENDIAN: _EXPLICIT_BIG}
"""All others are explicit and little endian."""


def identify(
    handle: int,
    offset: int,
    size: int,
    *,
    transfer_syntax_uid: str,
    strict: bool,
    beginning: bytes = b"",
) -> Identity:
    """Return the identity of the data set that stands in an open file.

    Parameters
    ----------
    handle
        Open file.
    offset, size
        Where the data set stands in it.
    strict
        Walk to the end, so that lengths which do not fit are found everywhere; otherwise to the
        last identifying element.
    beginning
        The first bytes of the data set, if they are at hand; saves reading them.

    Raises
    ------
    DataSetError
        If it cannot be read (status C000), has no usable SOP Instance UID (0117), or no SOP Class
        UID (A900).
    """
    encoding = _encoding_of(transfer_syntax_uid)
    walk = _Walk(
        lambda at, length: os.pread(handle, length, offset + at), size, encoding, beginning
    )
    return _identity(walk.run(strict=strict), size)


def identify_in_memory(
    data_set: memoryview,
    *,
    transfer_syntax_uid: str,
    strict: bool,
    most_elements: int = MAXIMUM_ELEMENTS,
) -> Identity:
    """Return the identity of a data set that is in memory, as :func:`identify` does.

    `most_elements` headers are walked over; for more there is a :class:`LongWalkError`.
    """
    walk = _Walk(
        lambda at, length: bytes(data_set[at : at + length]),
        len(data_set),
        _encoding_of(transfer_syntax_uid),
        data_set,
        most_elements,
    )
    return _identity(walk.run(strict=strict), len(data_set))


def _encoding_of(transfer_syntax_uid: str) -> _Encoding:
    if transfer_syntax_uid in DEFLATED:
        raise _malformed("deflated data sets are not accepted")
    return _ENCODINGS.get(transfer_syntax_uid, _EXPLICIT)


def _identity(found: dict[int, bytes], size: int) -> Identity:
    if not size:
        raise _malformed("the data set is empty")
    sop_class = _uid_of(found.get(_SOP_CLASS, b""))
    sop_instance = _uid_of(found.get(_SOP_INSTANCE, b""))
    study = _uid_of(found.get(_STUDY, b""))
    series = _uid_of(found.get(_SERIES, b""))
    if study is None:
        raise _malformed("no valid Study Instance UID in the data set")
    if series is None:
        raise _malformed("no valid Series Instance UID in the data set")
    if sop_instance is None:
        raise DataSetError(
            StoreStatus.INVALID_INSTANCE, "no valid SOP Instance UID in the data set"
        )
    if sop_class is None:
        raise DataSetError(StoreStatus.DATA_SET_MISMATCH, "no valid SOP Class UID in the data set")
    return Identity(sop_class, sop_instance, study, series)


@lru_cache(maxsize=1024)
def _uid_of(value: bytes) -> str | None:
    text = value.rstrip(b"\0 ").decode("ascii", "replace")
    return text if is_uid(text) else None


def _malformed(comment: str) -> DataSetError:
    return DataSetError(StoreStatus.CANNOT_UNDERSTAND, comment)


class _Walk:
    """One walk over one data set."""

    def __init__(
        self,
        read: Reader,
        size: int,
        encoding: _Encoding,
        beginning: bytes | memoryview,
        most_elements: int = MAXIMUM_ELEMENTS,
    ) -> None:
        self._read = read
        self._size = size
        self._encoding = encoding
        self._buffer = beginning
        self._start = 0
        self._left = most_elements

    def run(self, *, strict: bool) -> dict[int, bytes]:
        """Return the values of the identifying elements of the top level."""
        encoding = self._encoding
        explicit, short = encoding.explicit, encoding.short
        unpack, size = encoding.header.unpack_from, self._size
        buffer, start = self._buffer, self._start
        found: dict[int, bytes] = {}
        at = 0
        headers = 0
        last = size - 8
        while at < size:
            if at > last:
                raise _malformed("the data set ends inside of an element")
            offset = at - start
            if offset < 0 or offset + 12 > len(buffer):
                buffer, start = self._fill(at, _LARGE_WINDOW if headers else _WINDOW), at
                offset = 0
            headers += 1
            if explicit:
                group, element, vr, length = unpack(buffer, offset)
                value_at = at + 8
                if vr not in short:
                    length = self._long_length(buffer, offset, vr)
                    value_at = at + 12
            else:
                group, element, length = unpack(buffer, offset)
                vr = 0
                value_at = at + 8
            if group == 0x0008 or group == 0x0020:
                tag = group << 16 | element
                if tag in _IDENTIFYING:
                    self._take(found, tag, value_at, length)
            elif group < 0x0008 or group >= 0xFFFE:
                raise _malformed(f"({group:04X},{element:04X}) is not part of a data set")
            elif not strict and group > 0x0020 and len(found) == len(_IDENTIFYING):
                break
            if length == _UNDEFINED:
                self._left -= headers
                headers = 0
                at = self._skip_undefined(group << 16 | element, vr, value_at)
                buffer, start = self._buffer, self._start
            else:
                at = value_at + length
            if headers > self._left:
                raise LongWalkError
        if at > size and strict:
            raise _malformed("an element reaches beyond the end of the data set")
        return found

    def _fill(self, at: int, length: int) -> bytes | memoryview:
        self._buffer = self._read(at, min(length, self._size - at))
        self._start = at
        if len(self._buffer) < min(8, self._size - at):
            raise _malformed("the data set ends inside of an element")
        return self._buffer

    def _long_length(self, buffer: bytes | memoryview, offset: int, vr: int) -> int:
        name = struct.pack(f"{self._encoding.order}H", vr)
        if not (65 <= name[0] <= 90 and 65 <= name[1] <= 90):
            raise _malformed("an element without value representation")
        if offset + 12 > len(buffer):
            raise _malformed("the data set ends inside of an element")
        length: int = self._encoding.long_length.unpack_from(buffer, offset + 8)[0]
        return length

    def _take(self, found: dict[int, bytes], tag: int, at: int, length: int) -> None:
        if tag in found:
            raise _malformed(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is there twice")
        if length > _LONGEST_UID_VALUE or at + length > self._size:
            found[tag] = b""
            return
        offset = at - self._start
        if offset >= 0 and offset + length <= len(self._buffer):
            found[tag] = bytes(self._buffer[offset : offset + length])
        else:
            found[tag] = self._read(at, length)

    def _skip_undefined(self, tag: int, vr: int, at: int) -> int:
        """Return where a value of undefined length ends."""
        levels = [self._level(tag, vr, self._encoding)]
        while levels:
            level = levels[-1]
            tag, vr, length, at = self._header(at, level.encoding, items=level.items)
            if level.items:
                if tag == _SEQUENCE_END and length == 0:
                    levels.pop()
                elif tag != _ITEM:
                    raise _malformed("a sequence holds something else than items")
                elif length != _UNDEFINED:
                    at += length
                elif level.fragments:
                    raise _malformed("a fragment of pixels without length")
                else:
                    levels.append(_Level(level.encoding, items=False))
            elif tag == _ITEM_END and length == 0:
                levels.pop()
            elif tag >> 16 == 0xFFFE:
                raise _malformed("a delimiter where none belongs")
            elif length == _UNDEFINED:
                levels.append(self._level(tag, vr, level.encoding))
            else:
                at += length
            if len(levels) > 2 * MAXIMUM_DEPTH:
                raise _malformed(f"sequences are nested more than {MAXIMUM_DEPTH} deep")
        return at

    def _level(self, tag: int, vr: int, encoding: _Encoding) -> _Level:
        """Return the level that a value of undefined length opens (PS3.5 7.1.1, 7.5, A.4)."""
        if not encoding.explicit:
            if tag == _PIXEL_DATA:
                raise _malformed("pixels of undefined length without value representation")
            return _Level(encoding, items=True)
        name = struct.pack(f"{encoding.order}H", vr)
        if name == b"SQ":
            return _Level(encoding, items=True)
        if name == b"UN":  # encoded like implicit VR little endian
            return _Level(_IMPLICIT, items=True)
        if name in (b"OB", b"OW") and tag == _PIXEL_DATA:
            return _Level(encoding, items=True, fragments=True)
        raise _malformed(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) has no length")

    def _header(self, at: int, encoding: _Encoding, *, items: bool) -> tuple[int, int, int, int]:
        """Return tag, VR, length, and where the value begins."""
        self._left -= 1
        if self._left < 0:
            raise LongWalkError
        if at + 8 > self._size:
            raise _malformed("a sequence has no end")
        offset = at - self._start
        if offset < 0 or offset + 12 > len(self._buffer):
            self._fill(at, _LARGE_WINDOW)
            offset = 0
        if encoding.explicit:
            group, element, vr, length = encoding.header.unpack_from(self._buffer, offset)
            if group != 0xFFFE and not items:
                if vr in encoding.short:
                    return group << 16 | element, vr, length, at + 8
                length = self._long_length(self._buffer, offset, vr)
                return group << 16 | element, vr, length, at + 12
            length = encoding.long_length.unpack_from(self._buffer, offset + 4)[0]
            return group << 16 | element, 0, length, at + 8
        group, element, length = encoding.header.unpack_from(self._buffer, offset)
        return group << 16 | element, 0, length, at + 8


@dataclass(frozen=True, slots=True)
class _Level:
    """Inside of a sequence (`items`) or inside of an item; `fragments` are items of pixels."""

    encoding: _Encoding
    items: bool
    fragments: bool = False
