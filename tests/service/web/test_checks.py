"""Conditions of a test as shown."""

from __future__ import annotations

from photopeak.model.judgement import Status
from photopeak.web.checks import checks
from support.shown_results import WORDS, condition, result


def test_what_is_not_met_stands_apart_hard_first_and_unknown_is_no_pass() -> None:
    found = [("hard", "met"), ("soft", "unknown"), ("soft", "not_met"), ("hard", "not_met")]
    conditions = tuple(
        condition(outcome, code=f"PC_{n}", quantity=f"Q{n}", severity=severity)
        for n, (severity, outcome) in enumerate(found)
    )
    not_met, met = checks(result(Status.INVALID, preconditions=conditions), WORDS)

    assert [check.name for check in not_met] == ["Q3", "Q2", "Q1"]
    assert [check.look.icon for check in not_met] == ["act", "warn", "question"]
    assert [check.required for check in not_met] == [True, False, False]
    assert [(check.name, check.look.icon) for check in met] == [("Q0", "pass")]


def test_a_condition_says_quantity_bound_and_what_was_found_on_which_detector() -> None:
    conditions = tuple(
        condition("not_met", scope={"detector": n, "energy_window": 1}, value=value)
        for n, value in ((1, 512.0), (2, 640.0))
    )
    (check,), _ = checks(result(Status.INVALID, preconditions=conditions), WORDS)

    assert (check.name, check.need) == ("Counts", "≥ 10\u2009000 counts")
    assert check.found == (("detector 1", "512 counts"), ("detector 2", "640 counts"))


def test_a_value_that_is_not_known_says_so() -> None:
    (check,), _ = checks(
        result(Status.WARN, preconditions=(condition("unknown", value=None),)), WORDS
    )

    assert check.found == (("detector 1", "not known"),)


def test_bounds_and_what_is_alike_everywhere_are_said_once() -> None:
    both = {"scope": {"detector": 1}}, {"scope": {"detector": 2}}
    conditions = tuple(
        condition("met", value=1.0, lower=lower, upper=upper, unit="%", quantity=name, **where)
        for where in both
        for name, lower, upper in (("offset", -5.0, 5.0), ("frames", 2.0, 2.0), ("pixel", 1.0, 9.0))
    )
    _, met = checks(result(Status.PASS, preconditions=conditions), WORDS)

    assert [check.text for check in met] == ["Offset – ± 5 %", "Frames – 2 %", "Pixel – 1 … 9 %"]
    assert {check.alike for check in met} == {"1 %"}
