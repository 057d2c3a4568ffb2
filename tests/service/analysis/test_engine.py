import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from photopeak.analysis.engine import Engine, EngineOptions, job_id, turn_of
from photopeak.storage.database import Database
from support.ports import eventually

VICTIM = """
import sys, threading
from pathlib import Path
from pydantic import SecretStr
from photopeak.analysis.engine import Engine, EngineOptions
from photopeak.settings import DatabaseSettings
from photopeak.storage.database import open_database

url, data = sys.argv[1:]
database = open_database(DatabaseSettings(url=SecretStr(url) if url else None), Path(data))

def analyze(test_set_id):
    print("started", test_set_id, flush=True)
    threading.Event().wait()

engine = Engine(database, EngineOptions(executor_id="victim", concurrency=1, polling_interval_s=0.05), analyze)
for name in ("first", "second"):
    with database.transaction() as tx:
        engine.enqueue(tx, name, 1)
threading.Event().wait()
"""


class Log:
    """Jobs that were run, in order."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def __call__(self, test_set_id: str) -> None:
        self.ids.append(test_set_id)


@contextmanager
def engine(database: Database, analyze: object, name: str = "here") -> Iterator[Engine]:
    running = Engine(
        database,
        EngineOptions(executor_id=name, concurrency=2, polling_interval_s=0.05),
        analyze,  # type: ignore[arg-type]
    )
    try:
        yield running
    finally:
        running.stop(drain_s=1.0)


def test_a_job_runs_once_however_often_it_is_enqueued(database: Database) -> None:
    log = Log()
    with engine(database, log) as running:
        for _ in range(3):
            with database.transaction() as tx:
                running.enqueue(tx, "a", 1)
        with database.transaction() as tx:
            running.enqueue(tx, "b", 1)
        eventually(lambda: {"a", "b"} <= set(log.ids))
        eventually(lambda: not running.waiting())

    assert sorted(log.ids) == ["a", "b"]


def test_the_next_attempt_is_another_job(database: Database) -> None:
    log = Log()
    with engine(database, log) as running:
        for attempt in (1, 2):
            with database.transaction() as tx:
                running.enqueue(tx, "a", attempt)
        eventually(lambda: len(log.ids) == 2)

    assert log.ids == ["a", "a"]


def test_a_job_that_came_to_nothing_is_followed_by_the_next_turn(database: Database) -> None:
    log = Log()
    with engine(database, log) as running:
        for turn in (1, 2, 2):
            with database.transaction() as tx:
                job = running.enqueue(tx, "a", 1, turn=turn)
            eventually(lambda job=job: job not in running.waiting())  # type: ignore[misc]

    assert log.ids == ["a", "a"]
    assert (turn_of(job), turn_of(job_id("a", 1))) == (2, 1)


def test_the_log_of_the_engine_is_ours_and_calm(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with engine(sqlite_database, Log()):
        for _ in range(5):
            logging.getLogger("dbos").warning("the database is away")

    assert [r.message for r in caplog.records if r.name == "dbos"] == ["the database is away"]


def test_a_transaction_that_is_rolled_back_enqueues_nothing(database: Database) -> None:
    log = Log()
    with engine(database, log) as running:
        with pytest.raises(ZeroDivisionError):
            _enqueue_and_fail(running, database)
        with database.transaction() as tx:
            running.enqueue(tx, "after", 1)
        eventually(lambda: log.ids)

    assert log.ids == ["after"]


def test_no_more_jobs_run_at_a_time_than_allowed(database: Database) -> None:
    running_now, most = 0, 0
    lock, release, done = threading.Lock(), threading.Event(), []

    def analyze(test_set_id: str) -> None:
        nonlocal running_now, most
        with lock:
            running_now += 1
            most = max(most, running_now)
        release.wait(10.0)
        with lock:
            running_now -= 1
            done.append(test_set_id)

    with engine(database, analyze) as running:
        for name in "abcd":
            with database.transaction() as tx:
                running.enqueue(tx, name, 1)
        eventually(lambda: running_now == 2)
        release.set()
        eventually(lambda: len(done) == 4)

    assert most == 2


def test_jobs_of_a_killed_host_are_taken_or_told_of(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = "" if database.path else request.getfixturevalue("postgres_url")
    data = database.path.parent if database.path else tmp_path
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, url, str(data)], stdout=subprocess.PIPE, text=True
    )
    assert victim.stdout is not None
    assert victim.stdout.readline() == "started first\n"
    victim.send_signal(signal.SIGKILL)
    victim.wait(10)
    victim.stdout.close()
    log = Log()

    with engine(database, log) as running:
        eventually(lambda: log.ids)
        eventually(lambda: job_id("second", 1) not in running.waiting())
        still_listed = running.waiting()
        running.forget(job_id("first", 1))
        forgotten = running.waiting()

    # What was queued is done by whoever lives; what was running stays listed until the rows say
    # that its worker is gone.
    assert log.ids == ["second"]
    assert still_listed == {job_id("first", 1)}
    assert forgotten == frozenset()


def test_a_schedule_goes_on_after_a_failure(sqlite_database: Database) -> None:
    calls = []

    def act() -> None:
        calls.append(None)
        raise ZeroDivisionError

    with engine(sqlite_database, Log()) as running:
        running.schedule("test", 0.01, act)
        eventually(lambda: len(calls) >= 3)


def _enqueue_and_fail(running: Engine, database: Database) -> None:
    with database.transaction() as tx:
        running.enqueue(tx, "never", 1)
        raise ZeroDivisionError
