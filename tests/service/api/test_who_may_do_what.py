"""The gate: every operation without and with wrong credentials, and with each scope."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from photopeak.api.buckets import Rate, Rates
from photopeak.api.surface import Surface
from photopeak.model.page import Access
from photopeak.storage import tokens
from support import web_scene
from support.rows import NOON

_REFUSED = {401, 403}
_MATRIX = tomllib.loads((Path(__file__).parent / "role_matrix.toml").read_text("utf-8"))
GRANTED: dict[str, list[str]] = _MATRIX["granted"]
ROLES = tuple(caller for caller in GRANTED if not caller.startswith("token "))
ASKED_BY_POST = {"/api/v1/baselines/propose", "/api/v1/silences/preview"}
"""Operations that answer a question too long for an address, and keep nothing."""

HERE = {"Origin": "http://photopeak.test"}


def matrix() -> dict[tuple[str, str], str]:
    """Return what is needed by method and path."""
    return {
        (method, path): needed
        for needed, paths in _MATRIX.items()
        if needed != "granted"
        for path, methods in paths.items()
        for method in methods
    }


_PLENTY = Rate(per_s=1000.0, burst=1000.0)
GENEROUS = Rates(token=_PLENTY, address=_PLENTY, failures=_PLENTY, guesses=_PLENTY, account=_PLENTY)


def concrete(path: str) -> str:
    """Return an address for a path with parameters."""
    return (
        path.replace("{form}", "svg").replace("{name}", "flood").replace("{", "").replace("}", "")
    )


def test_the_matrix_names_every_operation_and_no_other(service: Any) -> None:
    operations = {
        (o.method, o.path): o.access.name.lower()
        for o in service.app.state.operations
        if not o.path.startswith("/static/")
    }

    assert operations == matrix()


def test_every_operation_of_the_schema_is_behind_the_gate(service: Any) -> None:
    document = service.get("/api/v1/openapi.json").json()
    known = matrix()

    described = {(m.upper(), p) for p, methods in document["paths"].items() for m in methods}
    assert described <= set(known)
    for method, path in described:
        operation = document["paths"][path][method.lower()]
        assert operation["x-access"] == known[method, path]


@pytest.mark.parametrize("caller", [None, "wrong", *(c for c in GRANTED if c.startswith("token "))])
def test_each_caller_reaches_exactly_what_the_matrix_says(
    make_service: Any, caller: str | None
) -> None:
    service = make_service(rates=GENEROUS)
    for (method, path), least in matrix().items():
        token = "pp_" + "A" * 43 if caller == "wrong" else caller and caller.removeprefix("token ")
        answer = service.call(method, concrete(path), token)
        may = least == "open" or least in GRANTED.get(caller or "", [])
        if caller == "wrong":
            # A wrong token is an answer of its own, even where none is needed.
            may = path == "/healthz"

        allowed = answer.status_code not in _REFUSED
        if least == "open" and method == "POST":
            allowed = may  # refused for another reason: the form comes from nowhere
        assert allowed is may, (method, path, caller, answer.status_code)
        if not may:
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_exactly_what_the_matrix_says(make_service: Any, role: str) -> None:
    service = make_service(rates=GENEROUS)
    cookies, token = service.sign_in_as(role)
    # Signing out comes last: after it nothing is open.
    for (method, path), least in sorted(matrix().items(), key=lambda item: item[0][1] == "/logout"):
        if path == "/login":
            continue
        sent = {"data": {"csrf_token": token}} if method == "POST" else {}
        if path.startswith("/api/"):
            sent = {}
        answer = service.call(
            method,
            concrete(path),
            None,
            cookies=cookies,
            headers={**HERE, "X-CSRF-Token": token},
            **sent,
        )

        may = least == "open" or least in GRANTED[role]
        assert (answer.status_code not in _REFUSED) is may, (method, path, role, answer.status_code)


def test_an_auditor_can_change_nothing_but_their_own_account(service: Any) -> None:
    reachable = {
        path
        for (method, path), needed in matrix().items()
        if needed in GRANTED["auditor"] and method != "GET"
    }

    assert reachable - ASKED_BY_POST == {
        "/logout",
        "/account/password",
        "/account/sessions/end-others",
        "/account/sessions/{id}/end",
        "/audit/verify",
    }


def test_an_operation_cannot_be_added_without_saying_who_may_call_it() -> None:
    with pytest.raises(TypeError):
        Surface().operation("GET", "/somewhere")  # type: ignore[call-arg]


def test_a_path_that_is_not_in_the_table_is_refused_before_it_is_looked_for(service: Any) -> None:
    for path in (
        "/docs",
        "/redoc",
        "/openapi.json",
        "/api/v1/nothing",
        "/static/../app.py",
        "/.env",
    ):
        assert service.get(path, None).status_code == 401, path
        assert service.get(path).status_code == 404, path


def test_the_wrong_method_is_told_which_are_right(service: Any) -> None:
    answer = service.call("PUT", "/api/v1/series", "admin")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["content-type"] == "application/problem+json"


def test_revoked_and_expired_tokens_are_like_unknown_ones(service: Any) -> None:
    database = service.context.database
    expired = web_scene.make_token(database, "admin", expires_at=NOON + timedelta(minutes=1))
    revoked = web_scene.make_token(database, "admin")
    with database.transaction() as tx:
        tokens.revoke(tx, tokens.find(tx, revoked, now=NOON).id, now=NOON)  # type: ignore[union-attr]

    answers = [service.get("/api/v1/series", t) for t in (expired, revoked, "pp_" + "B" * 43, "")]
    assert [a.status_code for a in answers] == [401] * 4
    details = {a.text.replace(a.json()["instance"], "") for a in answers}
    assert len(details) == 1


def test_a_token_in_the_address_is_no_credential(service: Any) -> None:
    token = service.tokens["admin"]

    assert service.get(f"/api/v1/series?token={token}", None).status_code == 401
    basic = {"Authorization": f"Basic {token}"}
    assert service.get("/api/v1/series", None, headers=basic).status_code == 401


def test_guessing_tokens_ends_in_429_and_locks_nobody_else_out(service: Any) -> None:
    assert service.get("/api/v1/series", "read", address="198.51.100.9").status_code == 200
    answers = [
        service.get("/api/v1/series", f"pp_{n:043d}", address="198.51.100.9").status_code
        for n in range(14)
    ]

    assert answers[:10] == [401] * 10
    assert answers[10:] == [429] * 4
    # The same address with a token that was right before, and another address altogether.
    assert service.get("/api/v1/series", "read", address="198.51.100.9").status_code == 200
    assert service.get("/api/v1/series", "admin", address="198.51.100.10").status_code == 200
    service.clock.seconds += 11.0
    assert service.get("/api/v1/series", "pp_x", address="198.51.100.9").status_code == 401


def test_who_asks_too_often_is_told_when_to_come_again(make_service: Any) -> None:
    service = make_service(rates=Rates(token=Rate(per_s=1.0, burst=3.0)))
    answers = [service.get("/api/v1/devices") for _ in range(4)]

    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert service.get("/api/v1/devices", "admin").status_code == 200
    assert service.get("/healthz", None).status_code == 200


def test_the_first_token_is_made_once(sqlite_database: Any) -> None:
    from photopeak.api.authentication import ensure_first_token

    text = ensure_first_token(sqlite_database, now=NOON)

    assert text is not None
    assert ensure_first_token(sqlite_database, now=NOON) is None
    with sqlite_database.snapshot() as tx:
        record = tokens.find(tx, text, now=NOON)
    assert record is not None
    assert record.scopes == {"admin"}
    assert Access.ADMIN > Access.OPERATE > Access.READ > Access.OPEN
