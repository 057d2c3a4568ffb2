"""What a worker does with its work while the database is away, and when it is told to end."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from photopeak.analysis.runner import Runner
from photopeak.settings import WorkSettings
from photopeak.storage.errors import StorageUnavailableError


def runner(ending: threading.Event) -> Runner:
    unused = cast("Any", None)
    return Runner(
        database=unused, data=Path(), settings=WorkSettings(), site=unused, catalogue={},
        process=unused, worker_id="w", clock=unused, ending=ending,
    )  # fmt: skip


def away(times: int, calls: list[int]) -> Callable[[], str]:
    def act() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise StorageUnavailableError("no answer")
        return "kept"

    return act


def test_a_result_waits_until_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photopeak.analysis.runner._DATABASE_PAUSE_S", 0.01)
    calls: list[int] = []

    assert runner(threading.Event())._persistently(away(3, calls)) == "kept"
    assert len(calls) == 4


def test_a_worker_that_ends_does_not_wait_for_the_database() -> None:
    ending = threading.Event()
    ending.set()
    calls: list[int] = []

    with pytest.raises(StorageUnavailableError):
        runner(ending)._persistently(away(1, calls))
    assert len(calls) == 1


def test_a_worker_that_ends_begins_nothing() -> None:
    ending = threading.Event()
    ending.set()

    runner(ending).run("any")  # has no database to claim it from
