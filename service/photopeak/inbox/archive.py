"""Zip archives from people: opened with limits, members written under names of our own."""

from __future__ import annotations

import os
import re
import secrets
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_END_SIZE = 22
_LONGEST_COMMENT = 65_535
_DIRECTORY_BYTES_PER_ENTRY = 1024
_PIECE = 65_536
_ALLOWANCE = 1_048_576
"""Bytes that a member may have whatever its ratio is: small texts compress well."""
_ENCRYPTED = 0x1
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class ArchiveError(Exception):
    """The archive is refused as a whole; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """What an archive may hold: members, bytes of all of them, and bytes out per byte in."""

    entries: int = 10_000
    total_bytes: int = 4_294_967_296
    ratio: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member: unpacked at `path`, or refused.

    `name` is for a person to recognise it, never for a file system. The file is gone when the next
    member is asked for.
    """

    name: str
    path: Path | None = None
    refusal: str = ""


def is_archive(path: Path) -> bool:
    """Tell whether a file begins like a zip archive and not like a DICOM file."""
    with path.open("rb") as file:
        head = file.read(132)
    return head[:4] in _MAGIC and head[128:132] != b"DICM"


def plain_name(name: str) -> str:
    """Return the last part of a name in printable ASCII, at most 100 characters."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return _UNPRINTABLE.sub("?", last)[:100]


def members(path: Path, folder: Path, limits: ArchiveLimits) -> Iterator[Member]:
    """Unpack the members one after the other into `folder`.

    Sizes in the archive are not believed: bytes are counted as they come out.

    Raises
    ------
    ArchiveError
        If the archive is damaged or has too many members or bytes.
    OSError
        If a member cannot be written.
    """
    _check_directory(path, limits)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise ArchiveError("the archive is damaged") from error
    with archive:
        entries = archive.infolist()
        if len(entries) > limits.entries:
            raise ArchiveError(f"the archive has more than {limits.entries} files")
        left = limits.total_bytes
        for entry in entries:
            if entry.is_dir():
                continue
            name = plain_name(entry.filename)
            refusal = _refusal(entry)
            if refusal:
                yield Member(name=name, refusal=refusal)
                continue
            target = folder / f"{secrets.token_hex(16)}.member"
            try:
                refusal, written = _unpack(archive, entry, target, left, limits.ratio)
                left -= written
                yield (
                    Member(name=name, refusal=refusal)
                    if refusal
                    else Member(name=name, path=target)
                )
            finally:
                target.unlink(missing_ok=True)


def _refusal(entry: zipfile.ZipInfo) -> str:
    parts = PurePosixPath(entry.filename.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or re.match(r"[A-Za-z]:", entry.filename):
        return "a path that leads out of the archive"
    mode = entry.external_attr >> 16
    if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
        return "not a regular file"
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "packed in a way that is not accepted"
    return ""


def _unpack(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int, ratio: float
) -> tuple[str, int]:
    """Write a member; returns why it was given up (empty when it was not), and its bytes."""
    most = min(left, int(entry.compress_size * ratio) + _ALLOWANCE)
    written = 0
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with archive.open(entry) as member:
            while piece := member.read(_PIECE):
                written += len(piece)
                if written > left:
                    raise ArchiveError("the files of the archive are too large together")
                if written > most:
                    return "it unpacks to too much", written
                view = memoryview(piece)
                while view:
                    view = view[os.write(handle, view) :]
    except (
        zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError,
    ):  # fmt: skip
        return "it is damaged, or packed in an unknown way", written
    finally:
        os.close(handle)
    return "", written


def _check_directory(path: Path, limits: ArchiveLimits) -> None:
    """Refuse an archive whose list of members would fill the memory before it can be counted."""
    size = path.stat().st_size
    tail_at = max(0, size - _END_SIZE - _LONGEST_COMMENT - 20)
    with path.open("rb") as file:
        file.seek(tail_at)
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or at + _END_SIZE > len(tail):
        raise ArchiveError("the archive is damaged")
    most = limits.entries * _DIRECTORY_BYTES_PER_ENTRY
    if struct.unpack_from("<I", tail, at + 12)[0] > most:
        raise ArchiveError(f"the archive has more than {limits.entries} files")
    if at >= 20 and tail[at - 20 : at - 16] == _END_64:
        record_at = struct.unpack_from("<Q", tail, at - 12)[0]
        with path.open("rb") as file:
            file.seek(min(record_at, size))
            record = file.read(56)
        if len(record) < 56 or struct.unpack_from("<Q", record, 40)[0] > most:
            raise ArchiveError(f"the archive has more than {limits.entries} files")
