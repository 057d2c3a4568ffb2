"""Requests that nobody sends by accident."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from photopeak.api.app import create_app
from photopeak.settings import Settings, WebSettings
from support import web_scene

MARK = "PPMARK7"


def test_every_answer_has_the_headers_that_keep_others_out(service: Any) -> None:
    for path, scope in (("/healthz", None), ("/login", None), ("/api/v1/series", "read"), ("/x", None),
                        ("/static/app.css", None), ("/api/v1/series?bad=1", "read")):  # fmt: skip
        headers = service.get(path, scope).headers

        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] in ("no-referrer", "same-origin")
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers
        assert headers["x-request-id"]
    assert service.get("/api/v1/series").headers["cache-control"] == "no-store"
    assert service.get("/series").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "body",
    [
        '{"comment": NaN}',
        '{"comment": Infinity}',
        '{"comment": 1e999}',
        '{"comment": -Infinity, "x": 1}',
        "[" * 200_000,
        '{"a":' * 50_000,
        '{"comment": "PPMARK7", "PPMARK7": 1}',
        '{"comment": ["PPMARK7"]}',
        '"PPMARK7"',
        "PPMARK7",
        "",
        "null",
        '{"comment": "\\ud800PPMARK7"',
        b"\xff\xfe\x00PPMARK7",
    ],
)
def test_a_body_that_is_not_what_was_asked_for_is_a_4xx_that_repeats_nothing(
    service: Any, body: str | bytes
) -> None:
    answer = service.call(
        "POST",
        f"/api/v1/alerts/{service.ids['alert']}/acknowledge",
        "operate",
        content=body,
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert MARK not in answer.text
    assert answer.json()["type"].startswith("urn:photopeak:problem:")


def test_nan_in_a_reading_is_refused(service: Any) -> None:
    for number in ("NaN", "Infinity", "1e999"):
        body = (
            f'{{"test_set": "{service.ids["waiting"]}", "readings": '
            f'[{{"name": "activity", "value": {number}, "at": "2026-03-02T11:00:00+00:00"}}]}}'
        )
        answer = service.call(
            "POST", "/api/v1/readings", "operate", content=body,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip

        assert answer.status_code in (400, 422)


def test_parameters_that_are_unknown_repeated_or_wrong_are_refused_and_not_repeated(
    service: Any,
) -> None:
    for query in (
        f"{MARK}=1",
        "limit=0",
        "limit=100000",
        f"limit={MARK}",
        "limit=1&limit=2",
        "state=SLEEPING",
        f"after={MARK}",
        "since=2026-01-01T00:00:00",
        f"since={MARK}",
        "device=" + "x" * 200,
        "device=a%00b",
        "&".join(f"a{n}=1" for n in range(500)),
    ):
        answer = service.get(f"/api/v1/series?{query}")

        assert answer.status_code in (400, 422), query
        assert MARK not in answer.text


def test_paths_with_odd_ids_find_nothing(service: Any) -> None:
    for path in ("/api/v1/series/..%2f..%2fetc", "/api/v1/results/%3Cscript%3E", "/api/v1/series/" + "1" * 500,
                 "/results/x", "/series/1.2.3.999", "/test-sets/nothing", "/api/v1/results/a%00b"):  # fmt: skip
        answer = service.get(path)

        assert answer.status_code in (404, 422), path
        assert "script" not in answer.text or "text/html" in answer.headers["content-type"]


def test_a_body_that_is_too_large_is_refused_without_being_read(service: Any) -> None:
    asked = 0

    async def endless() -> Any:
        nonlocal asked
        for _ in range(10_000):
            asked += 1
            yield b"x" * 65_536

    place = f"/api/v1/alerts/{service.ids['alert']}/acknowledge"
    headers = {"Content-Type": "application/json"}
    answer = service.call("POST", place, "operate", content=endless(), headers=headers)

    assert answer.status_code == 413
    assert asked < 40
    declared = {**headers, "Content-Length": "300000000"}
    assert service.call("POST", place, "operate", content=b"", headers=declared).status_code == 413
    assert service.call("GET", "/api/v1/series", "read", content=b"body").status_code == 413


def test_a_compressed_body_is_refused(service: Any) -> None:
    answer = service.call(
        "POST", "/api/v1/uploads", "operate", content=b"x", headers={"Content-Encoding": "gzip"}
    )

    assert answer.status_code == 415


def test_an_error_inside_says_nothing_of_it(make_service: Any, caplog: Any) -> None:
    def broken() -> Any:
        raise RuntimeError(MARK)

    service = make_service(devices=broken)
    answer = service.get("/api/v1/devices")

    assert answer.status_code == 500
    assert MARK not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    identity = answer.headers["x-request-id"]
    assert answer.json()["instance"] == f"urn:uuid:{identity}"
    assert identity in caplog.text


def test_a_database_out_of_reach_is_a_503_and_health_goes_on(make_service: Any) -> None:
    from contextlib import contextmanager

    from photopeak.storage.errors import StorageUnavailableError

    service = make_service()
    assert service.get("/api/v1/devices").status_code == 200

    @contextmanager
    def away() -> Any:
        raise StorageUnavailableError("/secret/place is locked")
        yield

    service.context.database.snapshot = away
    answer = service.get("/api/v1/series")
    assert answer.status_code == 503
    assert "secret" not in answer.text
    assert service.get("/readyz").status_code == 503
    assert service.get("/healthz", None).status_code == 200


def test_hostile_text_is_data_in_json_and_never_markup_in_pages(service: Any) -> None:
    listed = service.get("/api/v1/series").text

    assert "PPXSS1" in listed
    for path in ("/series", "/series-rows", f"/series/{web_scene.UNKNOWN}",
                 f"/results/{service.ids['bad']}", "/results"):  # fmt: skip
        page = service.get(path).text
        assert "<script>PPXSS" not in page
        assert 'onload="PPXSS' not in page
        assert "{{7*7}}" in page or "49 \ufffdgnp" not in page
        for hidden in ("\u202e", "\x1b", "\r"):
            assert hidden not in page


def test_pages_have_no_script_and_no_style_of_their_own(service: Any) -> None:
    import re

    for path in ("/series", f"/results/{service.ids['bad']}", f"/series/{web_scene.UNKNOWN}",
                 "/test-sets", f"/test-sets/{service.ids['waiting']}", "/login", "/results"):  # fmt: skip
        page = service.get(path).text

        assert not re.search(r"<script(?![^>]*\ssrc=)", page)
        assert not re.search(r"\sstyle\s*=", page)
        assert not re.search(r"<style", page)
        assert not re.search(r"\son[a-z]+\s*=\s*[\"']", re.sub(r">[^<]*<", "><", page))
        assert not re.search(r"(src|href|action)\s*=\s*[\"'](https?:)?//", page)


def test_nothing_that_was_sent_and_no_token_gets_into_the_log(service: Any, caplog: Any) -> None:
    caplog.set_level("DEBUG", logger="photopeak")
    wrong = "pp_" + MARK
    service.get("/api/v1/series", wrong)
    service.get(f"/{MARK}?{MARK}={MARK}", headers={"X-Odd": MARK, "User-Agent": MARK})
    service.call("POST", "/login", data={"token": wrong, MARK: MARK})
    service.call("POST", "/api/v1/readings", "operate", json={MARK: MARK})
    service.call("POST", "/api/v1/uploads", "operate", files={MARK: (MARK, MARK.encode())})
    service.get("/series")

    assert "a wrong token came from" in caplog.text
    own = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("photopeak")
    )
    for secret in (MARK, *service.tokens.values(), "PPXSS"):
        assert secret not in own


def test_a_range_flood_is_answered_once_and_whole(service: Any) -> None:
    ranges = "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(0, 20_000, 2))
    answer = service.get("/static/app.css", None, headers={"Range": ranges})

    assert answer.status_code == 200


def test_the_schema_of_errors_is_the_same_everywhere(service: Any) -> None:
    answers: list[httpx.Response] = [
        service.get("/api/v1/series", None),
        service.get("/api/v1/nothing"),
        service.call("PATCH", "/api/v1/series", "read"),
        service.call("POST", "/api/v1/readings", "read", json={}),
        service.call("POST", "/api/v1/readings", "operate", json={}),
        service.call("POST", "/api/v1/readings", "operate", content=b"x"),
    ]

    assert [a.status_code for a in answers] == [401, 404, 405, 403, 422, 415]
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        document = json.loads(answer.text)
        assert {"type", "title", "status", "instance"} <= set(document)
        assert document["status"] == answer.status_code


def test_the_application_starts_without_pages(make_service: Any) -> None:
    service = make_service(pages=(), files=())

    assert create_app(service.context).state.operations
    assert service.get("/series").status_code == 404
    assert Settings(web=WebSettings()).web.port == 8080
