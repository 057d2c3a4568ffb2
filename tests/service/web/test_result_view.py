"""What a result page says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from photopeak.model.judgement import LimitKind, Status, Verdict
from photopeak.model.results import (
    FailureRecord,
    MeasurementRecord,
    PreconditionRecord,
    ResultRecord,
)
from photopeak.model.test_sets import TestSetKey, TestSetMember, TestSetRecord, TestSetState
from photopeak.web.looks import STATE, STATUS, WORST_FIRST
from photopeak.web.result_view import (
    bullet,
    check_rows,
    limit_text,
    measurement_rows,
    scope_text,
    sentence,
)
from photopeak.web.words import Words
from support.rows import NOON, key, result_of

WORDS = Words("en")


def measurement(value: float = 5.67, **changes: Any) -> MeasurementRecord:
    """Return a number."""
    values: dict[str, Any] = {
        "metric": "iu", "label": "Integral uniformity", "label_zh": "", "value": value, "unit": "%",
        "scope": {"detector": 1, "field": "UFOV"}, "uncertainty": 0.05, "decimals": 2,
    }  # fmt: skip
    return MeasurementRecord(**{**values, **changes})


def verdict(status: Status, **changes: Any) -> Verdict:
    """Return a verdict on it."""
    values: dict[str, Any] = {
        "metric": "iu", "scope": {"field": "UFOV", "detector": 1}, "limit_set": "ws523",
        "limit_set_version": "v", "kind": LimitKind.MANDATORY, "lower": None, "upper": 5.0,
        "warn_lower": None, "warn_upper": 4.5, "status": status, "source": "", "met": None,
    }  # fmt: skip
    return Verdict(**{**values, **changes})


def result(status: Status, **changes: Any) -> ResultRecord:
    """Return a result."""
    member = TestSetMember(role="flood", series_instance_uid="1.2.3", generation=1)
    test_set = TestSetRecord(
        id="s", key=_key(), ordinal=1, state=TestSetState.DONE, waiting_for="", reason="",
        purpose="", members=(member,), parameters={}, limits=(), attempt=1, worker_id=None,
        job_id=None, created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    values: dict[str, Any] = {
        "status": status, "measurements": (measurement(),), "verdicts": (), "preconditions": (),
    }  # fmt: skip
    return result_of(test_set, **{**values, **changes})


def _key() -> TestSetKey:
    found: TestSetKey = key()
    return found


def test_a_failure_names_the_value_and_the_limit_it_is_above() -> None:
    said = sentence(result(Status.FAIL, verdicts=(verdict(Status.FAIL),)), WORDS)

    assert said.say == "Action: Integral uniformity UFOV, detector 1: 5.67 % is above 5.00 %"
    assert "contact physics" in said.more


def test_a_value_below_a_lower_limit_and_one_in_the_warning_band_are_named_too() -> None:
    low = verdict(Status.FAIL, lower=6.0, upper=None)
    warm = verdict(Status.WARN, upper=6.0, warn_upper=5.5)

    assert "5.67 % is below 6.00 %" in sentence(result(Status.FAIL, verdicts=(low,)), WORDS).say
    warned = sentence(result(Status.WARN, verdicts=(warm,)), WORDS)
    assert warned.say.startswith("Warning: ")
    assert "5.67 % is above 5.50 %" in warned.say


def test_a_limit_keeps_the_digits_it_was_given() -> None:
    close = verdict(Status.FAIL, upper=5.666)
    said = sentence(result(Status.FAIL, verdicts=(close,)), WORDS).say

    assert "5.67 % is above 5.666 %" in said


def test_what_was_not_judged_never_looks_like_a_pass() -> None:
    failure = FailureRecord(code="x", message="flood has 512 counts per pixel, needs 10000")
    broken = PreconditionRecord(
        code="PC_COUNTS", severity="hard", outcome="not_met", quantity="Counts", value=512.0,
        lower=10_000.0, unit="{counts}",
    )  # fmt: skip
    error = sentence(result(Status.ERROR, failure=failure, measurements=()), WORDS)
    invalid = sentence(result(Status.INVALID, preconditions=(broken,)), WORDS)

    assert error.say == "No result: flood has 512 counts per pixel, needs 10000"
    assert invalid.say == ("Not valid: 512 counts found, needed: Counts ≥ 10\u2009000 counts")
    passing = STATUS[Status.PASS]
    for status in Status:
        if status is not Status.PASS:
            look = STATUS[status]
            assert (look.icon, look.word) != (passing.icon, passing.word)
            assert look.colour != passing.colour
    assert all(look.colour != passing.colour for look in STATE.values())


def test_every_status_has_its_own_word() -> None:
    assert len({look.word for look in STATUS.values()}) == len(Status) == len(WORST_FIRST)


def test_numbers_of_an_invalid_result_are_shown_without_a_verdict() -> None:
    (row,) = measurement_rows(result(Status.INVALID), WORDS)

    assert (row.value, row.look.word, row.judged) == ("5.67", "Not valid", False)


def test_the_binding_verdict_comes_first_and_the_informative_one_says_whether_it_is_met() -> None:
    informative = verdict(
        Status.INFO, limit_set="jjf", kind=LimitKind.INFORMATIVE, warn_upper=None, met=False
    )
    found = result(Status.FAIL, verdicts=(informative, verdict(Status.FAIL)))
    (row,) = measurement_rows(found, WORDS)

    assert row.look.word == "Action"
    assert row.limit == "≤\u00a05.00 (≤\u00a04.50)"
    assert row.limit_set == "ws523 (mandatory)"
    assert row.others == (("Not met", "jjf (informative): ≤\u00a05.00"),)


def test_the_uncertainty_is_expanded_by_two() -> None:
    (row,) = measurement_rows(result(Status.PASS), WORDS)

    assert row.expanded == "± 0.10"
    bare = result(Status.PASS, measurements=(measurement(uncertainty=None),))
    assert measurement_rows(bare, WORDS)[0].expanded == ""


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"lower": 1.0, "upper": 2.0}, "1.00 … 2.00"),
        ({"upper": 2.0}, "≤\u00a02.00"),
        ({"lower": -1.5}, "≥\u00a0-1.50"),
        ({"warn_upper": 3.0}, "(≤\u00a03.00)"),
        ({}, ""),
    ],
)
def test_bounds_are_written_as_people_write_them(limits: dict[str, float], text: str) -> None:
    empty = {"lower": None, "upper": None, "warn_lower": None, "warn_upper": None}

    assert limit_text(verdict(Status.PASS, **{**empty, **limits}), 2) == text


def test_the_line_of_a_value_covers_its_width_without_gaps() -> None:
    for value in (-3.0, 0.0, 4.4, 4.5, 5.0, 5.67, 500.0):
        for limits in (verdict(Status.PASS), verdict(Status.PASS, lower=-1.0), verdict(Status.PASS, upper=None)):  # fmt: skip
            drawn = bullet(measurement(value), limits)

            assert drawn is not None
            at = drawn.zones[0][1]
            for _, start, length in drawn.zones:
                assert start == pytest.approx(at, abs=0.11)
                assert length >= 0.0
                at = start + length
            assert at == pytest.approx(150.0, abs=0.2)
            assert 0.0 < drawn.dot < 150.0
    inside = bullet(measurement(2.0), verdict(Status.PASS))
    assert inside is not None
    assert [zone[0] for zone in inside.zones] == ["ok", "caution", "out"]


def test_without_a_limit_there_is_no_line() -> None:
    assert bullet(measurement(), verdict(Status.PASS, upper=None, warn_upper=None)) is None


def test_checks_that_are_not_met_come_first_and_unknown_is_no_pass() -> None:
    checks = tuple(
        PreconditionRecord(code=f"PC_{n}", severity=severity, outcome=outcome, quantity=f"Q{n}")
        for n, (severity, outcome) in enumerate(
            [("hard", "met"), ("soft", "unknown"), ("soft", "not_met"), ("hard", "not_met")]
        )
    )
    rows = check_rows(replace(result(Status.INVALID), preconditions=checks), WORDS)

    assert [row.text for row in rows] == ["Q3", "Q2", "Q1", "Q0"]
    assert [row.look.icon for row in rows] == ["act", "warn", "question", "pass"]


def test_a_scope_reads_in_words() -> None:
    assert scope_text({"detector": 2, "field": "CFOV"}, WORDS) == "CFOV, detector 2"
    assert scope_text({"sphere_mm": 10.0, "distance_mm": 100}, WORDS) == "100 mm, sphere mm 10"
    assert scope_text({}, WORDS) == ""
