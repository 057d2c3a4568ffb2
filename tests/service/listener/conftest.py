"""A listener in this process, with a store in memory and limits short enough for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from photopeak.listener.service import InProcessListener
from photopeak.model.devices import Device
from photopeak.model.reception import Reception, StoreOutcome, StoreStatus
from photopeak.settings import ListenerSettings

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

    def __post_init__(self) -> None:
        self.let_commit.set()

    def begin(self, reception: Reception) -> Part:
        part = Part(self, reception)
        self.open.add(part)
        return part

    def accepting(self) -> StoreOutcome | None:
        return self.closed_door

    def close(self) -> None:
        pass


Listen = Callable[..., InProcessListener]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


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
