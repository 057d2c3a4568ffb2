"""One thread for many associations: it reads what has come, and waits for nothing else.

A thread for each association has the threads of a process queue for the interpreter, several times
for each instance. Here one thread asks the kernel who has said something, takes that apart, hands
all complete instances to the inbox together, and answers when they are durable. Whatever is not the
usual course of a transfer goes back to a thread of its own: the end of an association, a peer that
does not read or breaks the protocol, an instance that has to go to a file. So nobody here waits for
anybody else.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from photopeak.listener.errors import ConnectionEndedError, PeerGoneError, ProtocolError
from photopeak.listener.messages import Messages
from photopeak.listener.store import Quick
from photopeak.listener.stream import ControlPdu, MessageStream, Step
from photopeak.listener.wire import Wire
from photopeak.model.reception import StoreOutcome

logger = logging.getLogger(__name__)

_STALL_S = 0.004
"""A sender that keeps us waiting for so long in the middle of a message may be waiting for us."""

_MOST_AT_ONCE = 16
"""Messages of one association in a turn: somebody who sends many in one piece delays nobody."""
_NEVER = float("inf")
_LONGEST_S = 60.0

Said = ControlPdu | Exception | None
"""What ends an association; None if it is still to be found out."""


class Lane:
    """An association in the pump.

    Parameters
    ----------
    wire, stream, messages
        As the thread used them that has established it.
    idle_s
        How long it may be silent between messages.
    resume
        Called when it has to go on in a thread, with what is still to be sent and what ends it.
    """

    __slots__ = (
        "_resume", "deaf", "done", "error", "idle_s", "messages", "number", "read_at", "stream", "unsent",
        "waiting", "wire",
    )  # fmt: skip

    def __init__(
        self,
        wire: Wire,
        stream: MessageStream,
        messages: Messages,
        *,
        idle_s: float,
        resume: Callable[[bytes, Said], None],
    ) -> None:
        self.wire = wire
        self.stream = stream
        self.messages = messages
        self.idle_s = idle_s
        self._resume = resume
        self.number = wire.socket.fileno()
        self.read_at = 0.0
        self.waiting = False
        self.deaf = False
        self.unsent = b""
        self.error: Exception | None = None
        self.done: Callable[[StoreOutcome | None], None] = _nobody

    def send(self, data: bytes) -> None:
        """Send what goes without waiting, and keep the rest."""
        try:
            sent = 0 if self.unsent or self.error else self.wire.send_at_once(data)
        except PeerGoneError as error:
            self.error = error
            return
        if sent < len(data):
            self.unsent += data[sent:]

    def resume(self, said: Said) -> None:
        """Go on in a thread."""
        self.messages.send = self.wire.send
        self._resume(self.unsent, said or self.error)

    @property
    def deadline(self) -> float:
        """When the peer has to have said something, on the monotonic clock."""
        if self.waiting:
            return _NEVER
        if self.stream.idle:
            return self.stream.began_at + self.idle_s
        return self.stream.deadline


class Pump:
    """Serves lanes in one thread.

    Parameters
    ----------
    quick
        The way into the inbox.
    ending
        Readable as soon as the service is about to end.
    """

    def __init__(self, quick: Quick, *, ending: int) -> None:
        self._quick = quick
        self._ending = ending
        self._poll = select.epoll()
        self._lanes: dict[int, Lane] = {}
        self._new: deque[Lane] = deque()
        self._again: list[Lane] = []
        self._gaps: set[Lane] = set()
        self._stall_at = _NEVER
        self._look_at = _NEVER
        self._ends = False
        self._over = False
        self._signal = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        for descriptor in (quick.fileno(), ending, self._signal):
            self._poll.register(descriptor, select.EPOLLIN)

    def take(self, lane: Lane) -> bool:
        """Serve an established association from now on; False if that cannot be."""
        self._new.append(lane)
        if self._over:
            try:
                self._new.remove(lane)
            except ValueError:
                return True  # it was handed over already
            return False
        os.eventfd_write(self._signal, 1)
        return True

    def run(self) -> None:
        """Serve until the service has ended and all lanes are gone."""
        try:
            while not self._ends or self._lanes or self._new:
                self._turn()
        except Exception:
            logger.exception("the pump has failed; each association goes on in a thread")
        finally:
            self._over = True
            left = list(self._lanes.values())
            with contextlib.suppress(IndexError):
                while True:  # `take` tells by what it finds here who has a lane
                    left.append(self._new.popleft())
            for lane in left:
                # What was on its way to the disk may be there: its sender has to ask again.
                self._hand_over(lane, ProtocolError("no answer") if lane.waiting else None)

    def close(self) -> None:
        """Let go of descriptors; nobody uses the pump any more."""
        self._poll.close()
        os.close(self._signal)

    def _turn(self) -> None:
        until = min(self._look_at, self._stall_at) - time.monotonic()
        events = self._poll.poll(0.0 if self._again else max(0.0, min(until, _LONGEST_S)))
        now = time.monotonic()
        again, self._again = self._again, []
        for lane in again:
            if not lane.waiting and self._lanes.get(lane.number) is lane:
                self._go_on(lane)
        for number, _ in events:
            found = self._lanes.get(number)
            if found is not None:
                self._read(found, now)
            elif number == self._signal:
                self._welcome()
            elif number == self._ending:
                self._end()
            else:
                self._quick.collect()
        self._quick.flush()
        if now >= self._stall_at:
            self._look_for_stalls(now)
        if now >= self._look_at:
            self._look_for_late(now)
        if events and len(self._lanes) == 1:
            self._stay()

    def _stay(self) -> None:
        """Wait for the only lane in its own socket, for a moment: that is one call, not two."""
        (lane,) = self._lanes.values()
        for _ in range(_MOST_AT_ONCE):
            if lane.waiting or self._new or self._again or not self._read(lane, 0.0, waits=True):
                return
            self._quick.flush()
            if self._lanes.get(lane.number) is not lane:
                return

    def _welcome(self) -> None:
        os.eventfd_read(self._signal)
        while self._new:
            lane = self._new.popleft()
            self._lanes[lane.number] = lane
            lane.done = partial(self._finished, lane)
            lane.messages.send = lane.send
            self._poll.register(lane.number, select.EPOLLIN)
            self._rest(lane)

    def _end(self) -> None:
        """Have every association end that has no message on its way, now and later."""
        self._ends = True
        self._poll.unregister(self._ending)
        for lane in list(self._lanes.values()):
            if not lane.waiting:
                self._rest(lane)

    def _read(self, lane: Lane, now: float, *, waits: bool = False) -> bool:
        """Read what has come for a lane, or comes within a tick; False if that is nothing."""
        if lane.waiting:  # nobody listens to it before its answer
            lane.deaf = True
            self._poll.unregister(lane.number)
            return True
        stream = lane.stream
        try:
            receive = lane.wire.receive_now if waits else lane.wire.receive_at_once
            received = receive(stream.room())
        except ConnectionEndedError as error:
            self._hand_over(lane, error)
            return True
        if not received:
            if stream.idle:
                stream.release_buffer()
            return False
        stream.received(received)
        lane.read_at = now or time.monotonic()
        self._go_on(lane)
        return True

    def _go_on(self, lane: Lane) -> None:
        """Use what a lane has received."""
        try:
            self._step(lane)
        except Exception as error:  # noqa: BLE001 - handled, or logged, in a thread of its own
            self._hand_over(lane, error)

    def _step(self, lane: Lane) -> None:
        for _ in range(_MOST_AT_ONCE):
            step = lane.stream.step()
            if step is Step.COMPLETE:
                lane.waiting = True
                if not lane.messages.finish_later(lane.done):
                    lane.done(None)
                if lane.waiting or lane.number not in self._lanes:
                    return
            elif step is Step.MORE:
                self._rest(lane)
                return
            elif step is Step.WAIT:
                self._hand_over(lane)
                return
            elif isinstance(step, ControlPdu):
                self._hand_over(lane, step)
                return
            if lane.unsent or lane.error:
                self._hand_over(lane)
                return
        self._again.append(lane)

    def _finished(self, lane: Lane, outcome: StoreOutcome | None) -> None:
        """Answer a message and go on; without an outcome only a thread can finish it."""
        lane.waiting = False
        if lane.deaf:
            lane.deaf = False
            self._poll.register(lane.number, select.EPOLLIN)
        if outcome is None:
            self._hand_over(lane)
            return
        lane.messages.conclude(outcome)
        lane.stream.finished()
        if lane.stream.idle:
            lane.stream.release_buffer()
            self._rest(lane)
        else:
            self._again.append(lane)

    def _rest(self, lane: Lane) -> None:
        """Wait for what the peer says next."""
        if lane.unsent or lane.error or (self._ends and lane.stream.idle):
            self._hand_over(lane)
            return
        self._look_at = min(self._look_at, lane.deadline)
        if lane.stream.idle:
            self._gaps.discard(lane)
        else:
            lane.wire.note_gap()
            self._gaps.add(lane)
            self._stall_at = min(self._stall_at, lane.read_at + _STALL_S)

    def _look_for_stalls(self, now: float) -> None:
        self._stall_at = _NEVER
        for lane in list(self._gaps):
            if lane.waiting:
                self._gaps.discard(lane)
            elif now < lane.read_at + _STALL_S:
                self._stall_at = min(self._stall_at, lane.read_at + _STALL_S)
            elif not self._read(lane, now):
                lane.wire.note_stall()
                self._gaps.discard(lane)

    def _look_for_late(self, now: float) -> None:
        self._look_at = _NEVER
        for lane in list(self._lanes.values()):
            if lane.deadline <= now:
                self._hand_over(lane)
            else:
                self._look_at = min(self._look_at, lane.deadline)

    def _hand_over(self, lane: Lane, said: Said = None) -> None:
        """Have a thread go on with a lane."""
        self._gaps.discard(lane)
        if self._lanes.pop(lane.number, None) is not None and not lane.deaf:
            self._poll.unregister(lane.number)
        lane.resume(said)


def _nobody(_: StoreOutcome | None) -> None:
    """Take the outcome of a message of a lane that is in no pump."""
