"""What an operator does to a waiting test set, over HTTP."""

from typing import Any

import pytest

from photopeak.storage import audit
from support import web_scene


def place(service: Any, what: str) -> str:
    return f"/api/v1/test-sets/{service.ids['waiting']}/{what}"


def run(service: Any, body: Any, scope: str = "operate") -> Any:
    return service.call("POST", place(service, "run"), scope, json=body)


def put(service: Any, uid: str, role: str, scope: str = "operate") -> Any:
    body = {"series_instance_uid": uid, "role": role}
    return service.call("POST", place(service, "members"), scope, json=body)


def entries(service: Any) -> list[audit.AuditEntry]:
    with service.context.database.snapshot() as tx:
        return list(audit.page(tx))


def test_a_waiting_set_is_queued_with_what_it_has(service: Any) -> None:
    answer = run(service, {"partial": True, "reason": "the background was forgotten"})

    assert answer.status_code == 202, answer.text
    found = answer.json()["test_set"]
    assert (found["state"], found["partial"]) == ("QUEUED", "the background was forgotten")
    assert [m["name"] for m in found["missing"]] == ["background", "activity"]
    (entry,) = entries(service)
    assert (entry.actor, entry.action, entry.subject) == (
        "operate token", "test-set.partial", service.ids["waiting"],
    )  # fmt: skip
    assert entry.detail == {
        "reason": "the background was forgotten", "missing": ["background", "activity"],
    }  # fmt: skip


def test_a_set_that_does_not_wait_is_not_queued_again(service: Any) -> None:
    body = {"partial": True, "reason": "x"}
    run(service, body)
    answer = run(service, body)

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:photopeak:problem:not-analysable"
    assert answer.json()["detail"] == "the test set is QUEUED; only a waiting one is analysed"
    assert len(entries(service)) == 1


@pytest.mark.parametrize(
    "body",
    [{"reason": "x"}, {"partial": False, "reason": "x"}, {"partial": True}, {"partial": True, "reason": ""}],
)  # fmt: skip
def test_a_wish_says_that_it_is_for_a_part_and_why(service: Any, body: Any) -> None:
    assert run(service, body).status_code == 422
    assert entries(service) == []


def test_a_stored_series_is_put_into_a_role(service: Any) -> None:
    answer = put(service, web_scene.UNKNOWN, "background")

    assert answer.status_code == 200, answer.text
    found = answer.json()["test_set"]
    assert [(m["role"], m["assigned_by"]) for m in found["members"]] == [
        ("background", "operate token"), ("source", ""),
    ]  # fmt: skip
    assert [m["name"] for m in found["missing"]] == ["activity"]
    assert service.get(f"/api/v1/series/{web_scene.UNKNOWN}").json()["series"]["state"] == "WAITING"
    assert [e.action for e in entries(service)] == ["test-set.assigned"]


def test_what_does_not_fit_or_is_not_there_is_refused(service: Any) -> None:
    for uid, role, status in (
        (web_scene.UNKNOWN, "source", 409),
        (web_scene.UNKNOWN, "flood", 409),
        (web_scene.PATIENT, "background", 409),
        ("1.2.3.999", "background", 404),
        ("<script>", "background", 422),
    ):
        assert put(service, uid, role).status_code == status, (uid, role)
    nowhere = service.call(
        "POST", "/api/v1/test-sets/nothing/run", "operate", json={"partial": True, "reason": "x"}
    )
    assert nowhere.status_code == 404
    assert entries(service) == []


def test_a_reader_changes_nothing(service: Any) -> None:
    assert run(service, {"partial": True, "reason": "x"}, "read").status_code == 403
    assert put(service, web_scene.UNKNOWN, "background", "read").status_code == 403


def test_the_forms_of_the_page_need_their_token(service: Any) -> None:
    cookies, token = service.sign_in("operate")
    here = {"Origin": "http://photopeak.test"}
    page = f"/test-sets/{service.ids['waiting']}"
    for what, form in (
        ("members", {"series": web_scene.UNKNOWN, "role": "background"}),
        ("run", {"reason": "x"}),
    ):
        without = service.call(
            "POST", f"{page}/{what}", None, cookies=cookies, headers=here, data=form
        )
        right = service.call(
            "POST", f"{page}/{what}", None, cookies=cookies, headers=here,
            data={**form, "csrf_token": token},
        )  # fmt: skip

        assert (without.status_code, right.status_code) == (403, 303), what
