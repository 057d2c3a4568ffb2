"""Answers kept under an Idempotency-Key, so that a repeated request gets the first answer again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from photopeak.api.problems import Problem
from photopeak.api.wire.site import UploadsOut

KEPT_S = 24 * 3600.0
"""How long an answer is kept; a restart forgets it, which costs a repetition and no harm."""

_MOST = 1000
_MOST_FILES = 100_000
"""Files that all kept answers together may tell of: the answer on an archive can be long."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was sent (as a digest), and the answer."""

    digest: str
    answer: UploadsOut
    at: float


class Turn:
    """One request under a key: `done` is what was answered before, if anything was."""

    def __init__(self, done: Done | None) -> None:
        self.done = done
        self.kept: tuple[str, UploadsOut] | None = None

    def keep(self, digest: str, answer: UploadsOut) -> None:
        """Keep the answer of this request."""
        self.kept = (digest, answer)


class Replays:
    """The answers of the last day, by key."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._done: OrderedDict[str, Done] = OrderedDict()
        self._under_way: set[str] = set()

    @contextmanager
    def turn(self, key: str) -> Iterator[Turn]:
        """Begin a request; only one at a time may have the key.

        Raises
        ------
        Problem
            409 while another request has the key.
        """
        if key in self._under_way:
            raise Problem(409, "key-under-way", "A request with this Idempotency-Key is under way.")
        known = self._done.get(key)
        if known is not None and self._clock() - known.at > KEPT_S:
            known = None
        self._under_way.add(key)
        turn = Turn(known)
        try:
            yield turn
        finally:
            self._under_way.discard(key)
            if turn.kept is not None:
                self._done[key] = Done(*turn.kept, self._clock())
                while len(self._done) > _MOST or self._files() > _MOST_FILES:
                    self._done.popitem(last=False)

    def _files(self) -> int:
        return sum(len(done.answer.files) for done in self._done.values())
