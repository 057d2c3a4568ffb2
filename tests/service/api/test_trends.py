"""Trends over HTTP: read, compared, and what people decide about them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from photopeak.storage import alerts, audit
from photopeak.storage.alerts import raise_alert
from support import trend_rows
from support.rows import NOON
from support.trend_points import KEY, day
from support.trend_rows import number, store, verdict

HEAD_1 = '{"detector": 1}'
HEAD_2 = '{"detector": 2}'


def ask(path: str = "", **changes: str) -> str:
    values = {
        "device": "camera-1", "test": KEY.test, "variant": "nema", "metric": KEY.metric,
        "scope": HEAD_1, **changes,
    }  # fmt: skip
    query = "&".join(f"{name}={value}" for name, value in values.items())
    return f"/api/v1/trends{path}?{query}"


def body(**changes: Any) -> dict[str, Any]:
    values = {
        "device": "camera-1", "test": KEY.test, "variant": "nema", "metric": KEY.metric,
        "scope": {"detector": 1},
    }  # fmt: skip
    return {**values, **changes}


def event(**changes: Any) -> dict[str, Any]:
    values = {
        "device": "camera-1", "kind": "service", "at": "2026-03-12T10:00:00+08:00",
        "text": "tubes tuned",
    }  # fmt: skip
    return {**values, **changes}


def entries(service: Any, action: str) -> list[audit.AuditEntry]:
    with service.context.database.snapshot() as tx:
        return [entry for entry in audit.page(tx) if entry.action == action]


@pytest.fixture
def stored(service: Any) -> list[str]:
    """Store a fortnight of two heads; return the ids of the results."""
    rng = random.Random(4)
    with service.context.database.transaction() as tx:
        found = []
        for number_of_day in range(14):
            both = [
                number(rng.gauss(0.0, 0.2)),
                number(rng.gauss(0.5, 0.2), scope={"detector": 2}),
            ]
            found.append(store(tx, day(number_of_day), both).id)
    return found


def accept(service: Any, results: list[str], scope: str = "review", **changes: Any) -> Any:
    plain = body(results=results, reason="after acceptance", **changes)
    return service.call("POST", "/api/v1/baselines", scope, json=plain)


def test_a_trend_has_its_points_with_their_limits(service: Any, stored: list[str]) -> None:
    answer = service.get(ask())

    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [p["result"] for p in found["points"]] == stored
    assert (found["unit"], found["decimals"], found["sides"]) == ("%", 2, "both")
    assert found["configurations"] == [{"configuration": "collimator LEHR", "count": 14}]
    first = found["points"][0]
    assert (first["uncertainty"], first["status"], first["counts"]) == (0.05, "PASS", True)
    assert [(b["limit_set"], b["lower"], b["upper"]) for b in first["limits"]] == [
        ("site", -5.0, 5.0)
    ]
    assert found["epochs"][0]["counted"] == 14
    assert found["signals"] == []


def test_a_trend_is_shown_of_a_time_and_made_of_all(service: Any, stored: list[str]) -> None:
    accept(service, stored[:10])
    times = {"from": "2026-03-14T00:00:00Z", "to": "2026-03-15T00:00:00Z"}

    found = service.get(ask(**times)).json()

    assert [p["result"] for p in found["points"]] == [stored[12]]
    assert found["points"][0]["ewma"] is not None
    assert found["epochs"][0]["counted"] == 14
    assert service.get(ask(**{"from": "2026-03-14T00:00:00"})).status_code == 422


@pytest.mark.parametrize("scope", ["1", "[]", "{", '{"detector":null}', '{"a":true}', '{"a":{}}'])
def test_a_scope_that_is_none_is_refused(service: Any, scope: str) -> None:
    answer = service.get(ask(scope=scope))

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:photopeak:problem:not-acceptable"


def test_what_was_never_measured_has_an_empty_trend(service: Any) -> None:
    found = service.get(ask(device="nobody")).json()

    assert (found["points"], found["epochs"], found["drift"]) == ([], [], None)


def test_the_numbers_of_a_test_are_listed(service: Any, stored: list[str]) -> None:
    query = f"device=camera-1&test={KEY.test}&variant=nema"
    found = service.get(f"/api/v1/trends/numbers?{query}").json()["items"]

    assert [(n["metric"], n["scope"], n["judged"]) for n in found] == [
        (KEY.metric, {"detector": 1}, True), (KEY.metric, {"detector": 2}, True),
    ]  # fmt: skip


def test_two_heads_are_compared_day_by_day(service: Any, stored: list[str]) -> None:
    found = service.get(ask("/compare", other_scope=HEAD_2)).json()

    assert len(found["days"]) == 14
    assert found["same_configuration"]
    assert found["mean"] == pytest.approx(-0.5, abs=0.2)
    assert found["t_p_value"] < 0.01
    some = service.get(ask("/compare", other_scope=HEAD_2, to="2026-03-05T00:00:00Z")).json()
    assert [d["day"] for d in some["days"]] == ["2026-03-02", "2026-03-03", "2026-03-04"]


def test_two_systems_are_compared(service: Any, stored: list[str]) -> None:
    with service.context.database.transaction() as tx:
        for later in range(5):
            result = store(
                tx, day(later), [number(2.0 + 0.1 * later)], collimator="HEGP", uid=f"1.9.{later}",
                device_id="camera-2",
            )  # fmt: skip
    assert result.device_id == "camera-2"
    found = service.get(ask("/compare", other_device="camera-2")).json()

    assert (found["count_first"], found["count_second"], len(found["days"])) == (14, 5, 5)
    assert not found["same_configuration"]
    assert found["f"] is not None
    assert found["median_ratio"] is not None


def test_a_baseline_is_proposed_and_nothing_is_changed(service: Any, stored: list[str]) -> None:
    answer = service.call("POST", "/api/v1/baselines/propose", "read", json=body())

    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["count"], found["sources"]) == (14, stored)
    assert found["configuration"] == "collimator LEHR"
    assert found["warnings"] == ["14 results of 20: control limits are 1.27 times as wide"]
    assert service.get(ask()).json()["epochs"][0]["baseline"] is None


def test_a_baseline_of_few_says_what_is_wrong_with_it(service: Any, stored: list[str]) -> None:
    plain = body(results=stored[:3])
    found = service.call("POST", "/api/v1/baselines/propose", "read", json=plain).json()

    assert found["warnings"][0] == "3 results give no control limits; 5 are needed"


def test_an_accepted_baseline_is_in_force_and_audited(service: Any, stored: list[str]) -> None:
    answer = accept(service, stored[:10])

    assert answer.status_code == 201, answer.text
    kept = answer.json()
    assert (kept["version"], kept["count"], kept["approved_by"]) == (1, 10, "review token")
    epoch = service.get(ask()).json()["epochs"][0]
    assert epoch["baseline"]["id"] == kept["id"]
    band = epoch["band"]
    assert band["inflation"] == pytest.approx(1.431, abs=0.001)  # t of nine degrees of freedom
    outer = 3.0 * band["inflation"] * kept["spread"]
    assert band["action_upper"] == pytest.approx(kept["value"] + outer)
    (entry,) = entries(service, "baseline.accepted")
    assert (entry.actor, entry.subject, entry.reason) == (
        "review token", kept["id"], "after acceptance",
    )  # fmt: skip
    assert entry.detail["before"] is None
    assert entry.detail["after"]["value"] == kept["value"]

    second = accept(service, stored[2:14], spread_of="moving_range").json()
    plain = body(results=stored[2:14])
    proposed = service.call("POST", "/api/v1/baselines/propose", "read", json=plain).json()
    assert second["spread"] == proposed["spread_moving"] != proposed["spread"]
    query = f"device=camera-1&test={KEY.test}&variant=nema"
    versions = service.get(f"/api/v1/baselines/versions?{query}").json()["items"]
    own = [v["id"] for v in versions if v["metric"] == KEY.metric]
    assert own == [second["id"], kept["id"]]
    assert entries(service, "baseline.accepted")[0].detail["before"]["id"] == kept["id"]


@pytest.mark.parametrize("scope", ["read", "operate"])
def test_only_a_reviewer_accepts(service: Any, stored: list[str], scope: str) -> None:
    assert accept(service, stored[:10], scope=scope).status_code == 403


def test_a_baseline_is_of_results_that_count(service: Any, stored: list[str]) -> None:
    service.call(
        "POST", "/api/v1/exclusions", "review", json={"result": stored[0], "reason": "door open"}
    )

    left_out = accept(service, stored[:10])
    strange = accept(service, ["nothing"])

    assert (left_out.status_code, strange.status_code) == (409, 409)
    assert left_out.json()["detail"] == f"result {stored[0]} does not count: excluded"
    assert "none of this trend" in strange.json()["detail"]
    assert accept(service, []).status_code == 422
    empty = body(device="nobody")
    assert service.call("POST", "/api/v1/baselines/propose", "read", json=empty).status_code == 409


def test_a_number_is_taken_out_and_put_back_with_reasons(service: Any, stored: list[str]) -> None:
    plain = {
        "result": stored[3], "metric": KEY.metric, "scope": {"detector": 1}, "reason": "wrong source",
    }  # fmt: skip
    answer = service.call("POST", "/api/v1/exclusions", "review", json=plain)

    assert answer.status_code == 201, answer.text
    point = service.get(ask()).json()["points"][3]
    assert (point["counts"], point["left_out"]) == (False, "excluded")
    assert (point["exclusion"]["reason"], point["exclusion"]["excluded_by"]) == (
        "wrong source", "review token",
    )  # fmt: skip
    assert service.get(ask(scope=HEAD_2)).json()["points"][3]["counts"]
    assert service.call("POST", "/api/v1/exclusions", "review", json=plain).status_code == 409

    address = f"/api/v1/exclusions/{answer.json()['id']}"
    assert service.call("DELETE", address, "review").status_code == 422
    undone = service.call("DELETE", f"{address}?reason=right+after+all", "review")
    assert undone.json()["undo_reason"] == "right after all"
    assert service.get(ask()).json()["points"][3]["counts"]
    assert service.call("DELETE", f"{address}?reason=x", "review").status_code == 409
    assert [e.reason for e in entries(service, "trend.excluded")] == ["wrong source"]
    assert [e.reason for e in entries(service, "trend.included")] == ["right after all"]


def test_only_what_is_there_is_taken_out(service: Any, stored: list[str]) -> None:
    plain = {"result": stored[0], "metric": "nothing", "reason": "x"}

    assert service.call("POST", "/api/v1/exclusions", "review", json=plain).status_code == 404
    assert service.call("POST", "/api/v1/exclusions", "operate", json=plain).status_code == 403


def test_an_event_is_recorded_revised_and_withdrawn(service: Any) -> None:
    answer = service.call(
        "POST",
        "/api/v1/events",
        "review",
        json=event(detector=2, epoch="starts", temperature_c=22.5),
    )

    assert answer.status_code == 201, answer.text
    first = answer.json()
    assert (first["version"], first["detector"], first["epoch"]) == (1, 2, "starts")
    assert first["at"] == "2026-03-12T02:00:00Z"
    assert (first["recorded_by"], first["temperature_c"]) == ("review token", 22.5)

    address = f"/api/v1/events/{first['id']}"
    changed = event(version=1, withdrawn=True, reason="another camera")
    second = service.call("PUT", address, "review", json=changed)
    assert second.status_code == 200, second.text
    assert (second.json()["version"], second.json()["withdrawn"]) == (2, True)
    late = service.call("PUT", address, "review", json=changed)
    assert late.status_code == 409
    versions = service.get(address).json()["items"]
    assert [v["version"] for v in versions] == [2, 1]
    listed = service.get("/api/v1/events?device=camera-1&kind=service").json()["items"]
    assert [(e["id"], e["version"]) for e in listed] == [(first["id"], 2)]
    (entry,) = entries(service, "event.revised")
    assert (entry.reason, entry.detail["before"]["version"]) == ("another camera", 1)
    assert len(entries(service, "event.recorded")) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"device": "nobody"},
        {"kind": "party"},
        {"at": "2026-03-12T10:00:00"},
        {"text": ""},
        {"detector": 0},
        {"epoch": "ends"},
        {"humidity_percent": 101.0},
        {"extra": 1},
    ],
)
def test_an_event_that_is_none_is_refused(service: Any, changes: dict[str, Any]) -> None:
    answer = service.call("POST", "/api/v1/events", "review", json=event(**changes))

    assert answer.status_code == 422
    assert entries(service, "event.recorded") == []


def test_what_an_event_names_has_to_be_there(service: Any) -> None:
    for name in ("answers_alert", "answers_result", "returned_by"):
        answer = service.call("POST", "/api/v1/events", "review", json=event(**{name: "nothing"}))

        assert answer.status_code == 404, name
    assert service.get("/api/v1/events/nothing").status_code == 404
    plain = event(version=1, reason="x")
    assert service.call("PUT", "/api/v1/events/nothing", "review", json=plain).status_code == 404


def test_only_a_passing_repeat_returns_a_device_to_service(service: Any) -> None:
    with service.context.database.transaction() as tx:
        failing = store(tx, day(1), [number(9.0)], status="FAIL", verdicts=(verdict(9.0),))
        before = store(tx, day(2), [number(1.0)])
        other = store(tx, day(12), [number(1.0, scope={"detector": 2})])
        elsewhere = store(tx, day(13), [number(1.0)], device_id="camera-2")
        passing = store(tx, day(14), [number(1.0)])
        alert = raise_alert(
            tx,
            trend_rows.alert(detector=1, result_id=failing.id),
            now=NOON,
        )
        assert alerts.get(tx, alert.id).alert.detector == 1

    def close(repeat: str) -> Any:
        return service.call(
            "POST", "/api/v1/events", "review",
            json=event(kind="corrective_action", answers_alert=alert.id, returned_by=repeat),
        )  # fmt: skip

    said = {
        failing.id: "it is FAIL",
        before.id: "it was measured before",
        other.id: "it is not of detector 1",
        elsewhere.id: "it is of another device",
    }
    for repeat, why in said.items():
        answer = close(repeat)
        assert answer.status_code == 409
        assert answer.json()["detail"].endswith(why)
    assert close(passing.id).json()["returned_by"] == passing.id


def test_the_signals_of_a_result_are_those_it_showed_when_it_came(
    service: Any, stored: list[str]
) -> None:
    assert service.get(f"/api/v1/results/{stored[0]}/signals").json() == {
        "items": [], "next": None,
    }  # fmt: skip
