"""C-STORE and C-ECHO: what is checked before, what is stored, what is answered.

A message is judged from its command set alone. If it is refused its data set is still read, into
nothing, so that the peer gets a status instead of a broken line. Both ways of handling a message,
ours and pynetdicom's, share this judgement.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from photopeak.listener.commands import (
    C_ECHO_RQ,
    C_STORE_RQ,
    VERIFICATION,
    Request,
    pack_response,
    parse_request,
)
from photopeak.listener.errors import ProtocolError
from photopeak.model.identity import is_uid
from photopeak.model.reception import Entrance, Reception, StoreOutcome, StoreStatus

logger = logging.getLogger(__name__)

_DRAINED_AT_LEAST = 16 * 1024 * 1024
_SUCCESS = StoreOutcome(status=StoreStatus.SUCCESS)
_INTERNAL_ERROR = StoreOutcome(
    status=StoreStatus.OUT_OF_RESOURCES, comment="internal error, see the log of the service"
)
_NO_RESOURCES = StoreOutcome(
    status=StoreStatus.OUT_OF_RESOURCES, comment="storage is not available, try again later"
)


class Incoming(Protocol):
    """An instance on its way into the inbox."""

    def writev(self, views: Sequence[memoryview]) -> None:
        """Take the next bytes; never raises, the error is remembered."""
        ...

    def commit(self) -> StoreOutcome:
        """Make the instance durable."""
        ...

    def discard(self) -> None:
        """Forget the instance."""
        ...


class Store(Protocol):
    """The part of the inbox that the listener needs."""

    def begin(self, reception: Reception) -> Incoming:
        """Start an instance."""
        ...

    def accepting(self) -> StoreOutcome | None:
        """Return why nothing can be stored at present, or None."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """An accepted presentation context."""

    sop_class_uid: str
    transfer_syntax_uid: str
    is_storage: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The other side of an association."""

    address: str
    calling_ae_title: str
    called_ae_title: str
    maximum_length: int
    may_store: bool = True


class Delivery(Protocol):
    """One way to take a C-STORE that was found in order to the store."""

    answers_itself: bool
    """Whether the response has been sent when `finish` returns."""

    def begin(self, context_id: int, command: bytes, reception: Reception) -> None:
        """Take a request that has been found in order."""
        ...

    def write(self, views: Sequence[memoryview]) -> None:
        """Take fragments of its data set."""
        ...

    def finish(self) -> StoreOutcome:
        """Store; returns the outcome."""
        ...

    def discard(self) -> None:
        """Forget an unfinished instance, if there is one."""
        ...


class DirectDelivery:
    """Fragments go straight from the receive buffer into the store."""

    answers_itself = False

    def __init__(self, store: Store) -> None:
        self._store = store
        self._incoming: Incoming | None = None
        self._failure: StoreOutcome | None = None

    def begin(self, context_id: int, command: bytes, reception: Reception) -> None:  # noqa: ARG002
        """Open an instance."""
        self._failure = None
        try:
            self._incoming = self._store.begin(reception)
        except Exception as error:  # noqa: BLE001 - the edge of the station: becomes a status
            self._failure = outcome_of(error)

    def write(self, views: Sequence[memoryview]) -> None:
        """Hand the fragments on."""
        if self._incoming is not None:
            self._incoming.writev(views)

    def finish(self) -> StoreOutcome:
        """Wait until the instance is durable."""
        incoming, self._incoming = self._incoming, None
        if incoming is None:
            return self._failure or _INTERNAL_ERROR
        try:
            return incoming.commit()
        except Exception as error:  # noqa: BLE001 - the edge of the station: becomes a status
            return outcome_of(error)

    def discard(self) -> None:
        """Throw the unfinished instance away."""
        incoming, self._incoming = self._incoming, None
        if incoming is not None:
            incoming.discard()


def outcome_of(error: Exception) -> StoreOutcome:
    """Return the status for an error that nobody expected.

    It is always a transient one: the sender keeps the instance and tries again.
    """
    if isinstance(error, OSError | MemoryError):
        logger.error("an instance was refused: %s", error)
        return _NO_RESOURCES
    logger.error("an instance was refused after an unexpected error", exc_info=error)
    return _INTERNAL_ERROR


class Messages:
    """The message sink of one association.

    Parameters
    ----------
    peer, contexts
        As negotiated; `contexts` by identifier.
    delivery
        What handles a C-STORE in order.
    send
        Sends bytes to the peer.
    maximum_instance_bytes
        Longest data set that is stored.
    """

    def __init__(
        self,
        *,
        peer: Peer,
        contexts: Mapping[int, Context],
        delivery: Delivery,
        send: Callable[[bytes], None],
        maximum_instance_bytes: int,
    ) -> None:
        self.stored = 0
        self.refused = 0
        self.echoes = 0
        self.last_refusal = ""
        self._peer = peer
        self._contexts = contexts
        self._delivery = delivery
        self._send = send
        self._maximum = maximum_instance_bytes
        self._request = Request(
            command_field=0, message_id=0, sop_class_uid="", sop_instance_uid="",
            has_data_set=False,
        )  # fmt: skip
        self._context_id = 0
        self._size = 0
        self._refusal: StoreOutcome | None = None

    def begin(self, context_id: int, command: bytes) -> bool:
        """Judge a request; a C-ECHO is answered at once."""
        request = parse_request(command)
        context = self._contexts[context_id]
        self._request = request
        self._context_id = context_id
        if request.command_field == C_ECHO_RQ:
            if request.has_data_set:
                raise ProtocolError("C-ECHO with a data set")
            self.echoes += 1
            self._answer(_judge_echo(request, context))
            return False
        if request.command_field != C_STORE_RQ:
            raise ProtocolError(f"service {request.command_field:04X} is not offered")
        self._size = 0
        self._refusal = _judge_store(request, context, self._peer)
        if not request.has_data_set:
            self.finish()
            return False
        if self._refusal is None:
            self._delivery.begin(
                context_id,
                command,
                Reception(
                    entrance=Entrance.DIMSE,
                    sop_class_uid=request.sop_class_uid,
                    sop_instance_uid=request.sop_instance_uid,
                    transfer_syntax_uid=context.transfer_syntax_uid,
                    calling_ae_title=self._peer.calling_ae_title,
                    called_ae_title=self._peer.called_ae_title,
                    peer_address=self._peer.address,
                    received_at=datetime.now(UTC),
                ),
            )
        return True

    def write(self, views: Sequence[memoryview]) -> None:
        """Take fragments of the data set, as long as it is not too long."""
        for view in views:
            self._size += len(view)
        if self._refusal is None:
            if self._size <= self._maximum:
                self._delivery.write(views)
                return
            self._delivery.discard()
            self._refusal = StoreOutcome(
                status=StoreStatus.OUT_OF_RESOURCES,
                comment=f"instance is longer than {self._maximum} bytes",
            )
        # A peer may finish what it began, within reason, and then gets its status.
        if self._size > self._maximum + max(self._maximum, _DRAINED_AT_LEAST):
            raise ProtocolError("instance far beyond the limit")

    def finish(self) -> None:
        """Store and answer."""
        outcome = self._refusal or self._delivery.finish()
        if self._refusal or not self._delivery.answers_itself:
            self._answer(outcome)
        if outcome.status is StoreStatus.SUCCESS:
            self.stored += 1
        else:
            self.refused += 1
            self.last_refusal = f"{outcome.status:04X}: {outcome.comment}"
            logger.warning(
                "instance from %s at %s was answered with %04X: %s",
                self._peer.calling_ae_title,
                self._peer.address,
                outcome.status,
                outcome.comment,
            )

    def discard(self) -> None:
        """Forget an unfinished instance; the association is over."""
        self._delivery.discard()

    def _answer(self, outcome: StoreOutcome) -> None:
        self._send(
            pack_response(
                self._request,
                context_id=self._context_id,
                status=outcome.status,
                comment=outcome.comment,
                maximum_length=self._peer.maximum_length,
            )
        )


def _judge_echo(request: Request, context: Context) -> StoreOutcome:
    if request.sop_class_uid == VERIFICATION == context.sop_class_uid:
        return _SUCCESS
    return StoreOutcome(
        status=StoreStatus.SOP_CLASS_NOT_SUPPORTED, comment="C-ECHO on another SOP class"
    )


def _judge_store(request: Request, context: Context, peer: Peer) -> StoreOutcome | None:
    if not peer.may_store:
        return StoreOutcome(
            status=StoreStatus.NOT_AUTHORISED, comment="this AE title may not store here"
        )
    if not context.is_storage or request.sop_class_uid != context.sop_class_uid:
        return StoreOutcome(
            status=StoreStatus.SOP_CLASS_NOT_SUPPORTED,
            comment="SOP class is not that of the presentation context",
        )
    if not is_uid(request.sop_instance_uid):
        return StoreOutcome(
            status=StoreStatus.INVALID_INSTANCE, comment="SOP Instance UID missing or malformed"
        )
    if not request.has_data_set:
        return StoreOutcome(
            status=StoreStatus.CANNOT_UNDERSTAND, comment="C-STORE without a data set"
        )
    return None
