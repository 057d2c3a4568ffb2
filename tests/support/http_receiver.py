"""A receiver of webhooks for tests, real on the wire, that fails in every way receivers fail."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_RESET = struct.pack("ii", 1, 0)


RAW = {
    "chunks": b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\nhello",
    "chunks-after-200": b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\nhello",
    "chunk-without-end": b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\nhello",
    "two-lengths": b"HTTP/1.1 200 X\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
    "no-status": b"HTTP/1.1 abc X\r\n\r\n",
    "half-a-line": b"HTTP/1.1 20",
    "endless-head": b"HTTP/1.1 200 X\r\nX: " + b"a" * 2_000_000,
    "upgrade": b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "come-back-at-no-time": b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n"
    b"Retry-After: Sun, 01 Mar 2026 12:01:00 +99999999999999999999\r\n\r\n",
    "come-back-at": b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n"
    b"Retry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n\r\n",
    "control-characters": b"HTTP/1.1 500 X\r\nContent-Length: 6\r\n\r\na\x00b\x1b\xff\n",
}
"""Answers to the byte, by the path that asks for them."""


@dataclass
class Post:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpReceiver:
    """Answers as the path of the request says, from ``with`` to the end of it.

    ``/ok``, ``/500`` and any other number, ``/retry-after``, ``/hang``, ``/reset``, ``/close``,
    ``/huge``, ``/drip-head``, ``/drip-body``, ``/gzip-bomb``, ``/bad-http``, ``/ack-then-reset``,
    ``/redirect``, and those of `RAW`. `answers` tells for a path what to answer first, second, ...; the last stays.
    """

    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    elsewhere: str = ""
    posts: list[Post] = field(default_factory=list)
    connections: int = 0
    sent_bytes: int = 0
    answers: dict[str, list[str]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._socket = socket.create_server((self.host, 0))
        self.port = self._socket.getsockname()[1]
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(10.0)

    def url(self, path: str, host: str = "") -> str:
        """Return the address at which a path is answered."""
        return f"http{'s' if self.tls else ''}://{host or self.host}:{self.port}{path}"

    def ids(self) -> list[str]:
        """Return the ids of the messages, in the order in which they came."""
        return [post.headers["webhook-id"] for post in self.posts]

    def _accept(self) -> None:
        while not self._end.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                connection.settimeout(10.0)
                post = _read(connection)
                if post is None:
                    return
                self.posts.append(post)
                planned = self.answers.get(post.path)
                mode = post.path.strip("/")
                if planned:
                    mode = planned.pop(0) if len(planned) > 1 else planned[0]
                self._answer(connection, mode)
        except OSError:
            connection.close()

    def _answer(self, connection: socket.socket, mode: str) -> None:
        special: dict[str, Callable[[socket.socket], None]] = {
            "hang": self._hang,
            "reset": _reset,
            "close": lambda _: None,
            "huge": self._huge,
            "drip-head": self._drip_head,
            "drip-body": self._drip_body,
            "gzip-bomb": self._gzip_bomb,
            "bad-http": lambda c: c.sendall(b"\x00\xffthis is not HTTP\r\n\r\n"),
            # What the receiver did is done; that it did it never arrives.
            "ack-then-reset": _reset,
            "redirect": self._redirect,
            "retry-after": lambda c: c.sendall(
                b"HTTP/1.1 503 Busy\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n"
            ),
        }
        if mode in RAW:
            connection.sendall(RAW[mode])
            return
        if mode in special:
            special[mode](connection)
            return
        code = 200 if mode == "ok" else int(mode)
        body = f"answer {code}".encode()
        head = f"HTTP/1.1 {code} Word\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    def _hang(self, _connection: socket.socket) -> None:
        self._end.wait(10.0)

    def _huge(self, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 500 Big\r\nContent-Length: 1000000000\r\n\r\n")
        while not self._end.is_set():
            connection.sendall(b"x" * 65536)
            self.sent_bytes += 65536

    def _drip_head(self, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        self._drip(connection, b"X-Drip: 1\r\n")

    def _drip_body(self, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 500 Slow\r\nContent-Length: 100000\r\n\r\n")
        self._drip(connection, b"x")

    def _drip(self, connection: socket.socket, drop: bytes) -> None:
        end = time.monotonic() + 10.0
        while not self._end.wait(0.02) and time.monotonic() < end:
            connection.sendall(drop)

    def _gzip_bomb(self, connection: socket.socket) -> None:
        bomb = gzip.compress(bytes(20_000_000))
        head = f"HTTP/1.1 500 Bomb\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
        connection.sendall(head.encode() + bomb)

    def _redirect(self, connection: socket.socket) -> None:
        head = f"HTTP/1.1 307 Over there\r\nLocation: {self.elsewhere}\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode())


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def _read(connection: socket.socket) -> Post | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (h.partition(":") for h in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        more = connection.recv(65536)
        if not more:
            return None
        body += more
    return Post(path=first.split(" ")[1], headers=headers, body=body)
