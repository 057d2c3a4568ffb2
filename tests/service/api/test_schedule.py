"""The schedule over HTTP, and its metrics."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from photopeak.api.app import create_app
from photopeak.storage import audit, calendar_links, tokens
from photopeak.storage.database import Database
from support.schedule_scene import NOW, filled

Call = Callable[..., httpx.Response]


@pytest.fixture
def call(sqlite_database: Database, tmp_path: Path) -> Call:
    context, _ = filled(sqlite_database, tmp_path)
    app = create_app(context)
    with sqlite_database.transaction() as tx:
        _, secret = tokens.create(tx, name="t", scopes=("operate",), now=NOW, created_by="t")

    def send(method: str, path: str, *, signed: bool = True, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {secret}"} if signed else {}

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://photopeak.test"
            ) as c:
                return await c.request(method, path, headers=headers, **options)

        return anyio.run(run)

    return send


def test_states_and_occurrences_are_told(call: Call) -> None:
    answer = call("GET", "/api/v1/schedule?first=2026-03-09&last=2026-03-12").json()

    assert answer["zone"] == "Europe/Oslo"
    words = {s["device"]: s["readiness"] for s in answer["states"]}
    assert words == {
        "camera-1": "ready",
        "camera-2": "qc-not-received",
        "calibrator-1": "not-scheduled",
    }
    floods = {
        (o["device"], o["day"]): o["state"]
        for o in answer["occurrences"]
        if o["test"] == "intrinsic_uniformity"
    }
    assert floods["camera-1", "2026-03-11"] == "pass"
    assert floods["camera-2", "2026-03-11"] == "due"
    assert floods["camera-2", "2026-03-12"] is None
    assert answer["occurrences"][0]["due"] == "2026-03-09T06:30:00Z"


def test_one_device_and_the_next_two_weeks_are_the_default(call: Call) -> None:
    answer = call("GET", "/api/v1/schedule?device=camera-1").json()

    assert (answer["first"], answer["last"]) == ("2026-03-11", "2026-03-24")
    assert {o["device"] for o in answer["occurrences"]} == {"camera-1"}


@pytest.mark.parametrize(
    "query",
    ["first=2026-02-30", "first=9999-01-01", "last=2026-03-10", "first=2026-01-01&last=2026-12-31",
     "first=today", "device=%00", "colour=red"],
)  # fmt: skip
def test_what_is_no_span_is_refused(call: Call, query: str) -> None:
    assert call("GET", f"/api/v1/schedule?{query}").status_code == 422


def test_a_device_is_put_out_of_use_and_back(call: Call, sqlite_database: Database) -> None:
    made = call(
        "POST", "/api/v1/schedule/not-in-use", json={"device": "camera-2", "reason": "no staff"}
    )
    assert made.status_code == 201, made.text
    assert (made.json()["first"], made.json()["last"]) == ("2026-03-11", "2026-03-11")
    states = call("GET", "/api/v1/schedule?device=camera-2").json()["states"]
    assert (states[0]["readiness"], states[0]["overlays"]) == ("not-scheduled", ["excused"])
    path = f"/api/v1/schedule/not-in-use/{made.json()['id']}"
    assert call("DELETE", path).status_code == 422
    assert call("DELETE", path + "?reason=staff+came").status_code == 204

    assert call("GET", "/api/v1/schedule").json()["not_in_use"] == []
    with sqlite_database.snapshot() as tx:
        assert [e.action for e in audit.page(tx)] == ["device.in_use_again", "device.not_in_use"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"device": "camera-2"}, 422),
        ({"device": "camera-2", "reason": "  "}, 422),
        ({"device": "nobody", "reason": "x"}, 404),
        ({"device": "camera-2", "reason": "x", "first": "soon"}, 422),
        ({"device": "camera-2", "reason": "x", "first": "2026-02-30"}, 422),
        ({"device": "camera-2", "reason": "x", "first": "2026-03-11", "last": "2026-03-01"}, 409),
        ({"device": "camera-2", "reason": "x", "who": "me"}, 422),
    ],
)
def test_a_wish_that_says_too_little_is_refused(
    call: Call, body: dict[str, str], status: int
) -> None:
    assert call("POST", "/api/v1/schedule/not-in-use", json=body).status_code == status


def test_metrics_count_what_is_missing_and_tell_when_tests_came(
    sqlite_database: Database, tmp_path: Path, call: Call
) -> None:
    text = call("GET", "/metrics").text

    assert "photopeak_tests_overdue 0.0" in text
    line = 'photopeak_test_last_received_timestamp_seconds{device="camera-1",test="intrinsic_uniformity"}'
    assert f"{line} 1.7732088e+09" in text


def test_a_calendar_needs_its_secret_and_nothing_else(
    call: Call, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as tx:
        _, secret = calendar_links.create(tx, name="n", device_id=None, who="kim", now=NOW)

    answer = call("GET", f"/calendar/{secret}.ics", signed=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
    assert call("GET", "/calendar/guess.ics", signed=False).status_code == 404
