"""Test sets whose images tell that others are missing: they wait, or stay open, and fill up."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from photopeak.demo.objects import SIEMENS
from photopeak.model.judgement import Status
from photopeak.model.results import ReadingRecord
from photopeak.model.test_sets import WAITS_FOR_MORE, TestSetState
from photopeak.storage import readings, test_sets
from photopeak.storage.database import Database
from photopeak_analyzers.acquisition import CollimatorType, Detector, Planar
from photopeak_analyzers.simulation.dish import Dish
from photopeak_analyzers.simulation.planar import Matrix
from support.bars import eight
from support.rows import NOON
from support.station import Station

HEADS = "head_sensitivity_matching"
BARS = "bar_phantom_resolution"
ONE, TWO, THREE = "1.2.1", "1.2.2", "1.2.3"
FINE = Matrix(rows=512, columns=512, pixel_mm=0.9)


@pytest.fixture
def station(sqlite_database: Database, tmp_path: Path) -> Station:
    return Station(sqlite_database, tmp_path, (HEADS, BARS))


def head(number: int) -> Planar:
    dish = Dish(activity_mbq=40.0, at=NOON, profile="icrp107")
    image = dish.acquire(
        Matrix(rows=64, columns=64, pixel_mm=9.6),
        started_at=NOON,
        duration_s=300.0,
        detectors=(number,),
        rng=np.random.default_rng(number),
    )
    both = tuple(Detector(number=n, collimator_type=CollimatorType.PARALLEL) for n in (1, 2))
    return dataclasses.replace(image, detectors=both)


def give(station: Station, uid: str, image: Planar, test: str, role: str) -> None:
    station.receive(uid, image, console=SIEMENS)
    station.route(uid, test, role)


def settled(station: Station, test_set_id: str) -> bool:
    with station.database.snapshot() as tx:
        return station.assigner.settled(tx, test_sets.get(tx, test_set_id))


def test_a_set_that_tells_nothing_yet_waits_visibly_and_is_not_tried_again(
    station: Station,
) -> None:
    give(station, ONE, head(1), HEADS, "images")
    record = station.work(station.set_of(ONE))

    assert record.state is TestSetState.WAITING
    assert record.waiting_for == WAITS_FOR_MORE + "heads compared is 1, needs at least 2"
    assert station.current(record) is None
    assert settled(station, record.id)
    assert station.queued == [record.id]


def test_the_next_series_joins_the_waiting_set_and_completes_it(station: Station) -> None:
    give(station, ONE, head(1), HEADS, "images")
    waiting = station.work(station.set_of(ONE))
    give(station, TWO, head(2), HEADS, "images")
    record = station.work(station.set_of(TWO))

    assert record.id == waiting.id
    assert (record.state, record.waiting_for) == (TestSetState.DONE, "")
    result = station.current(record)
    assert result is not None
    assert {i.series_instance_uid for i in result.provenance.inputs} == {ONE, TWO}
    assert "head_difference_pct" in {m.metric for m in result.measurements}


def test_a_complete_set_takes_no_more_series(station: Station) -> None:
    for number, uid in enumerate((ONE, TWO), 1):
        give(station, uid, head(number), HEADS, "images")
        station.work(station.set_of(uid))
    give(station, THREE, head(1), HEADS, "images")

    assert station.set_of(THREE).id != station.set_of(ONE).id


def test_a_person_may_do_without_the_series_that_the_images_want(station: Station) -> None:
    give(station, ONE, head(1), HEADS, "images")
    record = station.ask(station.work(station.set_of(ONE)), "the other head is broken")
    record = station.work(record)

    result = station.current(record)
    assert record.state is TestSetState.DONE
    assert record.open
    assert result is not None
    assert "without heads compared is 1, needs at least 2" in result.partial
    assert "the other head is broken" in result.partial
    assert result.status is not Status.PASS


def test_a_reading_lets_a_waiting_set_be_tried_again(station: Station) -> None:
    give(station, ONE, head(1), HEADS, "images")
    record = station.work(station.set_of(ONE))
    given = ReadingRecord(
        name="by hand", value=1.0, unit="1", source="manual", entered_by="R. Chen"
    )
    with station.database.transaction() as tx:
        readings.put(tx, record.id, given, now=NOON)

    assert not settled(station, record.id)


def test_a_set_with_a_result_of_its_own_stays_open_for_the_images_that_would_complete_it(
    station: Station,
) -> None:
    first, second, third = eight(4.2, matrix=FINE)[:3]
    give(station, ONE, first, BARS, "bars")
    alone = station.work(station.set_of(ONE))
    give(station, TWO, second, BARS, "bars")
    record = station.work(station.set_of(TWO))
    early = station.current(record)
    give(station, THREE, third, BARS, "bars")
    joined = station.work(station.set_of(THREE))
    late = station.current(joined)

    # One image shows half of the bars along each direction: no verdict before it is turned.
    assert alone.state is TestSetState.WAITING
    assert "finer sets of bars that no image shows along" in alone.waiting_for
    assert record.state is TestSetState.DONE
    assert "orientations of the phantom is 2, needs at least 8" in record.waiting_for
    assert joined.id == record.id
    assert early is not None
    assert late is not None
    assert [len(r.provenance.inputs) for r in (early, late)] == [2, 3]
    assert late.supersedes == early.id
