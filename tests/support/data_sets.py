"""Data sets as bytes, written by hand: right ones, and wrong ones that no library would write."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import UTC, datetime

from photopeak.model.reception import Entrance, Reception

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
BIG = "1.2.840.10008.1.2.2"
RLE = "1.2.840.10008.1.2.5"
DEFLATED = "1.2.840.10008.1.2.1.99"
PET = "1.2.840.10008.5.1.4.1.1.128"
NM = "1.2.840.10008.5.1.4.1.1.20"
UNDEFINED = 0xFFFFFFFF

_LONG = (b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UN", b"UT", b"UC", b"UR", b"SV", b"UV")


def element(
    tag: int, vr: bytes, value: bytes | str = b"", *, syntax: str = EXPLICIT, length: int = -1
) -> bytes:
    """Return one element; `length` lies about its length."""
    if isinstance(value, str):
        pad = "\0" if vr == b"UI" else " "
        value = (value + pad * (len(value) % 2)).encode("latin-1")
    size = len(value) if length < 0 else length
    order = ">" if syntax == BIG else "<"
    head = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
    if syntax == IMPLICIT:
        return head + struct.pack("<I", size) + value
    if vr in _LONG:
        return head + vr + b"\0\0" + struct.pack(f"{order}I", size) + value
    return head + vr + struct.pack(f"{order}H", size) + value


def item(content: bytes = b"", *, length: int = -1) -> bytes:
    """Return an item; with the length `UNDEFINED` it is delimited."""
    if length == UNDEFINED:
        return (
            struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED)
            + content
            + struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
        )
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content) if length < 0 else length) + content


SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def sequence(
    tag: int, items: Iterable[bytes], *, syntax: str = EXPLICIT, defined: bool = False
) -> bytes:
    """Return a sequence of items."""
    content = b"".join(items)
    if defined:
        return element(tag, b"SQ", content, syntax=syntax)
    return element(tag, b"SQ", b"", syntax=syntax, length=UNDEFINED) + content + SEQUENCE_END


def data_set(
    *,
    sop_class: str | None = PET,
    instance: str | None = "1.2.3.4.1",
    study: str | None = "1.2.3.4.20",
    series: str | None = "1.2.3.4.30",
    syntax: str = EXPLICIT,
    pixels: bytes = bytes(64),
    between: bytes = b"",
    tail: bytes = b"",
) -> bytes:
    """Return a small data set; what is None is absent, `between` stands before the pixels."""

    def one(tag: int, vr: bytes, value: str) -> bytes:
        return element(tag, vr, value, syntax=syntax)

    parts = [one(0x00080005, b"CS", "ISO_IR 192")]
    if sop_class is not None:
        parts.append(one(0x00080016, b"UI", sop_class))
    if instance is not None:
        parts.append(one(0x00080018, b"UI", instance))
    parts += [
        one(0x00080020, b"DA", "20260302"),
        one(0x00080060, b"CS", "PT"),
        one(0x00081030, b"LO", "QC"),
        one(0x00100010, b"PN", "QC^Phantom"),
        one(0x00100020, b"LO", "QC1"),
        one(0x00180050, b"DS", "3.27"),
    ]
    if study is not None:
        parts.append(one(0x0020000D, b"UI", study))
    if series is not None:
        parts.append(one(0x0020000E, b"UI", series))
    parts += [one(0x00200013, b"IS", "7"), between]
    if pixels:
        parts.append(element(0x7FE00010, b"OW", pixels, syntax=syntax))
    return b"".join((*parts, tail))


def reception(
    instance: str = "1.2.3.4.1",
    *,
    sop_class: str = PET,
    syntax: str = EXPLICIT,
    at: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
) -> Reception:
    """Return a reception from a scanner."""
    return Reception(
        entrance=Entrance.DIMSE,
        sop_class_uid=sop_class,
        sop_instance_uid=instance,
        transfer_syntax_uid=syntax,
        calling_ae_title="SCANNER",
        called_ae_title="PHOTOPEAK",
        peer_address="192.0.2.7",
        received_at=at,
    )
