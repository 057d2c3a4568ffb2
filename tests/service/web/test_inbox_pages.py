"""The inbox, teaching from a series, routes and what they found, asked for without a server."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from photopeak.model.page import Access, PageReply, PageRequest, Visitor
from photopeak.model.series import SeriesState
from photopeak.model.taught import TaughtNumber
from photopeak.routing.routes import load_routes
from photopeak.settings import Settings, SiteSettings
from photopeak.storage import lessons, series, taught
from photopeak.storage.database import Database
from photopeak.storage.lessons import RoutedSeries
from photopeak.web.pages import all_pages
from support import web_scene
from support.rows import after
from support.web_scene import DEVICE, store_series

TARGET = "intrinsic_uniformity/nema/flood"


class Pages:
    """All pages on a database."""

    def __init__(self, database: Database, data: Path, *, language: str = "en") -> None:
        self.database = database
        settings = Settings(data=data, site=SiteSettings(language=language))
        routes = load_routes()
        _, context, _ = web_scene.contexts(database, data, settings=settings)
        context = replace(context, routes=lambda: routes, series_texts=lambda _: {})
        self._pages = {(page.method, page.path): page for page in all_pages(context)}

    def ask(
        self, address: str, /, method: str = "GET", access: Access = Access.OPERATE, **options: Any
    ) -> PageReply:
        visitor = Visitor(name="R. Chen", access=access, csrf_token="c")
        return self._pages[method, address].answer(PageRequest(visitor=visitor, **options))

    def see(
        self, address: str, uid: str = "", access: Access = Access.OPERATE, **query: str
    ) -> str:
        """Return what can be read on a page."""
        html = self.ask(address, access=access, path={"uid": uid, "id": uid}, query=query).html
        return plain(html)

    def post(
        self, address: str, uid: str, access: Access = Access.OPERATE, **form: str
    ) -> PageReply:
        return self.ask(address, "POST", access, path={"uid": uid, "id": uid}, form=form)

    def note(self, uid: str, text: str, at: int = 0, **changes: Any) -> None:
        """Store a series that routing saw, unknown unless something else is said."""
        state = changes.pop("state", SeriesState.UNROUTED)
        values: dict[str, Any] = {
            "series_instance_uid": uid, "device_id": DEVICE.id, "outcome": "unrouted",
            "texts": {"SeriesDescription": text.casefold(), "StudyDescription": "qc"},
            "kind": "NM", "rule": "", "added": (), "test": "", "role": "",
            "received_at": after(at),
        }  # fmt: skip
        with self.database.transaction() as tx:
            store_series(tx, uid, text, state, "no rule matches", at=after(at))
            lessons.note(tx, RoutedSeries(**{**values, **changes}))

    def draft(self, uid: str, **form: str) -> str:
        """Teach from a series and return the id of the draft."""
        form = {"text:SeriesDescription": "1", "target": TARGET, "reason": "why not", **form}
        reply = self.post("/inbox/{uid}/teach", uid, **form)
        assert reply.location.startswith("/routes/taught/"), plain(reply.html)
        return reply.location.rsplit("/", 1)[1]


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def pages(sqlite_database: Database, tmp_path: Path) -> Pages:
    web_scene.fill(sqlite_database)
    return Pages(sqlite_database, tmp_path / "data")


@pytest.fixture
def bare(sqlite_database: Database, tmp_path: Path) -> Pages:
    return Pages(sqlite_database, tmp_path / "data")


def test_an_empty_inbox_says_how_to_get_data_and_a_good_one_that_all_is_known(bare: Pages) -> None:
    assert "Nothing has arrived yet" in bare.see("/inbox")
    assert "photopeak demo" in bare.see("/inbox")
    bare.note("1.2.1", "Flood", state=SeriesState.ANALYZED)
    assert "The inbox is empty" in bare.see("/inbox")


def test_forty_alike_are_one_line_and_what_looks_like_a_patients_is_a_number(pages: Pages) -> None:
    for number in range(40):
        pages.note(f"1.2.{number}", "Weekly LSF", at=number)
    with pages.database.transaction() as tx:
        store_series(tx, "1.5.1", "CHEST^PAIN", SeriesState.QUARANTINED, "MILLER^ANNA")
    text = pages.see("/inbox")

    assert text.count("Weekly LSF") == 1
    assert re.search(r"Weekly LSF.*? 40 alike", text)
    assert "CHEST" not in text
    assert "MILLER" not in text
    assert re.search(r"Held back .* NM1 Symbia Evo .* 1 series", text)
    assert "Teach a route" in text
    assert "Teach a route" not in pages.see("/inbox", access=Access.READ)
    assert "Weekly LSF" not in pages.see("/inbox", state="REFUSED")


def test_of_a_series_that_is_held_back_there_is_no_page_here(pages: Pages) -> None:
    assert web_scene.PATIENT not in pages.ask("/inbox").html
    for address in ("/inbox/{uid}", "/inbox/{uid}/teach"):
        reply = pages.ask(address, path={"uid": web_scene.PATIENT})
        assert reply.status in (404, 409)
        assert "Assign" not in reply.html


def test_one_series_is_assigned_once_set_aside_or_put_into_a_waiting_test(pages: Pages) -> None:
    for number in (1, 2, 3, 4):
        pages.note(f"1.2.{number}", "Odd")
    reply = pages.post("/inbox/{uid}/assign", "1.2.1", target=TARGET, reason="a repeat")
    assert reply.location == "/series/1.2.1"
    assert pages.post("/inbox/{uid}/assign", "1.2.2", target=TARGET).status == 409
    html = pages.ask("/inbox/{uid}", path={"uid": "1.2.2"}).html
    place = re.search(r'name="place".*?value="([^"]+/background)"', html, re.DOTALL)
    assert place
    reply = pages.post("/inbox/{uid}/waiting-set", "1.2.2", place=place[1])
    assert reply.location == f"/test-sets/{pages_set(place[1])}"
    reply = pages.post("/inbox/{uid}/set-aside", "1.2.3", reason="a survey", all="1")
    assert reply.location == "/inbox"
    with pages.database.snapshot() as tx:
        states = [series.get(tx, f"1.2.{n}").state.value for n in (1, 2, 3, 4)]
        assert taught.latest(tx) == ()
    assert states == ["WAITING", "WAITING", "NOT_QC", "NOT_QC"]


def pages_set(value: str) -> str:
    return value.split("/", maxsplit=1)[0]


def test_the_form_ticks_what_tells_a_series_from_others_and_counts_live(pages: Pages) -> None:
    pages.note("1.2.1", "Line 10 cm")
    pages.note("1.2.2", "Line 15 cm")
    pages.note(
        "1.2.3", "Flood", outcome="routed", rule="flood", test="x", state=SeriesState.ANALYZED
    )
    html = pages.ask("/inbox/{uid}/teach", path={"uid": "1.2.1"}).html
    text = plain(html)

    assert re.search(r'name="text:SeriesDescription" value="1" checked', html)
    assert re.search(r'name="text:StudyDescription" value="1">', html)
    assert '<option value="any" selected>' in html
    assert "Matches 2 past series, 0 claimed by another rule" in text
    looked = pages.post("/inbox/{uid}/teach/look", "1.2.1", **{"text:StudyDescription": "1"})
    assert "Matches 3 past series, 1 claimed by another rule" in plain(looked.html)
    assert "1 of them would be taken over" in plain(looked.html)
    nothing = pages.post("/inbox/{uid}/teach/look", "1.2.1", target=TARGET)
    assert "None of the chosen texts is there" in plain(nothing.html)


def test_a_lesson_is_tried_saved_put_in_force_applied_and_withdrawn(pages: Pages) -> None:
    pages.note("1.2.1", "Line 10 cm")
    pages.note("1.2.2", "Line 15 cm")
    form = {
        "text:SeriesDescription": "1",
        "number:SeriesDescription:0": "distance_cm",
        "target": TARGET,
    }
    tried = pages.post("/inbox/{uid}/teach", "1.2.1", do="try", **form)
    assert "What routing would decide about this series" in plain(tried.html)
    refused = pages.post("/inbox/{uid}/teach", "1.2.1", do="save", **form)
    assert (refused.status, "a reason is needed" in plain(refused.html)) == (409, True)
    lesson = pages.draft("1.2.1", **form)
    assert "A physicist puts it in force" in pages.see("/routes/taught/{id}", lesson)
    seen = pages.see("/routes/taught/{id}", lesson, Access.REVIEW)
    assert "Version 1: Not in force" in seen
    with pages.database.snapshot() as tx:
        assert taught.active(tx) == ()
        assert taught.latest(tx)[0].numbers == (
            TaughtNumber(keyword="SeriesDescription", place=0, name="distance_cm"),
        )
    act = "/routes/taught/{id}/activate"
    assert pages.post(act, lesson, Access.REVIEW, version="1").status == 409
    assert pages.post(act, lesson, Access.REVIEW, version="1", reason="seen").location
    seen = pages.see("/routes/taught/{id}", lesson, Access.REVIEW)
    assert "Version 1: In force" in seen
    assert "2 past series that it matches were not analysed" in seen
    applied = pages.post("/routes/taught/{id}/apply", lesson, Access.REVIEW)
    assert applied.location.endswith("?applied=2")
    assert "2 past series are routed again" in pages.see("/routes/taught/{id}", lesson, applied="2")
    out = pages.post("/routes/taught/{id}/withdraw", lesson, Access.REVIEW, reason="wrong")
    assert out.location
    assert "withdrawn by R. Chen" in pages.see("/routes/taught/{id}", lesson)


def test_taking_series_over_from_a_rule_has_to_be_said(pages: Pages) -> None:
    pages.note("1.2.1", "Odd")
    pages.note("1.2.2", "Odd", outcome="routed", rule="flood", state=SeriesState.ANALYZED)
    lesson = pages.draft("1.2.1")
    act = "/routes/taught/{id}/activate"

    refused = pages.post(act, lesson, Access.REVIEW, version="1", reason="x")
    assert (refused.status, "known by another rule" in plain(refused.html)) == (409, True)
    assert pages.post(act, lesson, Access.REVIEW, version="1", reason="x", take_over="1").location


def test_rules_say_where_they_stand_what_they_look_for_and_how_often_they_hit(pages: Pages) -> None:
    pages.note("1.2.1", "Flood", outcome="routed", rule="generic_qc", at=60)
    lesson = pages.draft("1.2.1")
    text = pages.see("/routes")

    assert re.search(r"generic_qc default.toml:\d+ Priority 10 what the pixels show", text)
    assert re.search(r"generic_qc .*? In 90 days 1 ", text)
    assert "never hit" in text
    assert "Taught, not in force Not in force flood" in text
    pages.post("/routes/taught/{id}/activate", lesson, Access.REVIEW, version="1", reason="x", take_over="1")  # fmt: skip
    assert re.search(
        r"Rules in force .*? flood taught by R. Chen Priority 1000", pages.see("/routes")
    )


def test_a_rule_is_tried_on_the_past_and_says_what_goes_elsewhere(pages: Pages) -> None:
    pages.note("1.2.1", "Phantom A", outcome="routed", rule="generic_qc")
    pages.note("1.2.2", "Phantom B", outcome="routed", rule="other")
    pages.note("1.2.3", "Knee")
    text = pages.see("/routes/history", rule="generic_qc")

    assert "3 past series, 2 go elsewhere today" in text
    assert re.search("(other: 1 · nobody: 1|nobody: 1 · other: 1)", text)
    assert "It looks for no words" in pages.see("/routes/history", rule="integrity_of_every_image")
    assert pages.ask("/routes/history", query={"rule": "<b>"}).status == 404


def test_a_past_series_is_tried_and_one_that_is_held_back_is_not(pages: Pages) -> None:
    pages.note("1.2.1", "Phantom A")
    text = pages.see("/routes/test", series="1.2.1")

    assert "What routing would decide about Phantom A" in text
    assert "No rule knows it" in text
    assert pages.ask("/routes/test", query={"series": web_scene.PATIENT}).status == 404


def test_hostile_texts_are_shown_as_text(pages: Pages) -> None:
    pages.note("1.2.9", web_scene.HOSTILE)
    lesson = pages.draft("1.2.9")
    for address in (
        "/inbox",
        "/inbox/{uid}",
        "/inbox/{uid}/teach",
        "/routes",
        "/routes/taught/{id}",
    ):
        uid = lesson if "taught" in address else "1.2.9"
        html = pages.ask(address, path={"uid": uid, "id": uid}).html
        assert "PPXSS1()</script>" not in html.casefold().replace("ppxss1", "PPXSS1")
        assert "\u202e" not in html


def test_the_pages_are_in_chinese_where_the_site_is(
    sqlite_database: Database, tmp_path: Path
) -> None:
    pages = Pages(sqlite_database, tmp_path / "data", language="zh")
    pages.note("1.2.1", "Odd 3")
    pages.note("1.2.2", "Odd 4")
    pages.note("1.2.3", "Flood", outcome="routed", rule="flood", state=SeriesState.ANALYZED)
    lesson = pages.draft("1.2.1", **{"text:StudyDescription": "1"})
    known = {*re.findall(r"[A-Za-z]{4,}", "Photopeak PHOTOPEAK NM1 Symbia Evo Flood Chen SeriesDescription StudyDescription distance default toml photopeak generic Daily NEMA Intrinsic uniformity Planar sensitivity Source Background")}  # fmt: skip
    for address in (
        "/inbox",
        "/inbox/{uid}",
        "/inbox/{uid}/teach",
        "/routes/taught/{id}",
        "/routes/test",
    ):
        uid = lesson if "taught" in address else "1.2.1"
        html = pages.ask(address, access=Access.ADMIN, path={"uid": uid, "id": uid}).html
        body = plain(html[html.index("<main") : html.index("</main")])
        foreign = set(re.findall(r"[A-Za-z]{5,}", body)) - known
        assert not {w for w in foreign if w.casefold() not in _DATA}, (address, foreign)


_DATA = {"camera", "siemens", "symbia", "taught", "routes", "nema", "distance", "apart", "dicom", "matches"}  # fmt: skip
