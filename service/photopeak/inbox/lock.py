"""One service per data folder."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from photopeak.inbox.errors import DataFolderError, DataFolderInUseError

LOCK_NAME = "lock"
"""Lock file of the data folder; it holds the process id of the service for who looks."""

_PATIENCE_S = 20.0
"""Time for the processes of a service that was killed to end what they have under way."""
_LOOK_EVERY_S = 0.1


@contextmanager
def data_lock(data: Path) -> Iterator[None]:
    """Hold the data folder for this service; the kernel lets go when the process ends.

    Child processes share the lock, so it holds as long as one of them lives. Those of a service that
    is gone are waited for: who restarts it at once must not be refused.

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
        deadline = time.monotonic() + _PATIENCE_S
        while not _locked(handle, path):
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
            if _alive(holder) or time.monotonic() > deadline:
                raise DataFolderInUseError(
                    f"the data folder {data} is in use by another Photopeak service"
                    f"{f' (process {holder})' if holder else ''}; stop it, or use another folder"
                )
            time.sleep(_LOOK_EVERY_S)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _locked(handle: int, path: Path) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise DataFolderError(f"{path} cannot be locked: {error.strerror}") from error
        return False
    return True


def _alive(holder: str) -> bool:
    """Tell whether the service that wrote its process id is still there, or nobody can tell."""
    if not holder.isdecimal():
        return True
    try:
        os.kill(int(holder), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
