"""A drive with a cache of its own, that forgets what it was not told to flush when its power is cut.

It is one file, ``drive``, in a file system of this process (FUSE), to be put below a loop device. What
is written stays in the memory of the process until a flush is asked for; a power cut leaves all that
was flushed, and of the rest a part, block by block, in no order: ``python -m support.drive IMAGE FOLDER``.

Commands come line by line: ``cut SHARE`` (of what was not flushed, this share is kept; then the
process ends), ``fail`` (writes and flushes report EIO, and are not done) and ``heal``; each is answered
by ``done``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import random
import select
import struct
import sys
from pathlib import Path

_BLOCK = 4096
_MOST = 1 << 20
_FILE = 2
_HEADER, _ANSWER = struct.Struct("<IIQQIIII"), struct.Struct("<IiQ")
_ATTRIBUTES = struct.Struct("<QQQQQQIIIIIIIIII")
_FORGET, _FORGET_MANY, _INTERRUPT = 2, 42, 36
_BIG_WRITES, _MAX_PAGES, _DIRECT = 1 << 5, 1 << 22, 1


class Drive:
    """What was flushed is in the image, what was not is here."""

    def __init__(self, image: Path) -> None:
        self._image = os.open(image, os.O_RDWR)
        self.size = os.fstat(self._image).st_size
        self.failing = False
        self._cache: dict[int, bytes] = {}

    def read(self, offset: int, size: int) -> bytes:
        """Return what was written last."""
        first, end = offset // _BLOCK, -(-(offset + size) // _BLOCK)
        data = bytearray(os.pread(self._image, (end - first) * _BLOCK, first * _BLOCK))
        for block in range(first, end) if self._cache else ():
            if block in self._cache:
                at = (block - first) * _BLOCK
                data[at : at + _BLOCK] = self._cache[block]
        start = offset - first * _BLOCK
        return bytes(data[start : start + size])

    def write(self, offset: int, data: bytes) -> None:
        """Take bytes into the cache."""
        self._check()
        end = offset + len(data)
        if offset % _BLOCK or end % _BLOCK:
            before, behind = offset % _BLOCK, -end % _BLOCK
            data = self.read(offset - before, before) + data + self.read(end, behind)
            offset -= before
        for at in range(0, len(data), _BLOCK):
            self._cache[(offset + at) // _BLOCK] = data[at : at + _BLOCK]

    def flush(self) -> None:
        """Bring the cache into the image."""
        self._check()
        self._keep(sorted(self._cache))

    def cut(self, share: float) -> None:
        """Lose the cache, but for some of its blocks."""
        chance = random.Random()
        self._keep([block for block in self._cache if chance.random() < share])

    def _keep(self, blocks: list[int]) -> None:
        for block in blocks:
            os.pwrite(self._image, self._cache[block], block * _BLOCK)
        self._cache.clear()

    def _check(self) -> None:
        if self.failing:
            raise OSError(errno.EIO, "told to fail")


class FileSystem:
    """Answers the kernel (linux/fuse.h)."""

    def __init__(self, drive: Drive, kernel: int) -> None:
        self._drive = drive
        self._kernel = kernel
        self._calls = {
            1: self._look_up, 3: self._attributes, 4: self._attributes, 14: self._open, 15: self._read,
            16: self._write, 17: self._room, 18: self._fine, 20: self._flush, 25: self._fine,
            26: self._begin, 27: self._open, 28: self._fine, 29: self._fine,
        }  # fmt: skip

    def answer(self) -> bool:
        """Answer one request; False when the file system was unmounted."""
        try:
            request = os.read(self._kernel, _MOST + 65_536)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR, errno.EAGAIN):
                return True
            if error.errno == errno.ENODEV:
                return False
            raise
        _, operation, unique, node, *_ = _HEADER.unpack_from(request)
        if operation in (_FORGET, _FORGET_MANY, _INTERRUPT):
            return True
        number, reply = 0, b""
        try:
            reply = self._calls.get(operation, self._unknown)(node, request[_HEADER.size :])
        except OSError as error:
            number = error.errno or errno.EIO
        answer = _ANSWER.pack(_ANSWER.size + len(reply), -number, unique)
        os.writev(self._kernel, [answer, reply])
        return True

    def _of(self, node: int) -> bytes:
        size, mode = (self._drive.size, 0o100600) if node == _FILE else (0, 0o40700)
        return _ATTRIBUTES.pack(node, size, size // 512, *[0] * 6, mode, 1, 0, 0, 0, _BLOCK, 0)

    def _begin(self, node: int, body: bytes) -> bytes:
        flags = struct.unpack_from("<IIII", body)[3] & (_BIG_WRITES | _MAX_PAGES)
        return struct.pack("<IIIIHHIIHH8I", 7, 31, 0, flags, 16, 12, _MOST, 1, 256, 0, *[0] * 8)

    def _look_up(self, node: int, body: bytes) -> bytes:
        if body != b"drive\0":
            raise OSError(errno.ENOENT, "")
        return struct.pack("<QQQQII", _FILE, 0, 3600, 3600, 0, 0) + self._of(_FILE)

    def _attributes(self, node: int, body: bytes) -> bytes:
        return struct.pack("<QII", 3600, 0, 0) + self._of(node)

    def _open(self, node: int, body: bytes) -> bytes:
        return struct.pack("<QII", 0, _DIRECT, 0)

    def _read(self, node: int, body: bytes) -> bytes:
        offset, size = struct.unpack_from("<QI", body, 8)
        return self._drive.read(offset, min(size, self._drive.size - offset))

    def _write(self, node: int, body: bytes) -> bytes:
        offset, size = struct.unpack_from("<QI", body, 8)
        self._drive.write(offset, body[40 : 40 + size])
        return struct.pack("<II", size, 0)

    def _flush(self, node: int, body: bytes) -> bytes:
        self._drive.flush()
        return b""

    def _room(self, node: int, body: bytes) -> bytes:
        return struct.pack("<QQQQQIIII6I", *[0] * 5, _BLOCK, 255, _BLOCK, 0, *[0] * 6)

    def _fine(self, node: int, body: bytes) -> bytes:
        return b""

    def _unknown(self, node: int, body: bytes) -> bytes:
        raise OSError(errno.ENOSYS, "")


def main(image: Path, folder: Path) -> None:
    """Serve until the power is cut, or nobody gives commands any more."""
    drive = Drive(image)
    kernel = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    options = f"fd={kernel},rootmode=40000,user_id=0,group_id=0".encode()
    c = ctypes.CDLL(None, use_errno=True)
    if c.mount(b"drive", os.fsencode(folder), b"fuse", ctypes.c_ulong(0), options):
        raise OSError(ctypes.get_errno(), "mount")
    file_system = FileSystem(drive, kernel)
    print("done", flush=True)
    poll = select.poll()
    poll.register(kernel, select.POLLIN)
    poll.register(sys.stdin, select.POLLIN)
    while True:
        ready = [descriptor for descriptor, _ in poll.poll()]
        if sys.stdin.fileno() in ready:
            command, *rest = sys.stdin.readline().split() or ["cut", "1"]
            if command == "cut":
                drive.cut(float(rest[0]))
                os.close(kernel)  # whatever the kernel still asks for fails from here on
                print("done", flush=True)
                return
            drive.failing = command == "fail"
            print("done", flush=True)
        elif not file_system.answer():
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
