"""Measurements that a person entered: analysed, judged, dated by when they were made, corrected."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from photopeak.model.devices import Device
from photopeak.model.results import ResultRecord
from photopeak.model.test_sets import TestSetRecord, TestSetState
from photopeak.reports.corrections import Performance, supply
from photopeak.reports.entries import Entry, Given, check_entry, enter
from photopeak.reports.readings import Value, checked
from photopeak.storage import entries, results, test_sets
from photopeak.storage.database import Database
from photopeak_analyzers.simulation.sleeves import SleevedSource
from support.rows import NOON, after
from support.station import Station

TEST = "pet_sensitivity"
SCANNER = Device(id="nm1", name="PET 1", kind="pet_ct", dicom=False)
AT = NOON - timedelta(hours=3)
ROWS = [
    {
        "sleeves": float(number),
        "start": (AT + timedelta(minutes=20 + 10 * number)).isoformat(),
        "duration_s": 60.0,
        "prompts": prompts,
        "randoms": randoms,
        "dead_time_pct": 0.5,
    }
    for number in range(1, 6)
    for prompts, randoms in [SleevedSource().counted(number, 60.0 * (20 + 10 * number), 60.0)]
]


@pytest.fixture
def station(sqlite_database: Database, tmp_path: Path) -> Station:
    return Station(sqlite_database, tmp_path, (TEST, "background_rate"))


def entered(station: Station, **changes: Value) -> TestSetRecord:
    """Enter a measurement, and let the worker look at it."""
    given = {"nuclide": "F-18", "sleeves": ROWS, "axial_fov_mm": 200.0, **changes}
    entry = Entry(
        test=TEST,
        device="nm1",
        variant="jjf",
        performed_at=AT,
        operator="R. Chen",
        readings=(
            Given(name="activity", value=5.0, uncertainty=0.08, at=AT),
            *(Given(name=name, value=value) for name, value in given.items()),
        ),
    )
    good = check_entry(
        entry, tests=station.tests, devices=(SCANNER,), site_zone="UTC", source="form",
        who="R. Chen", now=NOON,
    )  # fmt: skip
    with station.database.transaction() as tx:
        record, _ = enter(tx, good)
    return released(station, record)


def released(station: Station, record: TestSetRecord) -> TestSetRecord:
    with station.database.transaction() as tx:
        current = test_sets.get(tx, record.id)
        assert not station.assigner.settled(tx, current)
        station.assigner.release(tx, current, NOON)
        return test_sets.get(tx, record.id)


def set_of(station: Station, found: ResultRecord) -> TestSetRecord:
    with station.database.snapshot() as tx:
        return test_sets.get(tx, found.test_set_id)


def result(station: Station, record: TestSetRecord) -> ResultRecord:
    found = station.current(record)
    assert found is not None
    return found


def corrected(
    station: Station, record: TestSetRecord, now: float, **changes: Value
) -> TestSetRecord:
    """Correct readings some seconds later, and let the worker do its part."""
    (test,) = [t for t in station.tests if t.id == TEST]
    good = [
        checked(
            test, name, value, unit="", uncertainty=None, at=None, source="form",
            entered_by="M. Li", now=after(now),
        )
        for name, value in changes.items()
    ]  # fmt: skip
    with station.database.transaction() as tx:
        supply(tx, record.id, good, reason="typed wrong", who="M. Li", now=after(now))
    return station.work(released(station, record))


def test_a_measurement_is_analysed_and_dated_by_when_it_was_made(station: Station) -> None:
    record = entered(station)
    assert record.state is TestSetState.QUEUED

    done = station.work(record)

    found = result(station, done)
    assert (done.state, found.version) == (TestSetState.DONE, 1)
    assert (found.acquired_at, found.device_id, found.variant) == (AT, "nm1", "jjf")
    assert found.provenance.inputs == ()
    assert {r.name for r in found.provenance.readings} == {
        "activity",
        "nuclide",
        "sleeves",
        "axial_fov_mm",
    }
    assert found.measurements


def test_a_correction_supersedes_and_setting_it_right_again_is_a_third_version(
    station: Station,
) -> None:
    first = result(station, station.work(entered(station)))
    record = corrected(station, set_of(station, first), 60.0, axial_fov_mm=250.0)
    second = result(station, record)
    third = result(station, corrected(station, record, 120.0, axial_fov_mm=200.0))

    assert [r.version for r in (first, second, third)] == [1, 2, 3]
    assert (second.supersedes, third.supersedes) == (first.id, second.id)
    with station.database.snapshot() as tx:
        kept = results.get(tx, first.id)
    assert (kept.current, kept.measurements) == (False, first.measurements)
    assert first.measurements == third.measurements


def test_a_measurement_of_another_time_is_another_version(station: Station) -> None:
    record = station.work(entered(station))
    earlier = Performance(performed_at=AT - timedelta(days=1), operator="M. Li")
    with station.database.transaction() as tx:
        supply(
            tx, record.id, (), reason="it was yesterday", who="M. Li", now=NOON,
            performance=earlier, device=SCANNER,
        )  # fmt: skip
    moved = station.work(released(station, record))

    found = result(station, moved)
    assert (found.version, found.acquired_at, moved.operator) == (
        2,
        AT - timedelta(days=1),
        "M. Li",
    )
    assert moved.key.day == record.key.day - timedelta(days=1)


def test_numbers_are_of_the_head_that_was_measured(station: Station) -> None:
    record = entered(station)
    with station.database.transaction() as tx:
        entries.describe(
            tx, record, performed_at=AT, day=record.key.day, operator="", detector=2, now=NOON
        )

    found = result(station, station.work(record))

    assert {m.scope["detector"] for m in found.measurements} == {2}
