"""What is decided by people, in a real browser: a signature on a result, a route that is taught."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from photopeak.demo.consoles import waste_bag
from photopeak.demo.objects import MEDISO
from support.browser import DESK, PHONE, chromium
from support.department import Department, department
from support.web_scene import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pydicom.dataset import Dataset


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
    with department(folder, browser, request.param, cameras=2) as running:
        yield running


def test_a_physicist_signs_a_result_and_the_auditor_sees_it_in_a_chain_that_is_whole(
    house: Department,
) -> None:
    result = house.analysed(house.push_flood(1, bad=True))
    reviewed = house.words("Reviewed", "已审核")
    # A browser notes that what was sent is shown again.
    with house.window_of("lin", "/review", expected="status of 422", **DESK) as window:
        window.look()
        window.click(f"#review-queue a[href$='{result['id']}']")
        window.look()
        window.page.fill("#sign [name=comment]", "A photomultiplier of head 2 is to be replaced.")
        window.page.fill("#sign [name=password]", "not the password")
        window.click("#sign button.main")
        window.said(house.words("password", "密码"), what="main [role=alert]")
        assert window.page.locator(".signatures").count() == 0
        window.look()
        window.page.fill("#sign [name=password]", PASSWORD)
        window.click("#sign button.main")
        # Who, with which meaning, and when: as 21 CFR 11.50 asks for.
        window.said("Dr. Lin", reviewed, "2026", what=".signatures")
        window.look()
        window.goto("/review")
        assert window.page.locator(f"#review-queue a[href$='{result['id']}']").count() == 0
    with house.window_of("chen", f"/results/{result['id']}", **PHONE) as window:
        window.said("Dr. Lin", reviewed, what=".signatures")
        assert window.page.locator("#sign").count() == 0
    with house.window_of("wu", f"/audit?subject={result['id']}", **DESK) as window:
        window.said("lin", "photomultiplier", what="main table")
        window.look()
        window.click("main form[action='/audit/verify'] button")
        window.said(house.words("The chain is whole", "链完整"), what=".good-line")


def bag(number: int) -> Dataset:
    """Return a bag of waste in front of a camera, which no rule knows."""
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    return waste_bag(MEDISO, began, np.random.default_rng(number))


def test_a_route_is_taught_from_a_series_that_nobody_knows_and_the_next_one_routes_itself(
    house: Department,
) -> None:
    unknown = house.push(2, bag(1))
    house.waited_for(unknown, "UNROUTED")
    with house.window_of("lin", "/inbox", **DESK) as window:
        window.look()
        window.click(f"a[href='/inbox/{unknown}']")
        window.look()
        window.goto(f"/inbox/{unknown}/teach")
        window.look()
        with window.page.expect_response(lambda r: r.url.endswith("/teach/look")):
            window.page.select_option("#target", "ignore")
        # What it would match in the past is shown before anything is decided.
        window.page.wait_for_selector("#teach .stack[aria-live] section")
        window.look()
        window.page.fill("#reason", "The weekly bag is no quality control")
        window.click("#teach button.main")
        window.look()
        assert house.state_of(unknown) == "UNROUTED"
        window.page.fill("form[action$=activate] [name=reason]", "Seen and right")
        window.click("form[action$=activate] button.main")
        window.look()
        window.click("form[action$=apply] button.main")
        house.waited_for(unknown, "NOT_QC")
        following = house.push(2, bag(2))
        house.waited_for(following, "NOT_QC")
        window.goto("/inbox")
        assert window.page.locator(f"a[href='/inbox/{unknown}']").count() == 0
        window.look()
