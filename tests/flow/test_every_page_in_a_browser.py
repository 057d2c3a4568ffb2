"""Every page of the application in a real browser: for everybody, in every window, and never a script.

The pages are those that the application has, so that none can be forgotten: one that is new is
looked at, or fails here until `SUBJECTS` of `support/hostile_site.py` says what its address speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from photopeak.model.page import Access, may
from photopeak.model.people import ACCESS_BY_ROLE, Role
from support.browser import DARK, DESK, PHONE, Window, chromium
from support.hostile_site import Site, served
from support.web_scene import UNKNOWN

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_DAILY = {"/", "/series", "/results", "/trends", "/inbox", "/schedule", "/test-sets"}
_FURTHER = {
    "/alerts", "/devices", "/events", "/baselines", "/routes", "/associations", "/system",
    "/notifications", "/account",
}  # fmt: skip
_OPERATING, _REVIEWING = {"/measurements"}, {"/measurements", "/review"}
BAR = {
    "guest": _DAILY | _FURTHER,
    "chen": _DAILY | _FURTHER | _OPERATING,
    "lin": _DAILY | _FURTHER | _REVIEWING,
    "wu": _DAILY | _FURTHER | {"/audit"},
    "root": _DAILY | _FURTHER | _REVIEWING | {"/users", "/audit"},
}
"""What the bar of everybody leads to: viewer, technologist, physicist, auditor, administrator."""
ROLES = {
    "guest": Role.VIEWER, "chen": Role.TECHNOLOGIST, "lin": Role.PHYSICIST, "wu": Role.AUDITOR,
    "root": Role.ADMIN,
}  # fmt: skip
DIFFERENT = (
    "/", "/results/{bad}", "/inbox/{unknown}", "/alerts/{alert}", "/events/{event}", "/schedule",
    "/test-sets/{waiting}", "/limits/ws523", "/account",
)  # fmt: skip
"""Pages that look otherwise for who may do less, to be looked at besides."""
FOR_EVERYBODY = ("/logout", "/login")
PAPER = {"width": 794, "height": 1123}
"""An A4 page at 96 dots an inch."""
EXPORTS = (
    "/api/v1/results.csv", "/api/v1/results.ndjson", "/api/v1/results.xlsx",
    "/api/v1/results.quaac.json?performer=R.+Chen&email=chen@example.org",
    "/api/v1/audit.csv", "/api/v1/audit.json",
)  # fmt: skip


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
    assert faults == [], "\n".join(faults)


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
                opened.page.set_viewport_size(PAPER)
                printed(opened)
            except AssertionError as error:
                faults.append(f"{path}: {error}")
            opened.page.emulate_media(media="screen")
            opened.page.set_viewport_size(first["viewport"])
            opened.page.emulate_media(color_scheme=first["color_scheme"])
    return faults


def printed(opened: Window) -> None:
    """See that a page fits on paper: black on white, without the bar and what is to be pressed."""
    opened.page.emulate_media(media="print")
    opened.fits()
    left = """[...document.querySelectorAll("header.top, .acts button, .filters")]
        .filter((e) => e.getClientRects().length).map((e) => e.outerHTML.slice(0, 120))"""
    assert opened.page.evaluate(left) == []
    white = "getComputedStyle(document.body).backgroundColor"
    assert opened.page.evaluate(white) in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")


@pytest.mark.parametrize("name", sorted(ROLES))
def test_nobody_is_led_to_what_they_may_not_see_or_do(site: Site, name: str) -> None:
    role = ROLES[name]
    faults: list[str] = []
    targets: dict[str, str] = {}

    def allowed(access: Access) -> bool:
        return may(ACCESS_BY_ROLE[role], access, auditor=role is Role.AUDITOR)

    with site.window(name, **DESK) as opened:
        bar = opened.page.evaluate(
            "[...document.querySelectorAll('header.top nav a')].map(a => a.getAttribute('href'))"
        )
        assert set(bar) == BAR[name]
        ask = opened.page.context.request
        for path in (p for p in site.paths if not p.endswith((".pdf", ".svg"))):
            page, reply = site.page_of(path), ask.get(site.address + path)
            if (reply.status == 403) is allowed(page.access if page else Access.READ):
                faults.append(f"{path}: {reply.status}")
            if reply.status == 403 or "html" not in reply.headers["content-type"]:
                continue
            for form in re.findall(r"<form\b[^>]*>", reply.text()):
                action = re.search(r'action="([^"]*)"', form)
                if "post" in form and action:
                    asked = site.page_of(unescape(action[1]), "POST")
                    if asked is None and action[1] in FOR_EVERYBODY:
                        continue
                    if asked is None or not allowed(asked.access):
                        faults.append(f"{path}: {action[1]} is offered")
            for link in re.findall(r'href="(/[^"#]*)', reply.text()):
                targets.setdefault(re.sub(r"/[^/?]*\d[^/?]*", "/*", unescape(link)), unescape(link))
        refused = [each for each in targets.values() if ask.get(site.address + each).status == 403]
        faults += [f"a link leads to {each}" for each in refused]
        assert len(targets) > 40
    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize("name", ["guest", "chen", "wu"])
def test_pages_of_who_may_do_less_are_for_everybody(site: Site, name: str) -> None:
    look = DESK if site.language == "en" else {**PHONE, **DARK}
    with site.window(name, **look) as opened:
        for path in DIFFERENT:
            opened.goto(path.format(**site.ids, unknown=UNKNOWN))
            opened.look()


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
