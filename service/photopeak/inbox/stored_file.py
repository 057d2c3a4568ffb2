"""The form of a stored file: our own preamble and file meta information, then the data set.

The data set stands there bit for bit as it was sent. The preamble is zero, whatever a sender had
in his. Private information of the file meta (PS3.10 7.1) keeps what nothing else would tell after
a loss of the database: when, from whom and by which way the instance came, and the *seal*, the
SHA-256 and the length of the data set. So every file proves by itself that it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from photopeak.inbox.errors import StoredFileError
from photopeak.inbox.identity import DataSetError, identify, identify_in_memory
from photopeak.model.implementation import IMPLEMENTATION_CLASS_UID, implementation_version_name
from photopeak.model.reception import Entrance, Reception, StoredInstance

PRIVATE_CREATOR_UID = "2.25.146873092514270837620192463087551120378"
"""Creator of the private information in our file meta information."""

SUFFIX = ".dcm"

_PREFIX = bytes(128) + b"DICM"
_FORM = b"PPK1"
_SEAL = struct.Struct("<32sQ")
_WHEN = struct.Struct("<q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SHORT = struct.Struct("<HH2sH")
_LONG = struct.Struct("<HH2s2xI")
_LARGEST_META = 65_536
_HASHED_AT_A_TIME = 1 << 20


@dataclass(frozen=True, slots=True)
class FileHead:
    """Everything that stands before a data set; the seal is written at `seal_at` at the end."""

    content: bytes
    seal_at: int


def head_of(reception: Reception) -> FileHead:
    """Return the preamble and file meta information of an instance, with an empty seal."""
    before, between, after = _template(
        reception.sop_class_uid,
        reception.transfer_syntax_uid,
        reception.entrance,
        reception.calling_ae_title,
        reception.called_ae_title,
        reception.peer_address,
    )
    instance = _short(0x0003, b"UI", _uid(reception.sop_instance_uid))
    when = _WHEN.pack((reception.received_at - _EPOCH) // _MICROSECOND)
    group = b"".join((before, instance, between, when, after))
    length = _short(0x0000, b"UL", struct.pack("<I", len(group)))
    seal_at = len(_PREFIX) + len(length) + len(before) + len(instance) + len(between) - _SEAL.size
    return FileHead(_PREFIX + length + group, seal_at)


def seal_of(sha256: bytes, size: int) -> bytes:
    """Return what belongs at `FileHead.seal_at`."""
    return _SEAL.pack(sha256, size)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored file as its own file meta information describes it."""

    reception: Reception
    sha256: str
    size: int
    data_set_at: int
    seal_at: int


def read_head(path: Path) -> StoredFile:
    """Read the file meta information of a stored file.

    Raises
    ------
    StoredFileError
        If it is not one of ours.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(len(_PREFIX) + 12)
        group = file.read(_group_length(head, path.name))
    return _described(head, group, path.name)


def instance_in_memory(id_: str, content: bytearray, path: str) -> StoredInstance:
    """Seal the content of a file to be and return the row that belongs to it.

    Raises
    ------
    StoredFileError
        If it is not one of ours.
    """
    view = memoryview(content)
    start = len(_PREFIX) + 12
    head = bytes(view[:start])
    length = _group_length(head, id_)
    stored = _described(head, bytes(view[start : start + length]), id_)
    data_set = view[stored.data_set_at :]
    digest = hashlib.sha256(data_set)
    view[stored.seal_at : stored.seal_at + _SEAL.size] = seal_of(digest.digest(), len(data_set))
    try:
        identity = identify_in_memory(
            data_set, transfer_syntax_uid=stored.reception.transfer_syntax_uid, strict=False
        )
    except DataSetError as error:
        raise StoredFileError(f"{id_}: {error}") from error
    return StoredInstance(
        id=id_,
        reception=stored.reception,
        study_instance_uid=identity.study_instance_uid,
        series_instance_uid=identity.series_instance_uid,
        sha256=digest.hexdigest(),
        size=len(data_set),
        path=path,
    )


def _group_length(head: bytes, name: str) -> int:
    """Return the length of the file meta information that begins with `head`."""
    if len(head) < len(_PREFIX) + 12 or head[: len(_PREFIX)] != _PREFIX:
        raise StoredFileError(f"{name} does not begin like a stored file")
    length: int = struct.unpack_from("<I", head, len(_PREFIX) + 8)[0]
    if length > _LARGEST_META:
        raise StoredFileError(f"{name} has file meta information of {length} bytes")
    return length


def _described(head: bytes, group: bytes, name: str) -> StoredFile:
    """Return what file meta information says."""
    length = len(group)
    values = _values(group)
    try:
        private = values[0x0102]
        if values[0x0100].rstrip(b"\0") != PRIVATE_CREATOR_UID.encode() or (
            private[: len(_FORM)] != _FORM
        ):
            raise StoredFileError(f"{name} was not stored by this service")
        at = len(_FORM)
        sha256, size = _SEAL.unpack_from(private, at)
        (when,) = _WHEN.unpack_from(private, at + _SEAL.size)
        facts = json.loads(private[at + _SEAL.size + _WHEN.size :])
        reception = Reception(
            entrance=Entrance(facts["entrance"]),
            sop_class_uid=_text(values[0x0002]),
            sop_instance_uid=_text(values[0x0003]),
            transfer_syntax_uid=_text(values[0x0010]),
            calling_ae_title=facts["calling"],
            called_ae_title=facts["called"],
            peer_address=facts["peer"],
            received_at=_EPOCH + when * _MICROSECOND,
        )
    except (KeyError, ValueError, TypeError, struct.error) as error:
        raise StoredFileError(f"{name} has damaged file meta information") from error
    seal_at = len(head) + group.index(private) + len(_FORM)
    return StoredFile(reception, sha256.hex(), size, len(head) + length, seal_at)


def hash_of(path: Path, data_set_at: int) -> tuple[str, int]:
    """Return SHA-256 and length of what stands in a file from `data_set_at` on."""
    digest = hashlib.sha256()
    size = 0
    buffer = bytearray(_HASHED_AT_A_TIME)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        file.seek(data_set_at)
        while read := file.readinto(buffer):
            digest.update(view[:read])
            size += read
    return digest.hexdigest(), size


def seal_file(path: Path, data_set_at: int, seal_at: int) -> str:
    """Seal a complete file and return the SHA-256 of its data set.

    Raises
    ------
    OSError
        If it cannot be read or written.
    """
    sha256, size = hash_of(path, data_set_at)
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.pwrite(handle, seal_of(bytes.fromhex(sha256), size), seal_at)
    finally:
        os.close(handle)
    return sha256


def read_whole(data: Path, path: str, *, conflict: bool) -> StoredInstance:
    """Read a stored file completely and return the row that belongs to it.

    Parameters
    ----------
    path
        Relative to the data folder; the name of the file is the id of the instance.
    conflict
        Whether it is a copy that differs from an earlier one.

    Raises
    ------
    StoredFileError
        If it is not one of ours, or not what was received.
    OSError
        If it cannot be read.
    """
    full = data / path
    stored = read_head(full)
    sha256, size = hash_of(full, stored.data_set_at)
    unsealed = not stored.size
    if not unsealed and (sha256, size) != (stored.sha256, stored.size):
        raise StoredFileError(
            f"{full.name} has {size} bytes with SHA-256 {sha256[:12]}..., "
            f"received were {stored.size} with {stored.sha256[:12]}..."
        )
    with full.open("rb") as file:
        try:
            identity = identify(
                file.fileno(),
                stored.data_set_at,
                size,
                transfer_syntax_uid=stored.reception.transfer_syntax_uid,
                # Without a seal nothing but its own structure tells that it is complete.
                strict=unsealed,
            )
        except DataSetError as error:
            raise StoredFileError(f"{full.name}: {error}") from error
    if unsealed:
        seal_file(full, stored.data_set_at, stored.seal_at)
    return StoredInstance(
        id=full.stem,
        reception=stored.reception,
        study_instance_uid=identity.study_instance_uid,
        series_instance_uid=identity.series_instance_uid,
        sha256=sha256,
        size=size,
        path=path,
        conflict=conflict,
    )


@lru_cache(maxsize=512)
def _template(
    sop_class_uid: str,
    transfer_syntax_uid: str,
    entrance: Entrance,
    calling: str,
    called: str,
    peer: str,
) -> tuple[bytes, bytes, bytes]:
    """Return the meta information before the SOP Instance UID, up to the seal, and behind it."""
    before = _LONG.pack(2, 0x0001, b"OB", 2) + b"\0\1" + _short(0x0002, b"UI", _uid(sop_class_uid))
    facts = json.dumps(
        {"entrance": entrance.value, "calling": calling, "called": called, "peer": peer}
    ).encode()
    facts += b" " * (len(facts) % 2)
    length = len(_FORM) + _SEAL.size + _WHEN.size + len(facts)
    between = b"".join(
        (
            _short(0x0010, b"UI", _uid(transfer_syntax_uid)),
            _short(0x0012, b"UI", _uid(IMPLEMENTATION_CLASS_UID)),
            _short(0x0013, b"SH", _padded(implementation_version_name().encode())),
            _short(0x0016, b"AE", _title(calling)),
            _short(0x0018, b"AE", _title(called)),
            _short(0x0100, b"UI", _uid(PRIVATE_CREATOR_UID)),
            _LONG.pack(2, 0x0102, b"OB", length),
            _FORM,
            bytes(_SEAL.size),
        )
    )
    return before, between, facts


def _short(element: int, vr: bytes, value: bytes) -> bytes:
    return _SHORT.pack(2, element, vr, len(value)) + value


def _uid(text: str) -> bytes:
    value = text.encode("ascii", "replace")
    return value + b"\0" * (len(value) % 2)


def _title(text: str) -> bytes:
    plain = "".join(char if " " <= char <= "~" and char != "\\" else "?" for char in text)
    return _padded(plain[:16].encode())


def _padded(value: bytes) -> bytes:
    return value + b" " * (len(value) % 2)


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace").rstrip("\0 ")


def _values(group: bytes) -> dict[int, bytes]:
    """Return the values of file meta information that was written by :func:`head_of`."""
    values = {}
    at = 0
    while at + 8 <= len(group):
        _, element, vr, length = _SHORT.unpack_from(group, at)
        at += 8
        if vr == b"OB" and at + 4 <= len(group):
            length = struct.unpack_from("<I", group, at)[0]
            at += 4
        values[element] = group[at : at + length]
        at += length
    return values
