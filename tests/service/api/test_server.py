"""The server: deadlines for what a client sends, bounds on connections, a short start."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from photopeak.api import server
from photopeak.settings import WebSettings
from support.ports import eventually

DEADLINE_S = 20.0
SOON_S = 8.0
"""More than a busy machine needs, less than the limits that the server has by default."""
_GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer /healthz at once, /echo after the body, /large with a lot, /early without the body."""
    request = Request(scope, receive)
    answer: Response = PlainTextResponse("ok")
    if scope["path"] == "/echo":
        answer = PlainTextResponse(str(len(await request.body())))
    elif scope["path"] == "/large":
        answer = PlainTextResponse("x" * 30_000_000)
    elif scope["path"] == "/threads":
        answer = PlainTextResponse(f"{to_thread.current_default_thread_limiter().total_tokens:g}")
    elif scope["path"] == "/early":
        answer = PlainTextResponse("no", 413)
    await answer(scope, receive, send)


@contextmanager
def serving(**changes: Any) -> Iterator[int]:
    """Run the server in a thread; return its port."""
    values: dict[str, Any] = {
        "port": 0, "header_timeout_s": 0.4, "body_timeout_s": 0.6, "maximum_connections": 64,
    }  # fmt: skip
    settings = WebSettings(**{**values, **changes})
    ports: list[int] = []
    is_ready, stop = threading.Event(), threading.Event()

    def ready(port: int) -> None:
        ports.append(port)
        is_ready.set()

    thread = threading.Thread(target=server.run, args=(application, settings, ready, stop))
    thread.start()
    try:
        assert is_ready.wait(DEADLINE_S)
        yield ports[0]
    finally:
        stop.set()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


def connect(port: int) -> socket.socket:
    """Open a connection whose reads have a deadline."""
    return socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def healthy(port: int) -> bool:
    """Tell whether a new client is answered."""
    with connect(port) as connection:
        connection.sendall(_GET)
        return connection.recv(65_536).startswith(b"HTTP/1.1 200")


def test_a_request_is_answered_without_the_name_of_the_server() -> None:
    with serving() as port, connect(port) as connection:
        connection.sendall(_GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"server:" not in answer.lower()


@pytest.mark.parametrize("opening", [b"", b"GET /he", b"\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nA: "])
def test_a_client_that_does_not_finish_its_header_is_sent_away(opening: bytes) -> None:
    with serving() as port, connect(port) as connection:
        begun = time.monotonic()
        connection.sendall(opening)
        answer = read_all(connection)

        assert time.monotonic() - begun < SOON_S
        assert answer.startswith(b"HTTP/1.1 408")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 408
        assert healthy(port)


def test_a_header_that_trickles_is_not_prolonged_by_each_byte() -> None:
    with serving() as port, connect(port) as connection:
        begun = time.monotonic()
        connection.settimeout(0.05)
        try:
            while time.monotonic() - begun < DEADLINE_S:
                connection.sendall(b"A")
                try:
                    if connection.recv(1000):
                        break
                except TimeoutError:
                    continue
        except OSError:
            pass

        assert time.monotonic() - begun < SOON_S


def test_a_body_that_trickles_ends_and_one_that_flows_does_not() -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n"
    with serving() as port, connect(port) as slow, connect(port) as steady:
        begun = time.monotonic()
        slow.sendall(head + b"x")
        steady.sendall(head)
        # 100 kB/s is slow, but it is work: it takes longer than the deadline and is let go on.
        for _ in range(20):
            steady.sendall(b"y" * 20_000)
            time.sleep(0.05)
        answer = steady.recv(65_536)
        assert answer.endswith(b"400000")
        assert time.monotonic() - begun > 0.6
        assert read_all(slow).startswith(b"HTTP/1.1 408")
        assert time.monotonic() - begun < SOON_S


def test_silent_connections_do_not_keep_others_out() -> None:
    with serving(header_timeout_s=30.0, maximum_connections=32) as port, ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(connect(port))

        assert healthy(port)


def test_connections_wait_while_there_are_no_descriptors_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refused = []

    def refuse(_: socket.socket) -> None:
        refused.append(1)
        raise OSError(errno.EMFILE, "Too many open files")

    with serving() as port, connect(port) as connection:
        with monkeypatch.context() as patch:
            patch.setattr(socket.socket, "accept", refuse)
            with connect(port) as waiting:
                waiting.sendall(_GET)
                eventually(lambda: len(refused) > 100, what="it is tried again")
        connection.sendall(_GET)
        assert connection.recv(12) == b"HTTP/1.1 200"
        assert healthy(port)
    told = [r.getMessage() for r in caplog.records if r.name in ("asyncio", server.__name__)]
    assert told == ["connections have to wait: Too many open files"]


def test_kept_connections_make_room_for_new_ones() -> None:
    with serving(maximum_connections=16) as port, ExitStack() as stack:
        for _ in range(30):
            connection = stack.enter_context(connect(port))
            connection.sendall(_GET)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")

        assert healthy(port)


def test_a_header_that_is_too_large_is_refused() -> None:
    many = b"".join(b"A%d: b\r\n" % n for n in range(300))
    for extra in (b"A: " + b"x" * 40_000 + b"\r\n", many, b"A: " + b"y" * 1_000_000):
        with serving() as port, connect(port) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + extra + b"\r\n")
            assert read_all(connection)[:12] in (b"HTTP/1.1 431", b"")
            assert healthy(port)


def test_what_is_no_http_and_what_two_proxies_would_read_differently_is_refused() -> None:
    for request in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50),
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    ):
        with serving() as port, connect(port) as connection:
            connection.sendall(request)
            answer = read_all(connection)

            assert answer.startswith(b"HTTP/1.1 400"), answer
            assert b"problem+json" in answer


def test_a_body_that_goes_on_after_its_answer_is_not_read_for_ever() -> None:
    with serving(body_timeout_s=30.0) as port, connect(port) as connection:
        begun = time.monotonic()
        connection.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413")
        try:
            while time.monotonic() - begun < DEADLINE_S:
                connection.sendall(bytes(65_536))
        except OSError:
            pass

        assert time.monotonic() - begun < SOON_S


def test_a_client_that_does_not_read_its_answer_is_sent_away(monkeypatch: Any) -> None:
    monkeypatch.setattr(server, "WRITE_TIMEOUT_S", 0.5)
    with serving() as port, connect(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        begun = time.monotonic()
        taken = 0
        while time.monotonic() - begun < DEADLINE_S and taken == 0:
            # Nothing is read; the end shows as an error on what is sent.
            try:
                connection.sendall(b"x")
                time.sleep(0.05)
            except OSError:
                taken = 1

        assert taken == 1
        assert healthy(port)


def test_more_requests_than_help_are_not_worked_on_at_a_time() -> None:
    with serving() as port, connect(port) as connection:
        connection.sendall(b"GET /threads HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        assert read_all(connection).endswith(b"\r\n\r\n%d" % server.AT_A_TIME)


def test_pipelined_requests_are_all_answered() -> None:
    with serving() as port, connect(port) as connection:
        last = _GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        connection.sendall(_GET * 20 + last)

        assert read_all(connection).count(b"HTTP/1.1 200") == 21


def test_the_end_of_a_short_answer_does_not_wait_for_the_one_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once: list[bool] = []
    made = server.GuardedProtocol.connection_made

    def noted(self: Any, transport: Any) -> None:
        opened = transport.get_extra_info("socket")
        at_once.append(bool(opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
        made(self, transport)

    monkeypatch.setattr(server.GuardedProtocol, "connection_made", noted)
    with serving() as port:
        assert healthy(port)

    # Otherwise a browser that keeps its connection waits 40 ms for every answer.
    assert at_once == [True]


def test_the_web_process_starts_fast_and_without_numerical_libraries() -> None:
    program = (
        "import sys, time, resource; t = time.perf_counter();"
        "import photopeak.api.app, photopeak.api.server, photopeak.web.pages;"
        "heavy = [m for m in ('numpy', 'scipy', 'pydicom', 'pynetdicom', 'dbos', 'alembic')"
        " if m in sys.modules];"
        "print(heavy, time.perf_counter() - t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    heavy, _, _ = found.stdout.partition("]")
    assert heavy == "["
