"""Files that are no DICOM: how they stand in a data set of ours, and what their sender said of them.

Such a file is kept bit for bit as the value of EncapsulatedDocument (PS3.3 C.24.2) in a data set
that is made from nothing but the file and what its sender said. So it has the durability, the
hash, the series and the way through the service that an image has, and the same file said to be
the same thing is the same instance.
"""

from dataclasses import dataclass
from pathlib import Path

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
"""Encapsulated PDF Storage."""

UPLOADED_FILE = "2.25.301886170254372961440917263325184900217"
"""SOP class of our own for a file that DICOM has no class for; derived from a UUID (PS3.5 B.2)."""

PRIVATE_CREATOR = "PHOTOPEAK DOCUMENT 1"
PRIVATE_GROUP = 0x0073
PRIVATE_BLOCK = 0x10
STATED_DEVICE, STATED_TEST, STATED_VARIANT, STATED_ROLE = 0x01, 0x02, 0x03, 0x04
"""Elements of the private block that hold what the sender said; empty where he said nothing."""
CONTENT_SHA256 = 0x05
"""Element of the private block with the SHA-256 of the file itself, in hexadecimal."""

PDF = "application/pdf"
XML = "text/xml"
INTERFILE = "application/x-interfile"
SPE = "application/x-iaea-spe"
"""A spectrum in the form of the IAEA and of ORTEC."""
SPECTRUM_TABLE = "text/csv"
"""A spectrum as a table of channels or energies and counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a sender says of a file: of which device and for which test it is; empty for nothing."""

    device: str = ""
    test: str = ""
    variant: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document of a series as people get it: its words, and where its bytes are.

    `content` holds the bytes of a small one; those of a large one stand in the file `path` from
    `offset` on. `sha256` is of the document itself.
    """

    media_type: str
    text: str
    path: Path
    offset: int
    length: int
    sha256: str
    content: bytes | None = None
