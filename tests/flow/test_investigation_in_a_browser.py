"""A physicist follows a signal in a real browser: from the board to its cause, and back to the board."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.browser import DARK, DESK, Window, chromium
from support.department import Department, department
from support.investigation import (
    DAYS,
    LATEST,
    OTHER_DAYS,
    OUTLIER_DAY,
    SERVICE_DAY,
    Scene,
    lived,
    number,
    push,
    result,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from photopeak.model.results import ResultRecord

INK = """
window.ink = {texts: new Set(), solid: new Set(), dashed: new Set()};
const said = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.ink.texts.add(text);
    return said.call(this, text, ...rest);
};
const drawn = CanvasRenderingContext2D.prototype.stroke;
CanvasRenderingContext2D.prototype.stroke = function (...rest) {
    (this.getLineDash().length ? window.ink.dashed : window.ink.solid).add(this.strokeStyle);
    return drawn.call(this, ...rest);
};
"""
"""Notes what is written and drawn on charts: a canvas tells nobody afterwards."""
WIDE = "+3.8 s"
"""Three standard deviations of many results, of a baseline of fifteen: t(0.99865, 14) sqrt(1 + 1/15)."""
OUTLIER_REASON = "source off centre <b>"
EVENT = 'Tubes of head 1 tuned "by hand"'
BASELINE_REASON = "steady since the tuning"
SEEN, ACTION = "the maker comes on Monday", "Uniformity map measured anew"
OWN = (OUTLIER_REASON, EVENT, BASELINE_REASON, SEEN, ACTION)
ENGLISH = re.compile(r"(?:\b[a-z]{2,}\b[ ,]+){3,}\b[a-z]{2,}\b", re.IGNORECASE)
"""Four words in a row that nobody would write in Chinese."""
QUOTED = ("nuclear cardiology guideline: action above",)
"""What a file of limits says of its source, as it stands there."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(params=["en", "zh"])
def house(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Department]:
    """Run a department in each language."""
    folder = tmp_path_factory.mktemp("house") / "service"
    with department(folder, browser, request.param, cameras=2) as running:
        yield running


def ewma(values: Sequence[float], start: float) -> float:
    """Return the weighted mean after some values, the newest counting 0.2."""
    mean = start
    for value in values:
        mean += 0.2 * (value - mean)
    return mean


class Physicist:
    """Dr. Lin at her screen, who knows what was measured."""

    def __init__(self, house: Department, window: Window, scene: Scene, latest: str) -> None:
        self.house = house
        self.window = window
        self.page = window.page
        self.say = house.words
        self.scene = scene
        self.latest = latest
        today = result(house, latest)
        self.days: dict[int, ResultRecord] = {**scene.days, 0: today}
        self.first = [number(self.days[ago]).value for ago in range(DAYS, DAYS - 15, -1)]
        self.centre = statistics.fmean(self.first)

    def value(self, ago: int, head: int = 1) -> float:
        """Return the integral uniformity of so many days ago."""
        return number(self.days[ago], head).value

    def values(self, first: int, last: int, *, without: int = -1) -> list[float]:
        """Return the numbers from one day to another."""
        return [self.value(ago) for ago in range(first, last - 1, -1) if ago != without]

    def look(self) -> None:
        """Look at a page: for everybody, and in Chinese no sentence that is still English."""
        self.window.look()
        if self.house.language == "zh":
            text = self.window.text()
            for own in (*OWN, *QUOTED):
                text = text.replace(own, "")
            assert ENGLISH.findall(text) == [], self.page.url

    def read(self, *words: str, what: str = "main") -> None:
        """Read something that is there."""
        text = self.window.text(what)
        missing = [word for word in words if word not in text]
        assert missing == [], (self.page.url, missing, text[:3000])

    def row(self, ago: int) -> str:
        """Return what the table of a trend says of a day."""
        return self.window.text(f"tr[data-result='{self.days[ago].id}']")

    def drawn(self, count: int) -> set[str]:
        """Wait until so many charts are drawn; returns what is written on them."""
        chart = self.page.locator("#trend-chart")
        self.window.waited(
            lambda: chart.get_attribute("data-drawn") == str(count), f"{count} charts are drawn"
        )
        return set(self.page.evaluate("[...window.ink.texts]"))

    def day(self, ago: int) -> str:
        """Return how a chart calls a day."""
        at = self.days[ago].acquired_at
        assert at is not None
        local = at.astimezone(self.house.zone)
        return self.say(f"{local.day} {local:%b}", f"{local.month}月{local.day}日")

    def sees_on_the_board_what_is_wrong(self) -> None:
        """Go from the board by the cell to the result, and from it to the trend."""
        found = f"{self.value(0):.1f} %"
        self.read(
            self.say(
                "Camera 1 · Intrinsic uniformity, detector 1", "Camera 1 · 固有均匀性，探头 1"
            ),
            self.say(
                f"Integral uniformity UFOV {found}: more than 3 standard deviations off its baseline",
                f"积分均匀性 有效视野 {found}：偏离基线超过3倍标准差",
            ),
            what=".attention",
        )
        assert self.page.locator(".attention li").count() == 2
        self.look()
        cell = self.page.locator("table.matrix tbody tr").first.locator("td a").first
        with self.page.expect_navigation():
            cell.click()
        assert self.page.url.endswith(f"/results/{self.latest}")
        self.read(self.say("Pass", "合格").upper(), what=".verdict")
        self.read("1_3s", "2_2s", "EWMA", what=".signal-lines")
        self.look()
        self.window.click(".signal-lines li:has-text('1_3s') a")

    def reads_the_trend(self) -> None:
        """See tolerance and control limits, the band of the baseline, and the first signal."""
        latest, centre = self.value(0), self.centre
        self.read(
            f"{latest:.1f} %", "± 0.2", self.say("warning ≤ 5.0", "警告 ≤ 5.0"), f"{centre:.2f}",
            "s = 0.10", self.say("version 1, 15 results", "版本 1"), "Dr. Wang",
            f"{latest - centre:+.1f}", f"z = {(latest - centre) / 0.1:+.1f}",
            what=".trend-stats",
        )  # fmt: skip
        # What a policy says is drawn solid, what the statistics say dashed, in ink of its own.
        written = self.drawn(2)
        begun = next(ago for ago in range(DAYS, -1, -1) if "EWMA" in self.row(ago))
        assert SERVICE_DAY - 2 <= begun < SERVICE_DAY
        assert {
            self.say("Limit 5.5", "限值 5.5"), self.say("Warning 5", "警告 5"),
            self.say("Baseline", "基线"), WIDE,
            self.say(f"first signal {self.day(begun)}", f"首个信号 {self.day(begun)}"),
        } <= written, written  # fmt: skip
        ink = self.page.evaluate("[[...window.ink.solid], [...window.ink.dashed]]")
        assert set(ink[1]) - set(ink[0])
        weighted = ewma(self.values(DAYS - 15, begun), centre)
        self.assert_in(f"{weighted:.2f} (≤ ", self.row(begun))
        self.page.focus("#trend-chart")
        self.page.keyboard.press("End")
        self.read(f"{latest:.1f} ± 0.2 % (k = 2)", "1_3s", what="#trend-read")
        self.look()

    def takes_out_the_outlier(self) -> None:
        """Exclude a point with a reason: its marker, its row and the statistics change."""
        after = OUTLIER_DAY - 1
        with_it = ewma(self.values(DAYS - 15, after), self.centre)
        without = ewma(self.values(DAYS - 15, after, without=OUTLIER_DAY), self.centre)
        self.assert_in(f"{with_it:.2f} (≤ ", self.row(after))
        self.read(self.say("2 times", "2 次"), what="aside li:has-text('R_4s')")
        with self.page.expect_navigation():
            self.page.click(f"tr[data-result='{self.days[OUTLIER_DAY].id}'] td:last-child a")
        self.read(f"{self.value(OUTLIER_DAY):.1f}", what="h1")
        self.look()
        self.page.fill("main [name=reason]", OUTLIER_REASON)
        self.window.click("main form[action='/trends/exclude'] button.main")
        self.drawn(2)
        out = self.row(OUTLIER_DAY)
        self.assert_in(self.say("Excluded", "已移出"), out)
        self.assert_in(OUTLIER_REASON, out)
        self.assert_in("lin", out)
        self.assert_in(f"{without:.2f} (≤ ", self.row(after))
        assert self.window.text("aside li:has-text('R_4s')").count("2") == 0
        excluded = self.page.locator("#trend-chart").get_attribute("data-trend") or ""
        points = self.page.evaluate("a => fetch(a).then(r => r.json())", excluded)["points"]
        (left_out,) = (p for p in points if not p["counts"])
        assert left_out["result"] == self.days[OUTLIER_DAY].id
        self.look()

    def assert_in(self, said: str, text: str) -> None:
        """See that something is said."""
        assert said in text, (said, text)

    def records_the_service(self) -> None:
        """Note the event that explains the step: the trend begins anew with it."""
        at = self.days[SERVICE_DAY].acquired_at
        assert at is not None
        self.window.click(".head .acts a[href^='/events/new']")
        assert self.page.input_value("main [name=device]") == "camera-1"
        self.look()
        form = "main form[action='/events']"
        local = at.astimezone(self.house.zone) + timedelta(hours=6)
        self.page.select_option(f"{form} [name=kind]", "service")
        self.page.fill(f"{form} [name=at]", f"{local:%Y-%m-%dT%H:%M}")
        self.page.fill(f"{form} [name=text]", EVENT)
        self.page.fill(f"{form} [name=detector]", "1")
        self.page.fill(f"{form} [name=owner]", "Siemens")
        self.page.check(f"{form} [name=epoch][value=starts]")
        self.window.click(f"{form} button.main")
        self.read(EVENT, "Siemens", self.say("Yes, they begin anew", "是，重新开始"))
        self.look()
        # Who asks for no number sees the one that is watched.
        self.window.click(".head .acts a[href^='/trends']")
        before = statistics.fmean(self.values(SERVICE_DAY + 9, SERVICE_DAY))
        after = statistics.fmean(self.values(SERVICE_DAY - 1, 9, without=OUTLIER_DAY)[:10])
        self.read(
            self.say("none accepted; 19 results since", "上次重置以来有 19 个结果"),
            what=".trend-stats",
        )
        self.read(
            self.say("None.", "无。"),
            EVENT,
            self.say(
                f"{before:.2f} % before, {after:.2f} % after (p < 0.001)",
                f"之前 {before:.2f} %，之后 {after:.2f} %（p < 0.001）",
            ),
            what="aside",
        )
        written = self.drawn(2)
        assert any(text.startswith("Tubes of head 1") for text in written), written
        self.look()

    def accepts_a_baseline(self) -> None:
        """Propose what is new, see what it would change, and accept it: a version."""
        chosen = self.values(SERVICE_DAY - 1, 0, without=OUTLIER_DAY)
        mean = statistics.fmean(chosen)
        self.window.click(".head .acts a.main")
        self.read(
            f"{mean:.2f} %", f"{statistics.stdev(chosen):.2f}",
            self.say("In place of version 1", "取代版本 1"), f"{self.centre:.2f}, s = ",
            "after acceptance", what="section:has(#would-title)",
        )  # fmt: skip
        self.read(str(len(chosen)), what="section:has(#points-title) .aside")
        self.look()
        self.page.fill("form[action='/baselines'] [name=reason]", BASELINE_REASON)
        self.window.click("form[action='/baselines'] button.main")
        self.drawn(2)
        self.read(
            f"{mean:.2f}", self.say("version 2, 19 results", "版本 2"), "lin", what=".trend-stats"
        )
        self.read(self.say("None.", "无。"), what="aside")
        self.look()
        self.window.click(".head .acts a[href^='/baselines']")
        rows = self.page.locator(".baseline-table tbody tr").all_inner_texts()
        assert len(rows) == 2
        self.assert_in(f"{mean:.2f} %", rows[0])
        self.assert_in(BASELINE_REASON, rows[0])
        self.assert_in(self.say("in force", "现行"), rows[0])
        self.assert_in(f"{self.centre:.2f} %", rows[1])
        self.assert_in("after acceptance", rows[1])
        self.look()
        self.page.go_back()

    def compares_heads_and_systems(self) -> None:
        """Draw the other head, then the other camera, in the same chart."""
        pairs = [
            self.value(ago) - self.value(ago, head=2)
            for ago in range(DAYS + 1)
            if ago != OUTLIER_DAY
        ]
        self.drawn(2)
        self.page.select_option("[name=other]", "detector:2")
        self.page.wait_for_url("**other=detector*")
        self.drawn(3)
        self.compared(pairs)
        self.look()
        systems = [
            self.value(ago) - number(self.scene.other[ago]).value
            for ago in range(1, OTHER_DAYS + 1)
            if ago != OUTLIER_DAY
        ]
        self.page.select_option("[name=other]", "device:camera-2")
        self.page.wait_for_url("**other=device*")
        self.drawn(3)
        self.compared(systems)
        self.look()
        self.page.select_option("[name=other]", "")
        self.page.wait_for_url(lambda address: "other=d" not in address)

    def compared(self, differences: Sequence[float]) -> None:
        """Read what a comparison says."""
        mean, spread = statistics.fmean(differences), statistics.stdev(differences)
        low, high = (f"{mean + side * 1.96 * spread:+.2f}" for side in (-1, 1))
        said = self.window.text("section:has(#compare-title) dl")
        self.assert_in(f"{self.say('Days with both', '同日测量天数')} {len(differences)}", said)
        self.assert_in(f"{self.say('Mean difference', '平均差值')} {mean:+.2f} %", said)
        self.assert_in(f"{low} % … {high} %", said)

    def looks_at_the_image_behind_a_point(self) -> None:
        """Open the result of a point by keys, and lay the first flood beside it."""
        self.drawn(2)
        self.page.focus("#trend-chart")
        self.page.keyboard.press("End")
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        assert self.page.url.endswith(f"/results/{self.latest}")
        flood = self.page.locator(".head-card figure img").first
        assert flood.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
        drawing = self.page.evaluate(
            "a => fetch(a).then(r => r.text())",
            self.page.locator(".head-card figcaption a[href$='.svg']").first.get_attribute("href"),
        )
        for overlay in ("UFOV", "CFOV", "min ", "max ", "DU x", "DU y"):
            self.assert_in(overlay, drawing)
        self.window.goto(f"/results/{self.scene.first.id}")
        fold = self.page.locator("details.choose-reference").first
        fold.locator("summary").click()
        fold.locator("[name=reason]").fill("acceptance")
        with self.page.expect_navigation():
            fold.locator("button").click()
        self.look()
        self.window.goto(f"/results/{self.latest}")
        pair = self.page.locator(".reference-pair").first
        pair.scroll_into_view_if_needed()
        every = "p => [...p.querySelectorAll('img')].map(i => i.complete && i.naturalWidth > 100)"
        self.window.waited(
            lambda: pair.evaluate(every) == [True, True], "reference and difference are drawn"
        )
        self.read(
            self.say("Difference from the reference", "与参考图像之差"), what=".reference-pair"
        )
        self.look()

    def notes_what_was_done_and_sees_it_pass(self) -> None:
        """Take notice, note the action, and see it linked with the repeat that passes."""
        self.window.goto("/")
        self.window.click(".attention li:has-text('3') .do a[href^='/alerts/']")
        alert = self.page.url
        self.page.fill("main [name=reason]", SEEN)
        self.window.click("main form[action$=acknowledge] button")
        self.read(self.say("Acknowledged", "已确认"), "lin", SEEN, what=".alert-history")
        self.look()
        self.window.click(".head .acts a[href^='/events/new?alert=']")
        form = "main form[action='/events']"
        assert self.page.input_value(f"{form} [name=answers_alert]") == alert.rsplit("/", 1)[1]
        chosen = self.page.locator(f"{form} [name=answers_alert] option:checked").inner_text()
        self.assert_in(
            self.say(
                "Intrinsic uniformity, detector 1 · Trend: 1_3s", "固有均匀性，探头 1 · 趋势：1_3s"
            ),
            chosen,
        )
        self.page.select_option(f"{form} [name=kind]", "corrective_action")
        self.page.fill(f"{form} [name=text]", ACTION)
        self.page.fill(
            f"{form} [name=at]", self.page.input_value(f"{form} [name=at]")[:10] + "T00:00"
        )
        self.window.click(f"{form} button.main")
        self.read(ACTION, self.say("no passing repeat yet", "尚无合格复测"))
        self.look()
        event = self.page.url

        repeat = push(self.house, minutes_ago=5, first=LATEST)

        def returned() -> bool:
            self.page.reload()
            return self.page.locator(f"main dd a[href='/results/{repeat}']").count() == 1

        self.window.waited(returned, "the action is linked with the repeat that passes")
        self.read(self.say("Returned to service by", "恢复使用的依据"))
        self.look()
        self.window.goto(alert)
        self.read(self.say("Resolved", "已解除"), SEEN, what=".alert-history")
        self.look()
        self.window.goto("/")
        self.read(self.say("Ready", "可以使用"), what="#tile-camera-1 .word")
        assert self.page.locator(".attention").count() == 0
        self.window.click("table.matrix tbody tr:first-child th a")
        self.read(EVENT, ACTION, what="aside")
        self.look()
        self.window.click(f"aside a[href='{event[len(self.window.address) :]}']")
        self.read(ACTION)


def test_a_signal_is_followed_to_its_cause_and_answered(house: Department) -> None:
    scene = lived(house)
    latest = push(house, first=LATEST)
    look = {**DESK, **DARK} if house.language == "zh" else DESK
    with house.window(**look) as window:
        window.page.context.add_init_script(INK)
        window.goto("/")
        window.sign_in("lin")
        lin = Physicist(house, window, scene, latest)
        lin.sees_on_the_board_what_is_wrong()
        lin.reads_the_trend()
        lin.takes_out_the_outlier()
        lin.records_the_service()
        lin.accepts_a_baseline()
        lin.compares_heads_and_systems()
        lin.looks_at_the_image_behind_a_point()
        lin.notes_what_was_done_and_sees_it_pass()
