"""The message path of pynetdicom, behind the same checks: the fallback for the direct one.

It builds data sets in memory and runs the service class of the library, several times slower;
nothing else differs for a peer. Guards of time, length and context stand before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset
from pynetdicom import evt, register_uid
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import P_DATA, SOPClassCommonExtendedNegotiation
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.sop_class import uid_to_service_class

from photopeak.listener.commands import plain_comment
from photopeak.listener.delivery import outcome_of
from photopeak.listener.errors import ProtocolError
from photopeak.listener.offer import NOT_LISTED_BY_THE_LIBRARY
from photopeak.listener.store import Store
from photopeak.listener.stream import BUFFER_BYTES
from photopeak.model.reception import Reception, StoreOutcome, StoreStatus

if TYPE_CHECKING:
    from pynetdicom.association import Association
    from pynetdicom.events import Event

_LAST_COMMAND = b"\x03"
_DATA = b"\x00"
_LAST_DATA = b"\x02"


def register_storage_classes(extra: Sequence[str]) -> None:
    """Tell pynetdicom of storage classes that it does not know as such."""
    for uid in (*NOT_LISTED_BY_THE_LIBRARY, *extra):
        if uid_to_service_class(uid) is not StorageServiceClass:
            register_uid(uid, "Storage_" + uid.replace(".", "_"), StorageServiceClass)


class LibraryDelivery:
    """Hands messages to the DIMSE provider of pynetdicom and lets its service class answer."""

    answers_itself = True

    def __init__(self, association: Association, store: Store) -> None:
        self._association = association
        self._store = store
        self._reception: Reception | None = None
        self._handled: StoreOutcome | None = None
        self._context_id = 0
        association.bind(evt.EVT_C_STORE, self._on_store)

    def begin(self, context_id: int, command: bytes, reception: Reception) -> None:
        """Take the command set."""
        self._reception = reception
        self._context_id = context_id
        self._receive(_LAST_COMMAND + command)

    def waits(self, size: int) -> bool:  # noqa: ARG002
        """Tell that it always may: the service class stores while the thread waits."""
        return True

    def finish_later(self, done: Callable[[StoreOutcome | None], None]) -> bool:  # noqa: ARG002
        """Tell that it cannot be."""
        return False

    def write(self, views: Sequence[memoryview]) -> None:
        """Take fragments of the data set."""
        for view in views:
            self._receive(_DATA + bytes(view))

    def finish(self) -> StoreOutcome:
        """Have the service class store and answer."""
        self._handled = None
        self._receive(_LAST_DATA)
        context_id, message = self._association.dimse.get_msg(block=False)
        if not isinstance(message, C_STORE) or context_id is None:
            raise ProtocolError("pynetdicom did not understand the request")
        self._association._serve_request(message, context_id)  # noqa: SLF001 - no public way
        outcome: StoreOutcome | None = self._handled
        if outcome is None:
            raise ProtocolError("pynetdicom did not handle the request")
        return outcome

    def discard(self) -> None:
        """Forget a message that is not complete."""
        self._association.dimse.message = None
        self._reception = None

    def _receive(self, value: bytes) -> None:
        primitive = P_DATA()
        values: list[Any] = [[self._context_id, value]]  # a tuple, as annotated, would be refused
        primitive.presentation_data_value_list = values
        self._association.dimse.receive_primitive(primitive)

    def _on_store(self, event: Event) -> Dataset:
        # An exception here would become C211, "cannot understand", whatever its cause.
        try:
            outcome = self._store_data_set(event)
        except Exception as error:  # noqa: BLE001 - the edge of the station: becomes a status
            outcome = outcome_of(error)
        self._handled = outcome
        answer = Dataset()
        answer.Status = int(outcome.status)
        if outcome.status is not StoreStatus.SUCCESS:
            answer.ErrorComment = plain_comment(outcome.comment)
        return answer

    def _store_data_set(self, event: Event) -> StoreOutcome:
        reception, self._reception = self._reception, None
        if reception is None:
            raise RuntimeError("C-STORE without a reception")
        request = event.request
        if not isinstance(request, C_STORE) or not isinstance(request.DataSet, BytesIO):
            raise TypeError("C-STORE without a data set")
        data_set = request.DataSet.getbuffer()
        incoming = self._store.begin(reception)
        for start in range(0, len(data_set), BUFFER_BYTES):
            incoming.writev([data_set[start : start + BUFFER_BYTES]])
        return incoming.commit()


def accept_related_classes(
    event: Event,
) -> dict[str, SOPClassCommonExtendedNegotiation]:
    """Accept what a requestor says of the service class of its private classes."""
    items: dict[str, SOPClassCommonExtendedNegotiation] = getattr(event, "items")  # noqa: B009
    return dict(items)
