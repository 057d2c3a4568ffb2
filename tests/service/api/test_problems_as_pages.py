"""A problem is a page for a person at a browser, and JSON for a program."""

from __future__ import annotations

from typing import Any

import pytest

from photopeak.api import problems
from photopeak.web.words import CATALOGUES

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("scope", "path", "status", "title"),
    [
        ("read", "/no-such-page", 404, "Not found"),
        ("read", "/users", 403, "Not allowed"),
        ("read", "/results?no_such=1", 422, "A value is not acceptable"),
    ],
)
def test_a_person_sees_a_page_and_a_program_json(
    make_service: Any, scope: str, path: str, status: int, title: str
) -> None:
    service = make_service()
    page = service.get(path, scope, headers=BROWSER)
    plain = service.get(path, scope)

    assert (page.status_code, plain.status_code) == (status, status)
    assert page.headers["content-type"].startswith("text/html")
    assert f"<h1>{title}</h1>" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "content-security-policy" in page.headers
    assert plain.headers["content-type"] == problems.MEDIA_TYPE


def test_the_api_and_parts_of_pages_never_answer_with_a_page(make_service: Any) -> None:
    service = make_service()
    api = service.get("/api/v1/results/none-such", headers=BROWSER)
    part = service.get("/no-such-page", headers={**BROWSER, "HX-Request": "true"})

    assert api.headers["content-type"] == problems.MEDIA_TYPE
    assert part.headers["content-type"] == problems.MEDIA_TYPE


def test_a_fault_of_the_service_says_so_and_nothing_else(
    make_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service()

    def fail(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("photopeak.storage.results.page", fail)
    page = service.get("/results", headers=BROWSER)

    assert page.status_code == 500
    assert "<h1>The request failed inside the service</h1>" in page.text
    assert "secret" not in page.text


def test_every_problem_has_a_title_in_chinese() -> None:
    assert set(problems.TITLES.values()) <= CATALOGUES["zh"].keys()
