"""Several processes want the same at once, and one of them dies."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.test_sets import TestSetState
from photopeak.settings import DatabaseSettings
from photopeak.storage import alerts, marks, results, series, test_sets
from photopeak.storage.database import Database, Transaction, open_database
from support.rows import NOON, after, key, result_of, series_of, waiting_set

T = TypeVar("T")

WRITER = """
import sys
from pathlib import Path
from photopeak.settings import DatabaseSettings
from photopeak.storage.database import open_database
from support.rows import series_of

database = open_database(DatabaseSettings(), Path(sys.argv[1]))
for number in range(1_000_000):
    with database.transaction() as tx:
        series_of(tx, f"1.2.3.{number}")
    print(number, flush=True)
"""


def at_once(database: Database, act: Callable[[Transaction], T], times: int = 6) -> list[T]:
    """Call `act` in transactions of as many threads, all begun before any may end."""
    ready = threading.Barrier(times)

    def one(_: int) -> T:
        ready.wait(10.0)
        with database.transaction() as tx:
            return act(tx)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_one_of_many_workers_gets_the_test_set(database: Database) -> None:
    with database.transaction() as tx:
        queued = test_sets.queue(tx, waiting_set(tx).id, now=NOON)

    claims = at_once(database, lambda tx: test_sets.claim(tx, queued.id, "w", now=NOON))

    assert len([claim for claim in claims if claim is not None]) == 1


def test_one_of_many_sweeps_takes_the_work_of_a_dead_worker(database: Database) -> None:
    with database.transaction() as tx:
        queued = test_sets.queue(tx, waiting_set(tx).id, now=NOON)
        test_sets.claim(tx, queued.id, "gone", now=NOON)

    taken = at_once(
        database,
        lambda tx: test_sets.release_lost(tx, now=after(60), stale_after_s=30, attempts=9),
    )

    assert len([records for records in taken if records]) == 1
    with database.snapshot() as tx:
        record = test_sets.get(tx, queued.id)
    assert (record.state, record.attempt) == (TestSetState.QUEUED, 2)


def test_one_test_set_is_made_for_a_series(database: Database) -> None:
    with database.transaction() as tx:
        series_of(tx)

    made = at_once(
        database,
        lambda tx: test_sets.find_or_create(
            tx, key(), role="flood", series_instance_uid="1.2.3.10", maximum=1, now=NOON
        ),
    )

    assert len({record.id for record in made}) == 1


def test_one_result_is_made_of_the_same_work(database: Database) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)

    made = at_once(database, lambda tx: results.add(tx, result_of(test_set)))

    assert len({record.id for record in made}) == 1


def test_one_alert_is_opened_for_a_cause(database: Database) -> None:
    cause = Alert(key="disk", severity=AlertSeverity.CRITICAL, title="Disk", message="full")

    opened = at_once(database, lambda tx: alerts.raise_alert(tx, cause, now=NOON))

    assert {(record.id, record.count) for record in opened} == {(opened[0].id, 1)}


def test_one_caller_is_the_first(database: Database) -> None:
    assert sum(at_once(database, lambda tx: marks.put_once(tx, "first start", "x"))) == 1


def test_what_was_committed_outlives_a_killed_process(sqlite_database: Database) -> None:
    path = sqlite_database.path
    assert path is not None
    sqlite_database.close()
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path.parent)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    ) as writer:
        assert writer.stdout is not None
        acknowledged = []
        for line in writer.stdout:
            acknowledged.append(int(line))
            if len(acknowledged) == 40:
                writer.kill()

    database = open_database(DatabaseSettings(), path.parent)
    with database.transaction() as tx:
        assert len(acknowledged) >= 40
        for number in acknowledged:
            assert series.get(tx, f"1.2.3.{number}").instances == 1
    database.close()
