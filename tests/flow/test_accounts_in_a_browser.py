"""The first morning of an administrator in a real browser: from the first token to the audit trail."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from photopeak.api.app import create_app
from photopeak.api.authentication import ensure_first_token
from photopeak.api.server import run
from photopeak.settings import Settings, SiteSettings, WebSettings
from photopeak.storage.database import Database
from support import web_scene

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PASSWORD = "seven grey geese walk home"
WORDS = {
    "en": {"role": "Technologist", "whole": "The chain is whole", "wrong": "is not right"},
    "zh": {"role": "技师", "whole": "链完整", "wrong": "不正确"},
}


@pytest.fixture
def served(sqlite_database: Database, tmp_path: Path, request: Any) -> Iterator[tuple[str, str]]:
    """Serve a fresh site in one language; return its address and the first token."""
    token = ensure_first_token(sqlite_database, now=datetime.now(UTC))
    assert token is not None
    settings = Settings(
        data=tmp_path / "data",
        web=WebSettings(port=0),
        site=SiteSettings(language=request.param, time_zone="Asia/Shanghai"),
    )
    context, _, _ = web_scene.contexts(
        sqlite_database, tmp_path / "data", settings=settings, clock=lambda: datetime.now(UTC)
    )
    ports: list[int] = []
    ready, stop = threading.Event(), threading.Event()

    def announce(port: int) -> None:
        ports.append(port)
        ready.set()

    server = threading.Thread(target=run, args=(create_app(context), settings.web, announce, stop))
    server.start()
    try:
        assert ready.wait(30.0)
        yield f"http://127.0.0.1:{ports[0]}", token
    finally:
        stop.set()
        server.join(30.0)


class Visitor:
    """A browser of somebody, which looks at what it is shown."""

    def __init__(self, page: Any, address: str) -> None:
        from axe_playwright_python.sync_playwright import Axe

        self.page = page
        self._address = address
        self._axe = Axe()
        self.complaints: list[str] = []
        page.on("console", lambda m: self._note(m.text))
        page.on("pageerror", lambda e: self._note(str(e)))
        page.on("request", lambda r: None if r.url.startswith((address, "data:")) else self._note(r.url))  # fmt: skip

    def _note(self, text: str) -> None:
        # A form that is shown again says so with its status, which a browser writes down.
        if "status of 422" not in text:
            self.complaints.append(text)

    def goto(self, path: str) -> None:
        """Open a page and look at it."""
        self.page.goto(self._address + path)
        self.look()

    def look(self) -> None:
        """See that the page can be used by everybody and fits."""
        found = self._axe.run(self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})  # fmt: skip
        assert [v["id"] for v in found.response["violations"]] == []
        width = "document.documentElement"
        assert self.page.evaluate(f"{width}.scrollWidth <= {width}.clientWidth")

    def fill(self, **fields: str) -> None:
        """Fill the form of the page."""
        for name, text in fields.items():
            self.page.fill(f"main [name={name}]", text)

    def send(self) -> None:
        """Send the form, and look at what comes."""
        with self.page.expect_navigation():
            self.page.click("main form button.main")
        self.look()

    def sign_in(self, name: str, password: str) -> None:
        """Sign in."""
        self.goto("/login?next=/account")
        self.fill(name=name, password=password)
        self.send()


@pytest.mark.parametrize(
    ("served", "language", "options"),
    [
        ("en", "en", {"viewport": {"width": 1440, "height": 900}}),
        ("zh", "zh", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}),
    ],
    indirect=["served"],
)
def test_from_the_first_token_to_a_technologist_who_signs_in(
    served: tuple[str, str], language: str, options: dict[str, Any]
) -> None:
    from playwright.sync_api import sync_playwright

    address, token = served
    words = WORDS[language]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        root = Visitor(browser.new_context(**options).new_page(), address)
        root.goto("/")
        root.fill(token=token)
        root.send()
        root.fill(name="Root", shown_name="R. Oot", new_password=PASSWORD, again=PASSWORD)
        root.send()
        root.fill(name="root", password="wrong password")
        root.send()
        assert words["wrong"] in root.page.inner_text("main [role=alert]")
        root.sign_in("root", PASSWORD)
        root.goto("/users")
        root.fill(name="chen", shown_name="Rui Chen")
        root.page.check("main [value=technologist]")
        root.send()
        made = root.page.inner_text(".shown-once code")

        chen = Visitor(browser.new_context(**options).new_page(), address)
        chen.sign_in("chen", made)
        chen.fill(password=made, new_password="nine brown bears", again="nine brown bears")
        chen.send()
        chen.goto("/series")
        if language == "en":
            assert chen.page.inner_text("a.who") == "Rui Chen"

        root.goto("/users")
        assert words["role"] in root.page.inner_text("main table")
        root.goto("/tokens")
        root.fill(name="monitor")
        root.send()
        assert root.page.inner_text(".shown-once code").startswith("pp_")
        root.goto("/audit")
        root.page.click('form[action="/audit/verify"] button')
        root.page.wait_for_selector(".good-line")
        assert words["whole"] in root.page.inner_text(".good-line")
        root.look()
        complaints = root.complaints + chen.complaints
        browser.close()

    assert complaints == []
