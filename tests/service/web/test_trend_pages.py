"""Pages of trends, baselines, limits and events: what they say, and what people do on them."""

from __future__ import annotations

import ast
import inspect
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from photopeak.model.page import Access, Page, PageReply, PageRequest, Visitor
from photopeak.model.trends import EpochEffect, EventKind, Side, Signal, SignalLevel
from photopeak.settings import DatabaseSettings, Settings, SiteSettings
from photopeak.storage import audit, events, exclusions, limits, migrations, results
from photopeak.storage.database import Database, open_database
from photopeak.trends import keeping
from photopeak.web import event_fields, event_pages, signal_words
from photopeak.web.chart_words import chart_words
from photopeak.web.pages import all_pages
from photopeak.web.signal_words import LEVEL, SignalWords, days_between
from photopeak.web.times import Clockwork
from photopeak.web.trend_address import number_name, number_of, trend_address
from photopeak.web.trend_views import KIND, signed_text
from photopeak.web.words import CATALOGUES, Words
from support import trend_rows, trend_scene, web_scene
from support.rows import NOON
from support.trend_points import KEY, limit, points

CHOSEN = {"device": "camera-1", "test": trend_scene.TEST, "number": trend_scene.NAME}


@dataclass
class Site:
    """Pages called without a server."""

    database: Database
    ids: dict[str, str]
    pages: dict[tuple[str, str], Page]

    def call(
        self, method: str, page: str, access: Access = Access.REVIEW, **values: Any
    ) -> PageReply:
        visitor = Visitor(name="R. Chen", access=access, csrf_token="t")
        return self.pages[method, page].answer(PageRequest(visitor=visitor, **values))

    def text(self, page: str, access: Access = Access.REVIEW, **values: Any) -> str:
        return plain(self.call("GET", page, access, **values).html)


Make = Callable[..., Site]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return the folder of a filled database, to be copied, and what is in it."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    folder.mkdir()
    with closing(open_database(DatabaseSettings(), folder)) as database:
        migrations.upgrade(database)
        ids = trend_scene.fill(database)
        trend_scene.put_limits(database)
    return folder, ids


@pytest.fixture
def make(tmp_path: Path, filled: tuple[Path, dict[str, str]]) -> Iterator[Make]:
    data = shutil.copytree(filled[0], tmp_path / "data")
    with closing(open_database(DatabaseSettings(), data)) as database:

        def made(*, language: str = "en") -> Site:
            site = SiteSettings(language=language, time_zone="Asia/Shanghai")
            _, web, _ = web_scene.contexts(database, data, settings=Settings(data=data, site=site))
            return Site(database, filled[1], {(p.method, p.path): p for p in all_pages(web)})

        yield made


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def row_of(html: str, result_id: str) -> str:
    found = re.search(rf'data-result="{result_id}".*?</tr>', html, re.DOTALL)
    assert found is not None
    return plain(found[0])


def test_a_trend_says_where_it_stands_what_it_shows_and_every_point(make: Make) -> None:
    site = make()
    html = site.call("GET", "/trends", query=CHOSEN).html
    said = plain(html)

    assert "version 1, 20 results from Tue 25 Nov 2025, R. Chen" in said
    assert "Rising by 2.812 % in 30 days (last 27 results, p &lt; 0.001)." in said
    assert "The line is at the limit of 3.00 % already." in said
    assert "1_3s Out of control More than 3 standard deviations above the baseline" in said
    assert html.count("data-result=") == trend_scene.DAYS
    last = row_of(html, site.ids["day 119"])
    assert "Fail 3.57 ± 0.10 ± 3.00, warning ≤ 2.50 0.300 +2.76 +22.3" in last
    assert "1_3s 2_2s" in last
    assert "Excluded" in row_of(html, site.ids["day 60"])
    assert "source off centre (R. Chen)" in row_of(html, site.ids["day 60"])
    assert "Not valid; it is shown and never counts." in row_of(html, site.ids["day 70"])
    assert "part of the baseline" in row_of(html, site.ids["day 30"])
    assert "New photomultiplier &lt;34&gt;, 21.5 °C, 45 % relative humidity" in said
    assert "Baseline 1 begins" in said
    assert "The mean changed" in said
    assert "Analyzer changed 1.0 → 1.1" in " ".join(said.split())


def test_a_limit_is_tried_on_the_trend_that_is_shown(make: Make) -> None:
    html = make().call("GET", "/trends", query={**CHOSEN, "at_most": "2.5", "days": "90"}).html
    card = html.partition('id="try-limit"')[2].partition("</section>")[0]

    assert "Of the last 90 results it would fail" in plain(card)
    assert 'name="at_most" type="number" step="any" value="2.5"' in card
    assert 'name="days" value="90"' in card  # what is chosen stays
    assert card.count('href="/results/') == 5


def test_an_address_without_a_choice_shows_what_there_is(make: Make) -> None:
    site = make()

    assert "Shift of the photopeak, detector" in site.text("/trends", query={})
    wrong = {"device": "camera-1", "test": "never/heard", "number": "of{"}
    assert "Shift of the photopeak" in site.text("/trends", query=wrong)
    assert "No results of other yet" in site.text("/trends", query={"device": "other"})


def test_who_asks_for_nothing_sees_a_number_that_has_a_baseline(make: Make) -> None:
    site = make()
    with site.database.transaction() as tx:
        number = trend_rows.number(0.0, metric="missing", label="Missing", scope={})
        trend_rows.store(tx, NOON, [number], uid="1.2.9", test="another", variant="any")

    assert "Shift of the photopeak, detector" in site.text("/trends", query={})


@pytest.mark.parametrize(
    ("value", "said"), [(-0.04, "0.0"), (0.04, "0.0"), (0.06, "+0.1"), (-0.06, "-0.1")]
)
def test_a_difference_that_rounds_to_nothing_has_no_sign(value: float, said: str) -> None:
    assert signed_text(value, 1) == said


def test_everything_that_is_chosen_stays_in_the_address(make: Make) -> None:
    chosen = {**CHOSEN, "other": "detector:2", "days": "90", "log": "1", "until": "2026-02-20"}
    html = make().call("GET", "/trends", query=chosen).html
    again = html.replace("&amp;", "&")

    for part in ("other=detector%3A2", "log=1", "until=2026-02-20", "days=365"):
        assert part in again
    assert "2 Mar 2026 20:00:00" not in plain(html.partition("trend-table")[2])


def test_a_time_without_results_leads_to_the_last_one(make: Make) -> None:
    html = make().call("GET", "/trends", query={**CHOSEN, "days": "30", "until": "2025-06-01"}).html

    assert "No result lies in this time." in html
    assert "until=2026-03-02" in html
    assert 'id="trend-chart"' not in html


def test_heads_are_compared_with_differences_and_limits_of_agreement(make: Make) -> None:
    said = make().text("/trends", query={**CHOSEN, "other": "detector:2", "days": "30"})

    assert "They differ: +1.003 % on average." in said
    assert "Limits of agreement (95 %)" in said
    assert "Wilcoxon signed ranks p &lt; 0.001" in said
    assert "apart for 3 days" in said


def test_without_a_baseline_the_page_says_how_to_get_signals(make: Make) -> None:
    other = {**CHOSEN, "number": trend_scene.NAME.replace("1", "2")}
    said = make().text("/trends", query=other)

    assert "none accepted; 99 results since the last reset" in said
    assert "Signals begin with an accepted baseline of five results or more." in said


def test_only_who_may_review_is_offered_to_change(make: Make) -> None:
    site = make()
    html = site.call("GET", "/trends", Access.READ, query=CHOSEN).html

    for offer in ("Exclude…", "Set baseline…", "Add event", "/trends/point?"):
        assert offer not in html
    point = {"result": site.ids["day 5"], "number": trend_scene.NAME}
    assert (
        "<form"
        not in site.call("GET", "/trends/point", Access.READ, query=point).html.partition("<main")[
            2
        ]
    )


def test_a_point_is_taken_out_and_let_in_with_reasons_in_the_audit_trail(make: Make) -> None:
    site = make()
    form = {"result": site.ids["day 119"], "number": trend_scene.NAME, "days": "90"}

    assert site.call("POST", "/trends/exclude", form={**form, "reason": " "}).status == 422
    reply = site.call("POST", "/trends/exclude", form={**form, "reason": "wrong source"})

    assert reply.location.endswith("days=90")
    html = site.call("GET", "/trends", query=CHOSEN).html
    assert "wrong source (R. Chen)" in row_of(html, site.ids["day 119"])
    twice = site.call("POST", "/trends/exclude", form={**form, "reason": "again"})
    assert (twice.status, "It is out of the trend already." in twice.html) == (422, True)
    with site.database.snapshot() as tx:
        (kept,) = exclusions.of_result(tx, site.ids["day 119"])
    back = {**form, "exclusion": kept.id, "reason": "it was right"}
    assert site.call("POST", "/trends/include", form=back).location
    assert site.call("POST", "/trends/include", form=back).status == 422
    with site.database.snapshot() as tx:
        entries = audit.page(tx, limit=2)
    assert [e.action for e in entries] == ["trend.included", "trend.excluded"]
    assert [e.reason for e in entries] == ["it was right", "wrong source"]


def test_every_number_of_a_result_can_be_taken_out_at_once(make: Make) -> None:
    site = make()
    form = {"result": site.ids["day 5"], "number": trend_scene.NAME, "whole": "1", "reason": "x"}
    site.call("POST", "/trends/exclude", form=form)

    other = {**CHOSEN, "number": trend_scene.NAME.replace("1", "2")}
    html = site.call("GET", "/trends", query=other).html
    assert "Excluded" in row_of(html, site.ids["day 5"])


def test_a_baseline_is_proposed_tried_and_accepted(make: Make) -> None:
    site = make()
    asked = {**CHOSEN, "since": "2025-12-20", "until": "2026-01-10"}
    html = site.call("GET", "/baselines/new", query=asked).html
    said = plain(html)

    assert "Of the last 90 other results 26 would be out of control" in said
    assert "now it is 25." in said
    assert "In place of version 1" in said
    sources = re.search(r'name="results" value="([^"]*)"', html)
    assert sources is not None
    assert sources[1].count(",") == 20
    form = {**CHOSEN, "results": sources[1], "spread_of": "moving_range"}
    assert site.call("POST", "/baselines", form={**form, "reason": ""}).status == 422
    reply = site.call("POST", "/baselines", form={**form, "reason": "steady now"})
    assert reply.location.startswith("/trends?")
    with site.database.snapshot() as tx:
        first, second = limits.accepted_of_device(tx, "camera-1")
    assert second.baseline.version == first.baseline.version + 1
    assert second.baseline.spread == pytest.approx(0.125, abs=0.001)
    listed = site.text("/baselines", query={"device": "camera-1"})
    assert "2 in force" in listed
    assert "steady now" in listed
    assert "after the new tube" in listed


def test_results_that_no_longer_count_make_no_baseline(make: Make) -> None:
    site = make()
    form = {**CHOSEN, "results": site.ids["day 60"], "reason": "x"}

    reply = site.call("POST", "/baselines", form=form)

    assert (reply.status, "do not count any more" in reply.html) == (422, True)


def test_a_set_that_drifts_is_told_of(make: Make) -> None:
    said = make().text("/baselines/new", query={**CHOSEN, "since": "2026-02-01"})

    assert "times that from point to point: the set drifts or steps" in said


def test_limit_sets_have_source_standing_versions_and_what_changed(make: Make) -> None:
    site = make()
    said = site.text("/limits")
    assert "site Limits of the site site.toml · camera-1 policy 2026-02 2 bbbbbbbbbbbb" in said
    assert "2 versions" in said

    said = site.text("/limits/{name}", path={"name": "site"})

    assert "Devices all camera-1" in said
    assert "Integral uniformity, detector 1 ≤ 5 %, warning ≤ 4 % ≤ 4.5 %, warning ≤ 4 %" in said
    assert "Du ufov new ≤ 10 % from the baseline" in said
    back = {"version": "aaaa", "before": "bbbb"}
    said = site.text("/limits/{name}", path={"name": "site"}, query=back)
    assert "Du ufov ≤ 10 % from the baseline removed" in said
    assert site.call("GET", "/limits/{name}", path={"name": "none"}).status == 404


EVENT = {
    "device": "camera-1", "kind": "corrective_action", "at": "2026-03-01T10:00",
    "text": "Uniformity map made anew", "epoch": "starts", "detector": "1", "owner": "Dr. Lin",
    "temperature_c": "21,5", "humidity_percent": "",
}  # fmt: skip


def test_an_event_is_recorded_in_the_zone_of_the_site(make: Make) -> None:
    site = make()
    reply = site.call("POST", "/events", form=EVENT)

    with site.database.snapshot() as tx:
        event = events.get(tx, reply.location.rsplit("/", 1)[1])
    assert event.at.isoformat() == "2026-03-01T02:00:00+00:00"
    assert (event.kind, event.epoch) == (EventKind.CORRECTIVE_ACTION, EpochEffect.STARTS)
    assert (event.detector, event.temperature_c, event.humidity_percent) == (1, 21.5, None)
    assert "Uniformity map made anew" in site.text("/events", query={"kind": "corrective_action"})
    assert "Uniformity map made anew" in site.text("/trends", query=CHOSEN)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "yesterday"), ("at", "2027-01-01T00:00"), ("text", " "), ("text", "x" * 501),
        ("kind", "magic"), ("epoch", "maybe"), ("detector", "9"), ("temperature_c", "warm"),
        ("humidity_percent", "101"), ("owner", "x" * 101),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_beside_its_field_and_kept_in_the_form(
    make: Make, field: str, value: str
) -> None:
    site = make()
    reply = site.call("POST", "/events", form={**EVENT, field: value})

    assert reply.status == 422
    assert f'id="fault-{field}"' in reply.html or field in ("kind", "epoch")
    assert "Uniformity map made anew" in reply.html or field == "text"


def test_an_event_is_revised_as_a_version_with_its_history(make: Make) -> None:
    site = make()
    path = {"id": site.ids["event"]}
    with site.database.snapshot() as tx:
        shown = event_fields.shown(events.get(tx, path["id"]), event_pages.ZoneInfo("UTC"))
    form = {**shown, "at": "2025-11-23T08:00", "version": "1", "text": "New tube", "epoch": "none"}

    assert site.call("POST", "/events/{id}", path=path, form=form).status == 422
    form["reason"] = "it was another tube"
    assert site.call("POST", "/events/{id}", path=path, form=form).location
    said = site.text("/events/{id}", path=path)
    assert "version 2 · R. Chen it was another tube" in said
    assert "What was done New photomultiplier &lt;34&gt; → New tube" in said
    assert "Trends begin anew Yes, they begin anew → No" in said
    stale = site.call("POST", "/events/{id}", path=path, form=form)
    assert (stale.status, "Somebody has changed it meanwhile" in stale.html) == (422, True)


def test_a_withdrawn_event_is_kept_and_has_no_effect(make: Make) -> None:
    site = make()
    path = {"id": site.ids["event"]}
    form = {**EVENT, "version": "1", "withdrawn": "1", "reason": "a mistake", "detector": ""}
    site.call("POST", "/events/{id}", path=path, form=form)

    assert "Withdrawn: it has no effect any more" in site.text("/events/{id}", path=path)
    assert "trends begin anew" not in site.text("/trends", query=CHOSEN)


def test_an_event_answers_a_result_and_names_the_repeat_that_returned_the_device(
    make: Make,
) -> None:
    site = make()
    failed = site.ids["day 119"]
    html = site.call("GET", "/events/new", query={"result": failed}).html
    assert f'value="{failed}" selected' in html
    assert 'value="corrective_action" selected' in html
    form = {**EVENT, "answers_result": failed, "at": "2026-02-20T10:00"}
    kept = site.call("POST", "/events", form=form).location.rsplit("/", 1)[1]
    said = site.text("/events/{id}", path={"id": kept})
    assert "no passing repeat yet; the next one is noted by itself" in said

    revised = {**form, "version": "1", "reason": "repeated", "returned_by": failed}
    refused = site.call("POST", "/events/{id}", path={"id": kept}, form=revised)
    assert (refused.status, "the repeat must pass" in refused.html) == (422, True)
    revised["returned_by"] = site.ids["day 118"]
    assert site.call("POST", "/events/{id}", path={"id": kept}, form=revised).location
    listed = site.call("GET", "/events").html
    assert f'href="/results/{site.ids["day 118"]}">passing repeat' in listed


def test_a_result_says_what_its_trends_showed_and_leads_to_each_trend(make: Make) -> None:
    site = make()
    html = site.call("GET", "/results/{id}", path={"id": site.ids["day 119"]}).html

    assert "What its trends showed" in html
    assert "1_3s Out of control More than 3 standard deviations above the baseline" in plain(html)
    with site.database.snapshot() as tx:
        record = results.get(tx, site.ids["day 119"])
    where = trend_address("camera-1", record.test, record.variant, KEY.metric, KEY.scope)
    assert f'href="{where.replace("&", "&amp;")}"' in html
    assert f"/events/new?result={record.id}" in html


def test_numbers_have_a_name_that_is_read_back() -> None:
    assert number_of(number_name("iu", {"detector": 1, "field": "UFOV"})) == (
        "iu",
        {"detector": 1, "field": "UFOV"},
    )
    assert number_of("iu") == ("iu", {})
    assert [number_of(name) for name in ("", "{}", "iu{", "iu[1]{[}", 'iu{"a":[]}')] == [None] * 5


def sayings(language: str = "en") -> SignalWords:
    words = Words(language)
    return SignalWords(words, Clockwork("UTC", words), decimals=2, unit="%")


def signal(rule: str, **changes: Any) -> Signal:
    values: dict[str, Any] = {
        "rule": rule, "level": SignalLevel.NOTE, "side": Side.HIGH, "result_id": "r", "at": NOON,
        "value": 1.0, "since_result_id": "r", "since": NOON,
    }  # fmt: skip
    return Signal(**{**values, **changes})


@pytest.mark.parametrize(
    "rule",
    ["1_2s", "1_3s", "2_2s", "R_4s", "4_1s", "10_x", "8_x", "EWMA", "CUSUM", "TREND_TO_LIMIT"],
)
@pytest.mark.parametrize("side", list(Side))
def test_every_rule_is_a_sentence_in_both_languages(rule: str, side: Side) -> None:
    found = signal(rule, side=side, limit=5.0, days=12.4)

    english, chinese = sayings().signal(found), sayings("zh").signal(found)

    assert len(english) > 20
    assert english != chinese
    assert "{" not in english + chinese
    noisy = sayings().signal(replace(found, noise=True))
    assert rule == "TREND_TO_LIMIT" or noisy.endswith("within the uncertainty of the measurement")


def test_a_drift_says_when_it_reaches_its_limit_and_how_sure_that_is() -> None:
    from photopeak.trends.drift import drift

    judged = (limit(upper=5.0),)
    values = [1.0 + 0.1 * i + (0.3 if i % 3 else 0.0) for i in range(20)]
    found = drift(points(values, verdicts=judged))
    assert found is not None
    said, ahead = sayings().drift(found)
    soon, late = days_between(found)

    assert said.startswith("Rising by ")
    assert late is not None
    assert found.days is not None
    assert soon < found.days < late
    assert f"{round(soon)} to {round(late)} days with 95 % confidence" in ahead
    unsure = replace(found, slope_lower=-0.01)
    assert "perhaps never (95 % confidence)" in sayings().drift(unsure)[1]
    assert "No significant drift" in sayings().drift(replace(found, significant=False))[0]
    assert sayings().drift(None)[0].startswith("Too few results")


def test_what_trends_say_has_words_in_chinese() -> None:
    known = CATALOGUES["zh"]
    said = {
        *KIND.values(),
        *event_pages.EPOCH.values(),
        *event_pages._NAMES.values(),
        *(look.word for look in LEVEL.values()),
        *(t for pair in signal_words._SAID.values() for t in pair),
    }
    source = ast.parse(inspect.getsource(event_fields.typed))
    said |= {
        node.value.value
        for node in ast.walk(source)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Subscript)
        and isinstance(node.value, ast.Constant)
    }

    assert sorted(text for text in said if text not in known) == []
    international = {"upper", "lower", "agreement"}
    english, chinese = chart_words(Words("en")), chart_words(Words("zh"))
    assert {name for name in english if english[name] == chinese[name]} == international


@pytest.mark.parametrize(
    "path", ["/trends", "/baselines", "/limits", "/events", "/events/new", "/baselines/new"]
)
def test_pages_speak_chinese(make: Make, path: str) -> None:
    query = CHOSEN if path in ("/trends", "/baselines/new") else {}
    html = make(language="zh").call("GET", path, query=query).html
    content = plain(re.sub(r"data-words='[^']*'", "", html).partition('<main id="main">')[2])
    own = {
        "New", "photomultiplier", "after", "the", "new", "tube", "source", "off", "centre", "site",
        "Limits", "of", "policy", "camera", "toml", "Photopeak", "Chen", "Lin", "Dr", "Symbia",
        "Evo", "NM", "collimator", "LEHR", "EWMA", "CUSUM", "CSV", "Asia", "Shanghai", "Home", "End",
        "Enter", "lt", "gt", "bbbbbbbbbbbb",
    }  # fmt: skip

    assert set(re.findall(r"[A-Za-z]{2,}", content)) - own == set()


def test_temperature_and_humidity_are_drawn_where_they_were_noted_more_than_once(
    make: Make,
) -> None:
    site = make()
    assert 'data-plot="temperature_c"' not in site.call("GET", "/trends", query=CHOSEN).html
    with site.database.transaction() as tx:
        event = events.get(tx, site.ids["event"])
        keeping.record(
            tx, replace(event, id="", text="air conditioning failed", humidity_percent=None)
        )

    html = site.call("GET", "/trends", query=CHOSEN).html
    assert 'data-plot="temperature_c"' in html
    assert 'data-plot="humidity_percent"' not in html
