"""Debian's Chromium as people use it, with everything taken down that must not happen in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from support.ports import eventually
from support.web_scene import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

T = TypeVar("T")

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DARK: dict[str, Any] = {"color_scheme": "dark"}
DEADLINE_MS = 60_000
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""What axe checks: WCAG 2.0 to 2.2, levels A and AA."""
HTML_LANGUAGE = {"en": "en", "zh": "zh-Hans"}

_TRAP = """
window.sprung = [];
for (const name of ["PPXSS1", "PPXSS2", "alert", "confirm", "prompt"])
    window[name] = () => { window.sprung.push(name); };
window.print = () => { window.printed = (window.printed || 0) + 1; };
document.addEventListener("securitypolicyviolation",
    (event) => { window.sprung.push(`policy ${event.violatedDirective} ${event.blockedURI}`); });
"""
_UNFIT = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    return [...document.querySelectorAll("body *")]
        .filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1)
        .map((e) => `${e.tagName}.${e.className}`).slice(0, 8);
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(
    browser: Browser, address: str, language: str = "en", *, expected: str = "", **options: Any
) -> Iterator[Window]:
    """Open a window of somebody, with cookies of its own.

    At the end of the block nothing may have been said in the console but what `expected` names, no
    other host asked for anything, and no text of a scanner run as a script.
    """
    context = browser.new_context(accept_downloads=True, **options)
    context.add_init_script(_TRAP)
    context.set_default_timeout(DEADLINE_MS)
    opened = Window(context.new_page(), address, language, expected)
    try:
        yield opened
        opened.nothing_sprung()
    finally:
        context.close()
    assert opened.complaints == [], opened.complaints


class Window:
    """A window of somebody, who looks at each page that comes."""

    def __init__(self, page: Page, address: str, language: str, expected: str = "") -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        self._language = language
        self._expected = expected
        page.on("console", lambda message: self._note(message.text))
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("dialog", lambda dialog: self._note(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._asked(request.url))

    def _note(self, text: str) -> None:
        if not (self._expected and self._expected in text):
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.address}/", "data:", "blob:")):
            self.complaints.append(f"another host: {url}")

    def goto(self, path: str) -> None:
        """Open a page."""
        self.page.goto(path if path.startswith(self.address) else self.address + path)

    def click(self, what: str) -> None:
        """Press something that leads to another page, and wait for it."""
        with self.page.expect_navigation():
            self.page.click(what)

    def sign_in(self, name: str, *, password: str = PASSWORD) -> None:
        """Fill the form that stands before everything, and send it."""
        self.page.fill("main [name=name]", name)
        self.page.fill("main [name=password]", password)
        self.click("main form button.main")

    def text(self, what: str = "main") -> str:
        """Return what is to be read, without the breaks of lines and the narrow spaces."""
        return " ".join(self.page.locator(what).first.inner_text().split())

    def said(self, *words: str, what: str = "main") -> None:
        """Wait until something is said; a page that renews itself takes a moment."""

        def read() -> bool:
            text = self.text(what)
            return all(word in text for word in words)

        eventually(read, seconds=180.0, what=f"{words} in {self.text(what)[:2000]}")

    def look(self, *, chapters: bool = False) -> None:
        """See that the page can be used by everybody, fits, and is in its language.

        A paper of several chapters has as many headings of the first rank.
        """
        self.fits()
        found = axe().run(self.page, options={"runOnly": RULES}).response["violations"]
        assert found == [], (self.page.url, [_told(each) for each in found])
        page = self.page
        assert page.locator("html").get_attribute("lang") == HTML_LANGUAGE[self._language]
        assert page.title().strip(" –") not in ("", "Photopeak"), page.url
        headings = page.locator("h1").count()
        assert headings == 1 or (chapters and headings), page.url
        self.nothing_sprung()

    def fits(self) -> None:
        """See that nothing sticks out at the side."""
        unfit = self.page.evaluate(_UNFIT)
        assert unfit == [], (self.page.url, unfit)

    def nothing_sprung(self) -> None:
        """See that no text was run as a script, and that the policy had nothing to stop."""
        sprung = self.page.evaluate("window.sprung")
        assert sprung == [], (self.page.url, sprung)

    def waited(self, condition: Callable[[], T | None], what: str) -> T:
        """Wait for a condition."""
        return eventually(condition, seconds=DEADLINE_MS / 1000, what=what)


@cache
def axe() -> Any:
    """Return axe-core."""
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


def _told(violation: dict[str, Any]) -> tuple[str, list[str]]:
    return violation["id"], [node["html"][:200] for node in violation["nodes"][:3]]
