"""File systems of a test's own, for root."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN (and XFS_IOC_GOINGDOWN)."""
_WITHOUT_LOG_FLUSH = 2


def _need_root(*programs: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs the rights of root")
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")


def _mount(arguments: list[str]) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")


@contextlib.contextmanager
def small_tmpfs(folder: Path, options: str) -> Iterator[Path]:
    """Mount a file system in memory with the options, such as ``size=4m``."""
    _need_root("mount")
    folder.mkdir()
    _mount(["-t", "tmpfs", "-o", options, "tmpfs", str(folder)])
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


class Ext4Disk:
    """An ext4 file system in an image, whose power can be cut."""

    def __init__(self, image: Path, folder: Path, *, megabytes: int = 192) -> None:
        _need_root("mount", "mkfs.ext4")
        self.folder = folder
        self._image = image
        folder.mkdir()
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
        self.mount()

    def mount(self) -> None:
        """Mount; after a cut the journal is replayed."""
        _mount(["-o", "loop", str(self._image), str(self.folder)])

    def cut_power(self) -> None:
        """Stop all writing at once: what has not reached the device is gone."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _WITHOUT_LOG_FLUSH))
        except OSError as error:
            pytest.skip(f"the power of an ext4 file system cannot be cut here: {error.strerror}")
        finally:
            os.close(handle)

    def unmount(self) -> None:
        """Unmount; nothing may have files open on it."""
        subprocess.run(["umount", str(self.folder)], check=True)

    def close(self) -> None:
        """Remove everything."""
        subprocess.run(["umount", "-l", str(self.folder)], capture_output=True, check=False)
        self._image.unlink(missing_ok=True)
