"""Decisions, taught routes, limits, baselines, devices, workers, marks."""

from dataclasses import replace
from typing import Any

import pytest

from photopeak.model.devices import Device
from photopeak.model.judgement import (
    Baseline,
    BaselineForm,
    Limit,
    LimitKind,
    LimitSet,
    SeverityOverride,
)
from photopeak.model.routing import Assignment, RoutingDecision, RoutingOutcome, Step
from photopeak.model.taught import TaughtNumber, TaughtRoute
from photopeak.storage import decisions, devices, limits, marks, taught, workers
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import NotFoundError, StateError
from support.rows import NOON, after, series_of

UID = "1.2.3.10"
ROUTED = RoutingDecision(
    outcome=RoutingOutcome.ROUTED,
    reason="the description says so",
    assignments=(
        Assignment(
            test="intrinsic_uniformity",
            variant="nema",
            role="flood",
            parameters={"distance_mm": 100.0, "note": None, "high": True},
            limits=("site",),
        ),
    ),
    device_id="camera-1",
    rule="flood",
    field="SeriesDescription",
    runner_up="daily",
    confidence=0.9,
    steps=(Step(stage="rule", subject="flood", effect="matched", message="均匀性"),),
    routes_version="r1",
)


def test_a_decision_comes_back_with_its_whole_explanation(database: Database) -> None:
    with database.transaction() as tx:
        series_of(tx)
        assert decisions.latest(tx, UID) is None
        decisions.add(tx, UID, 1, ROUTED, now=NOON)

    with database.snapshot() as tx:
        found = decisions.latest(tx, UID)
    assert found is not None
    assert (found.decision, found.generation, found.decided_at) == (ROUTED, 1, NOON)


def test_every_change_of_mind_is_kept_and_a_repetition_is_not(database: Database) -> None:
    other = replace(ROUTED, outcome=RoutingOutcome.UNROUTED, reason="no rule", assignments=())
    with database.transaction() as tx:
        series_of(tx)
        first = decisions.add(tx, UID, 1, ROUTED, now=NOON)
        assert decisions.add(tx, UID, 1, ROUTED, now=after(1)).id == first.id
        decisions.add(tx, UID, 1, other, now=after(2))
        decisions.add(tx, UID, 1, ROUTED, now=after(3))
        decisions.add(tx, UID, 2, ROUTED, now=after(4))

        found = decisions.history(tx, UID)
    assert [(d.decision.outcome, d.generation) for d in found] == [
        (RoutingOutcome.ROUTED, 1),
        (RoutingOutcome.UNROUTED, 1),
        (RoutingOutcome.ROUTED, 1),
        (RoutingOutcome.ROUTED, 2),
    ]


def route(**values: Any) -> TaughtRoute:
    fixed: dict[str, Any] = {
        "id": "",
        "device_id": "camera-1",
        "conditions": {"SeriesDescription": "flood", "ImageID": ""},
        "test": "intrinsic_uniformity",
        "variant": "nema",
        "role": "flood",
        "parameters": {"a": 1.5},
        "limits": ("site",),
        "taught_at": NOON,
        "taught_by": "physicist",
    }
    return TaughtRoute(**{**fixed, **values})


def in_force(tx: Transaction, kept: TaughtRoute) -> TaughtRoute:
    return taught.activate(tx, kept.id, kept.version, who="chen", reason="seen", now=after(5))


def test_a_taught_route_is_kept_once_and_not_in_force_before_somebody_says_so(
    database: Database,
) -> None:
    with database.transaction() as tx:
        kept = taught.draft(tx, route())
        assert taught.draft(tx, route(taught_at=after(9))) == kept
        assert taught.active(tx) == ()
        assert (kept.version, kept.conditions["ImageID"], kept.state) == (1, "", "draft")
        active = in_force(tx, kept)
        assert taught.active(tx) == (active,) == taught.history(tx, kept.id)
        assert taught.draft(tx, route()) == active
        with pytest.raises(StateError, match="is active"):
            in_force(tx, kept)


def test_teaching_otherwise_replaces_and_keeps_the_earlier_version(database: Database) -> None:
    number = TaughtNumber(keyword="SeriesDescription", place=0, name="distance_mm")
    with database.transaction() as tx:
        first = in_force(tx, taught.draft(tx, route()))
        second = taught.draft(tx, route(variant="iec"))
        elsewhere = in_force(tx, taught.draft(tx, route(device_id=None)))
        wider = taught.draft(tx, route(numbers=(number,)))

        assert (second.id, second.version, wider.version) == (first.id, 2, 1)
        assert {r.id for r in taught.active(tx)} == {first.id, elsewhere.id}
        in_force(tx, second)
        assert [(r.variant, r.state) for r in taught.history(tx, first.id)] == [
            ("nema", "superseded"),
            ("iec", "active"),
        ]
        assert taught.latest(tx)[-1].numbers == (number,)
        taught.withdraw(tx, second.id, who="li", reason="wrong", now=after(7))
        assert [r.id for r in taught.active(tx)] == [elsewhere.id]
        assert taught.get(tx, second.id, 2).withdrawal_reason == "wrong"
        with pytest.raises(NotFoundError, match="no taught route"):
            taught.withdraw(tx, second.id, who="li", reason="wrong", now=after(8))
        assert (
            taught.withdraw(tx, wider.id, who="li", reason="no", now=after(8)).state == "withdrawn"
        )
        assert taught.draft(tx, route(variant="iec")).version == 3


def limit_set(version: str = "v1", **values: Any) -> LimitSet:
    fixed: dict[str, Any] = {
        "name": "site",
        "title": "Site",
        "kind": LimitKind.SITE,
        "source": "manual",
        "limits": (
            Limit(
                test="t",
                variant="nema",
                metric="m",
                upper=5.5,
                scope={"distance_mm": 100},
                form=BaselineForm.RELATIVE_PERCENT,
                purpose=("status",),
                unit="%",
            ),
        ),
        "devices": ("camera-1",),
        "purpose": ("constancy",),
        "continuous_crystal_only": True,
        "optional": True,
        "severities": (SeverityOverride(test="t", code="PC_COUNTS", severity="soft"),),
    }
    return LimitSet(**{**fixed, **values}, version=version)


def test_a_limit_set_comes_back_as_it_was_in_force(database: Database) -> None:
    with database.transaction() as tx:
        assert limits.put_in_force(tx, [limit_set()], now=NOON) == ("site",)
        assert limits.put_in_force(tx, [limit_set()], now=after(1)) == ()

        assert limits.in_force(tx) == (limit_set(),)
        assert limits.get(tx, "site", "v1") == limit_set()
        with pytest.raises(NotFoundError, match="there is no limit set site v9"):
            limits.get(tx, "site", "v9")


def test_versions_of_limits_stay_readable_when_others_are_in_force(database: Database) -> None:
    changed = limit_set("v2", title="Site, changed")
    with database.transaction() as tx:
        limits.put_in_force(tx, [limit_set(), limit_set(name="jjf")], now=NOON)
        assert limits.put_in_force(tx, [changed], now=after(1)) == ("jjf", "site")
        assert limits.in_force(tx) == (changed,)
        assert [(s.limit_set.version, s.active) for s in limits.history(tx, "site")] == [
            ("v1", False),
            ("v2", True),
        ]
        every = limits.every_version(tx)
        assert [s.limit_set.name for s in every] == ["jjf", "site", "site"]
        limits.put_in_force(tx, [limit_set()], now=after(2))
        assert limits.in_force(tx) == (limit_set(),)
        assert limits.get(tx, "site", "v2") == changed


def baseline(value: float, **values: Any) -> Baseline:
    fixed: dict[str, Any] = {
        "id": "",
        "device_id": "camera-1",
        "test": "t",
        "variant": "nema",
        "metric": "m",
        "scope": {"detector": 1},
        "configuration": "c",
        "spread": 0.25,
        "count": 10,
        "epoch_start": NOON,
        "reason": "acceptance",
        "approved_by": "physicist",
        "version": 0,
    }
    return Baseline(**{**fixed, **values}, value=value)


def test_a_new_baseline_is_a_new_version_and_the_old_one_stays(database: Database) -> None:
    with database.transaction() as tx:
        first = limits.add_baseline(tx, baseline(3.0), now=NOON, source_results=["b", "a"])
        assert limits.add_baseline(tx, baseline(3.0), now=after(1)) == first
        second = limits.add_baseline(tx, baseline(3.5), now=after(2))
        other = limits.add_baseline(tx, baseline(3.0, scope={"detector": 2}), now=NOON)
        limits.add_baseline(tx, baseline(3.0, variant="iec"), now=NOON)

        assert (first.version, second.version, other.version) == (1, 2, 1)
        assert {b.id for b in limits.baselines_for(tx, "camera-1", "t", "nema")} == {
            second.id,
            other.id,
        }
        assert limits.baseline(tx, first.id) == first
        with pytest.raises(NotFoundError, match="there is no baseline x"):
            limits.baseline(tx, "x")


def test_devices_that_left_the_configuration_stay_readable(database: Database) -> None:
    one = Device(
        id="camera-1",
        name="Camera",
        kind="spect",
        ae_titles=("A", "B"),
        match={"Manufacturer": "x"},
        parameters={"*": {"ufov_width_mm": 533.0}},
    )
    two = Device(id="camera-2", name="Other", kind="pet", pixelated=True)
    with database.transaction() as tx:
        devices.put_in_force(tx, [one, two], now=NOON)
        devices.put_in_force(tx, [one], now=after(1))

        first, second = devices.every(tx)
        assert (first.device, first.configured, first.changed_at) == (one, True, NOON)
        assert (second.device, second.configured, second.changed_at) == (two, False, after(1))
        devices.put_in_force(tx, [replace(one, name="New"), two], now=after(2))
        assert [d.changed_at for d in devices.every(tx)] == [after(2), after(2)]


def test_equipment_is_noted_once_with_its_first_and_last_appearance(database: Database) -> None:
    def note(seconds: float, device_id: str | None, serial: str = "1") -> None:
        devices.note_sighting(
            tx,
            calling_ae_title="A",
            manufacturer="M",
            model="X",
            serial_number=serial,
            station="S",
            device_id=device_id,
            now=after(seconds),
        )

    with database.transaction() as tx:
        note(0, None)
        note(5, "camera-1")
        note(9, None, serial="2")

        last, first = devices.seen(tx)
    assert (last.serial_number, first.serial_number) == ("2", "1")
    assert (first.device_id, first.first_seen_at, first.last_seen_at) == (
        "camera-1",
        NOON,
        after(5),
    )


def test_a_worker_is_alive_as_long_as_it_is_heard_of(database: Database) -> None:
    with database.transaction() as tx:
        workers.start(tx, "w1", role="work", host="h", pid=7, now=NOON)
        workers.start(tx, "w2", role="web", host="h", pid=8, now=NOON)
        assert workers.beat(tx, "w1", now=after(20))
        assert not workers.beat(tx, "w9", now=after(20))

        alive = workers.alive(tx, now=after(40), stale_after_s=30)
        assert [w.id for w in alive] == ["w1"]
        assert workers.alive(tx, now=after(20), stale_after_s=30, role="web")[0].pid == 8
        workers.stop(tx, "w1", now=after(41))
        assert workers.alive(tx, now=after(41), stale_after_s=30) == ()
        assert workers.forget(tx, before=after(1)) == 1


def test_a_worker_may_register_twice(database: Database) -> None:
    with database.transaction() as tx:
        workers.start(tx, "w1", role="work", host="h", pid=7, now=NOON)
        workers.start(tx, "w1", role="work", host="h", pid=7, now=after(1))

        assert len(workers.alive(tx, now=after(2), stale_after_s=30)) == 1


def test_a_mark_is_replaced_or_put_once(database: Database) -> None:
    with database.transaction() as tx:
        assert marks.get(tx, "scrub") is None
        marks.put(tx, "scrub", "a")
        marks.put(tx, "scrub", "b")
        assert marks.get(tx, "scrub") == "b"
        assert marks.put_once(tx, "first", "x")
        assert not marks.put_once(tx, "first", "y")
        assert marks.get(tx, "first") == "x"
