"""Files that are no DICOM: recognised by their content, vetted, and put into a data set.

The extension of a name and the media type of a request are not looked at. A form is known by how
its files begin and by a look through the whole that costs milliseconds; whatever does not pass is
refused before a byte is stored. The form of the data set is in :mod:`photopeak.model.documents`.

The name of a file is not kept: people put the names of people into it.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from photopeak.model.documents import (
    CONTENT_SHA256,
    ENCAPSULATED_PDF,
    INTERFILE,
    PDF,
    PRIVATE_BLOCK,
    PRIVATE_CREATOR,
    PRIVATE_GROUP,
    SPE,
    SPECTRUM_TABLE,
    STATED_DEVICE,
    STATED_ROLE,
    STATED_TEST,
    STATED_VARIANT,
    UPLOADED_FILE,
    XML,
    Statement,
)
from photopeak.model.text import MAXIMUM_LENGTH
from photopeak.reading import (
    cnf,
    interfile,
    n42,
    pdf_text,
    spe,
    spectrum_file,
    spectrum_table,
    xml_text,
)
from photopeak.reading.errors import UnreadableError

HEAD_BYTES = 4096
_TAIL_BYTES = 2048
_HASHED_AT_A_TIME = 1 << 20
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class DocumentError(Exception):
    """The file is of a known form, and refused; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of files that is taken in: how it begins, how large it may be, how it is vetted.

    `vet` raises an :class:`~photopeak.reading.errors.UnreadableError` for what is not sound.
    """

    media_type: str
    sop_class_uid: str
    largest_bytes: int
    begins: Callable[[bytes], bool]
    vet: Callable[[Path, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """A file that may be stored: the data set up to its content, what comes after, and who it is."""

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    before: bytes
    after: bytes


def _begins_like_pdf(head: bytes) -> bool:
    return head.startswith(b"%PDF-")


def _begins_like_xml(head: bytes) -> bool:
    text = head
    for bom in _BOMS:
        text = text.removeprefix(bom)
    text = text.replace(b"\0", b"").lstrip()
    return text.startswith((b"<?xml", b"<!--", b"<!DOCTYPE")) or (
        text[:1] == b"<"
        and text[1:2].isalpha()
        and not text[:14].lower().startswith((b"<html", b"<script"))
    )


def _vet_xml(path: Path, _size: int) -> None:
    root = xml_text.parse_xml(path.read_bytes())
    if root.name.lower() in ("html", "svg"):
        raise UnreadableError("a page or a picture for a browser, not a report")
    if n42.is_n42(root):
        n42.read_n42(root, UTC)


def _vet_pdf(path: Path, size: int) -> None:
    """Look for the end of the file; its words are read later, in a process of their own."""
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL_BYTES))
        if b"%%EOF" not in file.read():
            raise UnreadableError("the PDF is cut off: its end is missing")


def _vet_interfile(path: Path, size: int) -> None:
    with path.open("rb") as file:
        interfile.read_header(file.read(interfile.LARGEST_HEADER_BYTES), size, UTC)


def _vet_spe(path: Path, _size: int) -> None:
    spe.read_spe(path.read_bytes(), UTC)


def _vet_table(path: Path, _size: int) -> None:
    spectrum_table.read_table(path.read_bytes(), UTC)


def _vet_cnf(_path: Path, _size: int) -> None:
    raise UnreadableError(cnf.REFUSED)


FORMS: tuple[Form, ...] = (
    Form(
        media_type=PDF,
        sop_class_uid=ENCAPSULATED_PDF,
        largest_bytes=pdf_text.LARGEST_BYTES,
        begins=_begins_like_pdf,
        vet=_vet_pdf,
    ),
    Form(
        media_type=INTERFILE,
        sop_class_uid=UPLOADED_FILE,
        largest_bytes=interfile.LARGEST_BYTES,
        begins=interfile.is_interfile,
        vet=_vet_interfile,
    ),
    Form(
        media_type=XML,
        sop_class_uid=UPLOADED_FILE,
        largest_bytes=xml_text.LARGEST_BYTES,
        begins=_begins_like_xml,
        vet=_vet_xml,
    ),
    Form(
        media_type=SPE,
        sop_class_uid=UPLOADED_FILE,
        largest_bytes=spectrum_file.LARGEST_BYTES,
        begins=spe.is_spe,
        vet=_vet_spe,
    ),
    Form(
        media_type=cnf.CNF,
        sop_class_uid=UPLOADED_FILE,
        largest_bytes=spectrum_file.LARGEST_BYTES,
        begins=cnf.is_cnf,
        vet=_vet_cnf,
    ),
    Form(
        media_type=SPECTRUM_TABLE,
        sop_class_uid=UPLOADED_FILE,
        largest_bytes=spectrum_file.LARGEST_BYTES,
        begins=spectrum_table.is_table,
        vet=_vet_table,
    ),
)
"""Every form that is taken in, in the order in which they are tried."""


def form_of(path: Path) -> Form | None:
    """Return the form that a file begins like, or None."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return next((form for form in FORMS if form.begins(head)), None)


def wrap(path: Path, form: Form, statement: Statement) -> Wrapped:
    """Vet a file and return the data set that it will be kept in.

    Raises
    ------
    DocumentError
        If it is too large or not sound.
    OSError
        If it cannot be read.
    """
    size = path.stat().st_size
    if size > form.largest_bytes:
        raise DocumentError(f"{size} bytes, at most {form.largest_bytes} for {form.media_type}")
    try:
        form.vet(path, size)
    except UnreadableError as error:
        raise DocumentError(str(error)) from error
    said = (statement.device, statement.test, statement.variant, statement.role)
    key = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASHED_AT_A_TIME):
            key.update(piece)
    content = key.hexdigest()
    for word in said:
        key.update(b"\0" + word.encode())
    instance, series, study = (_uid(key.digest(), what) for what in ("instance", "series", "study"))
    before = b"".join(
        (
            _element(0x00080005, b"CS", "ISO_IR 192"),
            _element(0x00080016, b"UI", form.sop_class_uid),
            _element(0x00080018, b"UI", instance),
            _element(0x00080060, b"CS", "DOC"),
            _element(0x00080064, b"CS", "WSD"),
            _element(0x0020000D, b"UI", study),
            _element(0x0020000E, b"UI", series),
            _element(0x00200011, b"IS", "1"),
            _element(0x00200013, b"IS", "1"),
            struct.pack("<HH2sHI", 0x0042, 0x0011, b"OB", 0, size + size % 2),
        )
    )
    after = b"".join(
        (
            b"\0" * (size % 2),
            _element(0x00420012, b"LO", form.media_type),
            struct.pack("<HH2sHI", 0x0042, 0x0015, b"UL", 4, size),
            _private(PRIVATE_BLOCK, b"LO", PRIVATE_CREATOR),
            *(
                _private(PRIVATE_BLOCK << 8 | element, b"UT", word)
                for element, word in zip(
                    (STATED_DEVICE, STATED_TEST, STATED_VARIANT, STATED_ROLE), said, strict=True
                )
                if word
            ),
            _private(PRIVATE_BLOCK << 8 | CONTENT_SHA256, b"UT", content),
        )
    )
    return Wrapped(
        sop_class_uid=form.sop_class_uid,
        sop_instance_uid=instance,
        series_instance_uid=series,
        before=before,
        after=after,
    )


def checked(statement: Statement) -> Statement:
    """Return a statement whose words are short enough to be kept.

    Raises
    ------
    DocumentError
        If one is not.
    """
    for word in (statement.device, statement.test, statement.variant, statement.role):
        if len(word) > MAXIMUM_LENGTH or not word.isprintable():
            raise DocumentError("what is said of the file is too long, or not printable")
    return statement


def _uid(key: bytes, what: str) -> str:
    """Return a UID made from a hash, as one from a UUID (PS3.5 B.2) with version and variant 8."""
    digest = bytearray(hashlib.sha256(key + what.encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return f"2.25.{int.from_bytes(digest, 'big')}"


def _element(tag: int, vr: bytes, text: str) -> bytes:
    value = text.encode()
    value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def _private(element: int, vr: bytes, text: str) -> bytes:
    value = text.encode()
    value += b" " * (len(value) % 2)
    if vr == b"UT":
        return struct.pack("<HH2sHI", PRIVATE_GROUP, element, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", PRIVATE_GROUP, element, vr, len(value)) + value


def as_object(path: Path, folder: Path) -> Path:
    """Return a DICOM file for any file that is taken in: itself, or the data set around it.

    Parameters
    ----------
    folder
        Where a data set that has to be made is put, under a name of its own.

    Raises
    ------
    DocumentError
        If it is of a known form, and refused.
    OSError
        If it cannot be read, or the data set not be written.
    """
    form = form_of(path)
    if form is None:
        return path
    wrapped = wrap(path, form, Statement())
    made = folder / f"{wrapped.sop_instance_uid}.dcm"
    with made.open("wb") as target, path.open("rb") as content:
        target.write(bytes(128) + b"DICM" + wrapped.before)
        shutil.copyfileobj(content, target)
        target.write(wrapped.after)
    return made
