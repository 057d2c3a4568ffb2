"""Entering a measurement on a page: fields from the description, what was typed comes back."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from photopeak.model.page import Access, PageReply, PageRequest, Visitor
from photopeak.settings import Settings, SiteSettings
from photopeak.storage import audit, readings, results, test_sets
from photopeak.storage.database import Database
from photopeak.web.context import WebContext
from photopeak.web.pages import all_pages
from photopeak.web.reading_fields import moment_in
from support import web_scene
from support.entered import CONSTANCY, failed
from support.rows import NOON

PATH = "/measurements"
CHOSEN = {"device": "camera-1", "test": CONSTANCY.id}
FORM = {
    **CHOSEN,
    "variant": "local",
    "detector": "2",
    "performed_at": "2026-03-02T12:30:00",
    "operator": "R. Chen",
    "value:activity": "37,5",
    "at:activity": "2026-03-02T11:30",
    "u:activity": "0.4",
    "value:nuclide": "Cs-137",
    "cell:counts:1:n": "600",
    "cell:counts:1:live_s": "60",
    "cell:counts:1:start": "2026-03-02T12:00:00",
    "cell:counts:3:n": "612",
    "cell:counts:3:live_s": "60",
    "cell:counts:3:start": "2026-03-02T12:02:00",
    "cell:counts:3:vessel": "vial",
}


class Pages:
    """The pages of a site with a test of readings alone."""

    def __init__(self, database: Database, data: Path, language: str = "en") -> None:
        self.database = database
        site = SiteSettings(time_zone="Europe/Oslo", language=language)
        self.context = WebContext(
            settings=Settings(data=data, site=site),
            database=database,
            version="0.1.0",
            devices=lambda: (web_scene.DEVICE,),
            tests=lambda: (web_scene.UNIFORMITY, web_scene.SENSITIVITY, CONSTANCY),
            series_texts=lambda _: {},
            clock=lambda: NOON,
        )
        self._pages = {(page.method, page.path): page for page in all_pages(self.context)}

    def ask(
        self, address: str, /, method: str = "GET", access: Access = Access.OPERATE, **options: Any
    ) -> PageReply:
        """Ask for a page as a visitor with some rights."""
        visitor = Visitor(name="R. Chen", access=access, csrf_token="c")
        return self._pages[method, address].answer(PageRequest(visitor=visitor, **options))

    def post(self, **changes: str) -> PageReply:
        """Send the form."""
        return self.ask(PATH, "POST", form={**FORM, **changes})

    def sets(self) -> int:
        with self.database.snapshot() as tx:
            return len(test_sets.page(tx).items)


@pytest.fixture
def pages(sqlite_database: Database, tmp_path: Path) -> Pages:
    return Pages(sqlite_database, tmp_path)


def field(html: str, name: str) -> str:
    """Return the tag of a field with what belongs to it."""
    found = re.search(rf'<(?:input|select|textarea)[^>]*name="{re.escape(name)}"[^>]*>', html)
    assert found is not None, name
    return found[0]


def test_device_and_test_are_chosen_first(pages: Pages) -> None:
    html = pages.ask(PATH).html

    assert "Numbers alone" in html
    assert 'value="meter_constancy"' in html
    assert 'value="system_planar_sensitivity"' in html
    assert 'value="intrinsic_uniformity"' not in html  # nothing to enter
    assert "NM1 Symbia Evo" in html


def test_the_form_has_a_field_for_everything_that_the_test_asks_for(pages: Pages) -> None:
    html = pages.ask(PATH, query=CHOSEN).html

    assert "Activity of the source" in html
    assert "0.1 to 1000 MBq" in html
    assert "As the meter shows it." in html
    assert "Measured at (Europe/Oslo)" in html
    assert 'type="datetime-local"' in field(html, "at:activity")
    assert 'value="2026-03-02T13:00:00"' in field(html, "performed_at")
    assert 'value="R. Chen"' in field(html, "operator")
    for cell in ("n", "live_s", "start", "vessel", "remark"):
        field(html, f"cell:counts:3:{cell}")
    assert "<option>Ba-133</option>" in html
    assert html.count('name="csrf_token"') == html.count('method="post"')
    assert not re.search(r"style=|<script>|onclick", html)


def test_a_measurement_is_kept_in_the_zone_of_the_site(pages: Pages) -> None:
    reply = pages.post()

    assert reply.status == 200, re.findall(r'class="fault"[^>]*>([^<]*)', reply.html)
    identity = reply.location.removeprefix("/test-sets/")
    with pages.database.snapshot() as tx:
        record = test_sets.get(tx, identity)
        kept = {reading.name: reading for reading in readings.latest(tx, identity)}
    assert record.performed_at is not None
    assert (record.performed_at.isoformat(), record.detector, record.operator) == (
        "2026-03-02T11:30:00+00:00",
        2,
        "R. Chen",
    )
    activity = kept["activity"]
    assert (activity.value, activity.uncertainty, activity.source) == (37.5, 0.4, "form")
    assert activity.at is not None
    assert activity.at.isoformat() == "2026-03-02T10:30:00+00:00"
    assert kept["counts"].value == (
        (600.0, 60.0, "2026-03-02T12:00:00+01:00", None, None),
        (612.0, 60.0, "2026-03-02T12:02:00+01:00", "vial", None),
    )
    assert "Enter" in pages.ask(PATH).html
    assert pages.post().location == reply.location
    assert pages.sets() == 1
    text = pages.ask("/test-sets/{id}", path={"id": identity}).html
    assert "measured 2 Mar 2026 12:30:00 by R. Chen · detector 2" in text
    assert 'value="612"' in field(text, "cell:counts:2:n")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value:activity": "a lot"}, "This is a number."),
        ({"value:activity": "2000"}, "2000 cannot be: allowed is 0.1 to 1000 MBq."),
        ({"value:activity": ""}, "This is needed."),
        ({"at:activity": ""}, "A date with time is needed here."),
        ({"at:activity": "2026-03-02T23:00"}, "This is in the future."),
        ({"u:activity": "some"}, "This is a number."),
        ({"value:nuclide": "Tc-99m"}, "Choose one of these."),
        ({"value:certificate": "x" * 201}, "One line of at most 200 characters"),
        ({"performed_at": ""}, "A date with time is needed here."),
        ({"performed_at": "2026-03-02T23:00"}, "This is in the future."),
        ({"performed_at": "1901-03-02T23:00"}, "The device was not there yet."),
        ({"detector": "7"}, "7 cannot be: allowed is 1 to 2."),
        ({"variant": "nema"}, "Choose one of these."),
        ({"cell:counts:3:live_s": "0"}, "0 cannot be: allowed is 0.1 to 3600 s."),
        ({"cell:counts:3:live_s": ""}, "This is needed."),
        ({"cell:counts:3:n": "<b>"}, "This is a number."),
        ({"paste:counts": "1,2"}, "The number of rows is 2 to 5."),
        ({"paste:counts": "1,2\n1,2,3,4,5,6"}, "row 2 of counts has 6 cells"),
    ],
)
def test_what_cannot_be_comes_back_as_typed_and_nothing_is_kept(
    pages: Pages, changes: dict[str, str], said: str
) -> None:
    reply = pages.post(**changes)

    assert (reply.status, reply.location) == (422, "")
    assert said in reply.html
    assert "Nothing was kept" in reply.html
    assert "<b>" not in reply.html
    assert 'value="2026-03-02T12:00:00"' in field(reply.html, "cell:counts:1:start")
    if "value:activity" not in changes:
        assert 'value="37,5"' in field(reply.html, "value:activity")
    assert pages.sets() == 0


def test_rows_are_added_without_a_script_and_nothing_typed_is_lost(pages: Pages) -> None:
    few = {"cell:counts:3:n": "", "cell:counts:3:live_s": "", "cell:counts:3:start": ""}
    reply = pages.post(**few, **{"cell:counts:3:vessel": "", "more": "counts"})

    assert reply.status == 200
    field(reply.html, "cell:counts:5:n")  # as many as the table takes
    with pytest.raises(AssertionError):
        field(reply.html, "cell:counts:6:n")
    assert 'value="600"' in field(reply.html, "cell:counts:1:n")
    assert pages.sets() == 0


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_rows_are_pasted_from_a_spreadsheet(pages: Pages, separator: str) -> None:
    rows = [("600", "60", "2026-03-02T12:00", "", "a"), ("612", "60", "2026-03-02T12:02")]
    reply = pages.post(**{"paste:counts": "\r\n".join(separator.join(row) for row in rows)})

    assert reply.location
    with pages.database.snapshot() as tx:
        kept = readings.latest(tx, reply.location.removeprefix("/test-sets/"))
    counts = next(reading.value for reading in kept if reading.name == "counts")
    assert counts == (
        (600.0, 60.0, "2026-03-02T12:00:00+01:00", None, "a"),
        (612.0, 60.0, "2026-03-02T12:02:00+01:00", None, None),
    )


def test_pasted_rows_come_back_as_they_were_beside_what_is_wrong(pages: Pages) -> None:
    rows = [f"{600 + k}\t60\t2026-03-02T12:00\t\t<b>&amp\u202e {k}" for k in range(300)]
    reply = pages.post(**{"paste:counts": "\r\n".join(rows), "value:volume": "99"})

    assert reply.status == 422
    (shown,) = re.findall(
        r'<textarea name="paste:counts"[^>]*>(.*?)</textarea>', reply.html, re.DOTALL
    )
    again = unescape(shown).splitlines()
    assert [line.split("\t")[:4] for line in again] == [line.split("\t")[:4] for line in rows]
    assert "<b>" not in shown
    assert "\u202e" not in shown


def test_the_last_values_are_at_hand(pages: Pages) -> None:
    assert pages.post().location
    assert pages.post(**{"value:activity": "38", "performed_at": "2026-03-02T12:40:00"}).location
    html = pages.ask(PATH, query=CHOSEN).html

    assert "Last time: 38 MBq (2026-03-02)" in html
    assert '<option value="38"><option value="37.5">' in html
    assert 'list="last-value:activity"' in field(html, "value:activity")


def test_a_correction_on_the_page_needs_a_reason(pages: Pages) -> None:
    identity = pages.post().location.removeprefix("/test-sets/")
    with pages.database.transaction() as tx:
        results.add(tx, failed(test_sets.get(tx, identity)))
    where = {"id": identity}
    form = {"value:nuclide": "Ba-133"}

    without = pages.ask("/test-sets/{id}/readings", "POST", path=where, form=form)
    with_reason = {**form, "reason": "read wrongly"}
    done = pages.ask("/test-sets/{id}/readings", "POST", path=where, form=with_reason)

    assert (without.status, "reason is missing" in without.html) == (422, True)
    assert "Why it is corrected" in without.html
    assert done.location == f"/test-sets/{identity}"
    with pages.database.snapshot() as tx:
        assert [r.value for r in readings.history(tx, identity, "nuclide")] == ["Cs-137", "Ba-133"]


def test_a_wrong_time_is_corrected_on_the_page(pages: Pages) -> None:
    identity = pages.post().location.removeprefix("/test-sets/")
    where = {"id": identity}
    html = pages.ask("/test-sets/{id}", path=where).html
    same = {"performed_at": "2026-03-02T12:30:00", "operator": "R. Chen"}
    wrong = {**same, "performed_at": "soon"}
    yesterday = {"performed_at": "2026-03-01T09:30:00", "operator": "M. Li"}
    post = "/test-sets/{id}/readings"

    assert 'value="2026-03-02T12:30:00"' in field(html, "performed_at")
    assert pages.ask(post, "POST", path=where, form=same).location
    refused = pages.ask(post, "POST", path=where, form=wrong)
    assert (refused.status, "performed_at is a date with time" in refused.html) == (422, True)
    assert pages.ask(post, "POST", path=where, form=yesterday).location
    with pages.database.snapshot() as tx:
        record = test_sets.get(tx, identity)
        actions = [entry.action for entry in audit.page(tx)]
    assert record.performed_at is not None
    assert (record.performed_at.isoformat(), record.operator, record.key.day.isoformat()) == (
        "2026-03-01T08:30:00+00:00",
        "M. Li",
        "2026-03-01",
    )
    assert actions == ["readings.corrected", "measurement.entered"]


def test_an_unknown_device_or_test_leads_back_to_the_choice(pages: Pages) -> None:
    for changes in ({"device": "nothing"}, {"test": "nothing"}, {"test": "intrinsic_uniformity"}):
        assert "Numbers alone" in pages.post(**changes).html
        assert "Numbers alone" in pages.ask(PATH, query={**CHOSEN, **changes}).html


def test_the_form_speaks_chinese(sqlite_database: Database, tmp_path: Path) -> None:
    pages = Pages(sqlite_database, tmp_path, language="zh")
    html = pages.ask(PATH, query=CHOSEN).html

    for word in (
        "活度计稳定性",
        "源的活度",
        "读数",
        "录入测量",
        "保存并分析",
        "测量时间",
        "增加行",
    ):
        assert word in html
    assert "此项必填" in pages.post(**{"value:activity": ""}).html
    assert "纯数值" in pages.ask(PATH).html


def test_an_hour_that_the_clocks_leave_out_is_no_moment() -> None:
    oslo = ZoneInfo("Europe/Oslo")

    assert moment_in("2026-03-29T02:30", oslo) is None
    assert moment_in("yesterday", oslo) is None
    found = moment_in("2026-03-29T03:30", oslo)
    assert found is not None
    assert found.isoformat() == "2026-03-29T03:30:00+02:00"
    assert str(moment_in("2026-03-29T03:30+00:00", oslo)) == "2026-03-29 03:30:00+00:00"
