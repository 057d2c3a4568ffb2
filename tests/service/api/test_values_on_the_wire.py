"""What the operations hand out."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from photopeak.reports.colours import recoloured
from photopeak.reports.phrases import translated_svg
from photopeak.storage import devices
from support import web_scene

PNG = b"\x89PNG\r\n\x1a\n"


def test_a_measurement_has_the_members_of_the_interface(service: Any) -> None:
    result = service.get(f"/api/v1/results/{service.ids['bad']}").json()

    assert result["measurements"][0] == {
        "metric": "iu_ufov",
        "label": "Integral uniformity",
        "scope": {"detector": 1, "field": "UFOV"},
        "value": 5.67,
        "unit": "%",
        "uncertainty": 0.05,
        "symbol": "IU",
        "clause": "NEMA NU 1-2018 2.4",
        "valid": True,
    }


def test_a_verdict_has_the_members_of_the_interface(service: Any) -> None:
    result = service.get(f"/api/v1/results/{service.ids['bad']}").json()

    assert result["verdicts"][0] == {
        "metric": "iu_ufov",
        "scope": {"detector": 1, "field": "UFOV"},
        "limit_set": "ws523",
        "kind": "mandatory",
        "lower": None,
        "upper": 5.0,
        "warn_lower": None,
        "warn_upper": 4.5,
        "status": "FAIL",
        "source": "WS 523-2019 A.1",
    }
    assert result["status"] == "FAIL"


def test_a_result_carries_its_provenance_and_the_addresses_of_its_figures(service: Any) -> None:
    result = service.get(f"/api/v1/results/{service.ids['good']}").json()

    assert result["provenance"]["limit_sets"] == {"ws523": "cd" * 32}
    assert result["provenance"]["inputs"][0]["instances"] == {"1.2.826.7.1.0": "ab" * 32}
    assert result["provenance"]["readings"][0]["value"] == 37.0
    assert [p["outcome"] for p in result["preconditions"]] == ["met", "not_met", "unknown"]
    for figure in result["figures"]:
        for address in figure["forms"].values():
            assert service.get(address).status_code == 200


def test_a_result_that_could_not_be_computed_says_why_and_has_no_numbers(service: Any) -> None:
    result = service.get(f"/api/v1/results/{service.ids['broken']}").json()

    assert result["status"] == "ERROR"
    assert result["measurements"] == []
    assert result["failure"]["message"] == "flood has 512 counts per pixel, needs 10000"


def test_figures_come_in_their_forms_and_are_not_sent_twice(service: Any) -> None:
    place = f"/api/v1/results/{service.ids['bad']}/figures/flood"
    drawing = service.get(f"{place}.svg")

    assert drawing.headers["content-type"] == "image/svg+xml"
    assert "unsafe" not in drawing.headers["content-security-policy"]
    assert "sandbox" in drawing.headers["content-security-policy"]
    assert service.get(f"{place}.png").content.startswith(PNG)
    again = service.get(f"{place}.svg", headers={"If-None-Match": drawing.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    policy = "content-security-policy"
    assert again.headers[policy] == drawing.headers[policy]
    assert service.get(f"{place}.gif").status_code == 422
    curve = service.get(f"/api/v1/results/{service.ids['bad']}/figures/profile.png")
    assert (curve.status_code, curve.json()["type"].rsplit(":", 1)[1]) == (404, "form-not-drawn")
    assert "svg" in curve.json()["detail"]
    assert service.get(f"/api/v1/results/{service.ids['bad']}/figures/none.svg").status_code == 404


def test_a_drawing_says_its_words_in_the_language_that_is_asked_for(service: Any) -> None:
    place = f"/api/v1/results/{service.ids['bad']}/figures/flood.svg"
    english, chinese = service.get(place), service.get(f"{place}?language=zh")

    assert service.get(f"{place}?language=en").headers["etag"] == english.headers["etag"]
    assert chinese.text == translated_svg(english.content, "zh").decode()
    assert (chinese.headers["etag"] != english.headers["etag"]) == (chinese.text != english.text)
    assert service.get(f"{place}?language=xx").status_code == 422


def test_counts_come_in_the_colours_that_are_asked_for_and_differences_in_their_own(
    service: Any,
) -> None:
    place = f"/api/v1/results/{service.ids['bad']}/figures"
    for form in ("svg", "png"):
        drawn = service.get(f"{place}/flood.{form}")
        seen = service.get(f"{place}/flood.{form}?colours=cividis")
        difference = service.get(f"{place}/deviation.{form}")

        assert seen.content == recoloured(drawn.content, "cividis") != drawn.content
        assert service.get(f"{place}/flood.{form}?colours=grey").content == drawn.content
        recalled = service.get(f"{place}/deviation.{form}?colours=cividis")
        assert recalled.content == difference.content
    assert service.get(f"{place}/flood.json?colours=cividis").status_code == 200
    assert service.get(f"{place}/flood.svg?colours=puor").status_code == 422


def test_a_browser_keeps_the_colours_that_a_person_chose(service: Any) -> None:
    page = f"/results/{service.ids['bad']}"
    cookies, _ = service.sign_in()
    chosen = service.call("GET", f"{page}?colours=cividis", cookies=cookies)
    said = chosen.headers["set-cookie"]
    name, _, value = said.partition(";")[0].partition("=")
    later = service.call("GET", page, cookies={**cookies, name: value})

    assert "httponly" in said.lower()
    assert "max-age" not in said.lower()  # until the browser is closed
    assert "flood.svg?colours=cividis" in later.text
    assert "set-cookie" not in later.headers


def test_series_are_listed_by_pages_and_filters(service: Any) -> None:
    first = service.get("/api/v1/series?limit=4").json()
    second = service.get(f"/api/v1/series?limit=4&after={first['next']}").json()
    every = [s["series_instance_uid"] for s in first["items"] + second["items"]]

    assert len(every) == len(set(every)) == 6
    assert second["next"] is None
    failed = service.get("/api/v1/series?state=FAILED").json()["items"]
    assert [s["series_instance_uid"] for s in failed] == [web_scene.BROKEN]
    assert service.get("/api/v1/series?device=nobody").json()["items"] == []


def test_a_series_shows_its_decision_with_every_step(service: Any) -> None:
    found = service.get(f"/api/v1/series/{web_scene.GOOD_FLOOD}").json()

    assert found["decision"]["assignments"][0]["test"] == "intrinsic_uniformity"
    assert [s["effect"] for s in found["decision"]["steps"]] == ["matched", "matched", "confirmed"]
    assert found["instances"][0]["sop_instance_uid"] == f"{web_scene.GOOD_FLOOD}.0"
    assert len(found["test_sets"]) == 1


def test_a_test_set_says_what_it_waits_for(service: Any) -> None:
    listed = service.get("/api/v1/test-sets?state=WAITING&test=system_planar_sensitivity").json()

    (waiting,) = listed["items"]
    assert [(m["kind"], m["name"]) for m in waiting["missing"]] == [
        ("role", "background"),
        ("reading", "activity"),
    ]


def test_a_reading_is_checked_stored_and_told(service: Any) -> None:
    body = {
        "test_set": service.ids["waiting"],
        "readings": [
            {"name": "activity", "value": 37.0, "unit": "MBq", "at": "2026-03-02T11:00:00+00:00"}
        ],
    }
    answer = service.call("POST", "/api/v1/readings", "operate", json=body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["readings"][0]["entered_by"] == "operate token"
    assert [m["name"] for m in answer.json()["test_set"]["missing"]] == ["background"]


def test_a_reading_that_cannot_be_true_is_refused_and_nothing_is_kept(service: Any) -> None:
    for reading in (
        {"name": "activity", "value": 37.0},
        {"name": "activity", "value": 5000.0, "at": "2026-03-02T11:00:00+00:00"},
        {"name": "activity", "value": 37.0, "at": "2031-03-02T11:00:00+00:00"},
        {"name": "activity", "value": "much", "at": "2026-03-02T11:00:00+00:00"},
        {"name": "activity", "value": 37.0, "unit": "mCi", "at": "2026-03-02T11:00:00+00:00"},
        {"name": "collimator", "value": "PINHOLE"},
        {"name": "nothing", "value": 1.0},
    ):
        good = {"name": "collimator", "value": "LEHR"}
        body = {"test_set": service.ids["waiting"], "readings": [good, reading]}
        answer = service.call("POST", "/api/v1/readings", "operate", json=body)

        assert answer.status_code == 422, reading
        assert answer.json()["errors"][0]["pointer"].startswith("/body/readings/1")
    place = f"/api/v1/test-sets/{service.ids['waiting']}"
    assert service.get(place).json()["readings"] == []


def test_an_alert_is_acknowledged_with_a_reason(service: Any) -> None:
    place = f"/api/v1/alerts/{service.ids['alert']}/acknowledge"
    answer = service.call("POST", place, "operate", json={"comment": "seen, repeated"})

    assert answer.json()["acknowledged_by"] == "operate token"
    states = [a["state"] for a in service.get("/api/v1/alerts").json()["items"]]
    assert states == ["ACKNOWLEDGED"]
    assert service.call("POST", place, "operate", json={}).status_code == 422


def test_devices_limits_baselines_and_routes_are_those_in_force(service: Any) -> None:
    query = "device=camera-1&test=intrinsic_uniformity&variant=nema"

    assert service.get("/api/v1/devices").json()["items"][0]["id"] == "camera-1"
    assert service.get("/api/v1/limits").json()["items"][0]["limits"][0]["upper"] == 5.0
    assert service.get(f"/api/v1/baselines?{query}").json()["items"][0]["value"] == 2.3
    assert service.get("/api/v1/routes").json()["routes"][0]["name"] == "daily-flood"


def test_routes_are_tried_on_a_file_without_keeping_it(service: Any) -> None:
    files = {"file": ("a.dcm", b"x" * 200)}
    answer = service.call("POST", "/api/v1/routes/test", "operate", files=files)

    assert answer.status_code == 200, answer.text
    assert answer.json()["reason"].startswith("1 files")
    assert service.receiver.received == []
    assert list((service.context.data / "uploads").iterdir()) == []


def test_readiness_names_its_parts_and_health_needs_nothing(service: Any) -> None:
    assert service.get("/healthz", None).json() == {"status": "ok", "version": "0.1.0"}
    assert service.get("/readyz").json()["checks"]["database"]["status"] == "pass"


def test_metrics_have_labels_from_the_configuration_only(service: Any) -> None:
    text = service.get("/metrics").text

    assert 'photopeak_series{state="quarantined"} 1.0' in text
    assert 'device="camera-1",status="error",test="intrinsic_uniformity",variant="nema"' in text
    assert "photopeak_storage_free_bytes" in text
    assert "PPXSS" not in text


def test_the_schema_describes_every_operation_and_reads_as_json(service: Any) -> None:
    document = json.loads(service.get("/api/v1/openapi.json").text)

    assert document["openapi"].startswith("3.1")
    assert "/api/v1/results/{result_id}" in document["paths"]


def test_equipment_that_was_seen_is_listed_with_the_device_it_is(service: Any) -> None:
    facts = {"manufacturer": "M", "model": "X", "serial_number": "1", "station": "S"}
    with service.context.database.transaction() as tx:
        for ae_title, device_id, moment in (
            ("A", "nm1", web_scene.NOON),
            ("B", None, web_scene.NOON + timedelta(minutes=1)),
        ):
            devices.note_sighting(
                tx, calling_ae_title=ae_title, device_id=device_id, now=moment, **facts
            )

    last, first = service.get("/api/v1/devices/seen").json()["items"]

    assert (first["calling_ae_title"], first["device"]) == ("A", "nm1")
    assert (last["calling_ae_title"], last["device"], last["model"]) == ("B", None, "X")
