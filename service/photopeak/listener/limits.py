"""Who may hold how many connections, and who has to go when there are too many.

A connection is *silent* until its A-ASSOCIATE-RQ has been read. Silent ones are counted per
address: the oldest of the same address makes room, so that an attacker or a health check pushes
out its own first. Associations are counted per address and calling AE title, because a
scanner may share its address with others behind a gateway.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

from photopeak.settings import ListenerSettings

_Key = TypeVar("_Key")

ADDRESS_SHARE = 0.75
"""Part of all associations that one address may hold under any number of AE titles."""

NEW_FOR_S = 1.0
"""A connection of this age may still be about to speak; it makes room only if all is full."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who an association belongs to."""

    address: str
    calling_ae_title: str


class Slots:
    """Counts of connections; knows nothing of sockets."""

    def __init__(self, settings: ListenerSettings) -> None:
        self._maximum = settings.maximum_connections
        self._per_peer = settings.maximum_connections_per_peer
        self._per_address = max(self._per_peer, int(self._maximum * ADDRESS_SHARE))
        self._silent: dict[int, tuple[str, float]] = {}
        self._silent_of: Counter[str] = Counter()
        self._held: dict[int, Holder] = {}
        self._held_by: Counter[Holder] = Counter()
        self._held_at: Counter[str] = Counter()

    @property
    def silent(self) -> int:
        """Number of connections without a request so far."""
        return len(self._silent)

    @property
    def held(self) -> int:
        """Number of associations."""
        return len(self._held)

    def arrive(self, connection: int, address: str, *, now: float) -> int | None:
        """Count a new silent connection; returns the older one that has to go for it."""
        evicted: int | None = None
        if len(self._silent) >= self._maximum:
            evicted = self._oldest(self._silent_of.most_common(1)[0][0])
        elif self._silent_of[address] >= self._per_peer:
            oldest = self._oldest(address)
            if now - self._silent[oldest][1] >= NEW_FOR_S:
                evicted = oldest
        if evicted is not None:
            self.leave(evicted)
        self._silent[connection] = (address, now)
        self._silent_of[address] += 1
        return evicted

    def admit(self, connection: int, holder: Holder) -> bool:
        """Turn a silent connection into an association, if its holder may have one more."""
        self.leave(connection)
        if (
            len(self._held) >= self._maximum
            or self._held_by[holder] >= self._per_peer
            or self._held_at[holder.address] >= self._per_address
        ):
            return False
        self._held[connection] = holder
        self._held_by[holder] += 1
        self._held_at[holder.address] += 1
        return True

    def leave(self, connection: int) -> None:
        """Free the slot of a connection; a second time does nothing."""
        silent = self._silent.pop(connection, None)
        if silent is not None:
            _decrement(self._silent_of, silent[0])
        holder = self._held.pop(connection, None)
        if holder is not None:
            _decrement(self._held_by, holder)
            _decrement(self._held_at, holder.address)

    def _oldest(self, address: str) -> int:
        return next(number for number, (other, _) in self._silent.items() if other == address)


def _decrement(counter: Counter[_Key], key: _Key) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
