"""One small parent for the roles of a machine: it forks them, restarts them, and ends them.

The roles are forked and not started afresh, because they share most of their libraries: imported
once before the fork, their pages are shared, and the whole service fits a small machine. For that
the parent must stay without threads.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from photopeak.backoff import Backoff

logger = logging.getLogger(__name__)

CONFIGURATION_EXIT_CODE = 3
"""A role that ends with this code cannot work as configured; restarting it is no use."""
_FINAL_EXIT_CODES = frozenset({2, CONFIGURATION_EXIT_CODE, 4})
_RESTART_DELAYS_S = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
_KILL_AFTER_S = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A process of the service: its name, and what it does until it is told to stop.

    `prepare` runs in the parent before the first fork of the role: it imports what the role needs.
    """

    name: str
    run: Callable[[], int]
    prepare: Callable[[], None] = lambda: None


@dataclass(slots=True)
class _Child:
    role: Role
    pid: int = 0
    backoff: Backoff = field(default_factory=lambda: Backoff(_RESTART_DELAYS_S))
    restart_at: float | None = None
    log: list[str] = field(default_factory=list)


class Supervisor:
    """Run roles until one of them cannot work, or SIGTERM or SIGINT arrives.

    Parameters
    ----------
    roles
        Forked in this order.
    """

    def __init__(self, roles: Sequence[Role]) -> None:
        self._children = [_Child(role) for role in roles]
        self._stopping = False

    def run(self) -> int:
        """Return the exit code: 0 after a stop that was asked for, else that of the role."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        previous = signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            for child in self._children:
                child.role.prepare()
                # What is alive before the fork stays shared: no collector may touch it in a child.
                gc.collect()
                gc.freeze()
                self._fork(child, (wake_read, wake_write))
            notify("READY=1")
            return self._watch(wake_read, (wake_read, wake_write))
        finally:
            signal.set_wakeup_fd(previous)
            os.close(wake_read)
            os.close(wake_write)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _watch(self, wake: int, inherited: tuple[int, int]) -> int:
        import select

        while not self._stopping:
            timeout = min(
                (max(0.0, c.restart_at - time.monotonic()) for c in self._children if c.restart_at),
                default=10.0,
            )
            if select.select([wake], [], [], timeout)[0]:
                os.read(wake, 4096)
            notify("WATCHDOG=1")
            code = self._reap(inherited)
            if code is not None:
                self._end()
                return code
        notify("STOPPING=1")
        self._end()
        return 0

    def _reap(self, inherited: tuple[int, int]) -> int | None:
        for child in self._children:
            if child.pid:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
                if pid:
                    code = os.waitstatus_to_exitcode(status)
                    child.pid = 0
                    if self._stopping:
                        continue
                    if code in _FINAL_EXIT_CODES:
                        return code
                    self._schedule_restart(child, code)
            if child.restart_at is not None and time.monotonic() >= child.restart_at:
                child.restart_at = None
                self._fork(child, inherited)
        return None

    def _schedule_restart(self, child: _Child, code: int) -> None:
        delay = child.backoff.delay_s()
        child.restart_at = time.monotonic() + delay
        logger.error("%s ended with code %d, restarted in %g s", child.role.name, code, delay)

    def _fork(self, child: _Child, inherited: tuple[int, int]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            child.pid = pid
            child.backoff.begin()
            logger.info("%s started as process %d", child.role.name, pid)
            return
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for descriptor in inherited:
                os.close(descriptor)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            die_with_parent()
            code = child.role.run()
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
        except BaseException:  # noqa: BLE001 - the edge of a process: reported, then it ends
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _end(self) -> None:
        for child in self._children:
            if child.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + _KILL_AFTER_S
        for child in self._children:
            while child.pid:
                pid, _ = os.waitpid(child.pid, os.WNOHANG)
                if pid:
                    child.pid = 0
                elif time.monotonic() > deadline:
                    logger.warning("%s did not end in time and was killed", child.role.name)
                    os.kill(child.pid, signal.SIGKILL)
                    os.waitpid(child.pid, 0)
                    child.pid = 0
                else:
                    time.sleep(0.02)


def die_with_parent() -> None:
    """Have the kernel end this process when its parent dies, so that no orphan keeps a port."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None, use_errno=True).prctl(set_parent_death_signal, signal.SIGTERM, 0, 0, 0)


def notify(state: str) -> None:
    """Tell the service manager, if there is one (sd_notify protocol)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.sendto(state.encode(), address)
