"""How alerts look: by words that both languages have, and never like a pass while they are open."""

import pytest

from photopeak.alerts.lifecycle import CONDITIONS, LIMIT_RULES, WITHOUT_NUMBER
from photopeak.model.alerts import (
    Alert,
    AlertEventKind,
    AlertRecord,
    AlertSeverity,
    AlertState,
    Breach,
)
from photopeak.web.alert_pages import WORDS
from photopeak.web.alert_views import EVENT, RULES, SEVERITY, AlertViews, look_of
from photopeak.web.trend_address import trend_address
from photopeak.web.words import Words
from support.rows import NOON
from support.web_scene import UNIFORMITY


def alert(**values: object) -> Alert:
    given: dict[str, object] = {
        "key": "k", "severity": AlertSeverity.CRITICAL, "title": "Title", "message": "5.2 %",
        "device_id": "camera-1", "test": UNIFORMITY.id, "detector": 2, "rule": "mandatory",
        "breaches": (Breach(metric=UNIFORMITY.metrics[0].key, scope={"detector": 2}),),
    }  # fmt: skip
    return Alert(**{**given, **values})  # type: ignore[arg-type]


def record(value: Alert, state: AlertState = AlertState.OPEN) -> AlertRecord:
    return AlertRecord(
        id="1", alert=value, state=state, count=1, opened_at=NOON, last_seen_at=NOON,
        acknowledged_at=None, acknowledged_by="", comment="", closed_at=None,
    )  # fmt: skip


def views(language: str) -> AlertViews:
    return AlertViews(Words(language), devices={"camera-1": "Camera 1"}, tests=(UNIFORMITY,))


@pytest.mark.parametrize(
    "word",
    sorted(
        {
            *RULES.values(),
            *WORDS.values(),
            *(look.word for look in (*SEVERITY.values(), *EVENT.values())),
        }
    ),
)
def test_what_an_alert_is_called_is_said_in_chinese(word: str) -> None:
    assert Words("zh")(word) != word


def test_every_kind_of_judgement_and_everything_that_happens_has_a_word() -> None:
    assert set(RULES) >= LIMIT_RULES | WITHOUT_NUMBER | {CONDITIONS}
    assert set(EVENT) == set(AlertEventKind)


def test_an_alert_is_named_by_its_test_and_detector_in_the_language_of_the_site() -> None:
    english, chinese = views("en").of(record(alert())), views("zh").of(record(alert()))

    assert english.title == f"{UNIFORMITY.title}, detector 2"
    assert chinese.title == f"{UNIFORMITY.title_zh}，探头 2"
    assert (english.device, english.text) == ("Camera 1", "5.2 %")
    assert UNIFORMITY.metrics[0].label_zh in chinese.text


@pytest.mark.parametrize("severity", AlertSeverity)
@pytest.mark.parametrize("rule", ["mandatory", "ERROR", "OVERDUE", "2_2s", ""])
def test_what_is_open_never_looks_like_a_pass(severity: AlertSeverity, rule: str) -> None:
    for state in (AlertState.OPEN, AlertState.ACKNOWLEDGED):
        view = views("en").of(record(alert(severity=severity, rule=rule), state))
        assert view.look.colour != "pass"


def test_a_trouble_of_the_service_is_no_action_level_of_a_test() -> None:
    assert look_of(alert(test=None, rule="", detector=None)).word == "Critical"


def test_what_ends_an_alert_is_said_where_a_result_ends_it() -> None:
    assert "passes" not in views("en").ending(alert())
    assert views("en").ending(alert()).startswith("A result of the same test")
    assert views("en").ending(alert(rule="OVERDUE")) == "A usable result of the test."
    assert views("en").ending(alert(rule="2_2s")).endswith("the trend shows this no more.")
    assert views("en").ending(alert(rule="", test=None)) == ""


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("more than 3 standard deviations off its baseline", "偏离基线超过3倍标准差"),
        (
            "more than 2 standard deviations off its baseline, on the same side, twice in a row",
            "连续两次在同侧偏离基线超过2倍标准差",
        ),
        (
            "changed by more than 4 standard deviations since the result before",
            "与上一次结果相比变化超过4倍标准差",
        ),
        (
            "at the present slope its limit of 5.5 % is reached in 12 days",
            "按目前斜率12天后达到限值5.5 %",
        ),
        (
            "at the present slope its limit of 5.5 % is reached in 1 day",
            "按目前斜率1天后达到限值5.5 %",
        ),
    ],
)
def test_an_alert_about_a_trend_is_said_whole_in_chinese(sentence: str, said: str) -> None:
    (metric, *_) = UNIFORMITY.metrics
    told = alert(rule="1_3s", message=f"{metric.label} 2.7 %: {sentence}")

    assert views("zh").of(record(told)).text == f"{metric.label_zh} 2.7 %：{said}"
    assert views("en").of(record(told)).text == told.message


def test_an_alert_about_a_trend_leads_to_it_and_others_do_not() -> None:
    assert views("en").trend(alert(rule="1_3s")).startswith("/trends?")
    assert views("en").trend(alert(rule="mandatory")) == ""


def test_each_number_of_an_alert_leads_to_its_trend() -> None:
    metric = UNIFORMITY.metrics[0]
    own = Breach(metric=metric.key, scope={"detector": 2}, window="Tc-99m 141 keV")
    condition = Breach(metric="PC_COUNTS", scope={"detector": 2})
    ((_, scope, trend), (*_, none)) = views("en").numbers(
        alert(variant="nema", breaches=(own, condition))
    )
    assert scope == "detector 2, Tc-99m 141 keV"
    assert trend == trend_address("camera-1", UNIFORMITY.id, "nema", metric.key, {"detector": 2})
    assert none == ""
    ((*_, homeless),) = views("en").numbers(alert(device_id=None))
    assert homeless == ""
