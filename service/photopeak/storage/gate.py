"""The write gate: one writer at a time over all processes of an SQLite database.

SQLite lets writers poll for its lock, which wastes time and starves the unlucky. Our own processes
queue here instead, on two advisory locks (``flock``): who wants to write takes the *queue* lock,
waits for the *gate* lock with it, and then gives the queue lock back. So the next writer already
stands at the gate when the present one leaves, and the leaving one cannot overtake him. Within a
process the waiters are served in the order of their arrival.

The kernel gives the locks back when a process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from pathlib import Path

_GLANCES_S = (0.0001, 0.0001, 0.0002, 0.0002, 0.0004, 0.0004, 0.0008, 0.0008)
"""Pauses before a waiter stands in the queue, which takes a thread."""


class GateTimeoutError(Exception):
    """The gate was not free in time."""


class WriteGate:
    """The gate as one process sees it; shared by all its threads.

    Parameters
    ----------
    path
        Lock file; a second one with the suffix ``-queue`` stands beside it. Both stay empty.
    """

    def __init__(self, path: Path) -> None:
        self._gate = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        queue = path.with_name(path.name + "-queue")
        self._queue = os.open(queue, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._threads = _FairLock()
        self._state = threading.Lock()
        self._waiting: _Wait | None = None
        self._closed = False

    def acquire(self, timeout_s: float) -> None:
        """Wait for the gate.

        Raises
        ------
        GateTimeoutError
            If it is not free within `timeout_s` seconds, or there is no thread to wait for it.
        """
        deadline = time.monotonic() + timeout_s
        if not self._threads.acquire(timeout_s):
            raise GateTimeoutError
        if self._waiting is None and self._take_soon():
            return
        with self._state:
            wait = self._waiting
            if wait is None:
                wait = _Wait()
                try:
                    threading.Thread(
                        target=self._take, args=(wait,), name="photopeak-write-gate", daemon=True
                    ).start()
                except RuntimeError:  # the system has no more threads for us
                    self._threads.release()
                    raise GateTimeoutError from None
                self._waiting = wait
            wait.wanted = True
        taken = wait.taken.wait(max(0.0, deadline - time.monotonic()))
        with self._state:
            if taken or wait.taken.is_set():
                self._waiting = None
                return
            wait.wanted = False
        self._threads.release()
        raise GateTimeoutError

    def release(self) -> None:
        """Leave the gate to the next writer."""
        fcntl.flock(self._gate, fcntl.LOCK_UN)
        self._threads.release()

    @property
    def waiting(self) -> int:
        """Threads of this process that wait behind another thread of it."""
        return self._threads.waiting

    def close(self) -> None:
        """Close the lock files, which gives back what is still held."""
        with self._state:
            if self._closed:
                return
            self._closed = True
            for handle in (self._gate, self._queue):
                os.close(handle)

    def _take_soon(self) -> bool:
        """Look again a few times: most writers leave after a millisecond."""
        for pause_s in _GLANCES_S:
            if self._take_now():
                return True
            time.sleep(pause_s)
        return self._take_now()

    def _take_now(self) -> bool:
        try:
            fcntl.flock(self._queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            fcntl.flock(self._gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._queue, fcntl.LOCK_UN)
        return True

    def _take(self, wait: _Wait) -> None:
        # A blocking flock has no timeout, so this thread waits for the one that has. When that
        # one gives up, this thread stays in the queue for its successor.
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        if not self._closed:
            fcntl.flock(self._gate, fcntl.LOCK_EX)
        with self._state:
            if self._closed:
                return
            fcntl.flock(self._queue, fcntl.LOCK_UN)
            if wait.wanted:
                wait.taken.set()
            else:
                self._waiting = None
                fcntl.flock(self._gate, fcntl.LOCK_UN)


class _Wait:
    __slots__ = ("taken", "wanted")

    def __init__(self) -> None:
        self.taken = threading.Event()
        self.wanted = True


class _FairLock:
    """A lock that is handed to its waiters in the order of their arrival."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._held = False
        self._waiters: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        with self._state:
            return len(self._waiters)

    def acquire(self, timeout_s: float) -> bool:
        with self._state:
            if not self._held:
                self._held = True
                return True
            turn = threading.Event()
            self._waiters.append(turn)
        if turn.wait(timeout_s):
            return True
        with self._state:
            if turn.is_set():
                return True
            self._waiters.remove(turn)
        return False

    def release(self) -> None:
        with self._state:
            if self._waiters:
                self._waiters.popleft().set()
            else:
                self._held = False
