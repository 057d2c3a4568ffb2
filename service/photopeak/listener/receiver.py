"""A receiving process: gets sockets from the front, runs each association in a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable

from pynetdicom import AE, _config

from photopeak.listener.association import LINGER_S, ReceivingAssociation
from photopeak.listener.association_log import Note, forget_it, rejected
from photopeak.listener.association_request import (
    CALLING_TITLE_UNKNOWN,
    RequestReader,
    read_titles,
    shown_titles,
)
from photopeak.listener.channel import (
    CONNECTION,
    END,
    LEFT,
    NOTE,
    READY,
    REQUEST,
    VERDICT,
    Channel,
    Message,
)
from photopeak.listener.commands import pack_abort, pack_reject
from photopeak.listener.errors import ConnectionEndedError, ProtocolError
from photopeak.listener.library_path import register_storage_classes
from photopeak.listener.offer import Offer
from photopeak.listener.pump import Pump, Said
from photopeak.listener.seams import use_fast_path
from photopeak.listener.store import Store
from photopeak.listener.stream import BufferPool
from photopeak.listener.tls import server_context
from photopeak.listener.wire import Wire
from photopeak.model.associations import AssociationCause
from photopeak.model.implementation import IMPLEMENTATION_CLASS_UID, implementation_version_name
from photopeak.settings import ListenerSettings

logger = logging.getLogger(__name__)

_BY_AE_TITLE_BYTES = 74
"""Length of the fixed part of a request, which holds the AE titles."""


class Receiver:
    """Serves the connections that come over a channel.

    Parameters
    ----------
    channel
        The end of this process.
    settings
        Limits and certificates.
    store
        Where instances go.
    note
        What remembers associations.
    """

    def __init__(
        self,
        channel: Channel,
        settings: ListenerSettings,
        store: Store,
        note: Note = forget_it,
    ) -> None:
        self._channel = channel
        self._note = note
        self._settings = settings
        self._store = store
        self._pool = BufferPool()
        self._offer = Offer(
            extra_sop_classes=settings.extra_sop_classes,
            accept_explicit_big_endian=settings.accept_explicit_big_endian,
        )
        self._tls = server_context(settings.tls) if settings.tls.enabled else None
        self._fast_path = use_fast_path(wanted=settings.fast_path)
        if not self._fast_path:
            register_storage_classes(settings.extra_sop_classes)
        self._ae = _application_entity(settings)
        self._lock = threading.Lock()
        self._wires: dict[int, Wire] = {}
        self._verdicts: dict[int, queue.SimpleQueue[tuple[int, ...]]] = {}
        self._ending, self._end_signal = os.pipe()
        self._quick = store.quick() if self._fast_path else None
        self._pump = Pump(self._quick, ending=self._ending) if self._quick is not None else None

    def run(self) -> None:
        """Serve until the front says so or is gone, then let transfers finish for a while."""
        pumping = None
        if self._pump is not None:
            pumping = threading.Thread(target=self._pump.run, daemon=True, name="pump")
            pumping.start()
        self._tell(Message(kind=READY))
        try:
            while True:
                received = self._channel.receive()
                if received is None or received[0].kind == END:
                    break
                self._handle(*received)
        finally:
            self._drain()
            if self._pump is not None and pumping is not None:
                pumping.join(LINGER_S)
                if not pumping.is_alive():
                    self._pump.close()
            os.close(self._end_signal)
            os.close(self._ending)
            self._channel.close()

    def _handle(self, message: Message, descriptor: int | None) -> None:
        if message.kind == VERDICT:
            waiting = self._verdicts.get(message.connection)
            if waiting is not None:
                waiting.put(message.rejection)
        elif message.kind == CONNECTION and descriptor is not None:
            wire = Wire(
                socket.socket(fileno=descriptor), send_timeout_s=self._settings.send_timeout_s
            )
            with self._lock:
                self._wires[message.connection] = wire
            self._start(lambda: self._serve(message, wire), lambda: self._end(message, wire))
        elif message.kind == NOTE:
            self._note(rejected(message.body, message.host, message.rejection))
        elif message.kind == CONNECTION:
            logger.error("no file descriptor for a connection")
            self._leave(message.connection)

    def _start(self, work: Callable[[], None], give_up: Callable[[], None]) -> None:
        """Have a thread work for a connection; without a free one the connection is given up."""
        try:
            threading.Thread(target=work, daemon=True, name="association").start()
        except RuntimeError:
            logger.error("no thread for a connection, closed it")
            give_up()

    def _end(self, message: Message, wire: Wire) -> None:
        self._leave(message.connection)
        wire.close()

    def _serve(self, message: Message, wire: Wire) -> None:
        over = True
        try:
            request = self._secure(message, wire) if message.tls else message.body
            if request is None:
                self._leave(message.connection)
                wire.close(linger_s=LINGER_S)
                return
            association = ReceivingAssociation(
                self._ae,
                wire=wire,
                address=(message.host, message.port),
                request=request,
                titles=read_titles(request),
                settings=self._settings,
                offer=self._offer,
                store=self._store,
                quick=None if message.tls else self._quick,
                pool=self._pool,
                ending=self._ending,
                fast_path=self._fast_path,
                tls=message.tls,
                note=self._note,
            )
            over = association.serve(
                leaving=lambda: self._leave(message.connection),
                pump=None if message.tls else self._pump,
                resume=lambda unsent, said: self._resume(message, wire, association, unsent, said),
            )
        except Exception:
            logger.exception("a connection from %s failed", message.host)
        finally:
            if over:
                self._end(message, wire)

    def _resume(
        self,
        message: Message,
        wire: Wire,
        association: ReceivingAssociation,
        unsent: bytes,
        said: Said,
    ) -> None:
        """Go on in a thread with an association that was with the pump."""

        def go_on() -> None:
            try:
                association.go_on(unsent, said)
            finally:
                self._end(message, wire)

        def give_up() -> None:
            association.give_up()
            self._end(message, wire)

        self._start(go_on, give_up)

    def _secure(self, message: Message, wire: Wire) -> bytes | None:
        """Do the TLS handshake and read the request; None if the connection is over."""
        if self._tls is None:
            return None
        try:
            fingerprint = wire.start_tls(
                self._tls, deadline=time.monotonic() + self._settings.tls.handshake_timeout_s
            )
            reader = RequestReader()
            deadline = time.monotonic() + self._settings.request_timeout_s
            while reader.missing:
                piece = memoryview(bytearray(reader.missing))
                reader.feed(piece[: wire.receive_into(piece, deadline=deadline)])
            rejection = self._judge_certificate(fingerprint, reader.data, message.host)
            rejection = rejection or self._ask(message.connection, reader.data)
        except ssl.SSLError as error:
            logger.warning("TLS from %s refused: %s", message.host, error.reason)
            cause = AssociationCause.TLS
            said = str(error.reason or "")
            self._note(rejected(b"", message.host, (), tls=True, cause=cause, detail=said))
            return None
        except ConnectionEndedError as error:
            logger.info("TLS connection from %s ended: %s", message.host, error)
            if isinstance(error, ProtocolError):
                with contextlib.suppress(ConnectionEndedError):
                    wire.send(pack_abort(error.reason))
            return None
        if rejection:
            with contextlib.suppress(ConnectionEndedError):
                wire.send(pack_reject(*rejection))
            return None
        return reader.data

    def _judge_certificate(self, fingerprint: str, request: bytes, host: str) -> tuple[int, ...]:
        """Return the fields of a rejection when a certificate does not stand for its AE title.

        The AE title alone proves nothing, and each certificate of the hospital would do for all.
        """
        allowed = self._settings.tls.ae_titles_by_certificate
        if not allowed or read_titles(request).calling in allowed.get(fingerprint, ()):
            return ()
        logger.warning(
            "association %s from %s rejected: not an AE title of the certificate %s",
            shown_titles(request),
            host,
            fingerprint,
        )
        cause = AssociationCause.CERTIFICATE
        self._note(rejected(request, host, (), tls=True, cause=cause, detail=fingerprint))
        unknown = CALLING_TITLE_UNKNOWN
        return (unknown.result, unknown.source, unknown.reason)

    def _ask(self, connection: int, request: bytes) -> tuple[int, ...]:
        answer: queue.SimpleQueue[tuple[int, ...]] = queue.SimpleQueue()
        self._verdicts[connection] = answer
        try:
            self._tell(
                Message(kind=REQUEST, connection=connection, body=request[:_BY_AE_TITLE_BYTES])
            )
            return answer.get(timeout=self._settings.request_timeout_s)
        except queue.Empty:
            raise ProtocolError("no decision on the association in time") from None
        finally:
            del self._verdicts[connection]

    def _leave(self, connection: int) -> None:
        with self._lock:
            if self._wires.pop(connection, None) is None:
                return
        self._tell(Message(kind=LEFT, connection=connection))

    def _tell(self, message: Message) -> None:
        with contextlib.suppress(OSError):  # the front is gone; the channel's end is noticed
            self._channel.send(message)

    def _drain(self) -> None:
        os.write(self._end_signal, b"!")
        deadline = time.monotonic() + self._settings.drain_s
        while self._wires and time.monotonic() < deadline:
            time.sleep(0.01)
        with self._lock:
            late = list(self._wires.values())
        if late:
            logger.warning("%d associations were cut off at the end of the service", len(late))
        for wire in late:
            wire.interrupt()
        deadline = time.monotonic() + LINGER_S
        while self._wires and time.monotonic() < deadline:
            time.sleep(0.01)


def _application_entity(settings: ListenerSettings) -> AE:
    # The library logs titles of peers unescaped and, at debug level, whole data sets.
    _config.LOG_HANDLER_LEVEL = "none"
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
    ae = AE(ae_title=settings.ae_title)
    ae.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    ae.implementation_version_name = implementation_version_name()
    ae.require_called_aet = False
    ae.require_calling_aet = []
    # The front has counted already, over all receivers.
    ae.maximum_associations = 1_000_000
    return ae
