"""Where a request comes from: the address of the connection, or what a trusted proxy says of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.requests import Request

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
HEADER = "x-forwarded-for"


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return networks as settings have checked them."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def within(address: str, among: Sequence[Network]) -> bool:
    """Tell whether an address lies in one of the networks; what is no address lies in none."""
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(place, ipaddress.IPv6Address) and place.ipv4_mapped is not None:
        place = place.ipv4_mapped
    return any(place in network for network in among)


def origin_of(request: Request, trusted: Sequence[Network]) -> str:
    """Return the address that a request comes from.

    Each proxy adds behind the list whom it got the request from, so the list is believed from its
    end, as far as trusted proxies have written it; what stands before could be anybody's words.
    """
    address = request.client.host if request.client else ""
    if not within(address, trusted):
        return address
    for text in reversed(",".join(request.headers.getlist(HEADER)).split(",")):
        try:
            address = str(ipaddress.ip_address(text.strip()))
        except ValueError:
            return address
        if not within(address, trusted):
            return address
    return address
