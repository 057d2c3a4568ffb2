"""One connected peer: bytes in and out, with deadlines on the monotonic clock.

Every wait ends: the kernel gives a read or a write back after a tick, and longer waits are a `poll`
with a time limit. So a silent peer costs no processor time and can be let go at any moment, and a
busy one costs one call per piece.
"""

from __future__ import annotations

import contextlib
import hashlib
import select
import socket
import ssl
import struct
import time
from enum import Enum, auto

from photopeak.listener.errors import PeerGoneError, TooSlowError

_WOULD_BLOCK = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_TICK_US = 4000
"""How long a read or write waits inside of the kernel; a busy peer keeps within it."""
_TICK = struct.pack("@ll", 0, _TICK_US)
_STALL_APART = 64
"""Reads between two stalls, from which on they are accidents and not the habit of a sender."""
_LINGER_BYTES = 4 * 1024 * 1024
_RESET = struct.pack("ii", 1, 0)


class Readiness(Enum):
    """Why a wait ended."""

    DATA = auto()
    TIMEOUT = auto()
    WOKEN = auto()


class Wire:
    """A socket with deadlines.

    Parameters
    ----------
    connected
        The accepted socket; it belongs to the wire from now on.
    send_timeout_s
        How long a peer may refuse to read what we send.
    """

    def __init__(self, connected: socket.socket, *, send_timeout_s: float) -> None:
        self.socket = connected
        self._send_timeout_s = send_timeout_s
        self._peer_listens = True
        self._reads_since_stall = _STALL_APART
        self._holds_back = False
        self._incoming = select.poll()
        self._incoming.register(connected, select.POLLIN)
        self._is_tls = isinstance(connected, ssl.SSLSocket)
        connected.setblocking(not self._is_tls)
        for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            connected.setsockopt(socket.SOL_SOCKET, direction, _TICK)

    def start_tls(self, context: ssl.SSLContext, *, deadline: float) -> str:
        """Do the handshake as a server; return the SHA-256 fingerprint of the peer's certificate.

        Raises
        ------
        ConnectionEndedError
            If the peer is too slow or leaves.
        ssl.SSLError
            If the peer is no TLS client, or one without an accepted certificate.
        """
        self.socket.setblocking(False)
        wrapped = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
        )
        self.socket = wrapped
        self._is_tls = True
        self._incoming = select.poll()
        self._incoming.register(wrapped, select.POLLIN)
        while True:
            try:
                wrapped.do_handshake()
            except ssl.SSLWantReadError:
                self._await(select.POLLIN, deadline, "the TLS handshake took too long")
            except ssl.SSLWantWriteError:
                self._await(select.POLLOUT, deadline, "the TLS handshake took too long")
            except ssl.SSLError:
                raise
            except OSError as error:
                raise PeerGoneError("closed by the peer during the TLS handshake") from error
            else:
                return hashlib.sha256(wrapped.getpeercert(binary_form=True) or b"").hexdigest()

    def wait(self, timeout_s: float, *, wake: int | None = None) -> Readiness:
        """Wait between messages until bytes arrive, the time is over, or `wake` is readable."""
        if self._is_tls and self.socket.pending():  # type: ignore[attr-defined]
            return Readiness.DATA
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        if wake is not None:
            poll.register(wake, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(max(0.0, timeout_s) * 1000.0)}
        if self.socket.fileno() in ready:
            return Readiness.DATA
        return Readiness.WOKEN if ready else Readiness.TIMEOUT

    def receive_now(self, view: memoryview) -> int:
        """Fill `view` with what comes within a tick; 0 if nothing does.

        Raises
        ------
        PeerGoneError
            If nothing will come.
        """
        try:
            received = self.socket.recv_into(view)
        except _WOULD_BLOCK:
            return 0
        except OSError as error:
            raise PeerGoneError("reset by the peer") from error
        if received == 0:
            raise PeerGoneError("closed by the peer")
        return received

    def receive_into(self, view: memoryview, *, deadline: float) -> int:
        """Fill `view` with at least one byte; for the middle of a message.

        Raises
        ------
        PeerGoneError, TooSlowError
            If nothing will come, or has not come by `deadline` (monotonic clock).
        """
        received = self._receive_held_back(view) if self._holds_back else self.receive_now(view)
        if received:
            self._reads_since_stall += 1
        while not received:
            self.note_stall()
            self._await(select.POLLIN, deadline, "the peer was too slow")
            received = self.receive_now(view)
        return received

    def receive_at_once(self, view: memoryview) -> int:
        """Fill `view` with what is there; 0 if nothing is. Not for TLS.

        Raises
        ------
        PeerGoneError
            If nothing will come.
        """
        try:
            received = self.socket.recv_into(view, 0, socket.MSG_DONTWAIT)
        except _WOULD_BLOCK:
            return 0
        except OSError as error:
            raise PeerGoneError("reset by the peer") from error
        if received == 0:
            raise PeerGoneError("closed by the peer")
        self._reads_since_stall += 1
        return received

    def note_stall(self) -> None:
        """Note that a sender keeps us waiting in the middle of a message.

        One with the Nagle algorithm on holds its next bytes back until the last ones are
        acknowledged, and the kernel delays that by 40 ms unless it is asked. To ask each time
        costs the others, so it is done for senders that stall again and again.
        """
        self._acknowledge()
        self._holds_back = self._holds_back or self._reads_since_stall < _STALL_APART
        self._reads_since_stall = 0

    def note_gap(self) -> None:
        """Note that what was received ends in the middle of a message."""
        if self._holds_back:
            self._acknowledge()

    def _receive_held_back(self, view: memoryview) -> int:
        """Receive from a sender that waits for an acknowledgement whenever we wait for it."""
        try:
            # A TLS socket knows no flags, and never waits anyway.
            return self.socket.recv_into(view, 0, 0 if self._is_tls else socket.MSG_DONTWAIT)
        except OSError:
            self._acknowledge()
            return self.receive_now(view)

    def _acknowledge(self) -> None:
        if _QUICKACK is not None:
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def send(self, data: bytes) -> None:
        """Send all of `data`.

        Raises
        ------
        PeerGoneError, TooSlowError
            If the peer is gone or does not read.
        """
        if not self._peer_listens:
            raise PeerGoneError("nobody reads what we send")
        view = memoryview(data)
        deadline = 0.0
        self._peer_listens = False  # until all of it has gone
        while view:
            try:
                sent = self.socket.send(view)
            except _WOULD_BLOCK as blocked:
                deadline = deadline or time.monotonic() + self._send_timeout_s
                direction = (
                    select.POLLIN if isinstance(blocked, ssl.SSLWantReadError) else select.POLLOUT
                )
                self._await(direction, deadline, "the peer does not read our answers")
            except OSError as error:
                raise PeerGoneError("reset by the peer") from error
            else:
                view = view[sent:]
        self._peer_listens = True

    def send_at_once(self, data: bytes) -> int:
        """Send as much of `data` as goes without waiting; returns how much. Not for TLS.

        Raises
        ------
        PeerGoneError
            If the peer is gone.
        """
        try:
            return self.socket.send(data, socket.MSG_DONTWAIT)
        except _WOULD_BLOCK:
            return 0
        except OSError as error:
            raise PeerGoneError("reset by the peer") from error

    def interrupt(self) -> None:
        """End every wait of the thread that owns this wire; may be called from another one."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self, *, linger_s: float = 0.0) -> None:
        """Close; with `linger_s`, first let the peer read what was sent last.

        Bytes that were never read would turn the close into a reset, and the reset would overtake
        an A-ABORT or A-ASSOCIATE-RJ on its way.
        """
        if linger_s > 0.0:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                self._peer_listens = self._drain(time.monotonic() + linger_s)
        with contextlib.suppress(OSError):
            if not self._peer_listens:
                # What it does not read would otherwise stay with the kernel for minutes.
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.socket.close()

    def _drain(self, deadline: float) -> bool:
        """Read into nothing until the peer has closed; tells whether it has."""
        left = _LINGER_BYTES
        while left > 0:
            remaining = deadline - time.monotonic()
            if remaining <= 0.0 or not self._incoming.poll(remaining * 1000.0):
                return False
            received = len(self.socket.recv(65_536))
            if received == 0:
                return True
            left -= received
        return False

    def _await(self, direction: int, deadline: float, message: str) -> None:
        remaining = deadline - time.monotonic()
        poll = self._incoming
        if direction != select.POLLIN:
            poll = select.poll()
            poll.register(self.socket, direction)
        if remaining <= 0.0 or not poll.poll(remaining * 1000.0):
            raise TooSlowError(message)
