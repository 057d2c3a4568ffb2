"""Duties are done by one worker at a time, and a duty that fails keeps no other waiting."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Barrier

import pytest

from photopeak.alerts.clerk import LEASE, Clerk, Duty
from photopeak.storage import outbox
from photopeak.storage.database import Database
from support.telling import MORNING, Desk


class Clock:
    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        return self.now


def recorded(word: str, done: list[str], *, name: str = "", period_s: float = 5.0) -> Duty:
    return Duty(name=name or word, act=lambda _now: done.append(word), period_s=period_s)


def fail(_now: datetime) -> None:
    raise ValueError("no such thing")


def clerk(database: Database, clock: Callable[[], datetime], *duties: Duty, who: str) -> Clerk:
    return Clerk(database, duties, holder=who, clock=clock)


def test_a_duty_that_fails_is_logged_once_and_tried_again(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    clock, done = Clock(), list[str]()
    it = clerk(sqlite_database, clock, Duty(name="bad", act=fail), recorded("good", done), who="a")
    with caplog.at_level(logging.ERROR):
        for _ in range(4):
            it.step()
            clock.now += timedelta(seconds=60)

    assert done == ["good"] * 4
    assert [r.message for r in caplog.records] == ["the duty bad failed; it is tried again"]


def test_of_two_workers_one_does_a_duty_until_it_is_gone(database: Database) -> None:
    """A database out of reach of one worker for a moment may hand the duty over, never share it."""
    clock, done = Clock(), list[tuple[str, datetime]]()
    first, second = (
        clerk(
            database,
            clock,
            Duty(name="x", act=lambda now, who=who: done.append((who, now)), period_s=5.0),  # type: ignore[misc]
            who=who,
        )
        for who in ("a", "b")
    )
    for _ in range(4):
        first.step()
        second.step()
        clock.now += LEASE / 3
    assert done
    for (before, then), (after, now) in pairwise(done):
        assert before == after or now - then >= LEASE / 2

    for _ in range(5):  # the first one is gone
        clock.now += LEASE
        second.step()
    assert done[-1][0] == "b"


def test_a_worker_that_ends_gives_its_duties_back(database: Database) -> None:
    clock, done = Clock(), list[str]()
    first = clerk(database, clock, Duty(name="x", act=lambda _: done.append("1")), who="a")
    second = clerk(database, clock, Duty(name="x", act=lambda _: done.append("2")), who="b")
    first.step()
    first.close()
    second.step()

    assert done == ["1", "2"]


def test_what_is_not_needed_is_not_done_and_takes_no_lease(sqlite_database: Database) -> None:
    clock, done = Clock(), list[str]()
    idle = Duty(name="x", act=lambda _: done.append("1"), needed=lambda _tx, _now: False)
    clerk(sqlite_database, clock, idle, who="a").step()
    clerk(sqlite_database, clock, recorded("x", done), who="b").step()

    assert done == ["x"]


def test_without_changes_a_duty_waits_for_its_period(sqlite_database: Database) -> None:
    clock, done = Clock(), list[str]()
    it = clerk(sqlite_database, clock, recorded("x", done, period_s=60.0), who="a")
    it.step()
    it.step()  # its own lease was a change
    begun = len(done)
    for _ in range(5):
        clock.now += timedelta(seconds=10)
        it.step()

    assert len(done) == begun
    clock.now += timedelta(seconds=10)
    it.step()
    assert len(done) == begun + 1


def test_a_shared_duty_is_done_by_every_worker_at_every_step(sqlite_database: Database) -> None:
    clock, done = Clock(), list[str]()
    for who in ("a", "b"):
        shared = Duty(name="x", act=lambda _, who=who: done.append(who), shared=True)  # type: ignore[misc]
        it = clerk(sqlite_database, clock, shared, who=who)
        it.step()
        it.step()

    assert done == ["a", "a", "b", "b"]


def test_two_clerks_at_once_put_each_message_down_once(database: Database) -> None:
    desks = [Desk(database, name=f"worker-{n}") for n in range(2)]
    for number in range(3):
        desks[0].breach(f"camera-{number + 1}")
    together = Barrier(2)
    moment = MORNING + timedelta(minutes=3)

    def tell(desk: Desk) -> None:
        together.wait(timeout=10)
        with database.transaction() as tx:  # as if both held the lease
            desk.watchman.tell(tx, moment)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tell, desks))
    with database.snapshot() as tx:
        messages = outbox.page(tx).items
    assert sorted(m.message.lines[0].device for m in messages) == [
        "Camera 1",
        "Camera 2",
        "Camera 3",
    ]


def test_a_duty_that_all_share_is_done_by_everybody_at_every_step(database: Database) -> None:
    clock, done = Clock(), list[str]()
    for who in ("a", "b"):
        duty = Duty(name="x", act=lambda _, who=who: done.append(who), shared=True)
        it = clerk(database, clock, duty, who=who)
        it.step()
        it.step()

    assert done == ["a", "a", "b", "b"]


def test_a_clock_that_is_set_back_stops_no_duty(database: Database) -> None:
    clock, done = Clock(), list[str]()
    clock.now += timedelta(days=1)
    first = clerk(database, clock, recorded("1", done, name="x"), who="a")
    second = clerk(database, clock, recorded("2", done, name="x"), who="b")
    first.step()
    assert done == ["1"]

    clock.now -= timedelta(days=1)
    second.step()
    clock.now += LEASE / 3
    first.step()
    assert done == ["1", "2"]  # the lease of before is no lease, that of now is one
    clock.now += LEASE
    first.step()
    assert done == ["1", "2", "1"]
