"""The reactor of the client: held before a request is sent, however late it comes."""

from __future__ import annotations

import inspect
import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pynetdicom.association import Association

from photopeak.listener import client
from photopeak.listener.reactor_pause import Checkpoint
from support.ports import eventually

from .conftest import Listen, MemoryStore
from .test_client import make_file


class Reactor:
    """Does what pynetdicom's does: passes the checkpoint and takes what has come."""

    def __init__(self) -> None:
        self.checkpoint = Checkpoint()
        self.answers: queue.Queue[int] = queue.Queue()
        self.taken: list[int] = []
        self.gate = threading.Lock()
        self.on_its_way = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.ended = False
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self.ended:
            self.checkpoint.wait()
            with self.gate:
                goes_on = self.may_go_on.is_set()
            if not goes_on:
                self.on_its_way.set()
                self.may_go_on.wait()
            try:
                self.taken.append(self.answers.get_nowait())
            except queue.Empty:
                continue


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    made = Reactor()
    made.thread.start()
    yield made
    made.ended = True
    made.may_go_on.set()
    made.checkpoint.set()
    made.thread.join(10.0)
    assert not made.thread.is_alive()


def test_a_reactor_that_is_late_is_waited_for(reactor: Reactor) -> None:
    with reactor.gate:
        reactor.may_go_on.clear()
    assert reactor.on_its_way.wait(10.0)
    paused = threading.Event()

    def pause() -> None:
        reactor.checkpoint.clear()
        paused.set()

    asking = threading.Thread(target=pause)
    asking.start()
    assert eventually(lambda: not reactor.checkpoint.is_set())
    assert not paused.is_set()
    reactor.may_go_on.set()
    assert paused.wait(10.0)
    asking.join(10.0)
    reactor.answers.put(1)
    assert reactor.answers.get_nowait() == 1
    assert reactor.taken == []


def test_no_answer_is_taken_between_pauses_that_follow_at_once(reactor: Reactor) -> None:
    for number in range(2000):
        reactor.checkpoint.clear()
        reactor.answers.put(number)
        assert reactor.answers.get(timeout=30.0) == number
        reactor.checkpoint.set()

    assert reactor.taken == []


def test_a_reactor_that_goes_on_takes_what_comes(reactor: Reactor) -> None:
    reactor.checkpoint.clear()
    reactor.checkpoint.set()
    reactor.answers.put(7)

    assert eventually(lambda: reactor.taken == [7])


def test_the_library_pauses_by_the_event_that_is_replaced() -> None:
    assert "self._reactor_checkpoint.wait()" in inspect.getsource(Association._run_reactor)
    assert "self._reactor_checkpoint.clear()" in inspect.getsource(Association.send_c_store)


def test_every_one_of_many_files_has_its_answer(
    listen: Listen, store: MemoryStore, tmp_path: Path
) -> None:
    files = [make_file(tmp_path / f"{number:03d}") for number in range(150)]
    outcomes = client.send(files, "127.0.0.1", listen().port, timeout_s=10.0)

    assert [outcome.path for outcome in outcomes if not outcome.ok] == []
    assert len(store.kept) == len(files)
