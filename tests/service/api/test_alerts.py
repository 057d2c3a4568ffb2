"""Alerts over HTTP and as pages: taking notice, keeping messages back, and who may."""

from typing import Any

import pytest

from photopeak.storage import audit
from support.rows import after
from support.web_scene import DEVICE, UNIFORMITY


def wish(**values: Any) -> dict[str, Any]:
    return {"device": DEVICE.id, "ends_at": after(3600.0).isoformat(), **values}


def test_an_alert_tells_everything_that_happened_to_it(service: Any) -> None:
    place = f"/api/v1/alerts/{service.ids['alert']}"
    service.call("POST", f"{place}/acknowledge", "operate", json={"comment": "seen"})

    alert = service.get(place).json()
    assert [(e["kind"], e["by"], e["reason"]) for e in alert["history"]] == [
        ("acknowledged", "operate token", "seen"),
        ("opened", "", ""),
    ]
    assert (alert["device"], alert["test"], alert["silences"]) == (DEVICE.id, UNIFORMITY.id, [])
    assert service.get("/api/v1/alerts/nothing").status_code == 404


def test_a_list_of_alerts_is_of_a_device_or_of_a_test(service: Any) -> None:
    def found(query: str) -> int:
        return len(service.get(f"/api/v1/alerts?{query}").json()["items"])

    assert found(f"device={DEVICE.id}&test={UNIFORMITY.id}&state=OPEN") == 1
    assert found("device=another") == 0
    assert found("test=sensitivity") == 0


def test_a_silence_is_looked_at_before_it_is_made(service: Any) -> None:
    answer = service.call("POST", "/api/v1/silences/preview", "read", json=wish())
    assert [a["id"] for a in answer.json()["items"]] == [service.ids["alert"]]
    answer = service.call("POST", "/api/v1/silences/preview", "read", json=wish(test="x"))
    assert answer.json()["items"] == []
    assert service.get("/api/v1/silences").json()["items"] == []


def test_a_silence_hides_nothing_and_ends_with_a_reason(service: Any) -> None:
    made = service.call("POST", "/api/v1/silences", "review", json=wish(reason="repair")).json()

    assert (made["created_by"], made["reason"]) == ("review token", "repair")
    alert = service.get(f"/api/v1/alerts/{service.ids['alert']}").json()
    assert (alert["state"], [s["id"] for s in alert["silences"]]) == ("OPEN", [made["id"]])
    assert alert["history"][0]["kind"] == "silenced"
    place = f"/api/v1/silences/{made['id']}/end"
    assert service.call("POST", place, "review", json={"reason": "done"}).status_code == 200
    assert service.call("POST", place, "review", json={"reason": "done"}).status_code == 409
    alert = service.get(f"/api/v1/alerts/{service.ids['alert']}").json()
    assert (alert["silences"], alert["history"][0]["kind"]) == ([], "unsilenced")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"device": None}, "nobody silences everything"),
        ({"ends_at": after(-3600.0).isoformat()}, "lies in the future"),
        ({"ends_at": after(40 * 86_400.0).isoformat()}, "lasts 30 days at most"),
        ({"reason": "   "}, "give a reason"),
    ],
)
def test_a_silence_that_is_none_is_refused(service: Any, values: Any, said: str) -> None:
    body = wish(**{"reason": "x", **values})
    answer = service.call("POST", "/api/v1/silences", "review", json=body)

    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert service.call("POST", "/api/v1/silences", "operate", json=body).status_code == 403


def test_what_people_do_with_alerts_is_in_the_audit_trail(service: Any) -> None:
    alert = service.ids["alert"]
    service.call("POST", f"/api/v1/alerts/{alert}/acknowledge", "operate", json={"comment": "a"})
    made = service.call("POST", "/api/v1/silences", "review", json=wish(reason="b")).json()
    service.call("POST", f"/api/v1/silences/{made['id']}/end", "review", json={"reason": "c"})

    with service.context.database.snapshot() as tx:
        entries = {e.action: e for e in audit.page(tx, limit=50)}
    assert entries["alert.acknowledged"].detail["before"] == "OPEN"
    assert [
        entries[a].reason for a in ("alert.acknowledged", "alerts.silenced", "alerts.unsilenced")
    ] == [
        "a",
        "b",
        "c",
    ]
    assert entries["alerts.silenced"].detail["alerts"] == [alert]


HERE = {"Origin": "http://photopeak.test"}


def page(service: Any, path: str, scope: str = "review") -> Any:
    cookies, _ = service.sign_in(scope)
    return service.get(path, None, cookies=cookies)


def send(service: Any, path: str, scope: str, **form: str) -> Any:
    cookies, token = service.sign_in(scope)
    return service.call(
        "POST", path, data={"csrf_token": token, **form}, headers=HERE, cookies=cookies
    )


def test_the_list_of_alerts_shows_what_is_not_resolved(service: Any) -> None:
    alert = service.ids["alert"]

    assert f'href="/alerts/{alert}"' in page(service, "/alerts").text
    assert f'href="/alerts/{alert}"' in page(service, "/alert-rows?state=open").text
    for state in ("acknowledged", "silenced", "resolved"):
        assert "No alert fits these filters." in page(service, f"/alerts?state={state}").text


def test_an_alert_is_acknowledged_on_its_page(service: Any) -> None:
    place = f"/alerts/{service.ids['alert']}"

    assert "give a reason" in send(service, f"{place}/acknowledge", "operate", reason=" ").text
    answer = send(service, f"{place}/acknowledge", "operate", reason="repeat is running")
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    shown = page(service, place, "read").text
    assert "acknowledged by operate token: repeat is running" in shown
    assert "/acknowledge" not in shown
    assert f'href="{place}"' in page(service, "/alerts?state=acknowledged").text


def test_who_only_reads_sees_no_form(service: Any) -> None:
    shown = page(service, f"/alerts/{service.ids['alert']}", "read").text

    assert "<form class" not in shown
    assert "/silences/new" not in shown


def test_a_silence_is_made_on_a_page_that_shows_what_it_hides(service: Any) -> None:
    alert = service.ids["alert"]
    query = f"device={DEVICE.id}&test={UNIFORMITY.id}&rule=&hours=8"
    shown = page(service, f"/silences/new?{query}").text
    assert f'href="/alerts/{alert}"' in shown
    form = {"device": DEVICE.id, "test": UNIFORMITY.id, "rule": "", "hours": "8"}

    assert "give a reason" in send(service, "/silences/new", "review", **form, reason="").text
    answer = send(service, "/silences/new", "review", **form, reason="source on loan")
    assert answer.headers["location"] == "/silences"
    assert "source on loan" in page(service, "/silences").text
    assert "silenced until" in page(service, "/alerts?state=silenced").text
    assert f'href="/alerts/{alert}"' in page(service, "/alerts").text


def test_a_silence_is_ended_on_the_page_of_silences(service: Any) -> None:
    made = service.call("POST", "/api/v1/silences", "review", json=wish(reason="x")).json()
    place = f"/silences/{made['id']}/end"

    assert "give a reason" in send(service, place, "review", reason="").text
    assert send(service, place, "review", reason="done").headers["location"] == "/silences"
    assert send(service, place, "review", reason="done").headers["location"] == "/silences"
    assert "ended by review token" in page(service, "/silences").text


def test_nobody_silences_everything_on_the_page_either(service: Any) -> None:
    answer = send(service, "/silences/new", "review", reason="quiet", hours="1")

    assert answer.status_code == 422
    assert "nobody silences everything" in answer.text


def test_an_alert_that_no_repeat_can_end_is_withdrawn_by_a_physicist(make_service: Any) -> None:
    service = make_service(devices=lambda: ())
    place = f"/api/v1/alerts/{service.ids['alert']}"
    assert service.get(place).json()["endless"] == "its device is not configured any more"

    assert (
        service.call("POST", f"{place}/withdraw", "operate", json={"reason": "x"}).status_code
        == 403
    )
    answer = service.call("POST", f"{place}/withdraw", "review", json={"reason": "sold"})
    assert (answer.status_code, answer.json()["state"]) == (200, "WITHDRAWN")
    assert (
        service.call("POST", f"{place}/withdraw", "review", json={"reason": "x"}).status_code == 409
    )
    alert = service.get(place).json()
    assert (alert["endless"], alert["history"][0]["kind"]) == ("", "withdrawn")
    assert alert["history"][0]["by"] == "review token"


def test_only_a_passing_repeat_ends_an_alert_that_it_can_end(service: Any) -> None:
    place = f"/api/v1/alerts/{service.ids['alert']}"
    assert service.get(place).json()["endless"] == ""

    answer = service.call("POST", f"{place}/withdraw", "review", json={"reason": "x"})
    assert answer.status_code == 422
    assert "ends when its cause is gone" in answer.json()["detail"]
    assert service.get(place).json()["state"] == "OPEN"
    shown = page(service, f"/alerts/{service.ids['alert']}").text
    assert "/withdraw" not in shown


def test_the_page_of_an_alert_says_that_nothing_ends_it(make_service: Any) -> None:
    service = make_service(devices=lambda: ())
    place = f"/alerts/{service.ids['alert']}"

    shown = page(service, place, "read").text
    assert (
        "No repeat can show that this is good again: its device is not configured any more."
        in shown
    )
    assert "A physicist may withdraw it." in shown
    assert f'action="{place}/withdraw"' in page(service, place).text
    assert "give a reason" in send(service, f"{place}/withdraw", "review", reason=" ").text
    answer = send(service, f"{place}/withdraw", "review", reason="sold")
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    shown = page(service, place, "read").text
    assert "Withdrawn" in shown
    assert "sold" in shown
    assert "Nothing ends it by itself" not in shown
    assert "withdrawn " in page(service, "/alerts?state=resolved").text
