"""What a new result shows in its trends, and which alerts open and end by it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from photopeak.model.alerts import Alert, AlertRecord, AlertState, Breach
from photopeak.model.judgement import Status
from photopeak.model.results import PreconditionRecord, ResultRecord
from photopeak.model.trends import MetricSignal, Rules, Side, Signal, SignalLevel
from photopeak.trends.watch import Number, effect, look, watched
from support.rows import NOON, key, result_of
from support.trend_points import KEY, accepted, point, points
from support.trend_rows import number, verdict


def result(*values: float, **changes: Any) -> ResultRecord:
    """Return a result with a number of each head."""
    measured = tuple(number(v, scope={"detector": d}) for d, v in enumerate(values, start=1))
    plain = {
        "id": "new",
        "measurements": measured,
        "verdicts": tuple(verdict(m.value, scope=m.scope) for m in measured),
        "preconditions": (),
        "title": "Photopeak",
    }
    record = result_of(_SET, **{**plain, **changes})
    return replace(record, provenance=replace(record.provenance, configurations=()))


class _Member:
    series_instance_uid = "1.2"


class _TestSet:
    id = "set"
    key = key()
    members = (_Member,)


_SET: Any = _TestSet()


def signal(rule: str = "1_3s", **changes: Any) -> MetricSignal:
    values: dict[str, Any] = {
        "rule": rule, "level": SignalLevel.ACTION, "side": Side.HIGH, "result_id": "new",
        "at": NOON, "value": 4.0, "since_result_id": "new", "since": NOON,
    }  # fmt: skip
    return MetricSignal(
        metric=KEY.metric, scope={"detector": 1}, signal=Signal(**{**values, **changes})
    )


def seen(*signals: MetricSignal, detector: int = 1, **changes: Any) -> Number:
    values: dict[str, Any] = {
        "measurement": number(4.0, scope={"detector": detector}), "signals": signals,
        "latest": True, "fails": False,
    }  # fmt: skip
    return Number(**{**values, **changes})


def raised(*numbers: Number, **changes: Any) -> tuple[Alert, ...]:
    return effect(result(4.0, 4.0), numbers, (), moment=NOON, **changes).raised


def record_of(alert: Alert) -> AlertRecord:
    return AlertRecord(
        id="a", alert=alert, state=AlertState.OPEN, count=1, opened_at=NOON, last_seen_at=NOON,
        acknowledged_at=None, acknowledged_by="", comment="", closed_at=None,
    )  # fmt: skip


def test_numbers_that_are_judged_are_watched() -> None:
    found = watched(result(1.0, 2.0), ())

    assert [m.value for m in found] == [1.0, 2.0]


def test_what_informs_is_watched_once_it_has_a_baseline() -> None:
    informs = result(1.0, 2.0, verdicts=(), status=Status.NO_LIMIT)

    assert watched(informs, ()) == ()
    assert [m.value for m in watched(informs, [accepted()])] == [1.0]


@pytest.mark.parametrize("changes", [{"status": Status.INVALID}, {"device_id": None}])
def test_what_does_not_count_is_not_watched(changes: dict[str, Any]) -> None:
    assert watched(result(1.0, **changes), [accepted()]) == ()


def test_a_void_number_is_not_watched() -> None:
    void = PreconditionRecord(code="PC", severity="hard", outcome="not_met", scope={"detector": 1})
    found = watched(result(1.0, 9.0, status=Status.FAIL, preconditions=(void,)), ())

    assert [m.scope["detector"] for m in found] == [2]


def test_a_number_is_looked_at_in_its_own_trend() -> None:
    mine = points([0.0] * 5)
    new = point(5, 3.5, result_id="new")
    baselines = [accepted(), accepted(3.5, metric="other"), accepted(3.5, configuration="x")]

    found = look(
        result(3.5), number(3.5), [*mine, new], baselines=baselines, events=(), rules=Rules()
    )

    assert [s.signal.rule for s in found.signals] == ["1_3s"]
    assert (found.latest, found.fails) == (True, False)


def test_a_result_of_the_past_is_not_the_latest() -> None:
    later = point(9, 0.0)
    new = point(5, 3.5, result_id="new")
    found = look(
        result(3.5), number(3.5), [new, later], baselines=[accepted()], events=(), rules=Rules()
    )

    assert "1_3s" in [s.signal.rule for s in found.signals]
    assert not found.latest


@pytest.mark.parametrize("rule", ["1_3s", "2_2s", "R_4s"])
def test_the_rules_of_action_raise_an_alert(rule: str) -> None:
    (alert,) = raised(seen(signal(rule)))

    assert alert.key == f"test/camera-1/intrinsic_uniformity/nema/1/{rule}"
    assert (alert.rule, alert.detector, alert.result_id) == (rule, 1, "new")
    assert alert.severity.value == "warning"
    assert alert.title == f"Photopeak (detector 1): out of control, {rule}"
    assert alert.message.startswith("Shift of the photopeak 4.00 %: ")
    assert alert.breaches == (Breach(metric=KEY.metric, scope={"detector": 1}),)
    assert alert.acquired_at == NOON


@pytest.mark.parametrize("rule", ["1_2s", "4_1s", "10_x", "EWMA", "CUSUM"])
def test_the_other_rules_are_only_shown(rule: str) -> None:
    assert raised(seen(signal(rule, level=SignalLevel.WARNING))) == ()


def test_a_limit_that_is_foreseen_says_which_and_when() -> None:
    ahead = signal("TREND_TO_LIMIT", level=SignalLevel.WARNING, limit=5.0, days=11.6)
    (alert,) = raised(seen(ahead))

    assert alert.title == "Photopeak (detector 1): heads for its limit"
    assert alert.message == (
        "Shift of the photopeak 4.00 %: at the present slope its limit of 5 % is reached in 12 days"
    )


def test_a_limit_that_is_broken_outranks_every_rule() -> None:
    assert raised(seen(signal(), fails=True)) == ()


def test_a_change_within_the_noise_raises_nothing() -> None:
    assert raised(seen(signal(noise=True, level=SignalLevel.NOTE))) == ()


def test_a_result_of_the_past_raises_nothing() -> None:
    assert raised(seen(signal(), latest=False)) == ()


def test_each_head_and_each_rule_has_its_own_alert() -> None:
    found = raised(seen(signal(), signal("2_2s")), seen(signal(), detector=2))

    assert [(a.rule, a.detector) for a in found] == [("1_3s", 1), ("2_2s", 1), ("1_3s", 2)]


def test_several_numbers_of_a_head_share_an_alert() -> None:
    other = replace(seen(signal()), measurement=number(9.0, metric="fwhm_pct", label="Width"))
    (alert,) = raised(seen(signal()), other)

    assert [b.metric for b in alert.breaches] == [KEY.metric, "fwhm_pct"]
    assert "; Width 9.00 %: " in alert.message


def test_a_set_of_one_head_speaks_of_that_head() -> None:
    (alert,) = raised(replace(seen(signal()), measurement=number(4.0, scope={})), detector=2)

    assert alert.detector == 2


def ended(open_alert: Alert, *numbers: Number) -> tuple[bool, list[str]]:
    found = effect(result(0.0), numbers, [record_of(open_alert)], moment=NOON + timedelta(days=1))
    return bool(found.ended), [b.metric for _, left in found.narrowed for b in left]


def test_a_repeat_that_shows_the_rule_no_more_ends_the_alert() -> None:
    (alert,) = raised(seen(signal()))

    assert ended(alert, seen()) == (True, [])
    assert ended(alert, seen(signal("2_2s"))) == (True, [])
    assert ended(alert, seen(signal())) == (False, [])


def test_nothing_else_ends_it() -> None:
    (alert,) = raised(seen(signal()))

    assert ended(alert) == (False, [])
    assert ended(alert, seen(detector=2)) == (False, [])
    assert ended(alert, seen(latest=False)) == (False, [])
    assert ended(alert, seen(fails=True)) == (False, [])
    assert ended(replace(alert, rule="site"), seen()) == (False, [])


def test_an_alert_of_several_numbers_waits_for_each_of_them() -> None:
    other = replace(seen(signal()), measurement=number(9.0, metric="fwhm_pct"))
    (alert,) = raised(seen(signal()), other)

    assert ended(alert, seen()) == (False, ["fwhm_pct"])
    again = effect(result(4.0), [seen(signal())], [record_of(alert)], moment=NOON).raised
    assert [b.metric for b in again[0].breaches] == ["fwhm_pct", KEY.metric]
