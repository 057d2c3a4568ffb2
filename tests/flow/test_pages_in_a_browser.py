"""The pages in a real browser, served by a process of their own on a real database."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from photopeak.settings import DatabaseSettings
from photopeak.storage import migrations
from photopeak.storage.database import open_database
from support import web_scene
from support.ports import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
DEADLINE_S = 30.0
SERVE = """
import sys, threading
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from photopeak.api.app import create_app
from photopeak.api.server import run
from photopeak.settings import DatabaseSettings, Settings, WebSettings
from photopeak.storage.database import open_database
from support.web_scene import contexts
data = Path(sys.argv[1])
settings = Settings(data=data, web=WebSettings(port=0))
context, _, _ = contexts(open_database(DatabaseSettings(), data), data, settings=settings)
run(create_app(context), settings.web, lambda port: print(port, flush=True), threading.Event())
"""


@dataclass
class Site:
    """A served site with what its browser saw."""

    address: str
    pid: int
    ids: dict[str, str]
    token: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    cut: bool = False

    @contextmanager
    def visitor(self, **options: Any) -> Iterator[Page]:
        """Open a browser of its own and sign in."""
        context: BrowserContext = self.browser.new_context(**options)
        page = context.new_page()
        page.on("console", lambda m: self._complain(m.text))
        page.on("pageerror", lambda e: self._complain(str(e)))
        page.on("request", self._note)
        page.goto(f"{self.address}/series")
        page.fill("[name=token]", self.token)
        page.click("button[type=submit].main")
        page.wait_for_selector("#series-rows")
        try:
            yield page
        finally:
            context.close()

    def _complain(self, text: str) -> None:
        # A test that cuts the connection expects the browser to say so.
        if not self.cut:
            self.complaints.append(text)

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.foreign.append(request.url)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the small site and start a browser."""
    from playwright.sync_api import sync_playwright

    data = tmp_path_factory.mktemp("site")
    database = open_database(DatabaseSettings(), data)
    migrations.upgrade(database)
    ids = web_scene.fill(database)
    token = web_scene.make_token(database, "operate", name="R. Chen")
    database.close()
    tests = str(Path(__file__).resolve().parents[1])
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(data), tests], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, headless=True, args=list(FLAGS)
            )
            yield Site(f"http://127.0.0.1:{port}", server.pid, ids, token, browser)
            browser.close()
    finally:
        server.terminate()
        server.wait(DEADLINE_S)
        if server.stdout is not None:
            server.stdout.close()


@pytest.fixture(autouse=True)
def _quiet(site: Site) -> Iterator[None]:
    """Fail a test whose pages complained, or asked anyone else for anything."""
    yield
    complaints, foreign = list(site.complaints), list(site.foreign)
    site.complaints.clear()
    site.foreign.clear()
    site.cut = False

    assert complaints == []
    assert foreign == []


def fits(page: Page) -> bool:
    """Tell whether nothing sticks out at the side."""
    found: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return found


def pictures_are_drawn(page: Page) -> None:
    """Wait for all pictures; the browser's own way to wait would need `unsafe-eval`."""
    drawn = "[...document.images].every(i => i.complete && i.naturalWidth > 0)"
    eventually(lambda: page.evaluate(drawn), seconds=DEADLINE_S, what="the pictures are drawn")


def test_a_person_signs_in_and_finds_the_result_behind_a_series(site: Site) -> None:
    with site.visitor(viewport={"width": 1440, "height": 900}) as page:
        page.click("tr:has-text('Daily flood head 2') .badge")
        page.wait_for_selector(".banner.act")

        assert "above the limit of 4.00 %" in page.inner_text(".banner")
        pictures_are_drawn(page)
        assert page.locator("img").count() == 3
        fonts = page.evaluate("document.fonts.ready.then(() => document.fonts.check('13px Inter'))")
        assert fonts is True
        assert fits(page)


def test_the_pages_fit_a_phone_and_follow_the_dark(site: Site) -> None:
    with site.visitor(viewport={"width": 390, "height": 844}, color_scheme="dark") as page:
        for path in ("/series", f"/results/{site.ids['bad']}", f"/series/{web_scene.UNKNOWN}",
                     f"/test-sets/{site.ids['waiting']}", "/results"):  # fmt: skip
            page.goto(site.address + path)

            assert fits(page), path
        for path in ("/series", "/results"):
            page.goto(site.address + path)
            for cell in ("td:nth-child(2)", "td.device", "td.wide"):
                width = page.evaluate(f"document.querySelector('.list-table {cell}').clientWidth")
                assert width > 300, (path, cell)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(15, 21, 25)"
        page.click("[data-action=theme]")
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert light == "rgb(243, 245, 247)"


@pytest.mark.parametrize("width", [1440, 1024, 760, 390])
def test_a_result_is_never_cut_however_narrow_the_window(site: Site, width: int) -> None:
    cut = """[...document.querySelectorAll('main *')].filter(e => {
        const seen = e.getBoundingClientRect();
        return !e.closest('.hidden-text, svg') && seen.width > 0
            && (seen.right > innerWidth + 1 || seen.left < -1);
    }).map(e => e.tagName + '.' + e.className)"""
    with site.visitor(viewport={"width": width, "height": 900}) as page:
        for path in (f"/results/{site.ids['bad']}", f"/series/{web_scene.BAD_FLOOD}", "/series"):
            page.goto(site.address + path)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")

            assert page.evaluate(cut) == [], path


def test_pictures_do_not_push_the_page_about_when_they_come(site: Site) -> None:
    with site.visitor(viewport={"width": 1440, "height": 900}) as page:
        page.route("**/figures/*", lambda route: route.abort())
        site.cut = True
        page.goto(f"{site.address}/results/{site.ids['bad']}")
        without = page.evaluate(
            "document.querySelector('.figure img').getBoundingClientRect().height"
        )
        page.unroute("**/figures/*")
        page.reload()
        pictures_are_drawn(page)
        drawn = page.evaluate(
            "document.querySelector('.figure img').getBoundingClientRect().height"
        )

        assert abs(without - drawn) <= 1.0


def test_hostile_text_stays_text(site: Site) -> None:
    with site.visitor() as page:
        for path in ("/series", f"/series/{web_scene.UNKNOWN}", f"/results/{site.ids['bad']}"):
            page.goto(site.address + path)

            assert "<script>PPXSS1()</script>" in page.inner_text("main")
            assert page.evaluate("typeof PPXSS1 + typeof PPXSS2") == "undefinedundefined"
            assert page.locator("script:not([src])").count() == 0


def test_a_reading_is_supplied_from_the_page(site: Site) -> None:
    with site.visitor() as page:
        page.goto(f"{site.address}/test-sets/{site.ids['waiting']}")
        page.select_option("[name='value:collimator']", "LEHR")
        page.click("text=Save readings")
        page.wait_for_selector("[name='value:collimator']")

        assert page.input_value("[name='value:collimator']") == "LEHR"


def test_the_list_renews_itself_and_says_when_it_cannot(site: Site) -> None:
    with site.visitor() as page:
        page.clock.install()
        page.goto(f"{site.address}/series")
        eventually(lambda: page.evaluate("window.htmx !== undefined"))
        with page.expect_response(lambda r: "/series-rows" in r.url) as first:
            page.clock.run_for(11_000)
        with page.expect_response(lambda r: "/series-rows" in r.url) as second:
            page.clock.run_for(11_000)

        assert {first.value.status, second.value.status} <= {200, 204}
        assert page.is_hidden("#stale")
        site.cut = True
        page.route("**/series-rows*", lambda route: route.abort())
        page.clock.run_for(100_000)
        page.wait_for_selector("#stale:not([hidden])")
        assert "Connection lost" in page.inner_text("#stale")


def test_a_session_that_is_over_leads_back_to_signing_in(site: Site) -> None:
    with site.visitor() as page:
        page.click("text=Sign out")
        page.wait_for_selector("[name=token]")
        page.goto(f"{site.address}/results")

        assert "/login?next=" in page.url


def test_serving_all_pages_needs_no_numerical_library(site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.token}"}
    for path in ("/series", f"/results/{site.ids['bad']}", f"/api/v1/results/{site.ids['bad']}"):
        assert httpx.get(site.address + path, headers=headers).status_code == 200
    deadline = time.monotonic() + DEADLINE_S
    maps = ""
    while not maps and time.monotonic() < deadline:
        maps = Path(f"/proc/{site.pid}/maps").read_text("utf-8")

    assert "numpy" not in maps
    assert "scipy" not in maps
