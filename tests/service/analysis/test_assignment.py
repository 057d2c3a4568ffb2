from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import pytest

from photopeak.analysis.assignment import Assigner
from photopeak.analysis.site import Site, load_site
from photopeak.analysis.states import refresh
from photopeak.model.alerts import AlertState
from photopeak.model.results import ReadingRecord
from photopeak.model.routing import Assignment, RoutingDecision, RoutingOutcome, Step
from photopeak.model.series import SeriesState
from photopeak.model.test_sets import TestSetRecord, TestSetState
from photopeak.settings import Settings
from photopeak.storage import alerts, instances, readings, series, test_sets
from photopeak.storage.database import Database, Transaction
from support.catalogue import description, reading, role
from support.rows import NOON, after, instance

CATALOGUE = {
    "flood": description("flood"),
    "slits": description("slits", role("lines_x"), role("lines_y")),
    "decay": description("decay", role("decay"), role("points", 0, None), days=3),
    "dish": description("dish", role("dish"), readings=(reading("activity"),)),
}


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(Settings())


class Queue:
    """What was sent to the workers."""

    def __init__(self) -> None:
        self.sets: list[str] = []

    def __call__(self, tx: Transaction, record: TestSetRecord) -> None:
        self.sets.append(record.id)


def routed(*assignments: Assignment) -> RoutingDecision:
    return RoutingDecision(
        outcome=RoutingOutcome.ROUTED, reason="a rule", assignments=assignments, device_id="nm1"
    )


def to(test: str, role_name: str = "") -> Assignment:
    return Assignment(test=test, variant="", role=role_name)


@pytest.fixture
def receive(sqlite_database: Database) -> Callable[..., str]:
    def receive(uid: str, *, at: float = 0.0, number: int = 1) -> str:
        with sqlite_database.transaction() as tx:
            instances.add_batch(tx, [instance(number, series=uid, at=after(at))])
            series.set_state(tx, uid, SeriesState.COMPLETE)
        return uid

    return receive


@pytest.fixture
def apply(sqlite_database: Database, site: Site) -> Callable[[str, RoutingDecision], Queue]:
    queue = Queue()
    assigner = Assigner(site, CATALOGUE, queue)

    def apply(uid: str, decision: RoutingDecision) -> Queue:
        with sqlite_database.transaction() as tx:
            assigner.apply(tx, series.get(tx, uid), decision, NOON)
        return queue

    return apply


def state(database: Database, uid: str) -> tuple[SeriesState, str]:
    with database.snapshot() as tx:
        record = series.get(tx, uid)
    return record.state, record.reason


Receive = Callable[..., str]
Apply = Callable[[str, RoutingDecision], Queue]


def test_a_flood_alone_is_queued_at_once(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    uid = receive("1.2.1")

    queue = apply(uid, routed(to("flood")))

    assert len(queue.sets) == 1
    assert state(sqlite_database, uid)[0] is SeriesState.QUEUED


def test_a_repeated_flood_is_a_result_of_its_own(receive: Receive, apply: Apply) -> None:
    for number in (1, 2):
        queue = apply(receive(f"1.2.{number}"), routed(to("flood")))

    assert len(set(queue.sets)) == 2


def test_two_series_of_one_day_fill_two_roles_of_one_set(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    apply(receive("1.2.1"), routed(to("slits", "lines_x")))
    waiting = state(sqlite_database, "1.2.1")

    queue = apply(receive("1.2.2"), routed(to("slits", "lines_y")))

    assert waiting == (SeriesState.WAITING, "slits: waiting for lines_y")
    assert len(queue.sets) == 1
    assert state(sqlite_database, "1.2.1")[0] is SeriesState.QUEUED


def test_a_decay_of_two_days_is_one_set_that_waits_for_its_end(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    for number, hours in enumerate((0, 8, 20)):
        queue = apply(receive(f"1.2.{number}", at=3600.0 * hours), routed(to("decay", "points")))
    waiting = [state(sqlite_database, f"1.2.{number}") for number in range(3)]
    assert queue.sets == []

    queue = apply(receive("1.2.9", at=3600.0 * 40), routed(to("decay", "decay")))

    assert waiting == [(SeriesState.WAITING, "decay: waiting for decay")] * 3
    assert len(queue.sets) == 1
    with sqlite_database.snapshot() as tx:
        assert len(test_sets.get(tx, queue.sets[0]).members) == 4


def test_a_set_waits_visibly_for_a_reading(
    sqlite_database: Database, site: Site, receive: Receive, apply: Apply
) -> None:
    uid = receive("1.2.1")
    queue = apply(uid, routed(to("dish")))

    assert state(sqlite_database, uid) == (
        SeriesState.WAITING,
        "dish: waiting for Activity (MBq)",
    )
    assert queue.sets == []

    with sqlite_database.transaction() as tx:
        (record,) = test_sets.by_series(tx, uid)
        readings.put(
            tx, record.id, ReadingRecord(name="activity", value=40.0, unit="MBq"), now=NOON
        )
        Assigner(site, CATALOGUE, queue).release(tx, test_sets.get(tx, record.id), NOON)
    assert queue.sets == [record.id]


def test_late_instances_queue_the_set_again(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    uid = receive("1.2.1")
    apply(uid, routed(to("flood")))
    with sqlite_database.transaction() as tx:
        (record,) = test_sets.by_series(tx, uid)
        test_sets.claim(tx, record.id, "worker", now=NOON)
        test_sets.finish(tx, record.id, "worker", record.attempt, TestSetState.DONE, now=NOON)
        series.set_state(tx, uid, SeriesState.ANALYZED)

    receive(uid, number=2, at=60.0)
    queue = apply(uid, routed(to("flood")))

    assert queue.sets == [record.id, record.id]
    with sqlite_database.snapshot() as tx:
        (again,) = test_sets.by_series(tx, uid)
    assert (again.attempt, again.members[0].generation) == (record.attempt + 1, 2)


def test_deciding_twice_queues_once(receive: Receive, apply: Apply) -> None:
    uid = receive("1.2.1")

    apply(uid, routed(to("flood")))
    queue = apply(uid, routed(to("flood")))

    assert len(queue.sets) == 1


def test_a_test_without_an_analyzer_is_told_not_dropped(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    uid = receive("1.2.1")

    apply(uid, routed(to("crystal_hydration")))

    assert state(sqlite_database, uid) == (
        SeriesState.REFUSED,
        "no analyzer is installed for crystal_hydration",
    )


def test_a_test_done_beside_does_not_hide_the_one_that_was_meant(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    uid = receive("1.2.1")
    apply(uid, routed(to("bar_phantom_resolution"), to("flood")))
    under_way = state(sqlite_database, uid)
    with sqlite_database.transaction() as tx:
        (record,) = test_sets.by_series(tx, uid)
        test_sets.claim(tx, record.id, "worker", now=NOON)
        test_sets.finish(tx, record.id, "worker", record.attempt, TestSetState.DONE, now=NOON)
        refresh(tx, uid)

    assert under_way[0] is SeriesState.QUEUED
    assert state(sqlite_database, uid) == (
        SeriesState.REFUSED,
        "not analysed: bar_phantom_resolution (no analyzer for it, or its role is open)",
    )


def test_a_direction_is_never_guessed(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    uid = receive("1.2.1")

    apply(uid, routed(to("slits")))

    assert state(sqlite_database, uid) == (
        SeriesState.REFUSED,
        "slits needs to be told which of lines_x, lines_y this is",
    )


def test_a_rule_that_was_stopped_raises_an_alert(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    step = Step(stage="rule", subject="greedy", effect="skipped", message="stopped after 100 ms")
    decision = RoutingDecision(outcome=RoutingOutcome.NOT_QC, reason="", steps=(step,))

    apply(receive("1.2.1"), decision)

    with sqlite_database.snapshot() as tx:
        (record,) = alerts.page(tx, states=(AlertState.OPEN,)).items
    assert "greedy" in record.alert.title


@pytest.mark.parametrize(
    ("outcome", "shown", "alerted"),
    [
        (RoutingOutcome.UNROUTED, SeriesState.UNROUTED, True),
        (RoutingOutcome.QUARANTINED, SeriesState.QUARANTINED, True),
        (RoutingOutcome.NOT_QC, SeriesState.NOT_QC, False),
    ],
)
def test_what_is_not_routed_is_visible(
    sqlite_database: Database,
    receive: Receive,
    apply: Apply,
    outcome: RoutingOutcome,
    shown: SeriesState,
    alerted: bool,
) -> None:
    uid = receive("1.2.1")

    queue = apply(uid, RoutingDecision(outcome=outcome, reason="no rule knows it"))

    assert state(sqlite_database, uid) == (shown, "no rule knows it")
    assert queue.sets == []
    with sqlite_database.snapshot() as tx:
        assert bool(alerts.page(tx, states=(AlertState.OPEN,)).items) is alerted


def test_a_taught_route_moves_the_series_and_closes_the_alert(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    uid = receive("1.2.1")
    apply(uid, RoutingDecision(outcome=RoutingOutcome.UNROUTED, reason="no rule knows it"))

    queue = apply(uid, routed(to("flood")))

    assert len(queue.sets) == 1
    with sqlite_database.snapshot() as tx:
        assert not alerts.page(tx, states=(AlertState.OPEN,)).items


def test_rule_parameters_reach_the_member(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    uid = receive("1.2.1")
    assignment = Assignment(
        test="flood", variant="", role="", parameters=MappingProxyType({"distance_mm": 100})
    )

    apply(uid, routed(assignment))

    with sqlite_database.snapshot() as tx:
        (record,) = test_sets.by_series(tx, uid)
    assert dict(record.members[0].parameters) == {"distance_mm": 100}


def test_a_series_of_another_purpose_is_not_taken_into_a_set(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    apply(receive("1.2.1"), routed(to("slits", "lines_x")))
    status = replace(to("slits", "lines_y"), purpose="status")

    queue = apply(receive("1.2.2"), routed(status))

    assert queue.sets == []
    with sqlite_database.snapshot() as tx:
        (routine,) = test_sets.by_series(tx, "1.2.1")
        (yearly,) = test_sets.by_series(tx, "1.2.2")
    assert (routine.purpose, yearly.purpose) == ("", "status")


def test_a_series_decided_anew_takes_its_purpose_along(
    sqlite_database: Database, receive: Receive, apply: Apply
) -> None:
    uid = receive("1.2.1")
    apply(uid, routed(to("flood")))

    apply(uid, routed(replace(to("flood"), purpose="status")))

    with sqlite_database.snapshot() as tx:
        (record,) = test_sets.by_series(tx, uid)
    assert record.purpose == "status"
