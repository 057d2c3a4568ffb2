r"""Text of data sets: out of whatever character set it is in, into what people and rules can read.

A console declares its character set in SpecificCharacterSet (PS3.3 C.12.1.1.2), or forgets to, or
declares one and writes another. So the declared one is tried first, then what is common: UTF-8,
GB18030, Latin-1. A set of single bytes such as Latin-1 can decode everything, so bytes that are
UTF-8, or plainly Chinese, are taken for that even if Latin-1 is declared.

Values are separated by backslashes *after* decoding: the second byte of a character of GB18030,
GBK or Shift JIS may be the byte of a backslash.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

MAXIMUM_LENGTH = 256
"""Longest text kept of one value; no descriptive element of DICOM needs more."""
LARGEST_VALUE_BYTES = 64 * 1024
"""Most bytes of one element that are decoded."""
UNDECLARED = ""
_PADDING = " \0\t\r\n"


class Decoded(NamedTuple):
    """One value, and the character set that it was in as DICOM calls it (empty for ASCII)."""

    text: str
    charset: str


_SINGLE_BYTE = {
    "": "latin-1", "ISO_IR 6": "latin-1", "ISO_IR 100": "latin-1", "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3", "ISO_IR 110": "iso8859_4", "ISO_IR 144": "iso8859_5",
    "ISO_IR 127": "iso8859_6", "ISO_IR 126": "iso8859_7", "ISO_IR 138": "iso8859_8",
    "ISO_IR 148": "iso8859_9", "ISO_IR 203": "iso8859_15", "ISO_IR 166": "tis_620",
    "ISO_IR 13": "shift_jis",
}  # fmt: skip
_MULTI_BYTE = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gb18030"}
_CODECS = _SINGLE_BYTE | _MULTI_BYTE
_ESCAPES = {
    b"(B": "ascii", b"(J": "shift_jis", b")I": "shift_jis", b"-A": "latin-1", b"-B": "iso8859_2",
    b"-C": "iso8859_3", b"-D": "iso8859_4", b"-L": "iso8859_5", b"-G": "iso8859_6",
    b"-F": "iso8859_7", b"-H": "iso8859_8", b"-M": "iso8859_9", b"-b": "iso8859_15",
    b"-T": "tis_620", b"$)A": "gb2312", b"$)C": "euc_kr",
    b"$B": "iso2022_jp", b"$(D": "iso2022_jp_2",
}  # fmt: skip
"""Codec after each escape sequence (PS3.3 C.12.1.1.2, tables C.12-3 and C.12-4)."""
_WITH_ESCAPE = frozenset({"iso2022_jp", "iso2022_jp_2"})
_ESCAPE = re.compile(rb"\x1b(\$\)[AC]|\$\(D|\$B|\([BJ]|\)I|-[A-Zb])")
_HIGH = re.compile(rb"[\x80-\xff]")


def charsets_of(value: bytes) -> tuple[str, ...]:
    """Return the values of SpecificCharacterSet, spelling mended (``ISO_IR_100``, ``UTF-8``)."""
    return tuple(_charset(part) for part in value.decode("latin-1").split("\\"))


def _charset(written: str) -> str:
    word = written.strip(" \0").upper()
    if word in {"UTF-8", "UTF8", "ISO 2022 IR 192"}:
        return "ISO_IR 192"
    if word in {"GB2312", "GB 18030", "GB-18030"}:
        return "GB18030"
    mended = re.sub(r"^ISO[ _-]?IR[ _-]?", "ISO_IR ", word)
    return re.sub(r"^ISO[ _-]2022[ _-]IR[ _-]?", "ISO 2022 IR ", mended)


def decode(value: bytes, charsets: tuple[str, ...], *, single: bool = False) -> tuple[Decoded, ...]:
    """Return the values of a text element; `single` when a backslash is no separator in it."""
    value = value[:LARGEST_VALUE_BYTES]
    if value.isascii() and b"\x1b" not in value:
        text, charset = value.decode("ascii"), UNDECLARED
    else:
        text, charset = _decode(value, charsets)
    if single or "\\" not in text:
        return (Decoded(text.strip(_PADDING), charset),)
    return tuple(Decoded(part.strip(_PADDING), charset) for part in text.split("\\"))


def _decode(value: bytes, charsets: tuple[str, ...]) -> tuple[str, str]:
    if b"\x1b" in value:
        escaped = _with_escapes(value, charsets)
        if escaped is not None:
            return escaped
    declared = charsets[0].replace("ISO 2022 IR ", "ISO_IR ") if charsets else UNDECLARED
    codec = _CODECS.get(declared)
    if declared in _MULTI_BYTE and codec is not None:
        text = _strictly(value, codec)
        if text is not None:
            return _undoubled(text) or (text, declared)
    text = _strictly(value, "utf_8")
    if text is not None:
        return _undoubled(text) or (text, "ISO_IR 192")
    if looks_chinese(value) and declared not in {"ISO_IR 13", "ISO_IR 144", "ISO_IR 166"}:
        return value.decode("gb18030", "replace"), "GB18030"
    if codec is not None and declared in _SINGLE_BYTE:
        text = _strictly(value, codec)
        if text is not None:
            return text, declared or "ISO_IR 100"
    return value.decode("latin-1"), "ISO_IR 100"


def _strictly(value: bytes, codec: str) -> str | None:
    try:
        return value.decode(codec)
    except UnicodeDecodeError:
        return None


def _undoubled(text: str) -> tuple[str, str] | None:
    """Return text that was encoded twice: Chinese or UTF-8, taken for Latin-1, written as UTF-8."""
    try:
        inner = text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    if not _HIGH.search(inner):
        return None
    again = _strictly(inner, "utf_8")
    if again is not None:
        return again, "ISO_IR 192"
    return (inner.decode("gb18030", "replace"), "GB18030") if looks_chinese(inner) else None


def looks_chinese(value: bytes) -> bool:
    """Tell whether bytes that may be Latin-1 are characters of GB 18030.

    They are when they pair up without remainder and most pairs are common characters (level 1 of
    GB 2312). Two accented letters in a row inside of a Latin word make such a pair too, as in
    ``CALIBRAÇÃO``: a single pair with a letter before it or behind is not enough.
    """
    pairs = common = 0
    touching = False
    at, end = 0, len(value)
    while at < end:
        byte = value[at]
        if byte < 0x80:
            at += 1
            continue
        if at + 1 >= end or byte in (0x80, 0xFF) or not 0x40 <= value[at + 1] <= 0xFE:
            return False
        second = value[at + 1]
        pairs += 1
        common += 0xB0 <= byte <= 0xD7 and second >= 0xA1
        before, after = value[at - 1 : at], value[at + 2 : at + 3]
        touching = touching or before.isalpha() or after.isalpha()
        at += 2
    return common * 2 >= pairs > 0 and (pairs > 1 or not touching)


def _with_escapes(value: bytes, charsets: tuple[str, ...]) -> tuple[str, str] | None:
    """Decode code extensions (ISO 2022); None when a part of it is not what it claims."""
    first = charsets[0].replace("ISO 2022 IR ", "ISO_IR ") if charsets else UNDECLARED
    codec, escape = _SINGLE_BYTE.get(first, "latin-1"), b""
    parts = []
    at = 0
    for match in (*_ESCAPE.finditer(value), None):
        piece = value[at : match.start() if match else len(value)]
        text = _strictly(escape + piece if codec in _WITH_ESCAPE else piece, codec)
        if text is None:
            return None
        parts.append(text)
        if match:
            codec, escape, at = _ESCAPES[match.group(1)], match.group(0), match.end()
    charset = next((c for c in charsets if c.startswith("ISO 2022") and c != "ISO 2022 IR 6"), "")
    return "".join(parts), charset or "ISO 2022"


def displayable(text: str) -> str:
    """Return `text` as it may be shown: no control characters, none that turn the direction."""
    return _visible(text[: 4 * MAXIMUM_LENGTH])


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:MAXIMUM_LENGTH]
    visible = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join(visible.split())[:MAXIMUM_LENGTH]
