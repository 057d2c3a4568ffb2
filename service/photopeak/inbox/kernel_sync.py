"""What the kernel does for a disk while the thread that asks for it goes on (io_submit).

Either it syncs what was written into its memory (IOCB_CMD_FDSYNC), or it writes past that memory and
syncs the disk (IOCB_CMD_PWRITEV with RWF_DSYNC).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Sequence

_CALLS = {"x86_64": (206, 207, 208, 209), "aarch64": (0, 1, 4, 2)}
"""Numbers of io_setup, io_destroy, io_getevents and io_submit."""

_IOCB = struct.Struct("=QIiHhIQQqQII")
_EVENT = struct.Struct("=QQqq")
_VECTOR = struct.Struct("=QQ")
_DATA_SYNC, _WRITE_VECTORS = 3, 8
_DSYNC = 2
MOST_VIEWS = 256
_SIGNAL_BY_DESCRIPTOR = 1


class KernelSync:
    """One sync at a time, of data of a file that has its size, or one write that is synced.

    Parameters
    ----------
    signal
        An eventfd that becomes readable when a sync is done.

    Raises
    ------
    OSError
        If the kernel does not offer it.
    """

    def __init__(self, signal: int) -> None:
        calls = _CALLS.get(platform.machine())
        if calls is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        self._setup, self._destroy, self._get, self._submit = calls
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        self._call.restype = ctypes.c_long
        self._context = ctypes.c_ulong(0)
        self._checked(self._call(self._setup, 4, ctypes.byref(self._context)))
        self._signal = signal
        self._block = ctypes.create_string_buffer(_IOCB.size)
        self._blocks = (ctypes.c_void_p * 1)(ctypes.addressof(self._block))
        self._event = ctypes.create_string_buffer(_EVENT.size)
        self._vectors = ctypes.create_string_buffer(_VECTOR.size * MOST_VIEWS)
        self._size = 0

    def start(self, handle: int) -> None:
        """Begin to sync a file."""
        self._size = 0
        _IOCB.pack_into(
            self._block, 0, 0, 0, 0, _DATA_SYNC, 0, handle, 0, 0, 0, 0, _SIGNAL_BY_DESCRIPTOR, self._signal,
        )  # fmt: skip
        self._checked(self._call(self._submit, self._context, ctypes.c_long(1), self._blocks))

    def write(self, handle: int, views: Sequence[memoryview], offset: int) -> None:
        """Begin to write views, at most `MOST_VIEWS`, directly; they have to stay until it is done."""
        size = 0
        for number, view in enumerate(views):
            address = ctypes.addressof(ctypes.c_char.from_buffer(view))
            _VECTOR.pack_into(self._vectors, number * _VECTOR.size, address, len(view))
            size += len(view)
        self._size = size
        _IOCB.pack_into(
            self._block, 0, 0, 0, _DSYNC, _WRITE_VECTORS, 0, handle, ctypes.addressof(self._vectors),
            len(views), offset, 0, _SIGNAL_BY_DESCRIPTOR, self._signal,
        )  # fmt: skip
        self._checked(self._call(self._submit, self._context, ctypes.c_long(1), self._blocks))

    def finish(self) -> bool:
        """Tell whether the sync is done.

        Raises
        ------
        OSError
            If it failed.
        """
        done = self._checked(
            self._call(
                self._get, self._context, ctypes.c_long(0), ctypes.c_long(1), self._event, None
            )
        )
        if not done:
            return False
        _, _, result, _ = _EVENT.unpack_from(self._event)
        self._checked(-1 if result < 0 else 0, -result)
        if result != self._size:
            raise OSError(errno.EIO, "not all could be written")
        return True

    def close(self) -> None:
        """Let go; waits for a sync under way."""
        self._call(self._destroy, self._context)

    @staticmethod
    def _checked(result: int, number: int = 0) -> int:
        if result < 0:
            number = number or ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result
