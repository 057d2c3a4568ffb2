"""Group commit: threads that wait for the same expensive step take it together.

The first thread that comes takes the step for itself at once, so a sender alone never waits for
company. Who comes meanwhile waits; when the step is done, the longest waiting thread takes the
next one for all of them. No thread of its own is needed, and no timer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

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
        Time that a step waits for company before it begins.
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

    def submit(self, item: T) -> R:
        """Return the result of the step that took `item`.

        Raises
        ------
        Exception
            What the step raised, in every thread that it had taken.
        """
        place: _Place[T, R] = _Place(item)
        with self._lock:
            self._waiting.append(place)
            leads, self._led = not self._led, True
        if not leads:
            place.turn.acquire()
        if not place.taken:
            self._lead()
        if place.error is not None:
            raise place.error
        return place.results[0]

    def _lead(self) -> None:
        if self._wait_s:
            time.sleep(self._wait_s)
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
