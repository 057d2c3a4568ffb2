"""Browsers: signing in, cookies, forms, and pages of others that try to use them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from photopeak.api.browser import local_target
from photopeak.settings import Settings, WebSettings
from photopeak.storage import audit, sessions, tokens
from photopeak.storage.sessions import ABSOLUTE, IDLE
from support.rows import NOON

HERE = {"Origin": "http://photopeak.test"}


def test_a_page_without_a_session_leads_to_signing_in(service: Any) -> None:
    answer = service.get("/series?state=FAILED", None, headers={"Accept": "text/html"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fseries%3Fstate%3DFAILED"


def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(service: Any) -> None:
    form = {"token": service.tokens["read"], "next": "/results"}
    answer = service.call("POST", "/login", data=form, headers=HERE)

    assert (answer.status_code, answer.headers["location"]) == (303, "/results")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert service.tokens["read"] not in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "web",
    [WebSettings(secure_cookies=True), WebSettings(public_url="https://photopeak.example.org")],
    ids=["said", "by the address"],
)
def test_over_tls_the_cookie_is_bound_to_this_host(
    make_service: Any, tmp_path: Any, web: WebSettings
) -> None:
    settings = Settings(data=tmp_path / "data", web=web)
    service = make_service(settings=settings)
    form = {"token": service.tokens["read"]}
    answer = service.call("POST", "/login", data=form, headers=HERE)

    assert answer.headers["set-cookie"].startswith("__Host-photopeak=")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


def test_a_wrong_token_leads_back_without_saying_why(service: Any) -> None:
    answer = service.call("POST", "/login", data={"token": "pp_wrong"}, headers=HERE)

    assert answer.headers["location"].startswith("/login?failed=1")
    assert "set-cookie" not in answer.headers
    assert "This token is not valid." in service.get("/login?failed=1", None).text


def test_a_session_reads_what_its_token_reads(service: Any) -> None:
    cookies, _ = service.sign_in("read")

    assert service.get("/api/v1/series", None, cookies=cookies).status_code == 200
    assert service.get("/series", None, cookies=cookies).status_code == 200


def test_a_change_needs_our_own_page_and_its_token(service: Any) -> None:
    cookies, token = service.sign_in("operate")
    place = f"/api/v1/alerts/{service.ids['alert']}/acknowledge"

    def acknowledge(headers: dict[str, str], **options: Any) -> int:
        body = options or {"json": {"comment": "x"}}
        status: int = service.call(
            "POST", place, None, cookies=cookies, headers=headers, **body
        ).status_code
        return status

    right = {**HERE, "X-CSRF-Token": token}
    assert acknowledge({}) == 403
    assert acknowledge(HERE) == 403
    assert acknowledge({"X-CSRF-Token": token}) == 403
    assert acknowledge({"Origin": "http://evil.test", "X-CSRF-Token": token}) == 403
    assert acknowledge({"Origin": "null", "X-CSRF-Token": token}) == 403
    for odd in (
        "http://[::",
        "photopeak.test",
        "http://",
        "http://photopeak.test@evil.test",
        "://",
    ):
        assert acknowledge({"Origin": odd, "X-CSRF-Token": token}) == 403
    assert acknowledge({**right, "Sec-Fetch-Site": "cross-site"}) == 403
    assert acknowledge({**right, "Sec-Fetch-Site": "same-site"}) == 403
    assert acknowledge({**HERE, "X-CSRF-Token": "other"}) == 403
    text = {"content": '{"comment":"x"}'}
    assert acknowledge({**right, "Content-Type": "text/plain"}, **text) == 415
    assert acknowledge({**right, "Sec-Fetch-Site": "same-origin"}) == 200


def test_a_form_needs_its_token_too(service: Any) -> None:
    cookies, token = service.sign_in("operate")
    place = f"/test-sets/{service.ids['waiting']}/readings"
    form = {"value:collimator": "LEHR"}

    without = service.call("POST", place, None, cookies=cookies, headers=HERE, data=form)
    right = service.call(
        "POST", place, None, cookies=cookies, headers=HERE, data={**form, "csrf_token": token}
    )
    assert (without.status_code, right.status_code) == (403, 303)
    detail = service.get(f"/api/v1/test-sets/{service.ids['waiting']}").json()
    assert [r["value"] for r in detail["readings"]] == ["LEHR"]


def test_signing_in_from_another_site_is_refused(service: Any) -> None:
    form = {"token": service.tokens["read"]}
    evil = {"Origin": "http://evil.test"}

    assert service.call("POST", "/login", data=form, headers=evil).status_code == 403


def test_signing_out_ends_the_session(service: Any) -> None:
    cookies, token = service.sign_in("read")
    form = {"csrf_token": token}
    service.call("POST", "/logout", None, cookies=cookies, headers=HERE, data=form)

    assert service.get("/api/v1/series", None, cookies=cookies).status_code == 401
    with service.context.database.snapshot() as tx:
        assert [e.action for e in audit.page(tx)][:2] == ["session.ended", "session.opened"]


def test_a_session_ends_with_its_token(service: Any) -> None:
    cookies, _ = service.sign_in("read")
    with service.context.database.transaction() as tx:
        record = tokens.find(tx, service.tokens["read"], now=NOON)
        assert record is not None
        tokens.revoke(tx, record.id, now=NOON)
    service.clock.seconds += 5.0

    assert service.get("/api/v1/series", None, cookies=cookies).status_code == 401


def test_a_session_ends_when_nobody_uses_it_and_pages_that_renew_themselves_are_no_use(
    service: Any,
) -> None:
    cookies, _ = service.sign_in("read")
    for _ in range(4):
        service.clock.seconds += IDLE.total_seconds() / 3
        poll = service.get("/series-rows", None, cookies=cookies, headers={"X-Poll": "1"})

    assert poll.status_code == 401


def test_a_session_in_use_lasts_until_its_last_hour_and_no_longer(sqlite_database: Any) -> None:
    now = NOON
    with sqlite_database.transaction() as tx:
        opened = sessions.open_one(tx, "d", now=now)
        while now + IDLE <= NOON + ABSOLUTE:
            now += IDLE

            assert sessions.find(tx, "d", now=now) is not None
            sessions.note_use(tx, opened.id, now=now)
        assert sessions.find(tx, "d", now=NOON + ABSOLUTE + timedelta(seconds=1)) is None


def test_after_signing_in_nobody_is_led_away() -> None:
    for target in (
        "//evil.test",
        "https://evil.test",
        "/\\evil.test",
        "evil",
        "/a\r\nb",
        "javascript:1",
    ):
        assert local_target(target) == "/"
    assert local_target("/results/1?x=2") == "/results/1?x=2"


def test_a_part_that_asks_again_is_told_when_nothing_changed(service: Any) -> None:
    first = service.get("/series-rows")
    tag = first.headers["etag"].strip('"')

    assert f'data-etag="{tag}"' in first.text
    again = service.get("/series-rows", headers={"If-None-Match": tag})
    assert (again.status_code, again.text) == (204, "")


def test_a_part_that_asks_without_a_session_sends_the_page_to_sign_in(service: Any) -> None:
    answer = service.get("/series-rows", None, headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login")
