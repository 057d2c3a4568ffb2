"""Until when certificates are valid: the one thing about them that nobody remembers in time."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

_PEM = re.compile(
    rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END CERTIFICATE-----"
)
_MOST_BYTES = 1_000_000
_VERSION, _UTC_TIME, _TIME = 0xA0, 0x17, 0x18


def expiry(path: Path) -> datetime | None:
    """Return when the first certificate of a PEM file to expire does; None where none can be read."""
    try:
        content = path.read_bytes()[:_MOST_BYTES]
    except OSError:
        return None
    found = []
    for block in _PEM.findall(content):
        try:
            found.append(_not_after(binascii.a2b_base64(block)))
        except (ValueError, IndexError, binascii.Error):
            return None
    return min(found, default=None)


def _not_after(der: bytes) -> datetime:
    """Return the end of the validity (RFC 5280 4.1): certificate, its first part, the fifth field."""
    (_, certificate), *_ = _elements(der)
    (_, body), *_ = _elements(certificate)
    fields = [content for kind, content in _elements(body) if kind != _VERSION]
    _serial, _algorithm, _issuer, validity, *_ = fields
    _, (kind, until) = _elements(validity)
    text = until.decode("ascii")
    if kind == _UTC_TIME:
        year = int(text[:2])
        text = f"{2000 + year if year < 50 else 1900 + year}{text[2:]}"
    elif kind != _TIME:
        raise ValueError("no time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element of a DER encoding."""
    position = 0
    while position < len(der):
        kind, length = der[position], der[position + 1]
        position += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(der[position : position + count], "big")
            position += count
        if position + length > len(der):
            raise ValueError("cut short")
        yield kind, der[position : position + length]
        position += length
