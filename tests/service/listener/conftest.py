"""A listener in this process, with a store in memory and limits short enough for tests."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from photopeak.listener.service import InProcessListener
from photopeak.model.devices import Device
from photopeak.model.reception import Reception, StoreOutcome, StoreStatus
from photopeak.settings import ListenerSettings

Done = Callable[[StoreOutcome | None], None]
SUCCESS = StoreOutcome(status=StoreStatus.SUCCESS)


class Part:
    """An instance on its way into memory."""

    def __init__(self, store: MemoryStore, reception: Reception) -> None:
        self._store = store
        self.reception = reception
        self.data = bytearray()

    def writev(self, views: Sequence[memoryview]) -> None:
        for view in views:
            self.data += view

    def waits(self, size: int) -> bool:
        return len(self.data) + size > self._store.longest

    def commit_later(self, done: Done) -> bool:
        if self._store.way is None or self.waits(0):
            return False
        if self._store.failure is not None:
            raise self._store.failure
        self._store.way.coming.append((self, done))
        return True

    def discard(self) -> None:
        self._store.open.discard(self)
        self._store.discarded += 1

    def commit(self) -> StoreOutcome:
        self._store.open.discard(self)
        self._store.committing.set()
        assert self._store.let_commit.wait(20)
        if self._store.failure is not None:
            raise self._store.failure
        if self._store.outcome.status is StoreStatus.SUCCESS:
            self._store.kept.append(self)
        return self._store.outcome


class MemoryWay:
    """Stands for the way into the inbox that waits for nobody: a thread does."""

    def __init__(self, store: MemoryStore) -> None:
        self.coming: list[tuple[Part, Done]] = []
        self._store = store
        self._ready: deque[tuple[Done, StoreOutcome]] = deque()
        self._threads: list[threading.Thread] = []
        self._signal = os.eventfd(0, os.EFD_NONBLOCK)

    def begin(self, reception: Reception) -> Part:
        return self._store.begin(reception)

    def fileno(self) -> int:
        return self._signal

    def flush(self) -> None:
        if self.coming:
            work, self.coming = self.coming, []
            self._threads.append(threading.Thread(target=self._keep, args=(work,), daemon=True))
            self._threads[-1].start()

    def collect(self) -> None:
        os.eventfd_read(self._signal)
        while self._ready:
            done, outcome = self._ready.popleft()
            done(outcome)

    def close(self) -> None:
        for thread in self._threads:
            thread.join()
        os.close(self._signal)

    def _keep(self, work: Sequence[tuple[Part, Done]]) -> None:
        for part, done in work:
            self._ready.append((done, part.commit()))
        os.eventfd_write(self._signal, 1)


@dataclass
class MemoryStore:
    """Stands for the inbox: keeps instances in memory, fails when told to."""

    outcome: StoreOutcome = SUCCESS
    failure: Exception | None = None
    closed_door: StoreOutcome | None = None
    kept: list[Part] = field(default_factory=list)
    open: set[Part] = field(default_factory=set)
    discarded: int = 0
    let_commit: threading.Event = field(default_factory=threading.Event)
    committing: threading.Event = field(default_factory=threading.Event)
    pumped: bool = False
    longest: int = 1_000_000
    """A longer instance makes who stores it wait."""
    way: MemoryWay | None = None

    def __post_init__(self) -> None:
        self.let_commit.set()

    def begin(self, reception: Reception) -> Part:
        part = Part(self, reception)
        self.open.add(part)
        return part

    def accepting(self) -> StoreOutcome | None:
        return self.closed_door

    def quick(self) -> MemoryWay | None:
        self.way = MemoryWay(self) if self.pumped else None
        return self.way

    def close(self) -> None:
        pass


Listen = Callable[..., InProcessListener]


@pytest.fixture(params=[False, True], ids=["threads", "pump"])
def store(request: pytest.FixtureRequest) -> Iterator[MemoryStore]:
    """Return a store; each test that has one runs with a thread per association, and with the pump."""
    made = MemoryStore(pumped=request.param)
    yield made
    made.let_commit.set()
    if made.way is not None:
        made.way.close()


@pytest.fixture
def listen(store: MemoryStore) -> Iterator[Listen]:
    """Start listeners; keyword arguments are settings."""
    with ExitStack() as stack:

        def start(*, devices: Sequence[Device] = (), **changes: Any) -> InProcessListener:
            values: dict[str, Any] = {"host": "127.0.0.1", "port": 0, "drain_s": 1.0, **changes}
            return stack.enter_context(
                InProcessListener(ListenerSettings(**values), store, devices)
            )

        yield start
