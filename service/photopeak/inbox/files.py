"""The file operations that durability rests on, in one place.

The inbox makes no other call that changes a file. Tests put a disk that fails in the place of
:class:`FileOperations`.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import functools
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from photopeak.inbox.kernel_sync import KernelSync

PIECE_BYTES = 65_536
"""Largest single write: larger ones made the kernel allocate large folios, six times slower."""

_MOST_VIEWS = 1000
_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_RENAME_ARGUMENTS = (
    ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint,
)  # fmt: skip
_WRITE = 2
_START_WRITING_ARGUMENTS = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
_DIRECT_ON = (0xEF53, 0x58465342)
"""Types of ext4 and XFS."""
_NOT_SUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)


class FileOperations:
    """The calls to the kernel; each raises OSError."""

    def create(self, path: str) -> int:
        """Create a file that does not exist, for writing and reading."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)

    def write(self, handle: int, views: Sequence[memoryview]) -> int:
        """Write at the end of what was written; returns how many bytes."""
        return os.writev(handle, views)

    def write_at(self, handle: int, data: bytes, offset: int) -> int:
        """Write at an offset inside of what was written."""
        return os.pwrite(handle, data, offset)

    def write_views_at(self, handle: int, views: Sequence[memoryview], offset: int) -> int:
        """Write all views one behind the other, inside of what was reserved; returns their size."""
        if len(views) <= _MOST_VIEWS:
            written = os.pwritev(handle, views, offset)
            if written == sum(map(len, views)):
                return written
        rest, at = list(views), offset
        while rest:
            written = os.pwritev(handle, rest[:_MOST_VIEWS], at)
            if written <= 0:
                raise OSError(errno.EIO, "nothing could be written")
            at += written
            _drop(rest, written)
        return at - offset

    def go_direct(self, handle: int) -> bool:
        """Have writes to a file go past the memory of the kernel; False where that is not known to do.

        From then on they begin at a multiple of a block of the disk, and consist of such blocks. That
        the kernel lets others read the same file through its memory holds for these file systems.
        """
        if _type_of_file_system(handle) not in _DIRECT_ON:
            return False
        flags = fcntl.fcntl(handle, fcntl.F_GETFL)
        try:
            fcntl.fcntl(handle, fcntl.F_SETFL, flags | os.O_DIRECT)
        except OSError:
            return False
        # What of it is in memory would have to be thrown out write by write.
        self.forget(handle)
        return True

    def go_through_memory(self, handle: int) -> None:
        """Undo :meth:`go_direct`."""
        flags = fcntl.fcntl(handle, fcntl.F_GETFL)
        fcntl.fcntl(handle, fcntl.F_SETFL, flags & ~os.O_DIRECT)

    def forget(self, handle: int) -> None:
        """Have the kernel let go of what it keeps of a file in memory and has on the disk."""
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)

    def write_block(self, handle: int, block: memoryview, offset: int) -> None:
        """Write a block directly; on return it is on the disk."""
        if os.pwritev(handle, [block], offset, os.RWF_DSYNC) != len(block):
            raise OSError(errno.EIO, "nothing could be written")

    def reserve(self, handle: int, size: int) -> None:
        """Give a file its size and its place on the disk."""
        os.posix_fallocate(handle, 0, size)

    def start_writing(self, handle: int) -> None:
        """Have the kernel begin to write the file to the disk; a promise of nothing.

        Files for which that has begun share one commit of the journal of the file system, and their
        :meth:`sync` finds most of its work done: a group of eight takes six tenths of the time.
        """
        start = _c_function("sync_file_range", _START_WRITING_ARGUMENTS)
        if start is not None and start(handle, 0, 0, _WRITE):
            number = ctypes.get_errno()
            if number not in _NOT_SUPPORTED:
                raise OSError(number, os.strerror(number))

    def sync(self, handle: int) -> None:
        """Return when the file is on the disk.

        An error is final: the kernel drops the pages that it could not write, and the next call
        would report success.
        """
        os.fsync(handle)

    def sync_data(self, handle: int) -> None:
        """Return when what was written to a file that has its size is on the disk; as :meth:`sync`."""
        os.fdatasync(handle)

    def background_sync(self, signal: int) -> KernelSync:
        """Return syncs as :meth:`sync_data` that raise the eventfd `signal` in place of waiting."""
        return KernelSync(signal)

    def open_folder(self, path: str | Path) -> int:
        """Open a folder, to sync it."""
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def sync_folder(self, folder: str | Path | int) -> None:
        """Return when the names in a folder, given by its path or opened, are on the disk."""
        if isinstance(folder, int):
            os.fsync(folder)
            return
        handle = self.open_folder(folder)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def move(self, source: str, target: str) -> None:
        """Give a file its name; never in place of another file.

        Raises
        ------
        FileExistsError
            If there is a file of that name.
        """
        rename = _c_function("renameat2", _RENAME_ARGUMENTS)
        if rename is not None:
            if rename(
                _AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), _RENAME_NOREPLACE
            ):
                number = ctypes.get_errno()
                if number not in _NOT_SUPPORTED:
                    raise OSError(number, os.strerror(number), source, None, target)
            else:
                return
        os.link(source, target)
        Path(source).unlink()

    def remove(self, path: str | Path) -> None:
        """Remove a file; one that is gone already is removed."""
        Path(path).unlink(missing_ok=True)

    def make_folder(self, path: Path) -> None:
        """Make a folder whose parent exists."""
        path.mkdir(mode=0o750)

    def free(self, path: str | Path) -> tuple[int, bool]:
        """Return the bytes that may be used on the file system, and whether it is read-only."""
        status = os.statvfs(path)
        return status.f_bavail * status.f_frsize, bool(status.f_flag & os.ST_RDONLY)

    def try_out(self, folder: str | Path) -> None:
        """Write a little to a file without a name, and sync it."""
        with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
            probe.write(b"-")
            os.fsync(probe.fileno())


def _type_of_file_system(handle: int) -> int:
    status = (ctypes.c_long * 64)()
    call = _c_function("fstatfs", (ctypes.c_int, ctypes.c_void_p))
    return 0 if call is None or call(handle, status) else int(status[0])


@functools.cache
def _c_function(name: str, arguments: tuple[Any, ...]) -> Any:
    """Return a function of the C library, None where there is none."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is not None:
        function.argtypes = arguments
    return function


def write_all(operations: FileOperations, handle: int, views: Sequence[memoryview | bytes]) -> None:
    """Write all views, in pieces of at most `PIECE_BYTES`."""
    pending: list[memoryview] = []
    held = 0
    for given in views:
        view = memoryview(given).cast("B")
        while len(view):
            part = view[: PIECE_BYTES - held]
            pending.append(part)
            held += len(part)
            view = view[len(part) :]
            if held == PIECE_BYTES or len(pending) == 256:
                _flush(operations, handle, pending, held)
                pending, held = [], 0
    if pending:
        _flush(operations, handle, pending, held)


def _flush(operations: FileOperations, handle: int, views: list[memoryview], length: int) -> None:
    while True:
        written = operations.write(handle, views)
        if written == length:
            return
        if written <= 0:
            raise OSError(errno.EIO, "nothing could be written")
        length -= written
        _drop(views, written)


def _drop(views: list[memoryview], written: int) -> None:
    """Take away what was written of views."""
    while views and written >= len(views[0]):
        written -= len(views.pop(0))
    if written:
        views[0] = views[0][written:]
