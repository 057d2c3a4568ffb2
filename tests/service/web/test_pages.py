"""Pages, asked for without a server."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from photopeak.model.judgement import Status
from photopeak.model.page import Access, PageReply, PageRequest, Visitor
from photopeak.model.results import PARTIAL, NoteRecord
from photopeak.model.routing import RoutingOutcome, Step
from photopeak.model.test_sets import TestSetState
from photopeak.settings import Settings, SiteSettings
from photopeak.storage import by_hand, decisions, results, series, test_sets
from photopeak.storage.database import Database
from photopeak.web.pages import all_pages
from photopeak.web.rendering import static_files
from photopeak.web.test_set_pages import MemberView, role_views
from photopeak.web.times import Clockwork
from photopeak.web.words import Words
from support import web_scene
from support.rows import NOON, result_of

VENDOR = resources.files("photopeak.web") / "static" / "vendor"


class Pages:
    """All pages on a database."""

    def __init__(self, database: Database, data: Path, *, filled: bool = True) -> None:
        self.ids = web_scene.fill(database) if filled else {}
        _, context, _ = web_scene.contexts(database, data)
        self._pages = {(page.method, page.path): page for page in all_pages(context)}

    def ask(
        self, address: str, /, method: str = "GET", access: Access = Access.OPERATE, **options: Any
    ) -> PageReply:
        """Ask for a page as a visitor with some rights."""
        visitor = Visitor(name="R. Chen", access=access, csrf_token="c")
        return self._pages[method, address].answer(PageRequest(visitor=visitor, **options))


@pytest.fixture
def pages(sqlite_database: Database, tmp_path: Path) -> Pages:
    """Open the pages of the small site."""
    return Pages(sqlite_database, tmp_path / "data")


def test_every_page_says_what_it_is_not_for(pages: Pages) -> None:
    for path in ("/series", "/results", "/test-sets", "/login"):
        text = pages.ask(path).html

        assert "Quality-control aid. Not a medical device; not for diagnosis." in text


def test_the_list_tells_the_result_of_an_analysed_series_not_that_it_was_analysed(
    pages: Pages,
) -> None:
    text = pages.ask("/series").html

    row = text.split("Daily flood head 2")[0].rsplit("<tr>", 1)[1]
    assert "Fail" in row
    assert f"/results/{pages.ids['bad']}" in row


def test_filters_narrow_the_list_and_wrong_ones_do_no_harm(pages: Pages) -> None:
    failed = pages.ask("/series", query={"state": "FAILED"}).html

    assert "Flood cut short" in failed
    assert "Daily flood" not in failed
    assert "Daily flood" in pages.ask("/series", query={"state": "<b>", "after": "x"}).html


def test_an_empty_list_says_how_to_get_data(sqlite_database: Database, tmp_path: Path) -> None:
    pages = Pages(sqlite_database, tmp_path / "data", filled=False)
    text = pages.ask("/series").html

    assert "Nothing has arrived yet" in text
    assert "AE title PHOTOPEAK, port 11112" in text
    assert "photopeak demo" in text
    assert "No results yet" in pages.ask("/results").html
    assert "Nothing waits" in pages.ask("/test-sets").html
    assert "No series fits" in pages.ask("/series", query={"state": "FAILED"}).html


def test_a_series_leads_to_where_one_says_what_it_is_for_who_may(pages: Pages) -> None:
    uid = {"uid": web_scene.UNKNOWN}
    there = f"/inbox/{web_scene.UNKNOWN}"

    assert there in pages.ask("/series/{uid}", path=uid).html
    assert there not in pages.ask("/series/{uid}", access=Access.READ, path=uid).html


def test_a_series_that_looks_like_a_patients_cannot_be_assigned(pages: Pages) -> None:
    text = pages.ask("/series/{uid}", access=Access.ADMIN, path={"uid": web_scene.PATIENT}).html

    assert "Held back" in text
    assert "/inbox/" not in text


def test_readings_are_taken_from_the_form_and_wrong_ones_come_back(pages: Pages) -> None:
    where = {"id": pages.ids["waiting"]}
    post = "/test-sets/{id}/readings"
    wrong = pages.ask(post, "POST", path=where, form={"value:activity": "a lot"})
    late = pages.ask(post, "POST", path=where, form={"value:activity": "37"})
    right = pages.ask(
        post, "POST", path=where,
        form={"value:activity": "37,5", "at:activity": "2026-03-02T11:00:00+00:00"},
    )  # fmt: skip

    assert (wrong.status, "activity is a number" in wrong.html) == (422, True)
    assert 'value="a lot"' in wrong.html
    assert "needs the moment" in late.html
    assert right.location == f"/test-sets/{pages.ids['waiting']}"
    assert 'value="37.5"' in pages.ask("/test-sets/{id}", path=where).html


def test_a_waiting_set_is_analysed_with_what_there_is_for_a_reason(pages: Pages) -> None:
    where = {"id": pages.ids["waiting"]}
    post = "/test-sets/{id}/run"
    asked = pages.ask("/test-sets/{id}", path=where).html
    refused = pages.ask(post, "POST", path=where, form={"reason": " "})
    taken = pages.ask(post, "POST", path=where, form={"reason": "no time for the background"})
    again = pages.ask(post, "POST", path=where, form={"reason": "no time for the background"})

    assert "Analyse with what is there" in asked
    assert asked.count('name="csrf_token"') == asked.count("<form")
    assert (refused.status, "a reason is needed" in refused.html) == (409, True)
    assert taken.location == f"/test-sets/{pages.ids['waiting']}"
    assert (again.status, "only a waiting one is analysed" in again.html) == (409, True)
    assert "Analyse with what is there" not in again.html


def test_a_series_is_put_into_a_waiting_set_by_who_may(pages: Pages) -> None:
    where = {"id": pages.ids["waiting"]}
    page = pages.ask("/test-sets/{id}", path=where).html
    form = {"series": web_scene.UNKNOWN, "role": "background"}
    full = pages.ask("/test-sets/{id}/members", "POST", path=where, form={**form, "role": "source"})
    reply = pages.ask("/test-sets/{id}/members", "POST", path=where, form=form)
    after_it = pages.ask("/test-sets/{id}", path=where).html

    choices = page.split('name="series"')[1].split("</select>")[0]
    assert web_scene.UNKNOWN in choices
    assert " · NM · 2 Mar 2026 11:48:00" in choices
    assert web_scene.WAITING not in choices
    assert web_scene.PATIENT not in choices
    assert "as many series as it takes" in full.html
    assert reply.location == f"/test-sets/{pages.ids['waiting']}"
    assert "assigned by R. Chen" in after_it
    assert "Add a series" not in after_it
    reader = pages.ask("/test-sets/{id}", path=where, access=Access.READ).html
    assert "<form" not in reader.split("<main")[1]


def test_series_of_a_set_are_called_by_description_and_number(
    pages: Pages, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as tx:
        series.set_display(
            tx, web_scene.WAITING, modality="NM", acquired_at=NOON, expected_instances=1,
            display={"SeriesDescription": "Sensitivity dish", "SeriesNumber": "7"},
        )  # fmt: skip
    inputs = pages.ask("/test-sets/{id}", path={"id": pages.ids["waiting"]}).html.split("Inputs")[1]

    assert f'href="/series/{web_scene.WAITING}">Sensitivity dish · series 7</a>' in inputs
    assert f">{web_scene.WAITING}<" not in inputs
    assert "1 of 1" in inputs
    assert "0 of 1" in inputs


def test_an_optional_input_is_called_optional_and_never_lacks_anything() -> None:
    def said(minimum: int, maximum: int | None, present: int) -> tuple[str, str]:
        role = replace(web_scene.SENSITIVITY.roles[0], minimum=minimum, maximum=maximum)
        test = replace(web_scene.SENSITIVITY, roles=(role,))
        members = {role.name: [MemberView("1.2", "dish", None, "")] * present}
        (view,) = role_views(test, members, Words("en"))
        return view.look.word, view.count

    assert said(0, None, 0) == ("Optional", "optional, 0 there")
    assert said(0, None, 15) == ("Pass", "optional, 15 there")
    assert said(2, 2, 1) == ("Waiting", "1 of 2")
    assert said(2, 2, 2) == ("Pass", "2 of 2")
    assert said(2, None, 5) == ("Pass", "5 there")


def test_devices_that_are_others_are_folded_away(pages: Pages, sqlite_database: Database) -> None:
    others = tuple(
        Step(stage="device", subject=f"camera-{n}", effect="rejected", message="its station is another one")
        for n in (7, 8)
    )  # fmt: skip
    found = Step(stage="rule", subject="", effect="passed", message="no rule matches")
    decision = web_scene.explained(RoutingOutcome.UNROUTED, "x", steps=(*others, found))
    with sqlite_database.transaction() as tx:
        decisions.add(tx, web_scene.UNKNOWN, 2, decision, now=NOON)

    text = pages.ask("/series/{uid}", path={"uid": web_scene.UNKNOWN}).html

    shown, folded = text.split("How it was recognised")[1].split("<details", 1)
    assert "no rule matches" in shown
    assert "camera-7" not in shown
    assert "2 other devices do not fit" in folded
    assert "camera-7" in folded.split("</details>")[0]


def test_tests_and_numbers_are_called_in_the_language_of_the_pages(
    sqlite_database: Database, tmp_path: Path
) -> None:
    ids = web_scene.fill(sqlite_database)
    settings = Settings(data=tmp_path, site=SiteSettings(language="zh"))
    _, context, _ = web_scene.contexts(sqlite_database, tmp_path, settings=settings)
    found = {page.path: page for page in all_pages(context)}
    visitor = Visitor(name="R. Chen", access=Access.READ, csrf_token="c")

    one = found["/results/{id}"].answer(PageRequest(visitor=visitor, path={"id": ids["bad"]}))
    waiting = found["/test-sets"].answer(PageRequest(visitor=visitor))

    assert "均匀性" in one.html
    assert "Integral uniformity" not in one.html.split("<main")[1]
    assert web_scene.SENSITIVITY.title_zh in waiting.html


def test_a_set_says_why_it_could_not_be_analysed_with_what_there_was(
    pages: Pages, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as tx:
        record = by_hand.ask_partial(tx, pages.ids["waiting"], "x", now=NOON)
        test_sets.claim(tx, record.id, "w", now=NOON)
        test_sets.finish(
            tx, record.id, "w", record.attempt, TestSetState.WAITING, now=NOON,
            reason="not analysed with what is there: no activity",
            waiting_for="waiting for Background", settled=True,
        )  # fmt: skip

    text = pages.ask("/test-sets/{id}", path={"id": record.id}).html

    banner = text.split('class="banner')[1].split("</section>")[0]
    assert "Waiting for Background" in banner
    assert "not analysed with what is there: no activity" in banner


def test_a_partial_result_leads_to_where_it_can_be_completed(
    pages: Pages, sqlite_database: Database
) -> None:
    note = NoteRecord(code=PARTIAL, message="a partial result, without Background")
    with sqlite_database.transaction() as tx:
        record = test_sets.get(tx, pages.ids["waiting"])
        found = results.add(tx, result_of(record, status=Status.INFO, notes=(note,)))

    text = pages.ask("/results/{id}", path={"id": found.id}).html

    assert f'<a class="button" href="/test-sets/{record.id}">Complete the test</a>' in text
    assert "a partial result, without Background" in text.split("banner verdict")[0]
    assert "Complete the test" not in pages.ask("/results/{id}", path={"id": pages.ids["bad"]}).html


def test_a_series_is_explained_by_the_number_that_decided_with_a_link_to_its_result(
    pages: Pages,
) -> None:
    link = f'<a class="link" href="/results/{pages.ids["bad"]}">'
    said = "Integral uniformity, CFOV, detector 1: 5.27 % is above 4.00 %"

    row = pages.ask("/series").html.split("Daily flood head 2")[1].split("</tr>")[0]
    assert link in row
    assert said in row
    page = pages.ask("/series/{uid}", path={"uid": web_scene.BAD_FLOOD}).html
    assert page.index(said) < page.index("How it was recognised")
    assert link in page
    assert said in pages.ask("/results").html


def test_a_result_says_on_top_what_it_came_to_and_by_which_number(pages: Pages) -> None:
    text = pages.ask("/results/{id}", path={"id": pages.ids["bad"]}).html
    top = text.split('class="banner verdict act"')[1].split("</section>")[0]

    for said in ("Fail", "Intrinsic uniformity", "NM1 Symbia Evo", "Acquired", "<b>5.27</b>", "0.10",
                 "above the limit of 4.00 %", "WS 523-2019 A.1 (mandatory)"):  # fmt: skip
        assert said in top


def test_a_result_shows_what_was_not_met_first_and_folds_what_was(pages: Pages) -> None:
    text = pages.ask("/results/{id}", path={"id": pages.ids["bad"]}).html
    open_, rest = text.split('class="heads', 1)
    met = rest.split("1 check met")[1].split("</details>")[0]

    for said in (
        "Conditions not met",
        "Count rate",
        "32\u2009000 counts/s",
        "Nuclide",
        "not known",
    ):
        assert said in open_
    assert "Counts in the centre pixel" not in open_
    assert "Counts in the centre pixel" in met
    assert "open" not in rest.split("1 check met")[0].rsplit("<details", 1)[1]


def test_a_result_shows_judged_numbers_and_where_everything_is_from(pages: Pages) -> None:
    text = pages.ask("/results/{id}", path={"id": pages.ids["bad"]}).html

    for said in ("Detector 1", "abababababababab…", "Met: ≤\u00a06.00 % · WS 523-2019 A.1 (informative)"):  # fmt: skip
        assert said in text
    assert "Provenance" in text.split('<details class="fold"><summary>')[-1]


def test_every_picture_has_its_room_before_it_comes_and_none_waits(pages: Pages) -> None:
    text = pages.ask("/results/{id}", path={"id": pages.ids["bad"]}).html
    pictures = re.findall(r"<img [^>]*>", text)

    assert len(pictures) == 3
    for picture in pictures:
        assert re.search(r'width="[1-9]\d*" height="[1-9]\d*"', picture)
        assert "lazy" not in picture
        assert re.search(r'alt="[^"]+"', picture)
    assert 'src="/api/v1/results/' in pictures[0]
    assert "flood.svg" in pictures[0]
    assert text.index(pictures[0]) < text.index('class="numbers')


def test_headings_go_down_one_step_at_a_time_and_tables_name_their_rows(pages: Pages) -> None:
    for address, where in (("/results/{id}", {"id": pages.ids["bad"]}), ("/results/{id}", {"id": pages.ids["broken"]}),
                           ("/series/{uid}", {"uid": web_scene.BAD_FLOOD})):  # fmt: skip
        text = pages.ask(address, path=where).html
        levels = [int(level) for level in re.findall(r"<h([1-6])", text)]

        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert all("scope=" in cell for cell in re.findall(r"<th[ >][^>]*>", text))
        assert "style=" not in text


def test_a_table_is_shown_as_a_table(pages: Pages) -> None:
    text = pages.ask("/results/{id}", path={"id": pages.ids["bad"]}).html

    assert '<th scope="col" class="number">Mean counts</th>' in text


def test_what_is_not_there_is_a_page_that_says_so(pages: Pages) -> None:
    for path, where in (("/results/{id}", {"id": "x"}), ("/series/{uid}", {"uid": "1.9"}),
                        ("/test-sets/{id}", {"id": "x"})):  # fmt: skip
        reply = pages.ask(path, path=where)

        assert (reply.status, "There is nothing here" in reply.html) == (404, True)


def test_vendored_files_are_those_that_were_taken_over() -> None:
    expected = dict(
        reversed(line.split(maxsplit=1))  # type: ignore[arg-type]
        for line in (VENDOR / "SHA256SUMS").read_text("ascii").splitlines()
    )
    present = {
        entry.name: hashlib.sha256(entry.read_bytes()).hexdigest()
        for entry in VENDOR.iterdir()
        if entry.name != "SHA256SUMS"
    }

    assert present == expected
    for name in ("htmx.LICENSE", "inter.LICENSE"):
        assert "LICENSE" in name
        assert (VENDOR / name).read_text("utf-8").strip()


def test_pages_refer_to_files_that_exist() -> None:
    paths = {file.path for file in static_files()}

    assert {"/static/app.css", "/static/app.js", "/static/vendor/htmx-2.0.11.min.js"} <= paths
    for file in static_files():
        if file.path.endswith((".css", "app.js")):
            assert b"http:" not in file.content.replace(b"http://www.w3.org", b"")
            assert b"https:" not in file.content


def test_times_are_of_the_site_and_ages_in_one_unit() -> None:
    clockwork = Clockwork("Asia/Shanghai", Words("en"))
    moment = clockwork.moment(NOON, NOON + timedelta(hours=3))

    assert moment is not None
    assert (moment.text, moment.age) == ("2 Mar 2026 20:00:00", "3 hours ago")
    assert moment.machine == "2026-03-02T12:00:00+00:00"
    ages = [
        clockwork.age(NOON, NOON + timedelta(seconds=s)) for s in (0, 61, 7200, 10 * 86400, -3600)
    ]
    assert ages == ["just now", "1 minute ago", "2 hours ago", "10 days ago", "in the future"]
    assert Clockwork("Nowhere/Land", Words("en")).zone_name == "UTC"


def test_a_language_without_a_catalogue_speaks_english() -> None:
    words = Words("xx")

    assert words("Version {number}", number=3) == "Version 3"
    assert words.plural("{count} object", "{count} objects", 1) == "1 object"
