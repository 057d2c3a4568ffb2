"""People at the gate: names and passwords, proofs, sessions, and what administrators do."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from photopeak.api.app import create_app
from photopeak.storage import audit, sessions, users
from support.web_scene import PASSWORD, make_user

HERE = {"Origin": "http://photopeak.test"}


def post(
    service: Any, path: str, signed: tuple[dict[str, str], str], **form: str
) -> httpx.Response:
    """Send a form of our own page."""
    cookies, token = signed
    answer: httpx.Response = service.call(
        "POST", path, None, cookies=cookies, headers=HERE, data={"csrf_token": token, **form}
    )
    return answer


def attempt(
    service: Any, name: str, password: str, address: str = "198.51.100.9"
) -> httpx.Response:
    """Try to sign in."""
    answer: httpx.Response = service.call(
        "POST", "/login", None, address=address, headers=HERE,
        data={"name": name, "password": password, "next": "/results"},
    )  # fmt: skip
    return answer


def actions(service: Any) -> list[tuple[str, str, str]]:
    """Return actor, action and subject of the audit trail, the oldest first."""
    with service.context.database.snapshot() as tx:
        audit.verify(tx)
        return [(e.actor, e.action, e.subject) for e in reversed(audit.page(tx, limit=500))]


def test_somebody_signs_in_with_name_and_password_and_is_noted(service: Any) -> None:
    make_user(service.context.database, "viewer", name="chen")
    answer = attempt(service, " CHEN ", PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/results")
    cookies = dict(answer.cookies)
    assert service.get("/series", None, cookies=cookies).status_code == 200
    with service.context.database.snapshot() as tx:
        known = users.by_name(tx, "chen")
        (opened,) = sessions.open_ones(tx, now=service.context.clock())
    assert known is not None
    assert known.user.last_signed_in_at == service.context.clock()
    assert opened.address == "198.51.100.9"
    assert not set(cookies.values()) & {opened.id}
    assert actions(service)[-1][:2] == ("chen", "session.opened")


@pytest.mark.parametrize("case", ["password", "name", "disabled", "provider"])
def test_who_does_not_get_in_is_told_the_same(service: Any, case: str) -> None:
    database = service.context.database
    make_user(database, "viewer", name="chen")
    now = service.context.clock()
    off = make_user(database, "viewer", name="off")
    with database.transaction() as tx:
        users.set_disabled(tx, off.id, now)
    make_user(database, "viewer", name="other", password_hash=None, provider_subject="x y")
    name, password = {
        "password": ("chen", "wrong"),
        "name": ("nobody", PASSWORD),
        "disabled": ("off", PASSWORD),
        "provider": ("other", ""),
    }[case]
    answer = attempt(service, name, password)

    assert answer.headers["location"] == "/login?failed=1&next=%2Fresults"
    assert "set-cookie" not in answer.headers
    assert "Name or password is not right." in service.get("/login?failed=1", None).text
    assert actions(service)[-1][1] == "session.refused"


def test_guessing_at_one_account_ends_in_429_and_its_owner_gets_in_from_elsewhere(
    service: Any,
) -> None:
    make_user(service.context.database, "viewer", name="chen")
    tried = [attempt(service, "chen", f"wrong {n}").status_code for n in range(7)]

    assert tried == [303] * 5 + [429] * 2
    refusal = attempt(service, "chen", PASSWORD)
    assert refusal.status_code == 429
    assert int(refusal.headers["retry-after"]) >= 1
    assert "Too many wrong ones." in refusal.text
    assert attempt(service, "chen", PASSWORD, address="203.0.113.5").status_code == 303
    service.clock.seconds += 31.0
    assert attempt(service, "chen", PASSWORD).headers["location"] == "/results"


def test_guessing_at_accounts_that_do_not_exist_costs_the_same(service: Any) -> None:
    tried = [attempt(service, "nobody", f"wrong {n}").status_code for n in range(7)]

    assert tried == [303] * 5 + [429] * 2


def test_guessing_at_many_accounts_from_one_place_ends_too(service: Any) -> None:
    tried = [attempt(service, f"user{n}", "wrong").status_code for n in range(12)]

    assert tried == [303] * 10 + [429] * 2


def test_many_places_that_guess_do_not_lock_the_owner_out_of_a_place_known_before(
    make_service: Any,
) -> None:
    from photopeak.api.buckets import Rate, Rates

    service = make_service(rates=Rates(account=Rate(per_s=0.001, burst=6.0)))
    make_user(service.context.database, "viewer", name="chen")
    assert attempt(service, "chen", PASSWORD, address="192.0.2.7").status_code == 303
    for n in range(6):
        attempt(service, "chen", "wrong", address=f"198.51.100.{n}")

    assert attempt(service, "chen", PASSWORD, address="198.51.100.77").status_code == 429
    assert attempt(service, "chen", PASSWORD, address="192.0.2.7").status_code == 303


def test_a_session_survives_a_restart_and_is_good_on_another_host(service: Any) -> None:
    cookies, _ = service.sign_in_as("viewer")
    service.app = create_app(service.context)

    assert service.get("/api/v1/series", None, cookies=cookies).status_code == 200


def test_signing_in_again_ends_the_session_from_before(service: Any) -> None:
    before, token = service.sign_in_as("viewer")
    form = {"name": "a.viewer", "password": PASSWORD}
    assert f'value="{token}"' in service.get("/login", None, cookies=before).text
    answer = post(service, "/login", (before, token), **form)

    assert answer.status_code == 303
    assert dict(answer.cookies) != before
    assert service.get("/api/v1/series", None, cookies=before).status_code == 401


def test_a_role_that_changes_counts_at_once(service: Any) -> None:
    cookies, _ = service.sign_in_as("admin")
    assert service.get("/users", None, cookies=cookies).status_code == 200
    with service.context.database.transaction() as tx:
        known = users.by_name(tx, "a.admin")
        assert known is not None
        users.set_role(tx, known.user.id, known.user.role.VIEWER)

    assert service.get("/users", None, cookies=cookies).status_code == 403
    with service.context.database.transaction() as tx:
        users.set_disabled(tx, known.user.id, service.context.clock())
    assert service.get("/api/v1/series", None, cookies=cookies).status_code == 401


def test_a_password_made_by_another_opens_nothing_but_its_change(service: Any) -> None:
    admin = service.sign_in_as("admin")
    page = post(service, "/users", admin, name="new", role="technologist")
    found = re.search(r"<code>([a-z0-9-]+)</code>", page.text)
    assert found is not None
    made = found[1]
    cookies = dict(attempt(service, "new", made).cookies)
    csrf = re.findall(
        r'name="csrf_token" value="([^"]+)"', service.get("/account", None, cookies=cookies).text
    )[0]

    assert service.get("/series", None, cookies=cookies).headers["location"] == "/account"
    assert service.get("/api/v1/series", None, cookies=cookies).status_code == 403
    fields = {"new_password": "nine brown bears", "again": "nine brown bears"}
    wrong = post(service, "/account/password", (cookies, csrf), password="no", **fields)
    assert "The present password is not right." in wrong.text
    right = post(service, "/account/password", (cookies, csrf), password=made, **fields)
    assert right.headers["location"] == "/account?saved=password"
    assert service.get("/api/v1/series", None, cookies=cookies).status_code == 200
    assert made not in page.headers.get("set-cookie", "")
    assert "new" in {subject.removeprefix("user ") for _, _, subject in actions(service)}


def test_a_change_of_accounts_needs_a_recent_proof(service: Any) -> None:
    admin = service.sign_in_as("admin")
    service.clock.seconds += 301.0
    without = post(service, "/tokens", admin, name="x", scope="read", days="30")
    wrong = post(service, "/tokens", admin, name="x", scope="read", days="30", password="no")
    right = post(service, "/tokens", admin, name="x", scope="read", days="30", password=PASSWORD)
    again = post(service, "/tokens", admin, name="y", scope="read", days="30")

    for refused in (without, wrong):
        assert "Nothing was changed: your password is needed" in refused.text
        assert "pp_" not in refused.text
    for done in (right, again):
        (text,) = re.findall(r"pp_[\w-]{43}", done.text)
        assert service.get("/api/v1/series", text).status_code == 200
    assert [a for _, a, _ in actions(service)].count("token.created") == 2
    assert PASSWORD not in right.text


def test_guessing_at_a_proof_is_bounded_as_signing_in_is(service: Any) -> None:
    admin = service.sign_in_as("admin")
    service.clock.seconds += 301.0
    tried = [
        post(service, "/tokens", admin, name="x", scope="read", days="30", password="no")
        for _ in range(6)
    ]

    assert [a.status_code for a in tried] == [422] * 5 + [429]


def test_a_form_without_the_password_is_no_guess(service: Any) -> None:
    admin = service.sign_in_as("admin")
    service.clock.seconds += 301.0
    asked = [post(service, "/tokens", admin, name="x", scope="read", days="30") for _ in range(12)]
    right = post(service, "/tokens", admin, name="x", scope="read", days="30", password=PASSWORD)

    assert [a.status_code for a in asked] == [422] * 12
    assert right.status_code == 200


def test_a_proof_with_a_token_is_that_token(service: Any) -> None:
    signed = service.sign_in("admin")
    service.clock.seconds += 301.0
    other = service.tokens["read"]
    wrong = post(service, "/tokens", signed, name="x", scope="read", days="30", password=other)
    own = service.tokens["admin"]
    right = post(service, "/tokens", signed, name="x", scope="read", days="30", password=own)

    assert (wrong.status_code, right.status_code) == (422, 200)


def test_one_ends_ones_own_sessions_and_an_administrator_anybodys(service: Any) -> None:
    here = service.sign_in_as("viewer")
    there, _ = service.sign_in_as("viewer", address="192.0.2.9")
    admin = service.sign_in_as("admin")
    with service.context.database.snapshot() as tx:
        known = users.by_name(tx, "a.viewer")
        assert known is not None
        found = sessions.open_ones(tx, now=service.context.clock(), user_id=known.user.id)
    by_address = {s.address: s.id for s in found}
    foreign = service.sign_in_as("auditor")

    post(service, f"/account/sessions/{by_address['192.0.2.9']}/end", foreign)
    assert service.get("/api/v1/series", None, cookies=there).status_code == 200
    post(service, f"/account/sessions/{by_address['192.0.2.9']}/end", here)
    assert service.get("/api/v1/series", None, cookies=there).status_code == 401
    post(service, f"/users/{known.user.id}/sessions/{by_address['192.0.2.1']}/end", admin)
    assert service.get("/api/v1/series", None, cookies=here[0]).status_code == 401


def test_one_ends_all_ones_other_sessions_at_once_and_nobody_elses(service: Any) -> None:
    here = service.sign_in_as("viewer")
    others = [service.sign_in_as("viewer", address=f"192.0.2.{n}")[0] for n in (8, 9)]
    foreign = service.sign_in_as("auditor")
    assert "End all others" in service.get("/account", None, cookies=here[0]).text

    answer = post(service, "/account/sessions/end-others", here)

    assert answer.headers["location"] == "/account?saved=others"
    statuses = [
        service.get("/api/v1/series", None, cookies=cookies).status_code
        for cookies in (here[0], foreign[0], *others)
    ]
    assert statuses == [200, 200, 401, 401]
    assert "End all others" not in service.get("/account", None, cookies=here[0]).text
    with service.context.database.snapshot() as tx:
        newest = audit.page(tx, limit=1)[0]
    assert (newest.action, newest.detail) == ("session.others-ended", {"sessions": 2})


def test_the_first_token_leads_to_the_first_administrator_and_ends_with_it(
    make_service: Any,
) -> None:
    from photopeak.api.authentication import ensure_first_token
    from photopeak.storage import tokens

    service = make_service(filled=False)
    with service.context.database.transaction() as tx:
        for record in tokens.every(tx):
            tokens.revoke(tx, record.id, now=record.created_at)
        tx.connection.exec_driver_sql("DELETE FROM tokens")
    text = ensure_first_token(service.context.database, now=service.context.clock())
    answer = service.call("POST", "/login", None, headers=HERE, data={"token": text, "next": "/"})
    assert answer.headers["location"] == "/first-administrator"
    cookies = dict(answer.cookies)
    page = service.get("/first-administrator", None, cookies=cookies).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    fields = {"name": "Root", "shown_name": "R. Oot", "new_password": PASSWORD, "again": PASSWORD}
    short = post(
        service, "/first-administrator", (cookies, token),
        **{**fields, "new_password": "short", "again": "short"},
    )  # fmt: skip
    made = post(service, "/first-administrator", (cookies, token), **fields)

    assert "at least 12 characters" in short.text
    assert made.headers["location"] == "/login?made=1"
    assert service.get("/api/v1/series", None, cookies=cookies).status_code == 401
    service.clock.seconds += 3.0
    assert service.get("/api/v1/series", text).status_code == 401
    assert attempt(service, "root", PASSWORD).status_code == 303


def test_pages_say_the_name_that_people_know_and_records_the_one_they_sign_in_with(
    service: Any,
) -> None:
    cookies, token = service.sign_in_as("technologist")
    place = f"/api/v1/alerts/{service.ids['alert']}/acknowledge"
    right = {**HERE, "X-CSRF-Token": token}
    service.call("POST", place, None, cookies=cookies, headers=right, json={"comment": "seen"})

    assert "Dr. A.Technologist" in service.get("/series", None, cookies=cookies).text
    assert ("a.technologist", "alert.acknowledged") in {a[:2] for a in actions(service)}
