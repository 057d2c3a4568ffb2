"""Receivers as the front sees them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from photopeak.listener.channel import Channel


@dataclass(eq=False)
class Member:
    """One receiver, as the front sees it."""

    channel: Channel
    process_id: int = 0
    ready: bool = False
    connections: set[int] = field(default_factory=set)


class Team(Protocol):
    """The receivers."""

    def start(self, inherited: Callable[[], list[socket.socket]]) -> list[Member]:
        """Start them; a fork closes the `inherited` sockets in the child."""
        ...

    def replace(self, member: Member) -> Member | None:
        """Replace a receiver whose channel has ended; None while that has to wait."""
        ...

    def tend(self) -> None:
        """Look after what works beside the receivers."""
        ...

    def end(self) -> None:
        """Wait for their end, in the limits of the settings."""
        ...
