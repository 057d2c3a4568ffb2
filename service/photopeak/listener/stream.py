"""P-DATA-TF PDUs read in place (PS3.8 9.3.5, Annex E): fragments are views of one buffer.

The stream owns every limit that concerns bytes on their way: the length of PDUs and command sets,
and the time a message may take. It borrows its 64 KiB buffer from a pool only while a message is
on its way, so that an idle association costs nothing.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from photopeak.listener.errors import ProtocolError, TooSlowError
from photopeak.listener.wire import Wire
from photopeak.settings import ListenerSettings

BUFFER_BYTES = 65_536
"""Also the largest piece that is ever written to a file at once; larger ones are slower."""

_POOLED_BUFFERS = 64
_PDU_HEADER = struct.Struct(">BxL")
_PDV_HEADER = struct.Struct(">LBB")
_PDATA_TF = 0x04
_MAXIMUM_CONTROL_BYTES = 1024
_COMMAND = 0x01
_LAST = 0x02
_NO_BUFFER = memoryview(b"")


class BufferPool:
    """Receive buffers that are shared by the associations of a process."""

    def __init__(self) -> None:
        self._free: deque[memoryview] = deque(maxlen=_POOLED_BUFFERS)

    def take(self) -> memoryview:
        """Return a buffer of 64 KiB."""
        try:
            return self._free.pop()
        except IndexError:
            return memoryview(bytearray(BUFFER_BYTES))

    def give_back(self, buffer: memoryview) -> None:
        """Return a buffer for use by others."""
        self._free.append(buffer)


class MessageSink(Protocol):
    """What becomes of the messages of an association."""

    def begin(self, context_id: int, command: bytes) -> bool:
        """Take a command set; tells whether a data set follows."""
        ...

    def write(self, views: Sequence[memoryview]) -> None:
        """Take fragments of the data set; the views are void afterwards."""
        ...

    def finish(self) -> None:
        """Answer: the data set is complete."""
        ...


@dataclass(frozen=True, slots=True)
class ControlPdu:
    """A PDU other than P-DATA-TF, whole."""

    data: bytes


class MessageStream:
    """Reads PDUs of an established association and feeds the sink with messages.

    Parameters
    ----------
    wire, sink, pool
        Where bytes come from, where messages go to, where buffers are borrowed.
    settings
        Limits.
    contexts
        Identifiers of the accepted presentation contexts.
    """

    def __init__(
        self,
        wire: Wire,
        sink: MessageSink,
        pool: BufferPool,
        *,
        settings: ListenerSettings,
        contexts: frozenset[int],
    ) -> None:
        self._wire = wire
        self._sink = sink
        self._pool = pool
        self._contexts = contexts
        self._largest_pdu = settings.largest_pdu_bytes
        self._largest_command = settings.maximum_command_bytes
        self._grace_s = settings.message_grace_s
        self._seconds_per_byte = 1.0 / settings.minimum_bytes_per_s
        self._view = _NO_BUFFER
        self._start = 0
        self._end = 0
        self._began_at = 0.0
        self._received = 0
        self._command = bytearray()
        self._context_id = 0
        self._data_set_follows = False
        self._pending: list[memoryview] = []

    @property
    def idle(self) -> bool:
        """Whether no message is on its way and nothing is buffered."""
        return not self._command and not self._data_set_follows and self._start == self._end

    def begin(self) -> bool:
        """Read the first bytes of a message; tells whether they have come at once.

        Raises
        ------
        ConnectionEndedError
            If the peer leaves.
        """
        self._view = self._pool.take()
        self._start_clock()
        self._end = self._received = self._wire.receive_now(self._view)
        if not self._end:
            self.release_buffer()
        return self._end > 0

    def read_pdu(self) -> ControlPdu | None:
        """Read one PDU, after `begin`; messages in it have been answered on return.

        Raises
        ------
        ConnectionEndedError
            If the peer leaves, is too slow, or breaks the protocol.
        """
        self._need(_PDU_HEADER.size)
        kind, length = _PDU_HEADER.unpack_from(self._view, self._start)
        self._start += _PDU_HEADER.size
        control = None
        if kind == _PDATA_TF:
            if length > self._largest_pdu:
                raise ProtocolError(f"PDU of {length} bytes", ProtocolError.INVALID_PARAMETER)
            self._read_values(length)
        else:
            control = self._read_control(kind, length)
        if self.idle:
            self.release_buffer()
        return control

    def release_buffer(self) -> None:
        """Give the buffer back to the pool."""
        if self._view is not _NO_BUFFER:
            self._pending.clear()
            self._pool.give_back(self._view)
            self._view = _NO_BUFFER
            self._start = self._end = 0

    def _start_clock(self) -> None:
        self._began_at = time.monotonic()
        self._received = 0

    def _read_control(self, kind: int, length: int) -> ControlPdu:
        if not 0x01 <= kind <= 0x07:
            raise ProtocolError("unknown PDU", ProtocolError.UNRECOGNISED_PDU)
        if length > _MAXIMUM_CONTROL_BYTES:
            raise ProtocolError("PDU not expected here", ProtocolError.UNEXPECTED_PDU)
        self._need(length)
        body = bytes(self._view[self._start : self._start + length])
        self._start += length
        return ControlPdu(struct.pack(">BxL", kind, length) + body)

    def _read_values(self, remaining: int) -> None:
        if remaining < _PDV_HEADER.size:
            raise ProtocolError("P-DATA without a value", ProtocolError.INVALID_PARAMETER)
        while remaining:
            if remaining < _PDV_HEADER.size:
                raise ProtocolError("P-DATA ends inside a value", ProtocolError.INVALID_PARAMETER)
            self._need(_PDV_HEADER.size)
            length, context_id, flags = _PDV_HEADER.unpack_from(self._view, self._start)
            self._start += _PDV_HEADER.size
            remaining -= length + 4
            size = length - 2
            if size < 0 or remaining < 0:
                raise ProtocolError(
                    "presentation data value longer than its PDU", ProtocolError.INVALID_PARAMETER
                )
            if context_id not in self._contexts:
                raise ProtocolError(
                    "message on a context that was not accepted", ProtocolError.INVALID_PARAMETER
                )
            if flags & _COMMAND:
                self._read_command(context_id, size, last=bool(flags & _LAST))
            else:
                self._read_data(context_id, size, last=bool(flags & _LAST))

    def _read_command(self, context_id: int, size: int, *, last: bool) -> None:
        if self._data_set_follows or (self._command and context_id != self._context_id):
            raise ProtocolError("command set inside another message")
        if len(self._command) + size > self._largest_command:
            raise ProtocolError("command set too long")
        if not size:
            raise ProtocolError("empty fragment of a command set")
        self._context_id = context_id
        while size:
            if self._start == self._end:
                self._fill()
            taken = min(size, self._end - self._start)
            self._command += self._view[self._start : self._start + taken]
            self._start += taken
            size -= taken
        if last:
            command = bytes(self._command)
            self._command.clear()
            self._data_set_follows = self._sink.begin(context_id, command)
            if not self._data_set_follows:
                self._start_clock()

    def _read_data(self, context_id: int, size: int, *, last: bool) -> None:
        if not self._data_set_follows or context_id != self._context_id:
            raise ProtocolError("data set without its command set")
        while size:
            if self._start == self._end:
                self._fill()
            taken = min(size, self._end - self._start)
            self._pending.append(self._view[self._start : self._start + taken])
            self._start += taken
            size -= taken
        if last:
            self._flush()
            self._data_set_follows = False
            self._sink.finish()
            self._start_clock()

    def _need(self, size: int) -> None:
        """Have `size` bytes in one piece at the start; far fewer than the buffer holds."""
        while self._end - self._start < size:
            self._fill()

    def _fill(self) -> None:
        self._flush()
        left = self._end - self._start
        if self._start:
            if left:
                self._view[:left] = bytes(self._view[self._start : self._end])
            self._start, self._end = 0, left
        received = self._wire.receive_into(self._view[left:], deadline=self._deadline())
        self._received += received
        self._end = left + received
        if time.monotonic() > self._deadline():
            # Bytes that keep arriving are no excuse: trickles end here.
            raise TooSlowError("the message arrived below the minimum rate")

    def _deadline(self) -> float:
        return self._began_at + self._grace_s + self._received * self._seconds_per_byte

    def _flush(self) -> None:
        if self._pending:
            self._sink.write(self._pending)
            self._pending.clear()
