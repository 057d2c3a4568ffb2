"""A DICOM client of raw bytes (PS3.8): says exactly what it is told to, right or wrong."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

NM = "1.2.840.10008.5.1.4.1.1.20"
VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"

ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RP, ABORT = 0x02, 0x03, 0x04, 0x06, 0x07
Context = tuple[int, str, Sequence[str]]


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBL", kind, 0, len(body)) + body


def item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(body)) + body


def title(text: str | bytes) -> bytes:
    raw = text if isinstance(text, bytes) else text.encode("ascii")
    return raw[:16].ljust(16)


def context_item(identifier: int, abstract: str, transfer: Sequence[str]) -> bytes:
    body = bytes([identifier, 0, 0, 0]) + item(0x30, abstract.encode())
    return item(0x20, body + b"".join(item(0x40, uid.encode()) for uid in transfer))


def associate_request(
    contexts: Iterable[Context] = ((1, NM, (EXPLICIT,)), (3, VERIFICATION, (IMPLICIT,))),
    *,
    calling: str | bytes = "SCANNER",
    called: str | bytes = "PHOTOPEAK",
    maximum_length: int = 131_072,
    user_items: bytes = b"",
    version: int = 1,
) -> bytes:
    user = item(0x51, struct.pack(">L", maximum_length)) + item(0x52, b"1.2.3.4") + user_items
    return pdu(
        0x01,
        struct.pack(">HH", version, 0) + title(called) + title(calling) + bytes(32)
        + item(0x10, b"1.2.840.10008.3.1.1.1")
        + b"".join(context_item(*each) for each in contexts)
        + item(0x50, user),
    )  # fmt: skip


def element(number: int, value: bytes) -> bytes:
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHL", 0, number, len(value)) + value


def command(field: int, *, drop: Iterable[int] = (), extra: bytes = b"", **values: object) -> bytes:
    """Return a command set; `drop` leaves elements out."""
    elements: dict[int, bytes] = {
        0x0002: str(values.get("sop_class", NM)).encode("latin-1"),
        0x0100: struct.pack("<H", field),
        0x0110: struct.pack("<H", int(str(values.get("message_id", 1)))),
        0x0700: struct.pack("<H", 0),
        0x0800: struct.pack("<H", int(str(values.get("data_set_type", 1)))),
        0x1000: str(values.get("instance", "1.2.3.4.5")).encode("latin-1"),
    }
    body = b"".join(
        element(number, value) for number, value in elements.items() if number not in set(drop)
    )
    return element(0, struct.pack("<L", len(body))) + body + extra


def store_command(**values: object) -> bytes:
    return command(0x0001, **values)  # type: ignore[arg-type]


def echo_command(message_id: int = 1) -> bytes:
    return command(
        0x0030, sop_class=VERIFICATION, message_id=message_id, data_set_type=0x0101, drop=(0x1000,)
    )


def pdv(context: int, flags: int, data: bytes) -> bytes:
    return struct.pack(">LBB", len(data) + 2, context, flags) + data


def p_data(*values: bytes) -> bytes:
    return pdu(P_DATA, b"".join(values))


def store_message(
    data_set: bytes, *, context: int = 1, fragment: int = 16_000, **values: object
) -> bytes:
    """Return all PDUs of a C-STORE-RQ."""
    pieces = [data_set[i : i + fragment] for i in range(0, len(data_set), fragment)] or [b""]
    pdus = [p_data(pdv(context, 3, store_command(**values)))]
    for number, piece in enumerate(pieces):
        pdus.append(p_data(pdv(context, 2 if number == len(pieces) - 1 else 0, piece)))
    return b"".join(pdus)


def data_set(instance: str = "1.2.3.4.5", size: int = 1000, sop_class: str = NM) -> bytes:
    """Return a small data set, explicit VR, with `size` bytes of pixels."""

    def ui(group: int, number: int, uid: str) -> bytes:
        value = uid.encode() + b"\0" * (len(uid) % 2)
        return struct.pack("<HH2sH", group, number, b"UI", len(value)) + value

    return (
        ui(0x0008, 0x0016, sop_class)
        + ui(0x0008, 0x0018, instance)
        + ui(0x0020, 0x000D, "1.2.3.1")
        + ui(0x0020, 0x000E, "1.2.3.2")
        + struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, size + size % 2)
        + bytes(range(256)) * (size // 256)
        + bytes(size + size % 2 - size // 256 * 256)
    )


class Answer:
    """A DIMSE response as a mapping of command elements."""

    def __init__(self, raw: bytes) -> None:
        self.elements: dict[int, bytes] = {}
        position = 0
        while position < len(raw):
            _, number, length = struct.unpack_from("<HHL", raw, position)
            self.elements[number] = raw[position + 8 : position + 8 + length]
            position += 8 + length

    @property
    def status(self) -> int:
        return int(struct.unpack("<H", self.elements[0x0900])[0])

    @property
    def comment(self) -> str:
        return self.elements.get(0x0902, b"").decode("ascii")

    @property
    def message_id(self) -> int:
        return int(struct.unpack("<H", self.elements[0x0120])[0])


class Peer:
    """A connection; use as a context manager."""

    def __init__(
        self,
        port: int,
        *,
        source: str = "127.0.0.66",
        timeout: float = 30.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.socket: socket.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=timeout, source_address=(source, 0)
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self) -> tuple[int, bytes] | None:
        """Return kind and body of the next PDU, None when the connection is closed."""
        header = self._exactly(6)
        if header is None:
            return None
        kind, _, length = struct.unpack(">BBL", header)
        body = self._exactly(length)
        return None if body is None else (kind, body)

    def _exactly(self, size: int) -> bytes | None:
        data = bytearray()
        while len(data) < size:
            try:
                piece = self.socket.recv(size - len(data))
            except (ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                return None
            if not piece:
                return None
            data += piece
        return bytes(data)

    def associate(self, request: bytes | None = None) -> tuple[int, bytes] | None:
        self.send(request or associate_request())
        return self.read()

    def answer(self) -> Answer:
        """Return the next response; anything else is an assertion error."""
        command_set = bytearray()
        while True:
            received = self.read()
            assert received is not None, "the connection was closed instead of an answer"
            kind, body = received
            assert kind == P_DATA, f"PDU {kind:02X} {body.hex()} instead of an answer"
            position, last = 0, False
            while position < len(body):
                (length,) = struct.unpack_from(">L", body, position)
                command_set += body[position + 6 : position + 4 + length]
                last = bool(body[position + 5] & 2)
                position += 4 + length
            if last:
                return Answer(bytes(command_set))

    def release(self) -> None:
        self.send(pdu(0x05, bytes(4)))
        received = self.read()
        assert received is not None
        assert received[0] == RELEASE_RP

    def seconds_until_cut(self, pieces: Iterable[bytes], *, pause: float = 0.0) -> float:
        """Send until the other side has closed; returns how long that took, infinity for never."""
        begin = time.monotonic()
        for piece in pieces:
            try:
                self.send(piece)
            except (BrokenPipeError, ConnectionResetError):
                return time.monotonic() - begin
            time.sleep(pause)
        return float("inf")

    def seconds_until_closed(self, limit: float = 60.0) -> float:
        """Return how long it takes until the other side closes, reading whatever it says."""
        begin = time.monotonic()
        self.socket.settimeout(limit)
        while self.read() is not None:
            pass
        return time.monotonic() - begin


def accepted(body: bytes) -> dict[int, tuple[int, str]]:
    """Return result and transfer syntax by context of an A-ASSOCIATE-AC body."""
    results: dict[int, tuple[int, str]] = {}
    position = 68
    while position < len(body):
        kind, _, length = struct.unpack_from(">BBH", body, position)
        value = body[position + 4 : position + 4 + length]
        if kind == 0x21:
            results[value[0]] = (value[2], value[8:].decode())
        position += 4 + length
    return results
