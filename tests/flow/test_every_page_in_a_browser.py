"""Every page of the application in a real browser: for everybody, in every window, and never a script.

The pages are those that the application has, so that none can be forgotten: one that is new is
looked at, or fails here until `SUBJECTS` says what its address speaks of.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
import pytest

from photopeak.api.app import create_app
from photopeak.api.server import run
from photopeak.settings import DatabaseSettings, Settings, SiteSettings, WebSettings
from photopeak.storage import migrations
from photopeak.storage.database import open_database
from support import hostile_scene, web_scene
from support.browser import DARK, DESK, PHONE, Window, chromium, window

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SUBJECTS = {
    "devices": "device", "badge": "device", "series": "series", "results": "bad",
    "test-sets": "waiting", "alerts": "alert", "messages": "message", "users": "lin",
    "limits": "limits", "events": "event", "inbox": "unknown", "taught": "lesson",
}  # fmt: skip
"""What the address of a page speaks of, by the part before it: a name in the ids of the scene."""
_NUMBER = {
    "device": web_scene.DEVICE.id, "test": "intrinsic_uniformity/nema",
    "number": 'iu_ufov{"detector":1,"field":"UFOV"}',
}  # fmt: skip
_SPAN = "from=2026-01-20&to=2026-03-03"
FURTHER = (
    "/login", "/results/{good}", "/results/{broken}", "/alerts/{seen}", "/alerts?state=all",
    "/series/{unknown}", "/series?state=UNROUTED", "/measurements?device=camera-1",
    "/trends?device=camera-1&test=intrinsic_uniformity", "/events?device=camera-1",
    "/events/new?device=camera-1", "/baselines?device=camera-1",
    "/trends?{number}", "/trends/point?result={point}&{only}", "/baselines/new?{number}",
    "/routes/history?rule=daily-flood", "/routes/test?series={unknown}",
    "/devices/camera-1/reports/period.html?" + _SPAN,
    "/devices/camera-1/reports/ws523.html?" + _SPAN,
    "/schedule?month=2026-04", "/devices/nobody",
)  # fmt: skip
"""Addresses that show something else of a page."""
NO_PLACE = frozenset({"/calendar/{token}.ics", "/first-administrator"})
"""A feed by its secret; a form that is there only before the first person."""
EXPORTS = (
    "/api/v1/results.csv", "/api/v1/results.ndjson", "/api/v1/results.xlsx",
    "/api/v1/results.quaac.json?performer=R.+Chen&email=chen@example.org",
    "/api/v1/audit.csv", "/api/v1/audit.json",
)  # fmt: skip


@dataclass
class Site:
    """A served site in a language."""

    address: str
    language: str
    token: str
    ids: dict[str, str]
    browser: Browser
    paths: tuple[str, ...]

    def get(self, path: str) -> httpx.Response:
        """Ask as a program does."""
        return httpx.get(
            self.address + path, headers={"Authorization": f"Bearer {self.token}"}, timeout=60.0
        )

    def documents(self) -> tuple[list[str], list[str]]:
        """Return the addresses of whole pages, and of papers, on which no script may run at all."""
        pages: list[str] = []
        papers: list[str] = []
        for path in self.paths:
            if path.endswith((".pdf", ".svg")):
                continue
            reply = self.get(path)
            if re.match(r"\s*<!doctype html>", reply.text, re.IGNORECASE):
                alone = "sandbox" in reply.headers["content-security-policy"]
                (papers if alone else pages).append(path)
            elif reply.status_code >= 400:
                pages.append(path)  # it should be a page that says so
        return pages, papers

    @contextmanager
    def window(self, **options: Any) -> Iterator[Window]:
        """Open a window in which the administrator has signed in."""
        # A page that says that there is nothing says so with its status, which a browser notes.
        with window(
            self.browser, self.address, self.language, expected="404 (Not Found)", **options
        ) as opened:
            opened.goto("/account")
            opened.sign_in("root")
            yield opened


def addresses(pages: Any, ids: dict[str, str]) -> tuple[str, ...]:
    """Return the address of each page, with something of the scene in its places."""
    known = {**ids, "device": web_scene.DEVICE.id, "series": web_scene.BAD_FLOOD, "unknown": web_scene.UNKNOWN, "limits": "ws523", "number": urlencode(_NUMBER), "only": urlencode({"number": _NUMBER["number"]})}  # fmt: skip
    found = []
    for page in pages:
        if page.method != "GET" or page.path in NO_PLACE:
            continue
        parts = page.path.split("/")
        for number, part in enumerate(parts):
            if "{" in part:
                subject = SUBJECTS.get(parts[number - 1])
                assert subject, f"say in SUBJECTS what {page.path} speaks of"
                parts[number] = re.sub(r"\{[^}]*\}", known[subject], part)
        found.append("/".join(parts))
    return tuple(dict.fromkeys((*found, *(path.format(**known) for path in FURTHER))))


@contextmanager
def served(data: Path, browser: Browser, language: str) -> Iterator[Site]:
    """Serve the hostile site in a language."""
    database = open_database(DatabaseSettings(), data)
    migrations.upgrade(database)
    ids = hostile_scene.fill(database)
    token = web_scene.make_token(database, "admin")
    settings = Settings(
        data=data,
        web=WebSettings(port=0),
        site=SiteSettings(language=language, name="Site <b>A</b>"),
    )
    context, _, _ = web_scene.contexts(
        database, data, settings=settings, calendar=lambda: hostile_scene.CALENDAR
    )
    ports: list[int] = []
    ready, stop = threading.Event(), threading.Event()

    def announce(port: int) -> None:
        ports.append(port)
        ready.set()

    server = threading.Thread(target=run, args=(create_app(context), settings.web, announce, stop))
    server.start()
    try:
        assert ready.wait(60.0)
        yield Site(
            f"http://127.0.0.1:{ports[0]}",
            language,
            token,
            ids,
            browser,
            addresses(context.pages, ids),
        )
    finally:
        stop.set()
        server.join(30.0)
        database.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module", params=["en", "zh"])
def site(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("site"), browser, request.param) as running:
        yield running


def test_every_page_is_for_everybody_in_every_window_and_runs_no_text(site: Site) -> None:
    """Look at each page in the window that shows most of a language; at its shape in another."""
    pages, papers = site.documents()
    assert len(pages) > 40
    assert len(papers) > 2
    faults = seen(site, pages)
    # Without their policy even a script would run, which is what the trap is for.
    faults += seen(site, papers, bypass_csp=True)
    assert faults == []


def seen(site: Site, paths: list[str], **options: Any) -> list[str]:
    """Look at pages; returns what is wrong with them."""
    wide, narrow = {**DESK, "color_scheme": "light"}, {**PHONE, **DARK}
    first, then = (wide, narrow) if site.language == "en" else (narrow, wide)
    faults = []
    with site.window(**first, **options) as opened:
        for path in paths:
            opened.goto(path)
            try:
                opened.look(chapters=bool(options))
                only_own_scripts(opened)
                opened.page.emulate_media(color_scheme=then["color_scheme"])
                opened.page.set_viewport_size(then["viewport"])
                opened.fits()
            except AssertionError as error:
                faults.append(f"{path}: {error}")
            opened.page.set_viewport_size(first["viewport"])
            opened.page.emulate_media(color_scheme=first["color_scheme"])
    return faults


def only_own_scripts(opened: Window) -> None:
    """See that every script of a page is a file of ours, and that no element brings one along."""
    strange = """[...document.querySelectorAll("script, [style]:not(.uplot, .uplot *), iframe, object")]
        .filter((e) => !(e.src || "").startsWith(location.origin + "/static/"))
        .map((e) => e.outerHTML.slice(0, 120))"""
    handlers = """[...document.querySelectorAll("*")].filter((e) =>
        [...e.attributes].some((a) => a.name.startsWith("on"))).map((e) => e.outerHTML.slice(0, 120))"""
    assert opened.page.evaluate(strange) == []
    assert opened.page.evaluate(handlers) == []


def test_no_export_is_taken_for_a_page_or_for_a_formula(site: Site) -> None:
    for path in EXPORTS:
        reply = site.get(path)

        assert reply.status_code == 200, path
        assert "html" not in reply.headers["content-type"], path
        assert reply.headers["x-content-type-options"] == "nosniff", path
        assert "default-src 'none'" in reply.headers["content-security-policy"], path
        if path.endswith(".csv"):
            for line in reply.text.splitlines():
                for cell in re.findall(r'(?:^|,)"?([^",]*)', line):
                    assert not re.match(r"[=@\t]|[+-](?![\d.])", cell), (path, line)
