"""Documents inside of DICOM objects: which object carries one, its bytes, and what it is.

Three carriers: Encapsulated PDF (PS3.3 A.45.1), the data set in which an uploaded file is kept
(:mod:`photopeak.model.documents`), and an object of any class with the XML of a daily report of a
Siemens PET in the private element (0071,9999), as sites wrap it; neither its class nor a private
creator can be relied on.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak.model.documents import (
    ENCAPSULATED_PDF,
    PDF,
    PRIVATE_CREATOR,
    PRIVATE_GROUP,
    STATED_DEVICE,
    STATED_ROLE,
    STATED_TEST,
    STATED_VARIANT,
    UPLOADED_FILE,
    XML,
    Statement,
)
from photopeak.reading.dataset import DataSet
from photopeak.reading.errors import UnreadableError
from photopeak.reading.files import StoredObject

LARGEST_BYTES = 512 * 1024 * 1024
_ENCAPSULATED = 0x00420011
_SIEMENS_REPORT = 0x00719999
_BEGINNING = 1024


@dataclass(frozen=True, slots=True)
class Payload:
    """Where the bytes of a document stand: in the data set, or in the file from `offset` on."""

    media_type: str
    length: int
    value: bytes | None
    offset: int

    def read(self, stored: StoredObject, most: int | None = None) -> bytes:
        """Return the bytes, or the first ones of them."""
        length = self.length if most is None else min(most, self.length)
        if self.value is not None:
            return self.value[:length]
        with stored.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(length)


def payload_of(stored: StoredObject) -> Payload | None:
    """Return the document that an object carries, or None when it carries none.

    Raises
    ------
    UnreadableError
        If it should carry one, and does not.
    """
    data_set = stored.data_set
    sop_class = data_set.text("SOPClassUID")
    if sop_class in (ENCAPSULATED_PDF, UPLOADED_FILE):
        media_type = PDF if sop_class == ENCAPSULATED_PDF else ""
        media_type = media_type or data_set.text("MIMETypeOfEncapsulatedDocument").lower()
        found = _payload(stored, _ENCAPSULATED, media_type)
        if found is None or not found.length:
            raise UnreadableError("the object has no document in it")
        return found
    found = _payload(stored, _SIEMENS_REPORT, XML)
    if found is None:
        return None
    head = found.value[:_BEGINNING] if found.value is not None else b"<"
    return found if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else None


def statement_of(data_set: DataSet) -> Statement | None:
    """Return what the sender of an uploaded file said of it; None for what was not uploaded."""
    if not data_set.has_private_block(PRIVATE_GROUP, PRIVATE_CREATOR):
        return None

    def word(element: int) -> str:
        return data_set.private_text(PRIVATE_GROUP, PRIVATE_CREATOR, element)

    return Statement(
        device=word(STATED_DEVICE),
        test=word(STATED_TEST),
        variant=word(STATED_VARIANT),
        role=word(STATED_ROLE),
    )


def _payload(stored: StoredObject, tag: int, media_type: str) -> Payload | None:
    value = stored.data_set.value(tag)
    length, offset = (len(value), 0) if value is not None else (0, 0)
    if value is None:
        location = stored.skipped.get(tag)
        if location is None:
            return None
        offset, length = location
    stated = stored.data_set.integer("EncapsulatedDocumentLength")
    if tag == _ENCAPSULATED and stated is not None:
        # An odd length is padded with one byte; a length that says anything else is wrong.
        if stated not in (length, length - 1):
            raise UnreadableError(f"the document is said to have {stated} bytes, it has {length}")
        length = stated
    elif value is not None:
        value = value.rstrip(b"\0 ")
        length = len(value)
    if length > LARGEST_BYTES:
        raise UnreadableError(f"the document has {length} bytes, at most {LARGEST_BYTES} are read")
    return Payload(media_type, length, value, offset)
