"""A series that nobody knows is taught in a real browser, and the next one like it is known by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from photopeak.demo.consoles import flood
from photopeak.demo.objects import SIEMENS, Labels, write
from support import pushes
from support.browser import DARK, DESK, PHONE, Window, chromium, window
from support.ports import free_port
from support.programs import dcmtk
from support.service import Service, running_service

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LESSON = {
    "en": ("Kim Tuesday 1", "Kim Tuesday 2"),
    "zh": ("林医生周二 1", "林医生周二 2"),
}
SAID = {
    "en": {
        "inbox": "Inbox", "matches": "Matches 1 past series, 0 claimed by another rule",
        "routed": "It goes to a test", "draft": "Not in force", "active": "In force",
        "fail": "FAIL", "again": "1 past series is routed again.", "empty": "No past series has these texts",
    },
    "zh": {
        "inbox": "待识别", "matches": "与过去 1 个序列相符，其中 0 个已属其他规则",
        "routed": "归入检测", "draft": "未生效", "active": "生效",
        "fail": "不合格", "again": "正在重新判定 1 个过去的序列。", "empty": "过去没有这样的序列",
    },
}  # fmt: skip


@dataclass
class Site:
    """A service with its pages in two languages, and a browser."""

    service: Service
    addresses: dict[str, str]
    browser: Browser

    @contextmanager
    def window(self, language: str, **options: Any) -> Iterator[Window]:
        """Open a window in which the administrator has signed in."""
        with window(self.browser, self.addresses[language], language, **options) as opened:
            opened.goto("/login?with=token")
            opened.page.fill("[name=token]", self.service.token)
            opened.click("main form:has([name=token]) button[type=submit]")
            yield opened


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("teaching") / "service"
    settings = {"inbox": {"quiet_s": 0.4}}
    with (
        running_service(folder, devices=pushes.DEVICES, settings=settings) as service,
        chromium() as browser,
    ):
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        chinese = Service(
            service.folder, service.dicom_port, address, service.token,
            {"PHOTOPEAK_SITE__LANGUAGE": "zh", "PHOTOPEAK_WEB__PORT": str(port)},
        )  # fmt: skip
        try:
            chinese.start("web", name="web-zh")
            chinese.wait_until_up()
            yield Site(service, {"en": service.url, "zh": address}, browser)
        finally:
            chinese.stop()


def push(service: Service, folder: Path, series: str, seed: int) -> str:
    """Send a flood that is too uneven to be known by its pixels; returns its series."""
    now = datetime.now(UTC).replace(microsecond=0)
    measured = flood(SIEMENS, Labels(series=series), now, np.random.default_rng(seed))
    measured.SpecificCharacterSet = "ISO_IR 192"
    shape = (-1, measured.Rows, measured.Columns)
    counts = np.frombuffer(measured.PixelData, dtype=np.uint16).reshape(shape)
    uneven = counts * np.linspace(0.15, 1.0, measured.Columns)
    measured.PixelData = uneven.astype(np.uint16).tobytes()
    path = write(measured, folder)
    dcmtk(
        "storescu", "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port, path, nodelay=True
    )  # fmt: skip
    uid = pushes.series_of(path)
    pushes.settled(service, uid)
    return uid


@contextmanager
def renewed(opened: Window) -> Iterator[None]:
    """Change something in the form, and wait until it has come back with what that matches."""
    opened.page.evaluate("document.getElementById('teach').dataset.old = '1'")
    yield
    # With this class gone htmx listens to what has come.
    opened.page.wait_for_selector("#teach:not([data-old]):not(.htmx-added)")


@pytest.mark.parametrize(
    ("language", "look"), [("en", DESK), ("zh", {**PHONE, **DARK})], ids=["en", "zh"]
)
def test_what_is_taught_once_is_known_the_next_time(
    site: Site, tmp_path: Path, language: str, look: dict[str, Any]
) -> None:
    first, second = LESSON[language]
    said = SAID[language]
    uid = push(site.service, tmp_path, first, 11)
    assert pushes.state_of(site.service, uid) == "UNROUTED"
    with site.window(language, **look) as opened:
        page = opened.page
        opened.goto("/inbox")
        opened.said(said["inbox"], first)
        opened.look()
        opened.goto(f"/inbox/{uid}")
        opened.look()
        opened.goto("/inbox")
        opened.click(f'a[href="/inbox/{uid}/teach"]')
        opened.said(said["matches"])
        assert page.locator('[name="text:SeriesDescription"]').is_checked()
        with renewed(opened):
            page.uncheck('[name="text:SeriesDescription"]')
        assert said["matches"] not in opened.text("#teach")
        with renewed(opened):
            page.check('[name="text:SeriesDescription"]')
        with renewed(opened):
            page.select_option('[name="number:SeriesDescription:0"]', "any")
        with renewed(opened):
            page.select_option("[name=target]", "intrinsic_uniformity/nema/flood")
        opened.said(said["matches"])
        opened.look()
        opened.click("button[value=try]")
        opened.said(said["routed"])
        opened.look()
        page.fill("[name=reason]", "our Tuesday flood")
        opened.click("button[value=save]")
        opened.said(said["draft"])
        opened.look()
        page.fill("form[action$=activate] [name=reason]", "looked at the match")
        opened.click("form[action$=activate] button")
        opened.said(said["active"])
        opened.click("form[action$=apply] button")
        opened.said(said["again"])
        opened.look()
        pushes.settled(site.service, uid)
        assert "intrinsic_uniformity" in pushes.results_of(site.service, uid)

        following = push(site.service, tmp_path, second, 12)
        decision = site.service.api(f"/series/{following}")["decision"]
        assert decision["rule"].startswith("taught:")
        result = pushes.results_of(site.service, following)["intrinsic_uniformity"]
        assert result["status"] == "FAIL"
        # The board has it: the cell says by how much, and leads to what was taught and judged.
        opened.goto("/")
        cell = page.locator(f"table.matrix td a[href='/results/{result['id']}']")
        opened.waited(lambda: cell.count() == 1, f"the board shows {opened.text()[:1500]}")
        opened.look()
        worst = max(m["value"] for m in result["measurements"] if m["metric"] == "iu_ufov")
        assert worst > 50.0
        with page.expect_navigation():
            cell.click()
        opened.said(said["fail"], what=".verdict")
        opened.look()
        for path in ("/routes", f"/routes/taught/{decision['rule'][7:]}", "/inbox"):
            opened.goto(path)
            opened.look()
        opened.goto("/routes/history?rule=generic_qc")
        opened.look()
        opened.goto(f"/routes/test?series={uid}")
        opened.said(said["routed"])
        opened.look()
        page.set_input_files("#file-test [name=file]", next(tmp_path.glob("*.dcm")))
        page.click("#file-test button")
        opened.said(said["routed"], what="#file-decision")
        opened.look()
