"""The form of an export: it leads to exactly what was chosen."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from photopeak.model.page import Access, PageReply, PageRequest, Visitor
from photopeak.settings import Settings, SiteSettings
from photopeak.storage.database import Database
from photopeak.web.pages import all_pages
from support import web_scene


class Form:
    """The page of an export."""

    def __init__(self, database: Database, data: Path, language: str) -> None:
        site = SiteSettings(language=language, time_zone="Asia/Shanghai")
        _, context, _ = web_scene.contexts(database, data, settings=Settings(data=data, site=site))
        self._answer = next(p.answer for p in all_pages(context) if p.path == "/exports")

    def ask(self, **query: str) -> PageReply:
        """Send the form."""
        visitor = Visitor(name="R. Chen", access=Access.READ, csrf_token="c")
        return self._answer(PageRequest(visitor=visitor, query=query))


@pytest.fixture
def form(sqlite_database: Database, tmp_path: Path) -> Form:
    """Return the page in English."""
    return Form(sqlite_database, tmp_path, "en")


def test_the_form_offers_every_number_by_its_test(form: Form) -> None:
    text = form.ask(device="camera-1").html

    assert 'value="iu_ufov">Integral uniformity' in text
    assert '<optgroup label="Intrinsic uniformity">' in text
    assert 'value="camera-1" selected' in text
    for name in ("CSV", "Excel", "JSON"):
        assert f">{name}</button>" in text


def test_what_was_chosen_is_asked_for_in_days_of_the_site(form: Form) -> None:
    reply = form.ask(
        form="xlsx", device="camera-1", test="", metric="iu_ufov",
        **{"from": "2026-03-01", "to": "2026-03-02"},
    )  # fmt: skip
    address = urlsplit(reply.location)

    assert address.path == "/api/v1/results.xlsx"
    assert parse_qs(address.query) == {
        "device": ["camera-1"], "metric": ["iu_ufov"],
        "since": ["2026-02-28T16:00:00Z"], "until": ["2026-03-02T16:00:00Z"],
    }  # fmt: skip
    assert form.ask(form="csv").location == "/api/v1/results.csv"


@pytest.mark.parametrize("day", ["tomorrow", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_that_is_none_is_refused_in_words(form: Form, day: str) -> None:
    reply = form.ask(form="csv", to=day)

    assert (reply.status, reply.location) == (422, "")
    assert "A day is written as 2026-03-02." in reply.html


def test_the_form_speaks_chinese(sqlite_database: Database, tmp_path: Path) -> None:
    text = Form(sqlite_database, tmp_path, "zh").ask().html

    assert "积分均匀性" in text
    assert "选择数值和日期" not in text
    assert "导出" in text
