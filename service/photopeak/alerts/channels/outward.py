"""Connections to machines that a site names: looked up once, checked, and made to what was checked.

A name may lead anywhere and elsewhere a moment later. So the address is looked up here, every
address that must not be reached is refused, and the connection is made to the very address that was
looked at; the name is still what the certificate is checked against.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import httpcore
import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host as text."""

_METADATA = frozenset(ipaddress.ip_address(a) for a in ("fd00:ec2::254", "168.63.129.16"))
"""Where clouds answer their own machines with secrets, and which no other rule refuses."""
_BROADCAST = ipaddress.ip_address("255.255.255.255")
_INSIDE = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""Networks of houses (RFC 1918, RFC 4193): receivers of hospitals stand there."""
_TRANSLATED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
    )
)
"""IPv6 addresses in which an IPv4 address hides."""


class AddressRefusedError(Exception):
    """Nothing was sent: the address is not one that this service may reach."""


class DeadlineError(TimeoutError):
    """The time for the whole exchange is over."""


def check_address(text: str, networks: Iterable[str] = ()) -> Address:
    """Return an address that may be connected to.

    Parameters
    ----------
    text
        The address, without a port.
    networks
        CIDR blocks that a site allows. With any, the address must lie in one of them; without,
        it must be one of a house or of the internet. However wide they are, link-local and other
        special addresses stay out, and this host too unless a block names its loopback alone.

    Raises
    ------
    AddressRefusedError
        If it may not be reached.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise AddressRefusedError(f"{text} is no address") from None
    allowed = [ipaddress.ip_network(network) for network in networks]
    if allowed:
        within = [network for network in allowed if address in network]
        if not within:
            raise AddressRefusedError(f"{address} is in none of the allowed networks")
        if address.is_loopback and any(network.is_loopback for network in within):
            return address
        if _never(address):
            raise AddressRefusedError(f"{address} may never be reached")
        return address
    if any(address in network for network in _INSIDE) and address not in _METADATA:
        return address
    if not address.is_global or _never(address):
        raise AddressRefusedError(f"{address} may not be reached; list its network to allow it")
    return address


def _never(address: Address) -> bool:
    """Tell whether no list opens an address: no receiver stands there, only a trap."""
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address in _METADATA
        or address == _BROADCAST
        or any(address in network for network in _TRANSLATED)
    )


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, in the order in which to try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve_within(resolver: Resolver, host: str, port: int, timeout_s: float) -> Sequence[str]:
    """Look a host up, but wait no longer than `timeout_s`: the system itself has no bound.

    Raises
    ------
    DeadlineError
        If there is no answer in time.
    OSError
        If the host is unknown.
    """
    answers: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolver(host, port))
        except OSError as error:
            answers.put(error)

    threading.Thread(target=ask, name="photopeak-resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(timeout_s, 0.001))
    except queue.Empty:
        raise DeadlineError(f"the address of {host} was not found in {timeout_s:.0f} s") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


class PinnedTransport(httpx.BaseTransport):
    """HTTP over connections to checked addresses alone, all within one span of time.

    One transport is for one exchange: the time begins when it is made.
    """

    def __init__(
        self,
        *,
        timeout_s: float,
        networks: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        backend = _Backend(time.monotonic() + timeout_s, networks, resolver)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls, max_connections=1, network_backend=backend, http2=False
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer, its body still to be read."""
        url = request.url
        reply = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            reply.status,
            headers=reply.headers,
            stream=_Body(reply),
            extensions={"network_stream": reply.extensions.get("network_stream")},
        )

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, reply: httpcore.Response) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        yield from self._reply.iter_stream()

    def close(self) -> None:
        self._reply.close()


class _Backend(httpcore.NetworkBackend):
    """Opens sockets to addresses that pass, and lets no operation outlast the deadline."""

    def __init__(self, deadline: float, networks: Sequence[str], resolver: Resolver) -> None:
        self._deadline = deadline
        self._networks = networks
        self._resolver = resolver
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        found = resolve_within(self._resolver, host, port, _left(self._deadline, timeout))
        # All of them must pass: which one a name gives first is up to who answers for it.
        checked = [check_address(text, self._networks) for text in found]
        if not checked:
            raise OSError(f"{host} has no address")
        for address in checked[:-1]:
            try:
                return self._open(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._open(str(checked[-1]), port, timeout, local_address, socket_options)

    def _open(
        self, address: str, port: int, timeout: float | None, *rest: Any
    ) -> httpcore.NetworkStream:
        stream = self._sockets.connect_tcp(address, port, _left(self._deadline, timeout), *rest)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection whose every operation ends at the deadline, so a slow drip does not go on."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    """Return the time that an operation may take."""
    left = deadline - time.monotonic()
    if left <= 0.0:
        raise DeadlineError("the time for the whole exchange is over")
    return left if timeout is None else min(left, timeout)
