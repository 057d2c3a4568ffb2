"""How a C-STORE that was found in order gets into the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from photopeak.listener.store import Incoming, Quick, Store
from photopeak.model.reception import Reception, StoreOutcome, StoreStatus

logger = logging.getLogger(__name__)

_INTERNAL_ERROR = StoreOutcome(
    status=StoreStatus.OUT_OF_RESOURCES, comment="internal error, see the log of the service"
)
_NO_RESOURCES = StoreOutcome(
    status=StoreStatus.OUT_OF_RESOURCES, comment="storage is not available, try again later"
)


class Delivery(Protocol):
    """One way to take a C-STORE that was found in order to the store."""

    answers_itself: bool
    """Whether the response has been sent when `finish` returns."""

    def begin(self, context_id: int, command: bytes, reception: Reception) -> None:
        """Take a request that has been found in order."""
        ...

    def waits(self, size: int) -> bool:
        """Tell whether to take so many bytes more may mean to wait for the disk."""
        ...

    def write(self, views: Sequence[memoryview]) -> None:
        """Take fragments of its data set."""
        ...

    def finish(self) -> StoreOutcome:
        """Store; returns the outcome."""
        ...

    def finish_later(self, done: Callable[[StoreOutcome | None], None]) -> bool:
        """Store without waiting, as :meth:`Incoming.commit_later`."""
        ...

    def discard(self) -> None:
        """Forget an unfinished instance, if there is one."""
        ...


class DirectDelivery:
    """Fragments go straight from the receive buffer into the store."""

    answers_itself = False

    def __init__(self, store: Store | Quick) -> None:
        self._store = store
        self._incoming: Incoming | None = None
        self._failure: StoreOutcome | None = None

    def begin(self, context_id: int, command: bytes, reception: Reception) -> None:  # noqa: ARG002
        """Open an instance."""
        self._incoming = self._failure = None
        try:
            self._incoming = self._store.begin(reception)
        except Exception as error:  # noqa: BLE001 - the edge of the station: becomes a status
            self._failure = outcome_of(error)

    def waits(self, size: int) -> bool:
        """Tell whether the instance would have to go to a file."""
        return self._incoming is not None and self._incoming.waits(size)

    def write(self, views: Sequence[memoryview]) -> None:
        """Hand the fragments on."""
        if self._incoming is not None:
            self._incoming.writev(views)

    def finish(self) -> StoreOutcome:
        """Wait until the instance is durable."""
        incoming, self._incoming = self._incoming, None
        if incoming is None:
            return self._failure or _INTERNAL_ERROR
        try:
            return incoming.commit()
        except Exception as error:  # noqa: BLE001 - the edge of the station: becomes a status
            return outcome_of(error)

    def finish_later(self, done: Callable[[StoreOutcome | None], None]) -> bool:
        """Have the instance made durable while others go on."""
        if self._incoming is None:
            done(self._failure or _INTERNAL_ERROR)
            return True
        try:
            return self._incoming.commit_later(done)
        except Exception as error:  # noqa: BLE001 - the edge of the station: becomes a status
            self.discard()
            done(outcome_of(error))
            return True

    def discard(self) -> None:
        """Throw the unfinished instance away."""
        incoming, self._incoming = self._incoming, None
        if incoming is not None:
            incoming.discard()


def outcome_of(error: Exception) -> StoreOutcome:
    """Return the status for an error that nobody expected.

    It is always a transient one: the sender keeps the instance and tries again.
    """
    if isinstance(error, OSError | MemoryError):
        logger.error("an instance was refused: %s", error)
        return _NO_RESOURCES
    logger.error("an instance was refused after an unexpected error", exc_info=error)
    return _INTERNAL_ERROR
