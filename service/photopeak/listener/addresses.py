"""Addresses: where we listen, and where a peer comes from."""

from __future__ import annotations

import ipaddress
import socket

from photopeak.listener.errors import ListenerError

BACKLOG = 256
"""Connections that the kernel keeps until they are accepted."""


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises
    ------
    ListenerError
        If the address cannot be had; the message says why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise ListenerError(f"port {port} on {host} cannot be had: {error.strerror}") from error
    return listening


def plain_address(host: str) -> str:
    """Return an IPv4 address that came in through an IPv6 socket as what it is."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
