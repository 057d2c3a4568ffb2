import fcntl
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from photopeak.storage.gate import GateTimeoutError, WriteGate
from support.storage_children import hold, take_turns

SPAWN = multiprocessing.get_context("spawn")


def until(condition: Callable[[], bool], deadline_s: float = 10.0) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def test_another_process_waits_until_the_gate_is_left(tmp_path: Path) -> None:
    held, leave = SPAWN.Event(), SPAWN.Event()
    other = SPAWN.Process(target=hold, args=(tmp_path / "lock", held, leave))
    other.start()
    assert held.wait(30.0)
    gate = WriteGate(tmp_path / "lock")

    with pytest.raises(GateTimeoutError):
        gate.acquire(0.05)
    leave.set()
    gate.acquire(10.0)

    gate.release()
    other.join(10.0)
    gate.close()


def test_a_writer_for_whom_there_is_no_thread_gives_up_and_leaves_the_next_one_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    other, gate = WriteGate(tmp_path / "lock"), WriteGate(tmp_path / "lock")
    other.acquire(10.0)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(GateTimeoutError):
            gate.acquire(10.0)
    other.release()
    gate.acquire(10.0)

    gate.release()
    gate.close()
    other.close()


def test_a_killed_holder_leaves_the_gate_open(tmp_path: Path) -> None:
    held, leave = SPAWN.Event(), SPAWN.Event()
    other = SPAWN.Process(target=hold, args=(tmp_path / "lock", held, leave))
    other.start()
    assert held.wait(30.0)
    gate = WriteGate(tmp_path / "lock")
    assert other.pid is not None

    os.kill(other.pid, signal.SIGKILL)
    gate.acquire(10.0)

    gate.release()
    other.join(10.0)
    gate.close()


def test_no_two_processes_stand_in_the_gate_together(tmp_path: Path) -> None:
    start = SPAWN.Barrier(2)
    log = tmp_path / "log"
    others = [
        SPAWN.Process(target=take_turns, args=(tmp_path / "lock", log, name, start))
        for name in "ab"
    ]
    for other in others:
        other.start()
    for other in others:
        other.join(60.0)

    lines = log.read_text().split()
    assert len(lines) == 200
    for entered, left in zip(lines[::2], lines[1::2], strict=True):
        assert entered.removesuffix("-in") == left.removesuffix("-out")


def test_who_leaves_the_gate_cannot_overtake_who_waits_for_it(tmp_path: Path) -> None:
    gate = WriteGate(tmp_path / "lock")
    gate.acquire(1.0)
    held, leave = SPAWN.Event(), SPAWN.Event()
    other = SPAWN.Process(target=hold, args=(tmp_path / "lock", held, leave))
    other.start()
    with (tmp_path / "lock-queue").open() as queue:

        def somebody_waits() -> bool:
            try:
                fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            fcntl.flock(queue, fcntl.LOCK_UN)
            return False

        until(somebody_waits, 30.0)
    gate.release()

    with pytest.raises(GateTimeoutError):
        gate.acquire(0.2)

    assert held.wait(10.0)
    leave.set()
    gate.acquire(10.0)
    gate.release()
    gate.close()
    other.join(10.0)


def test_threads_of_a_process_are_served_in_the_order_of_their_arrival(tmp_path: Path) -> None:
    gate = WriteGate(tmp_path / "lock")
    gate.acquire(1.0)
    served: list[int] = []

    def work(number: int) -> None:
        gate.acquire(10.0)
        served.append(number)
        gate.release()

    threads = []
    for number in range(5):
        thread = threading.Thread(target=work, args=(number,))
        thread.start()
        threads.append(thread)
        until(lambda n=number: gate.waiting == n + 1)  # type: ignore[misc]
    gate.release()
    for thread in threads:
        thread.join(10.0)

    assert served == list(range(5))
    gate.close()


def test_who_gave_up_does_not_take_the_gate_later(tmp_path: Path) -> None:
    one, other = WriteGate(tmp_path / "lock"), WriteGate(tmp_path / "lock")
    one.acquire(1.0)
    for _ in range(3):
        with pytest.raises(GateTimeoutError):
            other.acquire(0.02)
    one.release()

    one.acquire(10.0)
    one.release()
    other.acquire(10.0)
    other.release()
    one.close()
    other.close()


def test_a_gate_that_is_closed_while_somebody_waits_is_open_to_others(tmp_path: Path) -> None:
    one, other = WriteGate(tmp_path / "lock"), WriteGate(tmp_path / "lock")
    one.acquire(1.0)
    with pytest.raises(GateTimeoutError):
        other.acquire(0.02)
    other.close()
    one.release()

    third = WriteGate(tmp_path / "lock")
    third.acquire(10.0)
    third.release()
    third.close()
    one.close()
