"""The colours of counts on the page of a result: chosen once, kept, and never those of differences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from photopeak.model.page import Access, PageReply, PageRequest, Visitor
from photopeak.settings import Settings, SiteSettings
from photopeak.storage.database import Database
from photopeak.web.pages import all_pages
from support import web_scene


class Result:
    """The page of a result."""

    def __init__(self, database: Database, data: Path, language: str = "en") -> None:
        self.ids = web_scene.fill(database)
        settings = Settings(data=data, site=SiteSettings(language=language))
        _, context, _ = web_scene.contexts(database, data, settings=settings)
        self._answer = next(p.answer for p in all_pages(context) if p.path == "/results/{id}")

    def ask(self, result: str = "good", **options: dict[str, str]) -> PageReply:
        """Ask for the page."""
        visitor = Visitor(name="R. Chen", access=Access.READ, csrf_token="c")
        path = {"id": self.ids[result]}
        return self._answer(PageRequest(visitor=visitor, path=path, **options))  # type: ignore[arg-type]


@pytest.fixture
def result(sqlite_database: Database, tmp_path: Path) -> Result:
    """Return the page of a small site."""
    return Result(sqlite_database, tmp_path)


def sources(reply: PageReply) -> dict[str, str]:
    return dict(re.findall(r'<img src="[^"]*/figures/(\w+)\.svg(\?[^"]*)?"', reply.html))


def current(reply: PageReply) -> list[str]:
    return re.findall(r'href="[^"]*\?colours=(\w+)" aria-current="true"', reply.html)


def test_counts_are_shown_as_they_were_drawn_until_somebody_chooses(result: Result) -> None:
    reply = result.ask()

    assert sources(reply)["flood"] == ""
    assert current(reply) == ["grey"]
    assert dict(reply.keep) == {}


def test_a_choice_is_shown_at_once_and_kept_for_the_next_result(result: Result) -> None:
    chosen = result.ask(query={"colours": "cividis"})
    later = result.ask("bad", kept=dict(chosen.keep))
    back = result.ask("bad", kept=dict(chosen.keep), query={"colours": "grey"})

    for reply in (chosen, later):
        assert sources(reply)["flood"] == "?colours=cividis"
        assert current(reply) == ["cividis"]
    assert (sources(back)["flood"], current(back)) == ("?colours=grey", ["grey"])
    assert (dict(later.keep), dict(back.keep)) == ({}, {"colours": "grey"})


def test_colours_that_nobody_offers_change_nothing(result: Result) -> None:
    reply = result.ask(query={"colours": "rainbow"}, kept={"colours": '"><script>'})

    assert (sources(reply)["flood"], current(reply), dict(reply.keep)) == ("", ["grey"], {})


def test_a_result_without_an_image_offers_no_colours(result: Result) -> None:
    assert "colour-switch" not in result.ask("broken").html


def test_colours_are_chosen_in_the_language_of_the_site(
    sqlite_database: Database, tmp_path: Path
) -> None:
    reply = Result(sqlite_database, tmp_path, "zh").ask(query={"colours": "cividis"})

    assert "灰度" in reply.html
    assert sources(reply)["flood"] == "?language=zh&amp;colours=cividis"
