"""Long lists are read along an index: the first page of a million rows costs as much as of ten."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from photopeak.model.alerts import AlertState
from photopeak.model.associations import AssociationOutcome
from photopeak.model.judgement import Status
from photopeak.model.messages import DeliveryState
from photopeak.model.series import SeriesState
from photopeak.model.test_sets import TestSetState
from photopeak.storage import (
    alerts,
    associations,
    audit,
    decisions,
    entries,
    events,
    exclusions,
    instances,
    limits,
    outbox,
    paging,
    readings,
    results,
    reviews,
    schedule,
    series,
    standings,
    test_sets,
    trends,
)
from photopeak.storage.database import Database, Transaction
from support.rows import NOON, after, instance, result_of, waiting_set

CURSOR = paging.encode(NOON, "x")

READS: dict[str, Callable[[Transaction], Any]] = {
    "series": lambda tx: series.page(tx, cursor=CURSOR),
    "series of a state": lambda tx: series.page(tx, states=[SeriesState.UNROUTED], cursor=CURSOR),
    "series of a device": lambda tx: series.page(tx, device_id="d", cursor=CURSOR),
    "series since": lambda tx: series.page(tx, since=NOON),
    "series due": lambda tx: series.due_for_completion(tx, NOON, 30.0),
    "results": lambda tx: results.page(tx, cursor=CURSOR),
    "all results": lambda tx: results.page(tx, superseded=True, cursor=CURSOR),
    "results of a device": lambda tx: results.page(tx, device_id="d", cursor=CURSOR),
    "results of a test": lambda tx: results.page(tx, test="t", cursor=CURSOR),
    "results of both": lambda tx: results.page(tx, device_id="d", test="t", cursor=CURSOR),
    "results of a status": lambda tx: results.page(tx, statuses=[Status.FAIL], cursor=CURSOR),
    "results of a series": lambda tx: results.by_series(tx, "1.2"),
    "versions of a result": lambda tx: results.versions(tx, "s"),
    "latest results": lambda tx: results.latest_per_test(tx),
    "latest results of a device": lambda tx: results.latest_per_test(tx, "camera-1"),
    "results by when they were measured": lambda tx: results.measured(
        tx, device_id="d", test="t", variant="v", since=NOON, before=NOON
    ),
    "results that a state is told from": lambda tx: standings.told_of(tx, "camera-1", "t"),
    "tests that nothing was told of": lambda tx: standings.untold(tx),
    "results of some tests in a month": lambda tx: schedule.measured(
        tx, ["d", "e"], ["t", "u"], since=NOON, before=after(9)
    ),
    "test sets": lambda tx: test_sets.page(tx, cursor=CURSOR),
    "test sets of a state": lambda tx: test_sets.page(
        tx, states=[TestSetState.WAITING], cursor=CURSOR
    ),
    "test sets of a series": lambda tx: test_sets.by_series(tx, "1.2"),
    "queued test sets": lambda tx: test_sets.queued_without_job(tx, []),
    "alerts": lambda tx: alerts.page(tx, cursor=CURSOR),
    "open alerts": lambda tx: alerts.page(tx, states=[AlertState.OPEN], cursor=CURSOR),
    "associations": lambda tx: associations.page(tx, cursor=CURSOR),
    "refused associations": lambda tx: associations.page(
        tx, outcomes=[AssociationOutcome.REJECTED], cursor=CURSOR
    ),
    "unindexed instances": lambda tx: instances.unindexed(tx, 100),
    "instances by id": lambda tx: instances.page_by_id(tx, "x", 100),
    "instances by bytes": lambda tx: instances.by_sha256(tx, "x"),
    "instances of a series": lambda tx: instances.by_series(tx, "1.2"),
    "copies of an instance": lambda tx: instances.by_sop_instance_uid(tx, "1.2"),
    "headers of a series": lambda tx: instances.headers(tx, "1.2"),
    "decision": lambda tx: decisions.latest(tx, "1.2"),
    "baselines": lambda tx: limits.baselines_for(tx, "d", "t", "v"),
    "last readings": lambda tx: readings.last_times(tx, "d", "t"),
    "an entry by its key": lambda tx: entries.known(tx, "c", "k"),
    "points of a trend": lambda tx: trends.points(
        tx,
        device_id="camera-1",
        test="intrinsic_uniformity",
        variant="nema",
        metrics=("iu_ufov",),
        scope={"detector": 1},
    ),
    "numbers of a test": lambda tx: trends.numbers(tx, "d", "t", "v"),
    "signals of a result": lambda tx: trends.signals_of(tx, "r"),
    "baselines with their sources": lambda tx: limits.every_accepted(tx, "d", "t", "v"),
    "baselines of a device": lambda tx: limits.accepted_of_device(tx, "d"),
    "exclusions of a result": lambda tx: exclusions.of_result(tx, "r"),
    "events of a device": lambda tx: events.of_device(tx, "d"),
    "events": lambda tx: events.page(tx, cursor=CURSOR),
    "events of a device by page": lambda tx: events.page(tx, device_id="d", cursor=CURSOR),
    "versions of an event": lambda tx: events.versions(tx, "e"),
    "messages": lambda tx: outbox.page(tx, cursor=CURSOR),
    "messages of a channel": lambda tx: outbox.page(tx, channel="mail", cursor=CURSOR),
    "messages of a state": lambda tx: outbox.page(tx, state=DeliveryState.FAILED, cursor=CURSOR),
    "messages that are due": lambda tx: outbox.claim(tx, "mail", now=NOON, lease_s=9.0),
    "the next message": lambda tx: outbox.next_due(tx, ["mail"]),
    "messages that wait": lambda tx: outbox.waiting(tx, "mail"),
    "the oldest message": lambda tx: outbox.oldest_waiting(tx),
    "attempts": lambda tx: outbox.attempts(tx, "x"),
    "results that wait for a signature": lambda tx: reviews.count(tx, most=9),
    "audit trail": lambda tx: audit.page(tx, before=9),
}

SORTED_AFTERWARDS = {
    # A handful of rows that an index has found, in an order that another index would have.
    "results of a series",
    "test sets of a series",
    "headers of a series",
    "instances by bytes",
    "baselines",
    "baselines with their sources",
    "baselines of a device",
}


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, text: str, values: Any, *_: object) -> None:
        if text.startswith("SELECT"):
            seen.append((text, values))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("name", READS)
def test_a_read_follows_an_index(sqlite_database: Database, name: str) -> None:
    with sqlite_database.transaction() as tx:
        instances.add_batch(tx, [instance(1, at=after(1))])
        results.add(tx, result_of(waiting_set(tx)))
    with sqlite_database.snapshot() as tx:
        with statements(sqlite_database) as seen:
            READS[name](tx)
        assert seen
        for text, values in list(seen):
            plan = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            steps = [row.detail for row in plan]
            for step in steps:
                scanned = step.startswith("SCAN") and "INDEX" not in step
                scans = scanned and "anon_" not in step  # what an inner query has found
                assert not scans, (text, steps)
                few = name in SORTED_AFTERWARDS or "FROM test_set_members" in text
                # Few results do not tell when they were measured, and few tell the same moment.
                few = few or "acquired_at IS NULL" in text or "RIGHT PART" in step
                sorts = "TEMP B-TREE" in step and not few
                assert not sorts, (text, steps)
