"""P-DATA-TF PDUs read in place (PS3.8 9.3.5, Annex E): fragments are views of one buffer.

The stream owns every limit that concerns bytes on their way: the length of PDUs and command sets,
and the time a message may take. It borrows its buffer from a pool only while there are bytes in
it, so that an idle association costs nothing, and the same memory is used again and again. It
waits for nothing: a thread that has one association, and the pump that has many, drive it alike.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from photopeak.listener.errors import ProtocolError
from photopeak.settings import ListenerSettings

BUFFER_BYTES = 262_144
"""A slice of a tomograph and its headers come with one call, if they are there."""

_POOLED_BUFFERS = 16
_PDU_HEADER = struct.Struct(">BxL")
_PDV_HEADER = struct.Struct(">LBB")
_HEADER_BYTES = 6
"""Length of both headers."""

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
        """Return a buffer, the one that was used last."""
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
        """Take a command set; tells whether a data set follows, otherwise it has been answered."""
        ...

    def waits(self, size: int) -> bool:
        """Tell whether to take so many bytes more may mean to wait for the disk."""
        ...

    def write(self, views: Sequence[memoryview]) -> None:
        """Take fragments of the data set; the views are void afterwards."""
        ...


class Step(Enum):
    """Why a stream has stopped."""

    MORE = auto()
    """What has been received is used up."""
    ANSWERED = auto()
    """The sink has answered a message without a data set."""
    COMPLETE = auto()
    """A data set is complete; the stream goes on after :meth:`MessageStream.finished`."""
    WAIT = auto()
    """The sink may have to wait before it takes more; only a patient stream goes on."""


@dataclass(frozen=True, slots=True)
class ControlPdu:
    """A PDU other than P-DATA-TF, whole."""

    data: bytes


class MessageStream:
    """Takes the bytes of an established association apart and feeds the sink with messages.

    It reads nothing itself: whoever drives it receives into :meth:`room`, says so by
    :meth:`received`, and calls :meth:`step` until that wants more.

    Parameters
    ----------
    sink, pool
        Where messages go to, where buffers are borrowed.
    settings
        Limits.
    contexts
        Identifiers of the accepted presentation contexts.
    patient
        False: the sink is never called where it may have to wait.
    """

    def __init__(
        self,
        sink: MessageSink,
        pool: BufferPool,
        *,
        settings: ListenerSettings,
        contexts: frozenset[int],
        patient: bool = True,
    ) -> None:
        self.patient = patient
        self.began_at = time.monotonic()
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
        self._received = 0
        self._pdu_left = 0
        self._value_left = 0
        self._context_id = 0
        self._in_command = False
        self._is_last = False
        self._command = bytearray()
        self._data_set_follows = False
        self._complete = False
        self._answered = False
        self._pending: list[memoryview] = []

    @property
    def idle(self) -> bool:
        """Whether no message is on its way and nothing is buffered."""
        return (
            self._start == self._end
            and not self._data_set_follows
            and not self._command
            and not self._pdu_left
            and not self._value_left
        )

    @property
    def deadline(self) -> float:
        """When the message has to be here, on the monotonic clock; bytes put it off."""
        return self.began_at + self._grace_s + self._received * self._seconds_per_byte

    def room(self) -> memoryview:
        """Return where the next bytes go; the first of a message start its clock."""
        if self._view is _NO_BUFFER:
            if self.idle:
                self._start_clock()
            self._view = self._pool.take()
            return self._view
        if self._start:
            left = self._end - self._start
            if left:
                self._view[:left] = bytes(self._view[self._start : self._end])
            self._start, self._end = 0, left
        return self._view[self._end :]

    def received(self, size: int) -> None:
        """Say how many bytes there are now behind those before."""
        self._received += size
        self._end += size

    def step(self) -> Step | ControlPdu:
        """Use what has been received, as far as it goes.

        Raises
        ------
        ProtocolError
            If the peer breaks the protocol.
        """
        if self._pending and not self._flush():
            return Step.WAIT
        while not self._complete:
            available = self._end - self._start
            if self._value_left:
                if not available:
                    break
                self._take(min(self._value_left, available))
            elif available < _HEADER_BYTES:
                break
            elif self._pdu_left:
                self._read_value_header()
            else:
                kind, length = _PDU_HEADER.unpack_from(self._view, self._start)
                if kind != _PDATA_TF:
                    control = self._read_control(kind, length, available)
                    if control is None:
                        break
                    return control
                self._begin_pdu(length)
            if self._answered:
                self._answered = False
                return Step.ANSWERED
        if self._pending and not self._flush():
            return Step.WAIT
        if self._start == self._end:
            self.release_buffer()
        return Step.COMPLETE if self._complete else Step.MORE

    def finished(self) -> None:
        """Say that the message which was complete has been answered."""
        self._complete = self._data_set_follows = False
        self._start_clock()

    def release_buffer(self) -> None:
        """Give the buffer back to the pool."""
        if self._view is not _NO_BUFFER:
            self._pending.clear()
            self._pool.give_back(self._view)
            self._view = _NO_BUFFER
            self._start = self._end = 0

    def _start_clock(self) -> None:
        self.began_at = time.monotonic()
        self._received = 0

    def _read_control(self, kind: int, length: int, available: int) -> ControlPdu | None:
        if not 0x01 <= kind <= 0x07:
            raise ProtocolError("unknown PDU", ProtocolError.UNRECOGNISED_PDU)
        if length > _MAXIMUM_CONTROL_BYTES:
            raise ProtocolError("PDU not expected here", ProtocolError.UNEXPECTED_PDU)
        if available < _HEADER_BYTES + length:
            return None
        begin, self._start = self._start, self._start + _HEADER_BYTES + length
        return ControlPdu(bytes(self._view[begin : self._start]))

    def _begin_pdu(self, length: int) -> None:
        if length > self._largest_pdu:
            raise ProtocolError(f"PDU of {length} bytes", ProtocolError.INVALID_PARAMETER)
        if length < _HEADER_BYTES:
            raise ProtocolError("P-DATA without a value", ProtocolError.INVALID_PARAMETER)
        self._start += _HEADER_BYTES
        self._pdu_left = length

    def _read_value_header(self) -> None:
        length, context_id, flags = _PDV_HEADER.unpack_from(self._view, self._start)
        self._start += _HEADER_BYTES
        left = self._pdu_left = self._pdu_left - length - 4
        size = length - 2
        if size < 0 or left < 0:
            raise ProtocolError(
                "presentation data value longer than its PDU", ProtocolError.INVALID_PARAMETER
            )
        if 0 < left < _HEADER_BYTES:
            raise ProtocolError("P-DATA ends inside a value", ProtocolError.INVALID_PARAMETER)
        if context_id not in self._contexts:
            raise ProtocolError(
                "message on a context that was not accepted", ProtocolError.INVALID_PARAMETER
            )
        if flags & _COMMAND:
            self._check_command(context_id, size)
        elif not self._data_set_follows or context_id != self._context_id:
            raise ProtocolError("data set without its command set")
        self._context_id = context_id
        self._in_command = bool(flags & _COMMAND)
        self._is_last = bool(flags & _LAST)
        self._value_left = size
        if not size:
            self._end_value()

    def _check_command(self, context_id: int, size: int) -> None:
        if self._data_set_follows or (self._command and context_id != self._context_id):
            raise ProtocolError("command set inside another message")
        if len(self._command) + size > self._largest_command:
            raise ProtocolError("command set too long")
        if not size:
            raise ProtocolError("empty fragment of a command set")

    def _take(self, size: int) -> None:
        piece = self._view[self._start : self._start + size]
        self._start += size
        self._value_left -= size
        if self._in_command:
            self._command += piece
        else:
            self._pending.append(piece)
        if not self._value_left:
            self._end_value()

    def _end_value(self) -> None:
        if not self._is_last:
            return
        if not self._in_command:
            self._complete = True
            return
        command = bytes(self._command)
        self._command.clear()
        self._data_set_follows = self._sink.begin(self._context_id, command)
        if not self._data_set_follows:
            self._answered = True
            self._start_clock()

    def _flush(self) -> bool:
        """Hand fragments on; False if the sink may have to wait then, and nobody may wait here."""
        if not self.patient and self._sink.waits(sum(map(len, self._pending))):
            return False
        self._sink.write(self._pending)
        self._pending.clear()
        return True
