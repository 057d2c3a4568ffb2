"""Where files lie inside the data folder.

::

    incoming/<process>/<id>.part            being received; never acknowledged, swept at start
    store/<yyyy>/<mm>/<dd>/<shelf>/<id>.dcm received
    conflict/<yyyy>/<mm>/<dd>/<shelf>/...   the same SOP instance again, with other bytes
    damaged/                                found torn or altered, kept for who wants to look

All names are ours; nothing that a sender wrote becomes part of a path. Each process fills a shelf
of its own, so that a batch of instances touches one folder and processes do not wait for each
other.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
import time
import weakref
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from photopeak.inbox.errors import DataFolderError
from photopeak.inbox.files import FileOperations
from photopeak.settings import Durability

INCOMING = "incoming"
STORE = "store"
CONFLICT = "conflict"
DAMAGED = "damaged"

SHELF_FILES = 2000
"""Files in a folder before the next one is begun."""

_ABANDONED_S = 3600.0
_ATTEMPTS = 100


def make(data: Path) -> None:
    """Make the data folder where there is none yet.

    Raises
    ------
    DataFolderError
        If it cannot be made.
    """
    try:
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderError(
            f"the data folder {data} cannot be made: {error.strerror}; "
            "name another one, or make it and let the user of the service own it"
        ) from error


def prepare(data: Path, operations: FileOperations | None = None) -> None:
    """Make the folders of the data folder, and find out whether they can be used.

    Raises
    ------
    DataFolderError
        If the data folder is missing, not a folder, or not writable.
    """
    operations = operations or FileOperations()
    if not data.is_dir():
        state = "is no folder" if data.exists() else "does not exist"
        raise DataFolderError(
            f"the data folder {data} {state}; make it, and let the user of the service own it"
        )
    for name in (INCOMING, STORE, CONFLICT):
        folder = data / name
        try:
            if not folder.is_dir():
                folder.mkdir(mode=0o750, exist_ok=True)
                operations.sync_folder(data)
        except OSError as error:
            raise DataFolderError(
                f"the folder {folder} cannot be made: {error.strerror}"
            ) from error
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise DataFolderError(
                f"the folder {folder} is not writable for the user of the service"
            )
    if (data / INCOMING).stat().st_dev != (data / STORE).stat().st_dev:
        raise DataFolderError(
            f"{data / INCOMING} and {data / STORE} have to be on one file system, so that a "
            "received file can be given its name in one step"
        )


class Shelf:
    """A folder that is being filled; open as long as somebody puts a file there."""

    __slots__ = ("__weakref__", "_closed", "folder", "handle")

    def __init__(self, folder: str, handle: int) -> None:
        self.folder = folder
        self.handle = handle
        self._closed = weakref.finalize(self, os.close, handle)


class Shelves:
    """Hands out the folder in which a process puts its next file.

    Parameters
    ----------
    root
        ``store`` or ``conflict``, relative to the data folder.
    """

    def __init__(
        self,
        data: Path,
        root: str,
        token: str,
        operations: FileOperations,
        durability: Durability = Durability.SYNC,
    ) -> None:
        self._data = data
        self._root = root
        self._token = token
        self._operations = operations
        self._durability = durability
        self._lock = threading.Lock()
        self._shelf: Shelf | None = None
        self._day = ""
        self._files = 0
        self._number = 0

    def place(self, at: datetime) -> Shelf:
        """Return the folder for a file received now; it exists."""
        day = f"{at:%Y/%m/%d}"
        with self._lock:
            shelf = self._shelf
            if shelf is None or day != self._day or self._files >= SHELF_FILES:
                shelf = self._shelf = self._begin(day)
            self._files += 1
            return shelf

    def take_in(self, part: str, name: str, at: datetime) -> Shelf:
        """Give a file its final name in the folder for files received now, and return the folder.

        Raises
        ------
        OSError
            If it cannot be moved there.
        """
        shelf = self.place(at)
        try:
            self._operations.move(part, f"{self._data}/{shelf.folder}/{name}")
        except FileNotFoundError:  # somebody has removed the folder
            self.forget()
            shelf = self.place(at)
            self._operations.move(part, f"{self._data}/{shelf.folder}/{name}")
        return shelf

    def sync(self, shelf: Shelf) -> None:
        """Return when the names in a folder are on the disk."""
        if self._durability is Durability.NONE:
            return
        self._operations.sync_folder(shelf.handle)
        folder = shelf.folder
        while self._durability is Durability.STRICT and folder:
            folder = folder.rpartition("/")[0]
            self._operations.sync_folder(f"{self._data}/{folder}")

    def forget(self) -> None:
        """Begin another folder with the next file; the present one cannot be used."""
        with self._lock:
            self._shelf = None

    def _begin(self, day: str) -> Shelf:
        folder = f"{self._root}/{day}/{self._token}-{self._number:04d}"
        made = []
        path = self._data
        for part in folder.split("/"):
            path /= part
            if path.is_dir():
                continue
            try:
                self._operations.make_folder(path)
            except FileExistsError:
                if not path.is_dir():
                    raise
            made.append(path)
        if self._durability is not Durability.NONE:
            # Innermost last: a folder is found after a power cut when its parents hold its name.
            for new in made:
                self._operations.sync_folder(new.parent)
        self._number += 1
        self._day, self._files = day, 0
        return Shelf(folder, self._operations.open_folder(f"{self._data}/{folder}"))


class Spool:
    """The folder of one process for files under way; locked as long as the process lives."""

    def __init__(self, data: Path, token: str) -> None:
        self.path = data / INCOMING / token
        for _ in range(_ATTEMPTS):
            try:
                self.path.mkdir(mode=0o750, exist_ok=True)
                self._handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue  # a sweep was faster
            except OSError as error:
                raise DataFolderError(f"{self.path} cannot be made: {error.strerror}") from error
            _lock_shared(self._handle)
            if _is_at(self._handle, self.path):
                return
            os.close(self._handle)  # a sweep was faster
        raise DataFolderError(f"{self.path} disappears again and again")

    def close(self) -> None:
        """Remove the folder, if nothing is under way."""
        try:
            self.path.rmdir()
        except OSError:
            pass
        finally:
            os.close(self._handle)


def sweep(data: Path) -> int:
    """Remove what processes that no longer live left under way; return how many files."""
    incoming = data / INCOMING
    count = 0
    for entry in list(os.scandir(incoming)):
        path = Path(entry.path)
        if not entry.is_dir(follow_symlinks=False):
            path.unlink(missing_ok=True)
            count += 1
        elif _abandoned(path):
            count += sum(1 for _ in path.iterdir())
            shutil.rmtree(path, ignore_errors=True)
    return count


def walk(data: Path, root: str, *, since: float | None = None) -> Iterator[str]:
    """Yield the stored files below ``store`` or ``conflict``, oldest day first.

    Parameters
    ----------
    since
        Skip folders in which nothing has changed since this moment (seconds of the epoch).
    """
    top = data / root
    for folder, folders, files in os.walk(top):
        folders.sort()
        if since is not None and files and Path(folder).stat().st_mtime < since:
            continue
        relative = os.path.relpath(folder, data)
        for name in sorted(files):
            yield f"{relative}/{name}"


def set_aside(data: Path, path: str, operations: FileOperations) -> Path:
    """Move a damaged file out of the store and return where it is now."""
    folder = data / DAMAGED
    folder.mkdir(mode=0o750, exist_ok=True)
    target = folder / Path(path).name
    number = 1
    while target.exists():
        number += 1
        target = folder / f"{Path(path).stem}-{number}{Path(path).suffix}"
    operations.move(str(data / path), str(target))
    operations.sync_folder(folder)
    operations.sync_folder((data / path).parent)
    return target


def _abandoned(folder: Path) -> bool:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without such locks: go by age
        return time.time() - os.fstat(handle).st_mtime > _ABANDONED_S
    finally:
        os.close(handle)
    return True


def _lock_shared(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
    except OSError:
        return  # a file system without such locks


def _is_at(handle: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    here = os.fstat(handle)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
