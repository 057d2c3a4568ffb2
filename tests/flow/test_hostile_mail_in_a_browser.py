"""A scanner that sends markup as its name: the mail about it is read in a real browser, and is text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydicom import config
from pydicom.dataelem import DataElement

from photopeak.demo.consoles import waste_bag
from photopeak.demo.objects import MEDISO, write
from support.browser import DARK, DESK, PHONE, chromium
from support.department import Department, department, text_of
from support.programs import dcmtk

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pydicom.dataset import Dataset

IMAGE = "<img src=x onerror=PPXSS1()>"
SCRIPT = "</td></table><script>PPXSS2()</script>"
TURNED = "\u202egnp.exe\u202c"
LONG = "unbroken" * 200
LINK = '"><a href="https://evil.example/">x</a>'
EVERY_ALERT = """
[[routes]]
channels = ["mail"]
severities = ["info", "warning", "critical"]
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(params=["en", "zh"])
def house(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Department]:
    """Run a department that is told of everything, in each language."""
    with department(
        tmp_path / "service", browser, request.param, cameras=1, routes=EVERY_ALERT,
        settings={"listener": {"accept_unknown_callers": True}},
    ) as running:  # fmt: skip
        yield running


def strange_series(house: Department) -> Dataset:
    """Return a series whose every text is an attack."""
    began = datetime.now(house.zone).replace(microsecond=0) - timedelta(hours=1)
    dataset = waste_bag(MEDISO, began, np.random.default_rng(1))
    dataset.SpecificCharacterSet = "ISO_IR 192"
    for keyword, vr, text in (
        ("Manufacturer", "LO", IMAGE),
        ("ManufacturerModelName", "LO", TURNED + SCRIPT),
        ("DeviceSerialNumber", "LO", LONG),
        ("StationName", "SH", LINK),
        ("SeriesDescription", "LO", IMAGE + LINK),
    ):
        element = DataElement(keyword, vr, text, validation_mode=config.IGNORE)
        dataset[keyword] = element
    return dataset


def test_a_mail_about_a_hostile_scanner_is_text_and_leads_to_its_alert(house: Department) -> None:
    path = write(strange_series(house), house.scratch)
    dcmtk(
        "storescu", "-aet", "STRANGER", "-aec", "PHOTOPEAK",
        "127.0.0.1", house.service.dicom_port, path,
    )  # fmt: skip
    letter = house.letter(IMAGE)
    said = text_of(letter)
    assert SCRIPT in said
    assert not any(mark in said for mark in ("\u202e", "\u202c", "\x1b"))
    assert "\n" not in str(letter.mail["Subject"])

    look = {**PHONE, **DARK} if house.language == "zh" else DESK
    with house.mail_window(letter, **look) as window:
        window.look()
        window.said(IMAGE, SCRIPT, "unbrokenunbroken", "STRANGER")
        for kind in ("script", "img", "iframe", "[onerror]", "[onload]"):
            assert window.page.locator(kind).count() == 0, kind
        hosts = window.page.evaluate("[...document.links].map(a => a.origin)")
        assert set(hosts) == {window.address}
        window.page.unroute_all()
        row = window.page.locator("tbody tr").filter(has_text=IMAGE)
        link = row.locator("a").get_attribute("href")
        assert link
        assert link in said
        with window.page.expect_navigation():
            row.locator("a").click()
        window.sign_in("chen")
        assert window.page.url == link
        window.said(IMAGE, SCRIPT)
        window.look()
        window.page.fill("main [name=reason]", SCRIPT)
        window.click("main form[action$=acknowledge] button")
        window.said(house.words("Acknowledged", "已确认"), "chen", SCRIPT, what=".alert-history")
        window.look()
