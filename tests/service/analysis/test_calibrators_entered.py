"""Measurements of a calibrator that a person entered: analysed, judged, refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.results import ResultRecord
from photopeak.reports.entries import Entry, Given, check_entry, enter
from photopeak.reports.readings import ReadingError, Value
from photopeak.storage import test_sets
from photopeak.storage.database import Database
from support.rows import NOON
from support.station import Station

METER = Device(id="nm1", name="Meter", kind="dose_calibrator", dicom=False)
AT = NOON - timedelta(days=5)
TESTS = (
    "administered_activity_check",
    "calibrator_background",
    "calibrator_constancy",
    "calibrator_linearity",
)
HALF_LIFE_H = 6.015


def later(hours: float) -> str:
    return (AT + timedelta(hours=hours)).isoformat()


@pytest.fixture
def station(sqlite_database: Database, tmp_path: Path) -> Station:
    return Station(sqlite_database, tmp_path, TESTS)


def entered(station: Station, test: str, given: Mapping[str, Value]) -> ResultRecord:
    """Enter a measurement, let the worker do its part, and return the result."""
    good = check_entry(
        Entry(
            test=test,
            device="nm1",
            variant="local",
            performed_at=AT,
            operator="R. Chen",
            readings=tuple(Given(name=name, value=value) for name, value in given.items()),
        ),
        tests=station.tests,
        devices=(METER,),
        site_zone="UTC",
        source="form",
        who="R. Chen",
        now=NOON,
    )
    with station.database.transaction() as tx:
        record, _ = enter(tx, good)
        station.assigner.settled(tx, record)
        station.assigner.release(tx, test_sets.get(tx, record.id), NOON)
        record = test_sets.get(tx, record.id)
    found = station.current(station.work(record))
    assert found is not None
    return found


def test_a_decay_entered_is_judged_and_drawn_over_a_logarithmic_axis(station: Station) -> None:
    decay = [
        {"activity_mbq": 37_000.0 * 2.0 ** (-6.0 * k / HALF_LIFE_H) + 0.01, "time": later(6.0 * k)}
        for k in range(16)
    ]

    found = entered(
        station,
        "calibrator_linearity",
        {"nuclide": "Tc-99m", "decay": decay, "background_mbq": 0.01, "highest_used_mbq": 37_000.0},
    )

    (largest,) = [m for m in found.measurements if m.metric == "linearity_max_dev_pct"]
    assert largest.value == pytest.approx(0.0, abs=1e-9)
    assert "linearity_max_dev_pct" in {verdict.metric for verdict in found.verdicts}
    assert found.acquired_at == AT


@pytest.mark.parametrize(
    ("measured", "status"), [(105.0, Status.PASS), (110.0, Status.PASS), (112.0, Status.FAIL)]
)
def test_the_rule_of_ten_percent_fails_what_is_beyond_it(
    station: Station, measured: float, status: Status
) -> None:
    found = entered(
        station,
        "administered_activity_check",
        {
            "administrations": [
                {
                    "number": "17",
                    "nuclide": "F-18",
                    "prescribed_mbq": 100.0,
                    "measured_mbq": measured,
                    "measured_at": later(0.0),
                }
            ]
        },
    )

    assert found.status is status


@pytest.mark.parametrize(
    ("shown", "status"), [(0.05, Status.PASS), (0.2, Status.WARN), (-0.2, Status.WARN)]
)
def test_a_zero_that_is_set_wrong_warns_either_way(
    station: Station, shown: float, status: Status
) -> None:
    rows = [{"activity_mbq": shown}] * 10

    found = entered(station, "calibrator_background", {"readings": rows, "liner": "in"})

    assert found.status is status


def test_two_times_that_were_swapped_are_no_verdict(station: Station) -> None:
    row = {
        "number": "17",
        "nuclide": "F-18",
        "prescribed_mbq": 100.0,
        "measured_mbq": 100.0,
        "measured_at": later(0.1),
        "administered_at": later(0.0),
    }

    found = entered(station, "administered_activity_check", {"administrations": [row]})

    assert found.status is Status.INVALID


def test_what_cannot_be_is_named_and_nothing_is_stored(station: Station) -> None:
    rows = [{"activity_mbq": -1.0, "setting": "Tc-98"}]
    with pytest.raises(ReadingError) as refusal:
        entered(station, "calibrator_constancy", {"nuclide": "Cs-137", "readings": rows})

    said = str(refusal.value)
    assert "activity_mbq" in said
    assert "setting" in said
    with station.database.snapshot() as tx:
        assert test_sets.page(tx, limit=1).items == ()
