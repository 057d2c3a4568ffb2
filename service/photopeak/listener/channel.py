"""What the front and a receiver tell each other, over a local socket that also carries sockets."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from dataclasses import asdict, dataclass, field

from photopeak.listener.association_request import MAXIMUM_REQUEST_BYTES

_MAXIMUM_MESSAGE_BYTES = MAXIMUM_REQUEST_BYTES + 4096
_SEND_BUFFER_BYTES = 1 << 20

CONNECTION = "connection"
"""Front to receiver: here is a connection (with its socket), `body` is its A-ASSOCIATE-RQ."""
VERDICT = "verdict"
"""Front to receiver: the answer to REQUEST; empty `rejection` is yes."""
END = "end"
"""Front to receiver: finish what is under way."""
READY = "ready"
"""Receiver to front: connections are welcome."""
REQUEST = "request"
"""Receiver to front: over TLS, `body` begins with the request up to its AE titles."""
LEFT = "left"
"""Receiver to front: this connection is over."""
NOTE = "note"
"""Front to receiver: note that a connection was turned away; `body` begins with its request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; `connection` is the number that the front gave to a connection."""

    kind: str
    connection: int = 0
    host: str = ""
    port: int = 0
    tls: bool = False
    rejection: tuple[int, ...] = ()
    body: bytes = field(default=b"", repr=False)


class Channel:
    """One end of the connection between front and receiver."""

    def __init__(self, end: socket.socket) -> None:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        self.socket = end

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """Return two ends."""
        front, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(front), cls(receiver)

    def send(self, message: Message, *, passing: socket.socket | None = None) -> None:
        """Send a message, and with it a socket.

        Raises
        ------
        OSError
            If the other end is gone or too far behind (a non-blocking end).
        """
        header = asdict(message)
        del header["body"]
        data = json.dumps(header).encode() + b"\n" + message.body
        if passing is None:
            self.socket.send(data)
        else:
            socket.send_fds(self.socket, [data], [passing.fileno()])

    def receive(self) -> tuple[Message, int | None] | None:
        """Return the next message with the descriptor that came along, None at the end.

        Raises
        ------
        BlockingIOError
            If this end is non-blocking and nothing has come.
        """
        data, descriptors, _, _ = socket.recv_fds(self.socket, _MAXIMUM_MESSAGE_BYTES, 1)
        if not data:
            for descriptor in descriptors:
                os.close(descriptor)
            return None
        header, _, body = data.partition(b"\n")
        fields = json.loads(header)
        fields["rejection"] = tuple(fields["rejection"])
        return Message(**fields, body=body), (descriptors[0] if descriptors else None)

    def close(self) -> None:
        """Close this end."""
        with contextlib.suppress(OSError):
            self.socket.close()
