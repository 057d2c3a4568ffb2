"""The front: binds, accepts, reads association requests, keeps the limits, hands sockets on.

One thread, one event loop, no pynetdicom. A connection takes nothing but a socket here until its
A-ASSOCIATE-RQ is complete and allowed; only then one of the receivers gets it. TLS connections are
handed on at once, because only the process that did the handshake can read them; the front still
counts them and decides on their requests.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from photopeak.listener.addresses import plain_address
from photopeak.listener.association_request import (
    CONGESTION,
    LIMIT_EXCEEDED,
    Admission,
    Rejection,
    RequestReader,
    read_titles,
    shown_titles,
)
from photopeak.listener.channel import CONNECTION, END, LEFT, NOTE, READY, REQUEST, VERDICT, Message
from photopeak.listener.commands import pack_abort, pack_reject
from photopeak.listener.errors import ProtocolError
from photopeak.listener.limits import Holder, Slots
from photopeak.listener.members import Member, Team
from photopeak.model.devices import Device
from photopeak.settings import ListenerSettings

logger = logging.getLogger(__name__)

_TICK_S = 0.25
_LINGER_S = 1.0
_PAUSE_S = 0.2
_ACCEPTED_AT_ONCE = 64
_NOTED_BYTES = 74
"""What is noted of a request: its fixed part, which holds the AE titles (PS3.8 9.3.2)."""
_SEND_BUFFER_BYTES = 65_536


@dataclass(eq=False, slots=True)
class _Connection:
    number: int
    socket: socket.socket
    host: str
    port: int
    deadline: float
    tls: bool
    own: bool
    reader: RequestReader = field(default_factory=RequestReader)
    closing: bool = False


class Front:
    """The event loop.

    Parameters
    ----------
    settings, devices
        Limits, and who may send.
    listening
        Bound sockets, each with whether it speaks TLS.
    team
        The receivers.
    stop
        Set from outside to end the service.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        devices: Sequence[Device],
        *,
        listening: Sequence[tuple[socket.socket, bool]],
        team: Team,
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._listening = list(listening)
        self._team = team
        self._stop = stop
        self._slots = Slots(settings)
        self._admission = Admission(
            ae_title=settings.ae_title if settings.check_called_ae_title else None,
            devices=None if settings.accept_unknown_callers else devices,
        )
        self._selector = selectors.DefaultSelector()
        self._numbers = itertools.count(1)
        self._connections: dict[int, _Connection] = {}
        self._members: list[Member] = []
        self._absent: list[Member] = []
        self._paused_until: float | None = None
        self._waker, self._wake = socket.socketpair()
        self._waker.setblocking(False)
        self._wake.setblocking(False)

    def wake(self) -> None:
        """Have the loop look at once whether it is to stop; for other threads."""
        with contextlib.suppress(OSError):
            self._wake.send(b"!")

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until told to stop; `ready` is called when the first receiver is up."""
        try:
            self._selector.register(self._waker, selectors.EVENT_READ, lambda: self._waker.recv(64))
            for member in self._team.start(self._sockets):
                self._join(member)
            self._accept_again()
            announced = False
            while not self._stop.is_set():
                for key, _ in self._selector.select(self._patience()):
                    key.data()
                self._look_at_the_clock()
                if not announced and any(member.ready for member in self._members):
                    announced = True
                    ready()
        finally:
            self._close()

    def _sockets(self) -> list[socket.socket]:
        return (
            [listening for listening, _ in self._listening]
            + [connection.socket for connection in self._connections.values()]
            + [member.channel.socket for member in self._members]
            + [self._waker, self._wake]
        )

    def _patience(self) -> float:
        now = time.monotonic()
        times = [connection.deadline for connection in self._connections.values()]
        return max(0.0, min([_TICK_S] + [moment - now for moment in times]))

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        for connection in list(self._connections.values()):
            if now >= connection.deadline and not connection.tls:
                if not connection.closing:
                    logger.info("no association request from %s in time", connection.host)
                self._drop(connection)
        if self._paused_until is not None and now >= self._paused_until:
            self._accept_again()
        self._team.tend()
        for member in list(self._absent):
            successor = self._team.replace(member)
            if successor is not None:
                self._absent.remove(member)
                self._join(successor)

    # Receivers

    def _join(self, member: Member) -> None:
        member.channel.socket.setblocking(False)
        self._members.append(member)
        self._selector.register(
            member.channel.socket, selectors.EVENT_READ, lambda: self._hear(member)
        )

    def _hear(self, member: Member) -> None:
        try:
            received = member.channel.receive()
        except BlockingIOError:
            return
        except OSError:
            received = None
        if received is None:
            self._lose(member)
            return
        message, _ = received
        if message.kind == READY:
            member.ready = True
        elif message.kind == LEFT:
            member.connections.discard(message.connection)
            self._forget(message.connection)
        elif message.kind == REQUEST:
            self._decide_over_tls(member, message)

    def _lose(self, member: Member) -> None:
        self._selector.unregister(member.channel.socket)
        member.channel.close()
        self._members.remove(member)
        logger.error("a receiving process ended with %d connections", len(member.connections))
        for number in member.connections:
            self._forget(number)
        self._absent.append(member)

    def _forget(self, number: int) -> None:
        self._slots.leave(number)
        connection = self._connections.pop(number, None)
        if connection is not None:
            connection.socket.close()

    # Connections

    def _accept_again(self) -> None:
        self._paused_until = None
        for listening, tls in self._listening:
            self._selector.register(
                listening,
                selectors.EVENT_READ,
                lambda listening=listening, tls=tls: self._accept(listening, tls=tls),
            )

    def _pause(self) -> None:
        # Out of descriptors: the queue of the kernel holds the others until some are free again.
        logger.error("no file descriptor for a connection, pausing")
        for listening, _ in self._listening:
            self._selector.unregister(listening)
        self._paused_until = time.monotonic() + _PAUSE_S
        oldest = next((c for c in self._connections.values() if not c.tls), None)
        if oldest is not None:
            self._drop(oldest)

    def _accept(self, listening: socket.socket, *, tls: bool) -> None:
        if self._paused_until is not None:
            return
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                accepted, address = listening.accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError:
                self._pause()
                return
            accepted.setblocking(False)
            with contextlib.suppress(OSError):
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                # Our answers are short. A peer that does not read them is noticed early.
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
            self._welcome(accepted, plain_address(address[0]), address[1], tls=tls)

    def _welcome(self, accepted: socket.socket, host: str, port: int, *, tls: bool) -> None:
        connection = _Connection(
            number=next(self._numbers),
            socket=accepted,
            host=host,
            port=port,
            deadline=time.monotonic() + self._settings.request_timeout_s,
            tls=tls,
            own=host == plain_address(accepted.getsockname()[0]),
        )
        evicted = self._slots.arrive(connection.number, host, now=time.monotonic())
        if evicted is not None:
            self._evict(evicted)
        self._connections[connection.number] = connection
        if tls:
            # Our copy of the socket serves to cut the connection off, should it have to go.
            connection.deadline = float("inf")
            if not self._hand_over(connection, b""):
                self._drop(connection)
            return
        self._selector.register(accepted, selectors.EVENT_READ, lambda: self._read(connection))
        self._read(connection)

    def _evict(self, number: int) -> None:
        connection = self._connections.get(number)
        if connection is None:
            return
        logger.info("silent connection from %s made room for another", connection.host)
        if connection.tls:
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        else:
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        if not connection.tls:
            self._selector.unregister(connection.socket)
        self._forget(connection.number)

    def _read(self, connection: _Connection) -> None:
        if connection.number not in self._connections:
            return  # dropped by another event of the same turn
        try:
            while connection.reader.missing:
                data = connection.socket.recv(min(65_536, connection.reader.missing))
                if not data:
                    self._drop(connection)
                    return
                connection.reader.feed(data)
        except BlockingIOError:
            return
        except OSError:
            self._drop(connection)
        except ProtocolError as error:
            logger.info("connection from %s ended: %s", connection.host, error)
            self._note(connection.host, b"", ())
            self._say_last(connection, pack_abort(error.reason))
        else:
            self._decide(connection)

    def _decide(self, connection: _Connection) -> None:
        request = connection.reader.data
        rejection = self._judge(connection, request)
        if rejection is not None:
            self._reject(connection, rejection)
            return
        self._selector.unregister(connection.socket)
        if self._hand_over(connection, request):
            del self._connections[connection.number]
            connection.socket.close()
        else:
            self._selector.register(
                connection.socket, selectors.EVENT_READ, lambda: self._read(connection)
            )
            self._reject(connection, CONGESTION)

    def _decide_over_tls(self, member: Member, message: Message) -> None:
        connection = self._connections.pop(message.connection, None)
        if connection is None:
            return
        rejection = self._judge(connection, message.body)
        connection.socket.close()
        fields = () if rejection is None else (rejection.result, rejection.source, rejection.reason)
        with contextlib.suppress(OSError):
            member.channel.send(
                Message(kind=VERDICT, connection=connection.number, rejection=fields)
            )

    def _judge(self, connection: _Connection, request: bytes) -> Rejection | None:
        number, host = connection.number, connection.host
        titles = read_titles(request)
        rejection = self._admission.judge(titles, host, own=connection.own)
        if rejection is None and not self._slots.admit(number, Holder(host, titles.calling or "")):
            rejection = LIMIT_EXCEEDED
        if rejection is not None:
            self._slots.leave(number)
            logger.warning(
                "association %s from %s rejected: %s",
                shown_titles(request),
                host,
                rejection.message,
            )
            fields = (rejection.result, rejection.source, rejection.reason)
            self._note(host, request[:_NOTED_BYTES], fields)
        return rejection

    def _note(self, host: str, request: bytes, rejection: tuple[int, ...]) -> None:
        """Have a receiver note that a connection was turned away; not noted when it is busy."""
        for member in self._members[:1]:
            with contextlib.suppress(OSError):
                member.channel.send(
                    Message(kind=NOTE, host=host, rejection=rejection, body=request)
                )

    def _hand_over(self, connection: _Connection, request: bytes) -> bool:
        for member in sorted(self._members, key=lambda each: len(each.connections)):
            try:
                member.channel.send(
                    Message(
                        kind=CONNECTION,
                        connection=connection.number,
                        host=connection.host,
                        port=connection.port,
                        tls=connection.tls,
                        body=request,
                    ),
                    passing=connection.socket,
                )
            except OSError:
                continue
            member.connections.add(connection.number)
            return True
        return False

    def _reject(self, connection: _Connection, rejection: Rejection) -> None:
        self._say_last(
            connection, pack_reject(rejection.result, rejection.source, rejection.reason)
        )

    def _say_last(self, connection: _Connection, data: bytes) -> None:
        """Send the last word, free the slot, and close when the peer has read it."""
        self._slots.leave(connection.number)
        connection.closing = True
        connection.deadline = time.monotonic() + _LINGER_S
        try:
            connection.socket.send(data)
            connection.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(connection)
            return
        self._selector.modify(
            connection.socket, selectors.EVENT_READ, lambda: self._drain(connection)
        )

    def _drain(self, connection: _Connection) -> None:
        if connection.number not in self._connections:
            return
        try:
            if connection.socket.recv(65_536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._drop(connection)

    def _close(self) -> None:
        for listening, _ in self._listening:
            listening.close()
        for connection in list(self._connections.values()):
            connection.socket.close()
        for member in self._members:
            try:
                member.channel.send(Message(kind=END))
            except OSError:
                member.channel.close()  # which says the same
        try:
            self._team.end()
        finally:
            for member in self._members:
                member.channel.close()
            self._selector.close()
            self._waker.close()
            self._wake.close()
