"""The listener as a service: front and receiving processes, or all of it inside one process."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from photopeak.listener import seams
from photopeak.listener.addresses import bind
from photopeak.listener.association_log import AssociationLog, Note, forget_it
from photopeak.listener.errors import ListenerError
from photopeak.listener.front import Front
from photopeak.listener.members import Team
from photopeak.listener.store import Store
from photopeak.listener.team import ClosableStore, ProcessTeam, Registrar, ThreadTeam
from photopeak.listener.tls import server_context
from photopeak.model.devices import Device
from photopeak.settings import ListenerSettings

_START_TIMEOUT_S = 30.0


def run_listener(
    settings: ListenerSettings,
    devices: Sequence[Device],
    make_inbox: Callable[[], ClosableStore],
    *,
    ready: Callable[[int, int | None], None],
    stop: threading.Event,
    make_registrar: Callable[[], Registrar] | None = None,
    make_log: Callable[[], AssociationLog] | None = None,
) -> None:
    """Run the listener until `stop` is set.

    The process must have no other threads: it forks.

    Parameters
    ----------
    settings, devices
        Ports, limits, and who may send.
    make_inbox
        Called in each receiving process after the fork.
    ready
        Called with the ports, DICOM and DICOM over TLS, as soon as instances can be received.
    stop
        Ends the service: no new associations, transfers under way get `drain_s`.
    make_registrar
        Called in a process of its own after the fork, for what senders need not wait for; None for
        no such process.
    make_log
        Called in each receiving process after the fork for what remembers its associations.

    Raises
    ------
    ListenerError
        If a port is taken, a certificate unusable, or pynetdicom another one than needed.
    """
    settings = settings.for_devices(devices)
    with _bound(settings) as listening:
        ports = _ports(listening)
        Front(
            settings,
            devices,
            listening=listening,
            team=ProcessTeam(settings, make_inbox, make_registrar, make_log),
            stop=stop,
        ).run(lambda: ready(*ports))


class InProcessListener:
    """The same listener with everything in threads of this process; a context manager.

    Parameters
    ----------
    settings, devices
        As for `run_listener`; port 0 takes a free one.
    store
        Where instances go.
    note
        What remembers associations.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        store: Store,
        devices: Sequence[Device] = (),
        *,
        note: Note = forget_it,
    ) -> None:
        settings = settings.for_devices(devices)
        self._stop = threading.Event()
        self._up = threading.Event()
        self._error: BaseException | None = None
        self._stack = contextlib.ExitStack()
        listening = self._stack.enter_context(_bound(settings))
        self.port, self.tls_port = _ports(listening)
        team: Team = ThreadTeam(settings, store, note)
        self._front = Front(settings, devices, listening=listening, team=team, stop=self._stop)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self._front.run(self._up.set)
        except BaseException as error:  # noqa: BLE001 - handed to the owner
            self._error = error
            self._up.set()

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._up.wait(_START_TIMEOUT_S) or self._error is not None:
            self.close()
            raise ListenerError("the listener did not start") from self._error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End; transfers under way get the time of the settings."""
        self._stop.set()
        self._front.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._stack.close()


@contextlib.contextmanager
def _bound(settings: ListenerSettings) -> Iterator[list[tuple[socket.socket, bool]]]:
    seams.require_reactor()
    if settings.tls.enabled:
        server_context(settings.tls)
    with contextlib.ExitStack() as stack:
        listening = [(stack.enter_context(bind(settings.host, settings.port)), False)]
        if settings.tls.enabled:
            listening.append((stack.enter_context(bind(settings.host, settings.tls.port)), True))
        yield listening


def _ports(listening: Sequence[tuple[socket.socket, bool]]) -> tuple[int, int | None]:
    ports = [int(each.getsockname()[1]) for each, _ in listening]
    return ports[0], ports[1] if len(ports) > 1 else None
