"""A morning in a real browser: the board of a technologist, and an alert that came by mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from support.browser import DARK, DESK, PHONE, Window, chromium
from support.department import Department, department, link_of, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

POLL_MS = 31_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module", params=["en", "zh"])
def house(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Department]:
    """Run a department in each language."""
    folder = tmp_path_factory.mktemp("house") / "service"
    with department(folder, browser, request.param) as running:
        yield running


def renewed(window: Window, word: str, what: str) -> None:
    """Let the time between two polls of the board pass until a word is there."""

    def there() -> bool:
        with window.page.expect_response(lambda r: "/board-live" in r.url):
            window.page.clock.run_for(POLL_MS)
        return word in window.text(what)

    window.waited(there, f"{word} in {what}")


def test_the_morning_of_a_technologist(house: Department) -> None:
    ready, hold = house.words("Ready", "可以使用"), house.words("Hold", "暂停使用")
    not_received = house.words("QC not received", "质控未完成")
    with house.window(**PHONE) as window:
        window.page.clock.install()
        window.goto("/")
        window.sign_in("chen", password="not the password")
        window.said(house.words("Name or password is not right", "用户名或密码不正确"))
        window.sign_in("chen")
        # One word tells which scanner may be used; nothing was measured yet.
        for number in (1, 2, 3):
            window.said(not_received, what=f"#tile-camera-{number} .word")
        window.look()
        window.page.evaluate("window.stayed = true")

        house.analysed(house.push_flood(1))
        failed = house.analysed(house.push_flood(2, bad=True))

        # The board has changed by itself: nobody loaded it anew.
        renewed(window, hold, "#tile-camera-2 .word")
        window.said(ready, what="#tile-camera-1 .word")
        assert window.page.evaluate("window.stayed")
        window.said(
            house.words("Contact physics before use", "使用前请联系物理师"), what="#tile-camera-2"
        )
        window.look()
        window.click("#tile-camera-2")

        assert window.page.url.endswith(f"/results/{failed['id']}")
        # What failed, by how much, of which head, and what to do next.
        worst = max(
            v["value"]
            for v in failed["measurements"]
            if v["metric"] == "du_cfov" and v["scope"]["detector"] == 2
        )
        window.said(
            f"{worst:.1f}", "3.0 %", house.words("above the limit", "高于限值"), what=".verdict"
        )
        window.said(house.words("Repeat", "请重复检测"), what=".verdict")
        window.look()
        window.page.click("[data-action=print]")
        assert window.page.evaluate("window.printed") == 1
        assert window.page.pdf().startswith(b"%PDF-")

        window.goto("/schedule")
        window.page.select_option("#not-in-use [name=device]", "camera-3")
        window.page.fill("#not-in-use [name=reason]", "Detector change until noon")
        window.click("#not-in-use button.main")
        window.look()
        window.goto("/")
        window.said("Detector change until noon", what="#tile-camera-3")
        assert not_received not in window.text("#tile-camera-3")
        window.look()
        window.page.click("[data-action=print]")
        assert window.page.evaluate("window.printed") == 1


def test_an_alert_that_arrived_by_mail_is_acknowledged_and_ends_when_a_repeat_passes(
    house: Department,
) -> None:
    house.analysed(house.push_flood(4, bad=True, ago_min=90))
    letter = house.letter("Camera 4", house.words("Action", "超限"))
    link = link_of(letter, "/alerts/")
    reason = "Seen; the camera is closed and the maker is called <b>"
    with house.mail_window(letter, **DESK, **DARK) as window:
        # The mail as it is read: its words, the picture of the flood, and the way to the alert.
        window.look()
        window.said("Camera 4", house.words("above the limit of", "超出上限5.5 %"), what=".lead")
        picture = window.page.locator(".picture img")
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
        assert window.page.locator("a.go").get_attribute("href") in text_of(letter)
        assert window.page.locator("tbody tr a").first.get_attribute("href") == link
        window.page.unroute_all()
        window.click("tbody tr a >> nth=0")
        assert "/login?next=%2Falerts%2F" in window.page.url
        window.sign_in("lin")

        assert window.page.url == link
        window.said("Camera 4")
        window.page.fill("main [name=reason]", reason)
        window.click("main form[action$=acknowledge] button")
        window.said(house.words("Acknowledged", "已确认"), "lin", reason, what=".alert-history")
        assert window.page.locator("form[action$=acknowledge]").count() == 0
        window.look()

        house.analysed(house.push_flood(4, ago_min=30))
        window.waited(
            lambda: _reloaded(window, house.words("Resolved", "已解除")), "it is resolved"
        )
        window.look()
        window.goto("/")
        window.said(house.words("Ready", "可以使用"), what="#tile-camera-4 .word")
    end = house.letter("Camera 4", house.words("Resolved", "已解除"))
    assert link in text_of(end)


def _reloaded(window: Window, word: str) -> bool:
    window.page.reload()
    return word in window.text(".alert-history")
