"""Measurements without images through the API: opened once, checked whole, corrected with a reason."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

import pytest

from photopeak.model.test_sets import TestSetState
from photopeak.storage import audit, readings, results, test_sets
from photopeak.storage.database import Database
from support import web_scene
from support.entered import CONSTANCY, ROWS, entry, failed
from support.rows import NOON

SETS = "/api/v1/test-sets"
READINGS = "/api/v1/readings"


@pytest.fixture
def service(make_service: Any) -> Any:
    device = dataclasses.replace(web_scene.DEVICE, in_use_since=date(2020, 1, 1))
    return make_service(
        tests=lambda: (web_scene.UNIFORMITY, web_scene.SENSITIVITY, CONSTANCY),
        devices=lambda: (device,),
    )


def post(service: Any, body: dict[str, Any], path: str = SETS, key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return service.call("POST", path, "operate", json=body, headers=headers)


def sets_of(service: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = service.get(f"{SETS}?test={CONSTANCY.id}").json()["items"]
    return items


@pytest.mark.parametrize("path", [SETS, READINGS])
def test_a_measurement_opens_a_set_that_lacks_nothing(service: Any, path: str) -> None:
    answer = post(service, entry(detector=2), path)

    assert answer.status_code == 201, answer.text
    found = answer.json()["test_set"]
    assert (found["test"], found["variant"], found["device"], found["state"]) == (
        CONSTANCY.id,
        "local",
        "camera-1",
        "WAITING",
    )
    assert (found["missing"], found["day"], found["operator"], found["detector"]) == (
        [],
        "2026-03-02",
        "R. Chen",
        2,
    )
    assert datetime.fromisoformat(found["performed_at"]) == datetime(2026, 3, 2, 11, tzinfo=UTC)
    kept = {r["name"]: r for r in answer.json()["readings"]}
    assert kept["counts"]["value"] == [
        [600.0, 60.0, "2026-03-02T11:00:00+00:00", None, None],
        [612.0, 60.0, "2026-03-02T11:02:00+00:00", "vial", None],
    ]
    assert (kept["activity"]["source"], kept["activity"]["entered_by"]) == ("api", "operate token")


def test_a_list_of_readings_and_rows_in_order_say_the_same_as_inputs_by_name(service: Any) -> None:
    listed = [
        {"name": "activity", "value": 37.0, "unit": "MBq", "at": "2026-03-02T10:30:00Z"},
        {"name": "counts", "value": [[*row.values(), *[None] * (5 - len(row))] for row in ROWS]},
        {"name": "nuclide", "value": "Cs-137"},
    ]
    first = post(service, entry())
    again = post(service, entry(inputs=None, readings=listed))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["test_set"]["id"] == first.json()["test_set"]["id"]


def test_the_same_twice_is_one_set_with_or_without_a_key(service: Any) -> None:
    first = post(service, entry(), key="k1")
    replayed = post(service, entry(), key="k1")
    elsewhere = post(service, entry(performed_at="2026-03-02T11:00:00Z"), key="k2")
    other = post(service, entry(operator="", performed_at="2026-03-02T11:30:00Z"))

    assert [a.status_code for a in (first, replayed, elsewhere, other)] == [201, 200, 200, 201]
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert len({a.json()["test_set"]["id"] for a in (first, replayed, elsewhere)}) == 1
    assert len(sets_of(service)) == 2


def test_a_key_of_another_measurement_is_refused(service: Any) -> None:
    assert post(service, entry(), key="k1").status_code == 201
    answer = post(service, entry(performed_at="2026-03-02T11:30:00Z"), key="k1")

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:photopeak:problem:key-used-before"
    assert len(sets_of(service)) == 1


def test_what_is_missing_is_waited_for_and_completes_the_set(service: Any) -> None:
    first = post(service, entry(inputs={"nuclide": "Cs-137"})).json()
    body = {
        "test_set": first["test_set"]["id"],
        "inputs": {"counts": ROWS, "activity": {"value": 37.0, "at": "2026-03-02T10:30:00Z"}},
    }
    answer = post(service, body, READINGS)

    assert [m["name"] for m in first["test_set"]["missing"]] == ["activity", "counts"]
    assert (answer.status_code, answer.json()["test_set"]["missing"]) == (200, [])


def test_a_measurement_completes_the_set_that_images_opened(service: Any) -> None:
    body = entry(
        test_id="system_planar_sensitivity",
        inputs={"activity": {"value": 37.0, "at": "2026-03-02T10:30:00Z"}},
    )
    answer = post(service, body)

    assert answer.status_code == 201
    waiting = answer.json()["test_set"]
    assert waiting["id"] == service.ids["waiting"]
    assert len(waiting["members"]) == 1
    assert [m["kind"] for m in waiting["missing"]] == ["role"]


def test_a_stored_series_is_attached(service: Any) -> None:
    body = entry(
        test_id="intrinsic_uniformity",
        inputs=None,
        attachments=[{"series_instance_uid": web_scene.UNKNOWN}],
    )
    answer = post(service, body)
    lost = post(service, {**body, "attachments": [{"series_instance_uid": "1.2.3.4.5"}]})

    assert answer.status_code == 201, answer.text
    assert [m["series_instance_uid"] for m in answer.json()["test_set"]["members"]] == [
        web_scene.UNKNOWN
    ]
    assert (lost.status_code, lost.json()["errors"][0]["pointer"]) == (422, "/body/attachments/0")


FAULTS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"test_id": "nothing"}, "/body/test_id", {}),
    ({"device_id": "nothing"}, "/body/device_id", {"allowed": ["camera-1"]}),
    ({"variant": "nema"}, "/body/variant", {"allowed": ["local", "jjf"]}),
    ({"detector": 3}, "/body/detector", {"value": 3, "minimum": 1, "maximum": 2}),
    ({"performed_at": "2026-03-02T12:20:00Z"}, "/body/performed_at", {"field": "performed_at"}),
    ({"performed_at": "2019-12-31T12:00:00Z"}, "/body/performed_at", {}),
    ({"performed_at": "2026-03-02T12:00:00"}, "/body/performed_at", {}),
    ({"performed_at": None}, "/body/performed_at", {}),
    ({"operator": "a\nb"}, "/body/operator", {}),
    ({"inputs": {}}, "/body/readings", {}),
    ({"inputs": {"nothing": 1.0}}, "/body/inputs/nothing", {}),
    (
        {"inputs": {"volume": 0.1}},
        "/body/inputs/volume",
        {"field": "volume", "value": 0.1, "unit": "mL", "minimum": 0.5, "maximum": 30.0},
    ),
    ({"inputs": {"volume": "much"}}, "/body/inputs/volume", {"unit": "mL"}),
    ({"inputs": {"volume": {"value": 1.0, "unit": "L"}}}, "/body/inputs/volume", {"unit": "mL"}),
    ({"inputs": {"nuclide": "Tc-99m"}}, "/body/inputs/nuclide", {"allowed": ["Cs-137", "Ba-133"]}),
    ({"inputs": {"activity": 37.0}}, "/body/inputs/activity/at", {"field": "activity.at"}),
    ({"inputs": {"zeroed": "2026-03-02"}}, "/body/inputs/zeroed", {}),
    ({"inputs": {"certificate": ""}}, "/body/inputs/certificate", {}),
    ({"inputs": {"counts": ROWS[:1]}}, "/body/inputs/counts", {"value": 1, "minimum": 2}),
    (
        {"inputs": {"counts": [ROWS[0], {**ROWS[1], "live_s": 0.0}]}},
        "/body/inputs/counts/1/live_s",
        {"field": "counts.2.live_s", "value": 0.0, "unit": "s", "minimum": 0.1, "maximum": 3600.0},
    ),
    ({"inputs": {"counts": [ROWS[0], {"n": 1.0}]}}, "/body/inputs/counts/1/live_s", {"unit": "s"}),
    ({"inputs": {"counts": [ROWS[0], {**ROWS[1], "x": 1}]}}, "/body/inputs/counts/1", {}),
    (
        {"inputs": {}, "readings": [{"name": "counts", "value": [[1.0], [2.0]]}]},
        "/body/readings/0/value/0",
        {},
    ),
    (
        {"inputs": {"volume": 1.0}, "readings": [{"name": "volume", "value": 1.0}]},
        "/body/inputs/volume",
        {},
    ),
]


@pytest.mark.parametrize(("changes", "pointer", "said"), FAULTS)
def test_a_field_that_cannot_be_is_named_with_what_is_allowed_and_nothing_is_kept(
    service: Any, changes: dict[str, Any], pointer: str, said: dict[str, Any]
) -> None:
    answer = post(service, entry(**changes))

    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = {error["pointer"]: error for error in answer.json()["errors"]}
    assert pointer in found
    assert said.items() <= found[pointer].items()
    assert sets_of(service) == []


def test_everything_that_is_wrong_is_told_at_once(service: Any) -> None:
    body = entry(
        variant="nema",
        inputs={"volume": 99.0, "counts": [{"n": -1.0, "live_s": 0.0, "start": "now"}, *ROWS]},
    )
    pointers = [error["pointer"] for error in post(service, body).json()["errors"]]

    assert pointers == [
        "/body/variant",
        "/body/inputs/volume",
        "/body/inputs/counts/0/n",
        "/body/inputs/counts/0/live_s",
        "/body/inputs/counts/0/start",
    ]


def test_what_was_measured_is_not_repeated_where_it_is_no_number(service: Any) -> None:
    mark = "<script>alert(1)</script>"
    for inputs in ({"nuclide": mark}, {mark: 1.0}, {"counts": [{mark: 1.0}, *ROWS]}):
        answer = post(service, entry(inputs=inputs))

        assert answer.status_code == 422
        assert mark not in answer.text


def test_a_test_about_a_series_needs_the_series(service: Any) -> None:
    answer = post(service, entry(test_id="intrinsic_uniformity", inputs={}))

    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/body/readings", "/body/attachments"]


def test_the_head_is_not_asked_for_where_images_tell_it(service: Any) -> None:
    body = entry(test_id="system_planar_sensitivity", detector=1, inputs={"collimator": "LEHR"})

    assert post(service, body).json()["errors"][0]["pointer"] == "/body/detector"


def finished(database: Database, identity: str) -> None:
    """Give a set a result, as a worker would."""
    with database.transaction() as tx:
        record = test_sets.queue(tx, identity, now=NOON)
        claimed = test_sets.claim(tx, identity, "w", now=NOON)
        assert claimed is not None
        results.add(tx, failed(record))
        assert test_sets.finish(tx, identity, "w", claimed.attempt, TestSetState.DONE, now=NOON)


def test_a_correction_needs_a_reason_keeps_both_and_is_audited(
    service: Any, sqlite_database: Database
) -> None:
    identity = post(service, entry()).json()["test_set"]["id"]
    finished(sqlite_database, identity)
    body: dict[str, Any] = {"test_set": identity, "inputs": {"nuclide": "Ba-133"}}

    without = post(service, body, READINGS)
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/body/reason")
    with sqlite_database.snapshot() as tx:
        assert test_sets.get(tx, identity).state is TestSetState.DONE

    answer = post(service, {**body, "reason": "read from the wrong line"}, READINGS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["test_set"]["state"] == "WAITING"
    with sqlite_database.snapshot() as tx:
        versions = readings.history(tx, identity, "nuclide")
        told = audit.page(tx)[0]
    assert [reading.value for reading in versions] == ["Cs-137", "Ba-133"]
    assert (told.actor, told.action, told.subject) == (
        "operate token",
        "readings.corrected",
        identity,
    )
    assert (told.detail["reason"], told.detail["before"], told.detail["after"]) == (
        "read from the wrong line",
        {"nuclide": "Cs-137"},
        {"nuclide": "Ba-133"},
    )


def test_the_same_reading_again_is_no_correction(service: Any, sqlite_database: Database) -> None:
    identity = post(service, entry()).json()["test_set"]["id"]
    finished(sqlite_database, identity)

    answer = post(service, {"test_set": identity, "inputs": {"nuclide": "Cs-137"}}, READINGS)

    assert (answer.status_code, answer.json()["test_set"]["state"]) == (200, "DONE")


def test_a_wrong_date_is_corrected_and_the_set_moves_to_its_day(
    service: Any, sqlite_database: Database
) -> None:
    identity = post(service, entry()).json()["test_set"]["id"]
    moved = post(
        service,
        {"test_set": identity, "performed_at": "2026-03-01T09:00:00Z", "reason": "yesterday"},
        READINGS,
    )
    later = {"test_set": identity, "performed_at": "2027-03-01T09:00:00Z", "reason": "typed"}

    assert moved.json()["test_set"]["day"] == "2026-03-01"
    assert moved.json()["test_set"]["operator"] == "R. Chen"
    assert post(service, later, READINGS).json()["errors"][0]["pointer"] == "/body/performed_at"
    images = {"test_set": service.ids["waiting"], "performed_at": "2026-03-01T09:00:00Z"}
    assert post(service, images, READINGS).status_code == 422
    with sqlite_database.snapshot() as tx:
        told = audit.page(tx)[0]
    assert told.detail["performed_before"][0] == "2026-03-02T11:00:00+00:00"


def test_what_comes_while_a_worker_is_at_it_takes_the_set_from_it(
    service: Any, sqlite_database: Database
) -> None:
    identity = post(service, entry()).json()["test_set"]["id"]
    with sqlite_database.transaction() as tx:
        test_sets.queue(tx, identity, now=NOON)
        claimed = test_sets.claim(tx, identity, "w", now=NOON)
        assert claimed is not None

    post(service, {"test_set": identity, "inputs": {"volume": 2.0}}, READINGS)

    with sqlite_database.transaction() as tx:
        assert not test_sets.finish(tx, identity, "w", claimed.attempt, TestSetState.DONE, now=NOON)
        assert test_sets.get(tx, identity).state is TestSetState.WAITING


def test_who_may_only_read_enters_nothing(service: Any) -> None:
    for path in (SETS, READINGS):
        assert service.call("POST", path, "read", json=entry()).status_code == 403


def test_the_installed_tests_say_what_they_need(service: Any) -> None:
    items = {item["id"]: item for item in service.get("/api/v1/analyzers").json()["items"]}

    described = items[CONSTANCY.id]
    assert (described["roles"], described["needs_images"]) == ([], False)
    counts = described["readings"][1]
    assert (counts["kind"], counts["minimum_rows"], counts["columns"][1]["maximum"]) == (
        "table",
        2,
        3600.0,
    )
    assert items["intrinsic_uniformity"]["needs_images"]
