"""Syncs that the kernel does while the thread that asks for them goes on (io_submit, IOCB_CMD_FDSYNC)."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

_CALLS = {"x86_64": (206, 207, 208, 209), "aarch64": (0, 1, 4, 2)}
"""Numbers of io_setup, io_destroy, io_getevents and io_submit."""

_IOCB = struct.Struct("=QIiHhIQQqQII")
_EVENT = struct.Struct("=QQqq")
_DATA_SYNC = 3
_SIGNAL_BY_DESCRIPTOR = 1


class KernelSync:
    """One sync at a time, of data of a file that has its size.

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

    def start(self, handle: int) -> None:
        """Begin to sync a file."""
        _IOCB.pack_into(
            self._block, 0, 0, 0, 0, _DATA_SYNC, 0, handle, 0, 0, 0, 0, _SIGNAL_BY_DESCRIPTOR, self._signal,
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
