"""Memory for instances that are on their way into the journal, bounded for a process."""

from __future__ import annotations

import contextlib
import mmap
import threading
from collections import deque

BUFFER_BYTES = 4 * 1024 * 1024
"""Largest data set that is collected in memory; larger ones are written to a file of their own."""

_MOST_LENT = 32
_MOST_KEPT = 16
_KEPT_BYTES = 1024 * 1024
"""A buffer of which more was used is not kept: its pages go back to the system."""


class Buffers:
    """Lends buffers of `BUFFER_BYTES`; memory is only taken for what is written into them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: deque[memoryview] = deque()
        self._lent = 0

    def take(self) -> memoryview | None:
        """Return a buffer, None if as many as may be are lent."""
        with self._lock:
            if self._lent >= _MOST_LENT:
                return None
            self._lent += 1
            if self._free:
                return self._free.pop()
        return memoryview(_memory())

    def give_back(self, buffer: memoryview, used: int) -> None:
        """Take a buffer back, of which `used` bytes were written."""
        with self._lock:
            self._lent -= 1
            if used <= _KEPT_BYTES and len(self._free) < _MOST_KEPT:
                self._free.append(buffer)


def _memory() -> mmap.mmap:
    """Return memory that begins with a page, and consists of large ones: disks like to read that."""
    memory = mmap.mmap(-1, BUFFER_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory
