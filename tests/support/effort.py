"""Bounds on work that has to come to an end soon, whatever else the machine does meanwhile."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from photopeak.storage.database import Database, Transaction

Answer = TypeVar("Answer")

TRIES = 5


def soon(
    work: Callable[[], Answer], bound_s: float, *, clock: Callable[[], float] = time.thread_time
) -> Answer:
    """Return what `work` answers; fail if it takes longer than `bound_s` each time it is done.

    Work that backtracks, copies or doubles is too long every time. A machine that stands still for
    a moment, or the garbage of a thousand tests that is collected now, is not met five times.
    """
    seconds = []
    for _ in range(TRIES):
        begun = clock()
        answer = work()
        seconds.append(clock() - begun)
        if seconds[-1] < bound_s:
            return answer
    raise AssertionError(f"took {min(seconds):.3g} s at least in {TRIES} tries, not {bound_s} s")


def lines_of(work: Callable[[], object]) -> int:
    """Count the lines of Python that `work` runs: its effort, the same on every machine."""
    count = 0

    def on_event(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return on_event

    before = sys.gettrace()
    sys.settrace(on_event)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def steps_of(database: Database, read: Callable[[Transaction], object]) -> int:
    """Count the steps of SQLite's machine that `read` takes, in tens: what a scan passes by counts.

    It is done once before, so that what is compiled or remembered on the way is not counted.
    """
    count = 0

    def on_steps() -> int:
        nonlocal count
        count += 1
        return 0

    with database.snapshot() as tx:
        read(tx)
        driver: Any = tx.connection.connection.driver_connection
        driver.set_progress_handler(on_steps, 10)
        try:
            read(tx)
        finally:
            driver.set_progress_handler(None, 0)
    return count
