"""Group commit."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from photopeak.inbox.group import GroupCommit
from support.ports import eventually


def test_a_thread_alone_does_not_wait_for_company() -> None:
    batches: list[int] = []
    group: GroupCommit[int, int] = GroupCommit(
        lambda items: [batches.append(len(items)) or item for item in items]  # type: ignore[func-returns-value]
    )

    assert [group.submit(number) for number in range(3)] == [0, 1, 2]
    assert batches == [1, 1, 1]


def test_who_comes_during_a_step_is_taken_by_the_next_together() -> None:
    entered, leave = threading.Event(), threading.Event()
    batches: list[list[int]] = []

    def step(items: Sequence[int]) -> list[int]:
        batches.append(sorted(items))
        if len(batches) == 1:
            entered.set()
            leave.wait(10.0)
        return [item * 10 for item in items]

    group: GroupCommit[int, int] = GroupCommit(step)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(group.submit, 0)
        entered.wait(10.0)
        others = [pool.submit(group.submit, number) for number in range(1, 6)]
        eventually(lambda: len(group._waiting) == 5)
        leave.set()

        assert first.result() == 0
        assert [other.result() for other in others] == [10, 20, 30, 40, 50]
    assert batches == [[0], [1, 2, 3, 4, 5]]


def test_a_step_takes_no_more_than_its_bound() -> None:
    sizes: list[int] = []

    def step(items: Sequence[int]) -> Sequence[int]:
        sizes.append(len(items))
        return items

    group: GroupCommit[int, int] = GroupCommit(step, largest=3)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(group.submit, range(200))) == list(range(200))

    assert max(sizes) <= 3
    assert sum(sizes) == 200


def test_a_step_that_fails_does_not_stop_the_next_ones() -> None:
    def step(items: Sequence[int]) -> Sequence[int]:
        if 1 in items:
            raise RuntimeError("step failed")
        return items

    group: GroupCommit[int, int] = GroupCommit(step)
    with pytest.raises(RuntimeError, match="step failed"):
        group.submit(1)

    assert group.submit(2) == 2
