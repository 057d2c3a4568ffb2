"""Messages between the worker and its child: JSON behind a length, over a pipe, never pickle.

The child decodes hostile pixel data; what it sends back is data to be checked, not code to be run.
"""

import json
import os
import select
import struct
import time
from typing import Any

MAXIMUM_MESSAGE_BYTES = 256 * 1024 * 1024
"""Longest message either side accepts; a result with its figures is a few MB."""

_LENGTH = struct.Struct(">Q")


class FrameError(Exception):
    """The other side is gone, or sent something that is no message."""


class FrameTimeoutError(FrameError):
    """Nothing complete arrived before the deadline."""


def write_frame(descriptor: int, message: dict[str, Any]) -> None:
    """Write one message to a file descriptor."""
    body = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
    view = memoryview(_LENGTH.pack(len(body)) + body)
    while view:
        view = view[os.write(descriptor, view) :]


def read_frame(descriptor: int, *, timeout_s: float | None = None) -> dict[str, Any]:
    """Read one message.

    Raises
    ------
    FrameTimeoutError
        If it is not complete after `timeout_s` seconds.
    FrameError
        If the other side closed, or what came is not a message.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    (length,) = _LENGTH.unpack(_read(descriptor, _LENGTH.size, deadline))
    if length > MAXIMUM_MESSAGE_BYTES:
        raise FrameError(f"a message of {length} bytes exceeds {MAXIMUM_MESSAGE_BYTES}")
    try:
        message = json.loads(_read(descriptor, length, deadline))
    except (ValueError, RecursionError) as error:
        raise FrameError("what came is not JSON") from error
    if not isinstance(message, dict):
        raise FrameError("what came is not a JSON object")
    return message


def _read(descriptor: int, size: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0.0 or not select.select([descriptor], [], [], left)[0]:
                raise FrameTimeoutError("the time is up")
        part = os.read(descriptor, min(size - len(parts), 1 << 20))
        if not part:
            raise FrameError("the other side closed")
        parts += part
    return bytes(parts)
