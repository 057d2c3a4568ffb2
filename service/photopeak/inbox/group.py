"""Group commit: threads that wait for the same expensive step take it together.

The first thread that comes takes the step, for itself and for those who are on their way already:
they have announced themselves, and are waited for a moment. A sender alone never waits for company.
Who comes during the step waits until it is done; then the longest waiting thread takes the next one
for all of them. No thread of its own is needed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

COMPANY_S = 0.001
"""Longest time that a step waits for those who have announced themselves."""

T = TypeVar("T")
R = TypeVar("R")


class GroupCommit(Generic[T, R]):
    """Hands the items of all waiting threads to one call.

    Parameters
    ----------
    step
        Gets a function that takes the waiting items, in the order of their arrival, and returns a
        result for each. It calls that function once, as late as it can: who comes while the step
        waits for something (a lock, say) is taken along.
    wait_s
        Time that a step waits for those who are on their way, beyond `COMPANY_S`.
    largest
        Most items of one step.
    """

    def __init__(
        self,
        step: Callable[[Callable[[], Sequence[T]]], Sequence[R]],
        *,
        wait_s: float = 0.0,
        largest: int = 256,
    ) -> None:
        self._step = step
        self._wait_s = wait_s
        self._largest = largest
        self._lock = threading.Lock()
        self._waiting: list[_Place[T, R]] = []
        self._led = False
        self._coming = 0
        self._expected = 0
        self._all_here = threading.Lock()
        self._all_here.acquire()

    def announce(self) -> None:
        """Say that this thread is about to submit; a step waits for it, but not for long."""
        with self._lock:
            self._coming += 1

    def withdraw(self) -> None:
        """Say that this thread will not submit what it has announced."""
        with self._lock:
            self._arrived()

    def submit(self, item: T) -> R:
        """Return the result of the step that took `item`; it has been announced.

        Raises
        ------
        Exception
            What the step raised, in every thread that it had taken.
        """
        place: _Place[T, R] = _Place(item)
        with self._lock:
            self._waiting.append(place)
            self._arrived()
            leads, self._led = not self._led, True
        if not leads:
            place.turn.acquire()
        if not place.taken:
            self._lead()
        if place.error is not None:
            raise place.error
        return place.results[0]

    def _arrived(self) -> None:
        self._coming -= 1
        if self._expected:
            self._expected -= 1
            if not self._expected:
                self._all_here.release()

    def _gather(self) -> None:
        """Wait for those who are on their way already."""
        with self._lock:
            self._expected = self._coming
            if not self._expected:
                return
        if not self._all_here.acquire(timeout=COMPANY_S + self._wait_s):
            with self._lock:
                if not self._expected:  # the last one has come in this very moment
                    self._all_here.acquire()
                self._expected = 0

    def _lead(self) -> None:
        self._gather()
        batch: list[_Place[T, R]] = []

        def take() -> Sequence[T]:
            with self._lock:
                batch.extend(self._waiting[: self._largest])
                del self._waiting[: self._largest]
            return [place.item for place in batch]

        error: BaseException | None = None
        results: Sequence[R] = ()
        try:
            results = self._step(take)
        except BaseException as raised:  # noqa: BLE001 - raised again in every thread concerned
            error = raised
        if not batch:
            take()
        for place in batch:
            place.taken, place.error = True, error
        for place, result in zip(batch, results, strict=error is None):
            place.results.append(result)
        with self._lock:
            if self._waiting:
                self._waiting[0].turn.release()
            else:
                self._led = False
        for place in batch[1:]:
            place.turn.release()


class _Place(Generic[T, R]):
    """An item in the queue; its thread sleeps on `turn`, a lock that is held from the start."""

    __slots__ = ("error", "item", "results", "taken", "turn")

    def __init__(self, item: T) -> None:
        self.item = item
        self.taken = False
        self.error: BaseException | None = None
        self.results: list[R] = []
        self.turn = threading.Lock()
        self.turn.acquire()
