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

from photopeak.listener.commands import (
    C_ECHO_RQ,
    C_STORE_RQ,
    VERIFICATION,
    Request,
    pack_response,
    parse_request,
)
from photopeak.listener.delivery import Delivery
from photopeak.listener.errors import ProtocolError
from photopeak.model.identity import is_uid
from photopeak.model.reception import Entrance, Reception, StoreOutcome, StoreStatus

logger = logging.getLogger(__name__)

_DRAINED_AT_LEAST = 16 * 1024 * 1024
_SUCCESS = StoreOutcome(status=StoreStatus.SUCCESS)


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


class Messages:
    """The message sink of one association.

    Parameters
    ----------
    peer, contexts
        As negotiated; `contexts` by identifier.
    delivery
        What handles a C-STORE in order.
    send
        Sends bytes to the peer; may be exchanged between messages.
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
        self.send = send
        self._peer = peer
        self._contexts = contexts
        self._delivery = delivery
        self._maximum = maximum_instance_bytes
        self._request = Request(
            command_field=0, message_id=0, sop_class_uid="", sop_instance_uid="",
            has_data_set=False,
        )  # fmt: skip
        self._context_id = 0
        self._size = 0
        self._refusal: StoreOutcome | None = None

    @property
    def may_store(self) -> bool:
        """Whether there is a context for instances."""
        return any(context.is_storage for context in self._contexts.values())

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

    def waits(self, size: int) -> bool:
        """Tell whether to take so many bytes more may mean to wait for the disk."""
        return self._refusal is None and self._delivery.waits(size)

    def write(self, views: Sequence[memoryview]) -> None:
        """Take fragments of the data set, as long as it is not too long."""
        self._size += sum(map(len, views))
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
        if self._refusal is not None:
            self._conclude(self._refusal, answered=False)
        else:
            outcome = self._delivery.finish()
            self._conclude(outcome, answered=self._delivery.answers_itself)

    def finish_later(self, done: Callable[[StoreOutcome | None], None]) -> bool:
        """Store without waiting; False if only :meth:`finish` can.

        `done` is called, at once or later, with what is for :meth:`conclude`, or None if only
        :meth:`finish` can tell after all.
        """
        if self._refusal is not None:
            done(self._refusal)
            return True
        return self._delivery.finish_later(done)

    def conclude(self, outcome: StoreOutcome) -> None:
        """Answer a message that was finished later."""
        self._conclude(outcome, answered=False)

    def discard(self) -> None:
        """Forget an unfinished instance; the association is over."""
        self._delivery.discard()

    def _conclude(self, outcome: StoreOutcome, *, answered: bool) -> None:
        if not answered:
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

    def _answer(self, outcome: StoreOutcome) -> None:
        self.send(
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
