"""What is known of one instance when it arrives, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Entrance(StrEnum):
    """The way by which an instance came in."""

    DIMSE = "dimse"
    UPLOAD = "upload"
    IMPORT = "import"


class StoreStatus(IntEnum):
    """C-STORE status values that we answer (PS3.4 B.2.3, PS3.7 C)."""

    SUCCESS = 0x0000
    OUT_OF_RESOURCES = 0xA700
    DATA_SET_MISMATCH = 0xA900
    CANNOT_UNDERSTAND = 0xC000
    INVALID_INSTANCE = 0x0117
    SOP_CLASS_NOT_SUPPORTED = 0x0122
    NOT_AUTHORISED = 0x0124


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """One instance as announced by its sender, before its data set has been read."""

    entrance: Entrance
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    calling_ae_title: str
    called_ae_title: str
    peer_address: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOutcome:
    """How one reception ended: the status to answer and the comment (at most 64 ASCII characters).

    `duplicate` is True for an identical copy of what was already there; `conflict` when the same
    SOP Instance UID came with other bytes and both are kept.
    """

    status: StoreStatus
    comment: str = ""
    duplicate: bool = False
    conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInstance:
    """One instance on disk and in the database.

    `path` is relative to the data folder; `sha256` is of the data set as sent (without preamble
    and file meta information), `size` its length in bytes.
    """

    id: str
    reception: Reception
    study_instance_uid: str
    series_instance_uid: str
    sha256: str
    size: int
    path: str
    conflict: bool = False
