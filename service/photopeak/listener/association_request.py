"""The A-ASSOCIATE-RQ as bytes: read step by step, judged before anything decodes it (PS3.8 9.3.2).

Reading needs no thread and no library: a peer that never gets as far as a whole request costs
one socket and a few bytes.
"""

from __future__ import annotations

import ipaddress
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from photopeak.listener.errors import ProtocolError
from photopeak.model.associations import CHECK_TITLE
from photopeak.model.devices import Device

MAXIMUM_REQUEST_BYTES = 262_144
"""Longest A-ASSOCIATE-RQ that is read; 128 contexts of 40 transfer syntaxes are half of it."""

_HEADER = struct.Struct(">BBL")
_ASSOCIATE_RQ = 0x01
_FIXED_LENGTH = 74
_CALLED = slice(10, 26)
_CALLING = slice(26, 42)
_AE_TITLE = re.compile(rb" *([\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]*[\x21-\x5b\x5d-\x7e])?) *")


class RequestReader:
    """Collects one A-ASSOCIATE-RQ; never asks for a byte beyond it."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._wanted = _HEADER.size

    @property
    def missing(self) -> int:
        """Number of bytes to read next; 0 when the request is complete."""
        return self._wanted - len(self._data)

    @property
    def data(self) -> bytes:
        """What has been read."""
        return bytes(self._data)

    def feed(self, data: bytes | memoryview) -> None:
        """Take bytes, at most `missing` of them.

        Raises
        ------
        ProtocolError
            As soon as the bytes cannot become a request.
        """
        self._data += data
        if self._data[0] != _ASSOCIATE_RQ:
            raise ProtocolError(
                "not DICOM, or no association request", ProtocolError.UNEXPECTED_PDU
            )
        if len(self._data) == _HEADER.size:
            length = _HEADER.unpack(self._data)[2]
            if not _FIXED_LENGTH - _HEADER.size <= length <= MAXIMUM_REQUEST_BYTES:
                raise ProtocolError(
                    f"association request of {length} bytes", ProtocolError.INVALID_PARAMETER
                )
            self._wanted = _HEADER.size + length


@dataclass(frozen=True, slots=True)
class Titles:
    """The AE titles of a request; None for what is no AE title (PS3.5 6.2)."""

    called: str | None
    calling: str | None


def read_titles(request: bytes) -> Titles:
    """Return the AE titles of a complete request."""
    return Titles(_title(request[_CALLED]), _title(request[_CALLING]))


def shown_titles(request: bytes) -> str:
    """Return the AE titles of a request for a log line, with every odd character escaped."""
    calling, called = titles_as_sent(request)
    return f"'{calling}' for '{called}'"


def titles_as_sent(request: bytes) -> tuple[str, str]:
    """Return the calling and the called AE title as text, with every odd character escaped."""
    calling, called = (
        request[part].strip(b" \0").decode("latin-1").encode("unicode_escape").decode("ascii")
        for part in (_CALLING, _CALLED)
    )
    return calling, called


def with_blank_padding(request: bytes) -> bytes:
    """Return a request whose AE titles are padded with blanks; some old consoles use zeros."""
    titles = request[_CALLED.start : _CALLING.stop].replace(b"\0", b" ")
    return request[: _CALLED.start] + titles + request[_CALLING.stop :]


def _title(field: bytes) -> str | None:
    match = _AE_TITLE.fullmatch(field.rstrip(b"\0 "))
    return match[1].decode("ascii") if match else None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Fields of an A-ASSOCIATE-RJ, and the reason in words."""

    result: int
    source: int
    reason: int
    message: str


CALLED_TITLE_UNKNOWN = Rejection(1, 1, 7, "called AE title not recognised")
CALLING_TITLE_UNKNOWN = Rejection(1, 1, 3, "calling AE title not recognised")
LIMIT_EXCEEDED = Rejection(2, 3, 2, "too many associations")
CONGESTION = Rejection(2, 3, 1, "storage is not available")


class Admission:
    """Decides from address and AE titles whether an association may be negotiated.

    Parameters
    ----------
    ae_title
        Our own AE title; None accepts any called title.
    devices
        Who may send, or None if anybody may. A device without AE titles or without networks is
        not limited in that respect, but one of the two has to be there.
    """

    def __init__(self, *, ae_title: str | None, devices: Sequence[Device] | None) -> None:
        self._ae_title = ae_title
        self._known = None
        if devices is not None:
            self._known = tuple(
                (device.ae_titles, tuple(ipaddress.ip_network(n) for n in device.networks))
                for device in devices
                if device.ae_titles or device.networks
            )

    def judge(self, titles: Titles, address: str, *, own: bool = False) -> Rejection | None:
        """Return why the association is refused, or None; `own` comes from this machine."""
        if titles.called is None or (self._ae_title and titles.called != self._ae_title):
            return CALLED_TITLE_UNKNOWN
        if titles.calling is None:
            return CALLING_TITLE_UNKNOWN
        if self._known is None or (own and titles.calling == CHECK_TITLE):
            return None
        place = ipaddress.ip_address(address)
        for ae_titles, networks in self._known:
            if ae_titles and titles.calling not in ae_titles:
                continue
            if networks and not any(place in network for network in networks):
                continue
            return None
        return CALLING_TITLE_UNKNOWN
