"""One association in one thread: pynetdicom negotiates, and waits for nothing by polling.

pynetdicom runs an association in two threads that look for work a thousand times a second. Here
the same objects (ACSE, state machine, PDU classes) are driven by one thread that sleeps until its
peer sends something. What that leans on inside pynetdicom is listed in `seams`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pynetdicom import AE, evt
from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.transport import AddressInformation

from photopeak.listener.association_log import Note, contexts_of, forget_it
from photopeak.listener.association_request import (
    CONGESTION,
    Rejection,
    Titles,
    shown_titles,
    titles_as_sent,
    with_blank_padding,
)
from photopeak.listener.commands import VERIFICATION, pack_abort, pack_reject
from photopeak.listener.delivery import DirectDelivery
from photopeak.listener.errors import (
    ConnectionEndedError,
    PeerGoneError,
    ProtocolError,
    TooSlowError,
)
from photopeak.listener.library_path import LibraryDelivery, accept_related_classes
from photopeak.listener.messages import Context, Messages, Peer
from photopeak.listener.offer import Offer
from photopeak.listener.pump import Lane, Pump, Said
from photopeak.listener.store import Quick, Store
from photopeak.listener.stream import BufferPool, ControlPdu, MessageStream, Step
from photopeak.listener.upper_layer import Provider, WireSocket
from photopeak.listener.wire import Readiness, Wire
from photopeak.model.associations import (
    CHECK_TITLE,
    AssociationCause,
    AssociationOutcome,
    AssociationRecord,
)
from photopeak.model.identity import new_id
from photopeak.settings import ListenerSettings

if TYPE_CHECKING:
    from pynetdicom.events import Event

logger = logging.getLogger(__name__)

LINGER_S = 1.0
"""How long a peer may take to read our last word before the connection is closed."""
_STORAGE_LEVEL_FULL = b"\x02\x00\x00\x00\x00\x00"
"""Level 2, no digital signatures, no coercion (PS3.4 B.3.1)."""


class ReceivingAssociation(Association):
    """An accepted connection from its request to its end.

    Parameters
    ----------
    ae
        The application entity of this process.
    wire, address
        The peer.
    request, titles
        Its A-ASSOCIATE-RQ, whole, and the AE titles in it.
    settings, offer, store, pool
        What it may do, propose, where instances go, where buffers come from.
    ending
        Readable as soon as the service is about to end.
    fast_path
        False: messages take the way of pynetdicom.
    tls
        Whether the peer came over TLS.
    note
        What remembers how it ended.
    """

    def __init__(
        self,
        ae: AE,
        *,
        wire: Wire,
        address: tuple[str, int],
        request: bytes,
        titles: Titles,
        settings: ListenerSettings,
        offer: Offer,
        store: Store,
        quick: Quick | None,
        pool: BufferPool,
        ending: int,
        fast_path: bool,
        tls: bool = False,
        note: Note = forget_it,
    ) -> None:
        super().__init__(ae, MODE_ACCEPTOR)
        self._provider = Provider(self)
        self.dul = self._provider
        self.acse_timeout = self.network_timeout = None
        self._wire = wire
        self._address = address
        self._request = request
        self._titles = titles
        self._settings = settings
        self._offer = offer
        self._store = store
        self._quick = quick
        self._pool = pool
        self._ending = ending
        self._fast_path = fast_path
        self._over_tls = tls
        self._note = note
        self._started_at = datetime.now(UTC)
        self._cause = AssociationCause.NONE
        self._idle_s = settings.idle_timeout_by_ae_title_s.get(
            titles.calling or "", settings.idle_timeout_s
        )
        self._leaving: Callable[[], None] = _nothing
        self._messages: Messages | None = None
        self._stream: MessageStream | None = None
        self.set_socket(WireSocket(self, wire))
        self.requestor.address_info = AddressInformation(address[0], address[1])
        self.acceptor.address_info = AddressInformation("127.0.0.1", settings.port)
        self.acceptor.maximum_length = settings.maximum_pdu_bytes
        self.acceptor.ae_title = settings.ae_title
        self.acceptor.implementation_class_uid = ae.implementation_class_uid
        self.acceptor.implementation_version_name = ae.implementation_version_name
        self.bind(evt.EVT_SOP_EXTENDED, self._on_extended_negotiation)
        self.bind(evt.EVT_SOP_COMMON, accept_related_classes)

    def serve(
        self,
        *,
        leaving: Callable[[], None],
        pump: Pump | None,
        resume: Callable[[bytes, Said], None],
    ) -> bool:
        """Run the association in this thread; False if it goes on with the pump.

        `leaving` is called when its slot is free, maybe twice. `resume` is called by the pump when
        the association needs a thread again; what it is given is for :meth:`go_on`.
        """
        self._leaving = leaving
        return self._conduct(lambda: self._begin(pump, resume))

    def go_on(self, unsent: bytes, said: Said) -> None:
        """Run the rest of the association in this thread, as the pump left it."""

        def rest() -> bytes:
            if isinstance(said, Exception):
                raise said
            if unsent:
                self._wire.send(unsent)
            return self._receive() if said is None else self._end(said)

        self._conduct(rest)

    def _conduct(self, work: Callable[[], bytes | None]) -> bool:
        last_word: bytes | None = b""
        said = ""
        try:
            last_word = work()
        except ProtocolError as error:
            last_word = pack_abort(error.reason)
            self._cause, said = AssociationCause.PROTOCOL, str(error)
            self._log_abort(error)
        except PeerGoneError as error:
            self._cause, said = AssociationCause.PEER_LEFT, str(error)
            logger.debug("association with %s ended: %s", self._address[0], error)
        except ConnectionEndedError as error:
            last_word = pack_abort(ProtocolError.UNSPECIFIED)
            slow = isinstance(error, TooSlowError)
            self._cause = AssociationCause.TOO_SLOW if slow else AssociationCause.PEER_LEFT
            said = str(error)
            self._log_abort(error)
        except Exception:
            last_word = pack_abort(ProtocolError.UNSPECIFIED)
            self._cause = AssociationCause.INTERNAL
            logger.exception("association %s failed", shown_titles(self._request))
        if last_word is None:
            return False
        self._forget()
        # After a release the peer leaves at once. One that was sent away keeps its slot until
        # it has gone, or such peers could be here in any number.
        if not last_word:
            self._leaving()
        self._hang_up(last_word)
        self._leaving()
        self._note(self._record(said))
        return True

    def give_up(self) -> None:
        """Leave nothing behind: there is no thread for the rest of the association."""
        self._forget()
        self._cause = AssociationCause.INTERNAL
        self._note(self._record("no thread"))

    def _forget(self) -> None:
        messages = self._messages
        if self._stream is not None:
            self._stream.release_buffer()
        if messages is None:
            return
        messages.discard()
        # Health checks come every few seconds and store nothing.
        logger.log(
            logging.INFO if messages.stored or messages.refused else logging.DEBUG,
            "association %s from %s over: %d stored, %d refused",
            shown_titles(self._request),
            self._address[0],
            messages.stored,
            messages.refused,
        )

    def _begin(self, pump: Pump | None, resume: Callable[[bytes, Said], None]) -> bytes | None:
        if not self._establish():
            return b""
        self._messages = self._make_messages()
        self._stream = MessageStream(
            self._messages,
            self._pool,
            settings=self._settings,
            contexts=frozenset(self._accepted_cx),
            patient=pump is None,
        )
        if pump is None or not self._messages.may_store:
            return self._receive()
        lane = Lane(self._wire, self._stream, self._messages, idle_s=self._idle_s, resume=resume)
        return None if pump.take(lane) else self._receive()

    def abort(self, block: bool = True) -> None:  # noqa: ARG002 - as inherited
        """Abort; called by pynetdicom when it finds a message it cannot serve."""
        raise ProtocolError("pynetdicom refused the message")

    def _hang_up(self, last_word: bytes) -> None:
        try:
            if last_word:
                self._wire.send(last_word)
        except ConnectionEndedError:
            self._wire.close()
        else:
            self._wire.close(linger_s=LINGER_S)

    def _log_abort(self, error: ConnectionEndedError) -> None:
        logger.warning(
            "association %s from %s aborted: %s",
            shown_titles(self._request),
            self._address[0],
            error,
        )

    def _establish(self) -> bool:
        self._provider.act()
        self._provider.take_pdu(with_blank_padding(self._request))
        primitive: object = self.dul.receive_pdu(wait=False)
        if not isinstance(primitive, A_ASSOCIATE):
            return False
        _refuse_illegal(primitive)
        self.requestor.primitive = primitive
        self.acceptor.supported_contexts = self._offer.contexts_for(primitive)
        rejection = self._rejection_by_storage()
        if rejection is not None:
            logger.warning(
                "association %s from %s rejected: %s",
                shown_titles(self._request),
                self._address[0],
                rejection.message,
            )
            self._cause = AssociationCause.STORAGE
            self._wire.send(pack_reject(rejection.result, rejection.source, rejection.reason))
            return False
        self.acse.negotiate_association()
        return bool(self.is_established)

    def _rejection_by_storage(self) -> Rejection | None:
        if all(c.abstract_syntax == VERIFICATION for c in self.acceptor.supported_contexts):
            return None
        return CONGESTION if self._store.accepting() is not None else None

    def _may_store(self) -> bool:
        settings, calling = self._settings, self._titles.calling
        # Our own check is admitted although it is no device, and so may do no more than verify.
        is_check = calling == CHECK_TITLE and not settings.accept_unknown_callers
        return not is_check and calling not in settings.echo_only_ae_titles

    def _make_messages(self) -> Messages:
        request = self._negotiated()
        contexts = {
            identifier: Context(
                sop_class_uid=str(context.abstract_syntax),
                transfer_syntax_uid=str(context.transfer_syntax[0]),
                is_storage=self._offer.is_storage(str(context.abstract_syntax), request),
            )
            for identifier, context in self._accepted_cx.items()
        }
        return Messages(
            peer=Peer(
                address=self._address[0],
                calling_ae_title=self._titles.calling or "",
                called_ae_title=self._titles.called or "",
                maximum_length=self.requestor.maximum_length or 0,
                may_store=self._may_store(),
            ),
            contexts=contexts,
            delivery=(
                DirectDelivery(self._quick or self._store)
                if self._fast_path
                else LibraryDelivery(self, self._store)
            ),
            send=self._wire.send,
            maximum_instance_bytes=self._settings.maximum_instance_bytes,
        )

    def _receive(self) -> bytes:
        """Serve messages until the association is over; returns what is left to say."""
        stream, messages, wire = self._stream, self._messages, self._wire
        assert stream is not None and messages is not None  # noqa: S101, PT018 - it is established
        stream.patient = True
        while True:
            step = stream.step()
            if step is Step.COMPLETE:
                messages.finish()
                stream.finished()
            elif isinstance(step, ControlPdu):
                return self._end(step)
            elif step is Step.MORE and not stream.idle:
                stream.received(wire.receive_into(stream.room(), deadline=stream.deadline))
                if time.monotonic() > stream.deadline:
                    # Bytes that keep arriving are no excuse: trickles end here.
                    raise TooSlowError("the message arrived below the minimum rate")
            elif step is Step.MORE and not self._receive_first(stream):
                return pack_abort(ProtocolError.UNSPECIFIED)

    def _receive_first(self, stream: MessageStream) -> bool:
        """Wait for a message; False if the association is over without one."""
        idle_since = stream.began_at
        while True:
            received = self._wire.receive_now(stream.room())
            if received:
                stream.received(received)
                return True
            stream.release_buffer()
            left = idle_since + self._idle_s - time.monotonic()
            readiness = self._wire.wait(left, wake=self._ending)
            if readiness is Readiness.WOKEN:
                self._cause = AssociationCause.SERVICE_ENDED
                return False
            if readiness is Readiness.TIMEOUT:
                self._cause = AssociationCause.IDLE
                logger.info(
                    "association %s from %s was idle for %g s",
                    shown_titles(self._request),
                    self._address[0],
                    self._idle_s,
                )
                return False

    def _end(self, control: ControlPdu) -> bytes:
        """Answer a PDU that is no P-DATA-TF; each of them ends the association."""
        self._provider.take_pdu(control.data)
        if self.acse.is_release_requested():
            self.acse.send_release(is_response=True)
            self.is_released = True
        else:
            self._cause = AssociationCause.PEER_LEFT
        self.is_established = False
        return b""

    def _record(self, said: str) -> AssociationRecord:
        messages = self._messages
        calling, called = titles_as_sent(self._request)
        outcome = AssociationOutcome.ABORTED
        if self._cause is AssociationCause.NONE:
            outcome = AssociationOutcome.RELEASED
        elif self._cause is AssociationCause.STORAGE:
            outcome = AssociationOutcome.REJECTED
        return AssociationRecord(
            id=new_id(),
            started_at=self._started_at,
            ended_at=datetime.now(UTC),
            calling_ae_title=calling,
            called_ae_title=called,
            address=self._address[0],
            tls=self._over_tls,
            outcome=outcome,
            cause=self._cause,
            detail=said,
            stored=0 if messages is None else messages.stored,
            refused=0 if messages is None else messages.refused,
            echoes=0 if messages is None else messages.echoes,
            refusal="" if messages is None else messages.last_refusal,
            contexts=contexts_of(self._accepted_cx.values(), self._rejected_cx),
        )

    def _negotiated(self) -> A_ASSOCIATE:
        request = self.requestor.primitive
        if request is None:
            raise ProtocolError("no association request")
        return request

    def _on_extended_negotiation(self, event: Event) -> dict[str, bytes]:
        request = self._negotiated()
        return {
            str(uid): _STORAGE_LEVEL_FULL
            for uid in getattr(event, "app_info")  # noqa: B009 - set by the library at run time
            if self._offer.is_storage(str(uid), request)
        }


def _nothing() -> None:
    """Do nothing."""


def _refuse_illegal(request: A_ASSOCIATE) -> None:
    """Refuse what pynetdicom lets pass, or would stumble over (PS3.8 9.3.2.2)."""
    contexts = request.presentation_context_definition_list
    if not contexts:
        raise ProtocolError(
            "request without presentation contexts", ProtocolError.INVALID_PARAMETER
        )
    identifiers = [context.context_id for context in contexts]
    if (
        len(set(identifiers)) != len(identifiers)
        or any(identifier is None or identifier % 2 == 0 for identifier in identifiers)
        or any(not context.transfer_syntax for context in contexts)
        or any(not context.abstract_syntax for context in contexts)
    ):
        raise ProtocolError("illegal presentation context", ProtocolError.INVALID_PARAMETER)
