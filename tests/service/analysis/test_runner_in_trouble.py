"""What a worker does with its work when something goes wrong around it, and when it is to end."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from photopeak.analysis.runner import Runner
from photopeak.model.test_sets import TestSetState
from photopeak.settings import WorkSettings
from photopeak.storage import alerts, test_sets
from photopeak.storage.database import Database
from photopeak.storage.errors import StorageUnavailableError
from support import rows


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


def test_an_error_that_nobody_foresaw_is_seen_and_is_not_tried_for_ever(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with sqlite_database.transaction() as tx:
        test_set = rows.waiting_set(tx)
        test_sets.queue(tx, test_set.id, now=rows.NOON)
    Runner(
        database=sqlite_database, data=tmp_path, settings=WorkSettings(), site=cast("Any", None),
        catalogue={test_set.key.test: cast("Any", None)}, process=cast("Any", None), worker_id="w", clock=lambda: rows.NOON,
        ending=threading.Event(),
    ).run(test_set.id)  # fmt: skip

    with sqlite_database.snapshot() as tx:
        parked = test_sets.get(tx, test_set.id)
        (alert,) = alerts.page(tx).items
    assert parked.state is TestSetState.FAILED
    assert "see traceback" in parked.reason
    assert alert.alert.message == parked.reason


def test_a_worker_that_ends_begins_nothing() -> None:
    ending = threading.Event()
    ending.set()

    runner(ending).run("any")  # has no database to claim it from
