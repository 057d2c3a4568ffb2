"""The form of the journal: where instances come to rest first, on their way into the store.

A file of its own for each instance costs the file system a commit of its journal, and its name
another one. Here the instances of all associations that wait are written one behind the other into
a file that has its size and its place on the disk already, and are synced together: one write, one
sync, nothing else to remember for the file system. The registrar makes files and rows of them
(:mod:`photopeak.inbox.registrar`), and a segment whose instances all have theirs is used again.

A segment is a block of 4096 bytes that says whether it is free or in use, followed by entries, each
at a multiple of 4096 bytes: a header, and the content of the file to be. The *epoch* is drawn anew
with every use; an entry of another epoch is what an earlier use has left, and the end. A checksum
tells a whole entry from one whose write was cut off, which nobody was told of.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import xxhash

from photopeak.inbox.files import PIECE_BYTES, FileOperations

JOURNAL = "journal"
"""Name of the folder, below the data folder; each host has one of its own in it."""

BLOCK_BYTES = 4096
SEGMENT_BYTES = 16 * 1024 * 1024
LARGEST_CONTENT_BYTES = SEGMENT_BYTES - 3 * BLOCK_BYTES

_MAGIC = b"PPKJRNL1"
FREE, IN_USE = 0, 1
_NO_EPOCH, _DAMAGED = 0, -1
_SEGMENT = struct.Struct("<8sIQ")
_ENTRY_MAGIC = b"PPKE"
INSTANCE, END = 1, 2
_ENTRY = struct.Struct("<4sIQIQQI36s")
_CHECKSUM = struct.Struct("<I")
ENTRY_BYTES = _ENTRY.size + _CHECKSUM.size
_NO_ID = b"-" * 36
_CHECKED_AT_ONCE = 65_536
"""Up to here xxhash keeps the interpreter; giving it up and waiting for it costs more than the checksum."""
_PART = ".part"
_UNFINISHED_S = 300.0
"""A segment is made within a second or two."""
_LOCK, _PROBE = "registrar.lock", "probe.lock"


@dataclass(frozen=True, slots=True)
class Entry:
    """The content of a file to be.

    Attributes
    ----------
    id
        Id of the instance, 36 characters.
    block
        As it stands in a segment: room for the header, the content, zeros up to a multiple of
        `BLOCK_BYTES`.
    data_set_at
        Length of what stands before the data set, with an empty seal.
    length
        Length of the content.
    checksum
        XXH3 of the content.
    """

    id: str
    block: memoryview
    data_set_at: int
    length: int
    checksum: int

    @staticmethod
    def within(id_: str, buffer: memoryview, data_set_at: int, length: int) -> Entry:
        """Return the entry for a content that stands in a buffer, behind room for its header."""
        end = ENTRY_BYTES + length
        block = buffer[: aligned(end)]
        block[end:] = bytes(len(block) - end)
        data_set = block[ENTRY_BYTES + data_set_at : end]
        head = block[ENTRY_BYTES : ENTRY_BYTES + data_set_at]
        return Entry(id_, block, data_set_at, length, _checksum(data_set, _checksum(head)))


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry as it stands in a segment; `content` holds head and data set."""

    id: str
    content: bytearray


def entry_header(kind: int, epoch: int, number: int, *, entry: Entry | None = None) -> bytes:
    """Return the header of an entry; without an instance it says that nothing follows."""
    checksum, length, data_set_at, id_ = 0, 0, 0, _NO_ID
    if entry is not None:
        checksum, data_set_at = entry.checksum, entry.data_set_at
        length, id_ = entry.length, entry.id.encode()
    header = _ENTRY.pack(_ENTRY_MAGIC, kind, epoch, number, checksum, length, data_set_at, id_)
    return header + _CHECKSUM.pack(zlib.crc32(header))


class Segment:
    """A segment as the registrar sees it: what is in it, and how far that has been taken."""

    def __init__(self, path: Path) -> None:
        self.ended = False
        self._handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._epoch = _NO_EPOCH
        self._taken = self._read = _START

    def look(self) -> bool:
        """Tell whether the segment is in use; what was taken of another use is forgotten."""
        epoch = _epoch(self._handle)
        if epoch != self._epoch:
            self._epoch, self.ended = epoch, False
            self._taken = self._read = _START
        return epoch > _NO_EPOCH

    def reach(self) -> int:
        """Return 0 if nothing is behind what was taken, otherwise when something came last.

        That is asked again and again while instances come, and what has just come by direct
        writes is not in memory.
        """
        if self._header(self._taken) is None:
            return 0
        return os.fstat(self._handle).st_mtime_ns

    def entries(self) -> Iterator[FoundEntry]:
        """Yield whole entries from what was taken on; stops where nothing whole is (yet)."""
        self._read = self._taken
        while (header := self._header(self._read)) is not None:
            if header.kind == END:
                self.ended = self._read == self._taken
                return
            content = self._content(header)
            if content is None:
                return
            self._read = self._read.behind(header.length)
            yield FoundEntry(header.id, content)

    def advance(self) -> None:
        """Note that everything which :meth:`entries` has yielded was taken."""
        self._taken = self._read

    def torn(self) -> FoundEntry | None:
        """Return the bytes of the next entry as they are, if its header at least is whole."""
        header = self._header(self._taken)
        if header is None or header.length > LARGEST_CONTENT_BYTES:
            return None
        content = os.pread(self._handle, header.length, header.at + ENTRY_BYTES)
        return FoundEntry(header.id, bytearray(content))

    def skip(self) -> bool:
        """Go on behind an entry that is not whole; tells whether there is anything behind it.

        Only for a segment to which nobody writes any more.
        """
        for at in range(self._taken.at + BLOCK_BYTES, SEGMENT_BYTES, BLOCK_BYTES):
            header = self._header(_Place(at, -1))
            if header is not None and header.number > self._taken.number:
                self._taken = _Place(at, header.number)
                return True
        return False

    def abandoned(self) -> bool:
        """Tell whether nobody writes to the segment any more."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(self._handle, fcntl.LOCK_UN)
        return True

    def release(self, operations: FileOperations) -> None:
        """Have the segment used again: everything in it was taken."""
        # A receiver that writes past the memory of the kernel would have to do that under load.
        operations.forget(self._handle)
        operations.write_at(self._handle, segment_header(FREE, _NO_EPOCH), 0)
        operations.sync_data(self._handle)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)

    def _header(self, place: _Place) -> _Header | None:
        """Return the header of the entry at a place (of any number if that is -1), None without."""
        data = os.pread(self._handle, ENTRY_BYTES, place.at)
        if len(data) < ENTRY_BYTES:
            return None
        (check,) = _CHECKSUM.unpack_from(data, _ENTRY.size)
        if data[: len(_ENTRY_MAGIC)] != _ENTRY_MAGIC or check != zlib.crc32(data[: _ENTRY.size]):
            return None
        _, kind, epoch, number, checksum, length, data_set_at, id_ = _ENTRY.unpack_from(data)
        if epoch != self._epoch or place.number not in (number, -1):
            return None
        return _Header(place.at, kind, number, checksum, length, data_set_at, id_.decode("ascii"))

    def _content(self, header: _Header) -> bytearray | None:
        """Return the content of an entry, None if it is not whole."""
        if header.length > LARGEST_CONTENT_BYTES:
            return None
        content = bytearray(header.length)
        read = os.preadv(self._handle, [content], header.at + ENTRY_BYTES)
        if read != header.length or header.checksum != _checksum_of(content, header.data_set_at):
            return None
        return content


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """Offset of an entry, and its number in the segment."""

    at: int
    number: int

    def behind(self, length: int) -> _Place:
        """Return the place behind an entry with a content of this length."""
        return _Place(self.at + aligned(ENTRY_BYTES + length), self.number + 1)


@dataclass(frozen=True, slots=True)
class _Header:
    at: int
    kind: int
    number: int
    checksum: int
    length: int
    data_set_at: int
    id: str


_START = _Place(BLOCK_BYTES, 0)


def prepare(data: Path, host: str, operations: FileOperations) -> Path:
    """Make the folder of a host, durably, and return it."""
    folder = data
    for part in (JOURNAL, folder_name(host)):
        folder /= part
        if not folder.is_dir():
            try:
                operations.make_folder(folder)
            except FileExistsError:
                continue
            operations.sync_folder(folder.parent)
    return folder


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Be the only one who takes from a journal, as long as the block lasts; False if another is.

    Raises
    ------
    OSError
        If the file system has no locks.
    """
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def can_lock(folder: Path) -> bool:
    """Tell whether the file system of a journal has locks, without which there can be none."""
    handle = os.open(folder / _PROBE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def segments(folder: Path) -> list[Path]:
    """Return the segments of a folder."""
    with os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if entry.name.endswith(".segment")]


def is_free(path: Path) -> bool:
    """Tell whether a segment waits to be used."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _epoch(handle) == _NO_EPOCH
    finally:
        os.close(handle)


def made(folder: Path, operations: FileOperations) -> int:
    """Make a free segment that is on the disk, locked by who holds the handle that is returned.

    All its blocks are written. A sync of such blocks asks nothing of the journal of the file system,
    which makes it twice as fast as one of blocks that are only reserved, and leaves nothing that could
    still go wrong after the bytes are there.
    """
    path = folder / f"{secrets.token_hex(6)}.segment"
    part = path.with_suffix(_PART)
    handle = operations.create(str(part))
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        operations.reserve(handle, SEGMENT_BYTES)
        zeros = memoryview(bytes(PIECE_BYTES))
        for at in range(0, SEGMENT_BYTES, PIECE_BYTES):
            operations.write_views_at(handle, [zeros], at)
        operations.write_at(handle, segment_header(FREE, _NO_EPOCH), 0)
        operations.sync(handle)
        operations.forget(handle)
        operations.move(str(part), str(path))
        operations.sync_folder(folder)
    except BaseException:
        os.close(handle)
        operations.remove(part)
        raise
    return handle


def sweep(folder: Path, operations: FileOperations) -> None:
    """Remove segments whose makers died before they were done."""
    for path in folder.glob(f"*{_PART}"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _UNFINISHED_S:
                operations.remove(path)


def remove_free(folder: Path, operations: FileOperations) -> None:
    """Remove the segments of a folder that nobody uses."""
    for path in segments(folder):
        handle = claim(path)
        if handle is not None:
            try:
                operations.remove(path)
            finally:
                os.close(handle)


def claim(path: Path) -> int | None:
    """Lock a segment and return it open, None if it is not to be had."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    if _epoch(handle) == _NO_EPOCH and os.fstat(handle).st_nlink:
        return handle
    os.close(handle)
    return None


def _epoch(handle: int) -> int:
    """Return the epoch of a segment in use, 0 for one that is free, -1 for what cannot be read."""
    header = os.pread(handle, _SEGMENT.size + _CHECKSUM.size, 0)
    if len(header) < _SEGMENT.size + _CHECKSUM.size:
        return _DAMAGED
    magic, state, epoch = _SEGMENT.unpack_from(header)
    (check,) = _CHECKSUM.unpack_from(header, _SEGMENT.size)
    if magic != _MAGIC or check != zlib.crc32(header[: _SEGMENT.size]):
        return _DAMAGED
    return int(epoch) if state == IN_USE else _NO_EPOCH


def segment_header(state: int, epoch: int) -> bytes:
    """Return what stands at the start of a segment."""
    header = _SEGMENT.pack(_MAGIC, state, epoch)
    return header + _CHECKSUM.pack(zlib.crc32(header))


def aligned(size: int) -> int:
    """Return the bytes that something of this size takes in a segment."""
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES


def folder_name(host: str) -> str:
    """Return the name of the folder of a host."""
    return "".join(char if char.isalnum() or char in "-." else "_" for char in host) or "host"


def _checksum(data: memoryview, seed: int = 0) -> int:
    """Return the XXH3 of bytes, in a chain with what came before."""
    for at in range(0, len(data), _CHECKED_AT_ONCE):
        seed = xxhash.xxh3_64_intdigest(data[at : at + _CHECKED_AT_ONCE], seed)
    return seed


def _checksum_of(content: bytearray, data_set_at: int) -> int:
    view = memoryview(content)
    return _checksum(view[data_set_at:], _checksum(view[:data_set_at]))
