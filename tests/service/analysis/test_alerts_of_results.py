"""From an analysis to an alert, to the message about it, and to its end by a passing repeat."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from photopeak.model.alerts import AlertState
from photopeak.model.judgement import Status
from photopeak.model.results import FailureRecord
from photopeak.model.routing import Assignment
from photopeak.storage import alert_events, alerts, results, standings
from photopeak.storage.database import Database
from support.floods import flat
from support.rows import NOON
from support.station import Station
from support.telling import Desk

TEST = "intrinsic_uniformity"


@pytest.fixture
def station(sqlite_database: Database, tmp_path: Path) -> Station:
    return Station(sqlite_database, tmp_path, (TEST,))


def measure(station: Station, uid: str, counts_per_pixel: float, head: int) -> None:
    station.receive(uid, flat(counts_per_pixel, detectors=(1,), started_at=NOON))
    assignment = Assignment(test=TEST, variant="nema", role="flood", group=f"head {head}")
    station.route(uid, TEST, "flood", assignments=(assignment,))
    station.work(station.set_of(uid))


def open_alerts(database: Database) -> set[tuple[str, int | None, str]]:
    with database.snapshot() as tx:
        found = [r.alert for r in alerts.open_under(tx, f"test/nm1/{TEST}/")]
    return {(alert.test or "", alert.detector, alert.rule) for alert in found}


def test_a_flood_of_too_few_counts_opens_an_alert_that_a_good_one_of_the_same_head_ends(
    station: Station,
) -> None:
    database = station.database
    measure(station, "1.2.1", 500.0, head=1)
    assert open_alerts(database) == {(TEST, 1, "INVALID")}
    measure(station, "1.2.2", 11_000.0, head=2)
    assert (TEST, 1, "INVALID") in open_alerts(database)  # a head does not speak for another
    measure(station, "1.2.3", 11_000.0, head=1)

    assert (TEST, 1, "INVALID") not in open_alerts(database)
    with database.snapshot() as tx:
        (closed,) = [r for r in alerts.page(tx).items if r.state is AlertState.CLOSED]
        ended, opened = alert_events.history(tx, closed.id)
    assert opened.result_id != ended.result_id
    assert "needs at least" in closed.alert.message


def test_a_result_is_told_of_by_a_process_that_starts_after_the_one_that_made_it_died(
    station: Station,
) -> None:
    measure(station, "1.2.1", 500.0, head=1)  # and nothing more of this process

    desk = Desk(station.database, now=NOON + timedelta(minutes=10))
    (message,) = desk.pass_time(minutes=1)
    (line,) = message.lines
    assert (line.test, line.detector, line.rule) == (TEST, 1, "INVALID")
    assert message.result_id == line.result_id
    assert line.result_id is not None


def test_a_pass_that_a_new_analysis_takes_back_lets_the_alert_stand_again(
    station: Station,
) -> None:
    database = station.database
    measure(station, "1.2.1", 500.0, head=1)
    measure(station, "1.2.2", 11_000.0, head=1)
    assert (TEST, 1, "INVALID") not in open_alerts(database)
    passed = station.set_of("1.2.2")

    with database.transaction() as tx:
        good = results.current(tx, passed.id)
        assert good is not None
        broken = dataclasses.replace(
            results.get(tx, good.id), id="", status=Status.ERROR, measurements=(), verdicts=(),
            preconditions=(), figures=(), failure=FailureRecord(code="FAILED", message="it broke"),
        )  # fmt: skip
        stored = results.add(tx, broken)
        station.runner()._tell(tx, passed, stored, NOON + timedelta(hours=1))

    assert {(TEST, 1, "INVALID"), (TEST, 1, "ERROR")} <= open_alerts(database)


def test_what_is_refused_tells_of_which_head_and_nuclide_there_is_no_number(
    station: Station,
) -> None:
    station.receive("1.2.1", flat(0.0, detectors=(2,), started_at=NOON))
    station.route("1.2.1", TEST, "flood")
    station.work(station.set_of("1.2.1"))

    with station.database.snapshot() as tx:
        (attempt,) = standings.attempts(tx)["nm1"][TEST]
    assert (attempt.status, attempt.detectors) == (Status.ERROR, ("2",))
    assert len(attempt.windows) == 1
