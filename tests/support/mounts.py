"""File systems of a test's own, for root."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
import sys
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


def _numbers(folder: Path) -> str:
    device = folder.stat().st_dev
    return f"{os.major(device)}:{os.minor(device)}"


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


class Disk:
    """A file system in an image, whose power can be cut.

    Parameters
    ----------
    kind
        ``ext4`` or ``xfs``; XFS wants 300 MB at least.

    Attributes
    ----------
    kept
        Share of what a drive was not told to flush that a power cut leaves, block by block and in
        no order; only a :class:`ForgetfulDisk` has any such.
    """

    def __init__(
        self, image: Path, folder: Path, *, kind: str = "ext4", megabytes: int = 320
    ) -> None:
        _need_root("mount", f"mkfs.{kind}")
        self.folder = folder
        self.kept = 0.0
        self._image = image
        self._kind = kind
        folder.mkdir()
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        force = {"ext4": "-F", "xfs": "-f"}[kind]
        subprocess.run([f"mkfs.{kind}", "-q", force, str(image)], check=True)
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
            pytest.skip(f"the power of {self._kind} cannot be cut here: {error.strerror}")
        finally:
            os.close(handle)

    def give_up(self) -> None:
        """Have ext4 find an error: it takes nothing more, whoever has files open for writing.

        Mounting it read-only for once is refused while anybody has.
        """
        device = Path(f"/sys/dev/block/{_numbers(self.folder)}").resolve().name
        trigger = Path(f"/sys/fs/ext4/{device}/trigger_fs_error")
        if not trigger.exists():
            pytest.skip("ext4 finds no error on demand here")
        _mount(["-o", "remount,errors=remount-ro", str(self.folder)])
        trigger.write_text("1")

    def repair(self) -> None:
        """Unmount, put the file system right, and mount it again; nothing may have files open."""
        self.unmount()
        done = subprocess.run(["e2fsck", "-fp", str(self._image)], capture_output=True, text=True)
        assert done.returncode <= 1, done.stdout + done.stderr
        self.mount()

    def unmount(self) -> None:
        """Unmount; nothing may have files open on it."""
        subprocess.run(["umount", str(self.folder)], check=True)

    def close(self) -> None:
        """Remove everything."""
        subprocess.run(["umount", "-l", str(self.folder)], capture_output=True, check=False)
        self._image.unlink(missing_ok=True)


class ForgetfulDisk(Disk):
    """A file system on a drive that loses what it was not told to flush (:mod:`support.drive`)."""

    def __init__(
        self, image: Path, folder: Path, *, kind: str = "ext4", megabytes: int = 320
    ) -> None:
        if not Path("/dev/fuse").exists():
            pytest.skip("needs /dev/fuse")
        self._drive: subprocess.Popen[str] | None = None
        self._below = folder.with_name(f"{folder.name}.drive")
        self._below.mkdir()
        super().__init__(image, folder, kind=kind, megabytes=megabytes)

    def mount(self) -> None:
        """Switch the drive on, and mount; after a cut the journal is replayed."""
        self._drive = subprocess.Popen(
            [sys.executable, "-m", "support.drive", str(self._image), str(self._below)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            if not self._told():
                pytest.skip("a file system of a process cannot be mounted here")
            _mount(["-o", "loop", str(self._below / "drive"), str(self.folder)])
        except BaseException:
            self._switch_off()
            raise

    def cut_power(self) -> None:
        """Switch the drive off: what it was not told to flush is gone, but for the share kept."""
        self._order(f"cut {self.kept}")

    def fail(self) -> None:
        """Have the drive refuse to write."""
        self._order("fail")

    def heal(self) -> None:
        """Have the drive write again."""
        self._order("heal")

    def unmount(self) -> None:
        """Unmount; nothing may have files open on it."""
        super().unmount()
        self._switch_off()

    def close(self) -> None:
        """Remove everything."""
        super().close()
        self._switch_off()

    def _switch_off(self) -> None:
        subprocess.run(["umount", "-l", str(self._below)], capture_output=True, check=False)
        drive, self._drive = self._drive, None
        if drive is not None:
            drive.communicate()

    def _order(self, command: str) -> None:
        assert self._drive is not None
        assert self._drive.stdin is not None
        print(command, file=self._drive.stdin, flush=True)
        assert self._told()

    def _told(self) -> bool:
        assert self._drive is not None
        assert self._drive.stdout is not None
        return self._drive.stdout.readline() == "done\n"
