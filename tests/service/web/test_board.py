"""The board, the wall screen, devices and badges: what they say, and what they must not say."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.catalogue import TestDescription
from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.page import Access, PageReply, PageRequest, Visitor
from photopeak.model.recurrence import Recurrence
from photopeak.model.schedule import Schedule, ScheduleRule
from photopeak.schedule.occurrences import Calendar
from photopeak.settings import Settings, SiteSettings
from photopeak.storage import alerts, marks, schedule, standings, workers
from photopeak.storage.database import Database
from photopeak.storage.tables.results import results, verdicts
from photopeak.web.board_data import BoardSource
from photopeak.web.board_facts import share_of
from photopeak.web.board_pages import BoardPages
from photopeak.web.context import WebContext
from photopeak.web.device_pages import DevicePages
from photopeak.web.rendering import Renderer, Site
from photopeak.web.strips import strip
from support import board_scene

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MADE = board_scene.TESTS[:2]
NM1, NM2, NM3 = board_scene.devices(3)


@dataclass
class Boards:
    """The pages of boards at a moment that a test sets."""

    database: Database
    now: datetime
    answers: dict[str, Callable[[PageRequest], PageReply]]

    def ask(self, path: str, /, *, access: Access = Access.OPERATE, **options: object) -> PageReply:
        """Ask for a page."""
        visitor = Visitor(name="R. Chen", access=access, csrf_token="c")
        return self.answers[path](PageRequest(visitor=visitor, **options))  # type: ignore[arg-type]

    def tile(self, device: Device) -> str:
        """Return the words of a tile."""
        html = self.ask("/").html
        found = re.search(rf'id="tile-{device.id}".*?</a>', html, re.DOTALL)
        assert found is not None
        return " ".join(re.sub(r"<[^>]*>", " ", found[0].partition(">")[2]).split())

    def judge(self, device: Device, status: Status, *, test: str = "daily_flood") -> None:
        """Give the newest result of a test another verdict."""
        with self.database.transaction() as tx:
            newest = tx.connection.execute(
                sa.select(results.c.id)
                .where(results.c.device_id == device.id, results.c.test == test)
                .order_by(results.c.acquired_at.desc())
                .limit(1)
            ).scalar_one()
            tx.connection.execute(
                sa.update(results).where(results.c.id == newest).values(status=status)
            )
            one = sa.and_(verdicts.c.result_id == newest, verdicts.c.position == 0)
            tx.connection.execute(sa.update(verdicts).where(one).values(status=status))
            standings.renew(tx, device.id, test)


def build(
    database: Database,
    data: Path,
    *,
    devices: tuple[Device, ...] = (NM1, NM2),
    scheduled: bool = True,
    language: str = "en",
    words: dict[str, str] | None = None,
) -> Boards:
    """Return boards of devices on what a database holds."""
    rule = ScheduleRule(
        id="daily", tests=tuple(made.test for made in MADE), kinds=("gamma_camera",),
        repeat=Recurrence(text="FREQ=DAILY"), start=time(5), due=time(7, 30), end=time(8, 30),
    )  # fmt: skip
    calendar = Calendar(Schedule(zone=ZoneInfo("UTC"), rules=(rule,) if scheduled else ()))
    with database.transaction() as tx:
        standings.complete(tx)
        tasks = [task for device in devices for task in calendar.tasks(device)]
        schedule.put_in_force(tx, tasks, now=LONG_AGO)
    tests = tuple(
        TestDescription(
            id=made.test, title=made.title, title_zh=made.title_zh, version="1", variants=(),
            roles=(), readings=(), metrics=(), parameters=(), figures=(),
        )
        for made in MADE
    )  # fmt: skip
    boards = Boards(database, NOW, {})
    settings = Settings(data=data, site=SiteSettings(language=language, verdict_words=words or {}))
    context = WebContext(
        settings=settings, database=database, version="0.1.0", devices=lambda: devices,
        tests=lambda: tests, series_texts=lambda _: {}, calendar=lambda: calendar,
        clock=lambda: boards.now,
    )  # fmt: skip
    renderer = Renderer(Site(name="NM", time_zone="UTC", language=language, version="0.1.0"))
    source = BoardSource(context)
    for pages in (BoardPages(context, renderer, source), DevicePages(context, renderer, source)):
        boards.answers |= {page.path: page.answer for page in pages.pages()}
    return boards


@pytest.fixture
def boards(sqlite_database: Database, tmp_path: Path) -> Boards:
    """Return boards of two devices with a fortnight of two daily tests."""
    board_scene.fill(sqlite_database, (NM1, NM2), MADE, days=14, now=NOW)
    made = build(sqlite_database, tmp_path)
    for device in (NM1, NM2):
        made.judge(device, Status.PASS)
        made.judge(device, Status.PASS, test="peak_position")
    return made


def test_a_scanner_whose_required_tests_passed_is_ready(boards: Boards) -> None:
    assert boards.tile(NM1).startswith("NM1 Symbia Intevo NM1 Ready All 2 required tests passed.")


def test_a_failure_holds_the_scanner_and_says_by_what_and_what_to_do(boards: Boards) -> None:
    boards.judge(NM1, Status.FAIL)

    said = boards.tile(NM1)
    assert "Hold Daily flood: " in said
    assert "Contact physics before use." in said
    assert "Ready" in boards.tile(NM2)


@pytest.mark.parametrize("status", [Status.ERROR, Status.INVALID])
def test_what_could_not_be_analysed_is_never_green(boards: Boards, status: Status) -> None:
    boards.judge(NM1, status)

    assert "Ready" not in boards.tile(NM1)
    cell = re.search(
        r'<a class="cell[^"]*"[^>]*title="No result[^>]*>.*?</a>', boards.ask("/").html
    )
    assert cell is not None
    assert 'class="cell warn"' in cell[0]
    assert '<span class="value">No result</span>' in cell[0]


def test_what_did_not_come_says_by_when_it_was_expected(
    sqlite_database: Database, tmp_path: Path
) -> None:
    skip = [(NM1.id, made.test) for made in MADE]
    board_scene.fill(sqlite_database, (NM1, NM2), MADE, days=14, now=NOW, skip=skip)
    boards = build(sqlite_database, tmp_path)

    said = boards.tile(NM1)
    assert "QC not received Daily flood, Peak position, expected by 07:30." in said
    assert "Overdue 90 min late" in said or "Overdue 1 h late" in said
    boards.now = NOW - timedelta(hours=1, minutes=30)
    assert "QC not received" in boards.tile(NM1)
    assert '"tile due" id="tile-nm01"' in boards.ask("/").html


def test_a_value_of_yesterday_is_not_shown_under_a_test_that_is_missing(
    sqlite_database: Database, tmp_path: Path
) -> None:
    board_scene.fill(
        sqlite_database, (NM1,), MADE, days=14, now=NOW, skip=[(NM1.id, "daily_flood")]
    )
    boards = build(sqlite_database, tmp_path, devices=(NM1,))

    cell = re.search(r'<a class="cell late".*?</a>', boards.ask("/").html, re.DOTALL)
    assert cell is not None
    assert '<span class="value">Overdue</span>' in cell[0]
    assert "<span>1 d</span>" in cell[0]


def test_devices_without_a_schedule_are_not_scheduled_and_not_ready(
    sqlite_database: Database, tmp_path: Path
) -> None:
    board_scene.fill(sqlite_database, (NM1,), MADE, days=3, now=NOW)
    boards = build(sqlite_database, tmp_path, devices=(NM1, NM3), scheduled=False)

    assert "Not scheduled It has results and no schedule" in boards.tile(NM1)
    assert "Not scheduled It has no schedule and no results yet." in boards.tile(NM3)
    assert 'class="tile pass"' not in boards.ask("/").html


def test_a_warning_that_somebody_accepted_keeps_a_scanner_ready(boards: Boards) -> None:
    boards.judge(NM1, Status.WARN)
    assert "Check" in boards.tile(NM1)
    with boards.database.transaction() as tx:
        newest = tx.connection.execute(
            sa.select(results.c.id).where(results.c.status == Status.WARN, results.c.device_id == NM1.id, results.c.test == "daily_flood")
            .order_by(results.c.acquired_at.desc()).limit(1)
        ).scalar_one()  # fmt: skip
        alert = Alert(
            key="k", severity=AlertSeverity.WARNING, title="Daily flood", message="near",
            device_id=NM1.id, test="daily_flood", result_id=newest,
        )  # fmt: skip
        opened = alerts.raise_alert(tx, alert, now=NOW)
    html = boards.ask("/").html
    assert f'href="/alerts/{opened.id}">Acknowledge' in html
    assert "Acknowledge" not in boards.ask("/", access=Access.READ).html
    with boards.database.transaction() as tx:
        alerts.acknowledge(tx, opened.id, by="R. Chen", comment="known", now=NOW)

    assert "Ready Passed, with 1 warning that was accepted." in boards.tile(NM1)
    assert "acknowledged by R. Chen: known" in boards.ask("/").html


def test_the_board_is_sent_once_and_then_only_when_something_changed(boards: Boards) -> None:
    first = boards.ask("/board-live")
    assert first.status == 200
    assert f'data-etag="{first.etag}"' in first.html
    again = boards.ask("/board-live", if_none_match=first.etag)
    assert (again.status, again.html) == (204, "")

    with boards.database.transaction() as tx:
        marks.put(tx, "something", "else")
    assert boards.ask("/board-live", if_none_match=first.etag).status == 204
    boards.judge(NM1, Status.FAIL)
    assert boards.ask("/board-live", if_none_match=first.etag).status == 200


def test_a_board_on_postgresql_says_the_same(postgres_database: Database, tmp_path: Path) -> None:
    board_scene.fill(postgres_database, (NM1,), MADE, days=3, now=NOW)
    boards = build(postgres_database, tmp_path, devices=(NM1,))
    boards.judge(NM1, Status.FAIL)

    assert "Hold" in boards.tile(NM1)


def test_an_empty_board_says_how_to_begin(sqlite_database: Database, tmp_path: Path) -> None:
    boards = build(sqlite_database, tmp_path, devices=())
    html = boards.ask("/").html

    assert "No device is configured" in html
    assert "AE title PHOTOPEAK, port 11112" in html
    assert "no worker is running" in html
    with sqlite_database.transaction() as tx:
        workers.start(tx, "w", role="worker", host="h", pid=1, now=NOW)
    assert "1 worker<" in boards.ask("/").html


def test_the_wall_shows_words_only_and_leads_nobody_away_from_its_clock(boards: Boards) -> None:
    html = boards.ask("/kiosk").html

    assert "Ready" in html
    assert 'id="clock" data-zone="UTC"' in html
    assert 'hx-get="/kiosk-live"' in html
    assert "Acknowledge" not in html
    assert '<nav class="nav"' not in html
    assert "data-stale=" in html


def test_a_wall_of_many_shows_first_what_needs_a_look(
    sqlite_database: Database, tmp_path: Path
) -> None:
    many = board_scene.devices(13)
    board_scene.fill(sqlite_database, many, MADE, days=2, now=NOW)
    boards = build(sqlite_database, tmp_path, devices=many)
    for device in many:
        for made in MADE:
            boards.judge(device, Status.PASS, test=made.test)
    boards.judge(many[-1], Status.FAIL)

    for path in ("/kiosk", "/"):
        html = boards.ask(path).html
        assert re.findall(r'id="tile-(\w+)"', html)[:2] == [many[-1].id, many[0].id]
        assert html.count('class="tiles small"') == 1


def test_a_badge_is_a_picture_with_words(boards: Boards) -> None:
    boards.judge(NM1, Status.FAIL)
    reply = boards.ask("/badge/{id}.svg", path={"id": NM1.id})

    assert reply.media_type == "image/svg+xml"
    assert ">Hold</text>" in reply.html
    assert 'aria-label="NM1 Symbia Intevo: Hold"' in reply.html


def test_texts_of_devices_stay_texts_on_boards_and_badges(
    sqlite_database: Database, tmp_path: Path
) -> None:
    bad = replace(NM1, name='<script>x("&</script>', station='"><img src=x>')
    boards = build(sqlite_database, tmp_path, devices=(bad,))

    for path in ("/", "/kiosk", "/devices"):
        assert "<script>x" not in boards.ask(path).html
        assert "<img" not in boards.ask(path).html
    assert "<script" not in boards.ask("/badge/{id}.svg", path={"id": bad.id}).html


def test_the_page_of_a_device_puts_its_heads_side_by_side(boards: Boards) -> None:
    html = boards.ask("/devices/{id}", path={"id": NM1.id}).html

    assert "Heads side by side" in html
    assert "Detector 1" in html
    assert "Detector 2" in html
    assert '<svg class="bullet' in html
    assert "Thu 5 Mar 07:30" in html
    assert NM1.serial_number in html


def test_the_list_of_devices_has_their_words(boards: Boards) -> None:
    html = boards.ask("/devices").html

    assert html.count("/devices/nm0") == 2
    assert "Ready" in html


def test_a_house_may_have_words_of_its_own(sqlite_database: Database, tmp_path: Path) -> None:
    board_scene.fill(sqlite_database, (NM1,), MADE, days=3, now=NOW)
    boards = build(sqlite_database, tmp_path, devices=(NM1,), words={"hold": "Call 4711"})
    boards.judge(NM1, Status.FAIL)

    assert "Call 4711 Daily flood" in boards.tile(NM1)
    assert ">Call 4711</text>" in boards.ask("/badge/{id}.svg", path={"id": NM1.id}).html
    with pytest.raises(ValidationError):
        SiteSettings(verdict_words={"stop": "Stop"})


def test_the_board_speaks_chinese(sqlite_database: Database, tmp_path: Path) -> None:
    board_scene.fill(sqlite_database, (NM1,), MADE, days=3, now=NOW)
    boards = build(sqlite_database, tmp_path, devices=(NM1,), language="zh")
    boards.judge(NM1, Status.FAIL)

    assert "暂停使用 每日泛源" in boards.tile(NM1)
    assert "使用前请联系物理师。" in boards.tile(NM1)


@pytest.mark.parametrize(
    ("value", "lower", "upper", "share"),
    [
        (2.5, None, 5.0, 0.5), (6.0, None, 5.0, 1.2), (-1.0, None, 5.0, 0.0),
        (140.0, 138.0, 142.0, 0.0), (142.0, 138.0, 142.0, 1.0), (50.0, 25.0, None, 0.5),
        (20.0, 25.0, None, 1.25), (1.0, None, 0.0, None), (1.0, None, None, None),
        (1.0, 2.0, 2.0, None),
    ],
)  # fmt: skip
def test_the_share_of_a_limit_is_one_at_the_limit(
    value: float, lower: float | None, upper: float | None, share: float | None
) -> None:
    assert share_of(value, lower, upper) == share


def test_a_strip_has_the_newest_at_its_right_end_and_no_result_as_no_bar() -> None:
    drawn = strip([(Status.PASS, 0.5)] * 20 + [(Status.FAIL, 3.0), (Status.ERROR, None)])

    assert drawn.good.count("M") == 12
    assert drawn.bad == "M49.5 14v-14"
    assert drawn.lost.startswith("M53.5 14")
    assert strip([(Status.PASS, None)]).good.startswith("M53.5")
