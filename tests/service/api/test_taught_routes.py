"""Teaching routes over HTTP: a preview, a draft, in force, applied to the past, withdrawn."""

from typing import Any

from photopeak.model.series import SeriesState
from photopeak.storage import audit, lessons, series
from photopeak.storage.lessons import RoutedSeries
from support import web_scene
from support.rows import NOON

LESSON = {
    "series_instance_uid": web_scene.UNKNOWN,
    "test": "intrinsic_uniformity",
    "variant": "nema",
    "role": "flood",
    "match": ["SeriesDescription"],
}


def note(service: Any, uid: str, **changes: Any) -> None:
    values: dict[str, Any] = {
        "series_instance_uid": uid, "device_id": web_scene.DEVICE.id, "texts": web_scene.TEXTS,
        "kind": "NM", "outcome": "unrouted", "rule": "", "added": (), "test": "", "role": "",
        "received_at": NOON,
    }  # fmt: skip
    with service.context.database.transaction() as tx:
        lessons.note(tx, RoutedSeries(**{**values, **changes}))


def taught(service: Any, **changes: Any) -> str:
    lesson = {**LESSON, "reason": "the new protocol", **changes}
    answer = service.call("POST", "/api/v1/routes/taught", "operate", json=lesson)
    assert answer.status_code == 201, answer.text
    return f"/api/v1/routes/taught/{answer.json()['id']}"


def test_a_lesson_is_kept_activated_applied_and_withdrawn(service: Any) -> None:
    note(service, web_scene.UNKNOWN)
    place = taught(service)
    (draft,) = service.get(place).json()["items"]

    assert (draft["state"], draft["conditions"]) == (
        "draft",
        {"SeriesDescription": "daily strange thing"},
    )
    assert service.get("/api/v1/routes").json()["taught"] == []
    assert service.get("/api/v1/routes/taught").json()["items"] == [draft]
    active = service.call(
        "POST", f"{place}/activate", "review", json={"version": 1, "reason": "looked at"}
    )
    assert active.json()["state"] == "active"
    assert len(service.get("/api/v1/routes").json()["taught"]) == 1
    applied = service.call("POST", f"{place}/apply", "review")
    assert applied.json() == {"series": 1}
    with service.context.database.snapshot() as tx:
        assert series.get(tx, web_scene.UNKNOWN).state is SeriesState.COMPLETE
    gone = service.call("POST", f"{place}/withdraw", "review", json={"reason": "wrong"})
    assert (gone.json()["state"], gone.json()["withdrawal_reason"]) == ("withdrawn", "wrong")
    assert (
        service.call("POST", f"{place}/withdraw", "review", json={"reason": "x"}).status_code == 404
    )
    with service.context.database.snapshot() as tx:
        entries = [(e.action, e.reason) for e in audit.page(tx) if e.action.startswith("route.")]
    assert entries == [
        ("route.withdrawn", "wrong"),
        ("route.applied", ""),
        ("route.activated", "looked at"),
        ("route.taught", "the new protocol"),
    ]


def test_the_preview_names_who_knows_such_series_and_activation_asks_whether_that_is_meant(
    service: Any,
) -> None:
    note(service, web_scene.UNKNOWN)
    note(
        service, web_scene.GOOD_FLOOD, outcome="routed", rule="daily-flood",
        test="intrinsic_uniformity", role="flood",
    )  # fmt: skip
    found = service.call("POST", "/api/v1/routes/preview", "operate", json=LESSON).json()

    assert (found["count"], found["claimed"], found["taken_over"]) == (2, 1, 1)
    assert {(m["claimed_by"], m["count"]) for m in found["matched"]} == {
        ("daily-flood", 1),
        ("", 1),
    }
    assert set(found["series"]) == {web_scene.UNKNOWN, web_scene.GOOD_FLOOD}
    place = taught(service)
    act = {"version": 1, "reason": "looked at"}
    refused = service.call("POST", f"{place}/activate", "review", json=act)
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:photopeak:problem:not-teachable",
    )
    assert "1 past series are known by another rule" in refused.json()["detail"]
    told = service.call("POST", f"{place}/activate", "review", json={**act, "take_over": True})
    assert told.status_code == 200


def test_what_cannot_be_taught_is_refused_with_a_reason(service: Any) -> None:
    note(service, web_scene.UNKNOWN, texts={"SeriesDescription": "lsf 10 cm"})
    number = {"keyword": "SeriesDescription", "place": 0, "name": "colour"}
    for changes, why in (
        ({"series_instance_uid": web_scene.PATIENT}, "QUARANTINED"),
        ({"test": "unheard_of"}, "no such test"),
        ({"role": "slit"}, "these roles: flood"),
        ({"match": ["ImageID"]}, "none of the chosen texts"),
        ({"numbers": [{**number, "place": 1, "name": ""}]}, "no such number"),
        ({"numbers": [number]}, "reads no number colour"),
        ({"ignore": True}, "either a test or ignore"),
    ):
        lesson = {**LESSON, **changes, "reason": "x"}
        answer = service.call("POST", "/api/v1/routes/taught", "operate", json=lesson)
        assert (answer.status_code, why in answer.json()["detail"]) == (409, True), answer.text


def test_one_series_is_assigned_by_who_operates_and_nothing_is_learned(service: Any) -> None:
    target = {k: LESSON[k] for k in ("test", "variant", "role")}
    answer = service.call(
        "POST", f"/api/v1/series/{web_scene.UNKNOWN}/assign", "operate",
        json={**target, "reason": "a repeat"},
    )  # fmt: skip

    assert answer.status_code == 200, answer.text
    assert service.get("/api/v1/routes/taught").json()["items"] == []
    place = f"/api/v1/series/{web_scene.UNKNOWN}"
    assert service.get(place).json()["series"]["state"] == "WAITING"
    refused = service.call(
        "POST", f"/api/v1/series/{web_scene.PATIENT}/assign", "operate",
        json={**target, "reason": "x"},
    )  # fmt: skip
    assert (refused.status_code, "QUARANTINED" in refused.json()["detail"]) == (409, True)


def test_one_series_is_set_aside_with_a_reason(service: Any) -> None:
    place = f"/api/v1/series/{web_scene.UNKNOWN}"
    answer = service.call("POST", f"{place}/set-aside", "operate", json={"reason": "a survey"})

    assert answer.status_code == 204, answer.text
    assert service.get(place).json()["series"]["state"] == "NOT_QC"
    again = service.call("POST", f"{place}/set-aside", "operate", json={"reason": "a survey"})
    assert again.status_code == 409
