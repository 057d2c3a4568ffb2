"""Gamma counters entered by a person: from counts to a judged result that says when it was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from photopeak.model.devices import Device
from photopeak.model.results import ResultRecord
from photopeak.model.test_sets import TestSetState
from photopeak.reports.entries import Entry, Given, check_entry, enter
from photopeak.storage import test_sets
from photopeak.storage.database import Database
from support.rows import NOON
from support.station import Station

COUNTER = Device(id="nm1", name="Gamma counter 1", kind="gamma_counter", dicom=False)
AT = NOON - timedelta(hours=3)
TESTS = ("gamma_counter_constancy", "gamma_counter_concentration")


@pytest.fixture
def station(sqlite_database: Database, tmp_path: Path) -> Station:
    return Station(sqlite_database, tmp_path, TESTS)


def result(station: Station, test: str, given: Sequence[Given]) -> ResultRecord:
    """Enter a measurement, let the worker do it, and return what came out."""
    entry = Entry(
        test=test,
        device="nm1",
        variant="local",
        performed_at=AT,
        operator="R. Chen",
        readings=tuple(given),
    )
    good = check_entry(
        entry, tests=station.tests, devices=(COUNTER,), site_zone="UTC", source="form",
        who="R. Chen", now=NOON,
    )  # fmt: skip
    with station.database.transaction() as tx:
        record, _ = enter(tx, good)
    with station.database.transaction() as tx:
        current = test_sets.get(tx, record.id)
        station.assigner.release(tx, current, NOON)
        queued = test_sets.get(tx, record.id)
    done = station.work(queued)
    assert done.state is TestSetState.DONE
    found = station.current(done)
    assert found is not None
    return found


def number(found: ResultRecord, metric: str) -> float:
    (value,) = [m.value for m in found.measurements if m.metric == metric]
    return value


def test_a_check_source_without_a_start_began_when_the_test_was_made(station: Station) -> None:
    found = result(
        station,
        "gamma_counter_constancy",
        (
            Given(name="nuclide", value="Cs-137"),
            Given(name="counts", value=[{"counts": 10_850.0, "live_s": 100.0}]),
            Given(name="background", value=[{"counts": 3000.0, "live_s": 6000.0}]),
            Given(name="reference_cps", value=107.0, uncertainty=0.2, at=AT),
        ),
    )

    assert found.acquired_at == AT
    # 108.5 less 0.5 a second, of 107.
    assert number(found, "constancy_pct") == pytest.approx(100.0 / 107.0, abs=1e-3)


def test_samples_are_entered_with_their_reference_source(station: Station) -> None:
    start = AT.isoformat()
    found = result(
        station,
        "gamma_counter_concentration",
        (
            Given(name="nuclide", value="F-18"),
            Given(
                name="references",
                value=[
                    {
                        "activity_kbq": 10.0,
                        "activity_at": start,
                        "u_activity_pct": 0.8,
                        "counts": 2_978_650.0,
                        "live_s": 1000.0,
                        "start": start,
                    }
                ],
            ),
            Given(
                name="samples",
                value=[{"counts": 3239.95, "live_s": 1.0, "start": start, "volume_ml": 0.5}],
            ),
            Given(name="background", value=[{"counts": 3000.0, "live_s": 6000.0}]),
        ),
    )

    assert number(found, "mean_concentration_bq_ml") == pytest.approx(20_000.0, rel=1e-4)
    assert {reading.name for reading in found.provenance.readings} == {
        "nuclide",
        "references",
        "samples",
        "background",
    }
