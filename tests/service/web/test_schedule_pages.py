"""The page of the schedule and the calendar that others subscribe to."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar as ICalendar

from photopeak.model.judgement import Status
from photopeak.model.page import Access, Page, PageReply, PageRequest, Visitor
from photopeak.model.schedule import Schedule
from photopeak.storage import audit, calendar_links, schedule
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError
from photopeak.web.context import WebContext
from photopeak.web.pages import all_pages
from support.schedule_scene import CAMERAS, NOW, add_result, filled


class Site:
    """Pages called without a server."""

    def __init__(self, context: WebContext) -> None:
        self.context = context
        self._pages: dict[tuple[str, str], Page] = {
            (page.method, page.path): page for page in all_pages(context)
        }

    def call(
        self, method: str, page: str, access: Access = Access.OPERATE, **values: Any
    ) -> PageReply:
        visitor = Visitor(name="kim", access=access, csrf_token="t")
        return self._pages[method, page].answer(PageRequest(visitor=visitor, **values))

    def show(self, access: Access = Access.OPERATE, **query: str) -> str:
        return self.call("GET", "/schedule", access, query=query).html

    def feed(self, device: str | None = None) -> str:
        with self.context.database.transaction() as tx:
            _, secret = calendar_links.create(
                tx, name="n", device_id=device, who="kim", now=self.context.clock()
            )
        reply = self.call("GET", "/calendar/{token}.ics", path={"token": secret})
        assert reply.media_type == "text/calendar; charset=utf-8"
        return reply.html


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Callable[..., Site]:
    def make(**changes: Any) -> Site:
        return Site(filled(sqlite_database, tmp_path, **changes)[1])

    return make


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def coming(html: str) -> list[str]:
    table = html[html.index("schedule-list") : html.index("month-title")]
    return [plain(row) for row in re.findall(r"<tr>(<td.*?)</tr>", table, re.DOTALL)]


def test_the_list_has_what_is_due_first_what_is_missing_then_what_comes(site) -> None:
    rows = coming(site().show())

    assert re.search(
        r"Due .*Intrinsic uniformity.* NM2 .*Wed 11 Mar 07:30 Missing from Wed 11 Mar 10:00",
        rows[0],
    )
    assert "Thu 12 Mar" in rows[1]
    assert any("Planar sensitivity" in row and "Fri 20 Mar" in row for row in rows)


def test_what_is_missing_stands_first(site) -> None:
    rows = coming(site(now=NOW + timedelta(hours=1)).show())

    assert rows[0].split()[0] == "Overdue"
    assert "Wed 11 Mar 07:30" in rows[0]


def test_the_month_tells_what_became_of_each_day(site) -> None:
    days = re.findall(
        r"<td class=[^>]*>(.*?)</td>", site().show().split("month-title")[2], re.DOTALL
    )
    shown = [plain(day) for day in days if "Mar" in day]
    by_day = {day.split()[0]: day for day in shown}

    assert "Action: Intrinsic uniformity 2/2" in by_day["3"]
    assert "Pass: Intrinsic uniformity 2/2" in by_day["4"]
    assert "Holiday" in by_day["6"]
    assert "Intrinsic" not in by_day["7"]
    assert "Today" in by_day["11"]
    assert "Due: Intrinsic uniformity 1/2" in by_day["11"]
    assert "Planned: Intrinsic uniformity ×2" in by_day["12"]


def test_a_missed_day_is_told(site) -> None:
    html = site(now=NOW + timedelta(days=1, hours=3)).show(device="camera-2")

    # The last week of February, before its first result, and Wednesday and Thursday.
    assert plain(html).count("Missed: Intrinsic uniformity") == 5 + 2


def test_one_device_is_shown_by_itself(site) -> None:
    html = site().show(device="camera-1")

    assert all("NM1" in row for row in coming(html))
    assert re.search(r'<option value="camera-1" selected>', html)
    assert "×2" not in html


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("2026-05", "May 2026"), ("2026-13", "March 2026"), ("9999-01", "March 2026"),
     ("<x>", "March 2026"), ("2025-12", "December 2025")],
)  # fmt: skip
def test_another_month_can_be_looked_at(site, asked: str, shown: str) -> None:
    assert f'id="month-title">{shown}<' in site().show(month=asked)


def test_without_a_schedule_the_page_says_how_to_get_one(site) -> None:
    text = plain(site(plan=Schedule()).show())

    assert "Nothing is scheduled" in text
    assert "Copy schedule.toml" in text


def test_a_device_is_put_out_of_use_with_a_reason_and_back(site) -> None:
    here = site()
    form = {"device": "camera-2", "first": "2026-03-11", "last": "2026-03-11", "reason": "no staff"}
    assert here.call("POST", "/schedule/not-in-use", form=form).location == "/schedule#not-in-use"

    html = here.show()
    assert "no staff" in html
    assert not any("NM2" in row and "Wed 11 Mar" in row for row in coming(html))
    assert "Not in use: NM2" in plain(html)
    with here.context.database.snapshot() as tx:
        (noted,) = schedule.pauses(tx)
    undo = here.call(
        "POST",
        "/schedule/not-in-use/{id}/undo",
        path={"id": noted.id},
        form={"reason": "staff came"},
    )
    assert undo.location == "/schedule#not-in-use"
    with here.context.database.snapshot() as tx:
        entries = audit.page(tx)
    assert [(e.action, e.reason) for e in entries] == [
        ("device.in_use_again", "staff came"),
        ("device.not_in_use", "no staff"),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": " "}, "Say why"),
        ({"device": "nobody"}, "Choose a device"),
        ({"first": "tomorrow"}, "Choose a device and its days"),
        ({"last": "2026-03-01"}, "wrong order"),
        ({"last": "2028-03-01"}, "more than a year"),
    ],
)
def test_a_form_that_says_too_little_is_shown_again(
    site, change: dict[str, str], said: str
) -> None:
    form = {"device": "camera-2", "first": "2026-03-11", "last": "2026-03-11", "reason": "x"}
    reply = site().call("POST", "/schedule/not-in-use", form={**form, **change})

    assert reply.status == 422
    assert said in reply.html


def test_taking_back_needs_a_reason(site) -> None:
    reply = site().call(
        "POST", "/schedule/not-in-use/{id}/undo", path={"id": "x"}, form={"reason": " "}
    )

    assert reply.status == 422


def test_a_reader_sees_no_forms(site) -> None:
    html = site().show(Access.READ)

    assert "<form" not in html.split("<main", 1)[1].split("coming-title")[1]


def test_the_address_of_a_calendar_is_shown_once(site) -> None:
    here = site()
    made = here.call("POST", "/schedule/calendars", form={"name": "phone", "device": "camera-1"})
    secret = re.search(r"https://qc\.hospital\.test/calendar/([A-Za-z0-9_-]+)\.ics", made.html)

    assert secret
    assert secret[1] not in here.show()
    assert here.call("GET", "/calendar/{token}.ics", path={"token": secret[1]}).status == 200
    with here.context.database.snapshot() as tx:
        (link,) = calendar_links.listing(tx)
    here.call("POST", "/schedule/calendars/{id}/withdraw", path={"id": link.id})
    assert here.call("GET", "/calendar/{token}.ics", path={"token": secret[1]}).status == 404
    assert here.call("GET", "/calendar/{token}.ics", path={"token": "x"}).status == 404


def test_the_calendar_reads_back_with_every_name_as_it_is(site) -> None:
    """Names with semicolons, commas, backslashes and markup; lines folded at 75 bytes."""
    text = site().feed()

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    calendar = ICalendar.from_ical(text)
    events = calendar.walk("VEVENT")
    summaries = {str(event["SUMMARY"]) for event in events}
    assert f"Intrinsic uniformity, {CAMERAS[1].name}" in summaries
    assert str(calendar["X-WR-CALNAME"]) == "Quality control, Nuclear Medicine"
    assert not calendar.walk("VALARM")
    for event in events:
        start, end = event.decoded("DTSTART"), event.decoded("DTEND")
        assert type(start) is date
        assert end == start + timedelta(days=1)
        assert event.decoded("DTSTAMP").tzinfo is not None
        assert str(event["STATUS"]) == "CONFIRMED"
    uids = [str(event["UID"]) for event in events]
    assert len(set(uids)) == len(uids)


def test_an_event_keeps_its_uid_and_names_device_test_and_date(site) -> None:
    here = site()
    first = {str(e["UID"]) for e in ICalendar.from_ical(here.feed()).walk("VEVENT")}
    later = Site(replace(here.context, clock=lambda: NOW + timedelta(hours=20)))
    second = {str(e["UID"]) for e in ICalendar.from_ical(later.feed()).walk("VEVENT")}

    assert "camera-1/intrinsic_uniformity/2026-03-13@photopeak" in first & second


def test_a_calendar_of_one_device_has_that_device_alone(site) -> None:
    text = site().feed("camera-1")

    assert "NM1" in text
    assert "NM2" not in text
    assert "URL:https://qc.hospital.test/schedule?device=camera-1" in text.replace("\r\n ", "")


def test_what_is_done_is_marked_and_holidays_have_nothing(site) -> None:
    events = ICalendar.from_ical(site().feed("camera-1")).walk("VEVENT")
    today = [e for e in events if e.decoded("DTSTART") == date(2026, 3, 11)]

    assert [str(e["SUMMARY"]) for e in today] == ["Done: Intrinsic uniformity, NM1 Symbia Evo"]
    assert [e["CATEGORIES"].to_ical() for e in today] == [b"DONE"]


def test_what_is_missing_is_one_event_of_today(site) -> None:
    here = site(now=NOW + timedelta(days=2, hours=1))
    events = ICalendar.from_ical(here.feed()).walk("VEVENT")
    (late,) = [e for e in events if "overdue" in str(e["UID"])]

    assert str(late["SUMMARY"]) == "2 QC tests are overdue"
    assert late.decoded("DTSTART") == date(2026, 3, 13)
    assert "was due 2026-03-" in str(late["DESCRIPTION"])
    with here.context.database.transaction() as tx:
        for camera in ("camera-1", "camera-2"):
            add_result(tx, camera, NOW + timedelta(days=2, minutes=-5))
    again = ICalendar.from_ical(here.feed()).walk("VEVENT")
    assert not [e for e in again if "overdue" in str(e["UID"])]


def test_a_device_out_of_use_has_no_event_on_these_days(site) -> None:
    here = site()
    with here.context.database.transaction() as tx:
        schedule.pause(
            tx, device_id="camera-2", first=date(2026, 3, 13), last=date(2026, 3, 16),
            reason="x", who="kim", now=NOW,
        )  # fmt: skip
    events = ICalendar.from_ical(here.feed("camera-2")).walk("VEVENT")

    days = [e.decoded("DTSTART").day for e in events if "uniformity" in str(e["UID"])]
    assert days[:4] == [11, 12, 17, 18]


def test_reading_a_calendar_is_noted_now_and_then(site) -> None:
    here = site()
    here.feed()

    with here.context.database.snapshot() as tx:
        assert [link.used_at for link in calendar_links.listing(tx)] == [NOW]


def test_the_page_is_spoken_in_chinese(site) -> None:
    text = plain(site(language="zh").show())

    for words in ("质控计划", "即将到期", "2026 年 3 月", "3 月 11 日 星期三", "停用", "待做"):
        assert words in text


def test_a_failure_of_that_day_outweighs_a_pass_of_another_device(site) -> None:
    here = site()
    with here.context.database.transaction() as tx:
        add_result(tx, "camera-2", datetime(2026, 3, 11, 7, tzinfo=UTC), Status.FAIL)

    assert "Action: Intrinsic uniformity 2/2" in plain(here.show())


def test_an_unknown_time_without_use_is_not_there(site) -> None:
    with pytest.raises(NotFoundError), site().context.database.transaction() as tx:
        schedule.resume(tx, "nothing", reason="x", who="kim", now=NOW)
