"""A physicist reviews the morning in a real browser: looks, compares, signs one and many, is locked out of change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.difference import ask_difference
from photopeak.api.app import create_app
from photopeak.api.server import run
from photopeak.model.reviews import Meaning, in_force
from photopeak.reviews import acts
from photopeak.reviews.pairs import Differences
from photopeak.reviews.signing import Signer
from photopeak.settings import Settings, SiteSettings, WebSettings, WorkSettings
from photopeak.storage import reviews
from photopeak.storage.database import Database
from support import web_scene
from support.browser import DARK, DESK, PHONE, Window, chromium, window
from support.rows import NOON

PASSWORD = web_scene.PASSWORD
WORDS = {
    "en": {
        "wrong": "Nothing was signed: your password is needed, and right.",
        "locked": "signed and locked",
        "signed": "Reviewed · Rui Chen",
        "difference": "Difference from the reference",
        "done": "1 result was signed",
        "empty": "Nothing waits for a review",
        "comment": "Comment · Rui Chen",
    },
    "zh": {
        "wrong": "未签名：需要正确的密码。",
        "locked": "已签名并锁定",
        "signed": "已审核 · Rui Chen",
        "difference": "与参考图像之差",
        "done": "已签名1个结果",
        "empty": "没有待审核的结果",
        "comment": "评论 · Rui Chen",
    },
}


@pytest.fixture
def served(
    sqlite_database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[str, dict[str, str]]]:
    """Serve the small site in one language, with a reference image; return address and ids."""
    database = sqlite_database
    ids = web_scene.fill(database)
    web_scene.make_user(database, "physicist", name="chen", shown_name="Rui Chen")
    with database.transaction() as tx:
        who = Signer(name="chen", printed_name="Rui Chen")
        acts.choose_reference(tx, ids["good"], "flood", "acceptance", who=who, now=NOON)
    settings = Settings(
        data=tmp_path / "data",
        web=WebSettings(port=0),
        site=SiteSettings(language=request.param, time_zone="Asia/Shanghai"),
    )
    context, _, _ = web_scene.contexts(
        database, tmp_path / "data", settings=settings, clock=lambda: datetime.now(UTC)
    )
    process = AnalysisProcess(WorkSettings())
    differences = Differences(
        database, lambda here, there, title: ask_difference(process, here, there, title)
    )
    context = replace(context, difference=differences.of)
    ports: list[int] = []
    ready, stop = threading.Event(), threading.Event()

    def announce(port: int) -> None:
        ports.append(port)
        ready.set()

    server = threading.Thread(target=run, args=(create_app(context), settings.web, announce, stop))
    server.start()
    try:
        assert ready.wait(30.0)
        yield f"http://127.0.0.1:{ports[0]}", ids
    finally:
        stop.set()
        server.join(30.0)
        process.close()


def sign(opened: Window, password: str) -> None:
    """Fill in the password and sign."""
    opened.page.fill(".sign-form [name=password]", password)
    opened.click(".sign-form button.main")


def drawn(opened: Window) -> None:
    """Wait for the pictures beside the flood."""
    opened.page.locator(".reference-pair").scroll_into_view_if_needed()
    every = "[...document.querySelectorAll('.reference-pair img')].map(i => i.naturalWidth > 0)"
    opened.waited(
        lambda: opened.page.evaluate(every) == [True, True], "reference and difference are drawn"
    )


@pytest.mark.parametrize(
    ("served", "language", "options"),
    [("en", "en", DESK), ("zh", "zh", {**PHONE, **DARK})],
    indirect=["served"],
)
def test_a_physicist_reviews_the_morning(
    served: tuple[str, dict[str, str]],
    language: str,
    options: dict[str, Any],
    sqlite_database: Database,
) -> None:
    address, ids = served
    words = WORDS[language]
    with (
        chromium() as browser,
        window(browser, address, language, expected="status of 422", **options) as opened,
    ):
        opened.goto("/review")
        opened.sign_in("chen")
        opened.goto("/review")
        opened.look()
        # By keys: down to the worst, and open it.
        opened.page.keyboard.press("j")
        with opened.page.expect_navigation():
            opened.page.keyboard.press("r")
        assert opened.page.url.endswith(f"/results/{ids['bad']}")
        drawn(opened)
        opened.said(words["difference"])
        opened.look()

        opened.page.fill(".result-history + form textarea", "service called <b>today</b>")
        opened.click(".result-history + form button")
        opened.said(words["comment"], "service called <b>today</b>", what=".result-history")

        opened.page.keyboard.press("r")
        assert opened.page.evaluate("document.activeElement.name") == "comment"
        opened.page.fill("#sign [name=comment]", "tubes drifted")
        sign(opened, "not the password")
        opened.said(words["wrong"])
        assert opened.page.input_value("#sign [name=comment]") == "tubes drifted"
        opened.look()
        sign(opened, PASSWORD)
        opened.said(words["locked"], words["signed"], "tubes drifted", what="#review")
        opened.look()
        with sqlite_database.snapshot() as tx:
            (kept,) = in_force(reviews.of_result(tx, ids["bad"]))
        assert (kept.by, kept.printed_name, kept.meaning, kept.comment) == (
            "chen", "Rui Chen", Meaning.REVIEWED, "tubes drifted",
        )  # fmt: skip

        # Passing ones together: exactly what is listed.
        opened.goto("/review")
        opened.page.check("[data-action=choose-all]")
        opened.click("#review-queue .queue-acts button")
        assert opened.page.locator("tbody tr").count() == 1
        opened.look()
        sign(opened, PASSWORD)
        opened.said(words["done"])
        opened.look()

        # What has no result is looked at by itself; then nothing waits.
        opened.click("[data-rows] a.row")
        sign(opened, PASSWORD)
        opened.said(words["locked"], what="#review")
        opened.goto("/review")
        opened.said(words["empty"])
        opened.look()


@pytest.mark.parametrize("served", ["en"], indirect=True)
def test_keys_can_be_turned_off(served: tuple[str, dict[str, str]]) -> None:
    address, ids = served
    with chromium() as browser, window(browser, address, **DESK) as opened:
        opened.goto(f"/results/{ids['bad']}")
        opened.sign_in("chen")
        opened.goto(f"/results/{ids['bad']}")
        with opened.page.expect_navigation():
            opened.page.keyboard.press("[")
        assert opened.page.url.endswith(ids["good"])
        opened.page.click("[data-keys] summary")
        opened.page.uncheck("[data-action=keys]")
        opened.page.keyboard.press("Escape")
        opened.page.keyboard.press("]")
        opened.page.keyboard.press("r")
        assert opened.page.evaluate("document.activeElement.name") != "comment"
        assert opened.page.url.endswith(ids["good"])


@pytest.mark.parametrize("served", ["en"], indirect=True)
def test_keys_lead_through_the_pages_and_are_all_told(served: tuple[str, dict[str, str]]) -> None:
    address, _ = served
    with chromium() as browser, window(browser, address, **DESK) as opened:
        opened.goto("/alerts")
        opened.sign_in("chen")
        opened.goto("/alerts")
        page, press = opened.page, opened.page.keyboard.press

        press("/")
        assert page.evaluate("document.activeElement.closest('[role=search]') !== null")
        press("?")  # a field keeps its keys
        assert not page.evaluate("document.getElementById('keys-help').open")
        page.evaluate("document.activeElement.blur()")
        press("?")
        assert page.is_visible("#keys-help")
        opened.look()
        press("g")
        press("t")  # and so does the dialog
        assert page.url.endswith("/alerts")
        page.click("[data-action=keys-close]")
        assert not page.is_visible("#keys-help")

        press("j")
        with page.expect_navigation():
            press("a")
        assert page.url.endswith("#acknowledge")
        assert page.evaluate("document.activeElement.name") == "reason"
        page.evaluate("document.activeElement.blur()")
        for key, path in (("i", "/inbox"), ("t", "/trends"), ("b", "/")):
            press("g")
            with page.expect_navigation():
                press(key)
            assert page.url.startswith(address + path)
        press("t")
        press("a")  # what needs attention first
        page.wait_for_url("**#acknowledge")

        page.click("[data-action=keys-help]")
        page.uncheck("#keys-help [data-action=keys]")
        press("Escape")
        page.evaluate("document.activeElement.blur()")
        for key in ("?", "g", "b", "j"):
            press(key)
        assert not page.is_visible("#keys-help")
        assert page.url.endswith("#acknowledge")
