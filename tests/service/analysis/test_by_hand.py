"""Test sets of several series that a person has analysed with what there is, or completes."""

from pathlib import Path

import numpy as np
import pytest

from photopeak.model.alerts import AlertState
from photopeak.model.judgement import Status
from photopeak.model.results import ReadingRecord
from photopeak.model.routing import RoutingOutcome
from photopeak.model.series import SeriesState
from photopeak.model.test_sets import TestSetRecord, TestSetState
from photopeak.reports.by_hand import ByHandError, analyze_partially, assign, candidates
from photopeak.storage import alerts, audit, readings, series, test_sets
from photopeak.storage.database import Database, Transaction
from photopeak_analyzers.acquisition import Planar
from photopeak_analyzers.simulation.planar import still
from support.rows import NOON
from support.slits import image
from support.station import Station

SLITS = "intrinsic_spatial_resolution"
LIMIT = "imaging_detection_limit"
DISTANCES = "septal_penetration"
SENSITIVITY = "system_planar_sensitivity"
X, Y = "1.2.1", "1.2.2"


@pytest.fixture
def station(sqlite_database: Database, tmp_path: Path) -> Station:
    return Station(sqlite_database, tmp_path, (SLITS, LIMIT, DISTANCES, SENSITIVITY))


def slits(along: str) -> Planar:
    return image(along, seed=ord(along), counts_per_mm=1_000.0)


def flat() -> Planar:
    counts = np.random.default_rng(3).poisson(200.0, (64, 64))
    return still({(1, 1): counts}, 4.0, duration_s=60.0, started_at=NOON)


def actions(tx: Transaction) -> list[str]:
    return [entry.action for entry in audit.page(tx)]


# With what there is --------------------------------------------------------------------------


def test_one_direction_is_measured_when_asked_for_and_the_other_one_completes_it(
    station: Station,
) -> None:
    station.receive(X, slits("x"))
    station.route(X, SLITS, "lines_x")
    waiting = station.set_of(X)

    done = station.work(station.ask(waiting))

    without = "a partial result, without Slits along Y; asked for by hand: the phantom broke"
    partial = station.current(done)
    assert partial is not None
    assert (done.state, done.partial, done.reason) == (
        TestSetState.DONE, "the phantom broke", without,
    )  # fmt: skip
    assert (partial.partial, partial.version) == (without, 1)
    assert partial.status is Status.WARN  # one direction in place of two is a condition not met
    assert partial.measurements
    assert station.shown(X) == (SeriesState.ANALYZED, f"{SLITS}: {without}")

    station.receive(Y, slits("y"))
    station.route(Y, SLITS, "lines_y")
    whole = station.work(done)

    full = station.current(whole)
    assert full is not None
    assert (whole.state, whole.partial, whole.reason) == (TestSetState.DONE, "", "")
    assert (full.version, full.supersedes, full.partial) == (2, partial.id, "")
    assert len(full.provenance.inputs) == 2
    assert len(full.measurements) > len(partial.measurements)
    with station.database.snapshot() as tx:
        assert actions(tx) == ["test-set.partial"]


@pytest.mark.parametrize(
    ("test", "role", "why", "waits_for"),
    [
        (
            LIMIT, "background", "0 acquisitions are given as source, needs 1",
            "waiting for Source of known activity, Activity before dispensing (MBq)",
        ),
        (
            DISTANCES, "dish", "the reading Activity before dispensing is missing",
            "waiting for Flat source at ten distances (1 of 4), ",
        ),
        (SENSITIVITY, "dish", "Activity before dispensing", "waiting for "),
    ],
)  # fmt: skip
def test_what_cannot_be_done_without_is_said_and_the_set_waits_on(
    station: Station, test: str, role: str, why: str, waits_for: str
) -> None:
    station.receive(X, flat())
    station.route(X, test, role)

    after_it = station.work(station.ask(station.set_of(X)))

    assert after_it.state is TestSetState.WAITING
    assert after_it.reason.startswith("not analysed with what is there: ")
    assert why in after_it.reason
    assert after_it.waiting_for.startswith(waits_for)
    assert (after_it.partial, len(after_it.members)) == ("", 1)
    assert station.current(after_it) is None
    assert station.shown(X) == (SeriesState.WAITING, f"{test}: {after_it.waiting_for}")
    with station.database.snapshot() as tx:
        assert station.assigner.settled(tx, after_it)


def test_a_refused_wish_leaves_the_result_that_was_there(station: Station) -> None:
    station.receive(X, slits("x"))
    station.route(X, SLITS, "lines_x")
    done = station.work(station.ask(station.set_of(X)))
    before = station.current(done)

    # The late object has other pixels: the two are no acquisition of slits any more.
    station.receive(X, flat())
    station.route(X, SLITS, "lines_x")
    again = station.work(done)

    assert before is not None
    assert again.state is TestSetState.WAITING
    assert again.reason.startswith("not analysed with what is there: ")
    assert station.current(again) == before


def test_a_wish_holds_until_the_set_is_complete(station: Station) -> None:
    station.receive(X, flat())
    station.route(X, DISTANCES, "dish")
    asked = station.ask(station.set_of(X))

    station.receive(Y, flat())
    station.route(Y, DISTANCES, "dish")

    joined = station.set_of(Y)
    assert (joined.id, joined.state, joined.partial) == (
        asked.id, TestSetState.QUEUED, "the phantom broke",
    )  # fmt: skip


def test_a_wish_that_contradicts_the_state_is_refused(station: Station) -> None:
    station.receive(X, flat())
    station.route(X, SLITS, "lines_x")
    waiting = station.set_of(X)

    with pytest.raises(ByHandError, match="a reason is needed"):
        station.ask(waiting, "  ")
    with pytest.raises(ByHandError, match="not installed"):
        analyze_partially(
            station.database, waiting.id, tests=(), reason="x", who="R. Chen", now=NOON
        )
    station.ask(waiting)
    with pytest.raises(ByHandError, match="is QUEUED; only a waiting one"):
        station.ask(waiting)


def test_nothing_at_all_and_everything_are_no_part(station: Station) -> None:
    station.receive(X, flat())
    station.route(X, SENSITIVITY, "dish")
    whole = station.set_of(X)
    activity = ReadingRecord(name="activity", value=40.0, unit="MBq", at=NOON)
    with station.database.transaction() as tx:
        readings.put(tx, whole.id, activity, now=NOON)
    with pytest.raises(ByHandError, match="nothing is missing"):
        station.ask(whole)

    station.receive(Y, flat())
    station.route(Y, SLITS, "lines_x")
    empty = station.set_of(Y)
    with station.database.transaction() as tx:
        test_sets.remove_member(tx, empty.id, "lines_x", Y, now=NOON)
    with pytest.raises(ByHandError, match="nothing has come yet"):
        station.ask(empty)


# Completed by hand ---------------------------------------------------------------------------


@pytest.fixture
def half(station: Station) -> TestSetRecord:
    """A set with slits along X, and a series along Y that no rule knows."""
    station.receive(X, slits("x"))
    station.route(X, SLITS, "lines_x")
    station.receive(Y, slits("y"))
    station.route(Y)
    return station.set_of(X)


def test_a_series_that_no_rule_knows_completes_a_set(station: Station, half: TestSetRecord) -> None:
    with station.database.snapshot() as tx:
        assert [c.series_instance_uid for c in candidates(tx, half)] == [Y]

    whole = station.assign(half, Y, "lines_y")

    assert (whole.id, station.queued) == (half.id, [half.id])
    with station.database.snapshot() as tx:
        assert not alerts.page(tx, states=(AlertState.OPEN,)).items
        assert actions(tx) == ["test-set.assigned"]
        assert candidates(tx, test_sets.get(tx, half.id)) == ()
    done = station.work(whole)
    assert done.state is TestSetState.DONE
    assert station.shown(Y)[0] is SeriesState.ANALYZED
    full = station.current(done)
    assert full is not None
    assert [entry.role for entry in full.provenance.inputs] == ["lines_x", "lines_y"]


def test_routing_does_not_take_away_what_a_person_put_somewhere(
    station: Station, half: TestSetRecord
) -> None:
    station.assign(half, Y, "lines_y")
    for test, role in (("", ""), (SLITS, "lines_x"), (SENSITIVITY, "dish")):
        station.receive(Y, at=60.0)
        station.route(Y, test, role)

        with station.database.snapshot() as tx:
            (member,) = test_sets.get(tx, half.id).in_role("lines_y")
            generation = series.get(tx, Y).generation
        assert (member.assigned_by, member.generation) == ("R. Chen", generation)
        assert station.shown(Y)[0] in (SeriesState.QUEUED, SeriesState.WAITING)
    # It is in no other set of the test, and in one of the other that routing named.
    with station.database.snapshot() as tx:
        assert [s.key.test for s in test_sets.by_series(tx, Y)] == [SLITS, SENSITIVITY]


def test_a_series_that_looks_like_a_patients_leaves_every_set(
    station: Station, half: TestSetRecord
) -> None:
    station.assign(half, Y, "lines_y")
    station.receive(Y, at=60.0)

    station.route(Y, outcome=RoutingOutcome.QUARANTINED)

    with station.database.snapshot() as tx:
        assert test_sets.by_series(tx, Y) == ()
        assert test_sets.get(tx, half.id).state is TestSetState.WAITING
    assert station.shown(Y)[0] is SeriesState.QUARANTINED


def test_a_series_leaves_the_set_of_another_day_that_only_waited(station: Station) -> None:
    station.receive(X, flat())
    station.route(X, SLITS, "lines_x")
    station.receive(Y, flat(), at=86_400.0)
    station.route(Y, SLITS, "lines_y")
    other = station.set_of(Y)

    whole = station.assign(station.set_of(X), Y, "lines_y")

    assert other.id != whole.id
    with station.database.snapshot() as tx:
        assert [s.id for s in test_sets.page(tx).items] == [whole.id]


def test_a_series_in_the_wrong_role_is_moved(station: Station) -> None:
    station.receive(X, flat())
    station.route(X, SLITS, "lines_x")

    moved = station.assign(station.set_of(X), X, "lines_y")

    assert [m.role for m in moved.members] == ["lines_y"]
    assert moved.waiting_for == "waiting for Slits along X"


def test_putting_it_there_twice_does_nothing_more(station: Station, half: TestSetRecord) -> None:
    station.assign(half, Y, "lines_y")

    again = assign(
        station.database, half.id, Y, "lines_y", tests=station.tests, who="R. Chen", now=NOON
    )

    assert again.state is TestSetState.QUEUED
    with station.database.snapshot() as tx:
        assert actions(tx) == ["test-set.assigned"]


@pytest.mark.parametrize(
    ("role", "state", "device", "why"),
    [
        ("lines_z", SeriesState.UNROUTED, "nm1", "the test has these roles: lines_x, lines_y"),
        ("lines_x", SeriesState.UNROUTED, "nm1", "has as many series as it takes"),
        ("lines_y", SeriesState.RECEIVING, "nm1", "the series is RECEIVING"),
        ("lines_y", SeriesState.QUARANTINED, "nm1", "the series is QUARANTINED"),
        ("lines_y", SeriesState.UNROUTED, "nm2", "of another device"),
    ],
)
def test_what_does_not_fit_is_not_put_there(
    station: Station, half: TestSetRecord, role: str, state: SeriesState, device: str, why: str
) -> None:
    with station.database.transaction() as tx:
        series.set_state(tx, Y, state)
        series.set_device(tx, Y, device)

    with pytest.raises(ByHandError, match=why):
        station.assign(half, Y, role)
    assert len(station.set_of(X).members) == 1


def test_a_set_that_is_queued_takes_no_series(station: Station, half: TestSetRecord) -> None:
    with station.database.transaction() as tx:
        test_sets.queue(tx, half.id, now=NOON)

    with pytest.raises(ByHandError, match="is QUEUED; it takes no more series"):
        station.assign(half, Y, "lines_y")
