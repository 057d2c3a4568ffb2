"""Whether the inbox can keep what it gets, and why not.

Failures come per instance, often hundreds a second; the state changes rarely. Only changes are
logged and raised as alerts. The state is good again when something was stored and nothing has
failed for a while, so a nearly full disk does not flicker.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

logger = logging.getLogger(__name__)

SETTLE_S = 5.0
"""Time without failures after which the state is good again."""


class StorageState(StrEnum):
    """What the storage is able to do."""

    GOOD = "good"
    LOW = "low"
    """Free space is below the floor: nothing more is accepted."""
    FULL = "full"
    READ_ONLY = "read_only"
    BROKEN = "broken"
    """The device reports errors."""
    NO_DATABASE = "no_database"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxHealth:
    """The state of the storage since a moment, and a sentence about it."""

    state: StorageState
    since: datetime
    message: str

    @property
    def good(self) -> bool:
        """True when instances can be stored."""
        return self.state is StorageState.GOOD


COMMENTS = {
    StorageState.LOW: "free disk space is below the floor, try again later",
    StorageState.FULL: "disk full, try again later",
    StorageState.READ_ONLY: "storage is read-only, try again later",
    StorageState.BROKEN: "storage device error, try again later",
    StorageState.NO_DATABASE: "database is not available, try again later",
}
"""What a sender is told: at most 64 ASCII characters."""

_STATES = {
    errno.ENOSPC: StorageState.FULL,
    errno.EDQUOT: StorageState.FULL,
    errno.EROFS: StorageState.READ_ONLY,
}


def state_of(error: OSError) -> StorageState:
    """Return what an error of the file system tells about the storage."""
    return _STATES.get(error.errno or 0, StorageState.BROKEN)


class Health:
    """The state of one inbox, for many threads.

    Parameters
    ----------
    on_change
        Called with each new state, outside of the lock; what it raises is logged. None where no
        sender waits: then there is nothing to tell, and no line in the log.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        on_change: Callable[[InboxHealth], None] | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._on_change = on_change
        self._lock = threading.Lock()
        self._failed_at = 0.0
        self._stored_since_failure = False
        self._now = InboxHealth(state=StorageState.GOOD, since=clock(), message="")
        self._untold = False
        self._told_at = 0.0

    @property
    def now(self) -> InboxHealth:
        """The present state."""
        if not self._now.good:
            self._settle()
        return self._now

    @property
    def troubled(self) -> bool:
        """Whether instances could not be stored, and nothing has been noted since; never waits."""
        return not self._now.good

    def failed(self, state: StorageState, message: str) -> None:
        """Note that something could not be stored."""
        with self._lock:
            self._failed_at = self._monotonic()
            self._stored_since_failure = False
            if self._now.state is state:
                return
            new = self._now = InboxHealth(state=state, since=self._clock(), message=message)
        if self._on_change is not None:
            logger.error("instances cannot be stored (%s): %s", state.value, message)
        self._tell(new)

    def stored(self) -> None:
        """Note that something was stored, or that there is room again."""
        if not self._now.good:
            with self._lock:
                self._stored_since_failure = True
            self._settle()

    def remind(self) -> None:
        """Tell the present state again if that was not possible, every now and then."""
        with self._lock:
            if not self._untold or self._monotonic() - self._told_at < SETTLE_S:
                return
        self._tell(self._now)

    def _settle(self) -> None:
        with self._lock:
            quiet = self._monotonic() - self._failed_at >= SETTLE_S
            if self._now.good or not (self._stored_since_failure and quiet):
                return
            old = self._now
            new = self._now = InboxHealth(state=StorageState.GOOD, since=self._clock(), message="")
        if self._on_change is not None:
            logger.warning("instances can be stored again (was %s)", old.state.value)
        self._tell(new)

    def _tell(self, new: InboxHealth) -> None:
        if self._on_change is None:
            return
        self._told_at = self._monotonic()
        try:
            self._on_change(new)
        except Exception as error:  # noqa: BLE001 - the log has the change; storing goes on
            logger.warning("the alert about the storage could not be recorded: %s", error)
            self._untold = True
        else:
            self._untold = self._untold and self._now is not new
