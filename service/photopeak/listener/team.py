"""The receivers: forked processes that are replaced when they die, or one thread in this process."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable
from typing import Protocol

from photopeak.backoff import Backoff
from photopeak.inbox.errors import InboxError
from photopeak.listener.association_log import AssociationLog, Note, forget_it
from photopeak.listener.channel import Channel
from photopeak.listener.members import Member
from photopeak.listener.receiver import Receiver
from photopeak.listener.store import Store
from photopeak.settings import ListenerSettings
from photopeak.storage.errors import StorageError

logger = logging.getLogger(__name__)

_RESTART_DELAYS_S = (0.0, 1.0, 2.0, 5.0, 10.0)
_REGISTRAR_DELAYS_S = (1.0, 1.0, 2.0, 5.0, 10.0)
_END_MARGIN_S = 2.0
"""What the end of a receiver may take besides the time for transfers under way."""


class Registrar(Protocol):
    """Does beside the receivers what their senders need not wait for."""

    def serve(self, work: int) -> None:
        """Work until nobody holds the other end of the pipe `work` any more."""
        ...


class ClosableStore(Store, Protocol):
    """A store that a receiver opens for itself and closes at its end."""

    def use_journal(self) -> None:
        """There is a registrar, which does later what senders need not wait for."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class ProcessTeam:
    """Receivers in processes of their own.

    Parameters
    ----------
    settings
        Number of receivers, and their limits.
    make_store
        Called in each receiver after the fork.
    make_registrar
        Called in a process of its own after the fork; None for no such process.
    make_log
        Called in each receiver after the fork for what remembers its associations.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        make_store: Callable[[], ClosableStore],
        make_registrar: Callable[[], Registrar] | None = None,
        make_log: Callable[[], AssociationLog] | None = None,
    ) -> None:
        self._make_log = make_log
        self._settings = settings
        self._make_store = make_store
        self._make_registrar = make_registrar
        self._work: tuple[int, int] | None = None
        self._registrar = 0
        self._registrar_at = 0.0
        self._registrar_backoff = Backoff(_REGISTRAR_DELAYS_S)
        self._inherited: Callable[[], list[socket.socket]] = list
        self._processes: set[int] = set()
        self._backoff = Backoff(_RESTART_DELAYS_S)
        self._restart_at: float | None = None

    def start(self, inherited: Callable[[], list[socket.socket]]) -> list[Member]:
        """Fork the receivers."""
        self._inherited = inherited
        if self._make_registrar is not None:
            self._work = os.pipe()
            self._start_registrar(self._make_registrar, self._work)
        members: list[Member] = []
        for _ in range(self._settings.workers):
            members.append(self._fork([member.channel.socket for member in members]))
        return members

    def replace(self, member: Member) -> Member | None:
        """Fork another receiver, the later the more often they die."""
        if member.process_id in self._processes:
            self._reap(member.process_id)
        now = time.monotonic()
        if self._restart_at is None:
            self._restart_at = now + self._backoff.delay_s()
        if now < self._restart_at:
            return None
        self._restart_at = None
        return self._fork([])

    def tend(self) -> None:
        """Start the registrar again if it has died; what waits for it is in the journal."""
        if self._work is None or self._make_registrar is None:
            return
        if self._registrar:
            ended, _ = os.waitpid(self._registrar, os.WNOHANG)
            if not ended:
                return
            self._processes.discard(self._registrar)
            self._registrar = 0
            delay = self._registrar_backoff.delay_s()
            self._registrar_at = time.monotonic() + delay
            logger.error("the registrar has ended and is started again in %g s", delay)
        if time.monotonic() >= self._registrar_at:
            self._start_registrar(self._make_registrar, self._work)

    def end(self) -> None:
        """Wait until transfers under way are done; then end what is left."""
        for end in self._work or ():
            os.close(end)
        self._work = None
        deadline = time.monotonic() + self._settings.drain_s + _END_MARGIN_S
        while self._processes and time.monotonic() < deadline:
            for process in list(self._processes):
                ended, _ = os.waitpid(process, os.WNOHANG)
                if ended:
                    self._processes.discard(process)
            time.sleep(0.005)
        for process in list(self._processes):
            logger.warning("a receiving process did not end in time and was killed")
            self._reap(process)

    def _reap(self, process: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        self._processes.discard(process)

    def _fork(self, besides: list[socket.socket]) -> Member:
        front, receiver = Channel.pair()
        self._backoff.begin()
        closed = [*besides, front.socket]
        process = self._fork_process(closed, lambda: self._receive(receiver))
        receiver.close()
        return Member(channel=front, process_id=process)

    def _start_registrar(
        self, make_registrar: Callable[[], Registrar], work: tuple[int, int]
    ) -> None:
        """Start the registrar, which works until nobody holds the second end of `work` any more."""

        def register() -> int:
            os.close(work[1])
            try:
                make_registrar().serve(work[0])
            except (InboxError, StorageError, OSError) as error:
                logger.error("the registrar cannot work at present: %s", error)
                return 1
            return 0

        self._registrar_backoff.begin()
        self._registrar = self._fork_process([], register)

    def _fork_process(self, besides: list[socket.socket], run: Callable[[], int]) -> int:
        """Run something in a process of its own, which holds nothing of the front."""
        process = os.fork()
        if process:
            self._processes.add(process)
            return process
        code = 1
        try:
            # The front speaks for the service: signals to the whole group must not cut transfers.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            for other in [*self._inherited(), *besides]:
                other.close()
            code = run()
        except BaseException:  # noqa: BLE001 - the edge of a process: reported, then it ends
            traceback.print_exc()
        finally:
            os._exit(code)

    def _receive(self, channel: Channel) -> int:
        # What was there before the fork is not looked at, and so not copied, by each collection.
        gc.freeze()
        try:
            store = self._make_store()
            if self._work is not None:
                store.use_journal()
        except (InboxError, StorageError, OSError) as error:
            logger.error("a receiving process cannot open the inbox: %s", error)
            return 1
        log = None if self._make_log is None else self._make_log()
        Receiver(channel, self._settings, store, log or forget_it).run()
        # Threads of associations that were cut off may still be about; they end with the process.
        if log is not None:
            log.close()
        store.close()
        return 0


class ThreadTeam:
    """One receiver in a thread of this process, for tests and small programs."""

    def __init__(self, settings: ListenerSettings, store: Store, note: Note = forget_it) -> None:
        self._settings = settings
        self._store = store
        self._note = note
        self._thread: threading.Thread | None = None

    def start(self, inherited: Callable[[], list[socket.socket]]) -> list[Member]:  # noqa: ARG002
        """Start the thread."""
        front, receiver = Channel.pair()
        self._thread = threading.Thread(
            target=Receiver(receiver, self._settings, self._store, self._note).run, daemon=True
        )
        self._thread.start()
        return [Member(channel=front)]

    def replace(self, member: Member) -> Member | None:  # noqa: ARG002
        """Do nothing: a thread cannot die alone."""
        return None

    def tend(self) -> None:
        """Do nothing: there is no other process."""

    def end(self) -> None:
        """Wait for the thread."""
        if self._thread is not None:
            self._thread.join(self._settings.drain_s + _END_MARGIN_S)
