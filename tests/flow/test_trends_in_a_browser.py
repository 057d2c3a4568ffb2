"""Trends, baselines, limits and events in a real browser: drawn, read by keys, in every window."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from photopeak.settings import DatabaseSettings
from photopeak.storage import migrations
from photopeak.storage.database import open_database
from support import trend_scene, web_scene
from support.ports import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
CHOSEN = f"device=camera-1&test={quote(trend_scene.TEST)}&number={quote(trend_scene.NAME)}"
SERVE = """
import sys, threading
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from photopeak.api.app import create_app
from photopeak.api.server import run
from photopeak.settings import DatabaseSettings, Settings, SiteSettings, WebSettings
from photopeak.storage.database import open_database
from support.web_scene import contexts
data = Path(sys.argv[1])
settings = Settings(
    data=data, site=SiteSettings(language=sys.argv[3], time_zone="Asia/Shanghai"),
    web=WebSettings(port=0),
)
context, _, _ = contexts(open_database(DatabaseSettings(), data), data, settings=settings)
run(create_app(context), settings.web, lambda port: print(port, flush=True), threading.Event())
"""
INK = """(() => [...document.querySelectorAll('.plot canvas')].map(c => {
    const seen = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    const kinds = new Set();
    for (let i = 0; i < seen.length; i += 4) if (seen[i + 3]) kinds.add(seen[i] + ',' + seen[i + 1] + ',' + seen[i + 2]);
    return kinds.size;
}))()"""
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@dataclass
class Site:
    """A served site with its browser."""

    address: str
    ids: dict[str, str]
    token: str
    browser: Browser

    @contextmanager
    def window(self, **options: Any) -> Iterator[Page]:
        """Open a window and sign in; fails when the page complains or asks anyone else."""
        said: list[str] = []
        context = self.browser.new_context(**options)
        page = context.new_page()
        page.on("console", lambda m: said.append(m.text))
        page.on("pageerror", lambda e: said.append(str(e)))
        page.on(
            "request",
            lambda r: None if r.url.startswith((self.address, "data:")) else said.append(r.url),
        )
        page.goto(f"{self.address}/login")
        page.fill("[name=token]", self.token)
        page.click("button[type=submit].main")
        page.wait_for_selector(".nav")
        yield page
        context.close()
        assert said == []

    def paths(self) -> dict[str, str]:
        """Return the pages of trends by name."""
        return {
            "trend": f"/trends?{CHOSEN}",
            "heads": f"/trends?{CHOSEN}&other=detector:2&days=30",
            "point": f"/trends/point?number={quote(trend_scene.NAME)}&result={self.ids['day 60']}",
            "baselines": "/baselines",
            "proposal": f"/baselines/new?{CHOSEN}",
            "limits": "/limits",
            "limit set": "/limits/site",
            "events": "/events",
            "new event": "/events/new",
            "event": f"/events/{self.ids['event']}",
            "result": f"/results/{self.ids['day 119']}",
        }


@contextmanager
def serving(data: Path, browser: Browser, language: str) -> Iterator[Site]:
    """Serve the small site."""
    database = open_database(DatabaseSettings(), data)
    migrations.upgrade(database)
    ids = trend_scene.fill(database)
    trend_scene.put_limits(database)
    token = web_scene.make_token(database, "review", name="R. Chen")
    database.close()
    tests = str(Path(__file__).resolve().parents[1])
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(data), tests, language], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield Site(f"http://127.0.0.1:{port}", ids, token, browser)
    finally:
        server.terminate()
        server.wait(30.0)
        if server.stdout is not None:
            server.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("site"), browser, "en") as served:
        yield served


def drawn(page: Page, count: int) -> None:
    """Wait until so many charts are drawn."""
    eventually(
        lambda: (
            page.get_attribute("#trend-chart", "data-drawn") == str(count)
            and all(kinds > 3 for kinds in page.evaluate(INK))
        ),
        seconds=20.0,
        what=f"{count} charts are drawn",
    )


def test_the_chart_is_drawn_and_said_point_by_point_by_the_keys(site: Site) -> None:
    with site.window(viewport={"width": 1440, "height": 1000}) as page:
        page.goto(site.address + site.paths()["trend"])
        drawn(page, 2)
        page.focus("#trend-chart")
        page.keyboard.press("End")

        newest = page.inner_text("#trend-read")
        assert "3.57 ± 0.10 % (k = 2) · Fail" in newest
        assert "signals " in newest
        assert "1_3s" in newest
        page.keyboard.press("ArrowLeft")
        assert page.inner_text("#trend-read") != newest
        page.keyboard.press("ArrowRight")
        assert page.inner_text("#trend-read") == newest
        page.keyboard.press("Home")
        assert "2025" in page.inner_text("#trend-read")
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/results/{site.ids['day 119']}")
        page.click("th:has-text('Shift of the photopeak') >> nth=0 >> .to-trend")
        page.wait_for_url("**/trends?*")


def test_the_words_beside_the_pointer_stand_on_the_far_side(site: Site) -> None:
    with site.window(viewport={"width": 1440, "height": 1000}) as page:
        page.goto(site.address + site.paths()["trend"])
        drawn(page, 2)
        box = page.locator("[data-plot=main] .u-over").bounding_box()
        assert box is not None
        for part, left in ((0.2, True), (0.8, False)):
            page.mouse.move(box["x"] + part * box["width"], box["y"] + 60)
            page.wait_for_selector(".chart-tip:not([hidden])")
            tip = page.locator(".chart-tip").bounding_box()
            assert tip is not None
            assert (tip["x"] > box["x"] + box["width"] / 2) is left


def test_a_point_is_taken_out_with_a_reason_by_a_key_and_counts_again(site: Site) -> None:
    with site.window(viewport={"width": 1440, "height": 1000}) as page:
        page.goto(site.address + site.paths()["trend"])
        drawn(page, 2)
        page.focus("#trend-chart")
        page.keyboard.press("End")
        page.keyboard.press("e")
        page.wait_for_selector("form[action='/trends/exclude']")
        page.fill("[name=reason]", "the source was the old one")
        page.click("button:has-text('Take it out')")
        page.wait_for_selector("#trend-table")
        drawn(page, 2)
        row = page.locator(f"tr[data-result='{site.ids['day 119']}']")
        assert "the source was the old one (R. Chen)" in row.inner_text()
        assert "Excluded" in row.inner_text()
        page.focus("#trend-chart")
        page.keyboard.press("End")
        assert "excluded: the source was the old one" in page.inner_text("#trend-read")
        row.locator("text=Include…").click()
        page.fill("[name=reason]", "it was not")
        page.click("button:has-text('Let it count again')")
        page.wait_for_selector("#trend-table")
        row = page.locator(f"tr[data-result='{site.ids['day 119']}']")
        assert "Fail" in row.inner_text()


def test_heads_are_compared_and_what_is_shown_can_be_chosen(site: Site) -> None:
    with site.window(viewport={"width": 1440, "height": 1000}) as page:
        page.goto(site.address + site.paths()["trend"])
        drawn(page, 2)
        page.select_option("[name=other]", "detector:2")
        page.wait_for_url("**other=detector*")
        drawn(page, 3)
        page.check("[data-show=cusum]")
        drawn(page, 4)
        page.uncheck("[data-show=tolerance]")
        drawn(page, 4)
        assert "Limits of agreement (95 %)" in page.inner_text("main")
        page.click(".segments >> text=30 d")
        page.wait_for_url("**days=30*")
        assert "other=detector" in page.url


def test_the_table_says_everything_without_scripts(site: Site) -> None:
    with site.window() as page:
        cookies = page.context.cookies()
        plain = site.browser.new_context(java_script_enabled=False)
        plain.add_cookies(cookies)
        bare = plain.new_page()
        bare.goto(site.address + site.paths()["trend"])

        assert bare.locator("#trend-table tr[data-result]").count() == trend_scene.DAYS
        assert "source off centre (R. Chen)" in bare.inner_text("#trend-table")
        assert "New photomultiplier <34>" in bare.inner_text("#trend-table")
        assert "The chart is drawn by a script" in bare.inner_text("main")
        plain.close()


@pytest.mark.parametrize(
    ("language", "windows"),
    [("en", ((1440, "light"), (390, "dark"))), ("zh", ((1440, "dark"), (390, "light")))],
)
def test_pages_of_trends_fit_every_window_and_have_nothing_that_axe_finds(
    tmp_path: Path, browser: Browser, language: str, windows: tuple[tuple[int, str], ...]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with serving(tmp_path, browser, language) as site:
        for width, scheme in windows:
            with site.window(viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
                for name, path in site.paths().items():
                    page.goto(site.address + path)
                    if name in ("trend", "heads"):
                        drawn(page, 3 if name == "heads" else 2)
                    page.evaluate(
                        "document.querySelectorAll('main details').forEach(d => d.open = true)"
                    )
                    found = Axe().run(page)

                    assert page.evaluate(FITS), (name, width)
                    assert found.violations_count == 0, (name, found.generate_report())
