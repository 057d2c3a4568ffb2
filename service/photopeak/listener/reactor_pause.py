"""The client's reactor held still while a request waits for its answer.

pynetdicom reads what comes for a requestor in a thread of its own, its reactor, and pauses it around
each request by an event and a flag. On a busy machine the flag may still say "paused" from the
request before while the thread is on its way again: it then takes the answer to the next request,
which nobody gets to see.
"""

from __future__ import annotations

import threading

from pynetdicom.association import Association

LONGEST_S = 1.0
"""A reactor that does not come to rest within it has ended, or is the caller itself."""


class Checkpoint(threading.Event):
    """An event whose `clear` returns when the only thread that waits for it is held by it."""

    def __init__(self) -> None:
        super().__init__()
        self._deciding = threading.Lock()
        self._held = threading.Event()
        self.set()

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - as inherited
        """Pass if the event is set, else wait until it is."""
        while True:
            with self._deciding:
                if self.is_set():
                    self._held.clear()
                    return True
                self._held.set()
            super().wait()

    def clear(self) -> None:
        """Hold the thread the next time it comes by, and wait until it has come."""
        with self._deciding:
            super().clear()
        self._held.wait(LONGEST_S)


def pause_surely(association: Association) -> None:
    """Have the pauses of an established association wait for its reactor."""
    association._reactor_checkpoint = Checkpoint()  # noqa: SLF001 - no public way
