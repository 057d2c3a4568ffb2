"""A served site in which every text that somebody may choose is hostile, and the addresses of all its pages."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx

from photopeak.api.app import create_app
from photopeak.api.server import run
from photopeak.model.page import Page
from photopeak.settings import DatabaseSettings, Settings, SiteSettings, WebSettings
from photopeak.storage import migrations
from photopeak.storage.database import open_database
from support import hostile_scene, web_scene
from support.browser import Window, window

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


@dataclass
class Site:
    """A served site in a language."""

    address: str
    language: str
    token: str
    ids: dict[str, str]
    browser: Browser
    paths: tuple[str, ...]
    pages: tuple[Page, ...]

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

    def page_of(self, path: str, method: str = "GET") -> Page | None:
        """Return the page that answers an address; None where it is none of the pages."""
        where = urlsplit(path).path
        fits = (p for p in self.pages if p.method == method and _pattern(p.path).fullmatch(where))
        # An address without places goes before one that takes anything.
        return min(fits, key=lambda page: page.path.count("{"), default=None)

    @contextmanager
    def window(self, name: str = "root", **options: Any) -> Iterator[Window]:
        """Open a window in which somebody has signed in: the administrator."""
        # A page that says that there is nothing says so with its status, which a browser notes.
        with window(
            self.browser, self.address, self.language, expected="404 (Not Found)", **options
        ) as opened:
            opened.goto("/account")
            opened.sign_in(name)
            yield opened


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(
        "/".join("[^/]+" if "{" in part else re.escape(part) for part in path.split("/"))
    )


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
    for name, role in (("guest", "viewer"), ("chen", "technologist")):
        web_scene.make_user(database, role, name=name)
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
            tuple(context.pages),
        )
    finally:
        stop.set()
        server.join(30.0)
        database.close()
