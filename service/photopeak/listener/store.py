"""What the listener needs of the inbox, as protocols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from photopeak.model.reception import Reception, StoreOutcome


class Incoming(Protocol):
    """An instance on its way into the inbox."""

    def writev(self, views: Sequence[memoryview]) -> None:
        """Take the next bytes; never raises, the error is remembered."""
        ...

    def waits(self, size: int) -> bool:
        """Tell whether to take so many bytes more may mean to wait for the disk."""
        ...

    def commit(self) -> StoreOutcome:
        """Make the instance durable."""
        ...

    def commit_later(self, done: Callable[[StoreOutcome | None], None]) -> bool:
        """Make the instance durable without waiting for it; False if that cannot be.

        `done` is called with the outcome, at once or by :meth:`Quick.collect`; with None if only
        :meth:`commit` can tell.
        """
        ...

    def discard(self) -> None:
        """Forget the instance."""
        ...


class Quick(Protocol):
    """The way into the inbox for one thread that serves many and may wait for nobody."""

    def begin(self, reception: Reception) -> Incoming:
        """Start an instance."""
        ...

    def fileno(self) -> int:
        """Return a descriptor that is readable as soon as there is something to collect."""
        ...

    def flush(self) -> None:
        """Have made durable what was committed since the last call."""
        ...

    def collect(self) -> None:
        """Call back for what has become durable."""
        ...


class Store(Protocol):
    """The part of the inbox that the listener needs."""

    def begin(self, reception: Reception) -> Incoming:
        """Start an instance."""
        ...

    def accepting(self) -> StoreOutcome | None:
        """Return why nothing can be stored at present, or None."""
        ...

    def quick(self) -> Quick | None:
        """Return the way for a thread that never waits, None if there is none; asked once."""
        ...
