"""Files that come by upload or import: taken apart, checked, and received like any instance.

Preamble and file meta information of the file are left behind, so nothing that hides there is
stored; the data set is kept bit for bit. Archives are opened with limits
(:mod:`photopeak.inbox.archive`). A file that is no DICOM, of a form that is known, is kept bit for
bit inside of a data set (:mod:`photopeak.inbox.documents`).
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from photopeak.inbox import archive, documents
from photopeak.inbox.identity import (
    DEFLATED,
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    DataSetError,
    identify,
)
from photopeak.inbox.inbox import Inbox
from photopeak.inbox.incoming import IncomingInstance
from photopeak.model.documents import Statement
from photopeak.model.identity import is_uid
from photopeak.model.reception import Entrance, Reception, StoreOutcome, StoreStatus

_PIECE = 65_536
_PREAMBLE = 128
_PREFIX = b"DICM"
_LARGEST_META = 1_048_576
_MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
_DIRECTORY = "DICOMDIR: a directory of files, nothing to store"
_UNKNOWN = "neither DICOM nor a document of a known form"
_UNDEFINED = 0xFFFFFFFF
_NOTHING_SAID = Statement()


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """What became of one file of an upload; `ignored` ones are neither stored nor a failure.

    `name` is for a person to recognise the file; the UIDs are empty when they cannot be read.
    """

    name: str
    outcome: StoreOutcome
    ignored: bool = False
    sop_instance_uid: str = ""
    series_instance_uid: str = ""


class _NotDicomError(Exception):
    """The file holds no data set that could be stored; the message says why."""


class _UnknownFormError(_NotDicomError):
    """The file does not begin like a data set at all."""


def receive_file(
    inbox: Inbox,
    path: Path,
    *,
    sender: str,
    address: str,
    entrance: Entrance,
    statement: Statement = _NOTHING_SAID,
    clock: Callable[[], datetime] = _utc_now,
) -> StoreOutcome:
    """Receive one file and return what became of it.

    For an archive that is the first failure among its members, or a success that tells in its
    comment how many were stored.

    Parameters
    ----------
    sender, address
        Who sends it, from where; kept with the instance like the calling AE title.
    statement
        What the sender says of it, if it is no DICOM.
    """
    outcomes = receive_files(
        inbox, path, sender=sender, address=address, entrance=entrance, statement=statement,
        clock=clock,
    )  # fmt: skip
    if len(outcomes) == 1:
        return outcomes[0].outcome
    failed = [o for o in outcomes if o.outcome.status is not StoreStatus.SUCCESS]
    if failed:
        first = failed[0].outcome
        comment = f"{len(failed)} of {len(outcomes)} files not stored: {first.comment}"
        return StoreOutcome(status=first.status, comment=comment[:64])
    stored = [o.outcome for o in outcomes if not o.ignored]
    return StoreOutcome(
        status=StoreStatus.SUCCESS,
        comment=f"{len(stored)} files stored",
        duplicate=bool(stored) and all(outcome.duplicate for outcome in stored),
        conflict=any(outcome.conflict for outcome in stored),
    )


def receive_files(
    inbox: Inbox,
    path: Path,
    *,
    sender: str,
    address: str,
    entrance: Entrance,
    name: str = "",
    limits: archive.ArchiveLimits | None = None,
    statement: Statement = _NOTHING_SAID,
    clock: Callable[[], datetime] = _utc_now,
) -> tuple[FileOutcome, ...]:
    """Receive a file, or all members of a zip archive, and return what became of each.

    Parameters
    ----------
    name
        What its sender calls the file; empty for the name of `path`.
    statement
        What the sender says of those files that are no DICOM; a DICOM object tells itself.
    """
    own_name = archive.plain_name(name or path.name)

    def receive(member: Path, name: str) -> FileOutcome:
        try:
            return _receive(inbox, member, name, sender, address, entrance, statement, clock())
        except (_NotDicomError, documents.DocumentError) as error:
            refusal = StoreOutcome(status=StoreStatus.CANNOT_UNDERSTAND, comment=str(error)[:64])
            if str(error) == _DIRECTORY:
                refusal = StoreOutcome(status=StoreStatus.SUCCESS, comment=_DIRECTORY)
                return FileOutcome(name=name, outcome=refusal, ignored=True)
            return FileOutcome(name=name, outcome=refusal)
        except OSError as error:
            return FileOutcome(name=name, outcome=inbox.failed(error))

    if not archive.is_archive(path):
        return (receive(path, own_name),)
    outcomes = []
    folder = Path(inbox.spool)
    try:
        for member in archive.members(path, folder, limits or archive.ArchiveLimits()):
            if member.path is None:
                refusal = StoreOutcome(
                    status=StoreStatus.CANNOT_UNDERSTAND, comment=member.refusal[:64]
                )
                outcomes.append(FileOutcome(name=member.name, outcome=refusal))
            else:
                outcomes.append(receive(member.path, member.name))
    except archive.ArchiveError as error:
        refusal = StoreOutcome(status=StoreStatus.CANNOT_UNDERSTAND, comment=str(error)[:64])
        outcomes.append(FileOutcome(name=own_name, outcome=refusal))
    except OSError as error:
        outcomes.append(FileOutcome(name=own_name, outcome=inbox.failed(error)))
    return tuple(outcomes)


def _receive(
    inbox: Inbox,
    path: Path,
    name: str,
    sender: str,
    address: str,
    entrance: Entrance,
    statement: Statement,
    now: datetime,
) -> FileOutcome:
    with path.open("rb", buffering=0) as file:
        handle = file.fileno()
        size = os.fstat(handle).st_size
        try:
            start, syntax = _data_set_of(handle, size)
        except _UnknownFormError:
            form = documents.form_of(path)
            if form is None:
                raise
            wrapped = documents.wrap(path, form, documents.checked(statement))
            incoming = inbox.begin(
                Reception(
                    entrance=entrance,
                    sop_class_uid=wrapped.sop_class_uid,
                    sop_instance_uid=wrapped.sop_instance_uid,
                    transfer_syntax_uid=EXPLICIT_LITTLE_ENDIAN,
                    calling_ae_title=sender,
                    called_ae_title="",
                    peer_address=address,
                    received_at=now,
                )
            )
            incoming.write(wrapped.before)
            _copy(file, 0, incoming)
            incoming.write(wrapped.after)
            return FileOutcome(
                name=name,
                outcome=incoming.commit(),
                sop_instance_uid=wrapped.sop_instance_uid,
                series_instance_uid=wrapped.series_instance_uid,
            )
        try:
            identity = identify(
                handle, start, size - start, transfer_syntax_uid=syntax, strict=inbox.strict
            )
        except DataSetError as error:
            refusal = StoreOutcome(status=error.status, comment=error.comment)
            return FileOutcome(name=name, outcome=refusal)
        if identity.sop_class_uid == _MEDIA_DIRECTORY:
            raise _NotDicomError(_DIRECTORY)
        incoming = inbox.begin(
            Reception(
                entrance=entrance,
                sop_class_uid=identity.sop_class_uid,
                sop_instance_uid=identity.sop_instance_uid,
                transfer_syntax_uid=syntax,
                calling_ae_title=sender,
                called_ae_title="",
                peer_address=address,
                received_at=now,
            )
        )
        _copy(file, start, incoming)
        return FileOutcome(
            name=name,
            outcome=incoming.commit(),
            sop_instance_uid=identity.sop_instance_uid,
            series_instance_uid=identity.series_instance_uid,
        )


def _copy(file: io.FileIO, start: int, incoming: IncomingInstance) -> None:
    """Hand over what stands in a file from `start` on, until it is certain to be refused."""
    try:
        file.seek(start)
        buffer = bytearray(_PIECE)
        view = memoryview(buffer)
        while not incoming.failed and (read := file.readinto(buffer)):
            incoming.write(view[:read])
    except BaseException:
        incoming.discard()
        raise


def _data_set_of(handle: int, size: int) -> tuple[int, str]:
    """Return where the data set begins and its transfer syntax (PS3.10 7.1)."""
    head = os.pread(handle, _PREAMBLE + 4, 0)
    if head[_PREAMBLE:] == _PREFIX:
        return _after_meta(handle, size, _PREAMBLE + 4)
    if head[:4] == _PREFIX:  # the prefix without its preamble
        return _after_meta(handle, size, 4)
    if head[:2] == b"\2\0":  # meta information without either
        return _after_meta(handle, size, 0)
    try:
        return 0, _guess(head)
    except _NotDicomError as error:
        raise _UnknownFormError(_UNKNOWN) from error


def _after_meta(handle: int, size: int, at: int) -> tuple[int, str]:
    """Walk over group 0002, which is explicit little endian."""
    syntax = media_class = ""
    begin = at
    while at + 8 <= size:
        header = os.pread(handle, 12, at)
        group, element, vr, length = struct.unpack_from("<HH2sH", header)
        if group != 2:
            break
        value_at = at + 8
        if vr in (b"OB", b"UN", b"UT", b"UC", b"UR"):
            if len(header) < 12:
                raise _NotDicomError("the file meta information is damaged")
            length = struct.unpack_from("<I", header, 8)[0]
            value_at = at + 12
        at = value_at + length
        if length == _UNDEFINED or at > size or at - begin > _LARGEST_META:
            raise _NotDicomError("the file meta information is damaged")
        if element in (0x0002, 0x0010) and length <= 66:
            text = os.pread(handle, length, value_at).rstrip(b"\0 ").decode("ascii", "replace")
            if element == 0x0010:
                syntax = text
            else:
                media_class = text
    if media_class == _MEDIA_DIRECTORY:
        raise _NotDicomError(_DIRECTORY)
    if syntax in DEFLATED:
        raise _NotDicomError("deflated data sets are not accepted")
    if not syntax:
        return at, _guess(os.pread(handle, 8, at))
    if not is_uid(syntax):
        raise _NotDicomError("the transfer syntax is not a UID")
    return at, syntax


def _guess(head: bytes) -> str:
    """Return the transfer syntax that the first element of a bare data set is written in."""
    if len(head) < 8:
        raise _NotDicomError(_UNKNOWN)
    letters = head[4:6].isalpha() and head[4:6].isupper()
    for order, syntax in (("<", EXPLICIT_LITTLE_ENDIAN), (">", EXPLICIT_BIG_ENDIAN)):
        group = struct.unpack_from(f"{order}H", head)[0]
        if group == 0x0008:
            if letters:
                return syntax
            if order == "<":
                return IMPLICIT_LITTLE_ENDIAN
    raise _NotDicomError(_UNKNOWN)
