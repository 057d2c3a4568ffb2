"""The board and the wall screen in a real browser: they renew themselves, and never lie when they cannot."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from photopeak.settings import DatabaseSettings
from photopeak.storage import migrations
from photopeak.storage.database import Database, open_database
from support import web_scene
from support.ports import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
PATHS = (
    "/", "/kiosk", "/devices", f"/devices/{web_scene.DEVICE.id}", "/associations",
    "/waiting-for-push", "/system",
)  # fmt: skip
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
    data=data, site=SiteSettings(language=sys.argv[3]),
    web=WebSettings(port=0, kiosk_networks=["127.0.0.0/8"]),
)
context, _, _ = contexts(open_database(DatabaseSettings(), data), data, settings=settings)
run(create_app(context), settings.web, lambda port: print(port, flush=True), threading.Event())
"""


@dataclass
class Site:
    """A served site with its browser."""

    address: str
    token: str
    browser: Browser
    database: Database

    @contextmanager
    def window(self, *, cut: bool = False, token: bool = True, **options: Any) -> Iterator[Page]:
        """Open a window; fails when the page complains or asks anyone else for anything."""
        said: list[str] = []
        if token:
            options["extra_http_headers"] = {"Authorization": f"Bearer {self.token}"}
        context = self.browser.new_context(**options)
        page = context.new_page()
        page.on("console", lambda m: said.append(m.text))
        page.on("pageerror", lambda e: said.append(str(e)))
        page.on(
            "request",
            lambda r: None if r.url.startswith((self.address, "data:")) else said.append(r.url),
        )
        yield page
        context.close()
        assert cut or said == []


@contextmanager
def serving(data: Path, browser: Browser, language: str) -> Iterator[Site]:
    """Serve the small site."""
    database = open_database(DatabaseSettings(), data)
    migrations.upgrade(database)
    web_scene.fill(database)
    token = web_scene.make_token(database, "operate", name="R. Chen")
    tests = str(Path(__file__).resolve().parents[1])
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(data), tests, language], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield Site(f"http://127.0.0.1:{port}", token, browser, database)
    finally:
        server.terminate()
        server.wait(30.0)
        if server.stdout is not None:
            server.stdout.close()
        database.close()


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


def ready(page: Page) -> None:
    eventually(lambda: page.evaluate("window.htmx !== undefined"), seconds=20.0, what="htmx is up")


def test_the_board_keeps_what_a_person_chose_when_it_renews_itself(site: Site) -> None:
    with site.window(viewport={"width": 1440, "height": 900}) as page:
        page.clock.install()
        page.goto(site.address + "/")
        ready(page)
        assert page.locator(".tile").count() == 1
        page.check("#exceptions-only")
        with page.expect_response(lambda r: "/board-live" in r.url) as renewal:
            page.clock.run_for(31_000)

        assert renewal.value.status in (200, 204)
        assert page.is_checked("#exceptions-only")
        assert page.is_hidden("#stale")


@pytest.mark.parametrize(("path", "live"), [("/", "board-live"), ("/kiosk", "kiosk-live")])
def test_verdicts_are_covered_when_the_service_is_out_of_reach_and_come_back(
    site: Site, path: str, live: str
) -> None:
    with site.window(cut=True) as page:
        page.clock.install()
        page.goto(site.address + path)
        ready(page)
        word = page.locator(".tile .word").first
        assert word.is_visible()
        page.route(f"**/{live}*", lambda route: route.abort())
        page.clock.run_for(125_000)

        page.wait_for_selector("#stale:not([hidden])")
        assert "Connection lost. What you see is the status as of" in page.inner_text("#stale")
        assert "{time}" not in page.inner_text("#stale")
        assert not word.is_visible()
        page.unroute(f"**/{live}*")
        with page.expect_response(lambda r: live in r.url):
            page.clock.run_for(31_000)
        page.wait_for_selector("#stale", state="hidden")
        assert page.locator(".tile .word").first.is_visible()


def test_the_wall_screen_needs_nobody_runs_for_days_and_shows_the_time(site: Site) -> None:
    with site.window(token=False, viewport={"width": 1920, "height": 1080}) as page:
        page.clock.install()
        page.goto(site.address + "/kiosk")
        ready(page)
        before = page.inner_text("#clock")
        count = "document.querySelectorAll('*').length"
        elements = page.evaluate(count)
        size = page.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('.tile .word')).fontSize)"
        )
        for _ in range(3):
            with page.expect_response(lambda r: "kiosk-live" in r.url):
                page.clock.run_for(31_000)
        page.clock.run_for(3_600_000)

        assert page.inner_text("#clock") != before
        assert page.evaluate(count) == elements
        assert size >= 40
        assert page.locator("a[href^='/login']").count() == 0


def test_the_wall_screen_loads_itself_anew_after_an_upgrade(site: Site) -> None:
    with site.window(token=False) as page:
        page.clock.install()
        page.goto(site.address + "/kiosk")
        ready(page)

        def upgraded(route: Any) -> None:
            reply = route.fetch(headers={**route.request.headers, "if-none-match": ""})
            route.fulfill(
                response=reply, body=reply.text().replace('data-assets="', 'data-assets="new')
            )

        page.route("**/kiosk-live*", upgraded, times=1)
        with page.expect_event("load", timeout=20_000):
            page.clock.run_for(31_000)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_of_boards_fit_every_window_and_have_nothing_that_axe_finds(
    site: Site, browser: Browser, tmp_path: Path, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    def look(served: Site) -> None:
        for options in (
            {"viewport": {"width": 1440, "height": 900}},
            {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
        ):
            with served.window(**options) as page:
                for path in PATHS:
                    page.goto(served.address + path)
                    fits = "document.documentElement.scrollWidth <= innerWidth"
                    assert page.evaluate(fits), (path, options)
                    found = Axe().run(page).response["violations"]
                    assert [v["id"] for v in found] == [], (path, options)

    if language == "en":
        look(site)
        return
    with serving(tmp_path, browser, language) as other:
        look(other)
