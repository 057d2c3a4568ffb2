"""The trends of a device as its results come in, day by day."""

from __future__ import annotations

import logging
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from photopeak.model.judgement import Status
from photopeak.model.results import ResultRecord
from photopeak.model.trends import EpochEffect, EventKind, ServiceEvent
from photopeak.storage import audit, events, results
from photopeak.storage.database import Database
from photopeak.trends import keeping
from photopeak.trends.load import load
from support.daily_runs import METRIC, UPPER, WHERE, DailyRuns

FORESEEN = ("TREND_TO_LIMIT", 1)


@pytest.fixture
def camera(sqlite_database: Database, tmp_path: Path) -> DailyRuns:
    return DailyRuns(sqlite_database, tmp_path)


def accept(camera: DailyRuns, head: int = 1) -> None:
    """Accept the results so far as the baseline of a head."""
    with camera.database.transaction() as tx:
        trend = load(tx, **WHERE, metric=METRIC, scope={"detector": head})
        proposed = keeping.proposal(trend)
        keeping.accept(tx, proposed, reason="after acceptance", who="physicist", now=camera.now)


def record(camera: DailyRuns, **changes: Any) -> ServiceEvent:
    values: dict[str, Any] = {
        "id": "", "version": 1, "device_id": "camera-1", "kind": EventKind.SERVICE,
        "at": camera.now + timedelta(hours=2), "text": "tubes tuned", "epoch": EpochEffect.STARTS,
        "recorded_by": "physicist", "recorded_at": camera.now,
    }  # fmt: skip
    with camera.database.transaction() as tx:
        return keeping.record(tx, ServiceEvent(**{**values, **changes}))


def rules(camera: DailyRuns, result: ResultRecord) -> set[str]:
    return {entry.signal.rule for entry in camera.signals(result)}


def test_a_slow_drift_is_told_before_the_limit_is_reached_and_a_service_ends_it(
    camera: DailyRuns,
) -> None:
    rng = random.Random(20261121)

    def days(count: int, start: float, slope: float) -> list[ResultRecord]:
        return [
            camera.measure(start + slope * day + rng.gauss(0.0, 0.08), 2.0, uncertainty=0.1)
            for day in range(count)
        ]

    days(10, 2.5, 0.0)
    accept(camera)
    told = None
    drifting: list[ResultRecord] = []
    while told is None:
        drifting += days(1, 2.5 + 0.05 * len(drifting), 0.0)
        told = camera.alerts().get(FORESEEN)

    # The limit of 5.0 is reached after 50 days of this drift.
    assert drifting[-1].status is Status.PASS
    assert 20 <= len(drifting) <= 40
    assert told.alert.result_id == drifting[-1].id
    assert "its limit of 5 mm is reached" in told.alert.message
    (kept,) = [s for s in camera.signals(drifting[-1]) if s.signal.rule == "TREND_TO_LIMIT"]
    assert kept.signal.limit == UPPER
    assert kept.signal.days is not None
    assert abs(kept.signal.days - (50 - len(drifting))) < 8
    assert {head for _, head in camera.alerts()} == {1}

    record(camera)
    after = days(1, 2.5, 0.0)[0]

    assert camera.alerts() == {}
    assert rules(camera, after) == set()
    with camera.database.snapshot() as tx:
        track = load(tx, **WHERE, metric=METRIC, scope={"detector": 1}).track()
    assert (len(track.epochs), track.epochs[-1].counted) == (2, 1)
    assert track.drift is None


def test_a_wild_result_raises_an_alert_and_the_next_good_one_ends_it(camera: DailyRuns) -> None:
    for day in range(10):
        camera.measure(2.5 + 0.1 * (day % 3), 2.0)
    accept(camera)
    wild = camera.measure(4.0, 2.0)

    alert = camera.alerts()["1_3s", 1]
    assert alert.alert.result_id == wild.id
    assert wild.status is Status.PASS

    camera.measure(2.5, 2.0)
    assert camera.alerts() == {}


def test_a_broken_limit_outranks_the_trend_and_the_signals_are_kept(camera: DailyRuns) -> None:
    for day in range(10):
        camera.measure(2.5 + 0.1 * (day % 3), 2.0)
    accept(camera)
    broken = camera.measure(9.0, 2.0)

    assert broken.status is Status.FAIL
    assert set(camera.alerts()) == {("site", 1)}
    assert "1_3s" in rules(camera, broken)


def test_an_invalid_result_neither_signals_nor_counts_nor_ends(camera: DailyRuns) -> None:
    for day in range(10):
        camera.measure(2.5 + 0.1 * (day % 3), 2.0)
    accept(camera)
    camera.measure(4.0, 2.0)
    invalid = camera.measure(2.5, 2.0, void=(1,))

    assert invalid.status is Status.INVALID
    assert camera.signals(invalid) == ()
    assert ("1_3s", 1) in camera.alerts()
    with camera.database.snapshot() as tx:
        track = load(tx, **WHERE, metric=METRIC, scope={"detector": 1}).track()
    assert [p.point.counts for p in track.points] == [True] * 11 + [False]


def test_the_same_job_done_again_changes_nothing(camera: DailyRuns) -> None:
    for day in range(10):
        camera.measure(2.5 + 0.1 * (day % 3), 2.0)
    accept(camera)
    wild = camera.measure(4.0, 2.0)
    kept = camera.signals(wild)

    with camera.database.transaction() as tx:
        assert results.add(tx, wild).id == wild.id
    assert camera.signals(wild) == kept
    assert camera.alerts()["1_3s", 1].count == 1


def test_a_trend_that_cannot_be_looked_at_never_costs_the_result(
    camera: DailyRuns, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr("photopeak.analysis.trend_watch.look", broken)
        result = camera.measure(2.5, 2.0)

    assert result.status is Status.PASS
    (alert,) = camera.alerts().values()
    assert alert.alert.title == "Trends were not looked at"
    assert "the result stands" in alert.alert.message
    assert "see traceback" in alert.alert.message
    assert "ZeroDivisionError" in caplog.text

    camera.measure(2.5, 2.0)
    assert camera.alerts() == {}


def test_what_a_broken_watch_wrote_is_undone(
    camera: DailyRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.measure(2.5, software="VB10")

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("photopeak.analysis.trend_watch.look", broken)
    camera.measure(2.5, software="VB20")

    with camera.database.snapshot() as tx:
        assert events.of_device(tx, "camera-1") == ()


def test_new_software_is_an_event_that_proposes_a_new_epoch(camera: DailyRuns) -> None:
    camera.measure(2.5, software="VB10")
    camera.measure(2.5, software="VB10")
    changed = camera.measure(2.5, software="VB20")
    camera.measure(2.5, software="VB20")

    with camera.database.snapshot() as tx:
        (event,) = events.of_device(tx, "camera-1")
        (entry,) = [e for e in audit.page(tx) if e.action == "event.recorded"]
    assert (event.kind, event.epoch, event.text) == (
        EventKind.SOFTWARE, EpochEffect.PROPOSED, "software VB10 -> VB20",
    )  # fmt: skip
    assert (event.at, event.recorded_by) == (changed.acquired_at, "photopeak")
    assert entry.actor == "photopeak"


def test_new_software_that_a_person_withdrew_is_not_told_again(camera: DailyRuns) -> None:
    camera.measure(2.5, software="VB10")
    camera.measure(2.5, software="VB20")
    with camera.database.transaction() as tx:
        (event,) = events.of_device(tx, "camera-1")
        keeping.revise(tx, replace(event, withdrawn=True, reason="only the workstation"))
    # Another set of the same day, from the camera as it was and as it is.
    noon = camera.now
    camera.measure(2.5, software="VB10", at=noon - timedelta(hours=2))
    camera.measure(2.5, software="VB20", at=noon)

    with camera.database.snapshot() as tx:
        assert events.of_device(tx, "camera-1") == ()


def test_software_that_is_not_told_has_not_changed(camera: DailyRuns) -> None:
    camera.measure(2.5, software="VB10")
    camera.measure(2.5)
    camera.measure(2.5, software="VB10")

    with camera.database.snapshot() as tx:
        assert events.of_device(tx, "camera-1") == ()


def test_a_passing_repeat_returns_to_service_what_was_repaired(camera: DailyRuns) -> None:
    broken = camera.measure(9.0, 2.0)
    alert = camera.alerts()["site", 1]
    repair = record(camera, kind=EventKind.CORRECTIVE_ACTION, answers_alert=alert.id)
    other = record(camera, kind=EventKind.OTHER)
    still = camera.measure(8.0, 2.0)
    passing = camera.measure(2.5, 2.0)
    camera.measure(2.5, 2.0)

    assert (broken.status, still.status, passing.status) == (Status.FAIL, Status.FAIL, Status.PASS)
    with camera.database.snapshot() as tx:
        found = events.get(tx, repair.id)
        assert events.get(tx, other.id).returned_by is None
    assert (found.version, found.returned_by, found.recorded_by) == (2, passing.id, "photopeak")
