"""Days and moments at the ends of the calendar, which some time zones do not have: refused in words."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

HERE = {"Origin": "http://photopeak.test"}
FIRST, LAST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


@pytest.mark.parametrize("moment", [FIRST, LAST])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/results?since=",
        "/api/v1/results.csv?until=",
        "/api/v1/series?since=",
        "/api/v1/audit?since=",
        "/api/v1/audit.csv?until=",
        "/api/v1/trends?device=camera-1&test=intrinsic_uniformity&metric=iu_ufov&from=",
    ],
)
def test_a_filter_says_that_nobody_means_such_a_moment(
    service: Any, path: str, moment: str
) -> None:
    answer = service.get(path + quote(moment, safe=""), "admin")

    assert answer.status_code == 422


@pytest.mark.parametrize("moment", [FIRST, LAST])
def test_what_is_kept_has_a_moment_that_every_page_can_show(service: Any, moment: str) -> None:
    event = {"device": "camera-1", "kind": "service", "at": moment, "text": "x"}
    silence = {"device": "camera-1", "reason": "x", "ends_at": moment}

    for path, body in (("/api/v1/events", event), ("/api/v1/silences", silence)):
        assert service.call("POST", path, "admin", json=body).status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_pages_take_no_such_day(service: Any, day: str) -> None:
    cookies, token = service.sign_in_as("admin")
    paper = service.get(
        f"/devices/camera-1/reports/period.html?from={day}&to={day}", None, cookies=cookies
    )
    trail = service.get(f"/audit?since={day}&until={day}", None, cookies=cookies)
    pause = service.call(
        "POST",
        "/schedule/not-in-use",
        None,
        cookies=cookies,
        headers=HERE,
        data={"csrf_token": token, "device": "camera-1", "reason": "x", "first": day, "last": day},
    )

    assert (paper.status_code, trail.status_code) == (422, 200)
    assert pause.status_code in (303, 422)
    assert service.get("/schedule", None, cookies=cookies).status_code == 200
