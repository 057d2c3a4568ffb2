"""pynetdicom's upper layer without its threads: what it sends goes over our wire, at once."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.transport import AssociationSocket

from photopeak.listener.errors import ConnectionEndedError, ProtocolError
from photopeak.listener.wire import Wire

if TYPE_CHECKING:
    from pynetdicom.pdu_primitives import _PDUPrimitiveType


class WireSocket(AssociationSocket):
    """What pynetdicom takes for its socket: sending goes over the wire, reading never happens."""

    def __init__(self, association: Association, wire: Wire) -> None:
        super().__init__(association, client_socket=wire.socket)
        self._wire = wire

    def send(self, bytestream: bytes) -> None:
        """Send; an error is the event "transport connection closed"."""
        try:
            self._wire.send(bytes(bytestream))
        except ConnectionEndedError:
            self.event_queue.put("Evt17")

    def close(self) -> None:
        """Leave the closing to the thread that owns the wire."""
        self._is_connected = False


class Provider(DULServiceProvider):
    """The upper layer without its thread: each primitive and each PDU is acted on at once."""

    def send_pdu(self, primitive: _PDUPrimitiveType) -> None:
        """Send a primitive now."""
        super().send_pdu(primitive)
        self.act()

    def take_pdu(self, data: bytes) -> None:
        """Act on a PDU of the peer.

        Raises
        ------
        ProtocolError
            If it cannot be decoded.
        """
        try:
            pdu, event = self._decode_pdu(bytearray(data))
            self._recv_pdu.put(pdu)
            self.event_queue.put(event)
            self.act()
        except ConnectionEndedError:
            raise
        except Exception as error:
            # The library reports a malformed PDU by whatever exception it runs into, some of it only
            # when the state machine looks at the values.
            raise ProtocolError("malformed PDU", ProtocolError.INVALID_PARAMETER) from error

    def act(self) -> None:
        """Let the state machine do everything that can be done without the peer."""
        while self.state_machine.current_state != "Sta1" or not self._kill_thread:
            self._process_recv_primitive()
            try:
                event = self.event_queue.get_nowait()
            except queue.Empty:
                return
            self.state_machine.do_action(event)
