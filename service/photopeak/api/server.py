"""The HTTP server: uvicorn with deadlines for what a client sends and bounds on connections.

Without them a few silent sockets hold the service for ever: the server underneath has no timeout
for a request that is still being sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import socket
import threading
from asyncio import TimerHandle
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import uvicorn
from anyio import to_thread
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from photopeak.api.problems import MEDIA_TYPE
from photopeak.settings import WebSettings

logger = logging.getLogger(__name__)

MAXIMUM_HEADER_BYTES = 32_768
MAXIMUM_HEADERS = 100
MINIMUM_BODY_BYTES_PER_S = 20_000.0
"""A body that comes slower than this on average runs into its deadline."""

BODY_GRACE = 0.8
"""Part of the body's deadline after which it must have come at that rate."""

WRITE_TIMEOUT_S = 30.0
LINGER_S = 1.0
KEEP_ALIVE_S = 5
AT_A_TIME = 12
"""Requests that are answered at a time, in threads; the others wait for their turn.

They share one interpreter: forty at a time, as the library has it, make each slower without an end to
it and hold twice the memory (``tests/benchmarks/many_results.py``). Some more than processors, for
who waits for the database.
"""
_BACKLOG = 512
_STOP_CHECK_S = 0.1
_COMPLAINT_PAUSE_S = 60.0
_NO_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class _Limits:
    """Deadlines and counters that all connections of one server share."""

    def __init__(self, settings: WebSettings) -> None:
        self.settings = settings
        self.waiting: dict[GuardedProtocol, None] = {}
        self.per_address: Counter[str] = Counter()
        self.maximum_per_address = max(8, settings.maximum_connections // 2)


class GuardedProtocol(HttpToolsProtocol):
    """One connection with deadlines: for the header, for the body, for reading our answer."""

    limits: ClassVar[_Limits]

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._timer: TimerHandle | None = None
        self._write_timer: TimerHandle | None = None
        self._in_header = True
        self._body_open = False
        self._counted = False
        self._header_bytes = 0
        self._body_bytes = 0
        self._begun = self.loop.time()
        self.address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, make room if there are too many, and start its first deadline."""
        super().connection_made(transport)
        limits = self.limits
        self.address = self.client[0] if self.client else ""
        limits.per_address[self.address] += 1
        self._counted = True
        if len(self.connections) > limits.settings.maximum_connections or (
            limits.per_address[self.address] > limits.maximum_per_address
        ):
            self._make_room()
        limits.waiting[self] = None
        self._arm(limits.settings.header_timeout_s, 408)

    def _make_room(self) -> None:
        """End the connection that has waited longest without a request, or else this one."""
        crowded = self.limits.per_address[self.address] > self.limits.maximum_per_address
        for other in self.limits.waiting:
            if not crowded or other.address == self.address:
                other.transport.abort()
                other.leave()
                return
        self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._disarm()
        self.leave()
        super().connection_lost(exc)

    def leave(self) -> None:
        """Take the connection out of the counts; a second time changes nothing."""
        self.connections.discard(self)
        self.limits.waiting.pop(self, None)
        if self._counted:
            self._counted = False
            self.limits.per_address[self.address] -= 1
            if self.limits.per_address[self.address] <= 0:
                del self.limits.per_address[self.address]

    def data_received(self, data: bytes) -> None:
        """Parse what came; a header that begins has a deadline and a size."""
        if self.transport.is_closing():
            return
        if self._timer is None and self._in_header:
            self._arm(self.limits.settings.header_timeout_s, 408)
        if self._in_header:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._in_header and self._header_bytes > 2 * MAXIMUM_HEADER_BYTES:
            self._refuse(431)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_header = True
        self._header_bytes = 0
        self._begun = self.loop.time()

    def on_headers_complete(self) -> None:
        """Check the size of the header and start the deadline of the body."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > MAXIMUM_HEADER_BYTES or len(self.headers) > MAXIMUM_HEADERS:
            self._refuse(431)
        if self.transport.is_closing():
            return
        self._in_header = False
        self._header_bytes = 0
        self._body_bytes = 0
        self._body_open = True
        self.limits.waiting.pop(self, None)
        self._arm(self._body_time_left(), 408)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count the body: its deadline moves with what has come."""
        if self.transport.is_closing():
            return
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request."""
        self._body_open = False
        self._disarm()
        if self.transport.is_closing():
            return
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, or leave when this one was answered before it was read."""
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self._body_open:
            # Answered before the body was read: leave time to fetch the answer, then go.
            self._disarm()
            self._timer = self.loop.call_later(LINGER_S, self.transport.abort)
        elif not self.pipeline:
            self._in_header = True
            self.limits.waiting[self] = None

    def pause_writing(self) -> None:
        """Give a client that does not read its answer a deadline."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(WRITE_TIMEOUT_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Lift the deadline: the client reads again."""
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        super().resume_writing()

    def _arm(self, seconds: float, status: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._expired, status)

    def _body_time_left(self) -> float:
        """Return the seconds until the body has to be complete, at the least rate."""
        grace = BODY_GRACE * self.limits.settings.body_timeout_s
        end = self._begun + grace + self._body_bytes / MINIMUM_BODY_BYTES_PER_S
        return max(0.0, end - self.loop.time())

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expired(self, status: int) -> None:
        self._timer = None
        if self._body_open:
            left = self._body_time_left()
            if left > 0.0:
                self._arm(left, status)
                return
            self._body_open = False
        self._refuse(status)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the words are our own
        """Answer what is no HTTP."""
        self._refuse(400)

    def _refuse(self, status: int) -> None:
        """Answer with a bare problem if nothing was sent yet, and close."""
        if self.transport.is_closing():
            return
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            title = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}.get(status, "Service Unavailable")  # fmt: skip
            words = title.lower().replace(" ", "-")
            document = {"type": f"urn:photopeak:problem:{words}", "title": title, "status": status}
            body = json.dumps(document).encode()
            head = (
                f"HTTP/1.1 {status} {title}\r\ncontent-type: {MEDIA_TYPE}\r\n"
                f"content-length: {len(body)}\r\ncache-control: no-store\r\n"
                "x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode("ascii") + body)
        self.transport.close()
        self._linger_then_abort()

    def _linger_then_abort(self) -> None:
        """Make sure that a client which does not read cannot keep the socket."""
        self._disarm()
        self._timer = self.loop.call_later(LINGER_S, self.transport.abort)


class _Complaints:
    """Logs what the event loop complains of.

    While there are no descriptors it tries to accept hundreds of times a second, and complains of
    each: that is told once a minute.
    """

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take a complaint."""
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _NO_RESOURCES:
            loop.default_exception_handler(context)
        elif loop.time() >= self._quiet_until:
            self._quiet_until = loop.time() + _COMPLAINT_PAUSE_S
            logger.error("connections have to wait: %s", error.strerror)


class _Server(uvicorn.Server):
    """Leaves signals to whoever started the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(settings: WebSettings) -> socket.socket:
    """Return a listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named by its protocol, for only such sockets send the end of a short answer at once (TCP_NODELAY).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def run(
    app: ASGIApp,
    settings: WebSettings,
    ready: Callable[[int], None],
    stop: threading.Event,
) -> None:
    """Serve until `stop` is set, in this thread.

    Parameters
    ----------
    app
        What answers.
    settings
        Address, deadlines and bounds.
    ready
        Called once with the bound port, when connections are accepted.
    stop
        Ends the server; requests under way have a few seconds to finish.

    Raises
    ------
    OSError
        If the address cannot be bound.
    """
    listening = bind(settings)
    protocol = type("_Protocol", (GuardedProtocol,), {"limits": _Limits(settings)})
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=5,
        backlog=_BACKLOG,
    )
    asyncio.run(_serve(_Server(config), listening, ready, stop))


async def _serve(
    server: uvicorn.Server,
    listening: socket.socket,
    ready: Callable[[int], None],
    stop: threading.Event,
) -> None:
    asyncio.get_running_loop().set_exception_handler(_Complaints())
    to_thread.current_default_thread_limiter().total_tokens = AT_A_TIME
    port = int(listening.getsockname()[1])
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    announced = False
    try:
        while not serving.done() and not stop.is_set():
            if server.started and not announced:
                announced = True
                ready(port)
            await asyncio.wait({serving}, timeout=_STOP_CHECK_S if announced else 0.005)
    finally:
        server.should_exit = True
        await serving
        listening.close()
