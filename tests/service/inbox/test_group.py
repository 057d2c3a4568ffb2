"""Group commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from photopeak.inbox.group import GroupCommit
from support.ports import eventually


def send(group: GroupCommit[int, int], item: int) -> int:
    group.announce()
    return group.submit(item)


def test_a_thread_alone_does_not_wait_for_company() -> None:
    batches: list[int] = []

    def step(take: Callable[[], Sequence[int]]) -> Sequence[int]:
        items = take()
        batches.append(len(items))
        return items

    group: GroupCommit[int, int] = GroupCommit(step)

    assert [send(group, number) for number in range(3)] == [0, 1, 2]
    assert batches == [1, 1, 1]


def test_who_comes_during_a_step_is_taken_by_the_next_together() -> None:
    entered, leave = threading.Event(), threading.Event()
    batches: list[list[int]] = []

    def step(take: Callable[[], Sequence[int]]) -> list[int]:
        items = take()
        batches.append(sorted(items))
        if len(batches) == 1:
            entered.set()
            leave.wait(10.0)
        return [item * 10 for item in items]

    group: GroupCommit[int, int] = GroupCommit(step)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(send, group, 0)
        entered.wait(10.0)
        others = [pool.submit(send, group, number) for number in range(1, 6)]
        eventually(lambda: len(group._waiting) == 5)
        leave.set()

        assert first.result() == 0
        assert [other.result() for other in others] == [10, 20, 30, 40, 50]
    assert batches == [[0], [1, 2, 3, 4, 5]]


def test_who_comes_before_a_step_takes_goes_with_it() -> None:
    entered, leave = threading.Event(), threading.Event()

    def step(take: Callable[[], Sequence[int]]) -> Sequence[int]:
        entered.set()
        leave.wait(10.0)
        return [len(items := take())] * len(items)

    group: GroupCommit[int, int] = GroupCommit(step)
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(send, group, 0)]
        entered.wait(10.0)
        sent += [pool.submit(send, group, number) for number in range(1, 4)]
        eventually(lambda: len(group._waiting) == 4)
        leave.set()

        assert [one.result() for one in sent] == [4, 4, 4, 4]


def test_a_step_takes_no_more_than_its_bound() -> None:
    sizes: list[int] = []

    def step(take: Callable[[], Sequence[int]]) -> Sequence[int]:
        items = take()
        sizes.append(len(items))
        return items

    group: GroupCommit[int, int] = GroupCommit(step, largest=3)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda number: send(group, number), range(200))) == list(range(200))

    assert max(sizes) <= 3
    assert sum(sizes) == 200


@pytest.mark.parametrize("early", [True, False])
def test_a_step_that_fails_tells_everybody_it_took_and_stops_nobody_else(early: bool) -> None:
    def step(take: Callable[[], Sequence[int]]) -> Sequence[int]:
        if early and next(calls) % 2 == 0:
            raise RuntimeError("step failed")
        items = take()
        if not early and any(item % 2 for item in items):
            raise RuntimeError("step failed")
        return items

    calls = iter(range(1000))
    group: GroupCommit[int, int] = GroupCommit(step, largest=4)

    def try_to_send(number: int) -> int | str:
        try:
            return send(group, number)
        except RuntimeError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(try_to_send, range(100)))

    assert all(answer in (number, "step failed") for number, answer in enumerate(answers))
    assert "step failed" in answers


def test_a_step_waits_for_those_on_their_way_and_takes_them_along() -> None:
    sizes: list[int] = []

    def step(take: Callable[[], Sequence[int]]) -> Sequence[int]:
        items = take()
        sizes.append(len(items))
        return items

    group: GroupCommit[int, int] = GroupCommit(step, wait_s=30.0)
    for _ in range(4):
        group.announce()
    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(group.submit, number) for number in range(3)]
        eventually(lambda: group._expected == 1)
        group.withdraw()

        assert [one.result(10.0) for one in sent] == [0, 1, 2]
    assert sizes == [3]


def test_a_step_does_not_wait_for_ever() -> None:
    group: GroupCommit[int, int] = GroupCommit(lambda take: take())
    group.announce()  # and never comes

    assert [send(group, number) for number in range(3)] == [0, 1, 2]
