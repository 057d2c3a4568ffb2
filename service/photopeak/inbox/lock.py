"""One service per data folder."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from photopeak.inbox.errors import DataFolderError, DataFolderInUseError

LOCK_NAME = "lock"
"""Lock file of the data folder; it holds the process id of the service for who looks."""


@contextmanager
def data_lock(data: Path) -> Iterator[None]:
    """Hold the data folder for this service; the kernel lets go when the process ends.

    Child processes share the lock, so it holds as long as one of them lives.

    Raises
    ------
    DataFolderInUseError
        If another service holds it.
    DataFolderError
        If the folder cannot be used.
    """
    path = data / LOCK_NAME
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise DataFolderError(
            f"the data folder {data} cannot be used: {error.strerror}; "
            "make it, and let the user of the service own it"
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise DataFolderError(f"{path} cannot be locked: {error.strerror}") from error
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
            raise DataFolderInUseError(
                f"the data folder {data} is in use by another Photopeak service"
                f"{f' (process {holder})' if holder else ''}; stop it, or use another folder"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
